"""The prompts: Markdown files, each versioned by the SHA-256 of its bytes."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources

_PLACE = re.compile(r"\{\{(\w+)\}\}")


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt's file: its name without the ending, its text, and the SHA-256 of its bytes in hex."""

    name: str
    text: str
    sha256: str

    def render(self, **values: str) -> str:
        """The text with each `{{name}}` replaced. Values are not looked into: what stands in them stays as it is.

        Raises KeyError for a place no value is given for.
        """
        return _PLACE.sub(lambda place: values[place[1]], self.text)


@cache
def load_prompt(name: str) -> Prompt:
    """The prompt of a name. Raises FileNotFoundError where there is none."""
    raw = (resources.files("dataset_agent.prompts") / f"{name}.md").read_bytes()
    return Prompt(name, raw.decode("utf-8"), hashlib.sha256(raw).hexdigest())

"""Whether the record schema allows the candidate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ...records import Candidates, Json
from .base import Validator


@dataclass(frozen=True, slots=True)
class SchemaCheck:
    """Refuses what the validator of the record schema refuses, in its words."""

    validator: Validator
    reason: ClassVar[str] = "schema"

    def screen(self, candidates: Candidates) -> None:
        """All rows: nothing but validation tells."""

    def refuse(self, value: Json, prompt: str | None) -> str | None:
        """The validator's explanation."""
        return None if self.validator.is_valid(value) else self.validator.explain(value)

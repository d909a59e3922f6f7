"""What a worker is told of its batch: little, and all it needs."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any, Self

import orjson

from ..plan import Category, Plan, Tier
from ..records import Json, Stratum
from ..tools.record_form import RecordForm
from .prompts import load_prompt

MOST_EXAMPLES = 3

_MARKER = re.compile(r"<(?=\s*/?\s*data\b)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Brief:
    """What is drawn for one batch, and kept with it: a resumed batch is told the same.

    attributes: what to write from, by name (perspective, persona, style, topic, length). thin: what the stratum has too
    little of so far; plenty: what it has too much of. items: the candidate numbers of a grounded task that the batch
    is to bring; each: how many of them in a row are of one document. rows: rows of a source to write from, where that
    grounds the records.
    """

    wanted: int
    attributes: dict[str, str]
    thin: list[str] = field(default_factory=list)
    plenty: list[str] = field(default_factory=list)
    items: list[int] = field(default_factory=list)
    each: int = 1
    rows: list[Json] = field(default_factory=list)

    def to_json(self) -> str:
        """As the ledger keeps it."""
        return orjson.dumps(self).decode()

    @classmethod
    def from_json(cls, text: str) -> Self:
        """As the ledger kept it."""
        return cls(**orjson.loads(text))


class Briefing:
    """Writes the briefs of one stratum as messages."""

    def __init__(self, plan: Plan, category: Category, stratum: Stratum, form: RecordForm) -> None:
        self._category, self._stratum, self._form = category, stratum, form
        tiers = category.tiers or plan.tiers or []
        self._tier: Tier | None = next((tier for tier in tiers if tier.name == stratum.tier), None)

    def text(self, brief: Brief, *, with_schema: bool) -> str:
        """The task of a batch; `with_schema` writes the JSON Schema into it."""
        return load_prompt("batch").render(
            category=self._stratum.category,
            about=self.about,
            attributes=_section("Write from these", [f"{name}: {what}" for name, what in brief.attributes.items()]),
            coverage=_section("The dataset has too little of", brief.thin)
            + _section("It has enough of the following; avoid it", brief.plenty),
            rows=_data("Write each record from one of these rows; take its names and numbers from there", brief.rows),
            examples=_data("Examples of what is meant", self._form.examples[:MOST_EXAMPLES]),
            schema=_data("The JSON Schema of a record", [self._form.asked]) if with_schema else "",
            wanted=str(brief.wanted),
        )

    @property
    def about(self) -> str:
        """What the records are about, in the plan's words."""
        lines = [self._category.description] if self._category.description else []
        if self._tier is not None:
            guidance = f": {self._tier.guidance}" if self._tier.guidance else ""
            lines.append(f"Tier: {self._tier.name}{guidance}")
        if self._category.expectations:
            lines.append(f"What is expected of an answer to it: {_compact(self._category.expectations)}")
        return "\n".join(lines)


def _section(title: str, lines: list[str]) -> str:
    return f"\n{title}:\n" + "".join(f"- {line}\n" for line in lines) if lines else ""


def _data(title: str, values: list[Any]) -> str:
    """Values as data: what they say is no instruction."""
    if not values:
        return ""
    return f"\n{title}:\n<data>\n" + "\n".join(map(_compact, values)) + "\n</data>\n"


def as_data(text: str) -> str:
    """JSON text that cannot close the markers it stands between, and means what it meant."""
    return _MARKER.sub(r"\\u003c", text)


def _compact(value: Json) -> str:
    return as_data(json.dumps(value, ensure_ascii=False))

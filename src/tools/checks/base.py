"""What a check is."""

from __future__ import annotations

from typing import Protocol

from ...records import BoolArray, Candidates, Json


class Check(Protocol):
    """Accepts candidates or refuses them for one reason.

    It looks twice: `screen` goes over a whole batch by column and must be fast, `refuse` gives the verdict on one
    candidate. Screening may flag too many rows, and must flag all that `refuse` would refuse.
    """

    @property
    def reason(self) -> str:
        """The check's name, the reason of its refusals and the name of their metric."""

    def screen(self, candidates: Candidates) -> BoolArray | None:
        """The rows that deserve a closer look, one bool a row; None where all do."""

    def refuse(self, value: Json, prompt: str | None) -> str | None:
        """What is wrong with one candidate, and where; None if nothing is."""


class Validator(Protocol):
    """What the schema check needs of a record schema."""

    def is_valid(self, value: Json) -> bool:
        """Whether the schema allows this value."""

    def explain(self, value: Json) -> str:
        """Why it does not, with the JSON path."""

"""What every grounded task has: candidates by number, cut into lanes, and checks against the source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ...records import Int64Array, Json
from ..checks import Check


@dataclass(frozen=True, slots=True)
class Lane:
    """A run of candidate numbers that one tier draws from, or several tiers with the same bounds.

    numbers: those of its candidates, each lane its own. tiers: their names, (None,) in a plan without tiers. objects:
    how many different things of the source its candidates are about.
    """

    numbers: range
    tiers: tuple[str | None, ...]
    objects: int


class GroundedSpace(Protocol):
    """The candidates that a source gives a category; candidate number i is the same whoever asks for it, and when."""

    @property
    def lanes(self) -> Sequence[Lane]:
        """The lanes, in the order of their tiers, their numbers ascending and never overlapping."""
        ...

    @property
    def notes(self) -> Sequence[str]:
        """What a person should know of the source: what was folded, what is left out."""
        ...

    @property
    def checks(self) -> Sequence[Check]:
        """What holds a record of this category to the source, whoever wrote it."""
        ...

    def records(self, numbers: Int64Array) -> list[Json]:
        """The records of these numbers as the template worker writes them: the truth itself."""
        ...

    def kind_of(self, number: int) -> str:
        """What kind of record a candidate becomes, where there are several whose shares are to hold."""
        ...

    def object_of(self, number: int) -> str:
        """What a candidate is about: its object, code or document, folded; for counting how many were asked about."""
        ...

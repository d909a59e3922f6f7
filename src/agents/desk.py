"""What a worker may do for its batch. The engine stands behind it; the worker sees no more of the run than this."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ..records import Json, Prediction, Refusal


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one candidate.

    refusal: None where it is a record now. resembles: the text of the record that a near-duplicate is like.
    """

    refusal: Refusal | None = None
    resembles: str | None = None


class Desk(Protocol):
    """The gate as one batch sees it."""

    @property
    def remaining(self) -> int:
        """How many records the batch still wants."""
        ...

    async def submit(self, values: Sequence[Json], numbers: Sequence[int] | None = None) -> list[Verdict]:
        """Judge candidates, in order; those accepted are records.

        `numbers` are the candidates' own, where a source gives them. Once the batch is full, the rest is surplus and
        gets no verdict.
        """
        ...

    def predicted(self, prediction: Prediction) -> None:
        """Keep what a model said of a text; it is committed with the batch."""
        ...

    def unreadable(self, text: str, why: str) -> Verdict:
        """Keep a piece of an answer in which no candidate could be read, as a rejection."""
        ...

    def check(self, value: Json) -> str | None:
        """What the record schema has against a value; None if nothing. Nothing is kept."""
        ...

    async def similar(self, value: Json, most: int) -> list[str]:
        """The texts of the accepted records most like a value, the nearest first."""
        ...

    def sample(self, kind: str, count: int) -> list[Json]:
        """Values to write with, other ones each time: of a Faker provider, or rows of the category's `source`.

        Raises ValueError for a kind there is none of.
        """
        ...


_MENDS = {
    "parse": "answer with JSON alone, complete to the last bracket",
    "schema": "change what is named so that the schema allows it",
    "placeholder": "write a real value in its place",
    "contact_format": "write an address or number that could exist",
    "alignment": "let the text hold the values of the record",
    "duplicate": "write about something else, in other words",
    "facts": "take names and numbers from the source",
}


def mend_of(reason: str) -> str:
    """How to put right what a check refused."""
    return _MENDS.get(reason, "write it anew")

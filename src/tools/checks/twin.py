"""Whether a twin breaks its schema in what its label says, and in nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from ...records import BoolArray, Candidates, Int64Array, Json


class Faults(Protocol):
    """What the check needs of a record schema."""

    def label(self, value: Json) -> str | None:
        """The label of a value with exactly one fault; None for all others."""

    def messages(self, value: Json) -> list[str]:
        """What is wrong with a value; nothing for a valid one."""


@dataclass(frozen=True, slots=True)
class TwinCheck:
    """Holds the candidates that break their schema on purpose to their labels: the schema check of twins.

    `among` says, by their numbers, which candidates have to be twins; without it those with a label are.
    """

    faults: Faults
    among: Callable[[Int64Array], BoolArray] | None = None
    reason: ClassVar[str] = "schema"

    def screen(self, candidates: Candidates) -> BoolArray:
        """Twins whose label is not what the schema says, and rows with a label too few or too many."""
        labelled = candidates.is_twin
        flagged: BoolArray = labelled != self.among(candidates.numbers) if self.among else np.zeros_like(labelled)
        for row in np.flatnonzero(labelled & ~flagged).tolist():
            assert candidates.invalid is not None
            flagged[row] = self.faults.label(candidates.value(row)) != candidates.invalid[row].as_py()
        return flagged

    def refuse(self, value: Json, prompt: str | None) -> str:
        """What the schema says of a candidate that was flagged."""
        found = self.faults.messages(value)
        if not found:
            return "was to break its schema in one keyword, and breaks none"
        return f"its label does not tell what the schema says of it: {'; '.join(found)}"

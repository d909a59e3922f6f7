"""Whether the record schema allows the candidate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ...records import BoolArray, Candidates, Json
from .base import Validator


@dataclass(frozen=True, slots=True)
class SchemaCheck:
    """Refuses what the validator of the record schema refuses, in its words; twins are for `TwinCheck`."""

    validator: Validator
    reason: ClassVar[str] = "schema"

    def screen(self, candidates: Candidates) -> BoolArray | None:
        """All rows but those of twins: nothing but validation tells."""
        return None if candidates.invalid is None else ~candidates.is_twin

    def refuse(self, value: Json, prompt: str | None) -> str | None:
        """The validator's explanation."""
        return None if self.validator.is_valid(value) else self.validator.explain(value)

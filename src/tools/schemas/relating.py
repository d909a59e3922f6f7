"""All relations between the fields of an object."""

from __future__ import annotations

from collections.abc import Sequence

from .amounts import amounts
from .derived import derived
from .relations import Fields, Judges, Relation, ordered


def relations_of(names: Sequence[str], judge_of: Judges) -> list[Relation]:
    """The relations that the names of an object's properties tell of, in the order in which they hold."""
    fields = Fields(judge_of)
    return [*ordered(names, fields), *derived(names, fields), *amounts(names, fields)]

"""A few candidates of a stratum, as a run would make them; nothing is kept."""

from __future__ import annotations

from ..plan import strata_of
from ..records import Batch, Draft, Stratum
from .preparing import Prepared


def trial(prepared: Prepared, stratum: Stratum, size: int) -> Draft | None:
    """Candidates of a template stratum, those of the tiers before it left out; None where none are left."""
    before = [s for s in strata_of(prepared.plan) if s.category == stratum.category and s.index < stratum.index]
    start = sum(s.planned for s in before)
    capacity = prepared.survey.capacities[stratum.category]
    room = size if capacity is None else min(size, capacity - start)
    if room <= 0:
        return None
    return prepared.workbench.draft(Batch(0, stratum.index, start, room), stratum.category, structs=False)

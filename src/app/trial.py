"""A few candidates of a stratum, as a run would make them; nothing is kept."""

from __future__ import annotations

from ..plan import strata_of
from ..records import Batch, Draft, Stratum
from ..tools.grounding.base import Lane
from .preparing import Prepared


def trial(prepared: Prepared, stratum: Stratum, size: int) -> Draft | None:
    """Candidates of a template stratum, those of the tiers before it left out; None where none are left."""
    before = [s for s in strata_of(prepared.plan) if s.category == stratum.category and s.index < stratum.index]
    lane = lane_of(prepared, stratum)
    if lane is None:
        first, end = 0, prepared.survey.capacities[stratum.category]
    else:
        first, end = lane.numbers.start, lane.numbers.stop
        before = [other for other in before if other.tier in lane.tiers]
    start = first + sum(other.planned for other in before)
    room = size if end is None else min(size, end - start)
    if room <= 0:
        return None
    return prepared.workbench.draft(Batch(0, stratum.index, start, room), stratum.category, structs=False)


def lane_of(prepared: Prepared, stratum: Stratum) -> Lane | None:
    """The candidates of a source that a template stratum draws from; None where it has no task."""
    lanes = prepared.survey.lanes.get(stratum.category, ())
    return next((lane for lane in lanes if stratum.tier in lane.tiers), None)

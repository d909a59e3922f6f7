"""How the tiers of a plan cut a source by frequency."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ...errors import PlanError
from ...plan import Tier


@dataclass(frozen=True, slots=True)
class Cut:
    """Tiers with the same bounds, both included; `high` is None without bound."""

    tiers: tuple[str | None, ...]
    low: int = 1
    high: int | None = None

    def holds(self, frequency: int) -> bool:
        """Whether an object of this frequency falls into it."""
        return self.low <= frequency and (self.high is None or frequency <= self.high)

    def __str__(self) -> str:
        return f"{self.low:,} or more" if self.high is None else f"{self.low:,} to {self.high:,}"


def cuts_of(tiers: Sequence[Tier] | None, where: str) -> list[Cut]:
    """The cuts of a category's tiers, in their order; tiers of the same bounds share one.

    Raises PlanError for bounds that overlap and are not the same: an object would be in two tiers.
    """
    if not tiers:
        return [Cut((None,))]
    by_bounds: dict[tuple[int, int | None], list[str | None]] = {}
    for tier in tiers:
        by_bounds.setdefault((tier.min_frequency or 1, tier.max_frequency), []).append(tier.name)
    cuts = [Cut(tuple(names), low, high) for (low, high), names in by_bounds.items()]
    ordered = sorted(cuts, key=lambda cut: cut.low)
    for lower, upper in pairwise(ordered):
        if lower.high is None or lower.high >= upper.low:
            what = f"the frequencies of {lower.tiers[0]!r} ({lower}) and {upper.tiers[0]!r} ({upper}) overlap"
            raise PlanError.at(where, what, "give them bounds that meet, such as 5 to 19 and 20 to 99")
    return cuts

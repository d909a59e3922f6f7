"""From shares to exact counts, and from a plan to its strata."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from ..records import Stratum
from .models import Category, Plan


def largest_remainder(total: int, shares: Sequence[float]) -> list[int]:
    """Integers that sum to `total`, in the proportion of the shares.

    Hamilton's method: whole parts first, then one more each by the largest remainder; ties go to the earlier share.
    Shares are taken as the decimals they are written as, so 0.1 is a tenth. Raises ValueError where they are negative
    or all zero.
    """
    exact = [Fraction(str(share)) for share in shares]
    whole = sum(exact)
    if whole <= 0 or min(exact) < 0:
        raise ValueError("shares must not be negative, and not all zero")
    parts = [total * share / whole for share in exact]
    counts = [int(part) for part in parts]
    by_remainder = sorted(range(len(parts)), key=lambda i: (counts[i] - parts[i], i))
    for i in by_remainder[: total - sum(counts)]:
        counts[i] += 1
    return counts


def _tier_counts(plan: Plan, category: Category) -> list[tuple[str | None, int]]:
    tiers = category.tiers or plan.tiers
    if not tiers:
        return [(None, category.count)]
    shares = [tier.share for tier in tiers if tier.share is not None]
    counts = largest_remainder(category.count, shares) if shares else [tier.most for tier in tiers]
    return [(tier.name, count) for tier, count in zip(tiers, counts, strict=True)]


def strata_of(plan: Plan) -> list[Stratum]:
    """Every category x tier of a plan with its exact quota, in the plan's order."""
    named = [(category.name, *tier) for category in plan.categories for tier in _tier_counts(plan, category)]
    return [Stratum(index, category, tier, count) for index, (category, tier, count) in enumerate(named)]

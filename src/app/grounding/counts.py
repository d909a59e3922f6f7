"""Counts against sources: what tiers ask for, and what there is."""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import PlanError, Problem
from ...plan import OBJECT_NAMES, Category, Plan, Tier, strata_of
from ...tools.grounding.base import Lane
from ...tools.grounding.grounds import Grounds


def with_counts(plan: Plan, grounds: Grounds) -> tuple[Plan, list[str]]:
    """The plan with the counts that its sources give to tiers with `at_most`, and where that is less, how much.

    Raises PlanError where a source has fewer records than a tier's count, with the numbers; all tiers at once.
    """
    problems: list[Problem] = []
    notes: list[str] = []
    categories = []
    for category in plan.categories:
        if category.task is not None:
            lanes = grounds.lanes_of(category)
            category = _counted(category, category.tiers or plan.tiers or [], lanes)
            notes += [
                f"{category.name}: tier {tier.name!r} has {tier.count:,} records, all that the source gives of "
                f"at most {tier.at_most:,}"
                for tier in category.tiers or []
                if tier.at_most is not None and tier.count is not None and tier.count < tier.at_most
            ]
            problems += _too_few(plan, category, lanes, grounds.where(category))
        categories.append(category)
    if problems:
        raise PlanError(problems)
    total = None if plan.total_instances is None else sum(category.count for category in categories)
    return plan.model_copy(update={"categories": categories, "total_instances": total}), notes


def _counted(category: Category, tiers: Sequence[Tier], lanes: Sequence[Lane]) -> Category:
    """The category with a count for each of its tiers, where one asks for what there is."""
    if not any(tier.at_most is not None for tier in tiers):
        return category
    left = {id(lane): len(lane.numbers) - sum(t.count or 0 for t in tiers if t.name in lane.tiers and t.at_most is None)
            for lane in lanes}  # fmt: skip
    counted = []
    for tier in tiers:
        lane = next(lane for lane in lanes if tier.name in lane.tiers)
        if tier.at_most is not None:
            tier = tier.model_copy(update={"count": max(0, min(tier.at_most, left[id(lane)]))})
            left[id(lane)] -= tier.count or 0
        counted.append(tier)
    return category.model_copy(update={"tiers": counted, "count": sum(tier.count or 0 for tier in counted)})


def _too_few(plan: Plan, category: Category, lanes: Sequence[Lane], where: str) -> list[Problem]:
    alone = plan.model_copy(update={"categories": [category]})
    planned = {stratum.tier: stratum.planned for stratum in strata_of(alone)}
    mend = "lower the count, widen its frequencies, or write `at_most` for what there is"
    limit = {"reverse_query": "negatives", "document_qa": "unanswerable"}.get(category.task or "")
    if limit and any(len(lane.numbers) < lane.objects for lane in lanes):
        mend += f"; `{limit}` asks for more than the source has"
    return [
        Problem(
            f"{where}.tiers" if lane.tiers != (None,) else f"{where}.count",
            f"{_named(lane)} {sum(planned[tier] for tier in lane.tiers):,} records, and the source gives "
            f"{len(lane.numbers):,}, from {lane.objects:,} {OBJECT_NAMES[category.task or 'label']}",
            mend,
        )
        for lane in lanes
        if sum(planned[tier] for tier in lane.tiers) > len(lane.numbers)
    ]


def _named(lane: Lane) -> str:
    if lane.tiers == (None,):
        return "asks for"
    names = " and ".join(repr(tier) for tier in lane.tiers)
    return f"tier {names} asks for" if len(lane.tiers) == 1 else f"tiers {names} together ask for"

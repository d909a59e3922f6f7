"""A plan as a person checks it: categories x tiers x counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.table import Table
from rich.text import Text

from ...plan import Plan, Tier, strata_of
from ...records import Json
from ...tools.grounding.grounds import Grounds

MAX_COLUMNS = 6
"""With more different tiers than this, each stratum gets a row of its own."""


def plan_table(plan: Plan) -> Table:
    """The table of a plan."""
    tiers = list(dict.fromkeys(stratum.tier for stratum in strata_of(plan) if stratum.tier is not None))
    return _by_category(plan, tiers) if len(tiers) <= MAX_COLUMNS else _by_stratum(plan)


def _by_category(plan: Plan, tiers: list[str]) -> Table:
    table = _table("category", "worker", *(f">{tier}" for tier in tiers), ">records")
    counts = {(stratum.category, stratum.tier): stratum.planned for stratum in strata_of(plan)}
    for category in plan.categories:
        cells = [_number(counts.get((category.name, tier))) for tier in tiers]
        table.add_row(Text(category.name), plan.worker_of(category), *cells, _number(category.count))
    if len(plan.categories) > 1:
        sums = [sum(count for (_, of), count in counts.items() if of == tier) for tier in tiers]
        table.add_row(Text("all", style="bold"), "", *map(_number, sums), _number(_total(plan)))
    return table


def _by_stratum(plan: Plan) -> Table:
    table = _table("category", "tier", ">records")
    for stratum in strata_of(plan):
        table.add_row(Text(stratum.category), Text(stratum.tier or "-"), _number(stratum.planned))
    table.add_row(Text("all", style="bold"), "", _number(_total(plan)))
    return table


def plan_line(plan: Plan) -> str:
    """A plan in a line."""
    categories = len(plan.categories)
    return f"{plan.dataset_name}: {_total(plan):,} records in {categories} categor{'y' if categories == 1 else 'ies'}"


def available_rows(plan: Plan, grounds: Grounds) -> list[dict[str, Json]]:
    """What sources give each tier of the categories with a task, as JSON, in the plan's order.

    objects: how many different things of the source there are to ask about. available: how many records, None without
    bound. frequencies: those of the tier, as text, None where it has no bounds.
    """
    categories = {category.name: category for category in plan.categories if category.task is not None}
    rows = []
    for stratum in strata_of(plan):
        if (category := categories.get(stratum.category)) is None:
            continue
        lane = next(lane for lane in grounds.lanes_of(category) if stratum.tier in lane.tiers)
        tier = next((tier for tier in category.tiers or plan.tiers or [] if tier.name == stratum.tier), None)
        is_bounded = plan.worker_of(category) == "template" or category.task != "document_qa"
        rows.append(
            {
                "category": stratum.category,
                "tier": stratum.tier,
                "frequencies": None if tier is None else _frequencies(tier),
                "objects": lane.objects,
                "available": len(lane.numbers) if is_bounded else None,
                "planned": stratum.planned,
            }
        )
    return rows


def available_table(rows: Sequence[Mapping[str, Json]]) -> Table:
    """The table of `available_rows`."""
    table = _table("category", "tier", "frequency", ">objects", ">available", ">records")
    for row in rows:
        available = "unbounded" if row["available"] is None else _number(row["available"])
        named = (Text(row["category"]), Text(row["tier"] or "-"), row["frequencies"] or "-")
        table.add_row(*named, _number(row["objects"]), available, _number(row["planned"]))
    return table


def _frequencies(tier: Tier) -> str | None:
    low, high = tier.min_frequency, tier.max_frequency
    if low is None and high is None:
        return None
    return f"{low or 1:,} or more" if high is None else f"{low or 1:,} to {high:,}"


def _total(plan: Plan) -> int:
    return sum(category.count for category in plan.categories)


def _number(count: int | None) -> str:
    return "-" if count is None else f"{count:,}"


def _table(*titles: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for title in titles:
        justify = "right" if title.startswith(">") else "left"
        table.add_column(Text(title.lstrip(">")), justify=justify, no_wrap=True)  # type: ignore[arg-type]
    return table

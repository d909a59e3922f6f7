"""A plan as a person checks it: categories x tiers x counts."""

from __future__ import annotations

from collections.abc import Iterator

from rich.table import Table
from rich.text import Text

from ...plan import Plan, strata_of

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


def contacts(plan: Plan) -> Iterator[str]:
    """What a run of the plan would reach beyond this machine's files, a line each."""
    for name, entry in plan.models.items():
        key = f", with the key in {entry.api_key_env}" if entry.api_key_env else ""
        yield f"model {name}: {entry.model} at {entry.provider or entry.base_url or 'the default endpoint'}{key}"
    if plan.mlflow and plan.mlflow.tracking_uri:
        yield f"MLflow at {plan.mlflow.tracking_uri}"


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

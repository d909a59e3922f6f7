"""Whether a plan's budget is enough for what is still to be written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...plan import Budget
from ...records import Usage
from .takings import Taken, summed

Range = Mapping[str, float | None]
"""`low`, `likely`, `high` of an amount; None where nothing can be said of an end."""


def verdicts(
    budget: Budget, spent: Usage, ranges: Mapping[str, Range], in_flight: Iterable[Taken]
) -> list[dict[str, Any]]:
    """For each limit of a budget: what it leaves, what is wanted of that, and whether it suffices.

    `in_flight` is what the calls of each model take that are in flight at once. They set aside more than they will
    take, and a run stops where that is not left: `headroom`.
    """
    flying = summed(in_flight)
    tokens = _together(ranges["tokens_in"], ranges["tokens_out"])
    minutes = {end: None if amount is None else amount / 60 for end, amount in ranges["seconds"].items()}
    rows = (
        (
            "max_cost_usd",
            budget.max_cost_usd,
            spent.cost_usd,
            ranges["cost_usd"],
            flying.reserved_usd - flying.cost_usd,
        ),
        (
            "max_tokens",
            budget.max_tokens,
            spent.tokens_in + spent.tokens_out,
            tokens,
            flying.reserved_tokens - flying.tokens_in - flying.tokens_out,
        ),
        ("max_minutes", budget.max_minutes, 0, minutes, 0.0),
    )
    return [
        _row(name, limit, had, wanted, max(0.0, headroom))
        for name, limit, had, wanted, headroom in rows
        if limit is not None
    ]


def _row(name: str, limit: float, spent: float, wanted: Range, headroom: float) -> dict[str, Any]:
    left, high, likely = limit - spent, wanted["high"], wanted["likely"] or 0.0
    if likely > left:
        suffices = "no"
    else:
        suffices = "yes" if high is not None and high + headroom <= left else "perhaps"
    return {
        "limit": name, "value": limit, "spent": spent, "wanted": dict(wanted), "headroom": headroom,
        "suffices": suffices,
    }  # fmt: skip


def _together(one: Range, other: Range) -> dict[str, float | None]:
    def added(a: float | None, b: float | None) -> float | None:
        return None if a is None or b is None else a + b

    return {end: added(one[end], other[end]) for end in ("low", "likely", "high")}

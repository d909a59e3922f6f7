"""What model calls took, in parts: by model, and by category and tier."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, fields
from typing import Any

from ..records import Usage
from ..state.history import History
from ..state.paid import UsageRow


def usage_parts(history: History, saved_usd: float | None = None) -> dict[str, Any]:
    """`by_model` and `by_stratum`: the numbers of `Usage`, each after what it is of; and what cascades saved."""
    rows = history.usage_rows()
    return {
        "by_model": _summed(rows, lambda row: {"model": row.model}),
        "by_stratum": _summed(rows, lambda row: {"category": row.category, "tier": row.tier}),
        **({} if saved_usd is None else {"cascade_saved_usd": saved_usd}),
    }


def _summed(rows: Iterable[UsageRow], of: Callable[[UsageRow], dict[str, str | None]]) -> list[dict[str, Any]]:
    found: dict[tuple[str | None, ...], tuple[dict[str, str | None], Usage]] = {}
    for row in rows:
        about = of(row)
        _, before = found.get(tuple(about.values()), (about, Usage()))
        found[tuple(about.values())] = about, _together(before, row.usage)
    return [{**about, **asdict(usage)} for about, usage in found.values()]


def _together(one: Usage, other: Usage) -> Usage:
    return Usage(*(getattr(one, field.name) + getattr(other, field.name) for field in fields(Usage)))

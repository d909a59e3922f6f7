"""What generators made of schemas, in Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from .generators import OURS

if TYPE_CHECKING:
    from .coverage import Outcome

Outcomes = Mapping[str, "Sequence[Outcome]"]
_TIERS = ("simple", "medium", "complex")
_PARTS = ("median", "95 %", "max")


def print_tables(found: Outcomes) -> None:
    """Prints shares by dataset and tier, times, and where our generator fails."""
    _print_shares(found)
    print()
    _print_times(found)
    print(f"\nWhere {OURS} fails, or is not rich:\n")
    for outcome in found[OURS]:
        if outcome.verdict.fault:
            where = outcome.case.name if outcome.case.is_real else f"{outcome.case.dataset}: {outcome.case.name}"
            print(f"- {where}: {' '.join(outcome.verdict.fault.split())}")


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Prints a Markdown table; what is not in the first column stands at the right."""
    print(f"| {' | '.join(header)} |")
    print(f"|---|{'---:|' * (len(header) - 1)}")
    for row in rows:
        print(f"| {' | '.join(row)} |")


def spread(seconds: Iterable[float]) -> list[str]:
    """Median, 95th percentile and maximum, in milliseconds."""
    times = np.array(list(seconds)) * 1000
    if not times.size:
        return ["", "", ""]
    return [f"{value:,.1f}" for value in (*np.percentile(times, (50, 95)), times.max())]


def _print_shares(found: Outcomes) -> None:
    header = ["schemas", "number"]
    header += [f"{name}, {what}" for name in found for what in ("valid", "rich")]
    rows = []
    for label, belongs in _groups(found[OURS]):
        some = {name: [outcome for outcome in all if belongs(outcome)] for name, all in found.items()}
        number = len(some[OURS])
        if not number:
            continue
        row = [label, str(number)]
        for outcomes in some.values():
            row.append(f"{sum(outcome.verdict.is_valid for outcome in outcomes) / number:.1%}")
            row.append(f"{sum(outcome.verdict.is_rich for outcome in outcomes) / number:.1%}")
        rows.append(row)
    table(header, rows)


def _groups(outcomes: Sequence[Outcome]) -> list[tuple[str, Callable[[Outcome], bool]]]:
    """The rows of the table of shares: what each is called, and which outcomes belong to it."""
    datasets = dict.fromkeys(outcome.case.dataset for outcome in outcomes)
    return [
        *((name, lambda outcome, name=name: outcome.case.dataset == name) for name in datasets),
        *((f"tier {tier}", lambda outcome, tier=tier: outcome.case.tier == tier) for tier in _TIERS),
        ("**all real schemas**", lambda outcome: outcome.case.is_real),
        ("**all of the test suite**", lambda outcome: not outcome.case.is_real),
    ]


def _print_times(found: Outcomes) -> None:
    """CPU time, of real schemas that records were drawn from; of the suite's where there are no others."""
    header = [
        "CPU ms a schema",
        *(f"{what}, {part}" for what in ("once", "five records") for part in _PARTS),
        "timeouts",
    ]
    has_real = any(outcome.case.is_real for outcome in found[OURS])
    rows = []
    for name, outcomes in found.items():
        some = [outcome for outcome in outcomes if outcome.case.is_real or not has_real]
        drawn = [outcome.drawn for outcome in some if outcome.drawn]
        timeouts = sum(outcome.is_timeout for outcome in some)
        rows.append(
            [name, *spread(one.compile_s for one in drawn), *spread(one.draw_s for one in drawn), str(timeouts)]
        )
    table(header, rows)

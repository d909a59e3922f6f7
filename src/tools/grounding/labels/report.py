"""What models that label did, in figures: how right, fast and dear they are, and how much of each group came up.

All of it is computed from predictions, calls and labels alone, whoever keeps them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum

from ....records import Call, Json, Prediction
from ..folding import fold
from .quality import EXACT, LEAST_LISTED

SIZES = (1_000, 10_000, 100_000)
"""The sizes that costs are projected to."""

ANSWERED = ("answered", "refused", "empty", "truncated")
"""The outcomes of calls that were answered and paid for."""

PLACES = 6
"""The decimals of shares, means and sums of money."""

_DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True)
class LabelFigures:
    """What one model did.

    entries: the texts it said something about. exact: those whose first code is right; listed: those with a right code
    at any place. quality: the sum over all entries. calls: those that were answered; failed_calls: the others.
    tokens_in, tokens_out, cost_usd: what the calls took. busy_s: the seconds in which at least one call was under way.
    """

    model: str
    entries: int
    exact: int
    listed: int
    quality: float
    calls: int
    failed_calls: int
    tokens_in: int
    tokens_out: int
    cost_usd: float
    busy_s: float

    @property
    def entries_per_s(self) -> float | None:
        """The throughput; None where it was not measured."""
        return self.entries / self.busy_s if self.busy_s and self.entries else None

    def to_json(self) -> dict[str, Json]:
        """The figures, and those per entry; None where there is nothing that they could be of."""
        speed = self.entries_per_s
        return {
            "model": self.model,
            "entries": self.entries,
            "accuracy": self._per_entry(self.exact),
            "in_list": self._per_entry(self.listed),
            "mean_quality": self._per_entry(self.quality),
            "calls": self.calls,
            "failed_calls": self.failed_calls,
            "tokens_in": self.tokens_in,
            "tokens_out": self.tokens_out,
            "cost_usd": round(self.cost_usd, PLACES),
            "tokens_in_per_entry": self._per_entry(self.tokens_in),
            "tokens_out_per_entry": self._per_entry(self.tokens_out),
            "cost_usd_per_entry": None if not self.entries else round(self.cost_usd / self.entries, 9),
            "seconds": round(self.busy_s, 3),
            "entries_per_second": None if speed is None else round(speed, 3),
        }

    def projected(self, sizes: Iterable[int]) -> list[dict[str, Json]]:
        """What so many entries would take, going by these; nothing where there are none to go by."""
        if not self.entries:
            return []
        speed = self.entries_per_s
        return [
            {
                "entries": size,
                "calls": -(-size * self.calls // self.entries),
                "tokens_in": round(size * self.tokens_in / self.entries),
                "tokens_out": round(size * self.tokens_out / self.entries),
                "cost_usd": round(size * self.cost_usd / self.entries, PLACES),
                "seconds": None if speed is None else round(size / speed, 1),
            }
            for size in sizes
        ]

    def _per_entry(self, total: float) -> float | None:
        return round(total / self.entries, PLACES) if self.entries else None


def label_figures_of(
    predictions: Iterable[Prediction], calls: Iterable[Call], models: Sequence[str] = ()
) -> list[LabelFigures]:
    """The figures of each model: those of `models` first, then others as they come up.

    Both are those of one category. Where a model said something of a text more than once, as when its batch was
    written again, the last counts. A quality says how right an answer is: see `label_quality`.
    """
    last: dict[str, dict[int, float]] = {model: {} for model in models}
    made: dict[str, list[Call]] = {model: [] for model in models}
    for prediction in predictions:
        last.setdefault(prediction.model, {})[prediction.number] = prediction.quality
    for call in calls:
        made.setdefault(call.model, []).append(call)
    return [_figures(model, last.get(model, {}).values(), made.get(model, ())) for model in last | made]


def _figures(model: str, qualities: Collection[float], calls: Sequence[Call]) -> LabelFigures:
    answered = [call for call in calls if call.outcome in ANSWERED]
    return LabelFigures(
        model=model,
        entries=len(qualities),
        exact=sum(quality >= EXACT for quality in qualities),
        listed=sum(quality >= LEAST_LISTED for quality in qualities),
        quality=fsum(qualities),
        calls=len(answered),
        failed_calls=len(calls) - len(answered),
        tokens_in=sum(call.tokens_in for call in calls),
        tokens_out=sum(call.tokens_out for call in calls),
        cost_usd=fsum(call.cost_usd for call in calls),
        busy_s=busy_seconds((call.called_at_ms, call.latency_ms) for call in calls),
    )


def busy_seconds(spans: Iterable[tuple[float, float]]) -> float:
    """The seconds in which at least one of these was under way, each given as its start and its length in ms."""
    total, until = 0.0, float("-inf")
    for start, length in sorted(spans):
        end = start + length
        total += max(0.0, end - max(start, until))
        until = max(until, end)
    return total / 1000


def sizes_for(available: int, entries: int = 0) -> list[int]:
    """What to project to: `SIZES` beyond the `entries` that were measured, and all that a source has."""
    return sorted({size for size in SIZES if size > entries} | {available})


def group_coverage(groups: Mapping[str, str], sampled: Iterable[str]) -> list[dict[str, Json]]:
    """How many labels of each group came up.

    groups: the group of each label there is, the labels folded (`Labels.groups`). sampled: the `source_code`s of the
    records. Groups come in the order of their names, numbers in them by size; labels that are in no group are under
    None.
    """
    available: dict[str, int] = {}
    hit: dict[str, int] = {}
    for group in groups.values():
        available[group] = available.get(group, 0) + 1
    for label in {fold(code) for code in sampled} & groups.keys():
        hit[groups[label]] = hit.get(groups[label], 0) + 1
    return [
        {
            "group": group or None,
            "available": available[group],
            "sampled": hit.get(group, 0),
            "coverage_percent": round(100 * hit.get(group, 0) / available[group], 2),
        }
        for group in sorted(available, key=_by_numbers)
    ]


def _by_numbers(name: str) -> list[tuple[int, str]]:
    """A key that puts "2" before "10", and what has no name last."""
    parts = [(int(part), "") if part.isdecimal() else (0, fold(part)) for part in _DIGITS.split(name) if part]
    return parts or [(1 << 62, "")]

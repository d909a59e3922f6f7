"""From what the batches of a pilot took to what the rest of the plan will take, with intervals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from ...tools.intervals import Group, Interval, dispersion, total, wilson
from .forecasting import Cell, Forecast
from .piloting import Measured, Sample
from .takings import Taken

LEVEL = 0.95
"""That of each interval told. Intervals that make up another are of a higher level each, so that together they hold
with this one, however they depend on one another (Bonferroni)."""

_MEASURED = ("calls", "tokens_in", "tokens_out", "cost_usd", "latency_s")

_HAIR = 1e-6

FEWEST = 2
"""Batches that show a spread."""


@dataclass(frozen=True, slots=True)
class Projection:
    """What the rest of a plan takes by model: as it looks, and both ends. None where nothing can be said of them."""

    likely: dict[str, Taken]
    low: dict[str, Taken] | None
    high: dict[str, Taken] | None


def project(forecast: Forecast, samples: Sequence[Sample]) -> Projection | None:
    """The whole from a sample of its batches; None where none of their records, or of a category's, was accepted.

    What batches took is set against what was quoted for each, so that strata of different sizes and lengths can be
    thrown together. That, over the share of the records wanted that was accepted (the rest is asked for again), times
    the quote of the whole. Each category is taken by itself where each has two batches or more. Both ends add how soon
    batches grow.
    """
    groups = _grouped(forecast, samples)
    if not all(sum(s.accepted for s in group.samples) for group in groups):
        return None
    each = 1 - (1 - LEVEL) / (2 * len(groups))
    shares = {group.name: _share(group.samples, each) for group in groups}
    found = {group.name: group.found for group in groups}
    middle = _scaled(forecast, forecast.likely, groups, found, dict.fromkeys(_MEASURED, 1.0))
    ends = {name: _relative(forecast, groups, name) for name in _MEASURED}
    if any(interval is None for interval in ends.values()):
        return Projection(middle, None, None)
    lows = {name: interval.low for name, interval in ends.items() if interval}
    highs = {name: interval.high for name, interval in ends.items() if interval}
    low = _scaled(forecast, forecast.sooner, groups, {name: share.high for name, share in shares.items()}, lows)
    high = _scaled(forecast, forecast.steady, groups, {name: share.low for name, share in shares.items()}, highs)
    return Projection(middle, low, high)


@dataclass(frozen=True, slots=True)
class _Group:
    """A category's samples, or all of them (`name` is None), with what was quoted for each."""

    name: str | None
    samples: list[Sample]
    quoted: list[Taken]

    @property
    def found(self) -> float:
        """The share of the records wanted that was accepted."""
        return sum(s.accepted for s in self.samples) / sum(s.wanted for s in self.samples)

    def factor(self, name: str) -> float:
        """How many times the amount that was quoted was measured; 0 of what costs nothing.

        Where nothing was quoted, as for what a source alone proves, the quote of the rest stands.
        """
        quoted, measured = self._sums(name)
        return measured / quoted if quoted else 1.0

    def tells(self, name: str) -> bool:
        """Whether something of an amount was quoted, and measured."""
        return all(self._sums(name))

    def _sums(self, name: str) -> tuple[float, float]:
        return sum(getattr(q, name) for q in self.quoted), sum(getattr(s.taken, name) for s in self.samples)


def _grouped(forecast: Forecast, samples: Sequence[Sample]) -> list[_Group]:
    def group(name: str | None, own: list[Sample]) -> _Group:
        return _Group(name, own, [forecast.quoted(s.stratum, s.model, s.wanted, s.items) for s in own])

    by_category: dict[str, list[Sample]] = {stratum.category: [] for stratum, _ in forecast.missing}
    for sample in samples:
        by_category[forecast.category_of(sample.stratum)].append(sample)
    if all(len(own) >= FEWEST for own in by_category.values()):
        return [group(name, own) for name, own in by_category.items()]
    return [group(None, list(samples))]


def _relative(forecast: Forecast, groups: Sequence[_Group], name: str) -> Interval | None:
    """The ends of an amount, as parts of what it looks like."""
    wholes = dict.fromkeys((group.name for group in groups), 0.0)
    for (stratum, _), taken in forecast.likely.items():
        wholes[_name_of(forecast, groups, stratum)] += getattr(taken, name)
    pairs = [
        Group(
            [getattr(s.taken, name) for s in g.samples], [getattr(q, name) for q in g.quoted], wholes[g.name] / g.found
        )
        for g in groups
        if g.tells(name)
    ]
    found, interval = total(pairs, 1 - (1 - LEVEL) / 2) if pairs else (0.0, Interval(0.0, 0.0))
    if interval is None:
        return None
    if not found:
        return Interval(1.0, 1.0)
    return Interval(interval.low / found, max(interval.high / found, _unseen(groups)))


def _unseen(groups: Sequence[_Group]) -> float:
    """How many times more all may take than was found, for the sake of rare batches that need more calls than quoted.

    A pilot may have met none of them, or too few, and its calls then show no spread.
    """
    pairs = [pair for group in groups for pair in zip(group.samples, group.quoted, strict=True)]
    base = sum(quoted.calls for _, quoted in pairs) / len(pairs)
    more = [sample.taken.calls - quoted.calls for sample, quoted in pairs]
    some = [calls for calls in more if calls > _HAIR]
    each = max(1.0, sum(some) / len(some)) if some else 1.0
    often = wilson(len(some), len(more), 1 - (1 - LEVEL) / 2).high
    found = base + sum(more) / len(more)
    return (base + often * each) / found if base and found else 1.0


def _name_of(forecast: Forecast, groups: Sequence[_Group], stratum: int) -> str | None:
    return None if groups[0].name is None else forecast.category_of(stratum)


def _scaled(
    forecast: Forecast,
    cells: Mapping[Cell, Taken],
    groups: Sequence[_Group],
    shares: Mapping[str | None, float],
    ends: Mapping[str, float],
) -> dict[str, Taken]:
    """What cells take as measured, where so much of each group is accepted; by model. `ends` are factors by amount."""
    by_name = {group.name: group for group in groups}
    scaled: dict[Cell, Taken] = {}
    for cell, taken in cells.items():
        group = by_name[_name_of(forecast, groups, cell[0])]
        more = 1 / shares[group.name]
        amounts = {name: getattr(taken, name) * group.factor(name) * ends[name] * more for name in _MEASURED}
        reserved = taken.reserved_tokens * group.factor("calls") * ends["calls"] * more
        scaled[cell] = replace(taken, batches=taken.batches * more, reserved_tokens=reserved, **amounts)
    return Forecast.by_model(scaled)


def _share(samples: Sequence[Sample], level: float) -> Interval:
    """The interval of the share accepted; batches are told different things, so their records hang together."""
    parts = [(sample.accepted, sample.wanted) for sample in samples]
    accepted, wanted = (sum(column) for column in zip(*parts, strict=True))
    return wilson(accepted, wanted, level, dispersion=dispersion(parts))


def measured_told(measured: Measured) -> dict[str, Any]:
    """What a pilot measured, as JSON: yield, rejections, amounts a record, latency, and what it cost itself."""
    samples = measured.samples
    rejected = sum((sample.rejected for sample in samples), Counter[str]())
    accepted = sum(sample.accepted for sample in samples)
    written = accepted + rejected.total()
    calls = sum(sample.taken.calls for sample in samples)
    return {
        "batches_asked": measured.asked,
        "batches": len(samples),
        "wanted": sum(sample.wanted for sample in samples),
        "accepted": accepted,
        "yield": _yield(samples) if samples else None,
        "rejected": dict(rejected),
        "duplicates": rejected["duplicate"] / written if written else None,
        "per_record": _per_record(samples) if accepted else None,
        "latency_s": sum(sample.taken.latency_s for sample in samples) / calls if calls else None,
        "usage": asdict(measured.usage),
        "seconds": measured.seconds,
        "ended": measured.ended,
        "kept": False,
        "confidence": LEVEL,
    }


def by_stratum(samples: Sequence[Sample]) -> dict[int, dict[str, Any]]:
    """What a pilot found of each stratum that it had batches of, by index."""
    found: dict[int, list[Sample]] = {}
    for sample in samples:
        found.setdefault(sample.stratum, []).append(sample)
    return {
        stratum: {
            "yield": sum(s.accepted for s in own) / sum(s.wanted for s in own),
            "rejected": dict(sum((s.rejected for s in own), Counter[str]())),
        }
        for stratum, own in found.items()
    }


def _yield(samples: Sequence[Sample]) -> dict[str, float]:
    interval = _share(samples, LEVEL)
    found = sum(s.accepted for s in samples) / sum(s.wanted for s in samples)
    return {"likely": found, "low": interval.low, "high": interval.high}


def _per_record(samples: Sequence[Sample]) -> dict[str, dict[str, float | None]]:
    """What an accepted record took."""

    def of(amount: Callable[[Taken], float]) -> dict[str, float | None]:
        found, interval = total([Group([amount(s.taken) for s in samples], [s.accepted for s in samples])], LEVEL)
        ends = (interval.low, interval.high) if interval else (None, None)
        return {"likely": found, "low": ends[0], "high": ends[1]}

    return {
        "tokens_in": of(lambda taken: taken.tokens_in),
        "tokens_out": of(lambda taken: taken.tokens_out),
        "cost_usd": of(lambda taken: taken.cost_usd),
    }

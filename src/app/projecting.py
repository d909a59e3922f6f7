"""From what the batches of a pilot took to what the rest of the plan will take, with intervals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from ..tools.intervals import Interval, dispersion, ratio, wilson
from .forecasting import Forecast
from .piloting import Measured, Sample
from .takings import Taken

LEVEL = 0.95
_EACH = 1 - (1 - LEVEL) / 2
"""The level of two intervals that together hold with `LEVEL`, however they depend on one another (Bonferroni)."""

_MEASURED = ("calls", "tokens_in", "tokens_out", "cost_usd", "latency_s")

Factors = Mapping[str, tuple[float, Interval | None]]
"""By amount: how many times what was quoted was measured, and the interval of that."""


@dataclass(frozen=True, slots=True)
class Projection:
    """What the rest of a plan takes by model: as it looks, and both ends. None where nothing can be said of them."""

    likely: dict[str, Taken]
    low: dict[str, Taken] | None
    high: dict[str, Taken] | None


def project(forecast: Forecast, samples: Sequence[Sample]) -> Projection | None:
    """The whole from a sample of its batches; None where none of their records was accepted.

    What batches took is set against what was quoted for each, so that strata of different sizes and lengths can be
    thrown together. That, over the share of the records wanted that was accepted (the rest is asked for again), times
    the quote of the whole. Both ends add how soon batches grow.
    """
    accepted, wanted = sum(s.accepted for s in samples), sum(s.wanted for s in samples)
    if not accepted:
        return None
    found, among = accepted / wanted, _share(samples, _EACH)
    factors = _factors(forecast, samples)
    middle = _scaled(Forecast.by_model(forecast.likely), {name: k for name, (k, _) in factors.items()}, found)
    if any(interval is None for _, interval in factors.values()):
        return Projection(middle, None, None)
    least = {name: interval.low for name, (_, interval) in factors.items() if interval}
    most = {name: interval.high for name, (_, interval) in factors.items() if interval}
    return Projection(
        middle,
        _scaled(Forecast.by_model(forecast.sooner), least, among.high),
        _scaled(Forecast.by_model(forecast.steady), most, among.low),
    )


def _share(samples: Sequence[Sample], level: float) -> Interval:
    """The interval of the share accepted; batches are told different things, so their records hang together."""
    parts = [(sample.accepted, sample.wanted) for sample in samples]
    accepted, wanted = (sum(column) for column in zip(*parts, strict=True))
    return wilson(accepted, wanted, level, dispersion=dispersion(parts))


def _factors(forecast: Forecast, samples: Sequence[Sample]) -> Factors:
    quoted = [forecast.quote(s.stratum, s.model).takes(1, s.wanted) for s in samples]
    factors: dict[str, tuple[float, Interval | None]] = {}
    for name in _MEASURED:
        xs, ys = [getattr(q, name) for q in quoted], [getattr(s.taken, name) for s in samples]
        factors[name] = ratio(ys, xs, _EACH) if sum(xs) else (0.0, Interval(0.0, 0.0))
    return factors


def _scaled(parts: Mapping[str, Taken], factors: Mapping[str, float], share: float) -> dict[str, Taken]:
    def scaled(taken: Taken) -> Taken:
        amounts = {name: getattr(taken, name) * factor / share for name, factor in factors.items()}
        reserved = taken.reserved_tokens * factors["calls"] / share
        return replace(taken, batches=taken.batches / share, reserved_tokens=reserved, **amounts)

    return {model: scaled(taken) for model, taken in parts.items()}


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
        found, interval = ratio([amount(s.taken) for s in samples], [s.accepted for s in samples], LEVEL)
        ends = (interval.low, interval.high) if interval else (None, None)
        return {"likely": found, "low": ends[0], "high": ends[1]}

    return {
        "tokens_in": of(lambda taken: taken.tokens_in),
        "tokens_out": of(lambda taken: taken.tokens_out),
        "cost_usd": of(lambda taken: taken.cost_usd),
    }

"""The agents' part of `agent estimate`: calls, tokens, money and time, guessed and, with a pilot, measured."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...plan import Category, strata_of
from ...records import Stratum, Usage
from ...settings import Settings
from ..preparing import Prepared
from .affording import Range, verdicts
from .forecasting import Forecast
from .piloting import Measured, Pilot
from .projecting import FEWEST, Projection, by_stratum, measured_told, project
from .quoting import JSON_BYTES, TEXT_BYTES, TOKENS_A_SECOND, UNKNOWN_BYTES
from .takings import Taken, summed
from .tasks import Tasks

_NAMED = 5

_WIDE = 4.0
"""How many times its low end the high end of an interval is where a larger pilot is advised."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a dataset's checkpoint is: what was accepted by category and tier, what that took, what was learned.

    folder: that of the checkpoint, None where there is none that the plan goes on with.
    """

    folder: Path | None
    accepted: Mapping[tuple[str, str | None], int]
    spent: Usage
    learned: Mapping[str, tuple[int, int]]


class AgentEstimate:
    """What the agents' strata of a plan will take, as far as they are not written yet."""

    def __init__(self, prepared: Prepared, standing: Standing) -> None:
        assert prepared.models is not None
        self._prepared, self._standing, self._router = prepared, standing, prepared.models.router
        self._categories = {category.name: category for category in prepared.model_categories}
        self._strata = [stratum for stratum in strata_of(prepared.plan) if stratum.category in self._categories]
        missing = [(stratum, max(0, stratum.planned - self._accepted(stratum))) for stratum in self._strata]
        self._tasks = Tasks(prepared)
        self.forecast = forecast = Forecast(prepared.plan, prepared.models, missing, standing.learned, self._tasks)
        self._guess = Projection(*map(forecast.by_model, (forecast.likely, forecast.least, forecast.most)))

    def pilot(self, number: int, settings: Settings, say: Callable[[str], None]) -> Measured | None:
        """Write so many batches; None where nothing is missing. Raises what a run raises before its first call."""
        if not self.forecast.missing:
            return None
        return Pilot(self._prepared, settings, self.forecast, self._standing.folder, say).run(number)

    def told(self, cpu_seconds: float, measured: Measured | None) -> dict[str, Any]:
        """As JSON, `strata` by index; `cpu_seconds` are those of the templates, which come first."""
        ranges = self._ranges(self._guess, cpu_seconds)
        projection = project(self.forecast, measured.samples) if measured else None
        found = None if projection is None else self._ranges(projection, cpu_seconds)
        return {
            "strata": {stratum.index: self._row(stratum, measured) for stratum in self._strata},
            "usage": _usage(summed(self._guess.likely.values())),
            "seconds": ranges["seconds"]["likely"],
            "range": ranges,
            "models": [self._model_row(model, taken) for model, taken in self._guess.likely.items()],
            "budget": verdicts(self._prepared.plan.budget, self._standing.spent, found or ranges, self._in_flight()),
            "notes": self._notes() + self._unpiloted(measured) + _too_wide(found),
            "pilot": None if measured is None else measured_told(measured) | {"total": found},
        }

    def _accepted(self, stratum: Stratum) -> int:
        return self._standing.accepted.get((stratum.category, stratum.tier), 0)

    def _ranges(self, parts: Projection, cpu_seconds: float) -> dict[str, Range]:
        """Calls, tokens, money and seconds of all models together."""
        likely, low, high = (
            None if part is None else self._amounts(part, cpu_seconds) for part in (parts.likely, parts.low, parts.high)
        )
        assert likely is not None
        return {
            name: {
                "low": None if low is None else min(low[name], amount),
                "likely": amount,
                "high": None if high is None else max(high[name], amount),
            }
            for name, amount in likely.items()
        }

    def _amounts(self, by_model: Mapping[str, Taken], cpu_seconds: float) -> dict[str, float]:
        seconds = max((self.forecast.time(model, taken)[0] for model, taken in by_model.items()), default=0.0)
        used = _usage(summed(by_model.values()))
        return {name: used[name] for name in ("calls", "tokens_in", "tokens_out", "cost_usd")} | {
            "seconds": cpu_seconds + seconds
        }

    def _in_flight(self) -> list[Taken]:
        """What each model's calls take that are in flight at once."""
        return [
            taken.times(min(1.0, self.forecast.concurrency / max(1.0, taken.batches)))
            for taken in self._guess.likely.values()
        ]

    def _row(self, stratum: Stratum, measured: Measured | None) -> dict[str, Any]:
        own = {model: taken for (index, model), taken in self.forecast.likely.items() if index == stratum.index}
        lengths = self.forecast.lengths(stratum.category)
        sizes = [min(self.forecast.first_size(m), self.forecast.quote(stratum.index, m).most) for m in own]
        seen = by_stratum(measured.samples).get(stratum.index, {}) if measured else {}
        return {
            "worker": self._prepared.plan.worker_of(self._categories[stratum.category]),
            "accepted": self._accepted(stratum),
            **self._capacity(stratum),
            "yield": seen.get("yield"),
            "rejected": seen.get("rejected", {}),
            "models": {model: _whole(taken.calls) for model, taken in own.items()},
            "batch_size": max(sizes, default=None),
            **_usage(summed(own.values())),
            "lengths_from": lengths.basis,
            "bytes": lengths.kept * stratum.planned,
        }

    def _capacity(self, stratum: Stratum) -> dict[str, int | None]:
        """How many records there can be, None without bound; over a source also of how many objects."""
        category = self._categories[stratum.category]
        if category.task is None:
            return {"capacity": None}
        lane = self._tasks.lane(category, stratum)
        return {"capacity": None if category.task == "document_qa" else len(lane.numbers), "objects": lane.objects}

    def _model_row(self, model: str, taken: Taken) -> dict[str, Any]:
        endpoint = self.forecast.endpoint(model)
        seconds, limit = self.forecast.time(model, taken)
        return {
            "model": model,
            "endpoint": endpoint.root,
            **_usage(taken),
            "has_prices": endpoint.has_prices,
            "concurrency": self.forecast.concurrency,
            "seconds": seconds,
            "limited_by": limit,
        }

    def _notes(self) -> list[str]:
        """What a person should know of the figures."""
        notes = [
            f"Guessed: tokens from bytes ({TEXT_BYTES:g} a token of text, {JSON_BYTES:g} of JSON), time from "
            f"{TOKENS_A_SECOND:g} tokens a second; --pilot N measures."
        ]
        models = list(self._guess.likely)
        if unpriced := [name for name in models if not self.forecast.endpoint(name).has_prices]:
            notes.append(f"No prices are known of {', '.join(unpriced)}: what it costs is counted as nothing.")
        if near := [name for name, category in self._categories.items() if _is_by_likeness(category)]:
            notes.append(f"{', '.join(near)}: nothing is embedded for this; passages are taken at random.")
        unknown = {s.category for s in self._strata if self.forecast.lengths(s.category).basis == "nothing"}
        if unknown:
            names = ", ".join(sorted(unknown))
            notes.append(f"{names}: neither schema nor examples; a record is taken to have {UNKNOWN_BYTES} bytes.")
        stronger = {name for s, _ in self.forecast.missing if (name := self._router.strongest(s))}
        if stronger:
            notes.append(f"Batches that fail go to {', '.join(sorted(stronger))}: what that costs is not counted.")
        return notes

    def _unpiloted(self, measured: Measured | None) -> list[str]:
        """The strata that a pilot had no batch of."""
        seen = {sample.stratum for sample in measured.samples} if measured else set()
        unseen = [str(stratum) for stratum, _ in self.forecast.missing if stratum.index not in seen]
        if not seen or not unseen:
            return []
        named = ", ".join(unseen[:_NAMED]) + (f" and {len(unseen) - _NAMED} more" if len(unseen) > _NAMED else "")
        return [f"The pilot had no batch of {named}: these are taken to be as the others, against their quotes."]


def _is_by_likeness(category: Category) -> bool:
    """Whether evidence is found by vector search."""
    return category.evidence is not None and category.evidence.match is None


def _too_wide(found: Mapping[str, Range] | None) -> list[str]:
    """Advice where a pilot was too small to tell much."""
    ends = (found or {}).get("tokens_out", {})
    low, high = ends.get("low"), ends.get("high")
    is_wide = found is not None and (low is None or high is None or high > _WIDE * low)
    return [f"A larger pilot tells more: {FEWEST} batches of each category at the least, better 5."] if is_wide else []


def _usage(taken: Taken) -> dict[str, Any]:
    return {
        "calls": _whole(taken.calls),
        "tokens_in": round(taken.tokens_in),
        "tokens_cached": round(taken.tokens_cached),
        "tokens_out": round(taken.tokens_out),
        "cost_usd": taken.cost_usd,
    }


def _whole(calls: float) -> int:
    """Calls are whole; a hair beyond a number is that number."""
    return math.ceil(round(calls, 6))

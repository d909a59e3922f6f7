"""A pilot: a few batches, really written and paid for, in a checkpoint of its own that is removed afterwards."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...agents.briefs import Brief
from ...engine.build import Committed, Stop
from ...engine.demand import Demand, Ending
from ...plan import strata_of
from ...records import Batch, Call, Progress, Stratum, Usage
from ...settings import Settings
from ...state.copying import copy_ledger
from ...state.ledger import Ledger
from ..agent_building import build_by_agents
from ..interrupts import Interrupts
from ..likeness import comparison_of, open_likeness
from ..preparing import Prepared
from ..versions import versions
from .forecasting import Forecast
from .takings import Taken


@dataclass(frozen=True, slots=True)
class Sample:
    """What one batch of a pilot brought and took. `stratum` is an index into the plan's strata.

    items: the candidates of a task that it was to bring.
    """

    stratum: int
    model: str
    wanted: int
    accepted: int
    rejected: Counter[str]
    taken: Taken
    items: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Measured:
    """A pilot that has ended.

    asked: batches it was to write. usage: what all of it took, batches included that came to nothing. ended: why it
    ended early, if it did.
    """

    asked: int
    samples: list[Sample]
    usage: Usage
    seconds: float
    ended: str | None


class _Few(Demand):
    """The batches of a pilot, each once: what one lacks is not asked for again, but where its context was too short.

    whole: those that were not broken off, with what each brought.
    """

    def __init__(self, batches: Sequence[Batch], strata: Sequence[Stratum]) -> None:
        wanted = Counter[int]()
        for batch in batches:
            wanted[batch.stratum] += batch.size
        quotas = [Stratum(s.index, s.category, s.tier, wanted[s.index]) for s in strata if wanted[s.index]]
        super().__init__([Progress(quota, 0, {}) for quota in quotas], batches, batches[-1].number + 1, 1)
        self.whole: list[tuple[Batch, int, Counter[str]]] = []

    def brought(self, batch: Batch, accepted: int, rejected: Mapping[str, int], ending: Ending = "done") -> None:
        """See `Demand`."""
        if ending == "split":
            super().brought(batch, accepted, rejected, ending)
        elif ending == "done":
            self.whole.append((batch, accepted, Counter(rejected)))


class Pilot:
    """A number of batches of a prepared plan, spread over what a forecast says is missing."""

    def __init__(
        self,
        prepared: Prepared,
        settings: Settings,
        forecast: Forecast,
        checkpoint: Path | None,
        say: Callable[[str], None],
    ) -> None:
        """`checkpoint` is the folder of the dataset's own, from a copy of which the pilot goes on; None without one."""
        self._prepared, self._settings, self._forecast = prepared, settings, forecast
        self._checkpoint, self._say = checkpoint, say
        self._places = {(s.category, s.tier): s.index for s in strata_of(prepared.plan)}

    def run(self, number: int) -> Measured:
        """Write at most so many batches. Raises what a run raises before its first call; nothing is left behind."""
        plan, began = self._prepared.plan, time.monotonic()
        with tempfile.TemporaryDirectory(prefix="dataset-agent-pilot-") as scratch:
            folder = Path(scratch)
            if self._checkpoint is not None:
                copy_ledger(self._checkpoint, folder)
            with Ledger(folder) as ledger:
                ledger.adopt(plan, strata_of(plan), {})
                before = ledger.history.usage()
                batches = self._cut(ledger, number)
                few = _Few(batches, ledger.history.strata())
                self._say(self._notice(batches, ledger))
                interrupts = Interrupts(self._say)
                with interrupts.caught():
                    ended = asyncio.run(self._write(ledger, few, lambda: "interrupted" if interrupts.asked else None))
                samples = [self._sample(ledger, *brought) for brought in few.whole]
                used = _less(ledger.history.usage(), before)
                return Measured(len(batches), samples, used, time.monotonic() - began, ended)

    def _cut(self, ledger: Ledger, most: int) -> list[Batch]:
        """The batches: one of each stratum, then the next of each, as long as there is something to write."""
        own = {(s.category, s.tier): s.index for s in ledger.history.strata()}
        left = {stratum.index: count for stratum, count in self._forecast.missing}
        first, batches = ledger.history.next_number(), list[Batch]()
        while any(left.values()) and len(batches) < most:
            for stratum, _ in self._forecast.missing[: most - len(batches)]:
                number = first + len(batches)
                size = min(left[stratum.index], self._forecast.size(stratum.index, number))
                if size:
                    batches.append(Batch(number, own[stratum.category, stratum.tier], 0, size))
                    left[stratum.index] -= size
        return batches

    def _notice(self, batches: Sequence[Batch], ledger: Ledger) -> str:
        """What a person should know before the first call."""
        most, unpriced = 0.0, set[str]()
        for batch in batches:
            place = self._place(ledger, batch)
            for model in self._forecast.models_of(place, batch.number):
                quote = self._forecast.quote(place, model)
                most += quote.most_usd(batch.size, self._prepared.plan.generation.repairs)
                if not quote.endpoint.has_prices:
                    unpriced.add(model)
        records, many = (
            sum(batch.size for batch in batches),
            "1 batch" if len(batches) == 1 else f"{len(batches)} batches",
        )
        told = f"The pilot asks for {records:,} records in {many} and keeps none of them"
        if unpriced:
            told += f"; what {', '.join(sorted(unpriced))} costs is not known, its entry has no prices"
        return told + (f"; it costs about {most:.4f} USD at the most." if most else ".")

    async def _write(self, ledger: Ledger, few: _Few, stop: Stop) -> str | None:
        """As `agent_building.build_by_agents`, for a few batches; gives why it stopped early, if it did."""
        prepared = self._prepared
        plan = prepared.plan
        comparison = comparison_of(plan, self._settings, str(prepared.path))
        likeness = open_likeness(plan, ledger, self._settings, comparison)
        if likeness.notice:
            self._say(likeness.notice)
        run = ledger.start_run(versions())
        return await build_by_agents(
            prepared, ledger, run, plan.budget, likeness, self._settings, few, stop=stop, say=self._say, listen=_unheard
        )

    def _sample(self, ledger: Ledger, batch: Batch, accepted: int, rejected: Counter[str]) -> Sample:
        place = self._place(ledger, batch)
        calls = ledger.history.calls_of(batch.number)
        model = calls[0].model if calls else self._forecast.model_of(place, batch.number)
        brief = ledger.history.brief_of(batch.number)
        items = Brief.from_json(brief).items if brief is not None else []
        return Sample(place, model, batch.size, accepted, rejected, _taken(calls), items)

    def _place(self, ledger: Ledger, batch: Batch) -> int:
        """The stratum of a batch, as an index into the plan's."""
        stratum = ledger.history.strata()[batch.stratum]
        return self._places[stratum.category, stratum.tier]


def _unheard(_: Committed) -> None:
    """Nobody listens to a pilot's commits."""


def _taken(calls: Iterable[Call]) -> Taken:
    """What the answered calls of one batch took."""
    answered = [call for call in calls if call.outcome in _ANSWERED]
    return Taken(
        batches=1,
        calls=len(answered),
        tokens_in=sum(call.tokens_in for call in answered),
        tokens_cached=sum(call.tokens_cached for call in answered),
        tokens_out=sum(call.tokens_out for call in answered),
        cost_usd=sum(call.cost_usd for call in answered),
        latency_s=sum(call.latency_ms for call in answered) / 1000,
    )


_ANSWERED = ("answered", "refused", "empty", "truncated")


def _less(after: Usage, before: Usage) -> Usage:
    return Usage(
        after.calls - before.calls,
        after.tokens_in - before.tokens_in,
        after.tokens_cached - before.tokens_cached,
        after.tokens_out - before.tokens_out,
        after.cost_usd - before.cost_usd,
        after.failed_calls - before.failed_calls,
    )

"""A pilot: a few batches, really written and paid for, in a checkpoint of its own that is removed afterwards."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..agents.generator import PROMPTS
from ..agents.prompts import load_prompt
from ..endpoints.budget import Purse, cost_of
from ..engine.agent_line import AgentLine
from ..engine.demand import Demand
from ..engine.gate import Gate
from ..plan import Plan, strata_of
from ..records import Batch, Call, Progress, Stratum, Usage
from ..settings import Settings
from ..state.call_log import LedgerCalls
from ..state.copying import copy_ledger
from ..state.ledger import Ledger
from .agent_building import _posts, _restore, _rules
from .crew import open_seats
from .forecasting import Forecast
from .interrupts import Interrupts
from .likeness import open_likeness
from .preparing import Prepared
from .takings import Taken
from .versions import versions


@dataclass(frozen=True, slots=True)
class Sample:
    """What one batch of a pilot brought and took. `stratum` is an index into the plan's strata."""

    stratum: int
    model: str
    wanted: int
    accepted: int
    rejected: Counter[str]
    taken: Taken


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

    def __init__(self, progress: Sequence[Progress], batches: Sequence[Batch]) -> None:
        super().__init__(progress, batches, batches[-1].number + 1, 1)
        self.whole: list[tuple[Batch, int, Counter[str]]] = []
        self.is_stopping: Callable[[], bool] = lambda: False

    def brought(self, batch: Batch, accepted: int, rejected: Mapping[str, int], *, was_split: bool = False) -> None:
        """See `Demand`."""
        if was_split:
            super().brought(batch, accepted, rejected, was_split=True)
        elif accepted == batch.size or not self.is_stopping():
            self.whole.append((batch, accepted, Counter(rejected)))


@dataclass(frozen=True, slots=True)
class Pilot:
    """A number of batches of a prepared plan, spread over what `forecast` says is missing.

    checkpoint: the folder of the dataset's own, from a copy of which the pilot goes on; None where there is none.
    """

    prepared: Prepared
    settings: Settings
    forecast: Forecast
    checkpoint: Path | None
    batches: int
    say: Callable[[str], None]

    def run(self) -> Measured:
        """Write the batches. Raises what a run raises before its first call; nothing is left behind."""
        plan = self.prepared.plan
        with tempfile.TemporaryDirectory(prefix="dataset-agent-pilot-") as scratch:
            folder = Path(scratch)
            if self.checkpoint is not None:
                copy_ledger(self.checkpoint, folder)
            with Ledger(folder) as ledger:
                ledger.adopt(plan, strata_of(plan), {})
                return self._measured(ledger)

    def _measured(self, ledger: Ledger) -> Measured:
        before, began = ledger.history.usage(), time.monotonic()
        batches = self._cut(ledger)
        self.say(self._notice(batches))
        few = _Few(_quotas(batches, ledger.history.strata()), batches)
        interrupts = Interrupts(self.say)
        with interrupts.caught():
            ended = asyncio.run(self._write(ledger, few, lambda: "interrupted" if interrupts.asked else None))
        seconds = time.monotonic() - began
        samples = [self._sample(ledger, *brought) for brought in few.whole]
        return Measured(len(batches), samples, _less(ledger.history.usage(), before), seconds, ended)

    def _cut(self, ledger: Ledger) -> list[Batch]:
        """The batches: one of each stratum, then the next of each, as long as there is something to write."""
        own = {(s.category, s.tier): s.index for s in ledger.history.strata()}
        left = {stratum.index: count for stratum, count in self.forecast.missing}
        first, batches = ledger.history.next_number(), list[Batch]()
        while any(left.values()) and len(batches) < self.batches:
            for stratum, _ in self.forecast.missing:
                number = first + len(batches)
                size = min(left[stratum.index], self.forecast.size(stratum.index, number))
                if size and len(batches) < self.batches:
                    batches.append(Batch(number, own[stratum.category, stratum.tier], 0, size))
                    left[stratum.index] -= size
        return batches

    def _notice(self, batches: Sequence[Batch]) -> str:
        """What a person should know before the first call."""
        most, without = 0.0, set[str]()
        strata = self._strata_of(batches)
        for batch, stratum in zip(batches, strata, strict=True):
            model = self.forecast.model_of(stratum, batch.number)
            quote = self.forecast.quote(stratum, model)
            most += quote.most_usd(batch.size, self.prepared.plan.generation.repairs)
            if not quote.has_prices:
                without.add(model)
        records = sum(batch.size for batch in batches)
        told = f"The pilot writes {_counted(len(batches), 'batch', 'batches')} of {records:,} records, which are not kept"
        if without:
            told += f"; what {', '.join(sorted(without))} costs is not known, its entry has no prices"
        return told + (f"; it costs at most about {most:.4f} USD." if most else ".")

    def _strata_of(self, batches: Sequence[Batch]) -> list[int]:
        """The strata of batches, by their index in the plan."""
        return [batch.stratum for batch in batches]

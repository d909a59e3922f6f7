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


def shares(missing: Sequence[tuple[int, int]], batches: int) -> list[int]:
    """How many of a pilot's batches each stratum gets, in turns, but no more than it needs.

    `missing` are, by stratum, the records to be written and those of a batch.
    """
    given = [0] * len(missing)
    needed = [-(-count // size) for count, size in missing]
    while batches and any(had < most for had, most in zip(given, needed, strict=True)):
        for place, most in enumerate(needed):
            if batches and given[place] < most:
                given[place] += 1
                batches -= 1
    return given


class _Few(Demand):
    """The batches of a pilot, each once: what one lacks is not asked for again, but where its context was too short."""

    def __init__(self, progress: Sequence[Progress], batches: Sequence[Batch], next_number: int) -> None:
        super().__init__(progress, batches, next_number, 1)
        self.brought_in: list[tuple[Batch, int, Counter[str]]] = []

    def brought(self, batch: Batch, accepted: int, rejected: Mapping[str, int], *, was_split: bool = False) -> None:
        """See `Demand`."""
        if was_split:
            super().brought(batch, accepted, rejected, was_split=True)
        else:
            self.brought_in.append((batch, accepted, Counter(rejected)))


@dataclass
class Pilot:
    """`batches` batches of a prepared plan, spread over what `forecast` says is missing.

    checkpoint: the folder of the dataset's own, from a copy of which the pilot goes on; None where there is none.
    """

    prepared: Prepared
    settings: Settings
    forecast: Forecast
    checkpoint: Path | None
    batches: int
    say: Callable[[str], None]
    _strata: dict[tuple[str, str | None], Stratum] = field(init=False)

    def __post_init__(self) -> None:
        self._strata = {(s.category, s.tier): s for s in strata_of(self.prepared.plan)}

    def run(self) -> Measured:
        """Write the batches. Raises what a run raises before its first call; nothing is left behind."""
        with tempfile.TemporaryDirectory(prefix="dataset-agent-pilot-") as scratch:
            folder = Path(scratch)
            if self.checkpoint is not None:
                copy_ledger(self.checkpoint, folder)
            with Ledger(folder) as ledger:
                ledger.adopt(self.prepared.plan, strata_of(self.prepared.plan), {})
                return self._measured(ledger)

    def _measured(self, ledger: Ledger) -> Measured:
        import asyncio

        before, began = ledger.history.usage(), time.monotonic()
        batches = self._cut(ledger)
        self._warn(batches, before)
        few = _Few(_quotas(batches, ledger.history.strata()), batches, ledger.history.next_number() + len(batches))
        interrupts = Interrupts(self.say)
        with interrupts.caught():
            ended = asyncio.run(self._write(ledger, few, lambda: "interrupted" if interrupts.asked else None))
        seconds = time.monotonic() - began
        return Measured(len(batches), self._samples(ledger, few), _less(ledger.history.usage(), before), seconds, ended)

    def _cut(self, ledger: Ledger) -> list[Batch]:
        """The batches, one of each stratum before the second of any."""
        own = {(s.category, s.tier): s.index for s in ledger.history.strata()}
        first = ledger.history.next_number()
        missing = [(stratum, count, self._size(stratum, first)) for stratum, count in self.forecast.missing]
        given = shares([(count, size) for _, count, size in missing], self.batches)
        rounds = [
            (turn, own[stratum.category, stratum.tier], min(size, count - turn * size))
            for (stratum, count, size), turns in zip(missing, given, strict=True)
            for turn in range(turns)
        ]
        rounds.sort(key=lambda row: row[0])
        return [Batch(first + i, stratum, 0, size) for i, (_, stratum, size) in enumerate(rounds)]

    def _size(self, stratum: Stratum, number: int) -> int:
        model = self.forecast.model_of(stratum.index, number)
        return min(self.forecast.first_size(model), self.forecast.quote(stratum.index, model).most)

"""The way of agent batches: many at once, each with a fresh worker, committed in the order in which they are done."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np

from ..agents.briefs import Brief, Briefing
from ..agents.desk import Desk
from ..agents.generator import Assignment
from ..agents.router import Router
from ..agents.thread import tokens_in
from ..endpoints.caller import Caller
from ..errors import BudgetReached, ContextOverflow, EndpointDown, EndpointError, EndpointRefused, Stopped
from ..records import Batch, Commit, Fingerprints, Json, Stratum
from ..state.ledger import Ledger
from ..tools.record_form import RecordForm
from .batch_desk import BatchDesk
from .build import Committed, Stop
from .coverage import Coverage
from .demand import Demand, Ending
from .gate import Gate
from .supply import Supply

TICK_S = 0.25
"""How often the line looks whether it is to stop, where nothing else wakes it."""

FEWEST_TOKENS = 60
"""What a record takes of an answer, before one was seen."""

TOKENS_OF_RULES = 800
"""What the rules of the trade and the tools take of a prompt."""


class Writer(Protocol):
    """Fills a batch with a model."""

    async def write(self, assignment: Assignment, desk: Desk) -> None:
        """See `agents.generator`."""
        ...


@dataclass(frozen=True, slots=True)
class Seat:
    """A model at work: what sends its calls, and what writes with it, by category."""

    caller: Caller
    writers: Mapping[str, Writer]


@dataclass
class Post:
    """What one stratum needs: how its workers are briefed, what it covers, and how long its records are.

    supply: the candidates of its source, for a grounded task. rows: rows to write from, by batch and number of records,
    where a source grounds what agents write. size: how many records a batch has, where the pace does not say. measure:
    metrics of a batch's records.
    """

    stratum: Stratum
    briefing: Briefing
    coverage: Coverage
    form: RecordForm
    supply: Supply | None = None
    rows: Callable[[int, int], list[Json]] | None = None
    size: int | None = None
    measure: Callable[[Sequence[Json]], dict[str, float]] = lambda values: {}
    tokens_a_record: int = FEWEST_TOKENS
    has_learned: bool = False

    @cached_property
    def tokens_of_task(self) -> int:
        """What telling a worker its task takes, about."""
        return TOKENS_OF_RULES + tokens_in(self.briefing.text(Brief(1, {}), with_schema=True))

    def brief(self, batch: Batch) -> Brief:
        """What the worker of a batch is told."""
        brief = self.coverage.brief(batch.number, batch.size)
        if self.supply is not None:
            return replace(brief, items=self.supply.take(batch.size), each=self.size or 1)
        return brief if self.rows is None else replace(brief, rows=self.rows(batch.number, batch.size))

    def learn(self, text: str) -> None:
        """The length of a record, for what the next answers may take."""
        self.tokens_a_record = max(self.tokens_a_record, len(text.encode()) // 2)
        self.has_learned = True


class AgentLine:
    """Keeps as many batches in work as the models' windows allow.

    It ends when all is written, or short, or when there is a reason to stop.
    """

    def __init__(
        self,
        ledger: Ledger,
        run: int,
        demand: Demand,
        gate: Gate,
        router: Router,
        seats: Mapping[str, Seat],
        posts: Mapping[int, Post],
        *,
        repairs: int,
        listen: Callable[[Committed], None],
    ) -> None:
        """`posts` by the ids of strata, `seats` by the names of models."""
        self._ledger, self._run, self._demand, self._gate = ledger, run, demand, gate
        self._router, self._seats, self._posts = router, seats, posts
        self._repairs, self._listen = repairs, listen
        self._briefs = {batch.number: Brief.from_json(brief) for batch, brief in ledger.history.open_briefs()}
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._reason: str | None = None
        self._stop: Stop = lambda: None
        self._fault: BaseException | None = None

    @property
    def is_stopping(self) -> bool:
        """Whether no further call may be sent."""
        self._reason = self._reason or self._stop()  # asked here too: between two looks calls might be sent
        return self._reason is not None or self._fault is not None

    async def run(self, stop: Stop) -> str | None:
        """Write until there is nothing to write, or a reason to stop; gives that reason."""
        self._stop = stop
        judging = asyncio.create_task(self._gate.work())
        try:
            while True:
                self._fill()
                if not self._tasks:
                    break
                if self.is_stopping and not any(seat.caller.in_flight for seat in self._seats.values()):
                    await self._settle()
                    continue
                await self._woken()
        finally:
            for task in [*self._tasks, judging]:
                task.cancel()
            await asyncio.gather(*self._tasks, judging, return_exceptions=True)
        if self._fault is not None:
            raise self._fault
        for index, why in self._demand.shortfalls.items():
            self._ledger.note_shortfall(index, why)
        return self._reason

    # ---- handing out -----------------------------------------------------------------------------------------

    def _fill(self) -> None:
        while not self.is_stopping and len(self._tasks) < self._room:
            batch = self._demand.next(self._size_of)
            if batch is None:
                return
            task = asyncio.create_task(self._work(batch, self._brief(batch)))
            self._tasks.add(task)
            task.add_done_callback(self._done)

    @property
    def _room(self) -> int:
        """Batches in work: one a call in flight, and some that are being judged or wait to be sent.

        A budget that is to hold wants to know how long records are, so the first batch is waited for.
        """
        is_limited = any(seat.caller.purse.is_limited for seat in self._seats.values())
        if is_limited and not any(post.has_learned for post in self._posts.values()):
            return 1
        limit = sum(seat.caller.pace.window.limit for seat in self._seats.values())
        return limit + max(2, limit // 2)

    @property
    def _tokens_a_record(self) -> int:
        """Of the longest record so far; those of a stratum that has none yet may be as long."""
        return max((post.tokens_a_record for post in self._posts.values()), default=FEWEST_TOKENS)

    def _size_of(self, stratum: Stratum, attempt: int, number: int) -> int:
        post = self._posts[stratum.index]
        if post.size is not None:
            return post.size
        caller = self._seats[self._router.choose(stratum, attempt, number)].caller
        size, context = caller.pace.size.value, caller.endpoint.entry.context_tokens
        if context is None:
            return size
        # half of the context is for repairs
        return min(size, (context // 2 - post.tokens_of_task) // post.tokens_a_record)

    def _brief(self, batch: Batch) -> Brief:
        post = self._posts[batch.stratum]
        brief = self._briefs.pop(batch.number, None)
        if brief is None:
            brief = post.brief(batch)
            self._ledger.queue_plan(batch, brief.to_json())
        post.coverage.told(brief)
        return brief

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._fault = self._fault or error
        self._wake.set()

    async def _woken(self) -> None:
        try:
            await asyncio.wait_for(self._wake.wait(), TICK_S)
        except TimeoutError:
            return
        finally:
            self._wake.clear()

    async def _settle(self) -> None:
        """No call is in flight any more: what was answered is committed, what waits to be sent is dropped."""
        _, waiting = await asyncio.wait(self._tasks, timeout=2.0)
        for task in waiting:
            task.cancel()
        if waiting:
            await asyncio.wait(waiting)

    # ---- one batch -------------------------------------------------------------------------------------------

    async def _work(self, batch: Batch, brief: Brief) -> None:
        began, post = time.monotonic(), self._posts[batch.stratum]
        seat = self._seats[self._router.choose(post.stratum, batch.attempt, batch.number)]
        desk = BatchDesk(self._gate, batch, post.stratum.category)
        tokens = post.tokens_a_record if post.has_learned else self._tokens_a_record
        assignment = Assignment(batch.number, brief, post.briefing, post.form.asked, tokens, self._repairs)
        ending: Ending = "done"
        try:
            await seat.writers[desk.category].write(assignment, desk)
        except ContextOverflow as error:
            if post.supply is not None and (post.size is not None or batch.size == 1):
                desk.unreadable("", f"it is longer than the model's context: {error}")  # others may be shorter
            elif batch.size == 1 and not desk.rejections:
                self._end(f"one record is more than the model's context holds: {error}")
                return
            elif batch.size > 1:  # else its repairs were too long, and it has failed
                seat.caller.pace.size.overflowed(batch.size)
                ending = "split"
        except (EndpointRefused, EndpointDown, BudgetReached, Stopped) as error:
            self._end(str(error))
            if not desk.records:
                return  # stays planned: a resumed run goes on with the answers that were paid for
            ending = "cut"
        except EndpointError as error:
            desk.unreadable("", str(error))
        for record, value in zip(desk.records, desk.values, strict=True):
            post.learn(record.text)
            post.coverage.accepted(value)
        if ending == "done" and post.size is None and not self.is_stopping:
            _learn_pace(seat, desk)
        await self._commit(post, desk, brief, time.monotonic() - began, ending)

    def _end(self, reason: str) -> None:
        self._reason = self._reason or reason
        self._wake.set()

    async def _commit(self, post: Post, desk: BatchDesk, brief: Brief, seconds: float, ending: Ending) -> None:
        batch = desk.batch
        rejected = Counter(rejection.reason for rejection in desk.rejections)
        measures = post.measure(desk.values)
        metrics = {
            "accepted": float(len(desk.records)),
            "rejected": float(rejected.total()),
            "batch_size": float(batch.size),
            **{f"rejected.{reason}": float(count) for reason, count in sorted(rejected.items())},
            **measures,
        }
        looked = len(desk.records) + len(desk.rejections)
        order = np.argsort([record.number for record in desk.records], kind="stable").astype(np.intp)
        prints, records = Fingerprints.concat(desk.prints).take(order), [desk.records[row] for row in order]
        commit = Commit(
            batch, None, prints, desk.rejections, looked, seconds, metrics, records, predictions=desk.predictions
        )
        await self._ledger.durable(self._ledger.queue_commit(self._run, commit))
        self._gate.forget(post.stratum.category, [record.number for record in desk.records])
        if post.supply is not None:
            post.supply.give_back(set(brief.items) - {record.number for record in records})
        self._demand.brought(batch, len(desk.records), rejected, ending)
        self._listen(Committed(post.stratum, batch, len(desk.records), rejected, measures))


def _learn_pace(seat: Seat, desk: BatchDesk) -> None:
    size = seat.caller.pace.size
    if size.failed() if desk.remaining else size.succeeded():
        seat.caller.pace.window.rebase()  # latencies of shorter and longer batches don't compare

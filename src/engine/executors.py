"""Who makes the batches: this process, or several. Drafts come back in the order of the batches either way."""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import connection, get_context, parent_process
from typing import Protocol, Self

from ..errors import DatasetAgentError
from ..plan import Plan
from ..records import Batch, Draft
from ..tools.grounding.grounds import Grounds
from ..tools.sources import Table
from .workbench import Workbench

AHEAD = 2
"""Batches a process may have made before the first of them is committed: bounds what waits in memory."""


class Executor(Protocol):
    """Makes drafts of batches. `batches` is read no further than there is room for; may be run again."""

    def drafts(self, batches: Iterator[tuple[Batch, str]]) -> Iterator[Draft]:
        """The draft of each (batch, category), in order."""
        ...

    def close(self) -> None:
        """Give back what it holds."""
        ...


class InProcess:
    """Makes batches where they are committed, one at a time."""

    def __init__(self, workbench: Workbench, *, structs: bool) -> None:
        self._workbench, self._structs = workbench, structs

    def drafts(self, batches: Iterator[tuple[Batch, str]]) -> Iterator[Draft]:
        """See `Executor`."""
        for batch, category in batches:
            yield self._workbench.draft(batch, category, self._structs)

    def close(self) -> None:
        """Nothing is held."""


class Processes:
    """Makes batches in several processes, each with a workbench of its own."""

    def __init__(self, plan: Plan, tables: Mapping[str, Table], workers: int, *, structs: bool) -> None:
        self._room = workers * AHEAD
        self._pool = ProcessPoolExecutor(
            workers,
            mp_context=get_context("spawn"),  # forking with threads about (Arrow's, MLflow's) can deadlock
            initializer=_begin,
            initargs=(plan, tables, structs),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def drafts(self, batches: Iterator[tuple[Batch, str]]) -> Iterator[Draft]:
        """See `Executor`."""
        waiting: deque[Future[Draft]] = deque()
        try:
            while True:
                while len(waiting) < self._room and (work := next(batches, None)):
                    with _blocked_interrupts():
                        waiting.append(self._pool.submit(_draft, *work))
                if not waiting:
                    return
                yield waiting.popleft().result()
        except BrokenProcessPool:
            raise DatasetAgentError(
                "a worker process ended unexpectedly (out of memory?); what was committed is kept, run again to go on"
            ) from None

    def close(self) -> None:
        """End the processes; what they have not begun is dropped."""
        self._pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _blocked_interrupts() -> Iterator[None]:
    """A process started within never sees a Ctrl-C, not even before it can ignore it; ours comes when this ends."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# ---- in a worker process ------------------------------------------------------------------------------------

_bench: tuple[Workbench, bool] | None = None


def _begin(plan: Plan, tables: Mapping[str, Table], structs: bool) -> None:
    global _bench
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what a Ctrl-C means
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _bench = Workbench(plan, Grounds(plan, tables)), structs


def _end_with_parent() -> None:
    """A killed parent leaves no orphans: its end is seen here, whatever its cause."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _draft(batch: Batch, category: str) -> Draft:
    assert _bench is not None
    workbench, structs = _bench
    return workbench.draft(batch, category, structs)

"""The one thread that writes to a ledger; what waits together is committed together."""

from __future__ import annotations

import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")
_Job = tuple[Callable[[sqlite3.Connection], Any], "Future[Any]"]

MAX_GROUP = 256


class Writer:
    """Runs functions on one connection, in order; each group of waiting ones is one durable transaction.

    No time is spent waiting for a group to fill: while one group is being synced to disk, the next gathers. A future
    is done only after its group is on disk. Where one function of a group fails, the group is undone and each is run
    again by itself, so that only the faulty one fails.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        """`connection` must be in autocommit mode (isolation_level None) and is used by this thread alone."""
        self._connection = connection
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="ledger-writer", daemon=True)
        self._thread.start()

    def submit(self, job: Callable[[sqlite3.Connection], T]) -> Future[T]:
        """Queue a function; the future holds what it returned once that is durable."""
        future: Future[T] = Future()
        self._jobs.put((job, future))
        return future

    def close(self) -> None:
        """Finish what is queued, then stop and close the connection."""
        self._jobs.put(None)
        self._thread.join()
        self._connection.close()

    def _work(self) -> None:
        while (first := self._jobs.get()) is not None:
            group, is_last = [first], False
            while len(group) < MAX_GROUP and not self._jobs.empty():
                job = self._jobs.get()
                if job is None:
                    is_last = True
                    break
                group.append(job)
            if not self._commit(group) and len(group) > 1:
                for job in group:
                    self._commit([job])
            if is_last:
                return

    def _commit(self, group: list[_Job]) -> bool:
        """Whether the group is settled: committed, or failed for good because it was a single job."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            results = [job(self._connection) for job, _ in group]
            self._connection.execute("COMMIT")
        except Exception as error:  # whatever a job raises belongs to the one who waits for it, not to this thread
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            if len(group) == 1:
                with suppress(InvalidStateError):
                    group[0][1].set_exception(error)
            return False
        for (_, future), result in zip(group, results, strict=True):
            with suppress(InvalidStateError):  # cancelled: nobody waits for it any more, and it is done all the same
                future.set_result(result)
        return True

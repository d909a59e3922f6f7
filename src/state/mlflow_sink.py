"""Shows a dataset in MLflow while it grows, without the run ever waiting for MLflow."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from ..errors import DatasetAgentError, TrackingError
from ..plan import Plan
from ..records import Call, Stratum
from .mlflow_delivery import Courier
from .mlflow_patience import Patience
from .mlflow_store import MlflowStore, load_mlflow
from .outbox import Delivery, FinalState, Outbox, Report, Target
from .paid import KeptPrompt
from .tracking_uri import dataset_page, is_server, shown

FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0


class MlflowSink:
    """A daemon thread that brings committed batches to MLflow, as they come.

    The run calls `start`, then `wake` after each commit, and `finish` once; only `finish` waits. What could not be
    told stays in the outbox, for the next run to tell.
    """

    def __init__(self, outbox: Outbox, uri: str, plan: Plan, strata: Sequence[Stratum], run_key: str) -> None:
        """`run_key` is the dataset's own for good, and holds no quotes."""
        self._uri = uri
        self._outbox = outbox
        self._patience = Patience()
        self._door = _Door(outbox, self._patience.moved)
        self._courier = Courier(self._door, uri, self._open, plan, strata, run_key)
        self._thread = threading.Thread(target=self._work, name="mlflow", daemon=True)
        self._final: FinalState | None = None
        self._news, self._asked, self._ended = threading.Event(), threading.Event(), threading.Event()
        self._why: str | None = None

    # ---- the run's side --------------------------------------------------------------------------------------

    @property
    def is_served(self) -> bool:
        """Whether the dataset's page is on a server already."""
        return is_server(self._uri)

    def start(self) -> None:
        """Begin. An unfinished dataset is connected at once, so that MLflow is ready for its first batch."""
        self._thread.start()

    def wake(self) -> None:
        """Something was committed. Returns at once."""
        self._news.set()

    def finish(self, final: FinalState, patience_s: float = 3.0) -> Report:
        """Tell how the run ended, and wait for the rest to arrive as long as there is progress: see `Patience`."""
        self._final = final
        self._news.set()
        self._asked.set()
        self._patience.wait(self._ended, self._uri, patience_s)
        self._door.close()
        return self._report(final)

    def _report(self, final: FinalState) -> Report:
        target = self._outbox.target(self._uri)
        link = None
        if target.experiment_id and target.dataset_id:
            link = dataset_page(self._uri, target.experiment_id, target.dataset_id)
        waiting = self._outbox.committed() - target.delivered
        if not waiting and target.finished == final.digest():
            return Report(True, link)
        what = f"{waiting} batches wait" if waiting else "how the run ended waits"
        why = f"could not be used: {self._why}" if self._why else "did not answer"
        return Report(False, link, f"MLflow at {shown(self._uri)} {why}; {what} for the next `agent run` to send")

    # ---- the thread's side -----------------------------------------------------------------------------------

    def _work(self) -> None:
        pause = FIRST_PAUSE_S
        try:
            while True:
                self._news.clear()
                final = self._final
                try:
                    self._courier.deliver(final)
                    self._why, pause = None, FIRST_PAUSE_S
                except Exception as error:  # whatever MLflow raises: it never hurts the run
                    self._why = str(error) if isinstance(error, DatasetAgentError) else repr(error)
                if final is not None:
                    return
                if self._why is None:
                    self._asked.wait(self._courier.rest_s)  # so that many small batches are told together
                    self._news.wait()
                else:  # commits don't end a pause, only the end of the run does
                    self._asked.wait(pause)
                    pause = min(2 * pause, LONGEST_PAUSE_S)
        finally:
            self._ended.set()

    def _open(self) -> MlflowStore:
        load_mlflow()
        self._patience.loaded()
        return MlflowStore(self._uri, self._answered)

    def _answered(self) -> None:
        self._door.check()
        self._patience.answered()


class _Door:
    """The outbox as the thread sees it: once closed, no call gets through, so that the ledger may be closed too."""

    def __init__(self, outbox: Outbox, moved: Callable[[], None]) -> None:
        self._outbox, self._moved = outbox, moved
        self._lock, self._is_open = threading.Lock(), True

    def close(self) -> None:
        with self._lock:
            self._is_open = False

    def check(self) -> None:
        """Raises TrackingError once it is closed."""
        if not self._is_open:
            raise TrackingError("the run has ended")

    @contextmanager
    def _passing(self) -> Iterator[Outbox]:
        with self._lock:
            self.check()
            yield self._outbox
        self._moved()

    def target(self, uri: str) -> Target:
        with self._passing() as outbox:
            return outbox.target(uri)

    def save_target(self, target: Target) -> None:
        with self._passing() as outbox:
            outbox.save_target(target)

    def committed(self) -> int:
        with self._passing() as outbox:
            return outbox.committed()

    def pending(self, after: int, limit: int) -> list[Delivery]:
        with self._passing() as outbox:
            return outbox.pending(after, limit)

    def conversation(self, batch: int) -> list[Call]:
        with self._passing() as outbox:
            return outbox.conversation(batch)

    def prompts(self) -> list[KeptPrompt]:
        with self._passing() as outbox:
            return outbox.prompts()

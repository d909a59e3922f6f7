"""How long the end of a command waits for what a thread still tells MLflow."""

from __future__ import annotations

import math
import threading
import time

from .mlflow_store import HTTP_TIMEOUT_S
from .tracking_uri import is_server

LONGEST_FINISH_S = 20.0
"""The most a server is waited for at the end of a command; what it has not taken by then, the next one sends."""

OWN_WORK_PATIENCE_S = 60.0
"""How long importing MLflow, or a step of a local database, may take at the end of a command."""


class Patience:
    """Waits as long as there is progress, which the thread tells of.

    A server gets some seconds without progress, or the time of one HTTP request where it has answered before, and
    never more than LONGEST_FINISH_S; a database on this machine, as long as it takes.
    """

    def __init__(self) -> None:
        self._moved_at = 0.0
        self._is_loaded = self._has_answered = False

    def moved(self) -> None:
        """There is progress."""
        self._moved_at = time.monotonic()

    def loaded(self) -> None:
        """MLflow is imported."""
        self._is_loaded = True
        self.moved()

    def answered(self) -> None:
        """The store has done what it was asked."""
        self._has_answered = True
        self.moved()

    def wait(self, ended: threading.Event, uri: str, patience_s: float) -> None:
        """Returns when it has ended, or there is no hope."""
        self.moved()
        latest = time.monotonic() + (LONGEST_FINISH_S if is_server(uri) else math.inf)
        while not ended.wait(0.1) and time.monotonic() < min(latest, self._moved_at + self._limit(uri, patience_s)):
            pass

    def _limit(self, uri: str, patience_s: float) -> float:
        if not self._is_loaded or not is_server(uri):
            return OWN_WORK_PATIENCE_S
        return max(patience_s, HTTP_TIMEOUT_S) if self._has_answered else patience_s

"""What Ctrl-C means: the first asks the run to finish what is in hand, the second ends it at once."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupts:
    """Whether the user, or the system, asked for an end."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say, self.asked = say, False

    def _handle(self, signum: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
        self._say("Interrupted: finishing the batches in hand; once more to stop at once (nothing committed is lost).")

    @contextmanager
    def caught(self) -> Iterator[None]:
        """SIGINT and SIGTERM are caught within."""
        signals = (signal.SIGINT, signal.SIGTERM)
        before = [signal.signal(number, self._handle) for number in signals]
        try:
            yield
        finally:
            for number, handler in zip(signals, before, strict=True):
                signal.signal(number, handler)

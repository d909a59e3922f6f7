"""What Ctrl-C means: the first asks the run to finish what is in hand, the second ends it at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupts:
    """Whether the user, or the system, asked for an end."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say, self.asked = say, False

    def ask(self) -> None:
        """Ask for an end, as the first Ctrl-C does; from any thread."""
        self.asked = True

    def _handle(self, signum: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
        self._say("Interrupted: finishing the batches in hand; once more to stop at once (nothing committed is lost).")

    @contextmanager
    def caught(self) -> Iterator[None]:
        """SIGINT and SIGTERM are caught within; in another thread than the main one they are the program's affair."""
        if not owns_process():
            yield
            return
        signals = (signal.SIGINT, signal.SIGTERM)
        before = [signal.signal(number, self._handle) for number in signals]
        try:
            yield
        finally:
            for number, handler in zip(signals, before, strict=True):
                signal.signal(number, handler)


def owns_process() -> bool:
    """Whether this thread may set what holds for the whole process."""
    return threading.current_thread() is threading.main_thread()

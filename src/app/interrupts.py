"""What Ctrl-C means: the first asks the run to finish what is in hand, the second ends it at once."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


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
        before = [signal.signal(number, self._handle) for number in _SIGNALS]
        try:
            yield
        finally:
            for number, handler in zip(_SIGNALS, before, strict=True):
                signal.signal(number, handler)


@contextmanager
def between_steps() -> Iterator[None]:
    """Within, what catches signals is called between two steps of the running event loop.

    What it raises ends the loop. In the middle of a step it would end the task that it meets, perhaps one of a
    library, and leave the loop to complain about that.
    """
    if not owns_process():
        yield
        return
    loop, found = asyncio.get_running_loop(), [(number, signal.getsignal(number)) for number in _SIGNALS]
    for number, handler in found:
        if callable(handler):
            loop.add_signal_handler(number, handler, number, None)
    try:
        yield
    finally:
        for number, handler in found:
            loop.remove_signal_handler(number)
            signal.signal(number, handler)


def owns_process() -> bool:
    """Whether this thread may set what holds for the whole process."""
    return threading.current_thread() is threading.main_thread()

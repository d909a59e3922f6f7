"""An event loop whose clock jumps to the next thing to do: hours of waiting pass in no time, the same way each time."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

_STEP_S = 1e-9


class VirtualLoop(asyncio.SelectorEventLoop):
    """A step takes a nanosecond, and where nothing is to be done time jumps. For one thread, without sockets."""

    def __init__(self) -> None:
        self.now = 0.0
        super().__init__(_JumpingSelector(self))

    def time(self) -> float:
        return self.now


class _JumpingSelector(selectors.SelectSelector):
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("everything waits for something else, and nothing will ever happen")
        self._loop.now += max(timeout, _STEP_S)
        return super().select(0)


def run(main: Coroutine[Any, Any, T]) -> T:
    """Runs it in virtual time, which begins at 0."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)


def now() -> float:
    """Seconds since `run` began."""
    return asyncio.get_running_loop().time()

"""The pace of one model: how many records a batch, how many calls at once, how many a minute."""

from __future__ import annotations

import asyncio
import math
from collections import deque

from aiolimiter import AsyncLimiter

from ..plan import Generation, ModelEntry
from .window import Window

FIRST_SIZE, LARGEST = 10, 50
GROW_AFTER, SHRINK_AFTER = 3, 2
FIRST_CONCURRENCY, MOST_CONCURRENCY = 16, 64

_MINUTE = 60.0
_WHOLE = 0.9


class BatchSize:
    """How many records a worker is asked for, from 1 to 50.

    One more after three batches that went well, one less after two that failed, or a timeout. A size that the plan
    fixes stays, but for what the model's context allows.
    """

    def __init__(self, fixed: int | None, learned: int | None) -> None:
        self._is_fixed = fixed is not None
        self.value = fixed or learned or FIRST_SIZE
        self._most = LARGEST
        self._well = self._failed = 0

    def succeeded(self) -> bool:
        """A batch was filled; whether the size changed."""
        self._well, self._failed = self._well + 1, 0
        if self._well < GROW_AFTER:
            return False
        self._well = 0
        return self._change(1)

    def failed(self, *, timed_out: bool = False) -> bool:
        """A batch fell short; whether the size changed."""
        self._well, self._failed = 0, self._failed + 1
        if not timed_out and self._failed < SHRINK_AFTER:
            return False
        self._failed = 0
        return self._change(-1)

    def overflowed(self, size: int) -> None:
        """A batch of this size did not fit the model's context."""
        self._most = min(self._most, max(1, size // 2))
        self.value = min(self.value, self._most)

    def _change(self, by: int) -> bool:
        value = min(max(1, self.value + by), self._most)
        changed = value != self.value and not self._is_fixed
        if changed:
            self.value = value
        return changed


class Rates:
    """Requests and tokens a minute, spread over the minute: no 60 seconds see more than the limits say.

    But for a request of more tokens than a minute has: it goes alone.
    """

    def __init__(self, rpm: int | None, tpm: int | None) -> None:
        # Requests are whole: what is left over of a limit, short of one request, lets none through.
        self._requests = None if rpm is None else _limiter(rpm + _WHOLE, max(1.0, rpm / 60))
        self._tokens = None if tpm is None else _limiter(tpm, max(1.0, tpm / 10))
        self._rpm, self._tpm = rpm or math.inf, tpm or math.inf
        self._sent: deque[tuple[float, int]] = deque()  # when a request passed in the last minute, and its tokens
        self._in_minute = 0

    async def pass_(self, tokens: int) -> None:
        """Wait until a request of so many tokens may be sent. For one at a time."""
        if self._requests is not None:
            await self._requests.acquire()
        if self._tokens is not None:
            left = float(tokens)
            while left > 0:
                part = min(left, self._tokens.max_rate)
                await self._tokens.acquire(part)
                left -= part
        if self._requests is not None or self._tokens is not None:
            await self._room_for(tokens)

    async def _room_for(self, tokens: int) -> None:
        """Wait for the minute to have room: the buckets spread what is small, a large request is more than a drop."""
        loop = asyncio.get_running_loop()
        while self._sent:
            left = self._sent[0][0] + _MINUTE - loop.time()
            if left > 0 and len(self._sent) < self._rpm and self._in_minute + tokens <= self._tpm:
                break
            if left > 0:
                await asyncio.sleep(left)
            self._in_minute -= self._sent.popleft()[1]
        self._sent.append((loop.time(), tokens))
        self._in_minute += tokens


def _limiter(a_minute: float, burst: float) -> AsyncLimiter:
    """A leaky bucket that holds `burst` and leaks so that the burst and what a minute leaks make the limit."""
    a_second = max(a_minute - burst, a_minute / 2) / 60
    return AsyncLimiter(burst, burst / a_second)


class Pace:
    """All that is learned about how fast a model goes."""

    def __init__(self, entry: ModelEntry, generation: Generation, learned: tuple[int, int] | None = None) -> None:
        """`learned` are the batch size and the concurrency that an earlier run ended with."""
        size, concurrency = learned or (None, None)
        most = generation.max_concurrency or MOST_CONCURRENCY
        # A figure in the plan says what the endpoint takes; without one its limit is approached.
        start = generation.max_concurrency or concurrency or FIRST_CONCURRENCY
        self.size = BatchSize(generation.batch_size, size)
        self.window = Window(start, most)
        self.rates = Rates(entry.rpm, entry.tpm)

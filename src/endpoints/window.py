"""How many calls an endpoint gets at once: more while it keeps up, fewer when it does not."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable

SLOW, TOO_SLOW = 2.0, 4.0
"""How many times the least average latency seen: beyond the first nothing grows, beyond the second it shrinks."""

_AVERAGED = 16


class Window:
    """A limit of calls in flight, by additive increase and multiplicative decrease.

    Until the first sign of congestion each success makes room for one more call, so that the limit doubles with every
    round; from then on each round adds one. Congestion (429, 5xx, timeouts, latency, a server's own queue) takes a
    part away, once for all the calls that were under way when it showed.
    """

    def __init__(self, start: int, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit, self.most = float(min(start, most)), most
        self._clock = clock
        self.in_flight = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._is_starting, self._held = True, False
        self._round = 0
        self._not_before = 0.0
        self._average, self._least = 0.0, float("inf")
        self._answers = 0

    @property
    def limit(self) -> int:
        """How many calls may be in flight now."""
        return max(1, int(self._limit))

    async def enter(self) -> int:
        """Wait for a place; gives the round, which `congested` and `answered` want to hear again."""
        await self._unpaused()
        while self.in_flight >= self.limit:
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self._wake()
                raise
        self.in_flight += 1
        return self._round

    async def _unpaused(self) -> None:
        while True:  # it may be paused again meanwhile
            wait = self._not_before - self._clock()
            if wait <= 0:
                return
            await asyncio.sleep(wait)

    def leave(self) -> None:
        """Give a place back."""
        self.in_flight -= 1
        self._wake()

    def answered(self, latency_s: float) -> None:
        """A call was answered."""
        self._answers += 1
        weight = 1 / min(self._answers, _AVERAGED)
        self._average += (latency_s - self._average) * weight
        if self._answers >= _AVERAGED:
            self._least = min(self._least, self._average)
        if self._average > TOO_SLOW * self._least:
            self.congested(self._round, keep=0.8)
        elif self.in_flight >= self.limit - 1 and not self._held and self._average <= SLOW * self._least:
            self._limit = min(self.most, self._limit + (1 if self._is_starting else 1 / self._limit))
            self._wake()

    def congested(self, round_: int, keep: float = 0.5) -> None:
        """A call of a round met congestion: what is kept of the limit is `keep`, if no other call has said so yet."""
        if round_ < self._round:
            return
        self._round += 1
        self._is_starting = False
        self._limit = max(1.0, self._limit * keep)
        self._answers, self._average = 0, 0.0  # what is slow at this limit is to be found out anew

    def rebase(self) -> None:
        """Calls have changed in size: latencies before and after don't compare."""
        self._answers, self._average, self._least = 0, 0.0, float("inf")

    def pause(self, seconds: float) -> None:
        """Send nothing for so long."""
        self._not_before = max(self._not_before, self._clock() + seconds)

    def load(self, waiting: float, cache: float) -> None:
        """The server's own figures: requests in its queue, and the share of its KV cache in use."""
        self._held = waiting > 0 or cache > 0.9
        if waiting > max(1.0, 0.25 * self.in_flight) or cache > 0.97:
            self.congested(self._round, keep=0.8)

    def _wake(self) -> None:
        room = self.limit - self.in_flight
        while room > 0 and self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                room -= 1

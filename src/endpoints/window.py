"""How many calls an endpoint gets at once: more while it keeps up, fewer when it does not."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable

SLOW, TOO_SLOW = 2.0, 4.0
"""How many times the least average latency seen: beyond the first nothing grows, beyond the second it shrinks."""

_AVERAGED = 16
_EASED = 0.8  # what is kept of the limit where latency or the server's queue says that it is too much
_PATIENCE = 8  # rounds that are slow, but not too slow, before a cut shows whether the limit is the cause
_HELPED = 0.9  # of the latency before: a cut that leaves more shows that calls take longer whatever the limit


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
        self.round = 0
        """Counts the cuts; `answered` and `congested` want to hear the round in which a call was sent."""
        self._not_before = 0.0
        self._average, self._least, self._eased_at = 0.0, float("inf"), float("inf")
        self._answers, self._slow, self._was_eased = 0, 0, False
        self._peak, self._last_peak, self._heard = 0, 0, 0

    @property
    def limit(self) -> int:
        """How many calls may be in flight now."""
        return max(1, int(self._limit))

    async def enter(self) -> None:
        """Wait for a place; places are given in the order of arrival."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        self._wake()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # it was given a place already
                self.leave()
            raise

    def leave(self) -> None:
        """Give a place back."""
        self.in_flight -= 1
        self._wake()

    async def unpaused(self) -> None:
        """Wait until no pause is on."""
        while True:  # it may be prolonged meanwhile
            wait = self._not_before - self._clock()
            if wait <= 0:
                return
            await asyncio.sleep(wait)

    def answered(self, latency_s: float, round_: int) -> None:
        """A call of a round was answered."""
        if round_ < self.round:
            return  # it tells of the limit before the cut
        self._answers += 1
        self._average += (latency_s - self._average) / min(self._answers, _AVERAGED)
        is_used, is_known = self._is_used(), self._answers >= _AVERAGED
        if is_known:
            self._compare()
        if is_known and (self._average > TOO_SLOW * self._least or self._slow > _PATIENCE * self._limit):
            self._ease(round_)
        elif self._average > SLOW * self._least:
            self._slow += 1
        else:
            self._slow = 0
            if is_used and not self._held:
                self._limit = min(self.most, self._limit + (1 if self._is_starting else 1 / self._limit))
                self._wake()

    def _is_used(self) -> bool:
        """Whether the limit was what kept calls back in this round: only then it is known to be kept up with."""
        peak = max(self._peak, self._last_peak)
        self._heard += 1
        if self._heard >= self.limit:
            self._last_peak, self._peak, self._heard = self._peak, self.in_flight, 0
        return 2 * peak > self._limit if self._is_starting else peak >= self.limit - 1

    def _compare(self) -> None:
        """Learn the least latency; where a cut has just not helped, it is what there is now: calls take longer."""
        self._least = min(self._least, self._average)
        if self._average > _HELPED * self._eased_at:
            self._least = self._average
        self._eased_at = float("inf")

    def _ease(self, round_: int) -> None:
        """Cut because of latency, and remember it, unless it is still rising: then it can't be compared."""
        eased_at = self._average if self._was_eased or self._slow > _PATIENCE * self._limit else float("inf")
        self.congested(round_, keep=_EASED)
        self._eased_at, self._was_eased = eased_at, True

    def congested(self, round_: int, keep: float = 0.5) -> None:
        """A call of a round met congestion: what is kept of the limit is `keep`, if no other call has said so yet."""
        if round_ < self.round:
            return
        self.round += 1
        self._is_starting = False
        self._limit = max(1.0, self._limit * keep)
        self._answers, self._average = 0, 0.0  # what is slow at this limit is to be found out anew
        self._eased_at, self._was_eased, self._slow = float("inf"), False, 0
        self._peak, self._last_peak, self._heard = self.in_flight, 0, 0

    def rebase(self) -> None:
        """Calls have changed in size: latencies before and after don't compare."""
        self._answers, self._average, self._slow = 0, 0.0, 0
        self._least = self._eased_at = float("inf")

    def pause(self, seconds: float) -> None:
        """Send nothing for so long."""
        self._not_before = max(self._not_before, self._clock() + seconds)

    def load(self, waiting: float, cache: float) -> None:
        """The server's own figures: requests in its queue, and the share of its KV cache in use.

        A further cut waits for an answer to a call that was sent after the last one.
        """
        self._held = waiting > 0 or cache > 0.9
        if self._answers and (waiting > max(1.0, 0.25 * self.in_flight) or cache > 0.97):
            self.congested(self.round, keep=_EASED)

    def _wake(self) -> None:
        while self._waiting and self.in_flight < self.limit:
            turn = self._waiting.popleft()
            if not turn.done():
                self.in_flight += 1
                self._peak = max(self._peak, self.in_flight)
                turn.set_result(None)

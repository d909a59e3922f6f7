"""Pauses a dead endpoint: one call tries it now and then, the others wait, and a person is told once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from ..errors import EndpointDown

FAILURES = 5
"""So many calls in a row without an answer make an outage."""

NEVER_ANSWERED_S = 30.0
"""An endpoint that has not answered once is given up after this long."""

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 10.0


class Breaker:
    """The state of one endpoint: closed while it answers, open in an outage."""

    def __init__(
        self, name: str, max_outage_s: float, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`name` is what messages call the endpoint."""
        self._name, self._max_outage_s, self._say, self._clock = name, max_outage_s, say, clock
        self._has_answered = False
        self._failures, self._since, self._why = 0, 0.0, ""
        self._probe_at, self._pause, self._is_probing = 0.0, _FIRST_PAUSE_S, False
        self._is_open, self._news = False, asyncio.Event()

    @property
    def is_open(self) -> bool:
        """Whether there is an outage."""
        return self._is_open

    async def admit(self) -> bool:
        """Wait until a call may be sent. Raises EndpointDown once the outage has lasted too long.

        Gives whether it is the one that tries whether the outage is over: `failed` and `dropped` want to know.
        """
        while self._is_open:
            now = self._clock()
            if now >= self._deadline:
                raise EndpointDown(self._given_up(now))
            if now >= self._probe_at and not self._is_probing:
                self._is_probing = True
                return True
            until = self._deadline if self._is_probing else min(self._probe_at, self._deadline)
            try:
                await asyncio.wait_for(self._news.wait(), max(until - now, 0.01))
            except TimeoutError:
                continue
        return False

    def answered(self) -> None:
        """The endpoint answered, if only to refuse."""
        self._has_answered = True
        self._failures, self._is_probing = 0, False
        if self._is_open:
            self._is_open = False
            self._tell()
            self._say(f"{self._name} answers again after {self._clock() - self._since:.0f} s.")

    def failed(self, why: str, is_probe: bool = False) -> None:
        """A call was not answered."""
        now = self._clock()
        if not self._failures:
            self._since = now
        self._failures += 1
        self._why = why
        if is_probe:
            self._is_probing = False
            self._pause = min(2 * self._pause, _LONGEST_PAUSE_S)
            self._probe_at = now + self._pause
            self._tell()
        elif self._failures >= FAILURES and not self._is_open:
            self._is_open = True
            self._pause = _FIRST_PAUSE_S
            self._probe_at = now + self._pause
            wait = self._max_outage_s if self._has_answered else min(NEVER_ANSWERED_S, self._max_outage_s)
            self._say(f"{self._name} does not answer ({why}); waiting for it, at most {wait:.0f} s.")

    def dropped(self, is_probe: bool) -> None:
        """A call was given up by us; if it was the one that tries, another may."""
        if is_probe:
            self._is_probing = False
            self._tell()

    def _tell(self) -> None:
        """Let those that wait look again."""
        self._news.set()
        self._news = asyncio.Event()

    @property
    def _deadline(self) -> float:
        return self._since + (self._max_outage_s if self._has_answered else min(NEVER_ANSWERED_S, self._max_outage_s))

    def _given_up(self, now: float) -> str:
        return f"the endpoint {self._name} has not answered for {now - self._since:.0f} s: {self._why}"

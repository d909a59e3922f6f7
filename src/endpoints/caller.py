"""The way of every call: paid for already? allowed? affordable? then sent, again if need be, and noted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Protocol

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type
from tenacity.wait import wait_random_exponential

from ..errors import BudgetReached, EndpointDown, EndpointError, Stopped
from ..records import Call, Outcome
from .breaker import Breaker
from .budget import Purse, Reservation, cost_of
from .entries import Endpoint
from .faults import Fault, fault_of
from .pace import Pace

MAX_TRIES = 8
"""How often one call is sent, outages of the endpoint left out, before it counts as failed."""

BYTES_A_TOKEN = 3
"""A low estimate for English, so that what a call may take is rather over- than underestimated."""

_EARLY_ANSWERS, _EARLY_FACTOR, _EARLY_LEAST_S = 5, 20.0, 10.0

_jittered = wait_random_exponential(multiplier=0.5, max=20)


@dataclass(frozen=True, slots=True)
class Ask:
    """What is known of a call before it is sent.

    key: SHA-256 in hex of what is asked, without what the gate said meanwhile (see `records.Call`). tokens_in and
    tokens_out: what it may take at the most, as far as can be told.
    """

    role: str
    key: str
    prompt_sha256: str
    tokens_in: int
    tokens_out: int
    batch: int | None = None
    turn: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model answered, as JSON in the form of whoever sent the call, and what it took."""

    answer: bytes
    outcome: Outcome
    tokens_in: int
    tokens_cached: int
    tokens_out: int


class CallLog(Protocol):
    """Where calls are kept."""

    def paid(self, batch: int | None, key: str) -> bytes | None:
        """The answer to a call of an unfinished batch that was paid for already; each is given once."""
        ...

    async def note(self, call: Call) -> None:
        """Keep a call; returns once that is durable."""
        ...


class _Again(Exception):
    """Send it once more, after a while."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault


class Caller:
    """Sends the calls to one model. May be used by any number of tasks of one event loop at once."""

    def __init__(
        self,
        endpoint: Endpoint,
        pace: Pace,
        purse: Purse,
        log: CallLog,
        *,
        max_outage_s: float,
        say: Callable[[str], None],
        is_stopping: Callable[[], bool],
    ) -> None:
        self.endpoint, self.pace, self.purse = endpoint, pace, purse
        self._log, self._is_stopping, self._max_outage_s = log, is_stopping, max_outage_s
        self._breaker = Breaker(f"{endpoint.name} at {endpoint.root}", max_outage_s, say)
        self._door = asyncio.Lock()
        self.in_flight = 0
        self._limits: dict[asyncio.Timeout, float] = {}
        self._slowest, self._answers = 0.0, 0
        self._refused_since: float | None = None

    async def call(self, ask: Ask, send: Callable[[], Awaitable[Reply]]) -> bytes:
        """The answer to a call, from the ledger where it was paid for before.

        Raises EndpointError where there will be none, BudgetReached where it can't be afforded, Stopped where the run
        is to stop. `send` sends it once, without retries of its own.
        """
        if (answer := self._log.paid(ask.batch, ask.key)) is not None:
            return answer
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(_Again),
            wait=_wait,
            stop=_Patience(self._breaker, lambda: self._refused_s > self._max_outage_s),
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return await retrying(self._once, ask, send)
        except _Again as given_up:
            told = given_up.fault.told
            if given_up.fault.outcome == "rate_limited":
                raise EndpointDown(f"{told}; it has refused every call for {self._refused_s:.0f} s") from None
            raise EndpointError(f"{told}; given up after several tries") from None

    @property
    def _refused_s(self) -> float:
        """For how long every call has been refused as one too many."""
        return 0.0 if self._refused_since is None else time.monotonic() - self._refused_since

    async def _once(self, ask: Ask, send: Callable[[], Awaitable[Reply]]) -> bytes:
        window = self.pace.window
        await window.enter()
        try:
            is_probe = await self._let_in(ask)
            reserved = await self._reserved(ask, is_probe)
            round_, at_ms, began = window.round, time.time_ns() // 1_000_000, time.monotonic()
            reply = await self._sent(send, reserved, is_probe)
            latency = time.monotonic() - began
            if isinstance(reply, Fault):
                self._failed(reply, round_, is_probe)
                await self._log.note(self._call(ask, Reply(b"", reply.outcome, 0, 0, 0), 0.0, at_ms, latency))
                raise reply.final or _Again(reply)  # before another call takes the place: this may end the run
            window.answered(latency, round_)
        finally:
            window.leave()
        return await self._answered(ask, reply, reserved, at_ms, latency)

    async def _let_in(self, ask: Ask) -> bool:
        """Wait until a call may be sent, one after the other: so all that holds one back holds for those behind it.

        Gives whether it tries an endpoint that is out.
        """
        async with self._door:
            await self.pace.rates.pass_(ask.tokens_in + ask.tokens_out)
            await self.pace.window.unpaused()
            return await self._breaker.admit()

    async def _reserved(self, ask: Ask, is_probe: bool) -> Reservation:
        """Set aside what the call may take; where only calls in flight stand in the way, wait for what they leave."""
        worst = cost_of(self.endpoint.entry, ask.tokens_in, 0, ask.tokens_out)
        reserved = None
        try:
            while reserved is None and not self._is_stopping():
                try:
                    reserved = self.purse.reserve(worst, ask.tokens_in + ask.tokens_out)
                except BudgetReached:
                    if not self.purse.is_held:
                        raise
                    await self.purse.freed()
        finally:
            if reserved is None:
                self._breaker.dropped(is_probe)
        if reserved is None:
            raise Stopped("the run is stopping")
        return reserved

    async def _sent(self, send: Callable[[], Awaitable[Reply]], reserved: Reservation, is_probe: bool) -> Reply | Fault:
        self.in_flight += 1
        limit = asyncio.timeout(self._timeout)
        self._limits[limit] = asyncio.get_running_loop().time()
        try:
            async with limit:
                return await send()
        except Exception as error:  # `fault_of` raises what is no fault of the endpoint
            self.purse.settle(reserved)
            return self._bounded(fault_of(error, self.endpoint))
        except BaseException:
            self.purse.settle(reserved)
            self._breaker.dropped(is_probe)
            raise
        finally:
            self.in_flight -= 1
            del self._limits[limit]

    def _bounded(self, fault: Fault) -> Fault:
        """The fault, final where the endpoint asks for more patience than an outage is met with."""
        if fault.final is not None or (fault.retry_after or 0) <= self._max_outage_s:
            return fault
        wait = f"it asks to wait {fault.retry_after:.0f} s, more than `max_outage_s` ({self._max_outage_s:.0f} s)"
        return replace(fault, final=EndpointDown(f"{fault.told}; {wait}"))

    async def _answered(self, ask: Ask, reply: Reply, reserved: Reservation, at_ms: int, latency: float) -> bytes:
        if not reply.tokens_in:  # the endpoint does not say what it took: what it may have taken counts
            written = reply.tokens_out or len(reply.answer) // BYTES_A_TOKEN
            reply = replace(reply, tokens_in=ask.tokens_in, tokens_out=written)
        cost = cost_of(self.endpoint.entry, reply.tokens_in, reply.tokens_cached, reply.tokens_out)
        self.purse.settle(reserved, cost, reply.tokens_in + reply.tokens_out)
        self._breaker.answered()
        self._refused_since = None
        self._learn(latency)
        await self._log.note(self._call(ask, reply, cost, at_ms, latency))
        return reply.answer

    def _learn(self, latency: float) -> None:
        self._slowest, self._answers = max(self._slowest, latency), self._answers + 1
        if self._answers == _EARLY_ANSWERS:  # those under way were given the whole time
            for limit, began in self._limits.items():
                if not limit.expired():
                    limit.reschedule(began + self._timeout)

    def _failed(self, fault: Fault, round_: int, is_probe: bool) -> None:
        """Learn from a fault."""
        window = self.pace.window
        if fault.final is None and not (fault.is_outage and not self._answers):
            window.congested(round_)
        if fault.outcome == "rate_limited" and fault.final is None:
            self._refused_since = self._refused_since or time.monotonic()
            window.pause(fault.retry_after or 0.0)
        if fault.outcome == "timeout" and self.pace.size.failed(timed_out=True):
            window.rebase()
        if fault.is_outage:
            self._breaker.failed(fault.told, is_probe)
        else:
            self._breaker.answered()

    def _call(self, ask: Ask, reply: Reply, cost: float, at_ms: int, latency: float) -> Call:
        return Call(
            batch=ask.batch,
            turn=ask.turn,
            role=ask.role,
            model=self.endpoint.name,
            key=ask.key,
            prompt_sha256=ask.prompt_sha256,
            outcome=reply.outcome,
            tokens_in=reply.tokens_in,
            tokens_cached=reply.tokens_cached,
            tokens_out=reply.tokens_out,
            cost_usd=cost,
            latency_ms=1000 * latency,
            called_at_ms=at_ms,
            answer=reply.answer or None,
        )

    @property
    def _timeout(self) -> float:
        """Seconds a call is waited for: the entry's, or less where all answers so far came very much faster."""
        limit = self.endpoint.entry.timeout_s
        if self._answers < _EARLY_ANSWERS:
            return limit
        return min(limit, max(_EARLY_LEAST_S, _EARLY_FACTOR * self._slowest))

    async def _sleep(self, seconds: float) -> None:
        """Wait before a further try, no longer than the run goes on."""
        until = time.monotonic() + seconds
        while not self._is_stopping():
            left = until - time.monotonic()
            if left <= 0:
                return
            await asyncio.sleep(min(left, 0.5))


class _Patience:
    """Ends the tries of one call.

    Those in an outage are the breaker's affair; refusals for being too many may go on for as long as an outage might.
    """

    def __init__(self, breaker: Breaker, is_shut: Callable[[], bool]) -> None:
        self._breaker, self._is_shut, self._tries = breaker, is_shut, 0

    def __call__(self, state: RetryCallState) -> bool:
        error = state.outcome.exception() if state.outcome else None
        fault = error.fault if isinstance(error, _Again) else None
        if fault is not None and fault.outcome == "rate_limited":
            return self._is_shut()
        self._tries += not self._breaker.is_open
        return self._tries >= MAX_TRIES


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = error.fault.retry_after if isinstance(error, _Again) else None
    jittered = float(_jittered(state))
    return jittered if asked is None else asked + min(jittered, 0.25 * asked + 0.05)

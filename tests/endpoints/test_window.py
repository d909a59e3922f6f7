"""Never more in flight than the limit, more while it goes well, less once a round when it does not."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
import virtual_time
from hypothesis import given, settings
from hypothesis import strategies as st
from virtual_time import now

from dataset_agent.endpoints.window import SLOW, TOO_SLOW, Window


def window_of(start: int, most: int) -> Window:
    return Window(start, most, clock=now)


class Watched(Window):
    """Fails where a place is given beyond the limit."""

    _places = 0

    @property
    def in_flight(self) -> int:
        return self._places

    @in_flight.setter
    def in_flight(self, places: int) -> None:
        assert 0 <= places <= self.limit or places < self._places
        self._places = places


@dataclass
class Site:
    """Callers that want as many calls as they get; `latency` of the calls in flight. `seen`: (time, in flight)."""

    window: Window
    latency: Callable[[int], float]
    callers: int
    in_flight: int = 0
    answers: int = 0
    excess: int = 0
    limits: list[int] = field(default_factory=list)

    async def call(self) -> None:
        await self.window.enter()
        self.in_flight += 1
        self.excess = max(self.excess, self.in_flight - self.window.limit)
        round_, latency = self.window.round, self.latency(self.in_flight)
        await asyncio.sleep(latency)
        self.in_flight -= 1
        self.window.answered(latency, round_)
        self.window.leave()
        self.answers += 1

    async def run(self, seconds: float) -> None:
        async def caller() -> None:
            while now() < until:
                await self.call()

        until = now() + seconds
        await asyncio.gather(*(caller() for _ in range(self.callers)))


def run_site(start: int, most: int, latency: Callable[[int], float], seconds: float, callers: int = 500) -> Site:
    async def main() -> Site:
        site = Site(window_of(start, most), latency, callers)
        await site.run(seconds)
        return site

    return virtual_time.run(main())


@pytest.mark.parametrize("spread", [0.0, 0.3], ids=["all at once", "one after the other"])
def test_the_limit_doubles_with_every_round_until_it_is_reached(spread: float) -> None:
    """After n rounds of 1 s: 2, 4, 8, 16, 32, and no more than the most."""
    luck = random.Random(3)

    async def limits() -> list[int]:
        site = Site(window_of(2, 32), lambda _: 1.0 - spread * luck.random(), 200)
        task, found = asyncio.create_task(site.run(7)), []
        for _ in range(6):
            found.append(site.window.limit)
            await asyncio.sleep(1.001)
        await task
        assert site.excess <= 0
        return found

    found = virtual_time.run(limits())
    if spread:
        assert all(2**n <= limit <= 2 ** (n + 2) for n, limit in enumerate(found[:4], 1)), found
        assert found[-1] == 32
    else:
        assert found == [2, 4, 8, 16, 32, 32]


def test_the_limit_doubles_too_where_callers_come_back_late() -> None:
    """Those who hand in what was answered before they call again: a quarter more of them than places."""

    async def main() -> list[int]:
        window, found = window_of(16, 256), []

        async def caller() -> None:
            while now() < 10:
                await window.enter()
                round_ = window.round
                await asyncio.sleep(2)
                window.answered(2, round_)
                window.leave()
                await asyncio.sleep(0.05)

        callers: list[asyncio.Task[None]] = []
        while now() < 10:
            while len(callers) < window.limit * 5 // 4:
                callers.append(asyncio.create_task(caller()))
            if now() % 2 < 0.01:
                found.append(window.limit)
            await asyncio.sleep(0.01)
        await asyncio.gather(*callers)
        return found

    found = virtual_time.run(main())
    assert found[-1] >= 128, found


def test_what_is_not_used_does_not_grow() -> None:
    assert run_site(16, 256, lambda _: 1.0, 60, callers=4).window.limit == 16


def test_after_congestion_each_round_adds_one() -> None:
    async def main() -> list[int]:
        site = Site(window_of(32, 64), lambda _: 1.0, 200)
        task, found = asyncio.create_task(site.run(12)), []
        await asyncio.sleep(0.5)
        site.window.congested(site.window.round)
        for _ in range(10):
            await asyncio.sleep(1)
            found.append(site.window.limit)
        await task
        return found

    found = virtual_time.run(main())
    assert found[0] == 16
    growth = [after - before for before, after in pairwise(found)]
    assert set(growth) <= {0, 1} and sum(growth) >= len(growth) - 2, found


def test_one_round_is_cut_once() -> None:
    async def main() -> None:
        window = window_of(64, 64)
        for _ in range(64):
            await window.enter()
        round_ = window.round
        for _ in range(64):
            window.congested(round_)
            window.leave()
        assert window.limit == 32
        await window.enter()
        window.congested(window.round)
        assert window.limit == 16

    virtual_time.run(main())


def test_it_never_falls_below_one() -> None:
    async def main() -> None:
        window = window_of(64, 64)
        for _ in range(50):
            window.congested(window.round)
        assert window.limit == 1
        await window.enter()

    virtual_time.run(main())


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 20), st.integers(0, 2**32), st.integers(1, 60), st.floats(0, 0.3), st.floats(0, 0.3))
def test_never_more_in_flight_than_the_limit_allows(
    start: int, seed: int, callers: int, faults: float, cancels: float
) -> None:
    """With answers, faults and cancellations at random; afterwards every place is free again."""
    luck = random.Random(seed)

    async def main() -> None:
        window = Watched(start, 40, clock=now)
        in_flight = 0

        async def call() -> None:
            nonlocal in_flight
            await window.enter()
            in_flight += 1
            assert window.in_flight >= in_flight
            round_, latency = window.round, luck.uniform(0.1, 2)
            try:
                await asyncio.sleep(latency)
                if luck.random() < faults:
                    window.congested(round_)
                else:
                    window.answered(latency, round_)
            finally:
                in_flight -= 1
                window.leave()

        async def caller() -> None:
            while now() < 60:
                task = asyncio.create_task(call())
                if luck.random() < cancels:
                    await asyncio.sleep(luck.uniform(0, 2))
                    task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                if not task.cancelled() and task.exception():
                    raise task.exception()  # type: ignore[misc]

        await asyncio.gather(*(caller() for _ in range(callers)))
        assert window.in_flight == in_flight == 0
        free = [asyncio.create_task(window.enter()) for _ in range(window.limit)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert all(task.done() for task in free)

    virtual_time.run(main())


def test_places_are_given_in_the_order_of_arrival() -> None:
    async def main() -> None:
        window, order = window_of(1, 1), list[int]()

        async def call(number: int) -> None:
            await window.enter()
            order.append(number)
            await asyncio.sleep(1)
            window.leave()
            await asyncio.sleep(0)

        first = [asyncio.create_task(call(number)) for number in range(5)]
        await asyncio.sleep(1)  # the first leaves at this very moment, and a late one comes
        await asyncio.gather(call(9), *first)
        assert order == [0, 1, 2, 3, 4, 9]

    virtual_time.run(main())


def test_a_waiter_that_gives_up_loses_no_place() -> None:
    async def main() -> None:
        window = window_of(1, 1)
        await window.enter()
        waiting = asyncio.create_task(window.enter())
        behind = asyncio.create_task(window.enter())
        await asyncio.sleep(0)
        window.leave()  # the place is the first waiter's now
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await asyncio.wait_for(behind, 1)
        assert window.in_flight == 1
        window.leave()
        gone = asyncio.create_task(window.enter())
        await gone
        alone = asyncio.create_task(window.enter())
        await asyncio.sleep(0)
        alone.cancel()
        await asyncio.gather(alone, return_exceptions=True)
        window.leave()
        await asyncio.wait_for(window.enter(), 1)

    virtual_time.run(main())


def test_a_pause_may_be_prolonged_but_not_shortened() -> None:
    async def main() -> None:
        window = window_of(4, 4)
        window.pause(10)
        waiting = asyncio.create_task(window.unpaused())
        await asyncio.sleep(5)
        window.pause(20)
        window.pause(1)
        await waiting
        assert now() == pytest.approx(25)
        await window.unpaused()
        assert now() == pytest.approx(25)

    virtual_time.run(main())


def test_a_server_that_slows_down_is_given_less() -> None:
    """One that works on 20 at once, 1 s each, whatever more is in its queue: the latency stays bounded."""
    site = run_site(4, 512, lambda in_flight: max(1.0, in_flight / 20), 300)
    assert 20 <= site.window.limit <= 20 * (TOO_SLOW + 1)
    assert site.answers > 0.9 * 20 * 300


def test_what_is_slow_for_long_is_found_out() -> None:
    """Three times the latency, not slow enough for a cut: one is tried, to see whether the limit is the cause."""
    queued = run_site(60, 60, lambda in_flight: max(1.0, in_flight / 20), 600)
    assert 20 <= queued.window.limit <= 20 * SLOW * 1.2
    assert queued.answers > 0.95 * 20 * 600

    async def main() -> Site:
        long = False
        site = Site(window_of(16, 64), lambda _: 3.0 if long else 1.0, 200)
        site.window.congested(0)
        await site.run(5)
        long = True
        await site.run(300)
        return site

    assert virtual_time.run(main()).window.limit >= 30


def test_growth_ends_where_latency_has_doubled() -> None:
    site = run_site(4, 512, lambda in_flight: max(1.0, in_flight / 20), 40)
    assert site.window.limit <= 20 * SLOW * 2.5, "what is under way shows one round later"


def test_one_slow_answer_after_a_cut_is_no_congestion() -> None:
    async def main() -> None:
        window = window_of(32, 64)
        for _ in range(40):
            window.answered(1.0, window.round)
        limit = window.limit
        window.congested(window.round)
        window.answered(30.0, window.round)
        assert window.limit == limit // 2

    virtual_time.run(main())


def test_answers_from_before_a_cut_tell_nothing_of_the_limit_after_it() -> None:
    async def main() -> None:
        window = window_of(64, 64)
        for _ in range(40):
            window.answered(1.0, window.round)
        for _ in range(64):
            await window.enter()
        round_ = window.round
        for _ in range(64):  # all of them were under way together, and slow
            window.answered(50.0, round_)
            window.leave()
        assert window.limit == 51

    virtual_time.run(main())


def test_calls_that_became_longer_do_not_starve() -> None:
    """Thirty times the latency, whatever is in flight: the limit falls, finds that it does not help, and comes back."""

    async def main() -> Site:
        long = False
        site = Site(window_of(16, 64), lambda _: 30.0 if long else 1.0, 200)
        await site.run(60)
        long = True
        await site.run(600)
        assert site.window.limit >= 32
        await site.run(1_800)
        assert site.window.limit == 64
        return site

    virtual_time.run(main())


def test_sizes_that_change_do_not_look_slow() -> None:
    async def main() -> None:
        window = window_of(64, 64)
        for _ in range(40):
            window.answered(1.0, window.round)
        window.rebase()
        for _ in range(200):
            window.answered(30.0, window.round)
        assert window.limit == 64

    virtual_time.run(main())


def test_a_server_with_a_queue_gets_less_and_nothing_more() -> None:
    async def main() -> None:
        window = window_of(20, 64)

        async def round_(seconds: float) -> None:
            calls = window.limit
            for _ in range(calls):
                await window.enter()
            number = window.round
            await asyncio.sleep(seconds)
            for _ in range(calls):
                window.answered(seconds, number)
                window.leave()

        window.load(2, 0.5)
        await round_(1)
        assert window.limit == 20  # somebody waits there: it does not grow
        for _ in range(10):
            window.load(30, 0.5)
        assert window.limit == 16  # it takes until the next answers for a cut to show
        await round_(1)
        window.load(0, 0.99)
        assert window.limit == 12
        await round_(1)
        window.load(0, 0.3)
        await round_(1)
        assert window.limit >= 13

    virtual_time.run(main())

"""An outage is told once, tried by one call at a time, and given up after its time."""

import asyncio
from itertools import pairwise

import pytest
import virtual_time
from virtual_time import now

from dataset_agent.endpoints.breaker import FAILURES, NEVER_ANSWERED_S, Breaker
from dataset_agent.errors import EndpointDown


def breaker_of(said: list[str], max_outage_s: float = 600.0) -> Breaker:
    return Breaker("m at http://h", max_outage_s, said.append, clock=now)


def out(said: list[str], *, answered_before: bool, max_outage_s: float = 600.0) -> Breaker:
    breaker = breaker_of(said, max_outage_s)
    if answered_before:
        breaker.answered()
    for _ in range(FAILURES):
        breaker.failed("refused")
    return breaker


def test_it_opens_after_five_failures_in_a_row_and_says_so_once() -> None:
    async def main() -> None:
        said: list[str] = []
        breaker = breaker_of(said)
        for _ in range(3):
            for _ in range(FAILURES - 1):
                breaker.failed("refused")
            breaker.answered()
        assert not breaker.is_open and said == []
        for _ in range(3 * FAILURES):
            breaker.failed("refused")
        assert breaker.is_open
        assert said == ["m at http://h does not answer (refused); waiting for it, at most 600 s."]

    virtual_time.run(main())


def test_one_call_tries_at_a_time_and_the_others_wait() -> None:
    async def main() -> None:
        breaker = out([], answered_before=True)
        admitted: list[bool] = []

        async def come() -> None:
            admitted.append(await breaker.admit())

        tasks = [asyncio.create_task(come()) for _ in range(10)]
        await asyncio.sleep(5)
        assert admitted == [True]
        for _ in range(10):
            breaker.failed("those sent before")  # they don't set another one free
        await asyncio.sleep(5)
        assert admitted == [True]
        breaker.failed("still refused", is_probe=True)
        await asyncio.sleep(20)
        assert admitted == [True, True]
        breaker.dropped(is_probe=False)
        await asyncio.sleep(20)
        assert admitted == [True, True]
        breaker.dropped(is_probe=True)
        await asyncio.sleep(20)
        assert admitted == [True] * 3
        breaker.answered()
        await asyncio.gather(*tasks)
        assert admitted == [True] * 3 + [False] * 7

    virtual_time.run(main())


def test_it_closes_and_says_so_once() -> None:
    async def main() -> None:
        said: list[str] = []
        breaker = out(said, answered_before=True)
        assert await breaker.admit()
        await asyncio.sleep(41.5)
        breaker.answered()
        breaker.answered()
        assert not breaker.is_open and said[1:] == ["m at http://h answers again after 42 s."]
        assert not await breaker.admit()
        assert now() == pytest.approx(42)

    virtual_time.run(main())


def test_it_is_tried_soon_at_first_and_at_least_every_ten_seconds() -> None:
    async def main() -> list[float]:
        breaker, tries = out([], answered_before=True, max_outage_s=60), []
        for _ in range(20):
            breaker.failed("those sent before the outage")
        try:
            while await breaker.admit():
                tries.append(now())
                breaker.failed("refused", is_probe=True)
        except EndpointDown as error:
            assert str(error) == "the endpoint m at http://h has not answered for 60 s: refused"
        assert now() == pytest.approx(60, abs=0.1)
        return tries

    tries = virtual_time.run(main())
    gaps = [after - before for before, after in pairwise([0.0, *tries])]
    assert gaps[0] == pytest.approx(0.5, abs=0.1)
    assert all(after > before - 0.1 for before, after in pairwise(gaps)) and max(gaps) == pytest.approx(10, abs=0.1)


@pytest.mark.parametrize(
    ("answered_before", "most", "seconds"),
    [(False, 600, NEVER_ANSWERED_S), (True, 600, 600), (False, 5, 5), (True, 0, 0), (False, 0, 0)],
)
def test_it_is_given_up_after_its_time(answered_before: bool, most: float, seconds: float) -> None:
    async def main() -> None:
        breaker = out([], answered_before=answered_before, max_outage_s=most)

        async def come() -> float:
            with pytest.raises(EndpointDown):
                while await breaker.admit():
                    breaker.failed("refused", is_probe=True)
            return now()

        ended = await asyncio.gather(*(come() for _ in range(5)))
        assert ended == pytest.approx([seconds] * 5, abs=0.1)

    virtual_time.run(main())


def test_a_further_outage_has_its_own_time() -> None:
    async def main() -> None:
        said: list[str] = []
        breaker = out(said, answered_before=True, max_outage_s=10)
        await asyncio.sleep(9)
        assert await breaker.admit()
        breaker.answered()
        await asyncio.sleep(100)
        for _ in range(FAILURES):
            breaker.failed("refused")
        assert len(said) == 3
        assert await breaker.admit()
        assert now() == pytest.approx(109.5, abs=0.1)

    virtual_time.run(main())

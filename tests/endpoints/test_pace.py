"""Batch sizes that adapt, and minutes that never see more than was allowed."""

import asyncio

import pytest
import virtual_time
from hypothesis import example, given, settings
from hypothesis import strategies as st
from virtual_time import now

from dataset_agent.endpoints.pace import FIRST_SIZE, GROW_AFTER, LARGEST, SHRINK_AFTER, BatchSize, Pace, Rates
from dataset_agent.plan import Generation, ModelEntry


def test_a_batch_size_starts_at_ten_and_grows_after_three_successes() -> None:
    size = BatchSize(None, None)
    assert size.value == FIRST_SIZE == 10
    assert [size.succeeded() for _ in range(7)] == [False, False, True, False, False, True, False]
    assert size.value == 12


def test_it_shrinks_after_two_failures_or_a_timeout() -> None:
    size = BatchSize(None, 20)
    assert [size.failed(), size.failed(), size.failed()] == [False, True, False]
    assert size.value == 19
    size.succeeded()
    assert not size.failed() and size.value == 19  # not in a row
    assert size.failed(timed_out=True) and size.value == 18


@given(st.lists(st.sampled_from(["good", "bad", "slow"])), st.integers(1, 50))
def test_it_stays_within_its_bounds(course: list[str], learned: int) -> None:
    size = BatchSize(None, learned)
    for step in course:
        before = size.value
        changed = size.succeeded() if step == "good" else size.failed(timed_out=step == "slow")
        assert 1 <= size.value <= LARGEST and abs(size.value - before) == changed
    for _ in range(GROW_AFTER * LARGEST):
        size.succeeded()
    assert size.value == LARGEST
    for _ in range(SHRINK_AFTER * LARGEST):
        size.failed()
    assert size.value == 1


def test_a_fixed_size_stays() -> None:
    size = BatchSize(20, 7)
    assert not any([size.succeeded() for _ in range(9)] + [size.failed(timed_out=True) for _ in range(9)])
    assert size.value == 20


@pytest.mark.parametrize("fixed", [None, 20])
def test_an_overflow_halves_what_may_be_asked_for(fixed: int | None) -> None:
    size = BatchSize(fixed, 20)
    size.overflowed(20)
    assert size.value == 10
    size.overflowed(10)
    size.overflowed(20)  # one that was under way meanwhile
    assert size.value == 5
    for _ in range(100):
        size.succeeded()
    assert size.value == 5
    size.overflowed(1)
    assert size.value == 1


def test_a_pace_begins_where_an_earlier_run_ended() -> None:
    entry = ModelEntry(model="m")
    assert [Pace(entry, Generation()).window.limit, Pace(entry, Generation()).window.most] == [16, 64]
    learned = Pace(entry, Generation(), (23, 41))
    assert [learned.size.value, learned.window.limit] == [23, 41]
    stated = Pace(entry, Generation(batch_size=3, max_concurrency=200), (23, 41))
    assert [stated.size.value, stated.window.limit, stated.window.most] == [3, 200, 200]
    assert Pace(entry, Generation(max_concurrency=2), (23, 41)).window.limit == 2


def sent_by(rates: Rates, sizes: list[int], gaps: list[float]) -> list[tuple[float, int]]:
    """When requests of these sizes pass, which come after these gaps, and one by one as the caller lets them in."""

    async def main() -> list[tuple[float, int]]:
        door, sent = asyncio.Lock(), list[tuple[float, int]]()

        async def request(tokens: int) -> None:
            async with door:
                await rates.pass_(tokens)
                sent.append((now(), tokens))

        tasks = []
        for tokens, gap in zip(sizes, gaps, strict=True):
            await asyncio.sleep(gap)
            tasks.append(asyncio.create_task(request(tokens)))
        await asyncio.gather(*tasks)
        return sent

    return virtual_time.run(main())


def fullest_minute(sent: list[tuple[float, int]]) -> tuple[int, int]:
    """The most requests, and the most tokens, that any 60 seconds saw."""
    first = most = tokens = fullest = 0
    for last, (then, added) in enumerate(sent, 1):
        tokens += added
        while sent[first][0] <= then - 60 + 1e-6:
            tokens -= sent[first][1]
            first += 1
        most, fullest = max(most, last - first), max(fullest, tokens)
    return most, fullest


@pytest.mark.parametrize("rpm", [1, 2, 3, 10, 59, 60, 61, 300, 2_000])
def test_no_minute_sees_more_requests_than_allowed(rpm: int) -> None:
    count = 4 * rpm + 3
    sent = sent_by(Rates(rpm, None), [100] * count, [0] * count)
    requests, _ = fullest_minute(sent)
    assert 0.9 * rpm <= requests <= rpm
    took = sent[-1][0] / 60
    assert count / rpm - 1.1 <= took <= 1.15 * count / rpm


def test_requests_are_spread_over_the_minute() -> None:
    sent = sent_by(Rates(300, None), [1] * 300, [0] * 300)
    assert max(sum(1 for then, _ in sent if at <= then < at + 5) for at, _ in sent) <= 300 * 5 / 60 + 6


@settings(max_examples=100, deadline=None)
@given(
    st.integers(1, 400),
    st.integers(1, 100_000),
    st.lists(st.tuples(st.floats(0, 1.5), st.floats(0, 30)), min_size=1, max_size=40),
)
@example(60, 1000, [(0.9, 0.0)] * 5)
@example(60, 1000, [(0.1, 0.0)] * 9 + [(0.95, 0.0), (0.5, 0), (0.02, 0), (0.9, 50)])
def test_no_minute_sees_more_tokens_than_allowed(rpm: int, tpm: int, course: list[tuple[float, float]]) -> None:
    """Requests of up to one and a half times what a minute has: those that are more than a minute's go alone."""
    sizes = [int(share * tpm) for share, _ in course]
    sent = sent_by(Rates(rpm, tpm), sizes, [gap for _, gap in course])
    assert [tokens for _, tokens in sent] == sizes, "in the order in which they came"
    requests, tokens = fullest_minute(sent)
    assert requests <= rpm
    assert tokens <= max(tpm, *sizes)
    work = sum(sizes) / tpm + len(sizes) / rpm
    assert sent[-1][0] <= sum(gap for _, gap in course) + 60 * (2.5 * work + 2), "no minute is wasted"


def test_without_limits_nothing_waits() -> None:
    assert sent_by(Rates(None, None), [10**9] * 1000, [0] * 1000)[-1][0] < 0.001


def test_a_request_that_gives_up_takes_nothing_from_the_minute_for_good() -> None:
    async def main() -> None:
        rates = Rates(None, 1000)
        for _ in range(20):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.5):
                    await rates.pass_(1000)
        await asyncio.sleep(120)
        before = now()
        await rates.pass_(500)
        assert now() - before < 60

    virtual_time.run(main())

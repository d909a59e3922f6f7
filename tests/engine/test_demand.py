"""Exact counts or an honest shortfall, whatever the batches bring."""

import random
from collections import Counter, deque

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_agent.engine.demand import Demand
from dataset_agent.records import Batch, Progress, Stratum


def demand_of(*planned: int, max_attempts: int = 3, accepted: int = 0, opened: list[Batch] | None = None) -> Demand:
    progress = [Progress(Stratum(index, "c", f"t{index}", count), accepted, {}) for index, count in enumerate(planned)]
    return Demand(progress, opened or [], 1 + max((batch.number for batch in opened or []), default=-1), max_attempts)


def ten(stratum: Stratum, attempt: int, number: int) -> int:
    return 10


def drained(demand: Demand) -> list[Batch]:
    found = []
    while batch := demand.next(ten):
        found.append(batch)
    return found


def test_quotas_become_batches() -> None:
    batches = drained(demand_of(25))
    assert [(batch.number, batch.size, batch.attempt, batch.start) for batch in batches] == [
        (0, 10, 1, 0), (1, 10, 1, 0), (2, 5, 1, 0),
    ]  # fmt: skip


def test_the_stratum_that_is_least_far_comes_first() -> None:
    demand = demand_of(100, 20)
    order = [batch.stratum for batch in drained(demand)]
    assert Counter(order) == {0: 10, 1: 2}
    assert order[:3] == [0, 1, 0] and order.index(1, 2) > 3


def test_sizes_are_asked_for_each_batch() -> None:
    asked: list[tuple[int, int, int]] = []

    def size_of(stratum: Stratum, attempt: int, number: int) -> int:
        asked.append((stratum.index, attempt, number))
        return len(asked)

    demand = demand_of(6)
    sizes = []
    while batch := demand.next(size_of):
        sizes.append(batch.size)
    assert sizes == [1, 2, 3] and asked == [(0, 1, 0), (0, 1, 1), (0, 1, 2)]


def test_what_a_failed_batch_lacks_is_tried_again_by_the_next_attempt() -> None:
    demand = demand_of(10)
    first = demand.next(ten)
    assert first is not None and demand.next(ten) is None
    demand.brought(first, 4, {"schema": 6})
    second = demand.next(ten)
    assert second == Batch(1, 0, 0, 6, 2)
    demand.brought(second, 3, {})  # half of it: no failure
    third = demand.next(ten)
    assert third == Batch(2, 0, 0, 3, 1)
    demand.brought(third, 3, {})
    assert demand.next(ten) is None and demand.shortfalls == {}


def test_after_the_last_attempt_the_stratum_is_short_and_says_why() -> None:
    demand = demand_of(10, 5, max_attempts=2)
    while batch := demand.next(ten):
        demand.brought(batch, 5 if batch.stratum else 2 if batch.attempt == 1 else 0, {"schema": 6, "duplicate": 1})
    assert set(demand.shortfalls) == {0}
    assert demand.shortfalls[0].startswith("2 of 10; the rest was given up after 2 attempts")
    assert "schema 12" in demand.shortfalls[0] and "duplicate 2" in demand.shortfalls[0]


def test_a_split_batch_has_not_failed() -> None:
    demand = demand_of(10)
    first = demand.next(ten)
    assert first is not None
    demand.brought(first, 0, {}, "split")
    halves = []
    while batch := demand.next(lambda *_: 5):
        halves.append(batch)
    assert [(batch.size, batch.attempt) for batch in halves] == [(5, 1), (5, 1)]
    demand.brought(halves[0], 1, {})
    again = demand.next(lambda *_: 5)
    assert again is not None and (again.size, again.attempt) == (4, 2)
    demand.brought(again, 0, {}, "split")
    small = demand.next(lambda *_: 2)
    assert small is not None and (small.size, small.attempt) == (2, 2), "it is still the same attempt"


def test_batches_of_an_earlier_run_come_first_and_are_counted() -> None:
    opened = [Batch(3, 0, 0, 7, 2), Batch(5, 1, 0, 4), Batch(6, 9, 0, 4)]
    demand = demand_of(20, 10, opened=opened)
    batches = drained(demand)
    assert batches[:2] == opened[:2] and min(batch.number for batch in batches[2:]) == 7
    assert sum(batch.size for batch in batches if batch.stratum == 0) == 20
    assert sum(batch.size for batch in batches if batch.stratum == 1) == 10


def test_what_is_there_already_is_not_asked_for() -> None:
    assert sum(batch.size for batch in drained(demand_of(25, accepted=21))) == 4
    assert drained(demand_of(25, accepted=25)) == drained(demand_of(25, accepted=30)) == []
    assert demand_of(25, accepted=25).shortfalls == {}


@pytest.mark.parametrize("max_attempts", [1, 2, 10])
def test_a_model_that_brings_nothing_is_not_paid_for_every_record(max_attempts: int) -> None:
    demand, calls = demand_of(10_000, max_attempts=max_attempts), 0
    while batch := demand.next(ten):
        demand.brought(batch, 0, {"duplicate": 10})
        calls += 1
    assert calls <= 2 * max_attempts and demand.shortfalls[0].startswith("0 of 10,000;")


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.integers(0, 120), min_size=1, max_size=4),
    st.integers(1, 5),
    st.integers(0, 2**32),
    st.floats(0, 1),
    st.floats(0, 0.3),
    st.integers(1, 20),
)
def test_counts_are_exact_or_the_shortfall_is_told(
    planned: list[int], max_attempts: int, seed: int, luck_of: float, splits: float, at_once: int
) -> None:
    """Batches of any size, many at a time, that end in any order and bring anything from nothing to all."""
    luck = random.Random(seed)
    demand = demand_of(*planned, max_attempts=max_attempts)
    accepted: Counter[int] = Counter()
    under_way: deque[Batch] = deque()
    attempts: Counter[int] = Counter()
    numbers = set[int]()
    handed, steps = Counter[int](), 0
    while True:
        while len(under_way) < at_once and (batch := demand.next(lambda *_: luck.randint(1, 50))):
            assert batch.number not in numbers and batch.size >= 1 and 1 <= batch.attempt <= max_attempts
            numbers.add(batch.number)
            under_way.append(batch)
            handed[batch.stratum] += batch.size
            assert accepted[batch.stratum] + handed[batch.stratum] <= planned[batch.stratum], "never beyond the quota"
            attempts[batch.attempt] += 1
        if not under_way:
            break
        under_way.rotate(luck.randint(0, 5))
        batch = under_way.popleft()
        handed[batch.stratum] -= batch.size
        brought = luck.choice([0, batch.size, luck.randint(0, batch.size)]) if luck.random() > luck_of else 0
        accepted[batch.stratum] += brought
        demand.brought(batch, brought, {"schema": batch.size - brought}, "split" if luck.random() < splits else "done")
        steps += 1
        assert steps < 50_000, "it ends"
    for index, count in enumerate(planned):
        assert accepted[index] <= count
        assert (accepted[index] < count) == (index in demand.shortfalls)
        if index in demand.shortfalls:
            assert demand.shortfalls[index].startswith(f"{accepted[index]:,} of {count:,};")

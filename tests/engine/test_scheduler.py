from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_agent.engine.numbers import Numbers, Pools
from dataset_agent.engine.scheduler import MIN_ROWS, Scheduler
from dataset_agent.records import Batch, Progress, Stratum


def scheduler(*planned: int, accepted: int = 0, **keys: Any) -> Scheduler:
    progress = [Progress(Stratum(i, "c", str(i), n), accepted, {}) for i, n in enumerate(planned)]
    facts: dict[str, Any] = {
        "rows": 1000, "max_attempts": 3, "refused": {}, "attempts": {}, "open_batches": [], "next_number": 0,
    }  # fmt: skip
    keys["pools"] = Pools(keys.pop("capacities", {"c": None}), {}, keys.pop("taken", {}))
    return Scheduler(progress, **{**facts, **keys})


@given(planned=st.lists(st.integers(0, 20_000), min_size=1, max_size=5), rows=st.integers(1, 5000))
@settings(derandomize=True)
def test_the_first_batches_cover_each_quota_once_without_overlap(planned: list[int], rows: int) -> None:
    batches = scheduler(*planned, rows=rows).plan()
    assert [batch.number for batch in batches] == list(range(len(batches)))
    for index, quota in enumerate(planned):
        assert sum(batch.size for batch in batches if batch.stratum == index) == quota
    taken = [number for batch in batches for number in (batch.start, batch.start + batch.size - 1)]
    assert taken == sorted(taken)
    assert all(1 <= batch.size <= rows for batch in batches)


def test_what_is_refused_is_asked_for_again_and_more_of_it_where_much_is_refused() -> None:
    plan = scheduler(100)
    (batch,) = plan.plan()
    assert list(plan.ready()) == [batch]
    (top_up,) = plan.committed(batch, 50, batch.size, {"duplicate": 50})
    assert (top_up.start, top_up.size, top_up.attempt) == (100, 100, 2)
    assert plan.wanted(top_up) == 50
    assert not plan.committed(top_up, 50, top_up.size, {})
    list(plan.ready())
    assert plan.is_done
    assert plan.shortfalls == {}


def test_attempts_end_as_a_shortfall_with_its_reasons() -> None:
    plan = scheduler(10, max_attempts=2)
    (first,) = plan.plan()
    (second,) = plan.committed(first, 4, first.size, {"duplicate": 5, "placeholder": 1})
    assert plan.committed(second, 0, second.size, {"duplicate": 10}) == []
    assert plan.shortfalls == {0: "4 of 10 after 2 attempts; refused: duplicate 15, placeholder 1"}


def test_a_capacity_ends_as_a_shortfall_and_is_never_passed() -> None:
    plan = scheduler(10, capacities={"c": 12})
    (first,) = plan.plan()
    (second,) = plan.committed(first, 1, first.size, {"duplicate": 9})
    assert (second.start, second.size) == (10, 2)
    assert plan.committed(second, 0, second.size, {"duplicate": 2}) == []
    assert "all 12 different records" in plan.shortfalls[0]


def test_a_category_that_cannot_be_served_costs_only_itself() -> None:
    plan = scheduler(10, refused={"c": "its schema cannot be served"})
    assert plan.plan() == []
    assert plan.shortfalls == {0: "its schema cannot be served"}


def test_a_resumed_run_goes_on_with_the_batches_it_had_planned() -> None:
    left = [Batch(3, 0, 1500, 500, 1), Batch(4, 0, 2000, 500, 1)]
    plan = scheduler(2500, accepted=1500, open_batches=left, taken={"c": [(0, 2500)]}, attempts={0: 1}, next_number=5)
    assert plan.plan() == []
    assert list(plan.ready()) == left
    assert plan.committed(left[0], 499, left[0].size, {"schema": 1}) == []
    (top_up,) = plan.committed(left[1], 500, left[1].size, {"schema": 1})
    assert (top_up.number, top_up.start, top_up.attempt) == (5, 2500, 2)


def test_a_large_stratum_is_cut_for_several_processes_but_not_into_crumbs() -> None:
    assert len(scheduler(MIN_ROWS, rows=50_000).plan()) == 1
    assert len(scheduler(20_000, rows=50_000).plan()) == 16
    assert {batch.size for batch in scheduler(1_000_000, rows=50_000).plan()} == {50_000}


def test_candidates_that_were_not_looked_at_are_offered_again() -> None:
    plan = scheduler(10, capacities={"c": 40})
    (first,) = plan.plan()
    (second,) = plan.committed(first, 2, 10, {"placeholder": 8})
    assert (second.start, second.size) == (10, 30)
    (third,) = plan.committed(second, 7, 20, {"placeholder": 13})
    assert (third.start, third.size) == (30, 4)


@given(
    limit=st.integers(0, 200),
    steps=st.lists(st.tuples(st.integers(0, 60), st.floats(0, 1)), max_size=12),
)
@settings(derandomize=True)
def test_no_number_is_handed_out_twice_and_none_is_lost(limit: int, steps: list[tuple[int, float]]) -> None:
    numbers, used = Numbers(range(limit), ()), set[int]()
    for size, share in steps:
        ranges = numbers.take(size)
        handed = [number for start, end in ranges for number in range(start, end)]
        assert len(handed) == min(size, limit - len(used))
        assert not used & set(handed)
        for start, end in ranges:
            middle = start + round((end - start) * share)
            used |= set(range(start, middle))
            numbers.give_back(middle, end)
        assert numbers.left == limit - len(used)

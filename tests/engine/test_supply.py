"""Candidates of a source, handed out to the batches of models."""

from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_agent.engine.supply import TRIES, Supply, supplies_of
from dataset_agent.tools.grounding.base import Lane


@given(
    size=st.integers(0, 30),
    start=st.integers(0, 50),
    taken=st.sets(st.integers(0, 80), max_size=20),
    steps=st.lists(st.tuples(st.integers(1, 5), st.booleans()), max_size=40),
)
@settings(derandomize=True)
def test_no_number_is_in_two_places(size: int, start: int, taken: set[int], steps: list[tuple[int, bool]]) -> None:
    lane = Lane(range(start, start + size), (None,), size)
    supply = Supply(lane, (number for number in taken if number in lane.numbers), lambda number: str(number % 3))
    out: list[int] = []
    done = {number for number in taken if number in lane.numbers}
    for count, succeeds in steps:
        numbers = supply.take(count)
        assert len(numbers) <= count
        assert not set(numbers) & (set(out) | done) and all(number in lane.numbers for number in numbers)
        if succeeds:
            done.update(numbers)
        else:
            supply.give_back(numbers)
    rest = supply.take(1000)
    assert sorted([*rest, *done]) == list(lane.numbers)


def test_what_failed_comes_again_at_once_and_after_some_tries_when_nothing_else_is_left() -> None:
    supply = Supply(Lane(range(10, 14), (None,), 4), (), lambda number: "")
    for _ in range(TRIES):
        assert supply.take(1) == [10]
        supply.give_back([10])
    assert supply.take(2) == [11, 12]
    assert supply.take(5) == [13, 10]
    assert supply.take(1) == []


def test_tiers_with_the_same_bounds_share_a_supply() -> None:
    lanes = [Lane(range(4), ("a", "b"), 4), Lane(range(4, 6), ("c",), 2)]
    supplies = dict(supplies_of(lanes, [1, 4], lambda number: ""))
    assert supplies["a"] is supplies["b"]
    assert supplies["b"].take(9) == [0, 2, 3]
    assert supplies["c"].take(9) == [5]


def test_what_fails_for_good_is_replaced_by_its_kind() -> None:
    supply = Supply(Lane(range(20), (None,), 20), (), lambda number: "YES" if number % 2 == 0 else "NO")
    done: list[int] = []
    while len(done) < 10:
        (number,) = supply.take(1)
        if number in (0, 4):
            supply.give_back([number])
        else:
            done.append(number)
    assert sum(number % 2 == 0 for number in done) == 5


def test_a_kind_of_which_nothing_succeeds_is_not_made_up_for_by_another() -> None:
    supply = Supply(Lane(range(40), (None,), 40), (), lambda number: "YES" if number % 2 == 0 else "NO")
    done: list[int] = []
    for _ in range(200):
        (number,) = supply.take(1)
        if number % 2 == 0:
            supply.give_back([number])
        else:
            done.append(number)
    assert len(done) <= 20, "a NO for each YES that was to be, and no more"

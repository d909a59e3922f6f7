"""Intervals: against published figures, by their properties, and by how often they hold."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_agent.tools.intervals import Group, Interval, dispersion, student_t, total, wilson

amounts = st.floats(0.01, 1e6)


@pytest.mark.parametrize(
    ("df", "half", "ninety_five", "ninety_nine"),
    [(1, 1.0, 12.706, 63.657), (2, 0.816, 4.303, 9.925), (3, 0.765, 3.182, 5.841), (10, 0.700, 2.228, 3.169),
     (30, 0.683, 2.042, 2.750), (120, 0.677, 1.980, 2.617), (100_000, 0.674, 1.960, 2.576)],
)  # fmt: skip
def test_students_t_is_that_of_the_tables(df: int, half: float, ninety_five: float, ninety_nine: float) -> None:
    found = [student_t(level, df) for level in (0.5, 0.95, 0.99)]
    assert found == pytest.approx([half, ninety_five, ninety_nine], abs=6e-4)


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (29, 29, 0.8830, 1.0)],
)
def test_wilson_is_that_of_the_literature(successes: int, trials: int, low: float, high: float) -> None:
    """The first three rows are method 3 of Newcombe (1998), table I."""
    found = wilson(successes, trials)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-4)


@given(st.integers(0, 500), st.integers(1, 500), st.floats(1, 30))
def test_a_share_lies_within_its_interval(successes: int, trials: int, more: float) -> None:
    successes = min(successes, trials)
    narrow, wide = wilson(successes, trials, 0.9), wilson(successes, trials, 0.9, dispersion=more)
    assert 0 <= wide.low <= narrow.low + 1e-12 and narrow.high - 1e-12 <= wide.high <= 1
    assert narrow.low <= successes / trials <= narrow.high
    other = wilson(trials - successes, trials, 0.9)
    assert (1 - other.high, 1 - other.low) == pytest.approx((narrow.low, narrow.high))


def test_nothing_tried_says_nothing() -> None:
    assert wilson(0, 0) == Interval(0.0, 1.0)


def test_groups_that_differ_count_for_less() -> None:
    assert dispersion([(8, 10), (8, 10), (8, 10)]) == 1.0
    assert dispersion([(10, 10), (0, 10)]) == pytest.approx(20.0), "as if each group was one trial, twice over"
    assert dispersion([(5, 10)]) == dispersion([(10, 10), (10, 10)]) == dispersion([]) == 1.0


@given(st.lists(st.tuples(amounts, amounts), min_size=2, max_size=20), st.floats(0.1, 1e4))
def test_a_total_lies_within_its_interval_and_scales(pairs: list[tuple[float, float]], times: float) -> None:
    ys, xs = zip(*pairs, strict=True)
    found, interval = total([Group(ys, xs)])
    assert interval is not None
    assert found == pytest.approx(sum(ys) / sum(xs))
    assert 0 < interval.low <= found <= interval.high
    more, wider = total([Group(ys, xs, times)])
    assert wider is not None
    assert (more, wider.low, wider.high) == pytest.approx((times * found, times * interval.low, times * interval.high))


@given(st.lists(amounts, min_size=2, max_size=20), st.floats(0.1, 10))
def test_what_is_always_in_proportion_has_no_spread(xs: list[float], factor: float) -> None:
    found, interval = total([Group([factor * x for x in xs], xs)])
    assert interval is not None
    assert (found, interval.low, interval.high) == pytest.approx((factor, factor, factor), rel=1e-4)


def test_one_pair_shows_no_spread() -> None:
    assert total([Group([6.0], [2.0])]) == (3.0, None)
    assert total([Group([6.0, 2.0], [2.0, 0.0])]) == (4.0, None), "of which one tells nothing"
    assert total([Group([6.0], [2.0]), Group([1.0, 2.0], [1.0, 1.0])])[1] is None


def test_nothing_found_is_nothing() -> None:
    assert total([Group([0.0, 0.0], [1.0, 2.0])]) == (0.0, Interval(0.0, 0.0))
    with pytest.raises(ValueError, match="nothing to relate to"):
        total([Group([1.0, 1.0], [0.0, 0.0])])


def test_groups_that_differ_among_themselves_alone_make_no_spread() -> None:
    """Each group is in proportion; thrown together they would not be."""
    apart = total([Group([2.0, 4.0], [1.0, 2.0], 10), Group([9.0, 18.0], [1.0, 2.0], 5)])
    together = total([Group([2.0, 4.0, 9.0, 18.0], [1.0, 2.0, 1.0, 2.0], 15)])
    assert apart == (65.0, Interval(65.0, 65.0))
    assert together[1] is not None
    assert together[1].high > 2 * together[0]


@pytest.mark.parametrize("batches", [3, 6, 20])
def test_totals_hold_as_often_as_they_say(batches: int) -> None:
    """Lengths that vary by a third from batch to batch, batches of all sizes: 2,000 samples with a fixed seed."""
    rng = np.random.default_rng(5)
    held = 0
    for _ in range(2000):
        xs = rng.integers(3, 20, batches).astype(float)
        ys = xs * rng.lognormal(0, 0.33, batches)
        _, interval = total([Group(ys.tolist(), xs.tolist())])
        assert interval is not None
        held += interval.low <= math.exp(0.33**2 / 2) <= interval.high
    assert held / 2000 >= 0.93


def test_shares_hold_as_often_as_they_say() -> None:
    """Records of a batch that hang together: 2,000 samples of 12 batches of 10, with a fixed seed."""
    rng = np.random.default_rng(6)
    held = plain = 0
    for _ in range(2000):
        accepted = rng.binomial(10, rng.beta(4, 1, 12))
        parts = [(int(a), 10) for a in accepted]
        interval = wilson(accepted.sum(), 120, dispersion=dispersion(parts))
        held += interval.low <= 0.8 <= interval.high
        alone = wilson(accepted.sum(), 120)
        plain += alone.low <= 0.8 <= alone.high
    assert held / 2000 >= 0.90 > plain / 2000

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_agent.plan import Plan, largest_remainder, strata_of

SHARES = st.lists(st.integers(0, 1000), min_size=1, max_size=20).filter(any)


@given(total=st.integers(0, 10**9), weights=SHARES)
@settings(derandomize=True)
def test_counts_sum_to_the_total_and_stay_within_one_of_their_share(total: int, weights: list[int]) -> None:
    counts = largest_remainder(total, weights)
    assert sum(counts) == total
    for count, weight in zip(counts, weights, strict=True):
        assert abs(count - Fraction(total * weight, sum(weights))) < 1


@given(total=st.integers(0, 10**6), weights=SHARES)
@settings(derandomize=True)
def test_nobody_with_a_smaller_remainder_is_served_first(total: int, weights: list[int]) -> None:
    counts = largest_remainder(total, weights)
    exact = [Fraction(total * weight, sum(weights)) for weight in weights]
    up = [part - int(part) for part, count in zip(exact, counts, strict=True) if count > int(part)]
    down = [part - int(part) for part, count in zip(exact, counts, strict=True) if count == int(part)]
    assert not up or not down or min(up) >= max(down)


def test_ties_go_to_the_earlier_share() -> None:
    assert largest_remainder(1, [0.5, 0.5]) == [1, 0]
    assert largest_remainder(5, [0.25, 0.25, 0.25, 0.25]) == [2, 1, 1, 1]


def test_decimals_are_taken_as_written() -> None:
    assert largest_remainder(10, [0.1, 0.2, 0.7]) == [1, 2, 7]
    assert largest_remainder(317, [0.5, 0.3, 0.2]) == [159, 95, 63]


@pytest.mark.parametrize("shares", [[0, 0], [-1, 2]])
def test_shares_must_make_sense(shares: list[float]) -> None:
    with pytest.raises(ValueError, match="negative"):
        largest_remainder(3, shares)


def test_a_categorys_own_tiers_replace_the_plans() -> None:
    plan = Plan.model_validate(
        {
            "dataset_name": "tiers",
            "tiers": [{"name": "a", "share": 0.5}, {"name": "b", "share": 0.5}],
            "categories": [
                {"name": "one", "count": 3},
                {"name": "two", "count": 7, "tiers": [{"name": "x", "count": 4}, {"name": "y", "count": 3}]},
            ],
        }
    )
    assert [(s.category, s.tier, s.planned) for s in strata_of(plan)] == [
        ("one", "a", 2),
        ("one", "b", 1),
        ("two", "x", 4),
        ("two", "y", 3),
    ]

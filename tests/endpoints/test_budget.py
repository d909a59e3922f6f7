"""What is spent and what is in flight never goes beyond the limit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_agent.endpoints.budget import Purse, Reservation, cost_of
from dataset_agent.errors import BudgetReached
from dataset_agent.plan import Budget, ModelEntry
from dataset_agent.records import Usage

ENTRY = ModelEntry(model="m", price_in=2.0, price_cached_in=0.5, price_out=8.0)


def test_cached_tokens_are_a_part_of_those_read() -> None:
    assert cost_of(ENTRY, 1_000_000, 0, 0) == 2.0
    assert cost_of(ENTRY, 1_000_000, 1_000_000, 0) == 0.5
    assert cost_of(ENTRY, 1_000_000, 400_000, 500_000) == pytest.approx(1.2 + 0.2 + 4.0)
    assert cost_of(ModelEntry(model="m", price_in=2.0), 1_000_000, 400_000, 0) == 2.0


Course = list[tuple[float, int, float, bool]]


@given(
    st.floats(0, 10),
    st.integers(0, 10_000),
    st.lists(st.tuples(st.floats(0, 3), st.integers(0, 3_000), st.floats(0, 1), st.booleans()), max_size=60),
)
def test_spent_and_in_flight_stay_within_the_limit(money: float, tokens: int, course: Course) -> None:
    """Where no call takes more than was set aside for it."""
    purse = Purse(Budget(max_cost_usd=money, max_tokens=tokens), Usage())
    in_flight: list[Reservation] = []
    spent_money, spent_tokens = 0.0, 0
    for cost, size, share, ends in course:
        try:
            in_flight.append(purse.reserve(cost, size))
        except BudgetReached:
            held, held_tokens = sum(r.cost_usd for r in in_flight), sum(r.tokens for r in in_flight)
            assert spent_money + held + cost > money - 1e-9 or spent_tokens + held_tokens + size > tokens
        if ends and in_flight:
            ended = in_flight.pop(0)
            took = (share * ended.cost_usd, int(share * ended.tokens))
            purse.settle(ended, *took)
            spent_money, spent_tokens = spent_money + took[0], spent_tokens + took[1]
        assert spent_money + sum(r.cost_usd for r in in_flight) <= money + 1e-9
        assert spent_tokens + sum(r.tokens for r in in_flight) <= tokens


def test_what_earlier_runs_spent_counts() -> None:
    purse = Purse(Budget(max_cost_usd=1.0), Usage(calls=3, cost_usd=0.9))
    with pytest.raises(BudgetReached, match=r"the budget of 1 USD is used up: 0\.9000 spent or in flight.*0\.2000"):
        purse.reserve(0.2, 0)
    purse.reserve(0.1, 0)
    with pytest.raises(BudgetReached, match=r"the budget of 1,000 tokens is used up: 990 spent.*may take 11"):
        Purse(Budget(max_tokens=1000), Usage(tokens_in=900, tokens_out=90)).reserve(0.0, 11)


def test_a_call_that_failed_costs_nothing() -> None:
    purse = Purse(Budget(max_cost_usd=1.0, max_tokens=100), Usage())
    for _ in range(10):
        purse.settle(purse.reserve(1.0, 100))
    purse.reserve(1.0, 100)


def test_without_a_budget_nothing_is_refused() -> None:
    purse = Purse(Budget(), Usage(cost_usd=1e9, tokens_in=10**12))
    purse.settle(purse.reserve(1e9, 10**12), 1e9, 10**12)

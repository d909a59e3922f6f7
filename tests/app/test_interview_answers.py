"""What is typed in the interview, as values of a plan."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_agent.app.planning import interview_answers as answers
from dataset_agent.plan import Slot, Tier


@pytest.mark.parametrize(
    ("text", "shares"),
    [
        ("simple 50, medium 30, complex 20", {"simple": 0.5, "medium": 0.3, "complex": 0.2}),
        ("simple: 50%, very hard = 50 %", {"simple": 0.5, "very hard": 0.5}),
        ("a 0.25, b .75", {"a": 0.25, "b": 0.75}),
        ("a 33.3,b 66.7,", {"a": 0.333, "b": 0.667}),
        ("a, b, c", {"a": 1 / 3, "b": 1 / 3, "c": 1 / 3}),
        ("one 100", {"one": 1.0}),
    ],
)
def test_tiers(text: str, shares: dict[str, float]) -> None:
    assert {tier["name"]: tier["share"] for tier in answers.tiers(text)} == shares
    assert all(Tier.model_validate(tier) for tier in answers.tiers(text))


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=8))
def test_shares_of_any_tiers_sum_to_one(parts: list[int]) -> None:
    rest = [*parts, 100_000 - sum(parts)]
    text = ", ".join(f"t{i} {part / 1000:.3f}" for i, part in enumerate(rest))
    assert sum(tier["share"] for tier in answers.tiers(text)) == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a, b , b,,c", ["a", "b", "c"]),
        ("1..20", {"range": [1, 20]}),
        ("-1.5 .. 2", {"range": [-1.5, 2]}),
        ("2024-01-01..2024-12-31", {"dates": ["2024-01-01", "2024-12-31"]}),
        ("faker city", {"faker": "city"}),
    ],
)
def test_slots(text: str, value: Any) -> None:
    assert answers.slot(text) == value
    assert Slot.model_validate(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", {}),
        ("intent=order, n=3, ok=true, who={name}", {"intent": "order", "n": 3, "ok": True, "who": "{name}"}),
        ('{"a": {"b": [1]}}', {"a": {"b": [1]}}),
        ("a=", {"a": ""}),
    ],
)
def test_expectations(text: str, value: Any) -> None:
    assert answers.expectations(text) == value


def test_slots_in_a_text() -> None:
    assert answers.slots_in("{Hi|Hello}, {a} and {b:%d} and {a} and {{c}}") == ["a", "b"]


@pytest.mark.parametrize(
    ("function", "text", "why"),
    [
        (answers.tiers, "a 50, b", "'b' has no share"),
        (answers.tiers, "a 50, b 60", "sum to 110"),
        (answers.tiers, "a 50, a 50", "named twice"),
        (answers.tiers, "a/b 100", "path separators"),
        (answers.slot, "", "write values"),
        (answers.slot, "5..1", "5 is more than 1"),
        (answers.slot, "a..b", "neither"),
        (answers.expectations, "yes", "has no value"),
        (answers.expectations, "{1}", "is not JSON"),
        (answers.slots_in, "a {b", "no counterpart"),
        (answers.slots_in, "a {}", "names no slot"),
        (answers.count, "0", "1 or more"),
        (answers.count, "1.5", "whole number"),
        (answers.yes, "maybe", "y or n"),
        (answers.name, "", "at least 1"),
        (answers.dataset_name, ".hidden", "begin with a dot"),
    ],
)
def test_what_is_no_answer(function: Callable[[str], Any], text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        function(text)


@pytest.mark.parametrize(("text", "value"), [("1,000", 1000), ("1_000_000", 1_000_000), ("7", 7)])
def test_counts(text: str, value: int) -> None:
    assert answers.count(text) == value

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_agent.records import Candidates, Json
from dataset_agent.tools.checks.alignment import AlignmentCheck, aligned_share


@pytest.mark.parametrize(
    ("value", "prompt"),
    [
        ({"name": "Ann  LEE"}, "I am ann lee."),
        ({"total": 1234.5}, "It costs 1,234.50 dollars"),
        ({"total": 1234.5}, "Es kostet 1.234,50 Euro"),
        ({"total": 1234.5}, "1234.5"),
        ({"n": 12}, "12.0 of them"),
        ({"n": 12.0}, "12 of them"),
        ({"n": -5}, "5 below zero"),
        ({"n": 3}, "a family of Three, they say"),
        ({"rate": 0.25}, "a rate of 25%"),
        ({"n": 12345678901234567}, "no. 12345678901234567"),
        ({"sum": "1,234.50"}, "1234.5 in all"),
        ({"day": "2024-03-05"}, "on March 5th, 2024"),
        ({"day": "2024-03-05T10:00:00Z"}, "on 5 Mar 2024 at ten"),
        ({"day": "5 March 2024"}, "on 2024-03-05"),
        ({"status": "in_transit"}, "it is in transit"),
        ({"code": "no"}, "say no"),
        ({"name": "東京"}, "東京に行く"),
    ],
)
def test_values_are_found_in_other_spellings(value: Json, prompt: str) -> None:
    assert aligned_share(value, prompt) == 1


@pytest.mark.parametrize(
    ("value", "prompt"),
    [
        ({"name": "Ann"}, "I am Bob"),
        ({"code": "no"}, "I know"),
        ({"n": 12}, "123 or 1.2"),
        ({"rate": 0.25}, "25 of them"),
        ({"day": "2024-03-05"}, "on March 6, 2024"),
        ({"day": "2024-03-05"}, "in 2024, 3 or 5 times"),
        ({"n": 10**400}, "many"),
        ({"n": 1}, "9" * 5000),
    ],
)
def test_other_values_are_not(value: Json, prompt: str) -> None:
    assert aligned_share(value, prompt) == 0


def test_the_share_is_that_of_all_strings_and_numbers() -> None:
    record = {"a": "ann", "b": [1, 2, {"c": "bob", "d": True}], "e": None, "f": ""}
    assert aligned_share(record, "Ann has 2") == pytest.approx(2 / 4)


def test_a_record_that_says_nothing_is_aligned() -> None:
    assert aligned_share({"spam": True, "why": None, "tags": []}, "Buy now") == 1


def test_refusals_begin_below_the_threshold() -> None:
    record, prompt = {"a": "ann", "b": "bob"}, "ann"
    assert AlignmentCheck(0.5).refuse(record, prompt) is None
    assert AlignmentCheck(0.6).refuse(record, prompt) == "50% of the values are in the prompt, 60% are needed"
    assert AlignmentCheck(0.6).refuse(record, None) is None


def test_candidates_without_prompts_are_not_looked_at() -> None:
    texts = pa.array(['{"a":1}', '{"a":2}'])
    assert AlignmentCheck().screen(Candidates(np.arange(2), texts)).tolist() == [False, False]
    assert AlignmentCheck().screen(Candidates(np.arange(2), texts, texts)) is None


leaves = st.text(st.characters(codec="ascii"), max_size=8) | st.integers() | st.floats(allow_nan=False) | st.booleans()
records = st.dictionaries(st.text(max_size=3), leaves, max_size=5)


@settings(derandomize=True, max_examples=200, deadline=None)
@given(value=records, prompt=st.text(max_size=40))
def test_a_prompt_that_repeats_the_record_is_aligned(value: Json, prompt: str) -> None:
    assert 0 <= aligned_share(value, prompt) <= 1
    said = " | ".join(f"{leaf:f}" if isinstance(leaf, float) else str(leaf) for leaf in value.values())
    numbers_fit = all(not isinstance(leaf, float) or float(f"{leaf:f}") == leaf for leaf in value.values())
    if numbers_fit and all(not isinstance(leaf, float | int) or abs(leaf) < 1e15 for leaf in value.values()):
        assert aligned_share(value, said) == 1


def test_numbers_in_exponent_form_are_found() -> None:
    assert aligned_share({"a": 4e-07, "b": 1.5e22}, "The a is 4e-7 and the b is 1.5e22.") == 1.0

"""Texts of an automaton match every condition; where it finds none, there is none."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_agent.tools.schemas.automata import Condition, Texts, TooLarge
from dataset_agent.tools.schemas.matching import patterns_of
from dataset_agent.tools.schemas.regexes import matches, parse
from dataset_agent.tools.schemas.rows import Rows

ROWS = Rows(11, np.arange(60, dtype=np.uint64), 4, 100.0)

atoms = st.sampled_from(["a", "b", "[ab]", "(ab|c)", "[^a]", "^", "$", "."])
pieces = st.builds(
    lambda atom, times: atom + (times if atom not in "^$" else ""), atoms, st.sampled_from(["", "*", "?", "{2}"])
)
expressions = st.lists(pieces, min_size=1, max_size=4).map("".join)


def texts_of(*patterns: str, low: int = 0, high: int = 12) -> Texts:
    return Texts([Condition(parse(pattern)[0]) for pattern in patterns], low, high)


@settings(derandomize=True, max_examples=200, deadline=None)
@given(st.lists(expressions, min_size=1, max_size=3), st.integers(0, 4))
def test_texts_match_all_patterns(patterns: list[str], low: int) -> None:
    texts = texts_of(*patterns, low=low, high=low + 4)
    short = ("".join(chars) for size in range(low, 5) for chars in itertools.product("abcd", repeat=size))
    if texts.is_empty:
        assert not any(all(matches(pattern, text) for pattern in patterns) for text in short)
        return
    for text in texts.draw(ROWS):
        assert low <= len(text) <= low + 4
        assert all(matches(pattern, text) for pattern in patterns), text


@settings(derandomize=True, max_examples=100, deadline=None)
@given(expressions, expressions)
def test_what_is_not_wanted_is_not_found(wanted: str, unwanted: str) -> None:
    texts = Texts([Condition(parse(wanted)[0]), Condition(parse(unwanted)[0], is_wanted=False)], 0, 6)
    for text in [] if texts.is_empty else texts.draw(ROWS):
        assert matches(wanted, text) and not matches(unwanted, text)


@pytest.mark.parametrize(
    "pattern",
    [
        "^(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])(?=.*[!@#$%]).{8,32}$",
        "^(?!0)(?!.*99)[0-9]{2,5}$",
        "^(?!-)[a-z-]{1,9}(?<!-)$",
    ],
)
def test_what_is_looked_at_holds(pattern: str) -> None:
    ways = list(patterns_of([pattern], 0, None))
    best = max(sum(matches(pattern, text) for text in way.draw(ROWS)) for way in ways)
    assert best == len(ROWS)


def test_lengths_spread_and_texts_differ() -> None:
    texts = texts_of("[a-z]", "[A-Z]", "[0-9]", low=8, high=40).draw(ROWS)
    assert {len(text) for text in texts} >= set(range(8, 24)) and len(set(texts)) == len(texts)


def test_hostile_conditions_are_bounded() -> None:
    with pytest.raises(TooLarge):
        texts_of("^((a{1,100}){1,100}){1,100}$")
    many = texts_of("^[ab]*a[ab]{12}$", high=60)  # more states than are looked at
    assert not many.is_whole
    assert all(matches("^[ab]*a[ab]{12}$", text) for text in ([] if many.is_empty else many.draw(ROWS)))

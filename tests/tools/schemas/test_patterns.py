"""Texts of a pattern match it, as ECMA-262 has it, and keep their lengths."""

import numpy as np
import pytest
import regress
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_agent.tools.schemas.matching import patterns_of
from dataset_agent.tools.schemas.patterns import Pattern
from dataset_agent.tools.schemas.regexes import matches, problem_of
from dataset_agent.tools.schemas.rows import Rows

ROWS = Rows(11, np.arange(40, dtype=np.uint64), 4, 100.0)
PATTERNS = [
    r"^INV-[0-9]{6}$",
    r"^(a|bc|[d-f]{2,3})+$",
    r"^\d{4}-\d{2}(-\d{2})?$",
    r"^[^/\\|:]+\.(txt|csv)$",
    r"(^$)|(^[a-f0-9]{8}-[a-f0-9]{4}$)",
    r"^dev|alpha|rc$",
    r"\S+@\S+\.\w+",
    r"^\u0041\x42[\u{43}D]?$",
    r"^(?<year>\d{4})(?:x|y)$",
    r"^\p{Lu}\p{L}*$",
    r"^[\w.-]+$",
    r"^.{3,}$",
    r"a{2}b*?c+?",
    r"^\w+\s\w+$",
    r"^[a-zA-Z0-9-_.]+/\*$",
]


def compile_pattern(pattern: str, low: int, high: int | None) -> Pattern | None:
    """The plainest way to write texts of a pattern."""
    return next(patterns_of([pattern], low, high), None)


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize(("low", "high"), [(0, None), (7, 16), (12, 12)])
def test_texts_match(pattern: str, low: int, high: int | None) -> None:
    compiled = compile_pattern(pattern, low, high)
    if compiled is None:
        return
    expression = regress.Regex(pattern, "u") if "\\p" in pattern or "u{" in pattern else regress.Regex(pattern)
    for text in compiled.draw(ROWS):
        assert low <= len(text) <= (high or len(text))
        assert not compiled.is_exact or expression.find(text) is not None


def test_lengths_that_no_text_has() -> None:
    assert compile_pattern("^[a-z]{3}$", 4, None) is None
    assert compile_pattern("^[a-z]{3}$", 0, 2) is None
    assert compile_pattern("^[a-z]{3}", 9, 9) is not None


def test_texts_differ() -> None:
    compiled = compile_pattern("^[0-9]{6}$", 0, None)
    assert compiled is not None
    rows = Rows(11, np.arange(2_000, dtype=np.uint64), 4, 100.0)
    assert len(set(compiled.draw(rows))) > 1_990


atoms = st.sampled_from(["a", "[b-d]", r"\d", "(ef|g)", "[^x]", r"\.", "-"])
quantified = st.builds("".join, st.tuples(atoms, st.sampled_from(["", "*", "+", "?", "{2}", "{1,3}", "{2,}"])))
expressions = st.recursive(
    st.lists(quantified, min_size=1, max_size=4).map("".join),
    lambda inner: st.builds(
        lambda one, two, times: f"({one}|{two}){times}", inner, inner, st.sampled_from(["", "+", "?"])
    ),
    max_leaves=5,
)


@settings(derandomize=True, max_examples=150, deadline=None)
@given(expressions, st.integers(0, 12), st.integers(0, 20))
def test_any_expression(body: str, low: int, more: int) -> None:
    pattern = f"^(?:{body})$"
    assert problem_of(pattern) is None
    compiled = compile_pattern(pattern, low, low + more)
    if compiled is None:
        return
    assert compiled.is_exact
    for text in compiled.draw(ROWS):
        assert low <= len(text) <= low + more
        assert matches(pattern, text)  # in linear time, unlike `regress`

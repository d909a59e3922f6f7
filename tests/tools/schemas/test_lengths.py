"""Lengths of free texts and sizes of numbers spread over their bounds."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_agent.tools.draws import key_of
from dataset_agent.tools.schemas import compile_schema

from .sampling import column


@pytest.mark.parametrize("name", ["thing_x", "text", "note", "comment", "description", "value_of_it"])
def test_lengths_spread_evenly_over_close_bounds(name: str) -> None:
    lengths = np.array([len(text) for text in column({"type": "string", "minLength": 5, "maxLength": 40}, name, 1_000)])
    assert lengths.min() <= 7 and lengths.max() >= 38
    counts, _ = np.histogram(lengths, bins=7, range=(5, 41))
    assert counts.min() > 40


def test_lengths_reach_both_ends_of_wide_bounds() -> None:
    lengths = np.array([len(text) for text in column({"type": "string", "maxLength": 255}, "thing_x", 1_000)])
    assert lengths.min() < 8 and lengths.max() > 240 and 10 < np.median(lengths) < 60


def test_texts_are_words() -> None:
    for text in column({"type": "string", "minLength": 20, "maxLength": 60}, "thing_x"):
        assert text == text.strip() and "  " not in text
        assert all(part.isalpha() or "-" in part for part in text.strip(".").split(" "))


def test_most_texts_differ() -> None:
    texts = column({"type": "string", "minLength": 20, "maxLength": 200}, "thing_x", 1_000)
    assert len(set(texts)) > 950


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 300),
    st.integers(0, 300),
    st.sampled_from(["thing_x", "description", "name", "city", "phone", "url"]),
)
def test_lengths_always_hold(low: int, more: int, name: str) -> None:
    for text in column({"type": "string", "minLength": low, "maxLength": low + more}, name, 40):
        assert low <= len(text) <= low + more


@pytest.mark.parametrize("low", [300, 4_000])
def test_long_texts_are_long(low: int) -> None:
    assert all(low <= len(text) <= low + 400 for text in column({"type": "string", "minLength": low}, count=100))


@pytest.mark.parametrize(
    ("schema", "name"),
    [
        ({"type": "integer", "minimum": 10, "maximum": 5_000}, "thing_x"),
        ({"type": "number", "minimum": 0, "maximum": 1e6}, "thing_x"),
        ({"type": "integer", "minimum": 1, "maximum": 500}, "quantity"),
        ({"type": "number", "minimum": 0, "maximum": 50_000}, "price"),
        ({"type": "number", "minimum": -1, "maximum": 1}, "thing_x"),
        ({"type": "integer", "minimum": 0, "maximum": 9}, "thing_x"),
    ],
)
def test_numbers_spread_over_their_bounds(schema: dict[str, Any], name: str) -> None:
    counts, _ = np.histogram(column(schema, name, 1_000), bins=5, range=(schema["minimum"], schema["maximum"]))
    assert counts.min() > 100


def test_bounds_of_machines_are_not_spread_over() -> None:
    assert max(column({"type": "integer", "minimum": 0, "maximum": 2**31 - 1})) <= 1_000
    assert max(column({"type": "integer", "minimum": 0, "maximum": 150}, "age")) <= 90


def test_arrays_and_recursion_have_sensible_sizes() -> None:
    schema = {"type": "object", "properties": {"tags": {"type": "array", "items": {"type": "string"}},
                                               "children": {"type": "array", "items": {"$ref": "#"}}}}  # fmt: skip
    records = compile_schema(schema, key=key_of(1)).sample(np.arange(300))

    def nodes(record: dict[str, Any]) -> int:
        return 1 + sum(map(nodes, record.get("children", [])))

    assert np.mean([nodes(record) for record in records]) < 60
    tags = [record["tags"] for record in records if "tags" in record]
    assert 1 <= np.mean([len(one) for one in tags]) <= 5 and all(len(set(one)) == len(one) for one in tags)
    assert 0.6 < len(tags) / len(records) < 0.95

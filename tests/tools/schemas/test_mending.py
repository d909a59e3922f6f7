"""A value is mended where it was refused, with parts of its own kind, and nothing given changes."""

import copy
from typing import Any

import jsonschema_rs
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_agent.tools.schemas.mending import mended, replaced

SCHEMA = {
    "type": "object",
    "properties": {"a": {"type": "integer"}, "b": {"type": "array", "items": {"maximum": 3}}, "c": {"minLength": 2}},
    "required": ["a"],
    "additionalProperties": False,
}
JUDGE = jsonschema_rs.Draft7Validator(SCHEMA)

parts = st.recursive(
    st.integers(0, 6) | st.sampled_from(["", "xy"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=4),
    max_leaves=8,
)


@settings(derandomize=True, max_examples=300, deadline=None)
@given(parts, st.lists(parts, max_size=3))
def test_what_is_mended_is_valid_and_nothing_given_changes(value: Any, donors: list[Any]) -> None:
    before = copy.deepcopy((value, donors))
    found = mended(value, JUDGE, donors)
    assert (value, donors) == before
    assert found is None or JUDGE.is_valid(found)
    assert not JUDGE.is_valid(value) or found == value or not isinstance(value, dict | list)


def test_too_much_goes_and_what_is_wrong_is_exchanged() -> None:
    assert mended({"a": 1, "x": 2, "y": 3}, JUDGE, []) == {"a": 1}
    assert mended({"a": "no", "b": [1]}, JUDGE, [{"a": 7}]) == {"a": 7, "b": [1]}
    assert mended({"a": 1, "b": [1, 9, 2]}, JUDGE, []) == {"a": 1, "b": [1, 2]}
    assert mended({"b": [1]}, JUDGE, []) is None


def test_replaced() -> None:
    value = {"a": [{"b": 1}, 2], "c": {}}
    found = replaced(value, ["a", 0, "b"], 5)
    assert found == {"a": [{"b": 5}, 2], "c": {}} and found["c"] is value["c"]
    assert replaced(value, ["a", 9], 5) == value and replaced(value, [], 5) == 5

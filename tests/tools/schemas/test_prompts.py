from collections.abc import Iterator
from typing import Any

import numpy as np
import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_agent.tools.checks import aligned_share
from dataset_agent.tools.draws import key_of
from dataset_agent.tools.schemas import compile_prompt

KEY = key_of(1)
ORDER = {
    "title": "Purchase order",
    "type": "object",
    "properties": {
        "orderNumber": {"type": "string"},
        "placed_on": {"title": "Order date", "type": "string"},
        "express": {"type": "boolean"},
        "buyer": {"$ref": "#/$defs/party"},
        "lines": {"type": "array", "items": {"$ref": "#/$defs/line"}},
        "weight": {"type": "number", "description": "Weight in kilograms, packed"},
    },
    "$defs": {
        "party": {"type": "object", "properties": {"name": {"title": "Company", "type": "string"}}},
        "line": {"type": "object", "properties": {"unit_price": {"type": "number"}}},
    },
}
RECORD: dict[str, Any] = {
    "orderNumber": "PO-1",
    "placed_on": "2026-03-01",
    "express": True,
    "buyer": {"name": "Harbor Ltd"},
    "lines": [{"unit_price": 4.5}, {"unit_price": 12}],
    "weight": 3.25,
}
NAMES = st.text("abcdefgXYZ_ -", min_size=1, max_size=12)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
LEAVES = st.one_of(st.text(max_size=20), st.integers(-(10**12), 10**12), FLOATS, st.booleans(), st.none())
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4))


def leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from leaves(inner)
    else:
        yield value


def prompts(record: Any, count: int = 200, schema: Any = ORDER) -> list[str]:
    return compile_prompt(schema, key=KEY).write([record] * count, np.arange(count, dtype=np.int64))


@given(record=VALUES)
@settings(derandomize=True, max_examples=300)
def test_every_value_stands_in_the_prompt_as_it_is(record: Any) -> None:
    for prompt in prompts(record, 3, {}):
        for leaf in leaves(record):
            if isinstance(leaf, str):
                assert leaf in prompt
            elif isinstance(leaf, int | float) and not isinstance(leaf, bool):
                assert orjson.dumps(leaf).decode() in prompt


def test_a_prompt_depends_on_the_number_alone() -> None:
    together = prompts(RECORD)
    writer = compile_prompt(ORDER, key=KEY)
    assert [writer.write([RECORD], np.array([number]))[0] for number in range(200)] == together


def test_there_are_many_phrasings() -> None:
    written = prompts(RECORD)
    assert len(set(written)) == 200
    assert {" ".join(text.split()[:3]) for text in written} >= {"Here is a", "This is a", "Please take down"}


def test_names_and_titles_are_words() -> None:
    written = " ".join(prompts(RECORD))
    for words in ("order number", "order date", "company Harbor Ltd", "unit price 4.5", "Weight (Weight in kilograms"):
        assert words in written
    assert "orderNumber" not in written


def test_the_prompt_aligns_with_its_record() -> None:
    assert all(aligned_share(RECORD, prompt) == 1.0 for prompt in prompts(RECORD))


def test_records_that_are_no_objects_have_prompts_too() -> None:
    for record in (7, "seven", [], {}, [[1, 2], []], None):
        assert all(prompts(record, 5, {"title": "Odd thing"}))

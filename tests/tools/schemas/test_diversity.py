"""Over a thousand records: no two the same, every branch and value seen, lengths spread between their bounds."""

import itertools
import json
from collections import Counter
from typing import Any

import numpy as np
import pytest

from dataset_agent.tools.draws import key_of
from dataset_agent.tools.schemas import compile_schema
from dataset_agent.tools.schemas.coverage import KINDS, Coverage

NUMBERS = np.arange(1_000)
ORDER: dict[str, Any] = {
    "type": "object",
    "properties": {
        "order_number": {"type": "string", "pattern": "^PO-[0-9]{6}$"},
        "status": {"enum": [f"state {at}" for at in range(150)]},
        "note": {"type": "string", "minLength": 5, "maxLength": 40},
        "flags": {"type": "array", "items": {"enum": ["new", "paid", "late"]}, "uniqueItems": True},
        "amount": {"type": "integer", "minimum": 1, "maximum": 50},
        "payment": {
            "oneOf": [
                {"type": "object", "properties": {"iban": {"type": "string"}}, "required": ["iban"]},
                {"type": "object", "properties": {"card": {"type": "string"}}, "required": ["card"]},
                {"enum": ["cash", "cheque"]},
                {"type": "null"},
            ]
        },
        "parts": {"type": "array", "items": {"$ref": "#/definitions/part"}, "minItems": 2, "maxItems": 6},
    },
    "required": ["order_number", "note", "amount", "parts"],
    "definitions": {
        "part": {
            "type": "object",
            "properties": {"kind": {"enum": list("abcdefgh")}, "parts": {"items": {"$ref": "#/definitions/part"}}},
        }
    },
}


@pytest.fixture(scope="module")
def records() -> list[Any]:
    return compile_schema(ORDER, key=key_of(4)).sample(NUMBERS)


def test_no_two_are_the_same(records: list[Any]) -> None:
    assert len({json.dumps(record, sort_keys=True) for record in records}) == len(records)


def test_every_branch_value_and_property_is_seen(records: list[Any]) -> None:
    coverage = Coverage(ORDER)
    coverage.add(records)
    assert {kind: coverage.missing(kind) for kind in KINDS} == {kind: [] for kind in KINDS}


def test_lengths_and_numbers_spread_between_their_bounds(records: list[Any]) -> None:
    lengths = Counter(len(record["note"]) for record in records)
    assert set(lengths) == set(range(5, 41))
    assert {len(record["parts"]) for record in records} == set(range(2, 7))
    amounts = Counter(record["amount"] for record in records)
    assert set(amounts) == set(range(1, 51)) and max(amounts.values()) < 60


def test_values_come_about_equally_often(records: list[Any]) -> None:
    counts = Counter(record["status"] for record in records if "status" in record)
    assert len(counts) == 150 and max(counts.values()) <= 8


def test_each_of_many_conditions_turns_up() -> None:
    schema = {
        "type": "object",
        "properties": {"kind": {"type": "integer", "minimum": 0}},
        "required": ["kind"],
        "allOf": [
            {
                "if": {"properties": {"kind": {"const": at}}},
                "then": {"properties": {"more": {"const": f"of {at}"}}, "required": ["more"]},
            }
            for at in range(80)
        ],
    }
    records = compile_schema(schema, key=key_of(4)).sample(NUMBERS)
    assert {record["kind"] for record in records} >= set(range(80))
    assert all(record["more"] == f"of {record['kind']}" for record in records if record["kind"] < 80)


def test_each_option_of_a_long_choice_turns_up() -> None:
    options = [{"type": "object", "properties": {"k": {"const": at}}, "required": ["k"]} for at in range(300)]
    records = compile_schema({"oneOf": options}, key=key_of(4)).sample(NUMBERS)
    assert {record["k"] for record in records} == set(range(300))


def test_options_of_several_choices_turn_up_together() -> None:
    parts = [
        {"anyOf": [{"properties": {f"p{at}": {"const": of}}, "required": [f"p{at}"]} for of in range(3)]}
        for at in range(8)
    ]
    records = compile_schema({"type": "object", "allOf": parts}, key=key_of(4)).sample(NUMBERS)
    for at, of in itertools.product(range(8), range(3)):
        assert sum(record[f"p{at}"] == of for record in records) > 50


def test_what_lies_deep_is_seen_as_well() -> None:
    inner = {"type": "object", "properties": {f"field_{at}": {"type": "string"} for at in range(12)}}
    for _ in range(3):
        inner = {"type": "object", "properties": {f"part_{at}": inner for at in range(6)}}
    coverage = Coverage(inner)
    coverage.add(compile_schema(inner, key=key_of(4)).sample(NUMBERS))
    reached = 1 - len(coverage.missing("property")) / len(coverage.goals("property"))
    assert reached > 0.95

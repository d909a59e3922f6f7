"""`examples` and `default` turn up among the values, of every type, where they are valid."""

import re
from collections import Counter
from typing import Any

import numpy as np
import pytest

from dataset_agent.tools.draws import key_of
from dataset_agent.tools.schemas import compile_schema

from .sampling import TEXT, all_of, column, sample


@pytest.mark.parametrize(
    ("schema", "own"),
    [
        ({"type": "integer", "default": 30}, 30),
        ({"type": "number", "default": 0.75}, 0.75),
        ({"type": "number", "examples": [12]}, 12),
        ({"type": "array", "items": TEXT, "default": ["prod", "eu"]}, ["prod", "eu"]),
        ({"type": "object", "properties": {"a": {"type": "integer"}}, "examples": [{"a": 5}]}, {"a": 5}),
        ({"type": "string", "default": "auto"}, "auto"),
        ({"type": "string", "format": "uri", "examples": ["https://city.org/a"]}, "https://city.org/a"),
        ({"type": "string", "pattern": "^[a-z]{2,9}$", "examples": ["vanilla"]}, "vanilla"),
    ],
)
def test_own_values_turn_up_in_some_records(schema: dict[str, Any], own: Any) -> None:
    values = column(schema, "setting_x", 400)
    share = sum(value == own for value in values) / len(values)
    assert 0.08 < share < 0.5 or ("pattern" in schema and share > 0.05)
    assert len(set(map(str, values))) > 3


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "integer", "default": 500, "maximum": 100},
        {"type": "number", "examples": [0.5], "multipleOf": 0.2},
        {"type": "array", "items": {"type": "integer"}, "default": ["a"], "minItems": 1},
        {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"], "default": {"b": 1}},
        {"type": "string", "default": "much too long for it", "maxLength": 9},
        {"type": "string", "format": "uri", "default": "no uri"},
        {"type": "string", "pattern": "^[a-z]+$", "default": "UPPER"},
        {"type": "integer", "default": True},
        {"type": "integer", "default": "7", "not": {"const": 7}},
    ],
)
def test_invalid_ones_do_not(schema: dict[str, Any]) -> None:
    own = schema.get("default", 0.5)
    assert all(value != own or type(value) is not type(own) for value in column(schema, "setting_x"))


def test_numbers_are_of_the_size_of_the_default() -> None:
    assert max(column({"type": "integer", "default": 3}, "knob")) <= 9
    assert min(column({"type": "integer", "default": 40_000}, "knob")) >= 1
    assert max(column({"type": "integer", "default": 40_000}, "knob")) > 40_000


def test_types_stay_what_they_are() -> None:
    assert {type(value) for value in column({"type": "number", "default": 1}, "ratio")} == {float}
    assert {type(value) for value in column({"type": "integer", "default": 12}, "knob")} == {int}


def test_codes_are_like_the_examples() -> None:
    values = column({"type": "string", "examples": ["SKU-00123"]}, "article_key")
    assert all(re.fullmatch(r"SKU-\d{5}", value) for value in values)
    assert len(set(values)) > 200


def test_many_examples_are_most_of_the_values() -> None:
    words = ["vanilla", "chocolate", "mint", "lemon"]
    counts = Counter(column({"type": "string", "examples": words}, "flavour"))
    assert all(counts[word] > 30 for word in words)


def test_placeholders_do_not_turn_up() -> None:
    values = column({"type": "string", "examples": ["foo", "TODO", "<name>", "your-key", "John Doe"]}, "thing")
    assert not {"foo", "TODO", "<name>", "your-key", "John Doe"} & set(values)


def test_examples_of_fields_that_belong_together_turn_up_together() -> None:
    records = sample({"city": {**TEXT, "examples": ["Springfield"]}, "country": {**TEXT, "examples": ["Ruritania"]}})
    assert any(record["city"] == "Springfield" for record in records)
    assert all((record["city"] == "Springfield") == (record["country"] == "Ruritania") for record in records)


def test_examples_do_not_contradict_the_fields_beside_them() -> None:
    records = sample({"city": {**TEXT, "examples": ["Springfield"]}, **all_of("country", "postal_code")})
    assert all(record["city"] != "Springfield" for record in records)
    alone = column({**TEXT, "examples": ["Springfield"]}, "city")
    assert "Springfield" in alone


def test_moments_stay_in_order_whatever_the_defaults_are() -> None:
    date = {"type": "string", "format": "date", "default": "2019-01-01"}
    for record in sample(all_of("start_date", "end_date", schema=date)):
        assert record["start_date"] < record["end_date"]


def test_whole_records_are_no_copies() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"], "default": {"a": 77}}
    records = compile_schema(schema, key=key_of(1)).sample(np.arange(300))
    assert sum(record == {"a": 77} for record in records) < 10


def test_a_column_with_a_default_keeps_its_arrow_type() -> None:
    properties = {"n": {"type": "integer", "default": 4}, "x": {"type": "number", "default": 2}}
    schema = {"type": "object", "properties": properties, "required": ["n", "x"], "additionalProperties": False}
    sampler = compile_schema(schema, key=key_of(1))
    kind = sampler.arrow_type
    assert kind is not None and [str(field.type) for field in kind] == ["int64", "double"]

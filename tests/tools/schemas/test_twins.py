"""Twins: exactly one error each, of the keyword and at the path that their label names, by two validators."""

import json
from collections import Counter
from typing import Any

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_agent.errors import UnservableSchema
from dataset_agent.tools.draws import key_of
from dataset_agent.tools.schemas import compile_schema, draft_of
from dataset_agent.tools.schemas.places import Document
from dataset_agent.tools.schemas.twins import Faults, Spread, Twins, compile_twins

KEY = key_of(11, "category", "twins")
NUMBERS = np.arange(1000)
ENOUGH = np.arange(200)

EVERY_KEYWORD: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "sku": {"type": "string", "pattern": "^[A-Z]{3}-[0-9]{4}$"},
        "name": {"type": "string", "minLength": 3, "maxLength": 30},
        "email": {"type": "string", "format": "email"},
        "day": {"type": "string", "format": "date"},
        "price": {"type": "number", "exclusiveMinimum": 0, "maximum": 999.5, "multipleOf": 0.5},
        "quantity": {"type": "integer", "minimum": 1, "exclusiveMaximum": 100},
        "status": {"enum": ["new", "paid", None, 3]},
        "kind": {"const": "order"},
        "tags": {
            "type": "array",
            "items": {"enum": ["a", "b", "c", "d", "e", "f"]},
            "minItems": 2,
            "maxItems": 4,
            "uniqueItems": True,
            "contains": {"const": "a"},
        },
        "pair": {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "items": False},
        "numbers": {
            "type": "array",
            "items": {"type": "integer"},
            "contains": {"minimum": 50},
            "minContains": 2,
            "maxContains": 3,
        },
        "by_code": {
            "type": "object",
            "propertyNames": {"pattern": "^[a-z]{3,8}$"},
            "additionalProperties": {"type": "integer"},
            "minProperties": 2,
            "maxProperties": 4,
        },
        "payment": {
            "oneOf": [
                {
                    "type": "object",
                    "properties": {"card": {"type": "string", "minLength": 4}},
                    "required": ["card"],
                    "additionalProperties": False,
                },
                {
                    "type": "object",
                    "properties": {"iban": {"type": "string", "minLength": 10}},
                    "required": ["iban"],
                    "additionalProperties": False,
                },
            ]
        },
        "size": {"anyOf": [{"type": "string", "maxLength": 5}, {"type": "integer", "minimum": 5}]},
        "odd": {"type": "integer", "not": {"multipleOf": 7}, "minimum": 0, "maximum": 1000},
        "address": {
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
            "minProperties": 1,
            "dependentRequired": {"street": ["city"]},
        },
        "closed": {
            "type": "object",
            "allOf": [{"properties": {"x": {"type": "integer"}}, "required": ["x"]}],
            "unevaluatedProperties": False,
        },
        "row": {"type": "array", "prefixItems": [{"type": "integer"}], "minItems": 1, "unevaluatedItems": False},
        "place": {
            "type": "object",
            "properties": {"country": {"enum": ["US", "DE"]}, "zip": {"type": "string"}},
            "required": ["country", "zip"],
            "if": {"properties": {"country": {"const": "US"}}},
            "then": {"properties": {"zip": {"pattern": "^[0-9]{5}$"}}},
            "else": {"properties": {"zip": {"pattern": "^D-[0-9]{5}$"}}},
        },
    },
    "required": ["sku", "name", "price", "quantity", "status", "kind", "tags", "payment"],
    "additionalProperties": False,
}
BREAKABLE = (
    "type enum const minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength pattern format "
    "minItems maxItems uniqueItems contains minContains maxContains items unevaluatedItems required "
    "minProperties maxProperties additionalProperties unevaluatedProperties dependentRequired not anyOf oneOf"
).split()

OTHERS: dict[str, Any] = {
    "draft 4": {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "type": "object",
        "properties": {
            "age": {"type": "integer", "minimum": 0, "exclusiveMinimum": True, "maximum": 120},
            "parts": {"type": "array", "items": [{"type": "string"}, {"type": "integer"}], "additionalItems": False},
            "owner": {"$ref": "#/definitions/person", "minLength": 400},
        },
        "required": ["age", "parts", "owner"],
        "dependencies": {"age": ["parts"], "parts": {"required": ["owner"]}},
        "definitions": {
            "person": {"type": "object", "properties": {"name/first~": {"type": "string"}}, "required": ["name/first~"]}
        },
    },
    "a tree": {
        "$ref": "#/$defs/node",
        "$defs": {
            "node": {
                "type": "object",
                "properties": {
                    "label": {"type": "string", "minLength": 1},
                    "children": {"type": "array", "maxItems": 3, "items": {"$ref": "#/$defs/node"}},
                },
                "required": ["label"],
                "additionalProperties": False,
            }
        },
    },
    "no object": {"type": "array", "items": {"type": "integer", "minimum": 0}, "minItems": 1},
    "a plain value": {"type": "string", "maxLength": 12},
    "exclusive choices": {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
        "oneOf": [{"required": ["a"]}, {"required": ["b"]}],
    },
    "what must not be there": {
        "type": "object",
        "properties": {"old": {"type": "string"}, "new": {"type": "string"}},
        "required": ["new"],
        "not": {"required": ["old"]},
    },
    "patterns of names": {
        "type": "object",
        "patternProperties": {"^x-": {"type": "boolean"}},
        "additionalProperties": False,
        "minProperties": 1,
    },
}


def twins_of(schema: Any, numbers: Any, share: float = 1.0, edge_cases: float = 0.0) -> list[tuple[Any, str | None]]:
    sampler = compile_schema(schema, key=KEY, edge_cases=edge_cases)
    twins = compile_twins(schema, sampler, key=KEY, share=share, where="record_schema")
    records, labels = twins.write(numbers, sampler.sample(numbers))
    return list(zip(records, labels, strict=True))


def reference(schema: Any) -> Any:
    cls = getattr(jsonschema, f"Draft{draft_of(schema).replace('-', '')}Validator")
    return cls(schema, format_checker=jsonschema.FormatChecker())


def told(error: jsonschema.ValidationError) -> tuple[str, str]:
    """Keyword and path of the reference's error."""
    steps = (str(step).replace("~", "~0").replace("/", "~1") for step in error.absolute_path)
    return error.validator, "".join(f"/{step}" for step in steps)


def same_keyword(found: str, label: str) -> bool:
    """The reference calls it `contains` where no item at all is what `minContains` looks for."""
    return found == label or (label, found) == ("minContains", "contains")


@pytest.mark.parametrize("name", ["every keyword", *OTHERS])
@pytest.mark.parametrize("edge_cases", [0.0, 1.0])
def test_a_twin_has_the_one_error_that_its_label_names(name: str, edge_cases: float) -> None:
    schema = OTHERS.get(name, EVERY_KEYWORD)
    validator, own = reference(schema), Faults.of(schema)
    for record, text in twins_of(schema, ENOUGH, edge_cases=edge_cases):
        assert text is not None
        label = json.loads(text)
        assert own.label(record) == text
        errors = [told(error) for error in validator.iter_errors(json.loads(json.dumps(record)))]
        assert len(errors) == 1, (label, errors, record)
        (keyword, path) = errors[0]
        assert same_keyword(keyword, label["keyword"]), (label, record)
        assert path == label["path"]
        where = schema
        for step in label["schema_path"].removeprefix("#/").split("/"):
            step = step.replace("~1", "/").replace("~0", "~")
            where = where[int(step)] if isinstance(where, list) else where[step]


def test_every_keyword_turns_up_about_equally_often() -> None:
    labels = [json.loads(text) for _, text in twins_of(EVERY_KEYWORD, NUMBERS) if text]
    counts = Counter(label["keyword"] for label in labels)
    assert set(counts) == set(BREAKABLE)
    assert any("/propertyNames/" in label["schema_path"] for label in labels)
    assert min(counts.values()) >= 1000 / len(BREAKABLE) / 4


def test_twins_are_near_to_valid_records() -> None:
    """One part is changed; what is beside the path is the valid record's."""
    sampler = compile_schema(EVERY_KEYWORD, key=KEY)
    records = sampler.sample(ENOUGH)
    twins = compile_twins(EVERY_KEYWORD, sampler, key=KEY, share=1.0, where="record_schema")
    for before, after, text in zip(records, *twins.write(ENOUGH, records), strict=True):
        top = json.loads(text or "")["path"].split("/")[1:2]
        changed = {name for name in before.keys() | after.keys() if before.get(name, ...) != after.get(name, ...)}
        assert len(changed) == 1
        assert not top or changed == set(top)


def test_bounds_are_missed_by_as_little_as_it_takes() -> None:
    number = {"type": "number", "minimum": 10, "maximum": 19.99}
    schema = {"type": "object", "properties": {"n": number}, "required": ["n"], "additionalProperties": False}
    found = {json.loads(text or "")["keyword"]: record for record, text in twins_of(schema, ENOUGH)}
    assert 9.9 <= found["minimum"]["n"] < 10
    assert 19.99 < found["maximum"]["n"] <= 20
    short = {"type": "string", "minLength": 4, "maxLength": 6}
    lengths = {json.loads(text or "")["keyword"]: record for record, text in twins_of(short, ENOUGH)}
    assert len(lengths["minLength"]) == 3
    assert len(lengths["maxLength"]) == 7


def test_a_twin_depends_on_its_number_alone() -> None:
    whole = twins_of(EVERY_KEYWORD, np.arange(60), share=0.4, edge_cases=0.3)
    some = twins_of(EVERY_KEYWORD, np.array([41, 3, 17, 58]), share=0.4, edge_cases=0.3)
    assert some == [whole[41], whole[3], whole[17], whole[58]]
    assert {text is None for _, text in whole} == {True, False}


def test_others_stay_the_valid_records_they_were() -> None:
    sampler = compile_schema(EVERY_KEYWORD, key=KEY)
    twins = compile_twins(EVERY_KEYWORD, sampler, key=KEY, share=0.25, where="record_schema")
    records = sampler.sample(ENOUGH)
    made, labels = twins.write(ENOUGH, records)
    is_twin = Spread(KEY, 0.25).among(ENOUGH).tolist()
    assert [text is not None for text in labels] == is_twin
    assert all(after is before for after, before, twin in zip(made, records, is_twin, strict=True) if not twin)


@pytest.mark.parametrize("schema", [True, {}, {"title": "anything"}, {"properties": {"a": {}}}])
def test_a_schema_that_nothing_breaks_cannot_be_served(schema: Any) -> None:
    sampler = compile_schema(schema, key=KEY)
    with pytest.raises(UnservableSchema, match="breaks exactly one keyword"):
        compile_twins(schema, sampler, key=KEY, share=0.1, where="record_schema")


def test_where_this_record_cannot_be_broken_another_one_is() -> None:
    """Half of the records have nothing to break: those without the property."""
    schema = {
        "properties": {"n": {"maximum": 3}, "m": True},
        "type": ["object", "array", "string", "number", "boolean"],
    }
    made = twins_of({**schema, "type": ["object", "null"]}, ENOUGH)
    assert all(text is not None for _, text in made)


def test_a_twin_that_cannot_be_made_is_a_valid_record_without_a_label() -> None:
    document = Document({"title": "anything"}, "record_schema")
    twins = Twins(document, lambda numbers: [{"n": int(number)} for number in numbers], key=KEY, share=1.0)
    assert twins.write(np.arange(2), [{"n": 0}, {"n": 1}]) == ([{"n": 0}, {"n": 1}], [None, None])


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.floats(0, 1), st.integers(0, 2**62), st.integers(1, 3000), st.integers(0, 2**64 - 1))
def test_any_run_of_numbers_has_its_share_to_within_one(share: float, start: int, size: int, key: int) -> None:
    spread = Spread(np.uint64(key), share)
    twins = int(spread.among(np.arange(start, start + size)).sum())
    assert abs(twins - share * size) <= 1 + size / 2**32


def test_shares_of_none_and_all() -> None:
    numbers = np.array([0, 1, 7, 2**40, 2**62])
    assert not Spread(KEY, 0.0).among(numbers).any()
    assert Spread(KEY, 1.0).among(numbers).all()


@pytest.mark.parametrize("bound", ["minContains", "maxContains"])
def test_a_bound_on_nothing_breaks_nothing(bound: str) -> None:
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "array",
        "items": {"type": "integer"},
        "minItems": 1,
        bound: 2,
    }
    assert {json.loads(text or "{}").get("keyword") for _, text in twins_of(schema, np.arange(40))} <= {
        "type",
        "minItems",
    }

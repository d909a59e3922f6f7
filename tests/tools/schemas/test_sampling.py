"""Records are valid by two validators, and depend on the key and their number alone."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_agent.tools.draws import key_of
from dataset_agent.tools.schemas import Validator, compile_schema, draft_of
from dataset_agent.tools.schemas.drafts import reference_class

KEY = key_of(7)
NUMBERS = np.arange(60)
D4 = {"$schema": "http://json-schema.org/draft-04/schema#"}
D2020 = {"$schema": "https://json-schema.org/draft/2020-12/schema"}

TREE = {
    "type": "object",
    "properties": {"value": {"type": "integer"}, "left": {"$ref": "#"}, "right": {"$ref": "#"}},
    "required": ["value"],
}
SCHEMAS: dict[str, Any] = {
    "anything": {},
    "enum": {"enum": ["a", 1, None, {"b": [2]}]},
    "draft 4 bounds": {**D4, "type": "integer", "minimum": 3, "exclusiveMinimum": True, "maximum": 6},
    "open bounds": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.01},
    "cents": {"type": "number", "multipleOf": 0.01, "minimum": 0, "maximum": 50},
    "grid of integers": {"type": "integer", "multipleOf": 7.5, "maximum": -1},
    "beyond 64 bits": {"type": "integer", "minimum": 10**30},
    "lengths": {"type": "string", "minLength": 3, "maxLength": 5},
    "long": {"type": "string", "minLength": 200, "maxLength": 210},
    "pattern and lengths": {"type": "string", "pattern": "^[a-z]+(-[a-z]+)*$", "minLength": 12, "maxLength": 14},
    "two patterns": {"type": "string", "allOf": [{"pattern": "^[a-z]"}, {"pattern": "[0-9]$"}]},
    "look-ahead": {"type": "string", "pattern": "^(?!.*--)[a-z-]{4}$"},
    "format and length": {"type": "string", "format": "email", "maxLength": 24},
    "tuple": {**D2020, "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False, "minItems": 1},
    "old tuple": {"items": [{"type": "null"}], "additionalItems": {"type": "boolean"}, "minItems": 3},
    "all of an enum": {"type": "array", "items": {"enum": [1, 2, 3]}, "uniqueItems": True, "minItems": 3},
    "contains": {"type": "array", "items": {"type": "integer"}, "contains": {"const": 5}, "maxItems": 4},
    "contains twice": {**D2020, "contains": {"type": "string"}, "minContains": 2, "maxContains": 3, "type": "array"},
    "map": {"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 2, "maxProperties": 3},
    "pattern properties": {
        "type": "object",
        "patternProperties": {"^x-": {"type": "integer"}},
        "additionalProperties": False,
        "minProperties": 1,
    },
    "property names": {"type": "object", "propertyNames": {"pattern": "^[A-Z]{3}$"}, "minProperties": 4},
    "merged": {
        "allOf": [
            {"properties": {"a": {"type": "string"}}, "required": ["a"]},
            {"properties": {"a": {"maxLength": 4}, "b": {"type": "integer"}}, "required": ["b"]},
        ]
    },
    "one of required": {
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
        "oneOf": [{"required": ["a"]}, {"required": ["b"]}],
    },
    "overlapping one of": {"oneOf": [{"type": "integer"}, {"type": "number", "minimum": 5}]},
    "not": {"type": "integer", "minimum": 0, "maximum": 3, "not": {"enum": [1, 2]}},
    "if": {
        "type": "object",
        "properties": {"kind": {"enum": ["card", "cash"]}, "number": {"type": "string"}},
        "required": ["kind"],
        "if": {"properties": {"kind": {"const": "card"}}},
        "then": {"required": ["number"]},
        "else": {"properties": {"number": False}},
    },
    "dependencies": {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}, "c": {"type": "integer"}},
        "dependencies": {"a": ["b"], "c": {"required": ["a"]}},
    },
    "dependent schemas": {
        **D2020,
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
        "dependentSchemas": {"a": {"properties": {"b": {"minimum": 900}}, "required": ["b"]}},
    },
    "unevaluated": {
        **D2020,
        "type": "object",
        "allOf": [{"properties": {"a": {"type": "integer"}}}],
        "properties": {"b": {"type": "integer"}},
        "unevaluatedProperties": False,
    },
    "list": {"type": "object", "properties": {"v": {"type": "integer"}, "next": {"$ref": "#"}}, "required": ["v"]},
    "tree": TREE,
    "way out": {"oneOf": [{"type": "array", "items": {"$ref": "#"}, "minItems": 2}, {"type": "integer"}]},
    "own id": {
        "$id": "https://schemas.acme.dev/order.json",
        "type": "object",
        "properties": {"part": {"$ref": "https://schemas.acme.dev/order.json#/definitions/part"}},
        "required": ["part"],
        "definitions": {"part": {"type": "string", "pattern": "^P[0-9]{4}$"}},
    },
    "anchor": {
        **D2020,
        "properties": {"a": {"$ref": "#leaf"}},
        "required": ["a"],
        "$defs": {"x": {"$anchor": "leaf", "type": "integer", "minimum": 3, "maximum": 4}},
    },
    "without the object": {"properties": {"a": False}, "required": ["a"]},
    "unevaluated items": {
        **D2020,
        "allOf": [{"prefixItems": [{"type": "string"}]}],
        "contains": {"type": "integer"},
        "unevaluatedItems": False,
        "type": "array",
    },
    "unevaluated beside a cousin": {
        **D2020,
        "type": "object",
        "allOf": [
            {"properties": {"a": True}},
            {"properties": {"b": {"type": "integer"}}, "unevaluatedProperties": False},
        ],
    },
    "contains at a place of its own": {
        "type": "array",
        "items": [{"type": "string"}],
        "additionalItems": {"type": "integer"},
        "contains": {"type": "string", "minLength": 5},
    },
    "at most two like this": {**D2020, "type": "array", "contains": {"minimum": 5}, "maxContains": 2, "minItems": 4},
    "needs what cannot be": {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
        "additionalProperties": False,
        "dependencies": {"a": ["c"]},
    },
    "needs what nobody declares": {
        **D2020,
        "type": "object",
        "properties": {"a": {"type": "integer"}},
        "dependentRequired": {"a": ["b"], "b": ["c"]},
        "minProperties": 1,
    },
    "not not": {"not": {"not": {"enum": ["a", "b"]}}},
    "not a conditional": {"not": {"if": {"type": "string"}, "then": {"minLength": 3}, "else": {"type": "integer"}}},
    "not where types are silent": {"not": {"minimum": 3}},
    "one of what overlaps": {
        "oneOf": [{"required": ["a"]}, {"required": ["b"]}, {"required": ["c"]}],
        "type": "object",
    },
    "a choice without a type": {"properties": {"a": {"$ref": "#"}}, "required": ["a"]},
    "short mail": {"type": "string", "format": "email", "maxLength": 9},
    "long address": {"type": "string", "format": "uri", "minLength": 90},
    "ends like a picture": {"type": "string", "format": "uri", "pattern": "[.]png$"},
    "passwords": {"type": "string", "pattern": "^(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])(?=.*[!?])[!-~]{8,20}$"},
    "three patterns": {"allOf": [{"pattern": "[a-z]"}, {"pattern": "[0-9]"}, {"pattern": "^.{4}$"}], "type": "string"},
    "json in base64": {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "string",
        "contentMediaType": "application/json",
        "contentEncoding": "base64",
    },
    "conditions in a row": {
        "type": "object",
        "properties": {"kind": {"type": "integer"}},
        "required": ["kind"],
        "allOf": [
            {"if": {"properties": {"kind": {"const": at}}}, "then": {"required": [f"of_{at}"]}} for at in range(60)
        ],
    },
    "distinct lists": {"type": "array", "uniqueItems": True, "items": {"$ref": "#"}, "maxItems": 3},
    "the metaschema": {"properties": {"schema": {"$ref": "http://json-schema.org/draft-07/schema#"}}, "type": "object"},
    "hopeless in one branch": {
        **D2020,
        "$defs": {
            "x2": {"oneOf": [{"$ref": "#/$defs/x3"}, {"$ref": "#/$defs/x6"}]},
            "x3": {"properties": {"a": {"$ref": "#/$defs/x2"}}, "required": ["a"]},
            "x6": {"properties": {"c": {"type": ["string", "integer"]}}},
        },
        "type": "object",
        "properties": {"k2": {"$ref": "#/$defs/x2"}, "k3": {"$ref": "#/$defs/x3"}},
    },
    "odd names": {"type": "object", "properties": {"a\"'\\{}": {"type": "integer"}}, "required": ["a\"'\\{}"]},
}


def wrong(schema: Any, records: list[Any]) -> list[Any]:
    """The records that either validator refuses."""
    cls = reference_class(draft_of(schema))
    fast, slow = Validator(schema), cls(schema, format_checker=cls.FORMAT_CHECKER)
    return [record for record in records if not (fast.is_valid(record) and slow.is_valid(record))]


@pytest.mark.parametrize("name", SCHEMAS)
@pytest.mark.parametrize("edge_cases", [0.0, 1.0])
def test_records_are_valid(name: str, edge_cases: float) -> None:
    records = compile_schema(SCHEMAS[name], key=KEY, edge_cases=edge_cases).sample(NUMBERS)
    assert len(records) == len(NUMBERS)
    assert wrong(SCHEMAS[name], records) == []


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_record_depends_on_its_number_alone(name: str) -> None:
    whole = compile_schema(SCHEMAS[name], key=KEY, edge_cases=0.3).sample(NUMBERS)
    some = compile_schema(SCHEMAS[name], key=KEY, edge_cases=0.3).sample(np.array([41, 3]))
    assert some == [whole[41], whole[3]]
    for number in (5, 17, 58):
        assert compile_schema(SCHEMAS[name], key=KEY, edge_cases=0.3).sample(np.array([number])) == [whole[number]]


leaves = st.one_of(
    st.builds(lambda low, more: {"type": "integer", "minimum": low, "maximum": low + more}, st.integers(-99, 99),
              st.integers(0, 99)),
    st.builds(lambda low, more: {"type": "string", "minLength": low, "maxLength": low + more}, st.integers(0, 20),
              st.integers(0, 20)),
    st.sampled_from([{"type": "boolean"}, {"type": "null"}, {"enum": ["a", "b", 3]},
                     {"type": "string", "format": "date"},
                     {"type": ["number", "null"]}, {"type": "string", "pattern": "^[A-Z]{2}[0-9]*$"}]),
)  # fmt: skip


def objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    names = st.dictionaries(st.sampled_from("name email id price tags start_date".split()), inner, max_size=4)
    return st.builds(
        lambda properties, needed, closed: {
            "type": "object",
            "properties": properties,
            "required": [name for name in properties if name in needed],
            **({"additionalProperties": False} if closed else {}),
        },
        names,
        st.sets(st.sampled_from("name email id price tags start_date".split())),
        st.booleans(),
    )


schemas = st.recursive(
    leaves,
    lambda inner: st.one_of(
        objects(inner),
        st.builds(lambda items, least: {"type": "array", "items": items, "minItems": least}, inner, st.integers(0, 3)),
        st.builds(lambda options: {"anyOf": options}, st.lists(inner, min_size=1, max_size=3)),
    ),
    max_leaves=12,
)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(schemas)
def test_any_composed_schema_is_served(schema: Any) -> None:
    sampler = compile_schema(schema, key=KEY, edge_cases=0.3)
    assert wrong(schema, sampler.sample(np.arange(12))) == []


def test_arrow_type_only_where_nothing_is_lost() -> None:
    line = {
        "type": "object",
        "properties": {"n": {"type": "integer"}},
        "required": ["n"],
        "additionalProperties": False,
    }
    properties = {"title": {"type": "string"}, "lines": {"type": "array", "items": line}, "paid": {"type": "boolean"}}
    closed = {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}
    sampler = compile_schema(closed, key=KEY)
    kind = pa.struct([
        ("title", pa.string()), ("lines", pa.list_(pa.struct([("n", pa.int64())]))), ("paid", pa.bool_()),
    ])  # fmt: skip
    assert sampler.arrow_type == kind
    records = sampler.sample(NUMBERS)
    assert pa.array(records, type=kind).to_pylist() == records
    for looser in ({**closed, "required": ["title"]}, {**closed, "additionalProperties": True}):
        assert compile_schema(looser, key=KEY).arrow_type is None


def test_edge_cases_reach_the_bounds() -> None:
    schema = {
        "type": "object",
        "properties": {
            "n": {"type": "integer", "minimum": 4, "maximum": 4_000},
            "s": {"type": "string", "maxLength": 9},
        },
        "required": ["n", "s"],
    }
    records = compile_schema(schema, key=KEY, edge_cases=1.0).sample(NUMBERS)
    assert {4, 4_000} <= {record["n"] for record in records}
    assert {0, 9} <= {len(record["s"]) for record in records}
    assert any(not record["s"].isascii() for record in records)


def test_optional_properties_come_and_go() -> None:
    records = compile_schema(TREE, key=KEY).sample(np.arange(500))
    share = sum("left" in record for record in records) / 500
    assert 0.7 < share < 0.9


def test_the_reference_agrees_on_formats() -> None:
    schema = {"type": "object", "properties": {"d": {"type": "string", "format": "date"}}}
    validator = Validator(schema)
    for record, is_valid in (({"d": "2024-02-29"}, True), ({"d": "2023-02-29"}, False), ({"d": 3}, False), ({}, True)):
        assert validator.is_valid(record) is is_valid
        assert (validator.explain(record) == "") is is_valid
    assert validator.explain({"d": 3}).startswith("$.d: ")

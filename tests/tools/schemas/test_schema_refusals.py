"""What cannot be served is refused at once, by name; nothing hangs and nothing is fetched."""

import time
from typing import Any

import numpy as np
import pytest

from dataset_agent.errors import SchemaError, UnservableSchema
from dataset_agent.tools.schemas import compile_schema, draft_of

KEY = np.uint64(1)


def nested(levels: int) -> Any:
    schema: Any = {"type": "string"}
    for _ in range(levels):
        schema = {"type": "object", "properties": {"a": schema}, "required": ["a"]}
    return schema


def chained(length: int, **more: Any) -> Any:
    parts = {f"d{at}": {**more, "items": {"$ref": f"#/definitions/d{at + 1}"}} for at in range(length)}
    return {"$ref": "#/definitions/d0", "definitions": {**parts, f"d{length}": {"type": "string"}}}


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "strin"}, "strin"),
        (5, "an object, true or false"),
        ({"properties": {"a": {"$ref": "#/$defs/missing_part"}}}, "missing_part"),
        ({"$ref": "http://127.0.0.1:9/remote.json"}, "127.0.0.1:9/remote.json"),
        ({"$ref": "file:///etc/passwd"}, "etc/passwd"),
        ({"$ref": "other.json#/a"}, "other.json"),
        ({"type": "string", "pattern": "([a-z"}, "pattern"),
    ],
)
def test_bad_schemas_are_named(schema: Any, said: str) -> None:
    with pytest.raises(SchemaError) as caught:
        compile_schema(schema, key=KEY, where="$.record_schema")
    assert said in str(caught.value)
    assert caught.value.problems[0].where.startswith("$.record_schema")


@pytest.mark.parametrize(
    ("schema", "keyword"),
    [
        (False, "false"),
        ({"type": "string", "minLength": 10**9}, "minLength"),
        ({"type": "array", "minItems": 10**7}, "minItems"),
        ({"type": "object", "minProperties": 10**7}, "minProperties"),
        ({"type": "string", "pattern": "^(((a{1000}){1000}){1000})$"}, "pattern"),
        ({"type": "string", "pattern": "^a{100000}$"}, "pattern"),
        (nested(90), "properties"),
        (nested(200), "properties"),
        (chained(200, type="array", minItems=1), "properties"),
        (chained(4, type="array", minItems=1000), "minItems"),
        ({"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]}, "$ref"),
        ({"type": "array", "uniqueItems": True, "minItems": 3, "items": {"enum": [1, 2]}}, ""),
        ({"type": "integer", "minimum": 5, "maximum": 3}, ""),
        ({"allOf": [{"type": "string"}, {"type": "integer"}]}, ""),
        ({"type": "object", "properties": {"a": False}, "required": ["a"]}, ""),
        ({"not": {}}, ""),
        ({"type": "string", "not": {"type": "string"}}, ""),
        ({"type": "string", "pattern": "^a$", "minLength": 3}, ""),
        ({"type": "string", "allOf": [{"pattern": "^a$"}, {"pattern": "^b$"}]}, "pattern"),
        ({"type": "string", "pattern": "^((a{1,1000}){1,1000}){1,1000}$"}, "pattern"),
        ({"type": "string", "pattern": r"^(?:(?:(?:\b\b){1000}){1000}){1000}a$"}, "pattern"),
        ({"type": "string", "pattern": "^(?:(?:(?=a)(?=a)){1000}){1000}a$"}, "pattern"),
        ({"not": {"$ref": "#"}}, "not"),
    ],
)
def test_unservable_schemas_are_refused_quickly(schema: Any, keyword: str) -> None:
    start = time.process_time()
    with pytest.raises(UnservableSchema) as caught:
        compile_schema(schema, key=KEY)
    assert time.process_time() - start < 5
    assert keyword in ("", caught.value.keyword)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "pattern": "^(([a-z])+.)+[A-Z]([a-z])+$", "minLength": 200},
        {"allOf": [{"anyOf": [{"required": [f"p{at}{of}"]} for of in range(3)]} for at in range(20)], "type": "object"},
        {"oneOf": [{"properties": {"k": {"const": at}}, "required": ["k"], "type": "object"} for at in range(60)]},
        {"type": "object", "properties": {f"p{at}": {"$ref": "#"} for at in range(150)}},
        {"oneOf": [{"properties": {f"k{at}": True}, "required": [f"k{at}"], "type": "object"} for at in range(900)]},
        {"type": "object", "dependencies": {f"a{at}": [f"a{at + 1}"] for at in range(400)}, "required": ["a0"]},
        {"type": "array", "items": {"anyOf": [{"$ref": "#"}] * 30}},
        {"type": "string", "allOf": [{"pattern": f"{chr(97 + at)}.*{chr(98 + at)}"} for at in range(6)]},
        {"type": "string", "pattern": "^(?:a?){60}a{60}$"},
        {"type": "object", "patternProperties": {f"^(a|b)*{at}(c+)+$": {} for at in range(100)}, "minProperties": 3},
        {"$ref": "#"},
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$ref": "#/$defs/d0",
            "$defs": {
                f"d{at}": {
                    "type": "object",
                    "unevaluatedProperties": False,
                    "properties": {"n": {"$ref": f"#/$defs/d{at + 1}"}},
                }
                for at in range(300)
            }
            | {"d300": {}},
        },
    ],
)
def test_what_multiplies_stays_bounded(schema: Any) -> None:
    start = time.process_time()
    assert len(compile_schema(schema, key=KEY).sample(np.arange(50))) == 50
    assert time.process_time() - start < 10


@pytest.mark.parametrize(
    ("schema", "draft"),
    [
        ({}, "7"),
        (True, "7"),
        ({"$defs": {}}, "2020-12"),
        ({"properties": {"$defs": {"type": "string"}}}, "7"),
        ({"items": {"prefixItems": [True]}}, "2020-12"),
        ({"minimum": 1, "exclusiveMinimum": True}, "4"),
        ({"$schema": "http://json-schema.org/draft-06/schema"}, "6"),
        ({"$schema": "https://json-schema.org/draft/2019-09/schema"}, "2019-09"),
        ({"$schema": "http://schemas.acme.dev/own#"}, "7"),
    ],
)
def test_draft_of(schema: Any, draft: str) -> None:
    assert draft_of(schema) == draft

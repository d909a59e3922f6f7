"""A JSON Schema in short."""

import json
from typing import Any

from dataset_agent.agents.plan_format import plan_format
from dataset_agent.agents.schema_summary import MAX_NODES, MAX_PROPERTIES, summarise
from dataset_agent.plan import plan_schema
from dataset_agent.tools.schemas import Validator

ORDER = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Order",
    "type": "object",
    "required": ["id", "lines"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string", "pattern": "^O-[0-9]+$"},
        "state": {"enum": ["new", "sent"]},
        "lines": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/line"}},
        "payment": {"oneOf": [{"const": "cash"}, {"type": "object", "properties": {"iban": {"type": "string"}}}]},
    },
    "$defs": {"line": {"type": "object", "properties": {"amount": {"type": "number", "minimum": 0}}}},
}


def test_what_matters_is_told() -> None:
    assert summarise(ORDER) == {
        "title": "Order",
        "type": "object",
        "required": ["id", "lines"],
        "additionalProperties": False,
        "properties": {
            "id": {"type": "string", "pattern": "^O-[0-9]+$"},
            "state": {"enum": ["new", "sent"]},
            "lines": {
                "type": "array",
                "minItems": 1,
                "items": {"type": "object", "properties": {"amount": {"type": "number", "minimum": 0}}},
            },
            "payment": {"oneOf": [{"const": "cash"}, {"type": "object", "properties": {"iban": {"type": "string"}}}]},
        },
    }


def test_recursion_ends() -> None:
    tree = {"$ref": "#/$defs/node", "$defs": {"node": {"properties": {"child": {"$ref": "#/$defs/node"}}}}}
    assert summarise(tree) == {"properties": {"child": {"$ref": "#/$defs/node", "recursive": True}}}


def test_references_elsewhere_are_left_as_they_are() -> None:
    assert summarise({"$ref": "other.json#/x"}) == {"$ref": "other.json#/x"}
    assert summarise({"$ref": "#/nowhere"}) == {"$ref": "#/nowhere"}


def test_what_is_too_much_is_counted() -> None:
    def wide(depth: int) -> Any:
        return {"properties": {f"p{i}": wide(depth - 1) for i in range(5)}} if depth else {"type": "string"}

    assert summarise(wide(4))["left_out"] > 0 and len(json.dumps(summarise(wide(4)))) < 60 * MAX_NODES
    many = {"properties": {f"p{i}": {"type": "string"} for i in range(MAX_PROPERTIES + 7)}, "enum": list(range(100))}
    summary = summarise(many)
    assert summary["left_out"] == 7 and len(summary["properties"]) == MAX_PROPERTIES
    assert summary["enum"] == list(range(20)) and summary["enum_values"] == 100
    assert summarise({"description": "x" * 1000})["description"] == "x" * 300 + "..."


def test_booleans_are_schemas() -> None:
    assert summarise(True) == {} and summarise(False) == {"never": True}


def test_the_format_of_a_plan_accepts_plans_and_is_shorter() -> None:
    format_ = plan_format()
    plan = {
        "dataset_name": "p",
        "categories": [{"name": "a", "count": 2, "templates": ["{x}"], "slots": {"x": ["1", "2"]}}],
        "models": {"worker": {"model": "m"}},
        "split": {"test": 0.2},
    }
    assert Validator(format_).is_valid(plan)
    assert not Validator(format_).is_valid({**plan, "categories": [{"name": "a", "count": "2"}]})
    assert len(json.dumps(format_)) < 0.8 * len(json.dumps(plan_schema()))
    assert set(format_["properties"]) == set(plan_schema()["properties"])

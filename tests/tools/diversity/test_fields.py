from __future__ import annotations

from typing import Any

from dataset_agent.plan import Plan
from dataset_agent.tools.diversity import Fields, fields_of
from dataset_agent.tools.diversity.fields import without


def fields(**keys: Any) -> Fields:
    plan = Plan.model_validate({"dataset_name": "d", "categories": [{"name": "c", "count": 1, **keys}]})
    return fields_of(plan, plan.categories[0])


def of_schema(schema: dict[str, Any]) -> Fields:
    return fields(record_schema=schema)


def test_enums_are_labels_and_what_is_always_the_same_is_fixed() -> None:
    schema = {
        "type": "object",
        "properties": {
            "text": {"type": "string"},
            "mood": {"enum": ["good", "bad"]},
            "version": {"const": 1},
            "only": {"enum": ["one"]},
            "tags": {"type": "array", "items": {"enum": ["a", "b"]}},
            "inner": {"properties": {"kind": {"enum": [1, 2]}}},
        },
    }
    found = of_schema(schema)
    assert found.labels == {("mood",), ("tags", "*"), ("inner", "kind")}
    assert found.fixed == {("version",), ("only",)}


def test_what_is_the_same_in_one_alternative_only_is_a_label() -> None:
    found = of_schema(
        {"oneOf": [{"properties": {"kind": {"const": "cat"}}}, {"properties": {"kind": {"const": "dog"}}}]}
    )
    assert found == Fields(labels=frozenset({("kind",)}))
    found = of_schema({"if": {"properties": {"kind": {"const": "cat"}}}, "then": {"required": ["name"]}})
    assert found == Fields(labels=frozenset({("kind",)}))


def test_references_are_followed_and_those_that_turn_in_a_circle_end() -> None:
    schema = {
        "$ref": "#/$defs/node",
        "$defs": {
            "a/b": {"enum": ["x", "y"]},
            "node": {"properties": {"label": {"$ref": "#/$defs/a~1b"}, "next": {"$ref": "#/$defs/node"}}},
        },
    }
    labels = of_schema(schema).labels
    assert {("label",), ("next", "label")} <= labels and len(labels) < 10
    assert of_schema({"properties": {"a": {"$ref": "other.json"}, "b": {"$ref": "#/nowhere"}}}) == Fields()


def test_references_that_multiply_end_as_well() -> None:
    wide = {"properties": {**{f"p{at}": {"$ref": "#"} for at in range(300)}, "mood": {"enum": ["good", "bad"]}}}
    assert ("mood",) in of_schema(wide).labels


def test_odd_schemas_have_no_fields() -> None:
    assert of_schema({"properties": {"a": True, "b": False}, "items": True}) == Fields()
    assert fields(record_schema=True) == Fields()
    assert fields(templates=[{"x": "y"}]) == Fields()


def test_agents_without_a_schema_do_not_write_the_expectations() -> None:
    assert fields() == Fields(fixed=frozenset({("expectations",)}))


def test_a_record_without_what_is_fixed() -> None:
    record = {"a": 1, "b": [{"c": 2, "d": 3}, {"c": 4}], "e": {"a": 5}}
    assert without(record, frozenset({("a",), ("b", "*", "c")})) == {"b": [{"d": 3}, {}], "e": {"a": 5}}
    assert without(record, frozenset({("b", "*")})) == {"a": 1, "b": [], "e": {"a": 5}}
    assert without(record, frozenset()) == record

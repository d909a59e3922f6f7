from typing import Any

import pytest

from dataset_agent.tools.schemas.places import Document
from dataset_agent.tools.schemas.walking import Guard, Walker


def walked(schema: Any, value: Any) -> dict[str, list[tuple[str | int, ...]]]:
    """The parts that each place speaks of."""
    found: dict[str, list[tuple[str | int, ...]]] = {}
    for visit in Walker(Document(schema, "schema")).walk(value):
        found.setdefault(visit.place.pointer, []).append(visit.path)
    return {pointer: sorted(paths, key=str) for pointer, paths in found.items()}


def test_properties_by_name_by_pattern_and_the_others() -> None:
    schema = {
        "properties": {"a": {}, "x1": {}},
        "patternProperties": {"^x": {}},
        "additionalProperties": {"type": "integer"},
    }
    assert walked(schema, {"a": 1, "x1": 2, "other": 3}) == {
        "#": [()],
        "#/properties/a": [("a",)],
        "#/properties/x1": [("x1",)],
        "#/patternProperties/^x": [("x1",)],
        "#/additionalProperties": [("other",)],
    }


@pytest.mark.parametrize(
    ("listed", "others", "draft"), [("prefixItems", "items", "2020-12"), ("items", "additionalItems", "7")]
)
def test_tuples(listed: str, others: str, draft: str) -> None:
    uri = {"2020-12": "https://json-schema.org/draft/2020-12/schema", "7": "http://json-schema.org/draft-07/schema#"}
    schema = {"$schema": uri[draft], listed: [{}, {}], others: {}}
    assert walked(schema, [1, 2, 3, 4]) == {
        "#": [()],
        f"#/{listed}/0": [(0,)],
        f"#/{listed}/1": [(1,)],
        f"#/{others}": [(2,), (3,)],
    }


def test_references_and_cycles_end() -> None:
    schema = {"$ref": "#/$defs/node", "$defs": {"node": {"properties": {"next": {"$ref": "#/$defs/node"}}}}}
    found = walked(schema, {"next": {"next": {}}})
    assert sorted(found["#/$defs/node"], key=len) == [(), ("next",), ("next", "next")]
    loop = {"allOf": [{"$ref": "#"}], "type": "integer"}
    assert walked(loop, 3) == {"#": [()], "#/allOf/0": [()]}


def test_beside_a_reference_nothing_counts_in_old_drafts() -> None:
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "definitions": {"n": {"type": "object"}},
        "properties": {"a": {"$ref": "#/definitions/n", "properties": {"b": {}}}},
    }
    assert "#/properties/a/properties/b" not in walked(schema, {"a": {"b": 1}})


def test_choices_by_what_holds_with_the_outermost_as_guard() -> None:
    inner = {"oneOf": [{"type": "integer"}, {"type": "string"}]}
    schema = {"properties": {"a": {"anyOf": [{"properties": {"b": inner}}, {"type": "string"}]}, "c": {"enum": [1]}}}
    visits = list(Walker(Document(schema, "schema")).walk({"a": {"b": "x"}, "c": 1}))
    guards = {visit.place.pointer: visit.guard for visit in visits}
    branch = "#/properties/a/anyOf/0"
    assert guards[branch] == guards[f"{branch}/properties/b/oneOf/1"] == Guard("anyOf", ("a",))
    assert guards["#/properties/c"] is None
    assert "#/properties/a/anyOf/1" not in guards
    assert f"{branch}/properties/b/oneOf/0" not in guards
    is_guarded = [visit.guard is not None for visit in visits]
    assert is_guarded == sorted(is_guarded)


def test_then_or_else_and_what_depends_on_a_property() -> None:
    schema = {
        "if": {"required": ["a"]},
        "then": {"properties": {"a": {}}},
        "else": {"properties": {"b": {}}},
        "dependentSchemas": {"a": {"properties": {"c": {}}}, "b": {"properties": {"d": {}}}},
        "not": {"required": ["z"]},
    }
    assert list(walked(schema, {"a": 1})) == ["#", "#/dependentSchemas/a", "#/then", "#/then/properties/a"]
    assert list(walked(schema, {"b": 1})) == ["#", "#/dependentSchemas/b", "#/else", "#/else/properties/b"]


def test_contains_goes_to_the_items_it_holds_for() -> None:
    schema = {"contains": {"minimum": 5}}
    visits = [visit for visit in Walker(Document(schema, "schema")).walk([1, 7, 9]) if visit.path]
    assert sorted(visit.path for visit in visits) == [(1,), (2,)]
    assert {visit.guard for visit in visits} == {Guard("contains", ())}

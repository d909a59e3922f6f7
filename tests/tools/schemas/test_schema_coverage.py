from typing import Any

import numpy as np

from dataset_agent.tools.draws import key_of
from dataset_agent.tools.schemas import compile_schema
from dataset_agent.tools.schemas.coverage import Coverage

SCHEMA = {
    "type": "object",
    "properties": {
        "kind": {"enum": ["card", "cash", "iou"]},
        "note": {"type": "string"},
        "never": False,
        "amount": {
            "oneOf": [
                {"type": "integer", "minimum": 5, "maximum": 3},
                {"type": "integer", "minimum": 1, "maximum": 3},
                {"type": "string", "enum": ["a", "b", 7]},
            ]
        },
    },
    "required": ["kind", "amount"],
    "not": {"enum": ["nothing", "of this counts"]},
}


def covered(schema: Any, records: list[Any]) -> Coverage:
    coverage = Coverage(schema)
    coverage.add(records)
    return coverage


def pointers(coverage: Coverage, kind: Any) -> list[str]:
    return [goal.pointer for goal in coverage.missing(kind)]


def test_what_is_there_to_reach() -> None:
    coverage = Coverage(SCHEMA)
    assert [goal.pointer for goal in coverage.goals("branch")] == [f"#/properties/amount/oneOf/{n}" for n in range(3)]
    assert [goal.value for goal in coverage.goals("value")] == ["card", "cash", "iou", "a", "b", 7]
    assert [goal.pointer for goal in coverage.goals("property")] == ["#/properties/note", "#/properties/never"]


def test_what_records_reach() -> None:
    coverage = covered(SCHEMA, [{"kind": "cash", "amount": 2}, {"kind": "card", "amount": "b", "note": "x"}])
    assert pointers(coverage, "branch") == ["#/properties/amount/oneOf/0"]
    assert pointers(coverage, "property") == ["#/properties/never"]
    assert [goal.value for goal in coverage.missing("value")] == ["iou", "a", 7]


def test_what_no_record_can_reach_is_told() -> None:
    impossible = {goal.pointer for kind in ("branch", "value", "property")
                  for goal in Coverage(SCHEMA).goals(kind) if goal.is_impossible}  # fmt: skip
    assert impossible == {
        "#/properties/amount/oneOf/0",
        "#/properties/amount/oneOf/2/enum/2",
        "#/properties/never",
    }


def test_a_definition_counts_once_however_often_it_is_referred_to() -> None:
    schema = {
        "properties": {"a": {"$ref": "#/$defs/c"}, "b": {"$ref": "#/$defs/c"}},
        "$defs": {"c": {"enum": [1, 2]}, "unused": {"enum": [3]}},
    }
    coverage = covered(schema, [{"a": 1}, {"b": 2.0}])
    assert [goal.pointer for goal in coverage.goals("value")] == ["#/$defs/c/enum/0", "#/$defs/c/enum/1"]
    assert coverage.missing("value") == []


def test_records_of_the_sampler_reach_all_that_can_be_reached() -> None:
    records = compile_schema(SCHEMA, key=key_of(1)).sample(np.arange(300))
    coverage = covered(SCHEMA, records)
    assert all(goal.is_impossible for kind in ("branch", "value", "property") for goal in coverage.missing(kind))
    assert covered(True, [1, "a"]).goals("branch") == []

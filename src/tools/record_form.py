"""What a worker writes of a record, and the record it becomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..plan import Category, Plan
from ..records import Json

_MOST_DEPTH = 40


class RecordForm:
    """The form of a category's records.

    asked: the JSON Schema of what a worker writes. With a record schema that is the record; without one the worker
    writes `inputs`, and the category's expectations are added as they are. schema: that of the record. examples: the
    plan's own, in the form asked.
    """

    def __init__(self, plan: Plan, category: Category) -> None:
        schema = plan.schema_of(category)
        self._is_task = category.task is not None  # its records are made by us, in their order
        self._expectations: Json = None
        if schema is not None:
            self.asked: dict[str, Any] = schema if isinstance(schema, dict) else {}
            self.schema: Any = schema
            self.examples = [] if category.example_inputs is None else _listed(category.example_inputs)
            self._is_whole = True
        else:
            given = _listed(category.example_inputs)
            inputs = [value if isinstance(value, dict) else {"text": value} for value in given]
            self.asked = {
                "type": "object",
                "properties": {"inputs": _shape(inputs) if inputs else _TEXT},
                "required": ["inputs"],
                "additionalProperties": False,
            }
            properties = {**self.asked["properties"], "expectations": {"type": "object"}}
            self.schema = {**self.asked, "properties": properties, "required": ["inputs", "expectations"]}
            self.examples = [{"inputs": value} for value in inputs]
            self._expectations = category.expectations or {}
            self._is_whole = False

    def record(self, written: Json) -> Json:
        """The record, its keys in the order of the schema: what is the same reads the same."""
        if self._is_task:
            return written
        ordered = in_order(written, self.asked)
        if self._is_whole or not isinstance(ordered, dict):
            return ordered
        return {**ordered, "expectations": self._expectations}


_TEXT = {
    "type": "object",
    "properties": {"text": {"type": "string", "minLength": 1}},
    "required": ["text"],
    "additionalProperties": False,
}


def in_order(value: Json, schema: Any, depth: int = 0) -> Json:
    """The value with the keys of its objects as the schema lists them, others after them by name."""
    if depth > _MOST_DEPTH:
        return value
    schema = schema if isinstance(schema, dict) else {}
    if isinstance(value, list):
        items = schema.get("items")
        return [in_order(item, items, depth + 1) for item in value]
    if not isinstance(value, dict):
        return value
    known = schema.get("properties")
    known = known if isinstance(known, dict) else {}
    keys = [key for key in known if key in value] + sorted(key for key in value if key not in known)
    return {key: in_order(value[key], known.get(key), depth + 1) for key in keys}


def _listed(examples: Json) -> list[Json]:
    if examples is None:
        return []
    return examples if isinstance(examples, list) else [examples]


def _shape(values: Sequence[Json]) -> dict[str, Any]:
    """A JSON Schema that all these values fit, and values like them."""
    if all(isinstance(value, dict) for value in values):
        keys = list(dict.fromkeys(key for value in values for key in value))
        return {
            "type": "object",
            "properties": {key: _shape([value[key] for value in values if key in value]) for key in keys},
            "required": [key for key in keys if all(key in value for value in values)],
            "additionalProperties": False,
        }
    if all(isinstance(value, list) for value in values):
        items = [item for value in values for item in value]
        return {"type": "array", **({"items": _shape(items)} if items else {})}
    kinds = sorted({_kind(value) for value in values})
    return {"type": kinds[0] if len(kinds) == 1 else kinds} | ({"minLength": 1} if kinds == ["string"] else {})


_KINDS: Mapping[type, str] = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null",
                              dict: "object", list: "array"}  # fmt: skip


def _kind(value: Json) -> str:
    return _KINDS[type(value)]

"""The format of a plan, for a model that writes one."""

from __future__ import annotations

from typing import Any

from ..plan import plan_schema
from ..records import Json


def plan_format() -> dict[str, Any]:
    """The JSON Schema of a plan, without what a model can do without."""
    return {key: _slim(value, is_names=key == "$defs") for key, value in plan_schema().items() if key != "$schema"}


def _slim(node: Json, *, is_names: bool = False) -> Json:
    """`is_names` says that the keys of `node` are names of properties or definitions, not keywords."""
    if isinstance(node, list):
        return [_slim(child) for child in node]
    if not isinstance(node, dict):
        return node
    if is_names:
        return {name: _slim(child) for name, child in node.items()}
    kept = {
        key: _slim(value, is_names=key in ("properties", "$defs"))
        for key, value in node.items()
        if key != "title" and (key, value) not in (("default", None), ("additionalProperties", False))
    }
    return _without_null(kept)


def _without_null(node: dict[str, Any]) -> dict[str, Any]:
    """What may be left out may also be null: that goes without saying."""
    choices = [choice for choice in node.get("anyOf", []) if choice != {"type": "null"}]
    if not choices or len(choices) == len(node["anyOf"]):
        return node
    rest = {key: value for key, value in node.items() if key != "anyOf"}
    return rest | (choices[0] if len(choices) == 1 else {"anyOf": choices})

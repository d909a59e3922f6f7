"""A JSON Schema in short, for a model that plans with it."""

from __future__ import annotations

from typing import Any

from ..records import Json

MAX_DEPTH, MAX_PROPERTIES, MAX_VALUES, MAX_NODES = 5, 60, 20, 400

_PLAIN = (
    "title", "description", "type", "format", "pattern", "const", "minimum", "maximum", "exclusiveMinimum",
    "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "minItems", "maxItems", "uniqueItems",
)  # fmt: skip
_TEXT_LENGTH = 300


def summarise(schema: Json) -> dict[str, Any]:
    """Types, limits, required properties and enums of a schema, references within it followed.

    What is too deep or too much is counted as `left_out`.
    """
    summary = _Summary(schema)
    told = summary.of(schema, 0, ())
    return told | ({"left_out": summary.left_out} if summary.left_out else {})


class _Summary:
    def __init__(self, root: Json) -> None:
        self._root, self._nodes, self.left_out = root, 0, 0

    def of(self, schema: Json, depth: int, above: tuple[str, ...]) -> dict[str, Any]:
        """A schema within the root; `above` are the references that led to it."""
        if not isinstance(schema, dict):
            return {} if schema is True else {"never": True}
        self._nodes += 1
        if depth > MAX_DEPTH or self._nodes > MAX_NODES:
            self.left_out += 1
            return {"type": schema["type"]} if isinstance(schema.get("type"), str) else {}
        told = {key: _short(schema[key]) for key in _PLAIN if key in schema}
        if isinstance(values := schema.get("enum"), list):
            told["enum"] = values[:MAX_VALUES]
            if len(values) > MAX_VALUES:
                told["enum_values"] = len(values)
        told |= self._reference(schema, depth, above)
        told |= self._properties(schema, depth, above)
        if isinstance(items := schema.get("items"), dict):
            told["items"] = self.of(items, depth + 1, above)
        for key in ("oneOf", "anyOf", "allOf"):
            if isinstance(branches := schema.get(key), list):
                told[key] = [self.of(branch, depth + 1, above) for branch in branches[:MAX_VALUES]]
                self.left_out += max(len(branches) - MAX_VALUES, 0)
        return told

    def _properties(self, schema: dict[str, Any], depth: int, above: tuple[str, ...]) -> dict[str, Any]:
        properties = schema.get("properties")
        if not isinstance(properties, dict):
            return {}
        self.left_out += max(len(properties) - MAX_PROPERTIES, 0)
        shown = list(properties.items())[:MAX_PROPERTIES]
        told: dict[str, Any] = {"properties": {name: self.of(child, depth + 1, above) for name, child in shown}}
        if isinstance(required := schema.get("required"), list):
            told["required"] = required
        if isinstance(more := schema.get("additionalProperties"), bool):
            told["additionalProperties"] = more
        return told

    def _reference(self, schema: dict[str, Any], depth: int, above: tuple[str, ...]) -> dict[str, Any]:
        pointer = schema.get("$ref")
        if not isinstance(pointer, str):
            return {}
        if pointer in above:
            return {"$ref": pointer, "recursive": True}
        target = _at(self._root, pointer)
        return {"$ref": pointer} if target is None else self.of(target, depth, (*above, pointer))


def _at(root: Json, pointer: str) -> Json:
    """What a reference within the document points to, None where it points elsewhere."""
    if not pointer.startswith("#"):
        return None
    node = root
    for part in pointer.removeprefix("#").strip("/").split("/") if pointer.strip("#/") else []:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(node, dict) and key in node:
            node = node[key]
        else:
            return None
    return node


def _short(value: Json) -> Json:
    return f"{value[:_TEXT_LENGTH]}..." if isinstance(value, str) and len(value) > _TEXT_LENGTH else value

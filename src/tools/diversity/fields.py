"""Which fields of a category's records say what a record is about, and which are labels or the same in all of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ...plan import Category, Plan
from ...records import Json

Path = tuple[str, ...]
"""The keys that lead to a value; `*` stands for the items of a list."""

ITEMS = "*"
_ALTERNATIVES = ("anyOf", "oneOf")
_DEPTH, _MOST = 12, 2_000
"""How deep a schema is followed, and to how many of its parts: those that refer to themselves have no end."""


@dataclass(frozen=True, slots=True)
class Fields:
    """What comparisons by words and by meaning have to know of a category.

    labels: values of a few kinds (`enum`), part of what a record means but not of its wording. fixed: values that are
    the same in all records, which would make any two records look alike. Both hold for all that lies below a path.
    """

    labels: frozenset[Path] = frozenset()
    fixed: frozenset[Path] = frozenset()


def fields_of(plan: Plan, category: Category) -> Fields:
    """The fields of a category: by its schema, or by the form that records have without one.

    Without a schema, agents write the inputs alone: the expectations are copied from the plan.
    """
    schema = plan.schema_of(category)
    if isinstance(schema, dict):
        kinds = list(_kinds(schema))
        return Fields(*(frozenset(path for path, kind in kinds if kind == name) for name in ("label", "fixed")))
    if schema is None and plan.worker_of(category) == "agent":
        return Fields(fixed=frozenset({("expectations",)}))
    return Fields()


def without(value: Json, paths: frozenset[Path], here: Path = ()) -> Json:
    """A copy of a JSON value that lacks what lies at these paths; lists lose the items, objects the keys."""
    if isinstance(value, dict):
        kept = ((key, item, (*here, key)) for key, item in value.items())
        return {key: without(item, paths, path) for key, item, path in kept if path not in paths}
    if isinstance(value, list):
        path = (*here, ITEMS)
        return [] if path in paths else [without(item, paths, path) for item in value]
    return value


def _kinds(root: Any) -> Iterator[tuple[Path, str]]:
    """The paths of labels and of fixed values in a schema, the nearest first.

    A value is fixed only where its schema is not one of several alternatives.
    """
    todo: deque[tuple[Any, Path, int, bool]] = deque([(root, (), 0, True)])
    for _ in range(_MOST):
        if not todo:
            return
        schema, path, depth, is_sure = todo.popleft()
        if not isinstance(schema, dict) or depth == _DEPTH:
            continue
        if "const" in schema or "enum" in schema:
            is_fixed = is_sure and ("const" in schema or len(schema["enum"]) == 1)
            yield path, "fixed" if is_fixed else "label"
        for below, part, certain in _parts(schema, root):
            todo.append((part, (*path, *below), depth + 1, is_sure and certain))


def _parts(schema: dict[str, Any], root: Any) -> Iterator[tuple[Path, Any, bool]]:
    """The schemas within a schema: how far below its value each applies, and whether it always does."""
    for key, part in _dict(schema.get("properties")).items():
        yield (key,), part, True
    for keyword in ("items", "prefixItems"):
        items = schema.get(keyword)
        for part in items if isinstance(items, list) else [items]:
            yield (ITEMS,), part, not isinstance(items, list)
    for keyword in ("allOf", *_ALTERNATIVES):
        for part in schema.get(keyword) or []:
            yield (), part, keyword not in _ALTERNATIVES
    for keyword in ("if", "then", "else"):
        yield (), schema.get(keyword), False
    if isinstance(schema.get("$ref"), str):
        yield (), _referred(root, schema["$ref"]), True


def _referred(root: Any, reference: str) -> Any:
    """The schema a local reference leads to, None for any other."""
    if not reference.startswith("#"):
        return None
    node = root
    for part in reference[1:].split("/")[1:]:
        node = _dict(node).get(part.replace("~1", "/").replace("~0", "~"))
    return node


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}

"""The drafts of JSON Schema: which one a schema follows, and where its keywords hold subschemas."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Any

from ...errors import SchemaError, UnservableSchema
from ...records import Json
from .spelling import spelled_out

MAX_NESTING = 200
"""The deepest nesting of a schema's JSON; validators stop a little above."""

_URIS = {
    "4": "http://json-schema.org/draft-04/schema#",
    "6": "http://json-schema.org/draft-06/schema#",
    "7": "http://json-schema.org/draft-07/schema#",
    "2019-09": "https://json-schema.org/draft/2019-09/schema",
    "2020-12": "https://json-schema.org/draft/2020-12/schema",
}
_OF_URI = re.compile(r"https?://json-schema\.org/draft(?:-0([467])|/(2019-09|2020-12))/(?:hyper-)?schema#?")
_NEWER = frozenset(
    "$defs $anchor $dynamicRef $dynamicAnchor $recursiveRef prefixItems dependentRequired dependentSchemas "
    "unevaluatedProperties unevaluatedItems minContains maxContains".split()
)
_ONE = frozenset(
    "additionalItems additionalProperties contains else if items not propertyNames then unevaluatedItems "
    "unevaluatedProperties".split()
)
_LIST = frozenset("allOf anyOf oneOf items prefixItems".split())
_MAP = frozenset("properties patternProperties dependentSchemas dependencies definitions $defs".split())


def subschemas(schema: Json) -> Iterator[tuple[tuple[str, ...], Json]]:
    """The schemas directly below a schema, each with the JSON pointer's parts that lead to it."""
    if not isinstance(schema, dict):
        return
    for keyword, value in schema.items():
        if isinstance(value, list) and keyword in _LIST:
            yield from (((keyword, str(place)), sub) for place, sub in enumerate(value))
        elif isinstance(value, dict) and keyword in _MAP:
            yield from (((keyword, name), sub) for name, sub in value.items() if isinstance(sub, dict | bool))
        elif keyword in _ONE and isinstance(value, dict | bool):
            yield (keyword,), value


def every(schema: Json) -> Iterator[Json]:
    """The schema and all below it."""
    todo = [schema]
    while todo:
        schema = todo.pop()
        yield schema
        todo.extend(sub for _, sub in subschemas(schema))


def draft_of(schema: Json) -> str:
    """The draft a schema follows: '4', '6', '7', '2019-09' or '2020-12'.

    By `$schema`; without one that is known, that of a metaschema it refers to; draft 4 where `exclusiveMinimum` or
    `exclusiveMaximum` is true or false, or where references name an `id`; 2020-12 where keywords appear that draft 7
    lacks; else draft 7.
    """
    parts = [part for part in every(schema) if isinstance(part, dict)]
    declared = [schema.get("$schema")] if isinstance(schema, dict) else []
    for uri in [*declared, *(part.get("$ref") for part in parts)]:
        if isinstance(uri, str) and (found := _OF_URI.match(uri)):
            return found[1] or found[2]
    if any(isinstance(part.get(key), bool) for part in parts for key in ("exclusiveMinimum", "exclusiveMaximum")):
        return "4"
    named = {part["id"] for part in parts if isinstance(part.get("id"), str)}
    if any(isinstance(part.get("$ref"), str) and part["$ref"] in named for part in parts):
        return "4"
    return "2020-12" if any(not _NEWER.isdisjoint(part) for part in parts) else "7"


def accepted(schema: Json, where: str) -> tuple[str, Json]:
    """A schema's draft, and the schema as validators read it.

    Raises:
        SchemaError: it is no schema of its draft.
        UnservableSchema: it is nested too deeply for any validator.

    """
    import jsonschema_rs

    if not isinstance(schema, dict | bool):
        raise SchemaError.at(where, "a JSON Schema is an object, true or false")
    if _is_deeper(schema, MAX_NESTING):
        raise UnservableSchema("properties", "#", f"the schema is nested more than {MAX_NESTING} levels deep")
    draft = draft_of(schema)
    schema = spelled_out(schema)
    if isinstance(schema, dict) and isinstance(schema.get("$schema"), str) and not _OF_URI.fullmatch(schema["$schema"]):
        schema = {**schema, "$schema": _URIS[draft]}  # a dialect that validators do not know
    try:
        jsonschema_rs.meta.validate({**schema, "$schema": _URIS[draft]} if isinstance(schema, dict) else schema)
    except jsonschema_rs.ValidationError as error:
        path = "".join(f"/{part}" for part in error.instance_path)
        raise SchemaError.at(f"{where}#{path}", f"not a JSON Schema of draft {draft}: {error.message}") from None
    return draft, schema


def _is_deeper(value: Json, limit: int) -> bool:
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(limit):
        level = [
            part
            for parent in level
            for part in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(part, dict | list)
        ]
        if not level:
            return False
    return True


@functools.cache
def validator_class(draft: str) -> Any:
    """The validator class of `jsonschema_rs` for a draft."""
    import jsonschema_rs

    return getattr(jsonschema_rs, f"Draft{draft.replace('-', '')}Validator")


def reference_class(draft: str) -> Any:
    """The validator class of `jsonschema` for a draft; its import takes 0.8 s of CPU."""
    import jsonschema  # type: ignore[import-untyped]

    return getattr(jsonschema, f"Draft{draft.replace('-', '')}Validator")

"""What is wrong with a value, in the words of JSON Schema, whoever validates it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Any

import orjson

from ....records import Json
from .. import drafts
from ..places import Document
from ..walking import Path

_OWN_FALSE = frozenset("additionalProperties additionalItems items unevaluatedProperties unevaluatedItems".split())
"""Keywords that break themselves where their schema is `false`."""

_MOST_TOLD = 3
_NAMING = frozenset("properties patternProperties dependentSchemas dependencies definitions $defs".split())


@dataclass(frozen=True, slots=True)
class Fault:
    """One error: `path` leads to the part of the value, `schema_path` to the keyword, `name` is a property at fault."""

    keyword: str
    path: Path
    schema_path: Path
    name: str | None = None

    def is_of(self, keyword: str, path: Path) -> bool:
        """Whether it is the fault of a keyword: of `propertyNames`, what a name breaks is another keyword inside."""
        return self.path == path and (self.keyword == keyword or keyword == "propertyNames" in self.schema_path)

    @property
    def label(self) -> str:
        """The fault as a record's label: compact JSON, with JSON pointers for the paths."""
        told = {"keyword": self.keyword, "path": pointer(self.path), "schema_path": f"#{pointer(self.schema_path)}"}
        return orjson.dumps(told if self.name is None else {**told, "property": self.name}).decode()


class Faults:
    """Finds the errors of values. Formats are asserted."""

    @classmethod
    def of(cls, schema: Json, where: str = "record_schema") -> Faults:
        """Those of a schema; `where` names it in messages. Raises as `Document` does."""
        return cls(Document(schema, where))

    def __init__(self, document: Document) -> None:
        compiled = drafts.validator_class(document.draft)(document.schema, validate_formats=True, offline=True)
        self.is_valid, self._iter_errors = compiled.is_valid, compiled.iter_errors
        self._is_draft4 = document.draft == "4"

    def only(self, value: Json) -> Fault | None:
        """The error of a value that has exactly one; None for others, and where no keyword has a name for it."""
        errors = list(islice(self._iter_errors(value), 2))
        return self._fault(errors[0]) if len(errors) == 1 else None

    def label(self, value: Json) -> str | None:
        """The label of a value with exactly one error; None as for `only`."""
        fault = self.only(value)
        return None if fault is None else fault.label

    def messages(self, value: Json) -> list[str]:
        """What is wrong with a value: the first errors, with JSON pointers to them."""
        errors = islice(self._iter_errors(value), _MOST_TOLD)
        return [f"{pointer(tuple(error.instance_path)) or 'the record'}: {error.message}" for error in errors]

    def _fault(self, error: Any) -> Fault | None:
        path, schema_path = tuple(error.instance_path), tuple(error.schema_path)
        keyword, kind = str(schema_path[-1]) if schema_path else "", error.kind.name
        if kind == "falseSchema":
            if keyword not in _OWN_FALSE or (len(schema_path) > 1 and schema_path[-2] in _NAMING):
                return None
            # Of an array the validator names the item that is too many, of an object the object.
            path = path[:-1] if keyword == "items" else path
        elif self._is_draft4 and keyword in ("exclusiveMinimum", "exclusiveMaximum"):
            keyword = keyword.replace("exclusiveM", "m")  # there it only says how `minimum` is meant
            schema_path = (*schema_path[:-1], keyword)
        return Fault(keyword, path, schema_path, None if kind == "unevaluatedItems" else _name_in(error.kind.as_dict()))


def _name_in(told: dict[str, Any]) -> str | None:
    name, unexpected = told.get("property"), told.get("unexpected")
    if isinstance(unexpected, list) and len(unexpected) == 1:
        name = unexpected[0]
    return name if isinstance(name, str) else None


def pointer(path: Path) -> str:
    """A path as a JSON pointer (RFC 6901)."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)

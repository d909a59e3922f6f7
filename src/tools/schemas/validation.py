"""Validation under a schema's own draft: fast on the hot path, in words where a record was refused."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from ...errors import SchemaError
from ...records import Json
from . import drafts


class Validator:
    """A compiled schema. Formats are asserted.

    Raises:
        SchemaError: the schema is none, or refers to what is not in it.

    """

    def __init__(self, schema: Json, where: str = "record_schema") -> None:
        import jsonschema_rs

        self.draft = drafts.draft_of(schema)
        drafts.check(schema, self.draft, where)
        self._schema = drafts.without_dialect(schema, self.draft)
        try:
            compiled = drafts.validator_class(self.draft)(self._schema, validate_formats=True, offline=True)
        except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
            message = getattr(error, "message", None) or str(error)
            raise SchemaError.at(where, f"cannot be compiled: {message}") from None
        self.is_valid = compiled.is_valid

    @cached_property
    def _reference(self) -> Any:
        cls = drafts.reference_class(self.draft)
        return cls(self._schema, format_checker=cls.FORMAT_CHECKER)

    def explain(self, value: Json) -> str:
        """The first error's JSON path and message; empty for a value that `jsonschema` finds valid."""
        from jsonschema.exceptions import best_match  # type: ignore[import-untyped]

        error = best_match(self._reference.iter_errors(value))
        return "" if error is None else f"{error.json_path}: {error.message}"

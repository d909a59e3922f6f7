"""Validation under a schema's own draft: fast on the hot path, in words where a record was refused."""

from __future__ import annotations

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

        self.draft, self._schema = drafts.accepted(schema, where)
        try:
            compiled = drafts.validator_class(self.draft)(self._schema, validate_formats=True, offline=True)
        except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
            message = getattr(error, "message", None) or str(error)
            raise SchemaError.at(where, f"cannot be compiled: {message}") from None
        self.is_valid = compiled.is_valid
        self._iter_errors = compiled.iter_errors

    def explain(self, value: Json) -> str:
        """The first error's JSON path and message; empty for a valid value.

        Told by the validator that found it: the reference would run strangers' patterns through Python's `re`, which
        some of them would keep busy for ever.
        """
        error = next(iter(self._iter_errors(value)), None)
        if error is None:
            return ""
        steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.instance_path)
        return f"${''.join(steps)}: {error.message}"

"""Whether records are valid under their schema's own draft, and rich: judged without any code of ours."""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_LONGEST = 160


@dataclass(frozen=True, slots=True)
class Verdict:
    """What records are. `fault` says what is wrong with them: the keyword, its path and why; empty if nothing is."""

    is_valid: bool
    is_rich: bool
    fault: str = ""


def judge(schema: Any, draft: str, records: Sequence[Any], count: int, by_reference: bool = True) -> Verdict:
    """Valid: exactly `count` records, each of them valid. Rich: valid, not all equal, most properties among them.

    `draft` counts where the schema has no `$schema`. Both `jsonschema` and `jsonschema-rs` must agree, with formats
    asserted. Where jsonschema-rs cannot compile the schema, jsonschema alone decides; where jsonschema cannot follow
    it, or `by_reference` is false, jsonschema-rs does.
    """
    if len(records) != count:
        return Verdict(False, False, f"{len(records)} records")
    reference_class = _reference_class(schema, draft)
    fast = _fast(schema, reference_class.__name__)
    reference = reference_class(schema, format_checker=reference_class.FORMAT_CHECKER) if by_reference else None
    for record in records:
        fault = _fault(record, fast, reference)
        if fault:
            return Verdict(False, False, fault)
    poor = _poor(schema, records)
    return Verdict(True, not poor, poor)


def _reference_class(schema: Any, draft: str) -> Any:
    import jsonschema

    default = getattr(jsonschema, f"Draft{draft.replace('-', '') or '202012'}Validator")
    return jsonschema.validators.validator_for(schema, default=default)


def _fast(schema: Any, name: str) -> Any:
    """The validator of `jsonschema-rs`, whose classes have the same names; None where it cannot compile the schema."""
    import jsonschema_rs

    try:
        return getattr(jsonschema_rs, name)(schema, validate_formats=True, offline=True)
    except (AttributeError, ValueError, jsonschema_rs.ReferencingError):  # ValidationError is a ValueError
        return None


def _fault(record: Any, fast: Any, reference: Any) -> str:
    error = next(iter(fast.iter_errors(record)), None) if fast else None
    if error is not None:
        return _told(error.kind.name, error.schema_path, error.message)
    if reference is None:
        return "" if fast else "cannot be validated"
    try:
        error = next(reference.iter_errors(record), None)
    except Exception as problem:  # whatever strangers' schemas raise
        return "" if fast else f"cannot be validated: {type(problem).__name__}"
    return _told(error.validator, error.absolute_schema_path, error.message) if error is not None else ""


def _told(keyword: str, path: Sequence[Any], message: str) -> str:
    return f"{keyword} at #/{'/'.join(map(str, path))}: {_short(message)}"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]} ... {text[-_LONGEST // 2 :]}"


def _poor(schema: Any, records: Sequence[Any]) -> str:
    """Why records are not rich: all equal, or fewer than 80 % of the declared top-level properties among them."""
    canonical = functools.partial(json.dumps, sort_keys=True, ensure_ascii=False)
    if len(set(map(canonical, records))) < min(2, len(records)):
        return "valid, but all equal"
    declared = schema.get("properties") if isinstance(schema, dict) else None
    objects = [record for record in records if isinstance(record, dict)]
    if not isinstance(declared, dict) or not objects:
        return ""
    wanted = {name for name, below in declared.items() if below is not False}
    missing = wanted.difference(*objects)
    if len(wanted) - len(missing) >= 0.8 * len(wanted):
        return ""
    return f"valid, but {len(missing)} of {len(wanted)} properties never appear: {_short(', '.join(sorted(missing)))}"

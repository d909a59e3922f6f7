"""JSON Lines, one object a line, types kept."""

from __future__ import annotations

import codecs

import orjson
import pyarrow as pa

from ...errors import SourceError
from ...records import Json

_KINDS = {str: "text", bool: "boolean", int: "number", float: "number", list: "list", dict: "object"}

_Rows = list[tuple[int, dict[str, Json]]]


def read_json_lines(raw: bytes, *, place: str) -> pa.Table:
    """The table in UTF-8 lines; `place` is the file, for messages.

    Columns are the keys in the order of their first occurrence; a key that a line lacks is null there. Whole and
    fractional numbers in one column become float64. Raises SourceError with the line that is no JSON object, or whose
    value is of another kind than those before it.
    """
    rows = [
        (number, _object(line, f"{place}:{number}"))
        for number, line in enumerate(raw.removeprefix(codecs.BOM_UTF8).split(b"\n"), 1)
        if line.strip()
    ]
    names = list(dict.fromkeys(name for _, row in rows for name in row))
    return pa.table([_column(rows, name, place) for name in names], names=names)


def _object(line: bytes, place: str) -> dict[str, Json]:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise SourceError.at(place, f"is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise SourceError.at(place, f"is a JSON {_kind(value)}, not an object", 'write {"column": value, ...}')
    return value


def _column(rows: _Rows, name: str, place: str) -> pa.Array:
    try:
        return pa.array([row.get(name) for _, row in rows])
    except (pa.ArrowException, OverflowError) as error:
        line, what = _odd_one(rows, name) or (rows[0][0], f"{name!r} does not fit one type: {error}")
        raise SourceError.at(f"{place}:{line}", what, "give a column values of one kind") from None


def _odd_one(rows: _Rows, name: str) -> tuple[int, str] | None:
    """The line whose value is of another kind than those before it, and what is wrong with it."""
    first = None
    for line, row in rows:
        kind = _kind(row.get(name))
        if first and kind not in (first, "null"):
            return line, f"{name!r} is a {kind} here, a {first} before"
        first = first or (None if kind == "null" else kind)
    return None


def _kind(value: Json) -> str:
    return _KINDS.get(type(value), "null")

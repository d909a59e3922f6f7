"""Records as CSV: a column for each leaf, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path

import orjson

from ...records import Json
from .files import FileFacts, atomic_file
from .shards import Row, Shards, rows

_COLUMNS = ("id", "category", "tier", "quality", "golden", "split")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def write_csv(shards: Shards, path: Path) -> FileFacts:
    """Writes a dataset as CSV, in two passes: the columns are known when every record was seen.

    Columns: those of the shard, then the leaves of labels (`invalid.keyword`), then of records (`record.a.b`), in the
    order in which they first occur. A dot or backslash within a key has a backslash before it. Lists are JSON; null and
    absent are empty.
    """
    columns = dict.fromkeys(_COLUMNS)
    for row in rows(shards()):
        columns.update(dict.fromkeys(_leaves(row)))
    with atomic_file(path) as file:
        file.write(_text([{column: column for column in columns}], columns))
        every = rows(shards())
        while some := [_leaves(row) for row in islice(every, 1000)]:
            file.write(_text(some, columns))
            file.rows += len(some)
    return file.facts


def _text(lines: Iterable[Mapping[str, Json]], columns: Iterable[str]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)  # ends lines with \r\n: with \n it would leave a lone \r unquoted
    writer.writerows([_cell(line.get(column)) for column in columns] for line in lines)
    return text.getvalue().encode()


def _leaves(row: Row) -> dict[str, Json]:
    leaves: dict[str, Json] = {column: getattr(row, column) for column in _COLUMNS}
    if row.prompt is not None:
        leaves["prompt"] = row.prompt
    if row.invalid is not None:
        _add_leaves(leaves, "invalid", row.invalid)
    _add_leaves(leaves, "record", row.record)
    return leaves


def _add_leaves(leaves: dict[str, Json], name: str, value: Json) -> None:
    if not isinstance(value, dict) or not value:
        leaves[name] = value
        return
    for key, child in value.items():
        part = key.replace("\\", "\\\\").replace(".", "\\.")
        _add_leaves(leaves, f"{name}.{part}", child)


def _cell(value: Json) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        return orjson.dumps(value).decode()
    # An apostrophe, where a spreadsheet would take the text for a formula.
    return f"'{value}" if value.startswith(_FORMULA_STARTS) and not _NUMBER.fullmatch(value) else value

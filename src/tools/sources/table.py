"""A table of facts in memory, and its columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from ...errors import SourceError
from ...hints import nearest
from ...records import Json


@dataclass(frozen=True, slots=True)
class Table:
    """A table as its origin has it.

    path: where it was read, for messages: a file, or what stands for one. sha256 (hex), bytes: of what was read.
    read_at: when, as ISO 8601 in UTC. origin: where it is from, if that is no file on this machine.
    """

    path: Path
    columns: pa.Table
    sha256: str
    bytes: int
    read_at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    origin: str | None = None

    @property
    def named(self) -> str:
        """Where it is from, for a person and for the ledger: a file by its whole path."""
        if self.origin is not None:
            return self.origin
        return str(self.path.absolute() if self.path.exists() else self.path)

    @property
    def rows(self) -> int:
        """How many rows the table has; at least one."""
        return int(self.columns.num_rows)


def column(table: Table, name: str, where: str) -> pa.ChunkedArray:
    """The values of a column, one a row. Raises SourceError where the table has no such column."""
    names = table.columns.column_names
    if name in names:
        return table.columns.column(name)
    raise SourceError.at(where, f"{table.path} has no column {name!r}", nearest(name, names))


def rows_where(table: Table, values: Mapping[str, Json], where: str) -> Table:
    """The rows whose columns have these values; texts are compared as they are.

    Raises SourceError for columns the table has not, for values of another kind, and where no row is left.
    """
    kept = table.columns
    for name, value in values.items():
        cells = column(table, name, where)
        try:
            wanted = pa.scalar(value).cast(cells.type)
        except pa.ArrowException:
            what = f"the column {name!r} of {table.path} holds {cells.type}, and {value!r} is none"
            raise SourceError.at(f"{where}.{name}", what) from None
        kept = kept.filter(pc.equal(kept.column(name), wanted))
    if not kept.num_rows:
        raise SourceError.at(where, f"no row of {table.path} has these values", "are they written as the source does?")
    return replace(table, columns=kept)


def distinct(values: pa.ChunkedArray) -> pa.Array:
    """The different values of a column, without nulls and blank texts, in the order of their first occurrence."""
    if pa.types.is_nested(values.type):  # Arrow compares no nested values
        first = {repr(value): row for row, value in reversed(list(enumerate(values.to_pylist())))}
        different = values.combine_chunks().take(pa.array(np.sort(list(first.values()))))
    else:
        different = pc.unique(values)
    different = different.drop_null()
    if pa.types.is_string(different.type) or pa.types.is_large_string(different.type):
        different = different.filter(pc.not_equal(pc.utf8_trim_whitespace(different), ""))
    return different


def json_values(values: pa.Array | pa.ChunkedArray, where: str) -> list[Json]:
    """The values of a column as JSON has them: dates and times as ISO texts, decimals as floats, NaN as None.

    Raises SourceError for a type that JSON has no form for.
    """
    kind = values.type
    if pa.types.is_date(kind) or pa.types.is_time(kind) or pa.types.is_timestamp(kind):
        values = values.cast(pa.string())
    elif pa.types.is_decimal(kind):
        values = values.cast(pa.float64())
    elif pa.types.is_float16(kind) or pa.types.is_float32(kind):
        values = values.cast(pa.string()).cast(pa.float64())  # by way of text, 9.99 stays 9.99
    listed: list[Json] = values.to_pylist()
    if any(is_simple(values.type) for is_simple in _SIMPLE):
        return listed
    try:
        through_json: list[Json] = orjson.loads(orjson.dumps(listed))
    except TypeError as error:
        raise SourceError.at(where, f"a column of type {kind} has no JSON form: {error}") from None
    return through_json


_SIMPLE = (pa.types.is_string, pa.types.is_large_string, pa.types.is_integer, pa.types.is_boolean, pa.types.is_null)
"""Types whose Python form is JSON's."""

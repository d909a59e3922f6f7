"""What the queries of databases share: where the database is, and a table from rows that come in portions."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import orjson
import pyarrow as pa

from ...errors import SourceError
from ...plan.sources import Source
from .table import Table

PORTION = 5_000
"""Rows fetched at once: what is held as Python values at any time."""

PATIENCE_S = 10
"""Seconds within which a server must take a connection."""

Row = Sequence[object]

_KINDS: dict[type, str] = {
    type(None): "",
    str: "text",
    bool: "boolean",
    int: "number",
    float: "number",
    Decimal: "decimal number",
    date: "date",
    datetime: "timestamp",
    time: "time",
    timedelta: "duration",
    bytes: "run of bytes",
    list: "list",
    dict: "map",
}
_LONGEST_MESSAGE = 300


def variable(name: str, variables: Mapping[str, str], where: str) -> str:
    """The value of an environment variable. Raises SourceError where it is not set, or empty."""
    value = variables.get(name, "")
    if not value:
        raise SourceError.at(where, f"the environment variable {name} is not set", f"set {name}, or write it to .env")
    return value


def database_url(source: Source, variables: Mapping[str, str], where: str) -> str:
    """The URL of the source's database, from the plan or the environment; it may hold a password."""
    if source.database_env is not None:
        return variable(source.database_env, variables, f"{where}.database_env")
    return source.database or ""


def said(error: BaseException, secrets: Iterable[str] = ()) -> str:
    """What a database or its driver says, in a line, without the secrets."""
    told = error.args[1] if len(error.args) == 2 and isinstance(error.args[0], int) else error  # MySQL: number, text
    lines = [line.strip() for line in str(told).splitlines() if line.strip()]
    text = lines[0] if lines else type(error).__name__
    if text.endswith(":"):
        text = " ".join(lines)
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, "***")
    return text if len(text) <= _LONGEST_MESSAGE else f"{text[:_LONGEST_MESSAGE]} ..."


def collect(names: Sequence[str], portions: Iterable[Sequence[Row]], *, title: str, where: str, cast: str) -> Table:
    """The table of an answer's rows. `title` says in messages where it is from, `cast` how a query gives one type.

    Whole and fractional numbers in one column become float64; timestamps with a zone are in UTC. The SHA-256 and the
    size are those of the columns' names and the rows, each a line of JSON, in the order they came. Raises SourceError
    for columns without or with the same names, for values of two kinds in one column, and for an answer without rows.
    """
    _refuse_names(names, where)
    growing = _Growing(names, where, cast)
    for portion in filter(None, portions):
        growing.add(portion)
    if not growing.rows:
        raise SourceError.at(where, "the query returned no rows", "correct the query, or fill the database")
    return Table(Path(title), growing.table(), growing.sha256.hexdigest(), growing.bytes)


def _refuse_names(names: Sequence[str], where: str) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        listed = ", ".join(map(repr, twice))
        raise SourceError.at(where, f"the query gives several columns named {listed}", "name each with AS")
    if not all(names):
        raise SourceError.at(where, f"column {list(names).index('') + 1} of the query has no name", "name it with AS")


class _Growing:
    """A table that takes rows in portions, each turned into Arrow's columns at once."""

    def __init__(self, names: Sequence[str], where: str, cast: str) -> None:
        self.rows = 0
        self.bytes = 0
        self.sha256 = hashlib.sha256()
        self._names, self._where, self._cast = list(names), where, cast
        self._kinds = [""] * len(names)
        self._parts: list[pa.Table] = []
        self._hash(self._names)

    def add(self, portion: Sequence[Row]) -> None:
        columns = [_settled(values) for values in zip(*portion, strict=True)]
        arrays = [self._array(place, values) for place, values in enumerate(columns)]
        self._parts.append(pa.table(arrays, names=self._names))
        for row in zip(*columns, strict=True):
            self._hash(row)
        self.rows += len(portion)

    def table(self) -> pa.Table:
        return pa.table([self._whole(name) for name in self._names], names=self._names)

    def _whole(self, name: str) -> pa.ChunkedArray:
        try:
            parts = [part.select([name]) for part in self._parts]
            return pa.concat_tables(parts, promote_options="permissive").column(0)
        except (pa.ArrowException, OverflowError) as error:
            raise SourceError.at(
                self._where, f"column {name!r} does not fit one type: {said(error)}", self._cast
            ) from None

    def _array(self, place: int, values: list[object]) -> pa.Array:
        self._check_kinds(place, values)
        try:
            return pa.array(values)
        except (pa.ArrowException, OverflowError, UnicodeError) as error:
            what = f"column {self._names[place]!r} does not fit one type: {said(error)}"
            raise SourceError.at(self._where, what, self._cast) from None

    def _check_kinds(self, place: int, values: list[object]) -> None:
        """Refuses a value of another kind than those before it in its column."""
        before = self._kinds[place]
        kinds = {_KINDS.get(kind) for kind in set(map(type, values))} - {""}
        if kinds <= {before}:
            return
        name = self._names[place]
        for row, value in enumerate(values, self.rows + 1):
            kind = _KINDS.get(type(value))
            if kind is None:
                what = f"column {name!r} holds a {type(value).__name__} in row {row:,}, which a table has no form for"
                raise SourceError.at(self._where, what, self._cast)
            if before and kind not in ("", before):
                what = f"column {name!r} holds a {kind} in row {row:,}, a {before} before"
                raise SourceError.at(self._where, what, self._cast)
            before = before or kind
        self._kinds[place] = before

    def _hash(self, row: Row) -> None:
        line = orjson.dumps(row, default=_as_json, option=orjson.OPT_APPEND_NEWLINE)
        self.sha256.update(line)
        self.bytes += len(line)


def _settled(values: tuple[object, ...]) -> list[object]:
    """The values in the types that `_KINDS` knows, where there is one for them."""
    if not _SETTLED.keys() & set(map(type, values)):
        return list(values)
    return [_SETTLED[type(value)](value) if type(value) in _SETTLED else value for value in values]


def _in_utc(value: datetime) -> datetime:
    """A moment in UTC: the server's answer then does not depend on the time zone of this machine."""
    return value if value.tzinfo is None else value.astimezone(UTC)


def _time(value: time) -> time | str:
    return value if value.tzinfo is None else value.isoformat()  # Arrow's times have no zone


_SETTLED: dict[type, Callable[..., object]] = {
    datetime: _in_utc,
    time: _time,
    UUID: str,
    memoryview: bytes,
    bytearray: bytes,
    tuple: list,
}


def _as_json(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)

"""From a file to a table: CSV, TSV, JSON Lines or Parquet."""

from __future__ import annotations

import codecs
import hashlib
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path, PurePath

import pyarrow as pa
import pyarrow.parquet as pq

from ...errors import SourceError
from .delimited import read_delimited
from .json_lines import read_json_lines
from .table import Table


def read_table(path: Path, format: str | None = None, *, where: str) -> Table:
    """The table in a file. Its format is `csv`, `tsv`, `jsonl` or `parquet`, by the file's ending if left out.

    CSV and TSV columns are all text ('00501' stays as it is), without surrounding blanks; JSON Lines and Parquet keep
    their types. `where` says who asks for the file. Raises SourceError where the file cannot be read as such a table,
    with the line where there is one, and where it has no rows.
    """
    place = f"{where}: {path}"
    format = table_format(path, format, place)
    raw = read_raw(path, place)
    return Table(path, parse_table(raw, format, place), hashlib.sha256(raw).hexdigest(), len(raw))


def table_format(path: PurePath, format: str | None, place: str) -> str:
    """The format given, or that of the file's ending; `place` is the file, for messages.

    Raises SourceError where it is none of `TABLE_FORMATS`.
    """
    format = format or path.suffix.lower().removeprefix(".")
    if format not in _READERS:
        known = ", ".join(f".{ending}" for ending in _READERS)
        raise SourceError.at(place, f"what format is {path.suffix or path.name!r}?", f"known endings: {known}")
    return format


def read_raw(path: Path, place: str) -> bytes:
    """A file's bytes; `place` is the file, for messages. Raises SourceError where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise SourceError.at(place, f"cannot be read: {error.strerror}", "is the path right?") from None


def parse_table(raw: bytes, format: str, place: str) -> pa.Table:
    """The table in a file's bytes, in one of `TABLE_FORMATS`; otherwise as `read_table`."""
    if not raw.removeprefix(codecs.BOM_UTF8).strip():
        raise SourceError.at(place, "is empty")
    if format != "parquet":
        check_utf8(raw, place)
    columns = _READERS[format](raw, place=place)
    _check_names(columns.column_names, place)
    if not columns.num_rows:
        raise SourceError.at(place, "has no rows", "a header alone grounds nothing: add rows")
    return columns


def _read_parquet(raw: bytes, place: str) -> pa.Table:
    try:
        columns = pq.ParquetFile(pa.BufferReader(raw)).read()
    except (pa.ArrowException, OSError) as error:
        reason = str(error).partition("\n")[0]
        raise SourceError.at(place, f"is not a Parquet file: {reason}") from None
    return pa.table([_plain_type(values) for values in columns.columns], names=columns.column_names)


_READERS: dict[str, Callable[..., pa.Table]] = {
    "csv": partial(read_delimited, delimiter=","),
    "tsv": partial(read_delimited, delimiter="\t"),
    "jsonl": read_json_lines,
    "parquet": _read_parquet,
}
TABLE_FORMATS = tuple(_READERS)
"""The formats of tables, named as the files end."""


def _plain_type(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Texts and dictionaries in the forms that Arrow's functions take."""
    if pa.types.is_dictionary(values.type):
        return _plain_type(values.cast(values.type.value_type))
    return values.cast(pa.large_string()) if pa.types.is_string_view(values.type) else values


def check_utf8(raw: bytes, place: str) -> None:
    """Raises SourceError, with the line, where a file's bytes are not UTF-8."""
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise SourceError.at(f"{place}:{line}", f"is not UTF-8 at byte {error.start}", "save it as UTF-8") from None


def _check_names(names: list[str], place: str) -> None:
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise SourceError.at(place, f"has columns of the same name: {', '.join(map(repr, twice))}", "rename one")

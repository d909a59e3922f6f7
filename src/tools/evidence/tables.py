"""Evidence by name: the rows of a table that are about an object."""

from __future__ import annotations

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from ...errors import SourceError
from ...records import Int64Array, Json
from ..grounding.folding import fold
from ..sources import Table, column, json_values
from .base import Piece


class TableEvidence:
    """The texts of the rows whose `match` column names the object, whatever its case and white space."""

    def __init__(self, table: Table, text: str, match: str, where: str) -> None:
        """Raises SourceError, at `where`, for columns that the table lacks or that are empty."""
        self._texts = texts_of(table, text, f"{where}.text").combine_chunks()
        self._rows = _rows_by_object(table, match, f"{where}.match")

    def pieces(self, object: str, query: str) -> list[Piece]:
        """The rows in the order of the table; without blank texts."""
        rows = self._rows.get(fold(object))
        if rows is None:
            return []
        texts = self._texts.take(pa.array(rows)).to_pylist()
        return [Piece(str(row), text) for row, text in zip(rows.tolist(), texts, strict=True) if text and text.strip()]

    def close(self) -> None:
        """Nothing is held."""


class SourceRows:
    """The source's own rows about an object, each on a line: `drug: aspirin; effect: nausea; dose: 100`.

    Subject and object come first, then the other columns in the table's order; empty cells are left out.
    """

    def __init__(self, table: Table, subject: str, object: str, where: str) -> None:
        """Raises SourceError, at `where`, for columns that the table lacks or that are empty."""
        self._where = where
        column(table, subject, f"{where}.subject")
        self._rows = _rows_by_object(table, object, f"{where}.object")
        names = dict.fromkeys([subject, object, *table.columns.column_names])
        self._columns = {name: table.columns.column(name).combine_chunks() for name in names}

    def pieces(self, object: str, query: str) -> list[Piece]:
        """The rows in the order of the table."""
        rows = self._rows.get(fold(object))
        if rows is None:
            return []
        wanted = pa.array(rows)
        cells = {name: json_values(values.take(wanted), self._where) for name, values in self._columns.items()}
        lines = (
            "; ".join(f"{name}: {shown}" for name, values in cells.items() if (shown := _shown(values[number])))
            for number in range(len(rows))
        )
        return [Piece(str(row), line) for row, line in zip(rows.tolist(), lines, strict=True)]

    def close(self) -> None:
        """Nothing is held."""


def texts_of(table: Table, name: str, where: str) -> pa.ChunkedArray:
    """The values of a column as texts. Raises SourceError where there is no such column, or nothing in it."""
    values = column(table, name, where)
    if not (pa.types.is_string(values.type) or pa.types.is_large_string(values.type)):
        listed = [None if value is None else str(value) for value in json_values(values, where)]
        values = pa.chunked_array([pa.array(listed, pa.string())])
    if not pc.any(pc.not_equal(pc.utf8_trim_whitespace(values), "")).as_py():
        raise SourceError.at(where, f"the column {name!r} of {table.path} is empty", "is this the right column?")
    return values


def _rows_by_object(table: Table, name: str, where: str) -> dict[str, Int64Array]:
    """The numbers of the rows, ascending, by the folded value of a column."""
    encoded = texts_of(table, name, where).combine_chunks().dictionary_encode()
    ids: dict[str, int] = {}
    # A row without a value is of the last id, under the empty name, which nothing is asked by.
    of_code = [ids.setdefault(fold(value or ""), len(ids)) for value in encoded.dictionary.to_pylist()]
    nothing = ids.setdefault("", len(ids))
    codes = encoded.indices.fill_null(len(of_code)).to_numpy(zero_copy_only=False).astype(np.int64)
    owners = np.array([*of_code, nothing], np.int64)[codes]
    order = np.argsort(owners, kind="stable").astype(np.int64)
    parts = np.split(order, np.cumsum(np.bincount(owners, minlength=len(ids)))[:-1])
    return {name: part for name, part in zip(ids, parts, strict=True) if name}


def _shown(value: Json) -> str:
    """A cell on one line; an empty one is ""."""
    if value is None:
        return ""
    return " ".join((value if isinstance(value, str) else orjson.dumps(value).decode()).split())

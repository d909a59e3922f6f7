"""CSV and TSV, every column as text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import islice

import pyarrow as pa
import pyarrow.compute as pc

from ...errors import SourceError

_ROWS_AT_ONCE = 20_000

Row = list[str]


def read_delimited(raw: bytes, *, delimiter: str, place: str) -> pa.Table:
    """The table in UTF-8 text with a header; `place` is the file, for messages.

    Quotes as in RFC 4180; blanks around names, quoted fields and values are taken off, blank lines left out. Raises
    SourceError with the line of a row that has more or fewer fields than the header, or a stray quote.
    """
    # The limit on the length of a field is the process's, not the reader's: it is only ever raised.
    csv.field_size_limit(max(csv.field_size_limit(), len(raw)))
    rows = _rows(raw, delimiter, place)
    _, header = next(rows, (1, []))
    names = [name.strip() for name in header]
    pieces = []
    while some := list(islice(rows, _ROWS_AT_ONCE)):
        for line, row in some:
            if len(row) != len(names):
                what = f"number of fields: {len(row)}, in the header: {len(names)}"
                raise SourceError.at(f"{place}:{line}", what, "quote a field that holds the delimiter")
        columns = zip(*(row for _, row in some), strict=True)
        pieces.append([pc.utf8_trim_whitespace(pa.array(column, pa.string())) for column in columns])
    chunked = [pa.chunked_array(chunks, pa.string()) for chunks in zip(*pieces, strict=True)]
    return pa.table(chunked or [pa.array([], pa.string())] * len(names), names=names)


def _rows(raw: bytes, delimiter: str, place: str) -> Iterator[tuple[int, Row]]:
    """Each row that is not blank, with the line it begins on."""
    text = io.TextIOWrapper(io.BytesIO(raw), encoding="utf-8-sig", newline="")
    # Without skipinitialspace, `a, "b, c"` would be three fields.
    reader = csv.reader(text, delimiter=delimiter, skipinitialspace=True, strict=True)
    line = 1
    try:
        for row in reader:
            if len(row) > 1 or (row and row[0].strip()):
                yield line, row
            line = reader.line_num + 1
    except csv.Error as error:
        mend = 'a quote inside a quoted field is written twice: ""'
        raise SourceError.at(f"{place}:{line}", f"the row that begins here is broken: {error}", mend) from None

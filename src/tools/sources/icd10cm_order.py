"""ICD-10-CM's order file: fixed columns, a line for each code and heading."""

from __future__ import annotations

import codecs
from collections.abc import Iterator

from ...errors import SourceError
from .icd10cm_rows import Code, dotted
from .reading import check_utf8

# Order number, code without its dot, whether it is billable, short description, description.
_CODE = slice(6, 13)
_FLAG = 14
_DESCRIPTION = slice(77, None)
_FLAGS = {"0": False, "1": True}


def read_order(raw: bytes, place: str) -> Iterator[Code]:
    """The codes in the bytes of an order file, in its order. Raises SourceError with the line that is none of it."""
    check_utf8(raw, place)
    for number, line in enumerate(raw.removeprefix(codecs.BOM_UTF8).decode().splitlines(), 1):
        if not line.strip():
            continue
        code, description = dotted(line[_CODE]), line[_DESCRIPTION].strip()
        flag = line[_FLAG : _FLAG + 1]
        if code is None or flag not in _FLAGS or not description:
            mend = "it has the order number, code, 0 or 1, short and long description in fixed columns"
            raise SourceError.at(f"{place}:{number}", "is no line of ICD-10-CM's order file", mend)
        yield Code(code, description, _FLAGS[flag])

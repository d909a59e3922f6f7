"""A table made ready for the facts check: names to find in texts, and the rows they stand for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from ....errors import SourceError
from ....records import Json
from ...sources import Table, column, json_values
from ..leaves import leaves
from .numbers import find_numbers
from .rows import RowFacts
from .words import LONGEST_NAME, Lexicon, form, labels_of, squeezed

_LONGEST_TEXT = 200
_CELLS_KEPT = 200_000
_SAMPLE = 50
_YES_OR_NO = frozenset("yes no true false y n t f 0 1".split())


@dataclass(frozen=True, slots=True)
class _Column:
    """Different values and, for each row, which one it has (-1 for none); their forms where they are texts."""

    name: str
    values: list[Json]
    rows: npt.NDArray[np.int32]
    forms: list[str] | None

    @property
    def names_rows(self) -> bool:
        """Whether no two rows have the same text in it, and each has one."""
        return (
            self.forms is not None
            and len(self.forms) == len(self.rows) == len(set(self.forms))
            and bool((self.rows >= 0).all())
        )


class FactsIndex:
    """The names in a table's text columns, and its rows by key; about 200 bytes for each different text."""

    def __init__(self, table: Table, key: str | None, where: str) -> None:
        if key is not None:
            column(table, key, where)  # says which columns there are
        columns = [_read(name, table.columns.column(name), where, name == key) for name in table.columns.column_names]
        self.names: list[str] = [each.name for each in columns]
        self.key: int = _key_column(columns, key, table, where)
        self.lexicon = Lexicon()
        self.fields: dict[str, int] = {squeezed(each.name): place for place, each in reversed(list(enumerate(columns)))}
        self.labels: dict[str, tuple[int, ...]] = {}
        self.label_starts: dict[str, list[str]] = {}
        self._columns: list[tuple[list[Json], npt.NDArray[np.int32]]] = []
        self._finders: dict[int, tuple[npt.NDArray[np.uint64], npt.NDArray[np.intp]]] = {}
        self._cache: dict[tuple[int, str], RowFacts | None] = {}
        self._cells = 0
        for place, each in enumerate(columns):
            self._take_in(place, each)
        self.aliases: tuple[int, ...] = tuple(place for place in self._finders if place != self.key)

    def _take_in(self, place: int, each: _Column) -> None:
        self._columns.append((each.values, each.rows))
        for spoken in sorted(labels_of(each.name)) if place != self.key else ():
            if spoken not in self.labels:
                self.label_starts.setdefault(spoken.split(" ")[0], []).append(spoken)
            self.labels[spoken] = (*self.labels.get(spoken, ()), place)
        if each.forms is None:
            return
        longest = _LONGEST_TEXT if place != self.key else 1 << 62
        for value, known in zip(each.values, each.forms, strict=True):
            for spelled, part in _texts(value, known):
                if part and len(part) < longest and (place == self.key or part.count(" ") < LONGEST_NAME):
                    self.lexicon.add(spelled, part, place, is_key=place == self.key)
        if place == self.key or each.names_rows:
            hashes = np.array([xxhash.xxh3_64_intdigest(known.encode()) for known in each.forms] + [0], np.uint64)[
                each.rows
            ]
            given = np.flatnonzero(each.rows >= 0)
            order = given[np.argsort(hashes[given], kind="stable")]
            self._finders[place] = hashes[order], order

    def facts(self, known: str, place: int | None = None) -> RowFacts | None:
        """What the rows say whose key, or value in another column that names rows, has this form; None without any."""
        place = self.key if place is None else place
        if (place, known) in self._cache:
            return self._cache[place, known]
        facts = self._read_rows(known, place)
        self._cells += 1 if facts is None else 1 + sum(map(len, facts.cells.values()))
        if self._cells > _CELLS_KEPT:
            self._cache.clear()
            self._cells = 0
        self._cache[place, known] = facts
        return facts

    def _read_rows(self, known: str, place: int) -> RowFacts | None:
        hashes, order = self._finders[place]
        wanted = np.uint64(xxhash.xxh3_64_intdigest(known.encode()))
        rows = order[np.searchsorted(hashes, wanted, "left") : np.searchsorted(hashes, wanted, "right")]
        if not len(rows):
            return None
        cells = {}
        for number, (values, places) in enumerate(self._columns):
            taken = places[rows] if len(rows) == 1 else np.unique(places[rows])
            cells[number] = [cell for at in taken.tolist() if at >= 0 for cell in _scalars(values[at])]
        return RowFacts.of(str(cells[self.key][0]) if cells[self.key] else known, cells)


def _read(name: str, values: pa.ChunkedArray, where: str, is_key: bool) -> _Column:
    """A column's different values; forms where it holds texts that are not all numbers, or is the key."""
    if pa.types.is_nested(values.type):
        listed = json_values(values, where)
        rows = np.arange(len(listed), dtype=np.int32)
        return _Column(name, listed, rows, [""] * len(listed) if _any_text(listed) else None)
    array = values.combine_chunks() if values.num_chunks != 1 else values.chunk(0)
    coded = pc.dictionary_encode(array)
    different = json_values(coded.dictionary, where)
    rows = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
    is_text = pa.types.is_string(values.type) or pa.types.is_large_string(values.type)
    if not is_text and not is_key:
        return _Column(name, different, rows, None)
    blank = np.array([value is None or (isinstance(value, str) and not value.strip()) for value in different] + [True])
    rows = np.where(blank[rows], np.int32(-1), rows)
    texts = ["" if is_blank else str(value) for value, is_blank in zip(different, blank[:-1].tolist(), strict=True)]
    if not is_key and _is_no_name(texts):
        return _Column(name, different, rows, None)
    return _Column(name, different, rows, [form(text) if text else "" for text in texts])


def _is_no_name(texts: Sequence[str]) -> bool:
    """Whether all texts are numbers or dates, or all say yes or no."""
    given = [text for text in texts if text]
    if len(given) <= len(_YES_OR_NO) and _YES_OR_NO.issuperset(text.casefold() for text in given):
        return True
    return all(map(_is_number, given[:_SAMPLE])) and all(map(_is_number, given))


def _is_number(text: str) -> bool:
    if not any("0" <= sign <= "9" for sign in text):
        return False
    letters = sum(map(str.isalpha, text))
    if not letters:
        return True
    return letters < 4 and any(number.end - number.start >= len(text) - letters - 2 for number in find_numbers(text))


def _any_text(values: Sequence[Json]) -> bool:
    return any(isinstance(leaf.value, str) for value in values for leaf in leaves(value))


def _texts(value: Json, known: str) -> Iterator[tuple[str, str]]:
    """The texts of a cell, each with its form."""
    if not isinstance(value, dict | list):
        yield str(value), known
        return
    for leaf in leaves(value):
        if isinstance(leaf.value, str) and leaf.value.strip():
            yield leaf.value, form(leaf.value)


def _scalars(value: Json) -> list[Json]:
    if isinstance(value, dict | list):
        return [leaf.value for leaf in leaves(value) if leaf.value not in (None, "")]
    return [] if value is None or value != value else [value]


def _key_column(columns: Sequence[_Column], key: str | None, table: Table, where: str) -> int:
    """The place of the column that says what a row is about."""
    if key is None:
        for place, each in enumerate(columns):
            if each.names_rows:
                return place
        what = f"no text column of {table.path} has a different value in every row"
        raise SourceError.at(where, what, "say with `key` which column tells what a row is about")
    place = [each.name for each in columns].index(key)
    forms = columns[place].forms
    if forms is None or not any(forms):
        raise SourceError.at(
            where, f"the column {key!r} of {table.path} names nothing", "`key` needs a column of texts"
        )
    return place

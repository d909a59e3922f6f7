"""The documents of a source: which rows are documents, and what each is called in a question."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from ....errors import SourceError
from ....plan import Category
from ...sources import Table, column, json_values
from ..folding import fold

TITLE = "title"
"""The column with the titles, where a source has one."""

_LONGEST_TITLE = 150
UNQUOTED = str.maketrans({'"': "'", "“": "\u2018", "”": "\u2019", "„": "\u201a", "«": "\u2039", "»": "\u203a"})
"""Quotation marks as they are within quotation marks."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document: its id and its text as the source has them, and a label that no other document has.

    The label is the title, with the id where others have the title too, or the id alone; without quotation marks.
    """

    id: str
    label: str
    text: str


class Documents:
    """The different documents of a source, in its order; those whose texts are the same when folded are one.

    notes: what was left out.
    """

    def __init__(self, category: Category, table: Table, where: str) -> None:
        """Raises SourceError for columns the table has not, no document at all, or an id that stands for several."""
        assert category.text is not None and category.id is not None
        texts = _strings(table, category.text, f"{where}.text")
        ids = _strings(table, category.id, f"{where}.id")
        rows = [row for row, text in enumerate(texts) if text.strip()]
        named = [row for row in rows if ids[row].strip()]
        kept = _first_of_each(texts, named)
        if not kept:
            what = f"no row of {table.path} has both {category.text!r} and {category.id!r}"
            raise SourceError.at(where, what, "are these the right columns?")
        _refuse_repeats([ids[row] for row in kept], f"{where}.id", table)
        titles = _titles(table, category.text, where)
        labels = _labels([ids[row] for row in kept], [titles[row] for row in kept] if titles else [])
        self._documents = [Document(ids[row], label, texts[row]) for row, label in zip(kept, labels, strict=True)]
        self._by_id = {document.id: place for place, document in enumerate(self._documents)}
        told = [
            (table.rows - len(rows), "rows have an empty text and are left out"),
            (len(rows) - len(named), "rows have no id and are left out"),
            (
                len(named) - len(kept),
                "documents have the text of another, but for case or white space, and are left out",
            ),
        ]
        self.notes = [f"{count:,} {what}" for count, what in told if count]

    def __len__(self) -> int:
        return len(self._documents)

    def __getitem__(self, place: int) -> Document:
        """The document at a place."""
        return self._documents[place]

    def __iter__(self) -> Iterator[Document]:
        return iter(self._documents)

    def place_of(self, id: str) -> int | None:
        """Where the document of an id is; None where there is none."""
        return self._by_id.get(id)

    @property
    def ids(self) -> list[str]:
        """The ids of all documents, in order."""
        return list(self._by_id)


def _strings(table: Table, name: str, where: str) -> list[str]:
    values = json_values(column(table, name, where), where)
    return ["" if value is None else str(value) for value in values]


def _first_of_each(texts: list[str], rows: list[int]) -> list[int]:
    """The first row of each different text."""
    first: dict[str, int] = {}
    for row in rows:
        first.setdefault(fold(texts[row]), row)
    return list(first.values())


def _refuse_repeats(ids: list[str], where: str, table: Table) -> None:
    repeated = [(id, times) for id, times in Counter(ids).most_common(3) if times > 1]
    if repeated:
        named = ", ".join(f"{id!r} ({times:,} texts)" for id, times in repeated)
        what = f"ids of {table.path} stand for different texts: {named}"
        raise SourceError.at(
            where, what, "a record names its document by the id: choose a column that tells them apart"
        )


def _titles(table: Table, text: str, where: str) -> list[str]:
    """The titles, one a row; none where the source has no such column."""
    if TITLE not in table.columns.column_names or text == TITLE:
        return []
    return _strings(table, TITLE, where)


def _labels(ids: list[str], titles: list[str]) -> list[str]:
    """What each document is called: different for all of them, case and white space apart."""
    names = [" ".join(title.split()).translate(UNQUOTED) for title in titles] or [""] * len(ids)
    plain = [" ".join(id.split()).translate(UNQUOTED) for id in ids]
    names = [name if 0 < len(name) <= _LONGEST_TITLE else id for name, id in zip(names, plain, strict=True)]
    times = Counter(map(fold, names))
    labels = [
        f"{name} ({id})" if times[fold(name)] > 1 and name != id else name
        for name, id in zip(names, plain, strict=True)
    ]
    places: defaultdict[str, list[int]] = defaultdict(list)
    for place, label in enumerate(labels):
        places[fold(label)].append(place)
    for same in places.values():  # ids that differ in case, white space or quotation marks alone
        for number, place in enumerate(same[1:], start=2):
            labels[place] = f"{labels[place]} [{number}]"
    return labels

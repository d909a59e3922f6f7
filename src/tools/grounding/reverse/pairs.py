"""The facts of a table as pairs: which subjects go with which objects, whatever their spelling."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ....errors import SourceError
from ....records import Int64Array
from ...sources import Table, column, json_values
from ..folding import fold


@dataclass(frozen=True)
class Side:
    """One column of the pairs: its different values, by id in the order of their folded forms.

    spellings: as the source writes each most often. folded: the form it is compared in. variants: how many spellings
    were folded into another.
    """

    spellings: list[str]
    folded: list[str]
    variants: int

    def __len__(self) -> int:
        return len(self.folded)

    @cached_property
    def ids(self) -> dict[str, int]:
        """The id of a folded value."""
        return {value: number for number, value in enumerate(self.folded)}


class Groups:
    """Members by owner, as sorted ids: what a subject's objects or an object's subjects are."""

    def __init__(self, owners: Int64Array, members: Int64Array, count: int) -> None:
        """`owners` ascending, and `members` within each; `count` owners there are."""
        self._starts = np.searchsorted(owners, np.arange(count + 1))
        self._members = members

    def __getitem__(self, owner: int) -> Int64Array:
        return self._members[self._starts[owner] : self._starts[owner + 1]]

    @property
    def sizes(self) -> Int64Array:
        """How many members each owner has."""
        return np.diff(self._starts).astype(np.int64)

    def of_all(self, owners: Int64Array) -> Int64Array:
        """The members of several owners, one after the other, each as often as it occurs."""
        return np.concatenate([np.zeros(0, np.int64), *(self[owner] for owner in owners.tolist())])


class Pairs:
    """The different pairs (subject, object) of a table; rows with an empty cell say nothing."""

    def __init__(self, table: Table, subject: str, object: str, where: str) -> None:
        """Raises SourceError for columns that the table has not, or where no row has both."""
        columns = [_texts(table, name, f"{where}.{key}") for key, name in (("subject", subject), ("object", object))]
        present = pc.and_(*(_is_filled(values) for values in columns))
        self.subjects, subject_ids = _side(columns[0].filter(present))
        self.objects, object_ids = _side(columns[1].filter(present))
        if not len(subject_ids):
            what = f"no row of {table.path} has both {subject!r} and {object!r}"
            raise SourceError.at(where, what, "are these the right columns?")
        codes = np.unique(object_ids * len(self.subjects) + subject_ids)
        owners, members = np.divmod(codes, len(self.subjects))
        self.subjects_of = Groups(owners, members, len(self.objects))
        order = np.lexsort((owners, members))
        self.objects_of = Groups(members[order], owners[order], len(self.subjects))
        self.count = len(codes)
        self.empty = table.rows - len(subject_ids)
        self.repeated = len(subject_ids) - len(codes)

    @property
    def notes(self) -> list[str]:
        """What was left out and what was taken together, where anything was."""
        folded = self.subjects.variants + self.objects.variants
        told = [
            (self.empty, "rows with an empty cell are left out"),
            (folded, "spellings that differ in case or white space alone are folded"),
            (self.repeated, "rows that repeat a pair count once"),
        ]
        return [f"{what}: {count:,}" for count, what in told if count]


def _texts(table: Table, name: str, where: str) -> pa.ChunkedArray:
    values = column(table, name, where)
    if pa.types.is_string(values.type):
        return values
    listed = [None if value is None else str(value) for value in json_values(values, where)]
    return pa.chunked_array([pa.array(listed, pa.string())])


def _is_filled(values: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.fill_null(pc.not_equal(pc.utf8_trim_whitespace(values), ""), False)


def _side(values: pa.ChunkedArray) -> tuple[Side, Int64Array]:
    """The different values of a column, and the id of each row's."""
    encoded = values.combine_chunks().dictionary_encode()
    raw: list[str] = encoded.dictionary.to_pylist()
    rows = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    times = np.bincount(rows, minlength=len(raw)) if len(raw) else np.zeros(0, np.int64)
    best: dict[str, int] = {}
    forms = [fold(value) for value in raw]
    for number, form in enumerate(forms):
        if form not in best or times[number] > times[best[form]]:
            best[form] = number
    folded = sorted(best)
    ids = {form: number for number, form in enumerate(folded)}
    spellings = [" ".join(raw[best[form]].split()) for form in folded]
    of_raw = np.array([ids[form] for form in forms], np.int64)
    return Side(spellings, folded, len(raw) - len(folded)), of_raw[rows] if len(raw) else rows

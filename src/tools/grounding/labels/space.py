"""Labels: which labels a text has by its source, and checks that hold what models said to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from types import MappingProxyType

import numpy as np

from ....errors import SourceError
from ....plan import Category, Tier
from ....records import BoolArray, Candidates, Int64Array, Json
from ...checks import Check
from ...draws import key_of
from ...sources import Table, column, json_values
from ...templates.permutation import Permutation
from ..base import Lane
from ..cuts import Cut, cuts_of
from ..folding import fold
from ..reverse.pairs import Groups
from .quality import EXACT, label_form, label_quality, label_tokens

MOST_SHOWN = 200
"""A source with no more labels than this is a closed set: models are shown all of them, and may choose no other."""

_SAME = 1e-9


class Labels:
    """See `base.GroundedSpace`. A candidate is a text, once for all spellings that differ in case or white space.

    A text that the source gives several labels is of the tier of the first, and any of them is right.
    """

    def __init__(
        self, category: Category, table: Table, tiers: Sequence[Tier] | None, key: np.uint64, where: str
    ) -> None:
        """Raises SourceError for columns the source has not, PlanError for tiers whose bounds overlap."""
        assert category.text is not None and category.label is not None
        self.category = category
        texts, labels = _cells(table, category.text, f"{where}.text"), _cells(table, category.label, f"{where}.label")
        groups = _cells(table, category.group, f"{where}.group") if category.group else None
        filled = [row for row, text in enumerate(texts) if text and labels[row]]
        if not filled:
            what = f"no row of {table.path} has both {category.text!r} and {category.label!r}"
            raise SourceError.at(where, what, "are these the right columns?")
        label_ids = self._number_labels([labels[row] for row in filled])
        self._rows_left_out = table.rows - len(filled)
        text_ids = self._number_texts([texts[row] for row in filled])
        self._join(text_ids, label_ids)
        self._groups: dict[str, str] = {}
        if groups is not None:
            for row, label in zip(filled, label_ids.tolist(), strict=True):
                if groups[row]:
                    self._groups.setdefault(self._forms[label], groups[row])
        self._lanes, self._order = self._cut(cuts_of(tiers, f"{where}.tiers"), key)
        self._check = LabelCheck(category, table, where)

    @property
    def lanes(self) -> Sequence[Lane]:
        """See `GroundedSpace`."""
        return self._lanes

    @property
    def notes(self) -> Sequence[str]:
        """See `GroundedSpace`."""
        told = [
            (self._rows_left_out, "rows have an empty cell and are left out"),
            (self._variants, "spellings of labels differ from another in case, white space or dots alone and are taken "
             "together"),
            (self._repeated, "rows repeat a text with its label and count once"),
            (self._ambiguous, "texts have more than one label: each of them is right, and the first is their "
             "`source_code`"),
        ]  # fmt: skip
        return [f"source {self.category.source!r}: {count:,} {what}" for count, what in told if count]

    @property
    def checks(self) -> Sequence[Check]:
        """See `GroundedSpace`."""
        return [self._check]

    @property
    def label_count(self) -> int:
        """How many different labels the source has."""
        return len(self._spellings)

    @property
    def entries(self) -> int:
        """How many different texts the source has, within the tiers or not."""
        return len(self._texts)

    @property
    def closed_set(self) -> Sequence[str]:
        """All labels of the source in the order of their forms, where there are few; else none."""
        few = self.label_count <= MOST_SHOWN
        return [spelling for _, spelling in sorted(zip(self._forms, self._spellings, strict=True))] if few else []

    @property
    def longest_label(self) -> str:
        """The label that takes the most characters."""
        return max(self._spellings, key=len)

    @cached_property
    def groups(self) -> Mapping[str, str]:
        """The group of each label that candidates are about, folded as by `object_of`; "" where the source has none.

        Empty where the category names no `group`.
        """
        if self.category.group is None:
            return {}
        about = np.unique(self._first[self._order]).tolist()
        named = {fold(self._spellings[label]): self._groups.get(self._forms[label], "") for label in about}
        return MappingProxyType(named)

    def records(self, numbers: Int64Array) -> list[Json]:
        """See `GroundedSpace`."""
        return [self._record(number) for number in numbers.tolist()]

    def text(self, number: int) -> str:
        """The text of a number, as the source has it."""
        return self._texts[int(self._order[number])]

    def truth(self, number: int) -> tuple[str, ...]:
        """The labels of a number's text, in the order of the source, the `source_code` first."""
        return tuple(self._spellings[label] for label in self._labels_of[int(self._order[number])].tolist())

    def kind_of(self, number: int) -> str:
        """See `GroundedSpace`: all are of one kind."""
        return ""

    def object_of(self, number: int) -> str:
        """See `GroundedSpace`: the folded `source_code`."""
        return fold(self._spellings[int(self._first[self._order[number]])])

    def group_of(self, code: str) -> str | None:
        """The group of a label, however it is spelled; None where the source says none."""
        return self._groups.get(label_form(code))

    def spelling(self, code: str) -> str | None:
        """How the source spells a label, None if it has no such label.

        Where case, white space and dots make no match, the words of the label do, unless several labels have them.
        """
        number = self._ids.get(label_form(code))
        number = self._by_tokens.get(label_tokens(code)) if number is None else number
        return None if number is None else self._spellings[number]

    @cached_property
    def _by_tokens(self) -> dict[tuple[str, ...], int | None]:
        found: dict[tuple[str, ...], int | None] = {}
        for number, spelling in enumerate(self._spellings):
            tokens = label_tokens(spelling)
            found[tokens] = None if tokens in found else number
        return found

    def _record(self, number: int) -> Json:
        truth = self.truth(number)
        return {"text": self.text(number), "codes": list(truth), "quality": EXACT, "source_code": truth[0]}

    def _number_labels(self, labels: list[str]) -> Int64Array:
        """Note the different labels, each as the source spells it most often; gives each row's id."""
        times = Counter(labels)
        self._ids: dict[str, int] = {}
        best: list[str] = []
        numbers: dict[str, int] = {}
        for label, count in times.items():
            number = numbers[label] = self._ids.setdefault(label_form(label), len(self._ids))
            if number == len(best):
                best.append(label)
            elif count > times[best[number]]:
                best[number] = label
        self._forms, self._spellings = list(self._ids), [" ".join(label.split()) for label in best]
        self._variants = len(times) - len(best)
        return np.fromiter((numbers[label] for label in labels), np.int64, len(labels))

    def _number_texts(self, texts: list[str]) -> Int64Array:
        """Note the different texts, each as it comes first; gives each row's id."""
        ids: dict[str, int] = {}
        self._texts: list[str] = []
        rows = np.empty(len(texts), np.int64)
        for row, text in enumerate(texts):
            rows[row] = number = ids.setdefault(fold(text), len(ids))
            if number == len(self._texts):
                self._texts.append(text)
        return rows

    def _join(self, text_ids: Int64Array, label_ids: Int64Array) -> None:
        """Note the labels of each text, in the order of the rows; takes the ids of both for each row."""
        codes, rows = np.unique(text_ids * self.label_count + label_ids, return_index=True)
        owners, members = np.divmod(codes, self.label_count)
        order = np.lexsort((rows, owners))
        self._labels_of = Groups(owners[order], members[order], len(self._texts))
        sizes = self._labels_of.sizes
        self._first = members[order][np.cumsum(sizes) - sizes]
        self._frequencies = np.bincount(members, minlength=self.label_count)
        self._repeated, self._ambiguous = len(text_ids) - len(codes), int((sizes > 1).sum())

    def _cut(self, cuts: list[Cut], key: np.uint64) -> tuple[list[Lane], Int64Array]:
        """The lanes, and the id of each number's text."""
        lanes: list[Lane] = []
        orders: list[Int64Array] = [np.zeros(0, np.int64)]
        frequencies, start = self._frequencies[self._first], 0
        for cut in cuts:
            inside = np.flatnonzero((frequencies >= cut.low) & (frequencies <= (cut.high or frequencies.max())))
            if size := len(inside):
                places = Permutation(key_of(key, "lane", cut.low, cut.high), size)(np.arange(size, dtype=np.int64))
                inside = inside[places]
            lanes.append(Lane(range(start, start + size), cut.tiers, len(np.unique(self._first[inside]))))
            orders.append(inside)
            start += size
        return lanes, np.concatenate(orders)


class LabelCheck:
    """Holds every record to the rows of the table, read again by itself: it does not trust who made the record."""

    def __init__(self, category: Category, table: Table, where: str) -> None:
        assert category.text is not None and category.label is not None
        self._truth: dict[str, tuple[str, ...]] = {}
        columns = [_cells(table, name, where) for name in (category.text, category.label)]
        for text, label in zip(*columns, strict=True):
            if text and label:
                folded = fold(text)
                known = self._truth.get(folded, ())
                if label not in known:
                    self._truth[folded] = (*known, label)

    @property
    def reason(self) -> str:
        """`facts`."""
        return "facts"

    def screen(self, candidates: Candidates) -> BoolArray | None:
        """All rows."""
        return None

    def refuse(self, value: Json, prompt: str | None) -> str | None:
        """What the source says otherwise."""
        truth = self._truth.get(fold(value["text"]))
        if truth is None:
            return f"text: the source has no {value['text'][:200]!r}"
        if label_form(value["source_code"]) not in {label_form(label) for label in truth}:
            return f"source_code: {value['source_code']!r}, by the source {' or '.join(map(repr, truth))}"
        quality = label_quality(value["codes"], truth)
        if abs(value["quality"] - quality) > _SAME:
            return f"quality: {value['quality']!r}, by the source {quality!r}"
        return None


def _cells(table: Table, name: str, where: str) -> list[str]:
    """The values of a column as texts, one a row, without white space around them; empty cells as empty texts."""
    listed = json_values(column(table, name, where), where)
    return ["" if value is None else value.strip() if isinstance(value, str) else str(value) for value in listed]

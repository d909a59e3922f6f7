"""The `facts` check of reverse queries: what a record says is what the source says."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection

from ....plan import Category
from ....records import BoolArray, Candidates, Json
from ...sources import Table, column, json_values
from ..folding import fold

PLACES = 6
"""The decimals of a recall or precision in a record."""


def recall_of(found: Collection[str], expected: Collection[str]) -> float:
    """The share of what was to be found that was; both folded."""
    return round(len(set(found) & set(expected)) / len(expected), PLACES) if expected else 0.0


def precision_of(found: Collection[str], expected: Collection[str]) -> float:
    """The share of what was found that was to be; 0 where nothing was found."""
    return round(len(set(found) & set(expected)) / len(found), PLACES) if found else 0.0


def question(wording: str, **names: str) -> str:
    """A question with the names in it."""
    return _FIELD.sub(lambda match: names[match[1]], wording)


_FIELD = re.compile(r"\{(subject|object)\}")


class ReverseFactsCheck:
    """Holds every record to the rows of the table, read again by itself: it does not trust who made the record."""

    def __init__(self, category: Category, table: Table, where: str) -> None:
        assert category.subject is not None and category.object is not None
        self._query, self._negative = category.query or "", category.negative_query or ""
        self._subjects: defaultdict[str, set[str]] = defaultdict(set)
        columns = [_folded(table, name, where) for name in (category.subject, category.object)]
        for subject, object in zip(*columns, strict=True):
            if subject and object:
                self._subjects[object].add(subject)

    @property
    def reason(self) -> str:
        """`facts`."""
        return "facts"

    def screen(self, candidates: Candidates) -> BoolArray | None:
        """All rows."""
        return None

    def refuse(self, value: Json, prompt: str | None) -> str | None:
        """What the source says otherwise."""
        object = fold(value["object"])
        if object not in self._subjects:
            return f"object: the source has no {value['object']!r}"
        return self._refuse_yes(value, object) if value["answer"] == "YES" else self._refuse_no(value, object)

    def _refuse_yes(self, value: Json, object: str) -> str | None:
        expected, given = self._subjects[object], {fold(subject) for subject in value["subjects"]}
        due = {
            "query": question(self._query, object=value["object"]),
            "subject_count": len(value["subjects"]),
            "expected_count": len(expected),
            "recall": recall_of(given, expected),
            "precision": precision_of(given, expected),
        }
        if len(given) < len(value["subjects"]):
            return "subjects: one is named twice"
        wrong = next((key for key, right in due.items() if value[key] != right), None)
        return None if wrong is None else f"{wrong}: {value[wrong]!r}, by the source {due[wrong]!r}"

    def _refuse_no(self, value: Json, object: str) -> str | None:
        subject = fold(value["subject"])
        if subject in self._subjects[object]:
            return f"answer: NO, but the source has {value['subject']!r} with {value['object']!r}"
        if subject not in self._subjects.get(fold(value["true_object"]), ()):
            return f"true_object: the source does not have {value['subject']!r} with {value['true_object']!r}"
        asked = question(self._negative, subject=value["subject"], object=value["object"])
        return None if value["query"] == asked else f"query: {value['query']!r}, not {asked!r}"


def _folded(table: Table, name: str, where: str) -> list[str]:
    """The folded values of a column, one a row; empty cells as empty texts."""
    forms: dict[str, str] = {}
    listed = json_values(column(table, name, where), where)
    values = ("" if value is None else str(value) for value in listed)
    return [forms.get(value) or forms.setdefault(value, fold(value)) for value in values]

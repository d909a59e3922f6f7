"""Whether a record contradicts the row of the source that it is about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import ClassVar

from ....records import BoolArray, Candidates, Json
from ...sources import Table
from ..leaves import Leaf
from .about import About, Asked, find_rows
from .fields import Field, Role, column_form, read_fields
from .index import FactsIndex
from .labels import misfit
from .named import wrong_names
from .rows import RowFacts
from .stated import Answer, Stated, wrong_numbers
from .structured import differs
from .unknown import unknown_names


class FactsCheck:
    """Refuses records whose numbers and names are not those of the rows they are about.

    A record is about the rows whose key it names: in fields named like the key's column, in its questions, else
    elsewhere; rows with the same key are taken together. Compared are fields named like a column, with that column, and
    the texts of answers, number by number and name by name. What the question says may be repeated. Which
    names make a field a question or an answer is in `facts_fields`.

    `key` is the column that says what a row is about. A record that names no row is then refused; left out, it is the
    first text column in which no value comes twice, and what names no row is left alone. Raises SourceError where there
    is none, or the table has no such column; `where` says who asks.
    """

    reason: ClassVar[str] = "facts"

    def __init__(self, table: Table, key: str | None, where: str, *, is_strict: bool = False) -> None:
        """`is_strict` refuses names, too, that neither rows nor question have, wherever they may be from."""
        self._is_strict = is_strict
        self._index = FactsIndex(table, key, where)
        self._must_name = key is not None

    @property
    def key(self) -> str:
        """The column that says what a row is about."""
        return self._index.names[self._index.key]

    def screen(self, candidates: Candidates) -> BoolArray | None:
        """All rows."""
        return None

    def refuse(self, value: Json, prompt: str | None) -> str | None:
        """What the record says, where, and what the row has instead; None where nothing contradicts."""
        fields = list(read_fields(value))
        asked = Asked(
            [field.value for field in fields if field.role is Role.QUESTION and isinstance(field.value, str)]
            + ([prompt] if prompt else [])
        )
        about = find_rows(self._index, fields, asked)
        if not about.rows:
            if not self._must_name:
                return None
            return f"names no row of the source: no value of its column {self.key!r} is in the record"
        return next(self._problems(fields, asked, about), None)

    def _problems(self, fields: Sequence[Field], asked: Asked, about: About) -> Iterator[str]:
        answers = _answers(fields)
        for field in fields:
            place = self._index.fields.get(column_form(field.name))
            if place is not None and field.outer not in (Role.QUESTION, Role.ASIDE):
                if wrong := self._differs(field, place, about):
                    yield f"{_path(field)}: {wrong}"
        if not about.asked and (wrong := misfit(self._index, asked, about.rows)):
            yield wrong
        stated = Stated(self._index, about.rows, asked)
        for field in answers:
            text = field.value if isinstance(field.value, str) else repr(field.value)
            answer = Answer.of(stated, text)
            unknown = unknown_names(stated, answer) if self._is_strict else ()
            for wrong in chain(wrong_numbers(stated, answer), wrong_names(stated, answer), unknown):
                yield f"{_path(field)}: {wrong}"

    def _differs(self, field: Field, place: int, about: About) -> str | None:
        """How a field named like a column differs from the row of its own object, else from all rows named."""
        rows: Sequence[RowFacts] = about.rows
        for length in range(len(field.parts) - 1, -1, -1):
            if (own := about.scopes.get(field.parts[:length])) is not None:
                rows = [own]
                break
        if place == self._index.key and about.asked:
            rows = about.rows
        return differs(field.value, self._index.names[place], place, rows)


def _answers(fields: Sequence[Field]) -> list[Field]:
    """The fields whose texts are compared: those of answers, or in a record without any all that are not questions."""
    texts = [
        field
        for field in fields
        if field.role is Role.ANSWER and (isinstance(field.value, str) or (field.states and _is_number(field.value)))
    ]
    return texts or [field for field in fields if field.role is Role.OTHER and isinstance(field.value, str)]


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _path(field: Field) -> str:
    return Leaf(field.parts, field.value).path

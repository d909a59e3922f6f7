"""Which rows a record is about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from .days import Day, find_days
from .fields import Field, Role, column_form
from .index import FactsIndex
from .numbers import Number, find_numbers
from .rows import RowFacts
from .words import COMMON, Lexicon, Mention, Words, form, has_key_case, in_column, is_key, is_name

COMPARING = frozenset(
    """not t no never without except excluding other than besides unlike instead before after since until between over
    under above below more less fewer most least higher lower greater larger smaller bigger longer shorter older
    younger earlier later nearest closest near rather nor neither false wrong incorrect""".split()
)
"""Words of a question whose names and numbers need not be the row's."""


@dataclass(frozen=True)
class Asked:
    """What is asked: the texts under questions and the prompt."""

    texts: Sequence[str]

    @cached_property
    def words(self) -> list[Words]:
        """Each text, in words."""
        return [Words.of(text) for text in self.texts]

    @cached_property
    def said(self) -> str:
        """All words, blanks around each."""
        return "|".join(words.said for words in self.words)

    @cached_property
    def numbers(self) -> list[Number]:
        """All numbers."""
        return [number for text in self.texts for number in find_numbers(text)]

    @cached_property
    def values(self) -> list[int | float]:
        """All senses of all numbers, the first and last years of decades too."""
        readings = [reading.value for number in self.numbers for reading in number.readings]
        parts = [reading.value for number in self.numbers for part in number.parts for reading in part.readings]
        return readings + parts + [year for number in self.numbers for span in number.spans for year in span]

    @cached_property
    def days(self) -> list[Day]:
        """All dates."""
        return [day for text in self.texts for day in find_days(text)]

    @cached_property
    def compares(self) -> bool:
        """Whether it compares or negates."""
        return any(not COMPARING.isdisjoint(words.folded) for words in self.words)


@dataclass(frozen=True, slots=True)
class About:
    """The rows a record names. asked: whether its questions or fields name them, not only its answers.

    scopes: the row that an object with a key of its own is about, by the object's place in the record.
    """

    rows: Sequence[RowFacts]
    asked: bool
    scopes: dict[tuple[str | int, ...], RowFacts]


def find_rows(index: FactsIndex, fields: Sequence[Field], asked: Asked) -> About:
    """The rows that a record names.

    Those that its questions and its fields outside of answers name by key; without any, those that the questions name
    by a column whose values are all different; then those that other texts name, and at last the answers.
    """
    given, stated, scopes = _by_field(index, fields)
    given |= _by_key(index, asked.words)
    if given:
        return About(list(given.values()), True, scopes)
    if found := rows_by_alias(index, asked.words):
        return About(found, True, scopes)
    for role in (Role.OTHER, Role.ANSWER):
        words = [Words.of(field.value) for field in fields if field.role is role and isinstance(field.value, str)]
        if found := list((_by_key(index, words) | (stated if role is Role.ANSWER else {})).values()):
            return About(found, False, scopes)
        if found := rows_by_alias(index, words):
            return About(found, False, scopes)
    return About([], False, scopes)


_ByKey = dict[str, RowFacts]


def _by_field(
    index: FactsIndex, fields: Sequence[Field]
) -> tuple[_ByKey, _ByKey, dict[tuple[str | int, ...], RowFacts]]:
    """The rows that fields named like the key's column name: outside of answers, in answers, and each by its object."""
    given, stated, scopes = _ByKey(), _ByKey(), dict[tuple[str | int, ...], RowFacts]()
    for field in fields:
        if index.fields.get(column_form(field.name)) != index.key or field.outer is Role.ASIDE:
            continue
        if field.value is None or isinstance(field.value, bool):
            continue
        known = form(str(field.value))
        if (facts := index.facts(known)) is not None:
            (stated if field.outer is Role.ANSWER else given)[known] = facts
            if not isinstance(field.parts[-1], int):
                scopes[field.parts[:-1]] = facts
    return given, stated, scopes


def _by_key(index: FactsIndex, texts: Iterable[Words]) -> dict[str, RowFacts]:
    """The rows whose keys stand in these texts; doubtful ones count where there are no others."""
    strong, weak = dict[str, RowFacts](), dict[str, RowFacts]()
    for words in texts:
        for mention in index.lexicon.find(words, lambda text, at: in_column(at.code, index.key) and is_key(text, at)):
            facts = index.facts(mention.form)
            if facts is not None:
                is_weak = mention.form in COMMON or not has_key_case(words, mention)
                (weak if is_weak else strong)[mention.form] = facts
    return strong or weak


def rows_by_alias(index: FactsIndex, texts: Iterable[Words]) -> list[RowFacts]:
    """The rows that these texts name by a column, other than the key, whose values are all different."""
    found = dict[str, RowFacts]()
    for words in texts:
        for mention in names(index.lexicon, words):
            for place in index.aliases:
                facts = index.facts(mention.form, place) if in_column(mention.code, place) else None
                if facts is not None:
                    found[facts.name] = facts
    return list(found.values())


def names(lexicon: Lexicon, words: Words) -> list[Mention]:
    """The values of text columns that a text names."""
    return list(lexicon.find(words, is_name))

"""Questions with a gap: statements of a document of which one part is asked for, and only that can stand there."""

from __future__ import annotations

import sys
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from ..folding import fold
from .gaps import Gap, Kind, definition, gaps, is_statement
from .sentences import sentences
from .texts import UNQUOTED, Document
from .words import contains

_LAST = chr(sys.maxunicode)

GAP = "____"
"""What stands in place of the answer."""

_ANY = (
    'According to "{document}", what completes this statement: "{statement}"?',
    'What belongs in the gap, according to "{document}": "{statement}"?',
)
_OF_KIND: dict[Kind, tuple[str, ...]] = {
    "number": (
        'Which number or date fills the gap, according to "{document}": "{statement}"?',
        'Which figure does "{document}" give in place of the gap: "{statement}"?',
    ),
    "name": (
        'Which name fills the gap, according to "{document}": "{statement}"?',
        'Which name does "{document}" give in place of the gap: "{statement}"?',
    ),
    "term": (
        'Which words fill the gap, according to "{document}": "{statement}"?',
        'Which expression does "{document}" use in place of the gap: "{statement}"?',
    ),
}
_DEFINING = (
    'According to "{document}", what is {thing}?',
    'What is {thing}, according to "{document}"?',
    'How does "{document}" define {thing}?',
)
_CLAIMING = ('One sentence of "{document}" reads: "{statement}" What is missing?',)
"""Wordings that say that the document has the statement: for those it has."""

_SCAFFOLD = fold(
    " ".join((*_ANY, *(wording for several in _OF_KIND.values() for wording in several), *_DEFINING, *_CLAIMING))
)


def wordings(kind: Kind, *, is_claimed: bool) -> tuple[str, ...]:
    """The wordings for a kind of gap; `is_claimed` where the document has the statement."""
    if kind == "definition":
        return _DEFINING
    return (*_ANY, *_OF_KIND[kind], *(_CLAIMING if is_claimed else ()))


@dataclass(frozen=True, slots=True)
class Cloze:
    """A statement of a document, [start, end) in its text, and the gap in it."""

    start: int
    end: int
    gap: Gap

    def evidence(self, text: str) -> str:
        """The statement, word for word."""
        return text[self.start : self.end]

    def answer(self, text: str) -> str:
        """What fills the gap, on one line."""
        return " ".join(self.evidence(text)[self.gap.start : self.gap.end].split())

    def question(self, text: str, label: str, wording: str) -> str:
        """What is asked of a document called `label`, in one of the `wordings` of its kind."""
        statement, gap = self.evidence(text), self.gap
        if gap.kind == "definition":
            defined = definition(statement)
            assert defined is not None
            thing = " ".join(statement[: defined.end("thing")].split())
            return wording.format(document=label, thing=thing[0].lower() + thing[1:])
        blanked = " ".join(f"{statement[: gap.start]}{GAP}{statement[gap.end :]}".split()).translate(UNQUOTED)
        return wording.format(document=label, statement=blanked)


def clozes(document: Document) -> Iterator[Cloze]:
    """The questions with a gap that a document can give, in the order of its text.

    A gap is left out where the answer stands elsewhere in the statement, in the document's label or in the wording, and
    where another sentence of the document would fit around it.
    """
    text, label = document.text, fold(document.label)
    spans = sentences(text)
    others = _Sentences([fold(text[start:end]) for start, end in spans])
    for start, end in spans:
        statement = text[start:end]
        if not is_statement(statement):
            continue
        for gap in gaps(statement):
            answer = fold(statement[gap.start : gap.end])
            is_told = contains(label, answer) or contains(_SCAFFOLD, answer)
            if not is_told and _is_clear(statement, gap, answer, others):
                yield Cloze(start, end, gap)


def _is_clear(statement: str, gap: Gap, answer: str, others: _Sentences) -> bool:
    """Whether one answer alone fits: it is not given away, and no other sentence begins and ends as this one does."""
    before, after = fold(f"{statement[: gap.start]}\0{statement[gap.end :]}").split("\0")
    return not (contains(before, answer) or contains(after, answer)) and others.is_one(before, after)


class _Sentences:
    """The folded sentences of a document, found by how they begin or end, whichever is rarer."""

    def __init__(self, folded: list[str]) -> None:
        self._forward = sorted(folded)
        self._backward = sorted(sentence[::-1] for sentence in folded)

    def is_one(self, before: str, after: str) -> bool:
        """Whether one alone begins and ends like this, with something between."""
        forward, backward = _beginning(self._forward, before), _beginning(self._backward, after[::-1])
        least = len(before) + len(after)
        if len(forward) <= len(backward):
            near, end = (self._forward[place] for place in forward), after
        else:
            near, end = (self._backward[place] for place in backward), before[::-1]
        found = (sentence for sentence in near if len(sentence) > least and sentence.endswith(end))
        return len(list(islice(found, 2))) == 1


def _beginning(ordered: list[str], beginning: str) -> range:
    """The places of those that begin so."""
    return range(bisect_left(ordered, beginning), bisect_left(ordered, beginning + _LAST))

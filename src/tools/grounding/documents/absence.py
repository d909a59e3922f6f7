"""That a document does not answer a question, as far as words can show it."""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass
from functools import cached_property

from ..folding import fold
from .sentences import Span, sentences
from .texts import Documents
from .words import alike, content, stem, stems, tokens, topic

MOST_HELD = 0.6
"""A sentence with this share of a question's words seems to answer it."""

_LEAST_LETTERS = 4
_KEPT = 512
_SHOWN = 300
_NAME = re.compile(r"(?<=[\w,;] )[^\W\d_]\w*")


@dataclass(frozen=True)
class Prepared:
    """A document's words as stems, found when they are first asked for."""

    text: str

    @cached_property
    def stems(self) -> Set[str]:
        """All of them."""
        return stems(self.text)

    @cached_property
    def sentences(self) -> list[tuple[Span, Set[str]]]:
        """Those that carry meaning, by sentence."""
        return [(span, content(self.text[slice(*span)])) for span in sentences(self.text)]


class Absence:
    """Looks for answers in documents, and keeps the words of some hundred of them at hand."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._labels = [content(document.label) for document in documents]
        self._prepared: dict[int, Prepared] = {}

    def prepared(self, place: int) -> Prepared:
        """The words of the document at a place."""
        if place not in self._prepared:
            if len(self._prepared) >= _KEPT:
                self._prepared.clear()
            self._prepared[place] = Prepared(self._documents[place].text)
        return self._prepared[place]

    def asked(self, place: int, question: str) -> set[str]:
        """The stems that a question is about, without those that name the document."""
        return topic(question) - self._labels[place]

    def lacking(self, place: int, asked: set[str]) -> set[str]:
        """Those of some stems that the document has in no form, nor another word for it."""
        held = self.prepared(place).stems
        return {word for word in asked if held.isdisjoint(alike(word))}

    def is_foreign(self, place: int, question: str) -> bool:
        """Whether the document lacks at least half of what a question is about, and nothing speaks against it."""
        asked = self.asked(place, question)
        return 2 * len(self.lacking(place, asked)) >= len(asked) and self.unproven(place, question) is None

    def unproven(self, place: int, question: str) -> str | None:
        """Why it is not shown that the document does not answer a question; None where it is."""
        asked = self.asked(place, question)
        if not asked:
            return "question: names nothing but the document; ask for something that can be looked for"
        lacking = self.lacking(place, asked)
        if not lacking & _telling(question):
            return (
                "answer: null, but all the question is about stands in the document; ask for something it does not name"
            )
        if len(asked) - len(lacking) < MOST_HELD * len(asked):
            return None
        for span, held in self.prepared(place).sentences:
            share = sum(not held.isdisjoint(alike(word)) for word in asked) / len(asked)
            if share >= MOST_HELD:
                shown = self._documents[place].text[slice(*span)][:_SHOWN]
                return f"answer: null, but this sentence seems to answer the question: {shown!r}"
        return None


def _telling(question: str) -> set[str]:
    """The stems of a question that a document about it would have: names, numbers, and words of some length."""
    names = {stem(match[0]) for match in _NAME.finditer(question) if match[0][0].isupper()}
    return names | {
        stem(token)
        for token in tokens(question)
        if len(fold(token)) >= _LEAST_LETTERS or not token.isascii() or any(map(str.isdigit, token))
    }

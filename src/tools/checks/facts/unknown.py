"""Names in an answer that neither the rows it is about nor the question has: nothing says that they are right."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .labels import values_of_labels
from .stated import Answer, Stated
from .words import LISTED, REPLIES, form

_MOST_WORDS = 5
"""A text of so many words may be nothing but a value."""

_NAMES = re.compile(r"\b[A-Z\u00c0-\u00de][\w'\u2019-]+(?:\s+[A-Z\u00c0-\u00de][\w'\u2019-]+)*")
_BEGINNING = re.compile(r"(?:^|[.!?:\u2026]|\n)[\s\"'(\u201c\u2018]*$")
"""What stands before the first word of a sentence, whose capital says nothing."""

_COMMON = frozenset(
    "january february march april may june july august september october november december monday tuesday wednesday "
    "thursday friday saturday sunday celsius kelvin fahrenheit i utc gmt ad bc ce bce".split()
)
_STEM = 4
"""Words that begin with the same letters, so many, may be of one root: Latvia, Latvian."""


def unknown_names(stated: Stated, answer: Answer) -> Iterator[str]:
    """The names in an answer that no cell of its rows holds, and no question says.

    A short answer may be nothing but a value, or several: one of its words must be told. Else names are words with a
    capital within a sentence; those that share their first letters with a word of the rows are let pass.
    """
    text = answer.words.text.strip()
    row = stated.rows[0].name
    labelled = list(values_of_labels(stated.index, answer.words, answer.labels, answer.own))
    if len(text.split()) <= _MOST_WORDS and not labelled:
        for part in filter(None, LISTED.split(text)):
            known = form(part)
            words, is_name = known.split(), part[:1].isupper() or bool(stated.wanted)
            is_plain = known in REPLIES or not REPLIES.isdisjoint(words) or any(map(str.isdigit, known))
            if is_name and not is_plain and not any(_is_told(stated, word) for word in words):
                yield f'says "{part}", which neither the row of "{row}" nor the question has'
                return
    for match in _NAMES.finditer(text):
        name = match[0]
        if _BEGINNING.search(text[: match.start()]):
            name = name.partition(" ")[2]
        known = form(name)
        if name and not _is_said(stated, known) and not all(_is_told(stated, word) for word in known.split()):
            yield f'says "{name}", which neither the row of "{row}" nor the question has'


def _is_said(stated: Stated, known: str) -> bool:
    return not known or stated.says(known)


def _is_told(stated: Stated, word: str) -> bool:
    """Whether a word is a common one, or is said, or shares its root with one that is."""
    if word in _COMMON or stated.says(word):
        return True
    said = " ".join([stated.asked.said, *(row.said for row in stated.rows)])
    return len(word) >= _STEM and f" {word[:_STEM]}" in said

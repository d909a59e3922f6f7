"""What two texts have in common: words that carry meaning, whatever their endings, numbers and names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from ..folding import fold

_WIDE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f"
_TOKEN = re.compile(rf"[{_WIDE}]+|[^\W_{_WIDE}]+(?:['\u2019.,](?=\w)[^\W_{_WIDE}]+)*")
_IS_WIDE = re.compile(f"[{_WIDE}]")
_POSSESSIVE = re.compile(r"['\u2019]s?$")
_ENDINGS = re.compile(
    r"(?:ations?|ions?|ings?|edly|ments?|ness|ers?|ies|ied|ed|es|est|ly|al|s|e|y)$",
)
_LEAST_STEM = 3

STOP_WORDS = frozenset(
    """a about after again against all almost also although always am among an and another any anything approximately
    are around as at away back be became because become becomes been before being below between both but by came can
    cannot come comes could did didn't do does doesn't doing don't done down during each either else enough even ever
    every everything few first for from get gets give given gives go goes got had has have having he her here hers
    herself him himself his how however i if in instead into is isn't it its itself just kept last less let like made
    make makes many may me might more most much must my myself near nearly neither never next no nobody none nor not
    nothing now of off often on once only onto or other others our ours out over own part perhaps quite rather really
    roughly same several shall she should since so some something soon still such take taken takes than that the
    their theirs them themselves then there these they thing things this those though through thus till to together
    too took toward towards under until up upon us use used uses using usually very via was wasn't way ways we well
    went were what whatever when where whereas whether which while who whole whom whose why will with within without
    would yes yet you your yours""".split()
)
"""Words that say nothing of what a text is about."""

ASKING = frozenset(
    """according amount answer article asked aspect aspects author belong belongs blank call called compare compared
    comparison complete completes date day define defined defines definition describe described describes detail
    details difference differences document event events exact exactly example examples explain expression fact facts
    feature features figure fill fills following gap given happen happened happens information kind known list main
    many mean meaning means mention mentioned mentions missing month name named names number one part passage people
    percent percentage person phrase place purpose put quantity question read reads reason reasons role say says
    sentence sort stand stands state stated statement states step steps tell tells term text time title total type
    value word words year years""".split()
)
"""Words that say what is asked for, or of what form: they may be in a question and not in what answers it."""

_SAME = (
    "age old",
    "cost price sell sold worth",
    "deep depth",
    "fast speed quick",
    "found establish set start begin began begun creat",
    "height high tall",
    "inhabitant population live resident",
    "length long",
    "build built construct erect",
    "weight weigh heavy",
    "wide width broad",
    "die dead death",
    "birth born",
    "invent inventor",
    "design designer architect",
    "locat situat lie",
)
"""Words that ask for the same as others state."""


def tokens(text: str) -> Iterator[str]:
    """The words and numbers of a text as they are written; scripts without blanks in pairs of characters."""
    for match in _TOKEN.finditer(text):
        token = match[0]
        if _IS_WIDE.match(token):
            yield from (token[at : at + 2] for at in range(max(1, len(token) - 1)))
        else:
            yield token


@lru_cache(maxsize=1 << 16)
def stem(word: str) -> str:
    """A word without its ending: `opened`, `opening` and `opens` are the same. What has a digit stays as it is."""
    folded = _POSSESSIVE.sub("", fold(word)).replace("\u2019", "'")
    if not folded.isalpha() or not folded.isascii():
        return folded
    cut = _ENDINGS.sub("", folded)
    if len(cut) < _LEAST_STEM:
        return folded
    return cut[:-1] if cut[-1] == cut[-2] and len(cut) > _LEAST_STEM else cut


def stems(text: str) -> set[str]:
    """The stems of all words of a text."""
    return {stem(token) for token in tokens(text)}


def content(text: str) -> set[str]:
    """The stems of the words of a text that carry meaning."""
    return {stem(token) for token in tokens(text) if fold(token).replace("\u2019", "'") not in STOP_WORDS}


def topic(question: str) -> set[str]:
    """The stems of the words of a question that say what it is about."""
    return {stem(token) for token in tokens(question) if fold(token) not in STOP_WORDS | ASKING}


_ALIKE: dict[str, frozenset[str]] = {}
for _row in _SAME:
    _group = frozenset(map(stem, _row.split()))
    _ALIKE.update({member: _ALIKE.get(member, frozenset()) | _group for member in _group})


def alike(word: str) -> frozenset[str]:
    """A stem, and those of other words that may state what it asks for."""
    return _ALIKE.get(word, frozenset()) | {word}


def contains(text: str, part: str) -> bool:
    """Whether a part stands in a text as words of its own; both folded."""
    at = text.find(part) if part else -1
    while at >= 0:
        if not (_touches(text[at - 1 : at], part[0]) or _touches(text[at + len(part) : at + len(part) + 1], part[-1])):
            return True
        at = text.find(part, at + 1)
    return False


def _touches(neighbour: str, edge: str) -> bool:
    """Whether a character beside a part, if there is one, makes its edge the middle of a word."""
    is_word = neighbour.isalnum() or neighbour == "_"
    return is_word and edge.isalnum() and not _IS_WIDE.match(edge)

"""Where a statement may get a gap: at a number or date, a name, a term in quotation marks, a definition."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from .outside import OUTSIDE
from .sentences import is_whole
from .words import ASKING, STOP_WORDS, tokens

Kind = Literal["number", "name", "term", "definition"]
KINDS: tuple[Kind, ...] = ("number", "name", "term", "definition")

FEWEST_WORDS, MOST_WORDS = 5, 60

_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December"
    r"|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)"
)
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_NUMBER = re.compile(
    rf"(?:(?<=\s)|(?<=\s\()|\A)(?P<answer>{_DAY}\s(?:of\s)?{_MONTH}\b(?:,?\s\d{{4}})?|{_MONTH}\s{_DAY}(?:,?\s\d{{4}})?"
    rf"|{_MONTH}\s\d{{4}}|\d{{4}}-\d{{2}}-\d{{2}}"
    r"|[€$£¥₹]?\d+(?:[.,]\d+)*(?:[\u2013-]\d+(?:[.,]\d+)*)?(?:st|nd|rd|th|%|(?:\s(?:hundred|thousand|million|billion|trillion)\b))?)"
    r"(?=[\s,;:!?)]|[.](?!\d)|$)(?![,:]\d)"
)
_LABELLED = re.compile(
    r"(?:[Ff]ig(?:ure|s?\.)|[Tt]able|[Ss]ection|[Cc]hapter|[Pp]age|[Pp]p?\.|[Nn]os?\.|[Vv]ersion|[Ss]tep|[Ee]quation"
    r"|[Nn]ote|[Pp]art|[Vv]ol(?:ume|\.)|[A-Z][\w-]*)\s$"
)
_QUOTED = re.compile(r"“([^“”\"]{2,60})”|(?<!\S)\"([^“”\"]{2,60})\"|「([^「」]{2,30})」|«\s?([^«»]{2,60}?)\s?»")
_WORD = re.compile(r"[^\W\d_]\w*(?:['\u2019-]\w+)*")
_POSSESSIVE = re.compile(r"['\u2019]s?$")
_DEFINED = re.compile(
    r"An?\s+(?P<thing>[a-z][\w'\u2019-]*(?:\s+[a-z][\w'\u2019-]*){0,2})\s+is\s+(?P<answer>an?\s+[^;:\"“”()]+)\.",
    re.DOTALL,
)

_BEGINNING = re.compile(r"[\"“\u2018'«]?[A-Z0-9À-ÖØ-Þ\u3040-\u30ff\u4e00-\u9fff「]")
_VAGUE = frozenset(
    """also and another as because both but besides consequently finally first fourth furthermore hence here however i
    instead it its later likewise meanwhile moreover my nevertheless next no nonetheless note or otherwise our
    please second see she he her his similarly so still such thanks that their then there therefore these they third
    this those though thus we yes yet you your""".split()
)
"""Words at the beginning of a sentence that point at those before it."""

_ODD = re.compile(r"[{}<>=\\|`_~^#*@]|://|www\.|\[|\]|\.\.|…|[?!]|\b(?:above|below)\s*[.,;:)]")
_PAIRS = (("(", ")"), ("“", "”"), ("«", "»"), ("「", "」"))
_CONNECTORS = frozenset("of de von van du del la le der den da dos di".split())
_TITLES = frozenset("dr mr mrs ms prof st".split())
_MOST_NAME_WORDS = 6
_LEAST_SMALL = 0.4


@dataclass(frozen=True, slots=True)
class Gap:
    """What may be asked of a sentence: the answer's place in it, and of what kind it is."""

    kind: Kind
    start: int
    end: int


def is_statement(sentence: str) -> bool:
    """Whether a sentence can stand by itself: whole, of some length, and pointing at nothing outside of it."""
    if not is_whole(sentence) or not _BEGINNING.match(sentence) or _ODD.search(sentence) or OUTSIDE.search(sentence):
        return False
    if (
        any(sentence.count(opening) != sentence.count(closing) for opening, closing in _PAIRS)
        or sentence.count('"') % 2
    ):
        return False
    words = list(tokens(sentence))
    return FEWEST_WORDS <= len(words) <= MOST_WORDS and words[0].lower() not in _VAGUE


def gaps(sentence: str) -> Iterator[Gap]:
    """The gaps that a statement may get; whether one is ambiguous is for the document to say."""
    yield from _numbers(sentence)
    yield from _names(sentence)
    for match in _QUOTED.finditer(sentence):
        start, end = next(match.span(group) for group in range(1, 5) if match[group] is not None)
        inner = sentence[start:end]
        if len(inner.split()) <= _MOST_NAME_WORDS and inner[0].isalnum() and inner[-1].isalnum():
            yield Gap("term", start, end)
    if defined := definition(sentence):
        yield Gap("definition", *defined.span("answer"))


def definition(sentence: str) -> re.Match[str] | None:
    """The `thing` and the `answer` of a sentence such as "A sextant is an instrument that ..."; None for others."""
    match = _DEFINED.fullmatch(sentence)
    if match is None or any(word in STOP_WORDS | ASKING for word in match["thing"].split()):
        return None
    return match if len(match["answer"].split()) > 2 else None


def _numbers(sentence: str) -> Iterator[Gap]:
    for match in _NUMBER.finditer(sentence):
        before = sentence[: match.start()]
        if not _LABELLED.search(before) or _is_first_word(before):
            yield Gap("number", *match.span("answer"))


def _is_first_word(before: str) -> bool:
    """Whether a capital says nothing: there is one word before, such as "In"."""
    word = before.strip()
    return word.lower() in STOP_WORDS


def _names(sentence: str) -> Iterator[Gap]:
    words = list(_WORD.finditer(sentence))
    small = sum(map(str.islower, (word[0][0] for word in words)))
    if small < _LEAST_SMALL * len(words):
        return
    at = 0
    while at < len(words):
        if not _is_capital(words[at][0]):
            at += 1
            continue
        end = _run(sentence, words, at)
        start = words[at].start()
        if _stands_free(sentence, start, words[at - 1][0] if at else "", words[end - 1].end()):
            yield Gap("name", start, words[end - 1].end() - len(_possessive(words[end - 1][0])))
        elif at == 0 and words[0][0].lower() in STOP_WORDS:
            end = 1
        at = end


def _run(sentence: str, words: list[re.Match[str]], at: int) -> int:
    """Where the capitalised words that begin at a place end."""
    end = at + 1
    while end < len(words) and _are_adjacent(sentence, words[end - 1], words[end]):
        following = end + 1 < len(words) and _are_adjacent(sentence, words[end], words[end + 1])
        if _is_capital(words[end][0]):
            end += 1
        elif words[end][0] in _CONNECTORS and following and _is_capital(words[end + 1][0]):
            end += 2
        else:
            break
    return end


_NO_NAMES = frozenset({"I", "I'm", "I\u2019m", "BC", "AD", "BCE", "CE", "AM", "PM", "OK"})


def _is_capital(word: str) -> bool:
    return word[0].isupper() and word not in _NO_NAMES


def _are_adjacent(sentence: str, first: re.Match[str], second: re.Match[str]) -> bool:
    between = sentence[first.end() : second.start()]
    if _possessive(first[0]) and first[0][0].isupper() and not second[0][0].isupper():
        return False
    is_stop = between.rstrip() == "." and between[-1].isspace()
    return between.isspace() or (is_stop and (len(first[0]) == 1 or first[0].lower() in _TITLES))


def _stands_free(sentence: str, start: int, before: str, end: int) -> bool:
    """Whether a run of capitals is a name and all of it: within the sentence, not going on with a number or hyphen."""
    if not before or re.match(r"\s\d|[-\u2013—'\u2019\w/(]|\.\S|\.\s+[^\W\d_]", sentence[end:]):
        return False
    marks = sentence[:start].rstrip()[-1:]
    is_after_title = marks == "." and before.lower() in _TITLES
    is_name = end - start > 1 and len(sentence[start:end].split()) <= _MOST_NAME_WORDS
    return is_name and sentence[start - 1].isspace() and (marks.isalnum() or marks in ",;)%" or is_after_title)


def _possessive(word: str) -> str:
    found = _POSSESSIVE.search(word)
    return found[0] if found and len(found[0]) > 1 else ""

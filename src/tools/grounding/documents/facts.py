"""The numbers, days and names of a text, for comparing an answer with what is to support it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Set
from datetime import date

from ...checks.dates import written_dates
from ..folding import fold
from .words import STOP_WORDS, stem

_NUMBER = re.compile(
    r"(?P<sign>(?<![\w)\]])[-\u2212])?(?P<digits>\d+(?:[.,'\u00a0\u202f]\d+)*)"
    r"(?:[\s\u00a0-]+(?P<scale>hundred|thousand|million|billion|trillion)\b)?",
    re.IGNORECASE,
)
_ENGLISH = re.compile(r"\d{1,3}(?:[,'\u00a0\u202f]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")
_CONTINENTAL = re.compile(r"\d{1,3}(?:[.'\u00a0\u202f]\d{3})+(?:,\d+)?|\d+(?:,\d+)?")
_SCALES = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_SPELLED = {word: float(number) for number, word in enumerate(f"{_ONES} eighteen nineteen".split())} | {
    word: float(10 * number) for number, word in enumerate(_TENS.split(), start=2)
}
_WORD = re.compile(
    rf"\b(?P<tens>{'|'.join(_TENS.split())})[\s-](?P<ones>{'|'.join(_ONES.split()[1:10])})\b"
    rf"|\b(?P<word>{'|'.join(_SPELLED)})\b(?:[\s-](?P<scale>hundred|thousand|million|billion|trillion)\b)?",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"[^\W_]*\d[\w.,]*")
_CAPITAL = re.compile(r"[^\W\d_][\w]*(?:['\u2019-](?=\w)\w+)*")
_OPENS = re.compile(r"(?:\A|[.!?:;…\n•。\uff01\uff1f])[\s\"'“”\u2018\u2019«»„(\[*•-]*\Z")
_SPLIT = re.compile(r"[-'\u2019]")
_ADVERB = re.compile(r"(?:ly|wise)$")

_OPENERS = frozenset(
    """about above according across additionally afterwards along alongside altogether anyone apart approximately
    aside based basically beneath beside besides beyond built called certain depending despite due earlier either
    especially everyone eventually except following further furthermore generally having including indeed inside later
    likewise located meanwhile moreover mostly nevertheless nobody nonetheless none normally notably nowadays
    originally otherwise outside overall particularly people per plus presumably previously primarily probably regarding
    roughly seldom similarly sometimes someone somewhere somewhat specifically therefore throughout today twice under
    underneath unless unlike up usually various whenever wherever whichever whoever""".split()
)
"""Words that begin answers, and are no names."""


def numbers(text: str) -> set[float]:
    """Every number of a text, in digits or words, in each reading that its points and commas allow.

    A number below zero is there with and without its sign.
    """
    return {value for readings in _numbers(text) for value in readings}


def without_stated_days(answer: str, evidence: str) -> str:
    """An answer without the dates whose day its evidence states, in whatever form."""
    days = {day for _, meant in written_dates(evidence) for day in meant}
    for text, meant in _dates(answer):
        if not meant.isdisjoint(days):
            answer = answer.replace(text, " ")
    return answer


def without_numbers(answer: str) -> str:
    """An answer without its numbers, in digits or words."""
    return _WORD.sub(" ", _DIGITS.sub(" ", answer))


def unsupported_number(answer: str, evidence: str) -> str | None:
    """The first number of an answer that its evidence does not state, as the answer writes it.

    The word `one` is taken for a pronoun.
    """
    known: set[float] | None = None
    for match in (*_NUMBER.finditer(answer), *_WORD.finditer(answer)):
        if match[0].lower() == "one":
            continue
        known = numbers(evidence) if known is None else known
        readings = _readings(match)
        wanted = {value for value in readings if value < 0} or readings
        if wanted.isdisjoint(known):
            return match[0].strip()
    return None


def unsupported_name(answer: str, known: set[str], everywhere: Callable[[], Set[str]]) -> str | None:
    """The first name of an answer that is not `known`; all given are stems.

    Names are found by their capitals. A word that begins a sentence may be one too, unless it is one that often does;
    it has to be somewhere in the document or the question (`everywhere`), in some form.
    """
    words = [word for word in _CAPITAL.finditer(answer) if word[0][0].isupper()]
    starts = {word.start() for word in words}
    for word in words:
        name = word[0]
        if name == "I":
            continue
        parts = {stem(part) for part in _SPLIT.split(name) if part and part[0].isupper()} - known
        if not parts or stem(name) in known:
            continue
        if not _OPENS.search(answer, 0, word.start()):
            return name
        is_followed = _is_followed(answer, word.end(), starts)
        if _may_be_name(name) and (is_followed or stem(name) not in everywhere()):
            return name
    return None


def _is_followed(answer: str, end: int, starts: set[int]) -> bool:
    """Whether the next word has a capital too."""
    return answer[end : end + 1] == " " and end + 1 in starts


def _may_be_name(word: str) -> bool:
    lower = fold(word)
    return not (lower in STOP_WORDS or lower in _OPENERS or lower in _SPELLED or _ADVERB.search(lower))


def _numbers(text: str) -> Iterator[set[float]]:
    for match in (*_NUMBER.finditer(text), *_WORD.finditer(text)):
        yield _readings(match) | {abs(value) for value in _readings(match)}


def _readings(match: re.Match[str]) -> set[float]:
    """The values that a number may have."""
    part = match.groupdict()
    if part.get("tens"):
        return {_SPELLED[part["tens"].lower()] + _SPELLED[part["ones"].lower()]}
    factor = _SCALES[part["scale"].lower()] if part["scale"] else 1.0
    if part.get("word"):
        return {_SPELLED[part["word"].lower()] * factor}
    run = part["digits"]
    found = set[str]()
    if _ENGLISH.fullmatch(run):
        found.add(re.sub(r"[,'\u00a0\u202f]", "", run))
    if _CONTINENTAL.fullmatch(run):
        found.add(re.sub(r"[.'\u00a0\u202f]", "", run).replace(",", "."))
    values = {round(float(spelled) * factor, 9) for spelled in found or set(re.findall(r"\d+", run))}
    return {-value for value in values} if part["sign"] else values


def _dates(text: str) -> Iterator[tuple[str, frozenset[date]]]:
    """The dates of a text as they are written, and the days that each may mean."""
    for start, days in written_dates(text):
        shown = re.match(r"[\w/.-]+(?:[\s-](?:of\s)?[\w.]+?,?[\s-]\d{4})?", text[start:])
        if shown and days:
            yield shown[0], days

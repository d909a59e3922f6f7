"""Texts with a mistake in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import cycle, islice

from ....records import Json
from ..regexes import matches
from ..turns import Turns
from .spots import Spot

MAX_LENGTH = 50_000
"""Texts are not made longer than this."""

_TRIES = 4


def too_short(spot: Spot) -> Iterator[Json]:
    """For `minLength`: one character too few."""
    yield spot.value[: int(spot.argument) - 1]


def too_long(spot: Spot) -> Iterator[Json]:
    """For `maxLength`: one character too many, by going on as the text began, or as it ends."""
    text, length = spot.value or "a", int(spot.argument) + 1
    if length <= MAX_LENGTH:
        yield "".join(islice(cycle(text), length))
        yield text.ljust(length, text[-1])


def unmatched(spot: Spot) -> Iterator[Json]:
    """For `pattern`: a character changed, left out, or one too many."""
    for text in [*corrupted(spot.value, spot.turns), ""]:
        if not matches(spot.argument, text):
            yield text


def malformed(spot: Spot) -> Iterator[Json]:
    """For `format`: a mistake that people make in it, else any."""
    text = spot.value
    mistakes = [change for change in _MISTAKES.get(spot.argument, ()) if change(text) != text]
    yield from (change(text) for change in spot.turns.shuffled(mistakes))
    yield from corrupted(text, spot.turns)


def misspelled(text: str, turns: Turns) -> Iterator[str]:
    """The text with one mistake as people write them: letters left out, doubled or swapped, and capitals."""
    if not text:
        return
    found = []
    for _ in range(2):
        at = turns.below(len(text))
        found += [text[:at] + text[at + 1 :], text[:at] + text[at] * 2 + text[at + 1 :]]
        if len(text) > 1:
            at = turns.below(len(text) - 1)
            found.append(text[:at] + text[at + 1] + text[at] + text[at + 2 :])
    yield from (other for other in turns.shuffled(found) if other not in ("", text))
    yield from (other for other in (text.swapcase(), f"{text}s", f"{text}_") if other != text)


def corrupted(text: str, turns: Turns) -> Iterator[str]:
    """The text with one character that does not belong there, or one too few or too many."""
    for _ in range(_TRIES if text else 0):
        at = turns.below(len(text))
        for other in turns.shuffled(_others(text[at])):
            yield text[:at] + other + text[at + 1 :]
        yield text[:at] + text[at + 1 :]
        yield text[:at] + text[at] + text[at:]
    yield from (f"{text}#", f" {text}", f"{text} ", f"{text}!", f"#{text}", f"{text}\\", f"{text}%")


def _others(char: str) -> list[str]:
    kind = "o" if char.isdigit() else "0" if char.isalpha() else "_"
    return [kind, "#", " ", *([char.swapcase()] if char.swapcase() != char else [])]


def _put(pattern: str, text: str) -> Callable[[str], str]:
    """Puts a text in place of the first match of a pattern."""
    compiled = re.compile(pattern, re.ASCII)
    return lambda value: compiled.sub(lambda _: text, value, count=1)


_DATE = (_put(r"(?<=^\d{4}-)\d\d", "13"), _put(r"(?<=^\d{4}-\d\d-)\d\d", "32"), _put(r"-0?", "/"), _put(r"^\d\d", ""))
_TIME = (_put(r"\d\d(?=:\d\d:\d\d)", "25"), _put(r"(?<=:)\d\d(?=:)", "61"), _put(r"(?<=\d):(?=\d)", "."))
_EMAIL = (_put("@", ""), _put("@", " at "), _put("@.*", ""), _put("@", "."))  # what every validator refuses
_URI = (_put("://", ":// "), _put("^", " "), _put("/$|$", "/<id>"), _put("^[^:]*:", ""))
_HOST = (_put(r"\.", ".."), _put("^", "-"), _put(r"\.", "_."), _put("$", "-"))
_POINTER = (_put("^/", ""), _put("$", "~"), _put("$", "~2"))
_REGEX = (_put("$", "("), _put("$", "["), _put("^", "*"))

_MISTAKES: dict[Json, tuple[Callable[[str], str], ...]] = {
    "date": _DATE,
    "time": _TIME,
    "date-time": (*_DATE, *_TIME, _put("T", ""), _put(r"(?:Z|[+-]\d\d:\d\d)$", "")),
    "duration": (_put("^P", ""), _put("^P", "p "), _put("[A-Z]$", "")),
    "email": _EMAIL,
    "idn-email": _EMAIL,
    "hostname": _HOST,
    "idn-hostname": _HOST,
    "ipv4": (_put(r"^\d+", "256"), _put(r"\.\d+$", ""), _put("$", ".7"), _put(r"^\d+", "x")),
    "ipv6": (_put("^[0-9a-fA-F]*", "g1"), _put(":", ":::"), _put("^[0-9a-fA-F]*", "12345")),
    "uri": _URI,
    "iri": _URI,
    "uri-reference": (_put("$", "/<id>"), _put("^", "\\"), _put("/", "/ ")),
    "iri-reference": (_put("$", "/<id>"), _put("^", "\\"), _put("/", "/ ")),
    "uri-template": (_put(r"\}", ""), _put(r"\{", "{{"), _put("$", "/{")),
    "json-pointer": _POINTER,
    "relative-json-pointer": (_put(r"^\d+", ""), _put(r"^\d+", "-1"), _put("$", "~")),
    "regex": _REGEX,
    "uuid": (_put("-", ""), _put("^[0-9a-fA-F]", "g"), _put("[0-9a-fA-F]$", "")),
}

"""Makers for the formats that JSON Schema names; any other format is a hint, like a field's name."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from . import moments, people, words
from .pools import Maker, Pool, joined, numbered
from .rows import Rows


def _uuid() -> Maker:
    def draw(rows: Rows) -> list[str]:
        high = rows.bits(1) & np.uint64(0xFFFFFFFFFFFF0FFF) | np.uint64(0x4000)
        low = rows.bits(2) & np.uint64(0x3FFFFFFFFFFFFFFF) | np.uint64(0x8000000000000000)
        texts = (f"{a:016x}{b:016x}" for a, b in zip(high.tolist(), low.tolist(), strict=True))
        return [f"{t[:8]}-{t[8:12]}-{t[12:16]}-{t[16:20]}-{t[20:]}" for t in texts]

    return Maker(draw, 36, 36)


def _ipv6() -> Maker:
    def draw(rows: Rows) -> list[str]:
        return [f"2a02:{a:x}:{b:x}::{c:x}" for a, b, c in (rows.matrix(3, 0xFFFE) + 1).tolist()]

    return Maker(draw, 12, 21)


def _ipv4() -> Maker:
    return joined(numbered(11, 126), ".", numbered(0, 255), ".", numbered(0, 255), ".", numbered(1, 254))


def _uri() -> Maker:
    return joined("https://", words.ADJECTIVES, words.NOUNS, Pool([".com/", ".io/", ".net/", ".org/", ".eu/", ".dev/"]),
                  words.NOUNS, "/", words.NOUNS)  # fmt: skip


def _regex() -> Maker:
    return joined("^[a-z]{", numbered(1, 4), ",", numbered(5, 40), "}$")


def _hosts() -> Maker:
    return people.host_name()


_MAKERS: dict[str, Callable[[frozenset[str]], Maker]] = {
    "date": moments.date,
    "time": moments.time,
    "date-time": moments.date_time,
    "duration": moments.duration,
    "email": lambda _: people.email(""),
    "idn-email": lambda _: people.email(""),
    "hostname": lambda _: _hosts(),
    "idn-hostname": lambda _: _hosts(),
    "ipv4": lambda _: _ipv4(),
    "ipv6": lambda _: _ipv6(),
    "uri": lambda _: _uri(),
    "iri": lambda _: _uri(),
    "uri-reference": lambda _: joined("/", words.NOUNS, "/", words.NOUNS),
    "iri-reference": lambda _: joined("/", words.NOUNS, "/", words.NOUNS),
    "uri-template": lambda _: joined("/", words.NOUNS, "/{", words.NOUNS, "}"),
    "json-pointer": lambda _: joined("/", words.NOUNS, "/", numbered(0, 99)),
    "relative-json-pointer": lambda _: joined(numbered(0, 9), "/", words.NOUNS),
    "regex": lambda _: _regex(),
    "uuid": lambda _: _uuid(),
}

KNOWN = frozenset(_MAKERS)


def maker(name: str, words_of_name: frozenset[str]) -> Maker:
    """The maker of a standard format; the words of the field's name say which of several dates it is."""
    return _MAKERS[name](words_of_name)


class _Frame(NamedTuple):
    """What stands around a run of letters, and how long that run may be."""

    head: str
    tail: str
    most: int = 2_000


_MAIL = (_Frame("", "@mail.org", 60), _Frame("", "@ab.io", 60))
_URI = (_Frame("https://home.org/", ""), _Frame("https://ab.io/", ""), _Frame("a:", ""))
_PATH = (_Frame("/", ""),)
_FRAMES: dict[str, tuple[_Frame, ...]] = {
    "email": _MAIL,
    "idn-email": _MAIL,
    "hostname": (_Frame("", ".org", 60), _Frame("", "", 60)),
    "idn-hostname": (_Frame("", ".org", 60), _Frame("", "", 60)),
    "uri": _URI,
    "iri": _URI,
    "uri-reference": _PATH,
    "iri-reference": _PATH,
    "uri-template": _PATH,
    "json-pointer": _PATH,
    "regex": (_Frame("", ""),),
}


def sized(name: str, low: int, high: int) -> Maker | None:
    """Texts of a standard format, of `low` to `high` characters; None where the format has one length, or none fits."""
    for frame in _FRAMES.get(name, ()):
        fixed = len(frame.head) + len(frame.tail)
        least, most = max(1, low - fixed), min(frame.most, high - fixed)
        if least <= most:
            return _framed(frame, least, min(most, least + 24))
    return None


def _framed(frame: _Frame, least: int, most: int) -> Maker:
    def draw(rows: Rows) -> list[str]:
        return [f"{frame.head}{text}{frame.tail}" for text in words.letters(rows, least, most)]

    fixed = len(frame.head) + len(frame.tail)
    return Maker(draw, fixed + least, fixed + most)

"""Makers for the formats that JSON Schema names; any other format is a hint, like a field's name."""

from __future__ import annotations

from collections.abc import Callable

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

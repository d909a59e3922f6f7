"""People, their companies and how to reach them; what belongs to one person agrees."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Callable

import numpy as np

from ...records import FloatArray, Int64Array
from .pools import Maker, Objects, Pool, faker_pool, joined, numbered
from .rows import Rows, step_of
from .words import ADJECTIVES, NOUNS
from .world import COUNT, FACTS

_DOMAINS = Pool(
    "gmail.com outlook.com yahoo.com proton.me icloud.com fastmail.com gmx.net mail.com hey.com zoho.com".split()
)
_AREAS = (
    "201 202 203 205 206 212 213 214 215 216 303 305 310 312 313 404 408 410 412 415 503 504 512 602 612 614 615 "
    "617 619 702 703 704 713 718 773 801 802 804 808 816 818 901 904 916 919 949 952 972".split()
)
# each followed by seven digits
_MOBILES = ("+44 749", "+49 1512", "+33 61", "+34 61", "+39 347", "+31 61", "+41 79", "+46 70", "+61 41", "+351 91")
_TLDS = Pool([".com", ".io", ".net", ".org", ".dev", ".co", ".eu", ".app"])


def plain(text: str) -> str:
    """ASCII letters and digits of a text, in lower case."""
    decomposed = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "", decomposed.lower())


class _Person:
    """The first and last names of the person that the fields of an object speak of, as places in the pools."""

    def __init__(self, prefix: str) -> None:
        self._step = step_of("person", prefix)
        self.first, self.last = faker_pool("first_name", 600), faker_pool("last_name", 900)

    def places(self, rows: Rows) -> tuple[Int64Array, Int64Array]:
        person = rows.shared(self._step)
        return person.below(len(self.first), 1), person.below(len(self.last), 2)


@functools.cache
def _short_forms() -> tuple[Objects, Objects]:
    return faker_pool("first_name", 600).map(plain), faker_pool("last_name", 900).map(plain)


def first_name(prefix: str) -> Maker:
    """First names."""
    person = _Person(prefix)
    pool = person.first
    return Maker(lambda rows: pool.at(person.places(rows)[0]).tolist(), pool.shortest, pool.longest)


def last_name(prefix: str) -> Maker:
    """Family names."""
    person = _Person(prefix)
    pool = person.last
    return Maker(lambda rows: pool.at(person.places(rows)[1]).tolist(), pool.shortest, pool.longest)


def full_name(prefix: str) -> Maker:
    """First and family name."""
    person = _Person(prefix)
    spaced = person.first.map(lambda name: f"{name} ")

    def draw(rows: Rows) -> list[str]:
        first, last = person.places(rows)
        return (spaced.take(first) + person.last.at(last)).tolist()  # type: ignore[no-any-return]

    shortest = person.first.shortest + person.last.shortest + 1
    return Maker(draw, shortest, person.first.longest + person.last.longest + 1)


def email(prefix: str) -> Maker:
    """E-mail addresses made of the person's names."""
    return _handle(prefix, ".", _DOMAINS.map(lambda domain: f"@{domain}"))


def username(prefix: str) -> Maker:
    """Login names made of the person's names and a number."""
    return _handle(prefix, "_", numbered(1, 99).values)


def _handle(prefix: str, separator: str, tails: Objects) -> Maker:
    person = _Person(prefix)
    firsts, lasts = _short_forms()
    starts = firsts + separator

    def draw(rows: Rows) -> list[str]:
        first, last = person.places(rows)
        return (starts.take(first) + lasts.take(last) + tails.take(rows.below(len(tails)))).tolist()  # type: ignore[no-any-return]

    longest = sum(max(map(len, part)) for part in (starts, lasts, tails))
    return Maker(draw, sum(min(map(len, part)) for part in (starts, lasts, tails)), longest)


def place(column: str, prefix: str) -> Maker:
    """A column of the table of cities; the same row for all fields of an object."""
    step, pool = step_of("place", prefix), FACTS[column]
    return Maker(lambda rows: pool.at(rows.shared(step).below(COUNT)).tolist(), pool.shortest, pool.longest)


def street() -> Maker:
    """Street and number."""
    return joined(numbered(1, 990), " ", faker_pool("street_name", 600))


def address(prefix: str) -> Maker:
    """Street, city and postal code on one line."""
    step, tails = step_of("place", prefix), FACTS["city"].values + " " + FACTS["postal_code"].values
    streets, numbers = faker_pool("street_name", 600), numbered(1, 990, "{} ")
    ends = ", " + tails

    def draw(rows: Rows) -> list[str]:
        cities = ends.take(rows.shared(step).below(COUNT))
        return (numbers.pick(rows, 1) + streets.pick(rows, 2) + cities).tolist()  # type: ignore[no-any-return]

    longest = streets.longest + numbers.longest + max(map(len, ends))
    return Maker(draw, streets.shortest + numbers.shortest + min(map(len, ends)), longest)


@functools.cache
def phone() -> Maker:
    """Phone numbers in international form, possible and valid in their countries."""
    lasts = numbered(0, 9999, " {:04d}")
    mobiles = Pool(f"{start} {middle:03d}" for start in _MOBILES for middle in range(1000))
    americans = Pool(f"+1 {area} {exchange}" for area in _AREAS for exchange in range(212, 990))

    def draw(rows: Rows) -> list[str]:
        heads = np.where(rows.below(3, 1) == 0, mobiles.pick(rows, 2), americans.pick(rows, 3))
        return (heads + lasts.pick(rows, 4)).tolist()  # type: ignore[no-any-return]

    longest = max(mobiles.longest, americans.longest) + lasts.longest
    return Maker(draw, min(mobiles.shortest, americans.shortest) + lasts.shortest, longest)


def host_name() -> Maker:
    """Names of hosts that could be anybody's."""
    return joined(ADJECTIVES, NOUNS, _TLDS)


def locale(prefix: str) -> Maker:
    """Language and country, as `pt-PT`, of the place that the fields beside it are about."""
    step, pool = step_of("place", prefix), FACTS["language_code"].values + "-" + FACTS["country_code"].values
    return Maker(lambda rows: pool.take(rows.shared(step).below(COUNT)).tolist(), 5, 6)


def coordinate(column: str, prefix: str, reach: float) -> Callable[[Rows], FloatArray]:
    """Latitudes or longitudes at most `reach` degrees from the city of the fields beside it."""
    step, degrees = step_of("place", prefix), FACTS[column].values.astype(np.float64)
    return lambda rows: degrees.take(rows.shared(step).below(COUNT)) + reach * (2 * rows.uniform(3) - 1)

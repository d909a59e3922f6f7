"""Makers of texts for the entries of the table of text fields."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator

from . import formats, moments, people, prose, words
from .pools import Maker, Pool, faker_pool, joined, numbered
from .text_names import Named
from .vocabulary import POOLS

_HEX = numbered(0, 0xFFFF, "{:04x}")
_CAPITAL = Pool("ABCDEFGHJKLMNPRSTUVWXYZ")
_SHORT_NAME = joined(Pool(f"{adjective.capitalize()} " for adjective in words.ADJECTIVES.values),
                     Pool(noun.capitalize() for noun in words.NOUNS.values))  # fmt: skip
_MAKERS: dict[str, Callable[[str], Maker]] = {
    "first name": people.first_name,
    "last name": people.last_name,
    "full name": people.full_name,
    "user name": people.username,
    "email": people.email,
    "phone": lambda _: people.phone(),
    "company": lambda _: joined(faker_pool("company", 800)),
    "address": people.address,
    "street": lambda _: people.street(),
    "city": lambda prefix: people.place("city", prefix),
    "region": lambda prefix: people.place("region", prefix),
    "country": lambda prefix: people.place("country", prefix),
    "nationality": lambda prefix: people.place("nationality", prefix),
    "country code": lambda prefix: people.place("country_code", prefix),
    "country code3": lambda prefix: people.place("country_code3", prefix),
    "postal code": lambda prefix: people.place("postal_code", prefix),
    "time zone": lambda prefix: people.place("timezone", prefix),
    "currency": lambda prefix: people.place("currency", prefix),
    "language code": lambda prefix: people.place("language_code", prefix),
    "locale": people.locale,
    "language": lambda prefix: people.place("language", prefix),
    "job": lambda _: joined(faker_pool("job", 600)),
    "code": lambda _: joined(_CAPITAL, _CAPITAL, "-", numbered(100, 999), numbered(0, 999, "{:03d}")),
    "license plate": lambda _: joined(_CAPITAL, _CAPITAL, _CAPITAL, " ", numbered(100, 9999)),
    "flight number": lambda _: joined(Pool("LH KL AF DL EK QF IB AY AC LX TP".split()), numbered(100, 2999)),
    "ean": lambda _: joined(numbered(400, 440), numbered(0, 99_999, "{:05d}"), numbered(0, 99_999, "{:05d}")),
    "isbn": lambda _: joined("978-", numbered(0, 9), "-", numbered(100, 999), "-", numbered(10_000, 99_999), "-",
                             numbered(0, 9)),
    "card number": lambda _: joined("**** **** **** ", numbered(0, 9999, "{:04d}")),
    "ssn": lambda _: joined(numbered(100, 665), "-", numbered(10, 99), "-", numbered(1000, 9999)),
    "description": lambda _: prose.sentence,
    "comment": lambda _: prose.comment,
    "message": lambda _: prose.message,
    "bio": lambda _: prose.bio,
    "review": lambda _: prose.review,
    "instruction": lambda _: prose.instruction,
    "question": lambda _: prose.question,
    "answer": lambda _: prose.sentence,
    "caption": lambda _: prose.phrase,
    "title": lambda _: words.title,
    "event": lambda _: prose.event,
    "product": lambda _: prose.product,
    "hotel": lambda _: prose.hotel,
    "venue": lambda _: prose.venue,
    "dish": lambda _: prose.dish,
    "education": lambda _: prose.education,
    "name": lambda prefix: words.slug if prefix else _SHORT_NAME,
    "slug": lambda _: words.slug,
    "word": lambda _: words.identifier,
    "mode": lambda _: joined(Pool("auto manual default strict fast safe advanced simple".split())),
    "hex color": lambda _: joined("#", *[numbered(0, 255, "{:02x}")] * 3),
    "cidr": lambda _: joined("10.", numbered(0, 255), ".", numbered(0, 255), ".0/", Pool(["24", "25", "26", "28"])),
    "mac": lambda _: joined("02:", *[numbered(0, 255, "{:02x}:")] * 4, numbered(0, 255, "{:02x}")),
    "file name": lambda _: joined(words.NOUNS, "_", numbered(1, 99), Pool([".pdf", ".csv", ".png", ".txt", ".json"])),
    "path": lambda _: joined("/", words.NOUNS, "/", words.NOUNS, "/", words.NOUNS),
    "glob": lambda _: joined(words.NOUNS, Pool(["/**", "/*.json", "/**/*.py", "/*.ts", "/*.md", ".log"])),
    "version": lambda _: joined(numbered(0, 12), ".", numbered(0, 30), ".", numbered(0, 20)),
    "build": lambda _: joined(numbered(100, 9999)),
    "hash": lambda _: joined(*[_HEX] * 8),
    "md5": lambda _: joined(*[_HEX] * 8),
    "sha1": lambda _: joined(*[_HEX] * 10),
    "sha256": lambda _: joined(*[_HEX] * 16),
    "password": lambda _: joined(Pool(word.capitalize() for word in words.NOUNS.values), words.ADJECTIVES,
                                 numbered(10, 999), Pool("!#$%&*+?")),
    "base64": lambda _: joined(*[prose.BASE64] * 7, Pool(["", "="])),
    "last four": lambda _: joined(numbered(0, 9999, "{:04d}")),
    "money": lambda _: joined(numbered(1, 999), ".", numbered(0, 99, "{:02d}")),
    "number text": lambda _: joined(numbered(1, 999)),
    "iban": lambda _: joined("DE", numbered(10, 98), *[numbered(1000, 9999)] * 4, numbered(10, 99)),
    "image url": lambda _: joined("https://", words.ADJECTIVES, words.NOUNS, Pool([".com/", ".io/", ".net/", ".org/"]),
                                  "images/", words.NOUNS, "-", numbered(1, 999), Pool([".jpg", ".png", ".webp"])),
    "repository": lambda _: joined(Pool(["https://github.com/", "https://gitlab.com/"]), words.ADJECTIVES, "-",
                                   words.NOUNS, "/", words.NOUNS, Pool(["-api", "-app", "-tools", "-docs", ""])),
    "currency pair": lambda _: joined(Pool(["EUR/USD", "GBP/USD", "USD/JPY", "EUR/CHF", "AUD/USD", "USD/CAD"])),
    "schema url": lambda _: formats.maker("uri", frozenset()),
}  # fmt: skip
_FORMATS = {"url": "uri", "uuid": "uuid", "ip": "ipv4", "ipv6": "ipv6", "host": "hostname", "regex": "regex"}
_MOMENTS = {"date": moments.date, "date time": moments.date_time, "time": moments.time, "duration": moments.duration}


@functools.lru_cache(maxsize=16_384)
def maker_of(one: Named, tokens: tuple[str, ...]) -> Maker:
    """The maker of an entry's texts; the words of the field's name say which of several moments it is."""
    if one.entry in _FORMATS:
        return formats.maker(_FORMATS[one.entry], frozenset(tokens))
    if one.entry in _MOMENTS:
        return _MOMENTS[one.entry](frozenset(tokens))
    made = _MAKERS.get(one.entry)
    return made(one.prefix) if made is not None else joined(_pool(one.entry))


@functools.cache
def _pool(entry: str) -> Pool:
    return Pool(POOLS["container image" if entry == "image" else entry])


_WRITTEN = {
    "date time": ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S.000Z", "%Y-%m-%dT%H:%M:%S+00:00",
                  "%Y%m%d%H%M%S", "%Y-%m-%dT%H:%MZ", "%Y-%m-%d %H:%M", "%Y-%m-%d", "%Y%m%d"),
    "date": ("%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%Y%m%d", "%Y/%m/%d", "%Y-%m", "%m/%Y",
             "%Y", "%B %d, %Y"),
    "time": ("%H:%M", "%H:%M:%S", "%H%M", "%I:%M %p"),
}  # fmt: skip
_MAPPED: dict[str, tuple[Callable[[str], str], ...]] = {
    "phone": (lambda text: text.replace(" ", ""), lambda text: re.sub(r"\D", "", text),
              lambda text: re.sub(r"\D", "", text)[-10:],
              lambda text: "{}-{}-{}".format(*_thirds(text)), lambda text: "({}) {}-{}".format(*_thirds(text)),
              lambda text: "+1-{}-{}-{}".format(*_thirds(text))),
    "country": (),
    "iban": (), "hash": (), "code": (lambda text: text.replace("-", ""), lambda text: text.replace("-", "").lower(),
                                     lambda text: text[3:]),
    "slug": (lambda text: text.replace("-", ""), lambda text: text.replace("-", "_")),
    "name": (lambda text: text.lower().replace(" ", "-"), lambda text: text.lower().replace(" ", "_"),
             lambda text: text.replace(" ", "")),
    "title": (lambda text: text.lower().replace(" ", "-"),),
    "word": (lambda text: text.replace("_", "-"), lambda text: text.replace("_", ""), str.upper),
    "hex color": (lambda text: text[1:], str.upper, lambda text: text[1:].upper(), lambda text: text[:4]),
    "postal code": (lambda text: f"{sum(map(ord, text)) * 137 % 90_000 + 10_000}",),
    "uuid": (lambda text: text.replace("-", ""), str.upper),
    "version": (lambda text: f"v{text}", lambda text: text.rpartition(".")[0], lambda text: text.partition(".")[0]),
    "url": (lambda text: "/".join(text.split("/")[:3]), lambda text: text.replace("https", "http")),
    "user name": (lambda text: text.replace("_", ""),),
    "path": (lambda text: text[1:], lambda text: f".{text}", lambda text: f"{text}/"),
    "currency": (str.lower,), "country code": (str.lower,), "state": (str.upper,), "status": (str.upper,),
    "kind": (str.upper,), "log level": (str.lower,),
}  # fmt: skip
_OTHERS = {"country": ("country code", "country code3"), "language": ("language code", "locale"),
           "hash": ("sha1", "sha256", "md5"), "color": ("hex color",), "region": ("country code",),
           "date": ("date time",), "locale": ("language code",)}  # fmt: skip


def _thirds(text: str) -> tuple[str, str, str]:
    digits = re.sub(r"\D", "", text)[-10:]
    return digits[:3], digits[3:6], digits[6:]


def styles(one: Named, tokens: tuple[str, ...]) -> Iterator[Maker]:
    """Other ways to write an entry's texts, for patterns that want one of them."""
    telling = frozenset(tokens)
    for form in _WRITTEN.get(one.entry, ()):
        yield moments.written(form, telling)
    if one.entry in ("date", "date time"):
        yield from (moments.epoch_text(telling), moments.epoch_text(telling, 1_000))
    usual = maker_of(one, tokens)
    yield from (_changed(usual, change) for change in _MAPPED.get(one.entry, ()))
    yield from (maker_of(Named(other, one.prefix), tokens) for other in _OTHERS.get(one.entry, ()))


def _changed(maker: Maker, change: Callable[[str], str]) -> Maker:
    return Maker(lambda rows: [change(text) for text in maker.draw(rows)], 0, maker.longest + 8)

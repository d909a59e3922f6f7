"""What a field's name says about its values: makers of texts, and ranges of numbers."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeVar

from . import formats, moments, people, words
from .pools import Maker, Pool, faker_pool, joined, numbered

_Found = TypeVar("_Found")
_TOKEN = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


class Hint(NamedTuple):
    """What is known of a value before its schema is read: its name in words, and what kind of thing it belongs to."""

    kind: str = ""
    words: tuple[str, ...] = ()


class Range(NamedTuple):
    """The numbers a name suggests, both ends included, with so many decimals."""

    low: float
    high: float
    decimals: int = 2


def _table(text: str) -> dict[str, str]:
    """`maker: name, name` on each line, turned around."""
    lines = (line.partition(":") for line in text.strip().split("\n"))
    return {name.strip(): maker.strip() for maker, _, names in lines for name in names.split(",")}


_KINDS = _table("""
person: person, customer, user, author, owner, contact, employee, patient, student, buyer, seller, recipient, sender, manager, member, guest, driver, passenger, client, applicant, candidate, creator, assignee, reporter, maintainer, contributor, teacher, doctor, tenant, borrower, traveler, player, attendee, participant, reviewer, editor, artist, winner, parent, child, spouse, friend, profile, account holder
company: company, organization, organisation, vendor, supplier, employer, brand, manufacturer, publisher, carrier, provider, merchant, issuer, bank, agency, institution, business, store, shop, restaurant, hotel
product: product, item, article, line, sku, part, material, component, good, line item, order item
place: city, place, location, venue
country: country, nation
file: file, attachment, document, image, photo, picture, asset
""")  # noqa: E501
_TELLING = {
    "person": frozenset({"email", "first name", "last name", "birth date", "date of birth", "phone", "age", "gender"}),
    "product": frozenset({"price", "sku", "unit price", "barcode"}),
    "company": frozenset({"employees", "industry", "vat number", "tax id", "revenue"}),
}
_NAME_OF = {"person": "full name", "company": "company", "product": "product", "place": "city", "country": "country",
            "file": "file name"}  # fmt: skip
_GENERIC = frozenset({"name", "title", "label", "display name", "names"})

_TEXTS = _table("""
first name: first name, firstname, fname, given name, forename, givenname
last name: last name, lastname, lname, surname, family name, familyname
full name: full name, fullname, person, customer, author, owner, contact, employee, patient, manager, recipient, sender, buyer, seller, contact name, customer name, author name, assignee, reviewer, user name full, created by, updated by, modified by, approved by, signed by, director, actor, artist, instructor, teacher, doctor, attendee, participant, client, maintainer, nominee, holder, contact person, person name, account holder
user name: user name, username, login, nickname, handle, screen name, user
email: email, e mail, mail, email address, contact email, emails
phone: phone, phone number, telephone, tel, mobile, mobile number, cell, fax, telephone number, cell phone, contact number
company: company, company name, organization, organisation, employer, vendor, supplier, manufacturer, publisher, merchant, brand, organization name, business name, legal name, carrier
address: address, full address, postal address, mailing address, billing address, shipping address, delivery address, location address
street: street, street address, address line, address line 1, line 1, address 1, address1, line1, street name, address street
city: city, town, city name, place, locality, municipality, birthplace, address locality, origin, destination
region: state, region, province, county, administrative area, address region, state province, territory
country: country, country name, nation, nationality, address country
country code: country code, countrycode, country iso, iso country
postal code: postal code, zip, zip code, zipcode, postcode, postalcode, post code
time zone: time zone, timezone, tz
currency: currency, currency code, iso currency
language code: lang, locale, language code
language: language, languages, spoken language
job: job, job title, occupation, profession, position, role title
url: url, uri, link, website, web site, homepage, home page, href, site, web, permalink, avatar url, image url, avatar, image, photo, picture, logo, icon, thumbnail, repository, webhook, endpoint, docs, documentation
uuid: uuid, guid
code: id, code, key, sku, identifier, reference, ref, number, serial, serial number, order number, invoice number, account number, tracking number, order id, customer id, product id, user id, barcode, batch number, no, tracking code, confirmation, registration number, policy number, case number, ticket number, license plate, flight number, vin
sentence: description, summary, comment, comments, message, note, notes, remark, remarks, details, detail, text, body, content, bio, biography, about, explanation, reason, abstract, instructions, feedback, review, caption, help, definition, statement, question, answer, query, subject line, documentation text, motivation, rationale, observation, observations, tooltip, warning, doc
title: title, heading, headline, subject, display name, label, book title, movie title, event name, project name, project, course, course name, event, product name, product, item name, item, model, theme, playlist, album, chapter
slug: slug, alias, handle name, tag, tags, keyword, keywords, topic, topics, hashtag, hashtags
status: status, state name, stage, phase, order status, payment status, condition
kind: type, kind, category, group, class, genre, department, section, segment, sort, categories, types
color: color, colour, favorite color, eye color, hair color
gender: gender, sex
ip: ip, ip address, ipaddress, ipv4, remote addr, client ip
mac: mac, mac address
user agent: user agent, useragent, browser
file name: file name, filename, file, attachment, image file, document name, script
path: path, file path, filepath, directory, folder, dir, paths
host: host, hostname, domain, server, domain name, fqdn
version: version, release, app version, api version, revision, schema version, ver
date: date, birth date, date of birth, dob, birthday, birthdate, start date, end date, due date, issue date, expiry date, day, order date, invoice date, delivery date, departure date, arrival date, release date, publication date, published, check in, check out, issued, due, hire date
date time: created at, updated at, deleted at, timestamp, date time, datetime, created, updated, modified, modified at, created on, updated on, last modified, last login, expires at, started at, ended at, start time, end time, published at, logged at, expires, event time, completed at, scheduled at, created date, last updated
time: time, time of day, opening time, closing time, hour
duration: duration, interval, period, timeout, ttl
mime: mime type, content type, media type, mimetype
hash: hash, checksum, sha, sha256, digest, md5, token, etag, signature, commit, fingerprint, secret, api key, access token, password, nonce
unit: unit, units, uom, unit of measure, measurement unit
size: size, clothing size
money: price text, amount text
number text: value, amount, quantity, price, count, total, score, percent, weight, height, width, length, rate, latitude, longitude
license: license, licence, license name
weekday: weekday, day of week, days
month: month, month name
level: level, priority, severity, importance, difficulty, tier, grade, risk
environment: environment, env
iban: iban, bank account
word: prefix, suffix, namespace, scope, group name, selector, variable, property, field, attribute, column, table, metric, element, module, plugin, package, service, node, component
""")  # noqa: E501

_POOLS = {
    "status": "active pending draft approved completed cancelled paused archived open closed shipped delivered".split(),
    "kind": "standard premium basic internal external primary secondary regular special seasonal".split(),
    "color": "red green blue amber violet teal navy olive maroon coral ivory black white grey orange turquoise".split(),
    "gender": ["female", "male", "non-binary"],
    "user agent": [
        f"Mozilla/5.0 ({system}) {engine}/{number}.0"
        for system in ("X11; Linux x86_64", "Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 14_4")
        for engine in ("Gecko/20100101 Firefox", "AppleWebKit/537.36 Chrome", "AppleWebKit/605.1.15 Safari")
        for number in range(110, 131)
    ],
    "mime": "application/json application/pdf image/png image/jpeg text/plain text/html text/csv audio/mpeg "
            "video/mp4 application/xml application/zip".split(),
    "unit": "kg g l ml m cm mm km h min s piece box pack °C kWh".split(),
    "size": "XS S M L XL XXL".split(),
    "license": ["MIT", "Apache-2.0", "BSD-3-Clause", "GPL-3.0-only", "MPL-2.0", "ISC", "LGPL-3.0-only", "EUPL-1.2"],
    "weekday": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split(),
    "month": "January February March April May June July August September October November December".split(),
    "level": "low medium high critical normal minor major".split(),
    "environment": "production staging development testing".split(),
}  # fmt: skip

_HEX = numbered(0, 0xFFFF, "{:04x}")
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
    "country code": lambda prefix: people.place("country_code", prefix),
    "postal code": lambda prefix: people.place("postal_code", prefix),
    "time zone": lambda prefix: people.place("timezone", prefix),
    "currency": lambda prefix: people.place("currency", prefix),
    "language code": lambda prefix: people.place("language_code", prefix),
    "language": lambda prefix: people.place("language", prefix),
    "job": lambda _: joined(faker_pool("job", 600)),
    "code": lambda _: joined(Pool("ABCDEFGHJKLMNPRSTUVWXYZ"), Pool("ABCDEFGHJKLMNPRSTUVWXYZ"), "-",
                             numbered(100, 999), numbered(0, 999, "{:03d}")),
    "sentence": lambda _: words.sentence,
    "title": lambda _: words.title,
    "product": lambda _: words.title,
    "slug": lambda _: words.slug,
    "word": lambda _: words.identifier,
    "mac": lambda _: joined("02:", *[numbered(0, 255, "{:02x}:")] * 4, numbered(0, 255, "{:02x}")),
    "file name": lambda _: joined(words.NOUNS, "_", numbered(1, 99), Pool([".pdf", ".csv", ".png", ".txt", ".json"])),
    "path": lambda _: joined("/", words.NOUNS, "/", words.NOUNS, "/", words.NOUNS),
    "version": lambda _: joined(numbered(0, 12), ".", numbered(0, 30), ".", numbered(0, 20)),
    "hash": lambda _: joined(*[_HEX] * 8),
    "money": lambda _: joined(numbered(1, 999), ".", numbered(0, 99, "{:02d}")),
    "number text": lambda _: joined(numbered(1, 999)),
    "iban": lambda _: joined("DE", numbered(10, 98), *[numbered(1000, 9999)] * 4, numbered(10, 99)),
}  # fmt: skip
_FORMATS = {"url": "uri", "uuid": "uuid", "ip": "ipv4", "host": "hostname"}
_MOMENTS = {"date": moments.date, "date time": moments.date_time, "time": moments.time, "duration": moments.duration}

_RANGES = {
    name: Range(*bounds)
    for names, bounds in {
        "age, ages": (18, 90, 0),
        "year, model year, birth year, publication year, release year": (1990, 2025, 0),
        "month": (1, 12, 0),
        "day": (1, 28, 0),
        "hour, hours": (0, 23, 0),
        "minute, minutes, second, seconds": (0, 59, 0),
        "price, unit price, cost, fee, amount, total, subtotal, balance, payment, tax, discount, sum, budget, value": (
            1, 2_000, 2),
        "salary, income, revenue, annual income": (20_000, 180_000, 2),
        "percent, percentage, progress, completion, humidity, battery": (0, 100, 1),
        "rate, ratio, probability, confidence, share, opacity, weight factor, threshold": (0, 1, 3),
        "rating, stars": (1, 5, 1),
        "score": (0, 100, 1),
        "latitude, lat": (-60, 70, 5),
        "longitude, lon, lng, long": (-180, 180, 5),
        "altitude, elevation": (0, 3_000, 1),
        "temperature, temp": (-20, 40, 1),
        "weight, mass": (1, 120, 2),
        "height, width, length, depth, size, radius, diameter": (1, 500, 1),
        "quantity, qty, count, number of items, stock, copies, units, guests, rooms, seats": (1, 60, 0),
        "port": (1_024, 65_535, 0),
        "id, identifier, number": (1_000, 999_999, 0),
        "index, position, order, rank, level, priority": (1, 20, 0),
        "x, y, z": (-500, 500, 2),
        "duration, timeout, interval, delay": (1, 3_600, 0),
        "zip, zip code, postal code": (10_000, 99_999, 0),
    }.items()
    for name in names.split(", ")
}  # fmt: skip
_EPOCHS = frozenset("timestamp created updated time date expires modified at".split())


def words_of(name: str) -> tuple[str, ...]:
    """The words of a name in any case: `unitPrice`, `unit_price` and `UNIT-PRICE` are all (unit, price)."""
    return tuple(token.lower() for token in _TOKEN.findall(name))


def kind_of(parent: Hint, siblings: Iterable[str]) -> str:
    """What the fields of an object describe: by its own name, else by what fields it has."""
    for size in (2, 1):
        found = _KINDS.get(" ".join(_singular(parent.words)[-size:]))
        if found:
            return found
    names = {" ".join(words_of(name)) for name in siblings}
    return next((kind for kind, telling in _TELLING.items() if telling & names), "")


def _singular(tokens: tuple[str, ...]) -> tuple[str, ...]:
    if not tokens or len(tokens[-1]) < 4 or not tokens[-1].endswith("s") or tokens[-1].endswith("ss"):
        return tokens
    last = tokens[-1]
    return (*tokens[:-1], f"{last[:-3]}y" if last.endswith("ies") else last[:-1])


def _forms(tokens: tuple[str, ...]) -> list[tuple[str, ...]]:
    """A name, and what it says without a number at its end or in the singular; `address 1` is a street, as a whole."""
    bare = tokens[:-1] if len(tokens) > 1 and tokens[-1].isdecimal() else tokens
    return [bare, tokens, _singular(bare)] if len(bare) > 1 else [tokens, bare, _singular(bare)]


def _find(table: dict[str, _Found], tokens: tuple[str, ...]) -> tuple[_Found, str] | None:
    """What the longest ending of a name stands for, and the words before it."""
    for form in _forms(tokens):
        for start in range(len(form)):
            found = table.get(" ".join(form[start:]))
            if found is not None:
                return found, " ".join(form[:start])
    return None


def _generic(hint: Hint) -> tuple[str, str] | None:
    if hint.kind and " ".join(hint.words) in _GENERIC:
        return _NAME_OF[hint.kind], ""
    return None


@functools.lru_cache(maxsize=4_096)
def text_maker(hint: Hint) -> Maker | None:
    """The maker of texts for a name, or None where it says nothing."""
    found = _generic(hint) or _find(_TEXTS, hint.words)
    if found is None:
        return None
    name, prefix = found
    if name in _FORMATS:
        return formats.maker(_FORMATS[name], frozenset(hint.words))
    if name in _MOMENTS:
        return _MOMENTS[name](frozenset(hint.words))
    if name in _POOLS:
        return joined(Pool(_POOLS[name]))
    return _MAKERS[name](prefix)


def has_form(hint: Hint) -> bool:
    """Whether the name stands for texts of a form (an address, a phone number, a date) that any other text breaks."""
    found = _find(_TEXTS, hint.words)
    return found is not None and (found[0] in _FORMATS or found[0] in _MOMENTS or found[0] in ("phone", "email"))


def range_of(hint: Hint) -> Range | None:
    """The numbers a name suggests, or None."""
    found = _find(_RANGES, hint.words)
    return found[0] if found else None


def is_moment(hint: Hint) -> bool:
    """Whether an integer of this name counts seconds since 1970."""
    return bool(hint.words) and hint.words[-1] in _EPOCHS

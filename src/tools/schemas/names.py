"""What a field's name says: its words, the kind of thing it belongs to, and which entry of a table it ends in."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeVar

_Found = TypeVar("_Found")
_TOKEN = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_LONGEST = 6
"""The most words of a name, or of a description's head, that are looked at."""


class Hint(NamedTuple):
    """What is known of a value before its schema is read.

    kind: what thing it belongs to. words: its name in words. note: what a description says of it. title: what a title
    or a definition calls it. beside: what the fields beside it are about.
    """

    kind: str = ""
    words: tuple[str, ...] = ()
    note: str = ""
    title: str = ""
    beside: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """Kind and words alone: what a maker of texts is looked up by."""
        return " ".join(self.words)


def table(text: str) -> dict[str, str]:
    """`entry: name, name` on each line, turned around."""
    lines = (line.partition(":") for line in text.strip().split("\n"))
    return {name.strip(): entry.strip() for entry, _, names in lines for name in names.split(",")}


_KINDS = table("""
person: person, customer, user, author, owner, contact, employee, patient, student, buyer, seller, recipient, sender, manager, member, guest, driver, passenger, client, applicant, candidate, creator, assignee, reporter, maintainer, contributor, teacher, doctor, tenant, borrower, traveler, player, attendee, participant, reviewer, editor, artist, winner, parent, child, spouse, friend, profile, account holder, organizer, subscriber, visitor, instructor, director, actor, staff, worker, physician, nurse, agent, beneficiary, payer, payee, signer, commenter, speaker, host, requester, responder, voter, advisor, adviser, mentor, tutor, coach, trainer, lender, lawyer, attorney, broker, landlord, cardholder, supervisor
company: company, organization, organisation, vendor, supplier, employer, brand, manufacturer, publisher, carrier, provider, merchant, issuer, bank, agency, institution, business, store, shop, restaurant, airline, insurer, contractor, distributor
hotel: hotel, accommodation, property listing
venue: venue, theater, theatre, museum, stadium, landmark, attraction
product: product, item, article, line, sku, part, material, component, good, line item, order item
dish: recipe, dish, meal, menu item
ingredient: ingredient
movie: movie, film, book, song, album, series, episode, game, track
event: event, meeting, appointment, conference, concert
place: city, place, location
country: country, nation
file: file, attachment, document, image, photo, picture, asset
disease: disease, condition, diagnosis
medication: medication, drug, medicine, prescription
license: license, licence
skill: skill
school: school, university, college
team: team, department, squad
header: header, http header, request header, response header
vehicle: vehicle, car, truck, motorcycle
container: container, init container, sidecar
resource: metadata, object metadata
""")  # noqa: E501
_LOOSE = frozenset("driver client parent child profile member manager host agent player owner property".split())
"""Names of people that are also names of other things: believed where a field beside says so."""

_TELLING = {
    "person": frozenset({"email", "first name", "last name", "birth date", "date of birth", "phone", "age", "gender",
                         "surname", "family name", "given name", "login", "username", "user name", "nationality"}),
    "dish": frozenset({"ingredients", "servings", "cuisine"}),
    "movie": frozenset({"director", "actors", "isbn", "box office"}),
    "product": frozenset({"price", "sku", "unit price", "barcode"}),
    "company": frozenset({"employees", "industry", "vat number", "tax id", "revenue"}),
}  # fmt: skip
_TOPICS: dict[str, list[str]] = {}
for _topic, _fields in (
    ("places", "city, town, country, country code, zip, zip code, postal code, postcode, street, address line 1, "
               "street address, address, locality, city name, country name"),
    ("surname", "surname, last name, family name, lastname"),
    ("given name", "first name, given name, firstname, forename"),
    ("own name", "name, full name, fullname, first name, given name, firstname, surname, last name, lastname"),
    ("people", "email, first name, last name, full name, username, surname, given name, family name"),
    ("requests", "method, http method, path, user agent, client ip, request id, duration ms"),
    ("logs", "logger, thread, stack trace, message, msg, log message"),
    ("weather", "wind speed, humidity, wind direction, precipitation, feels like"),
    ("vehicles", "vin, mileage, license plate, fuel type, transmission, odometer"),
    ("homes", "bedrooms, bathrooms, square feet, property type, year built"),
    ("vitals", "heart rate, blood pressure, pulse, diagnosis, symptoms, oxygen saturation, respiratory rate"),
):  # fmt: skip
    for _name in _fields.split(", "):
        _TOPICS.setdefault(_name, []).append(_topic)


@functools.lru_cache(maxsize=16_384)
def words_of(name: str) -> tuple[str, ...]:
    """The words of a name in any case: `unitPrice`, `unit_price` and `UNIT-PRICE` are all (unit, price)."""
    return tuple(part for token in _TOKEN.findall(name) for part in _parted(token.lower()))


_ENDINGS = ("id", "name", "date", "code", "url", "time", "number", "type", "key", "stamp", "email", "address", "count")
_STARTS = frozenset(
    "order user customer product item account company invoice payment person client vendor file first last full post "
    "zip country city state start end birth due issue create created update updated api author group team project "
    "session request parent event message phone street job book page line image base home web serial tax bank card "
    "event transaction ticket department employee student course patient store category currency unit price".split()
)
_WHOLE = frozenset({"timestamp", "username", "filename", "hostname", "zipcode", "firstname", "lastname", "fullname",
                    "postcode", "countrycode", "birthdate"})  # fmt: skip


def _parted(token: str) -> tuple[str, ...]:
    """Two words written as one: `orderid` is (order, id)."""
    if len(token) < 5 or token in _WHOLE:
        return (token,)
    for ending in _ENDINGS:
        if token.endswith(ending) and token[: -len(ending)] in _STARTS:
            return token[: -len(ending)], ending
    return (token,)


def kind_of(parent: Hint, siblings: Iterable[str]) -> str:
    """What the fields of an object describe: by its own name or title, else by what fields it has."""
    names = {" ".join(words_of(name)) for name in siblings}
    for words in (parent.words, words_of(parent.title)[:_LONGEST]):
        for size in (2, 1):
            called = " ".join(singular(words)[-size:])
            found = _KINDS.get(called)
            if found and (called not in _LOOSE or len(names) < 3 or _TELLING["person"] & names):
                return found
    return next((kind for kind, telling in _TELLING.items() if telling & names), "")


def topics_of(names: Iterable[str], is_shown: Callable[[str], bool] = lambda name: False) -> frozenset[str]:
    """What the fields of an object are about, as far as it bears on the others: places, people, moments.

    `many places` where several are, `shown places` where all of them have examples.
    """
    found: dict[str, list[str]] = {}
    names = list(names)
    for name in names:
        for topic in _TOPICS.get(" ".join(words_of(name)), ()):
            found.setdefault(topic, []).append(name)
    many = [topic for topic, fields in found.items() if len(fields) > 1]
    shown = [f"shown {topic}" for topic in many if all(map(is_shown, found[topic]))]
    roles = {role_of(words_of(name)) for name in names} - {""}
    alone = ["one person"] if len(roles) == 1 and "own name" not in found else []
    return frozenset([*found, *(f"many {topic}" for topic in many), *shown, *alone])


def role_of(tokens: tuple[str, ...]) -> str:
    """Which person a name speaks of: `sender_name` and `sender` of the sender; "" where it doesn't tell."""
    bare = tokens[:-1] if len(tokens) > 1 and tokens[-1] == "name" else tokens
    return " ".join(bare) if _KINDS.get(" ".join(bare)) == "person" or tokens[-1:] == ("by",) else ""


def singular(tokens: tuple[str, ...]) -> tuple[str, ...]:
    """The words with the last one in the singular."""
    if not tokens or len(tokens[-1]) < 4 or not tokens[-1].endswith("s") or tokens[-1].endswith("ss"):
        return tokens
    last = tokens[-1]
    return (*tokens[:-1], f"{last[:-3]}y" if last.endswith("ies") else last[:-1])


def _forms(tokens: tuple[str, ...]) -> list[tuple[str, ...]]:
    """A name, and what it says without a number at its end or in the singular; `address 1` is a street, as a whole."""
    bare = tokens[:-1] if len(tokens) > 1 and tokens[-1].isdecimal() else tokens
    return [bare, tokens, singular(bare)] if len(bare) > 1 else [tokens, bare, singular(bare)]


def find(entries: dict[str, _Found], tokens: tuple[str, ...]) -> tuple[_Found, str] | None:
    """What the longest ending of a name stands for, and the words before it."""
    for form in _forms(tokens):
        for start in range(len(form)):
            found = entries.get(" ".join(form[start:]))
            if found is not None:
                return found, " ".join(form[:start])
    return None

"""Which entry of the table of text fields a name stands for: the longest ending of the name that is known."""

from __future__ import annotations

import functools
from typing import NamedTuple

from .names import Hint, find, kind_of, role_of, singular
from .text_fields import TEXTS

_NAME_OF = {"person": "full name", "company": "company", "product": "product", "place": "city", "country": "country",
            "file": "file name", "hotel": "hotel", "venue": "venue", "dish": "dish", "movie": "title",
            "event": "event", "ingredient": "ingredient", "disease": "disease", "medication": "medication",
            "license": "license", "skill": "skill", "school": "school", "team": "team", "container": "service",
            "resource": "slug", "header": "http header", "vehicle": "vehicle model"}  # fmt: skip
_GENERIC = frozenset({"name", "title", "label", "display name", "names"})

_WEAK = frozenset(
    "code title kind status word slug level number text name mode category size tag state format operator operation "
    "action group channel feature message description caption role path file name glob uuid service schema url flag "
    "command event device provider platform element comment".split()
) | {"number text", "file name", "schema url"}  # fmt: skip
"""Entries that a description, where it says more, overrules."""
_MOMENTS = frozenset({"date", "date time", "time"})
_SPOKEN = frozenset({"url", "uuid", "ip", "host", "date", "date time", "time", "duration", "phone", "email",
                     "image url", "repository"})  # fmt: skip
_AGREEING = {
    "moments": _MOMENTS,
    "people": frozenset({"first name", "last name", "full name", "user name", "email"}),
    "places": frozenset({"city", "region", "state", "country", "nationality", "country code", "country code3",
                         "postal code",
                         "currency", "time zone", "address", "locale", "language"}),
}  # fmt: skip


_LOOSE = frozenset(
    "contact place location position symbol user parent origin model items holder client agent host shop party line "
    "gate seat channel subject period interval image site make exchange market other cast winner label day hour "
    "published issued due expires started finished ended completed born".split()
)
"""Names that stand for their entry only where no description says otherwise."""

_WHOSE = {"city": frozenset("city town locality municipality place location".split()),
          "full name": frozenset({"full", "person", "real", "user", "contact", "name"})}  # fmt: skip
"""Words of a name that don't tell which city or person of several it is."""


class Named(NamedTuple):
    """An entry of the table: what it is called, and the words of the field's name that tell which of several it is."""

    entry: str
    prefix: str = ""
    is_loose: bool = False

    @property
    def is_weak(self) -> bool:
        """Whether a description may know better."""
        return self.is_loose or self.entry in _WEAK

    @property
    def has_form(self) -> bool:
        """Whether its texts have a form (an address, a phone number, a date) that any other text breaks."""
        return self.entry in _SPOKEN

    @property
    def topic(self) -> str:
        """What fields it has to agree with are about, or ""."""
        return next((topic for topic, entries in _AGREEING.items() if self.entry in entries), "")


@functools.lru_cache(maxsize=16_384)
def named(hint: Hint) -> Named | None:
    """The entry that a field's name stands for, or None where it says nothing."""
    if hint.name in _GENERIC and hint.kind in _NAME_OF:
        is_given = hint.kind == "person" and "surname" in hint.beside and "given name" not in hint.beside
        return Named("first name" if is_given else _NAME_OF[hint.kind])
    found = find(TEXTS, hint.words)
    if found is None or found[0] == "name":
        return _of_somebody(hint) or (Named(*found) if found else _by_moment(hint.words))
    entry, prefix = found
    entry = _around(hint, entry, prefix)
    if entry in _WHOSE:
        prefix = _whose(hint, entry)
    return Named(entry, prefix, hint.name in _LOOSE)


def _of_somebody(hint: Hint) -> Named | None:
    """`agent_name`, `advisor`, `airline_name`: the name of a person or a thing of some kind."""
    if role_of(hint.words):
        return Named("full name", _whose(hint, "full name"))
    kind = kind_of(Hint(words=hint.words[:-1]), ()) if len(hint.words) > 1 else ""
    return Named(_NAME_OF[kind]) if kind else None


_IN_PLACE_OF = {("level", "logs"): "log level", ("product", "vehicles"): "vehicle model",
                ("disease", "weather"): "weather",
                ("image url", "container"): "image", ("product", "vehicle"): "vehicle model",
                ("host", "movie"): "full name", ("run state", "places"): "region", ("run state", "place"): "region",
                ("run state", "person"): "region", ("run state", "company"): "region"}  # fmt: skip
"""What an entry stands for beside fields of a topic, or in a thing of a kind."""


def _around(hint: Hint, entry: str, prefix: str) -> str:
    """The entry by what is around the field: a level is that of a log beside a message."""
    entry = "run state" if entry == "state" else entry
    if entry == "time" and prefix and hint.words[-1] == "time":
        return "date time"
    found = (_IN_PLACE_OF.get((entry, topic)) for topic in (hint.kind, *sorted(hint.beside)))
    return next((other for other in found if other), entry)


def _whose(hint: Hint, entry: str) -> str:
    """Which city or person a name speaks of: of `destination` another one than of `origin` or `city`."""
    words = [word for word in singular(hint.words) if word not in _WHOSE[entry] and word not in ("name", "address")]
    role = role_of(hint.words) if entry == "full name" else ""
    is_own = bool(role) and ("one person" in hint.beside or (role == hint.kind and "own name" not in hint.beside))
    return "" if is_own else " ".join(words)


def _by_moment(tokens: tuple[str, ...]) -> Named | None:
    """`date_opened` and `TimestampOfImport`: moments, whatever comes after."""
    if (len(tokens) > 1 and tokens[-1] in ("at", "on")) or {"timestamp", "datetime"} & set(tokens):
        return Named("date time")
    return Named("date") if tokens[:1] == ("date",) or tokens[-1:] == ("date",) else None


def entry_of(tokens: tuple[str, ...]) -> str:
    """The entry that words in a description stand for, or ""."""
    found = find(TEXTS, tokens)
    return "" if found is None else "run state" if found[0] == "state" else found[0]

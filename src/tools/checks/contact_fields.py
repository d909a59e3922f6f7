"""Which fields of a record hold an e-mail address, a phone number, a URL or a date, as their names say."""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

from ...records import Json

Kind = Literal["email", "phone", "url", "uri", "date"]

# A field's kind is in the last words of its name: `email_verified` is none, `billingEmail` is one.
_NAMES: dict[Kind, tuple[str, ...]] = {
    "email": (
        "email", "emails", "e mail", "e mails", "email address", "email addresses", "e mail address", "mail address",
    ),
    "phone": (
        "phone", "phones", "telephone", "tel", "mobile", "fax", "phone number", "phone numbers", "phone no",
        "telephone number", "telephone numbers", "telephone no", "mobile number", "fax number", "fax no",
    ),
    "url": (
        "url", "urls", "website", "web site", "webpage", "web page", "homepage", "home page", "link", "links",
    ),
    "uri": ("uri", "uris"),
    "date": ("date", "dates", "birthday", "birthdate", "dob", "date of birth", "at"),
}  # fmt: skip
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_STATED = frozenset({"format", "pattern", "enum", "const", "$ref"})


@cache
def kind_of(key: str) -> Kind | None:
    """The kind of the field with this name, None for any other: `workPhone2` is a phone, `hotel` is not a `tel`."""
    words = [word.lower() for word in _WORDS.findall(key)]
    while words and words[-1].isdigit():
        words.pop()
    if words == ["at"]:  # a moment is something_at; `at` alone is a place
        return None
    last = {" ".join(words[-count:]) for count in (1, 2, 3)}
    return next((kind for kind, names in _NAMES.items() if not last.isdisjoint(names)), None)


@cache
def key_pattern(kind: Kind) -> str:
    """A pattern in RE2's dialect for the key of such a field in a JSON text, with its colon.

    It finds every key that `kind_of` knows, and a few others.
    """
    names = [name.replace(" ", r'(?:[^"\\A-Za-z0-9]|\\.)*') for name in _NAMES[kind]]
    lower = "|".join(names)
    camel = "|".join(f"{name[0].upper()}(?i:{name[1:]})" for name in names)
    # A word begins where the key does, after anything but a letter (an escape such as \n included), or with a capital.
    return rf'"(?:(?:[^"]*(?:[^"A-Za-z]|\\[a-z]))?(?i:{lower})|[^"]*(?:{camel}))(?:[^"\\A-Za-z]|\\.)*"\s*:\s*'


def stated_fields(schema: Json) -> frozenset[str]:
    """Names of the properties for which a JSON Schema states a format, pattern, enum, const or reference.

    Their values are the schema check's to judge.
    """
    found: set[str] = set()
    stack = [schema]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            properties = node.get("properties")
            if isinstance(properties, dict):
                found.update(name for name, part in properties.items() if _states(part))
            stack.extend(node.values())
        elif isinstance(node, list):
            stack.extend(node)
    return frozenset(found)


def _states(schema: Json) -> bool:
    """Whether a keyword that tells strings apart stands anywhere in the schema of a property."""
    stack = [schema]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            if _STATED & node.keys():
                return True
            stack.extend(node.values())
        elif isinstance(node, list):
            stack.extend(node)
    return False

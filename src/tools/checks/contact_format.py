"""Whether e-mail addresses, phone numbers, URLs and dates are well-formed, in the fields named after them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from ...records import BoolArray, Candidates, Json
from .contact_fields import Kind, key_pattern, kind_of
from .dates import written_dates
from .leaves import leaves

# Plainly well-formed values. The patterns mean the same to Python (with re.ASCII) and to RE2, so the screening and the
# verdict cannot disagree: no (?i), which RE2 extends beyond ASCII. Letters beyond ASCII are allowed in names and hosts.
_BEYOND = "\x80-\U0010ffff"
_LETTER = f"A-Za-z0-9{_BEYOND}"
_LABEL = f"[{_LETTER}](?:[{_LETTER}-]*[{_LETTER}])?"
_DOMAIN = rf"(?:{_LABEL}\.)+(?:[A-Za-z{_BEYOND}]{{2,}}|xn--[A-Za-z0-9-]+)"
_ATOM = rf"[{_LETTER}!#$%&'*+/=?^_`{{|}}~-]+"
_EMAIL = rf"{_ATOM}(?:\.{_ATOM})*@{_DOMAIN}"
_REST = r'(?::[0-9]{1,5})?(?:[/?#][^\s"\\<>]*)?'
_HOST = rf"[{_LETTER}](?:[{_LETTER}._-]*[{_LETTER}])?\.?|\[[0-9A-Fa-f:.]+\]"
_URL = rf'(?:[Hh][Tt]{{2}}[Pp][Ss]?|[Ff][Tt][Pp])://(?:[^\s"\\/?#@<>]+@)?(?:{_HOST}){_REST}'
_DAY = (
    r"[1-9][0-9]{3}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    r"|02-(?:0[1-9]|1[0-9]|2[0-8]))"
)
_MOMENT = (
    rf"{_DAY}(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]+)?)?(?:Z|[+-][0-9]{{2}}:?[0-9]{{2}})?)?"
)
_SOUND: dict[Kind, str] = {"email": _EMAIL, "phone": "", "url": _URL, "uri": _URL, "date": _MOMENT}

_EMAIL_RE = re.compile(_EMAIL, re.ASCII)
_URL_RE = re.compile(rf"{_URL}|/\S*|#\S+|{_DOMAIN}{_REST}|mailto:\S+|tel:\S+", re.ASCII)
_URI_RE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+", re.ASCII)
_EXTENSION = re.compile(r"(?:ext\.?|x|#)\s*\d+$", re.IGNORECASE)
_TIME = re.compile(r"\d{4}-\d{1,2}-\d{1,2}[T ](\d{2}):(\d{2})")

PROSE_WORDS = 6
"""A value of so many words, or of two lines, is prose in a field that shares the name: the text of an e-mail."""


@dataclass(frozen=True, slots=True)
class ContactFormatCheck:
    """Refuses malformed strings in fields named after an e-mail address, a phone number, a URL or a date.

    An e-mail address needs a domain with a top level. A phone number that begins with + must be one that the numbering
    plan of its country knows; without it, it must be as long as numbers are in the record's country, where the record
    names just one by its two letters, else have 3 to 15 digits. A URL is http, https or ftp with a host, a host alone,
    or a path; a field named `uri` may have any scheme. A date is refused where it looks like one and the calendar
    lacks it; other words are accepted.

    Accepted are null, empty strings (whether a field may be empty is for the schema to say), numbers, prose, the fields
    named in `stated`, whose format the schema check sees to, and twins that break their schema in such a field.
    """

    stated: frozenset[str] = frozenset()
    reason: ClassVar[str] = "contact_format"

    def screen(self, candidates: Candidates) -> BoolArray:
        """Rows with such a field whose value is not plainly well-formed."""
        flagged: BoolArray = np.array(pc.match_substring_regex(candidates.texts, _fields()))
        rows = np.flatnonzero(flagged)
        texts = candidates.texts.take(pa.array(rows))
        sound = pc.equal(pc.count_substring_regex(texts, _fields()), pc.count_substring_regex(texts, _sound_fields()))
        flagged[rows] = ~np.array(sound)
        for row in np.flatnonzero(flagged & candidates.is_twin).tolist():
            flagged[row] = not _is_broken_there(candidates, row)
        return flagged

    def refuse(self, value: Json, prompt: str | None) -> str | None:
        """The JSON path of the first malformed value, and what is wrong with it."""
        for leaf in leaves(value):
            kind = kind_of(leaf.key)
            if kind is None or leaf.key in self.stated or not isinstance(leaf.value, str):
                continue
            text = leaf.value.strip(" \t\r\n")
            if not text or _is_prose(text):
                continue
            fault = _phone_fault(text, _region(value)) if kind == "phone" else _FAULTS[kind](text)
            if fault is not None:
                return f"{leaf.path}: {text!r} {fault}"
        return None


def _is_broken_there(candidates: Candidates, row: int) -> bool:
    """Whether a twin breaks its schema in such a field: what is wrong there is wrong on purpose."""
    assert candidates.invalid is not None
    keys = [part for part in orjson.loads(candidates.invalid[row].as_py())["path"].split("/") if not part.isdigit()]
    return bool(keys) and kind_of(keys[-1]) is not None


@cache
def _fields() -> str:
    """Any such field with a string or a list; keys with escapes, too, whatever they spell."""
    return "|".join(rf'{key_pattern(kind)}["\[]' for kind in _SOUND) + r"|\\u"


@cache
def _sound_fields() -> str:
    return "|".join(rf'{key_pattern(kind)}"(?:{sound})?"' for kind, sound in _SOUND.items())


def _is_prose(text: str) -> bool:
    return "\n" in text or len(text.split()) >= PROSE_WORDS


def _email_fault(text: str) -> str | None:
    return None if _EMAIL_RE.fullmatch(text) else "is not an e-mail address"


def _url_fault(text: str) -> str | None:
    return None if _URL_RE.fullmatch(text) else "is not a URL"


def _uri_fault(text: str) -> str | None:
    return None if _URI_RE.fullmatch(text) else _url_fault(text)


def _date_fault(text: str) -> str | None:
    if any(start == 0 and not days for start, days in written_dates(text)):
        return "is not in the calendar"
    time = _TIME.match(text)
    return "is not a time of day" if time and (int(time[1]) > 24 or int(time[2]) > 59) else None


def _phone_fault(text: str, region: str) -> str | None:
    if text.startswith("+"):
        return None if _is_number(text, None, valid=True) else "is not a number of any country's plan"
    if region:
        # 00 is how most countries dial abroad.
        fits = _is_number(text, region) or (text.startswith("00") and _is_number("+" + text[2:], None))
        return None if fits else f"is not as long as a phone number in {region}"
    digits = sum(char.isdigit() for char in _EXTENSION.sub("", text))
    return None if 3 <= digits <= 15 else "is not a phone number"


def _is_number(text: str, region: str | None, valid: bool = False) -> bool:
    import phonenumbers  # 60 ms, and most datasets have no phone numbers

    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return False
    return bool(phonenumbers.is_valid_number(number) if valid else phonenumbers.is_possible_number(number))


def _region(value: Json) -> str:
    """The country of a record, where it names just one by two letters that phone numbers know; else an empty string."""
    from phonenumbers import SUPPORTED_REGIONS

    names = {
        leaf.value.upper()
        for leaf in leaves(value)
        if isinstance(leaf.value, str) and re.fullmatch(r"(?i)(.*[^a-z])?country([^a-z]?code)?", leaf.key)
    }
    region = names.pop() if len(names) == 1 else ""
    return region if region in SUPPORTED_REGIONS else ""


_FAULTS: dict[Kind, Callable[[str], str | None]] = {
    "email": _email_fault,
    "url": _url_fault,
    "uri": _uri_fault,
    "date": _date_fault,
}

"""Numbers as a text writes them, and whether a number of a row is what was meant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

_GAP = r"[ \u00a0\u2009\u202f]"
_NUMBER = re.compile(
    r"(?<![A-Za-z0-9_.])(?P<sign>[-\u2212\u2013+](?=\.?\d))?"
    rf"(?P<run>\d{{1,3}}(?:(?:{_GAP}|['\u2019])\d{{3}}){{1,12}}(?:[.,]\d{{1,40}})?(?![\d.,]\d|\d)"
    r"|\.?\d{1,40}(?:[.,]\d{1,40}){0,12})"
    rf"(?:[eE](?P<e>[-+\u2212]?\d{{1,3}})(?![A-Za-z0-9_])"
    rf"|{_GAP}?[\u00d7x\u00b7*]{_GAP}?10(?:\^[({{]?(?P<power>[-+\u2212]?\d{{1,3}})|"
    r"(?P<raised>[\u207a\u207b]?[\u2070\u00b9\u00b2\u00b3\u2074-\u2079]{1,3})))?",
    re.ASCII,
)
_AFTER = re.compile(
    r"(?P<code>[A-Za-z_]+\d|[DG]\b)"
    rf"|(?:st|nd|rd|th)(?:{_GAP}|-)(?P<century>centur(?:y|ies)\b)"
    r"|(?P<decade>['\u2019]?s\b)"
    rf"|(?:{_GAP}|-)?(?P<scale>(?i:thousand|million|billion|trillion|lakh|crore)\b)"
    r"|(?P<short>[kKM]|mn|bn)\b"
    rf"|{_GAP}?(?P<percent>%|percent\b|per{_GAP}cent\b|pct\b)"
    rf"|{_GAP}?(?P<era>BCE?\b|B\.C\.)",
    re.ASCII,
)
_BELOW = re.compile(r"[^.\d]{0,16}\bbelow\b", re.ASCII)
_MINUS = re.compile(r"\b(?:minus|negative)\s$", re.ASCII | re.IGNORECASE)
_ROUGH = re.compile(
    r"(?:\b(?:about|around|roughly|approximately|approx\.?|circa|ca\.?|nearly|almost|some|over|under|(?:more|less) than"
    r"|close to|up to|etwa|rund|environ)\s|[~\u2248])[~\u2248$\u20ac\u00a3]?$",
    re.ASCII | re.IGNORECASE,
)
_LABELLED = re.compile(
    r"\b(?:step|question|option|point|part|example|section|chapter|figure|table|item|note|fact|answer|choice)\s#?$|\S\s?\[$",
    re.ASCII | re.IGNORECASE,
)
_LINE_START = re.compile(r"(?:^|\n)[ \t>*#(\u2022-]*$")
_ENGLISH = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?", re.ASCII)
_CONTINENTAL = re.compile(r"\d+(?:\.\d{3})*(?:,\d+)?", re.ASCII)
_CODE_BEFORE = re.compile(r"([^\W\d_]+)-$")
_ZEROS = re.compile(r"0*$")
_SCALES = {
    "thousand": 3, "million": 6, "billion": 9, "trillion": 12, "lakh": 5, "crore": 7,
    "k": 3, "K": 3, "M": 6, "mn": 6, "bn": 9,
}  # fmt: skip
_RAISED = str.maketrans("\u207a\u207b\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079", "+-0123456789")
_LARGEST = 200
"""Powers of ten beyond are reckoned in floating point: they end as infinity."""
_NOTHING: Mapping[str, str | None] = dict.fromkeys(_AFTER.groupindex)

Value = int | float


@dataclass(frozen=True, slots=True)
class Reading:
    """One sense of a written number; `half` is half a unit of its last digit, `rough` half of its last that is not 0.

    whole: written without decimals.
    """

    value: Value
    half: float
    rough: float
    whole: bool


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a text: where, as written, and its possible readings.

    parts: the numbers it consists of if it is a list ("1,2"). spans: the first and last years of a decade or
    century; then there are no readings. about: `about 1,500`. word: what a hyphen joins it to, folded (`uranium` in
    Uranium-235).
    """

    start: int
    end: int
    text: str
    readings: tuple[Reading, ...]
    parts: tuple[Number, ...] = ()
    spans: tuple[tuple[int, int], ...] = ()
    about: bool = False
    word: str = ""

    def is_among(self, values: Iterable[Value]) -> bool:
        """Whether one of these values is meant: equal, or equal when rounded to the digits written.

        A number without decimals may be off by a third of the value at most; one that is said to be approximate by half
        a unit of its last digit that is not 0, or a tenth, whichever is less.
        """
        values = tuple(values)
        if any(first <= value <= last for first, last in self.spans for value in values):
            return True
        if any(_near(reading, value, self.about) for reading in self.readings for value in values):
            return True
        return bool(self.parts) and all(part.is_among(values) for part in self.parts)


def find_numbers(text: str, skip: Iterable[tuple[int, int]] = (), *, pointed: bool = False) -> Iterator[Number]:
    """The numbers in a text, without those in the places to skip; `pointed`: a point is a decimal point for certain.

    Left out are numbers within words (H2O, 3D), those that count items ("1." at the start of a line where it is 1 or
    follows the one before it; "2)" likewise), and labels up to 99 ("step 3", "[2]").
    """
    skipped, due = list(skip), 1
    for match in _NUMBER.finditer(text):
        start, end = match.span("run")
        if any(first <= start < last for first, last in skipped):
            continue
        after = _AFTER.match(text, match.end())
        if after is not None and after["code"]:
            continue
        if (count := _counted(text, match["run"], start, end)) is not None and count in (1, due):
            due = count + 1
            continue
        if len(match["run"]) < 3 and _LABELLED.search(text, max(0, start - 16), start):
            continue
        yield _number(text, match, after, pointed)


def _counted(text: str, run: str, start: int, end: int) -> int | None:
    """The number that a mark of a list has, if this may be one."""
    if not run.isdigit() or len(run) > 2 or end + 1 >= len(text) or not text[end + 1].isspace():
        return None
    begins = _LINE_START.search(text, max(0, start - 12), start) and (start < 12 or "\n" in text[start - 12 : start])
    if text[end] in ".:)" and begins:
        return int(run)
    closes = text[end] == ")" and text.rfind("(", 0, start) in (start - 1, text.rfind(")", 0, start), -1)
    return int(run) if closes else None


def _number(text: str, match: re.Match[str], after: re.Match[str] | None, pointed: bool) -> Number:
    run, (start, end) = match["run"], match.span()
    told = after.groupdict() if after is not None else _NOTHING
    shown = text[start : after.end() if after is not None else end].strip()
    if spans := _spans(run, told):
        return Number(start, end, shown, (), spans=spans)
    readings = list(_readings(run, pointed))
    if raised := match["e"] or match["power"] or (match["raised"] or "").translate(_RAISED):
        readings = [_scaled(reading, int(raised.replace("\u2212", "-"))) for reading in readings]
    if scale := told["scale"] or told["short"]:
        readings += [_scaled(reading, _SCALES.get(scale, _SCALES.get(scale.lower(), 0))) for reading in readings]
    if told["percent"]:
        readings += [_scaled(reading, -2) for reading in readings]
    before = text[max(0, start - 20) : start]
    joined = _CODE_BEFORE.search(before) if before.endswith("-") else None
    return Number(
        start,
        end,
        shown,
        tuple(_signed(readings, match["sign"], before, _BELOW.match(text, end) is not None or bool(told["era"]))),
        tuple(_parts(run, match.start("run"))),
        about=_ROUGH.search(before) is not None,
        word=joined[1].casefold() if joined is not None else "",
    )


def _spans(run: str, told: Mapping[str, str | None]) -> tuple[tuple[int, int], ...]:
    """The years that a century or a decade holds; none for other numbers."""
    if told["century"] and run.isdigit():
        century = int(run[:4])
        return (((century - 1) * 100, century * 100),)
    if told["decade"] and run.isdigit() and run[-1] == "0" and len(run) in (2, 4):
        first = int(run)
        ages = range(1500, 2100, 100) if len(run) == 2 else (0,)
        return *((first + age, first + age + 9) for age in ages), (first, first)
    return ()


def _signed(readings: list[Reading], sign: str | None, before: str, below: bool) -> list[Reading]:
    """The readings with their sign; both signs where a dash, "minus", "below" or "BC" may stand for one."""
    both = sign == "\u2013" or below or _MINUS.search(before) is not None
    if not both and sign not in ("-", "\u2212"):
        return readings
    negative = [Reading(-each.value, each.half, each.rough, each.whole) for each in readings]
    return readings + negative if both and sign not in ("-", "\u2212") else negative


def _readings(run: str, pointed: bool) -> Iterator[Reading]:
    """The senses of a run of digits: with a decimal point or a decimal comma; none for 1.2.3."""
    spelled = re.sub(rf"{_GAP}|['\u2019]", "", run)
    spelled = f"0{spelled}" if spelled[0] == "." else spelled
    if _ENGLISH.fullmatch(spelled):
        yield _reading(spelled.replace(",", ""))
    if _CONTINENTAL.fullmatch(spelled) and ("," in spelled or ("." in spelled and not pointed)):
        yield _reading(spelled.replace(".", "").replace(",", "."))


def _reading(spelled: str) -> Reading:
    whole, _, decimals = spelled.partition(".")
    if decimals:
        half = 0.5 * 10.0 ** -len(decimals)
        return Reading(float(spelled), half, half, False)
    zeros = len(_ZEROS.search(whole)[0]) if whole.strip("0") else 0  # type: ignore[index]
    return Reading(int(whole), 0.5, 0.5 * 10.0**zeros, True)


def _scaled(reading: Reading, power: int) -> Reading:
    value = reading.value
    if isinstance(value, int) and 0 <= power <= _LARGEST:
        scaled: Value = value * 10**power
    else:
        scaled = float(f"{value!r}e{power}") if "e" not in repr(value) else value * 10.0**power
    unit = 10.0 ** max(-300, min(300, power))
    return Reading(scaled, reading.half * unit, reading.rough * unit, reading.whole)


def _parts(run: str, start: int) -> Iterator[Number]:
    """The numbers of a list without blanks (1,2), of a version (1.2.3), or two side by side (12 345)."""
    if "," not in run and " " not in run and run.count(".") < 2:
        return
    for match in re.finditer(r"\d+", run):
        place = start + match.start()
        yield Number(place, place + len(match[0]), match[0], (_reading(match[0]),))


def _near(reading: Reading, value: Value, about: bool) -> bool:
    gap = abs(reading.value - value)
    if not gap:
        return True
    slack = abs(value) * 1e-12
    if gap <= reading.half * (1 + 1e-9) + slack and (not reading.whole or gap * 3 <= abs(value)):
        return True
    return about and gap <= min(reading.rough, abs(reading.value) / 10) + slack

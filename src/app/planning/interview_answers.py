"""What a person answers in the interview, as values of a plan. Each function raises ValueError with what is wrong."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError

from ...errors import InputError
from ...plan.base import FileName, Name
from ...records import Json
from ...tools.templates.parsing import Reference, parse_text

_DATASET: TypeAdapter[str] = TypeAdapter(FileName)
_NAME: TypeAdapter[str] = TypeAdapter(Name)
_TIER = re.compile(r"(?P<name>.+?)(?:\s*[:=]\s*|\s+)(?P<share>\d+(?:\.\d+)?|\.\d+)\s*%?")


def dataset_name(text: str) -> str:
    """A dataset's name: folders are called by it."""
    return _valid(_DATASET, text)


def name(text: str) -> str:
    """A category's or tier's name."""
    return _valid(_NAME, text)


def _valid(kind: TypeAdapter[str], text: str) -> str:
    try:
        return kind.validate_python(text)
    except ValidationError as error:
        raise ValueError(error.errors()[0]["msg"].removeprefix("Value error, ")) from None


def count(text: str) -> int:
    """A number of records, 1 or more; `1,000` and `1_000` are fine."""
    digits = re.sub(r"(?<=\d)[,_ ](?=\d{3})", "", text)
    if not digits.isdecimal() or int(digits) < 1:
        raise ValueError(f"{text!r} is not a whole number of 1 or more")
    return int(digits)


def yes(text: str) -> bool:
    """Yes or no."""
    if text.lower() in ("y", "yes"):
        return True
    if text.lower() in ("n", "no"):
        return False
    raise ValueError("answer y or n")


def tiers(text: str) -> list[dict[str, Json]]:
    """`simple 50, medium 30, complex 20`: shares in percent, or as parts of 1; names alone share evenly."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    found = [_TIER.fullmatch(part) for part in parts]
    if not any(found):
        return [{"name": name(part), "share": 1 / len(parts)} for part in parts]
    try:
        shares = [(name(match["name"]), Decimal(match["share"])) for match in found if match]
    except InvalidOperation:
        raise ValueError("a share is a number") from None
    if len(shares) < len(parts):
        without = next(part for part, match in zip(parts, found, strict=True) if not match)
        raise ValueError(f"{without!r} has no share: write `name share`, such as `simple 50`")
    total = sum(share for _, share in shares)
    if total not in (1, 100):
        raise ValueError(f"the shares sum to {total}, not to 100")
    if len({tier for tier, _ in shares}) < len(shares):
        raise ValueError("a tier is named twice")
    return [{"name": tier, "share": float(share / total)} for tier, share in shares]


def slots_in(text: str) -> list[str]:
    """The slots that a text names, each once."""
    try:
        pieces = parse_text(text, "the text")
    except InputError as error:
        raise ValueError(str(error)) from None
    names = [piece.name for piece in pieces if isinstance(piece, Reference)]
    if "" in names:
        raise ValueError("{} names no slot: write a name into the braces")
    return list(dict.fromkeys(names))


def slot(text: str) -> Json:
    """Where a slot's values come from: `a, b, c`, `1000..1999`, `2024-01-01..2024-12-31` or `faker city`."""
    low, dots, high = (part.strip() for part in text.partition(".."))
    if dots:
        return _span(low, high)
    if text.startswith("faker "):
        return {"faker": text.removeprefix("faker ").strip()}
    values = list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if not values:
        raise ValueError("write values with commas between them, LOW..HIGH, FROM..TO, or `faker PROVIDER`")
    return values


def _span(low: str, high: str) -> Json:
    try:
        return {"dates": [date.fromisoformat(low).isoformat(), date.fromisoformat(high).isoformat()]}
    except ValueError:
        pass
    try:
        ends = [_number(low), _number(high)]
    except ValueError:
        raise ValueError(f"{low}..{high} is neither a range of numbers nor of dates (2024-01-31)") from None
    if ends[0] > ends[1]:
        raise ValueError(f"{low} is more than {high}")
    return {"range": ends}


def _number(text: str) -> int | float:
    return int(text) if re.fullmatch(r"[+-]?\d+", text) else float(text)


def expectations(text: str) -> dict[str, Any]:
    """`key=value, key=value`, or a JSON object; values are JSON where they can be, else texts."""
    if text.startswith("{") and text.endswith("}"):
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise ValueError(f"is not JSON: {error}") from None
        return dict(value)
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    if bad := next((key for key, equals, _ in pairs if not equals or not key.strip()), None):
        raise ValueError(f"{bad.strip()!r} has no value: write key=value")
    return {key.strip(): _json_or_text(value.strip()) for key, _, value in pairs}


def _json_or_text(text: str) -> Json:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text

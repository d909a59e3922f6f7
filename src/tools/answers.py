"""From the text of a model to the values it means, malformed as it may be."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

import orjson
from json_repair import repair_json

from ..records import Json

LIST_KEY = "records"
MOST_CHARS = 4_000_000

CUT_OFF = "the answer was cut off within this record"

_FENCE = re.compile(r"```(?:json)?\s*\n?(.*?)```", re.DOTALL | re.IGNORECASE)
_OPENING = re.compile(r"[{\[]")
_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[",{}\[\]]', re.DOTALL)
_OPENS, _CLOSES = ("{", "["), {"}": "{", "]": "["}
_LISTS = re.compile(rf'"{LIST_KEY}"\s*:\s*$')


@dataclass(frozen=True, slots=True)
class Parsed:
    """Values found in a text, and pieces in which none could be read, each with the reason."""

    values: list[Json]
    unreadable: list[tuple[str, str]] = field(default_factory=list)


def parse_records(text: str, keys: Collection[str] = ()) -> Parsed:
    """The records in a model's answer: `{"records": [...]}`, a list, a record alone, or one a line.

    Text around the JSON, code fences, trailing commas and missing brackets are forgiven. An answer that was cut off
    loses its last record, which would be half of one. A list under another key than `records` is taken to be the
    records, unless that key is one of a record's own, which `keys` names.
    """
    text = text.strip()
    if not text:
        return Parsed([], [("", "the answer is empty")])
    if len(text) > MOST_CHARS:
        return Parsed([], [(text[:1000], f"the answer has {len(text):,} characters, more than {MOST_CHARS:,}")])
    for candidate in (text, *(found.strip() for found in _FENCE.findall(text))):
        try:
            return Parsed(_records_in(orjson.loads(candidate), keys))
        except orjson.JSONDecodeError:
            continue
    return _pieced(text, keys)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A value in a text, with its brackets; where it was cut off, what is whole of a list, and the rest."""

    text: str
    rest: str | None = None


def _pieced(text: str, keys: Collection[str]) -> Parsed:
    """The records of all values in a text, each read strictly or else repaired."""
    pieces = list(_pieces(text))
    if len(pieces) > 1:  # brackets in the prose around
        pieces = [piece for piece in pieces if '"' in piece.text or piece.rest]
    values: list[Json] = []
    unreadable: list[tuple[str, str]] = []
    for piece in pieces:
        if piece.text:
            found = _read(piece.text)
            if isinstance(found, _Unread):
                unreadable.append((piece.text, found.why))
            else:
                is_list = len(pieces) == 1 or isinstance(found, list) or LIST_KEY in found
                values += _records_in(found, keys) if is_list else [found]
        if piece.rest:
            unreadable.append((piece.rest, CUT_OFF))
    if not values and not unreadable:
        unreadable.append((text, "no JSON was found in the answer"))
    return Parsed(values, unreadable)


@dataclass(frozen=True, slots=True)
class _Unread:
    why: str


def _read(text: str) -> Json | _Unread:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        pass
    try:
        value = repair_json(text, return_objects=True, skip_json_loads=True)
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, RecursionError, IndexError, TypeError) as error:
        return _Unread(f"not JSON: {error}")
    return value if isinstance(value, dict | list) and value else _Unread("no JSON was found in the answer")


def _pieces(text: str) -> Iterator[_Piece]:
    """The values in a text, between the outermost brackets; quotes count within brackets alone."""
    place = 0
    while opening := _OPENING.search(text, place):
        piece, place = _piece_at(text, opening.start())
        yield piece


def _piece_at(text: str, start: int) -> tuple[_Piece, int]:
    """The value that a bracket opens, and where it ends. Notes on the way how far the list of records is whole."""
    open_, items_at, whole, is_over = list[str](), 0, start, False
    for token in _TOKEN.finditer(text, start):
        mark, place = token[0], token.end()
        if mark == '"':  # one that nothing ends
            break
        if mark in _OPENS:
            if not items_at and _begins_records(text, token.start(), open_):
                items_at, whole = len(open_) + 1, place
            open_.append(mark)
            continue
        if mark in _CLOSES:
            _close(open_, mark)
            if not open_:
                return _Piece(text[start:place]), place
        if len(open_) <= items_at and not is_over:
            whole, is_over = token.start() if mark == "," else place, len(open_) < items_at
    if not items_at:
        return _Piece("", text[start:]), len(text)
    closing = ("" if is_over else "]") + ("}" if items_at == 2 else "")
    return _Piece(text[start:whole] + closing, None if is_over else text[whole:].strip(", \n\t`")), len(text)


def _begins_records(text: str, place: int, open_: list[str]) -> bool:
    """Whether the bracket at a place opens the list of records: the outermost, or the one under their key."""
    return text[place] == "[" and (
        not open_ or (open_ == ["{"] and bool(_LISTS.search(text[max(0, place - 40) : place])))
    )


def _close(open_: list[str], mark: str) -> None:
    """Close a bracket, and those within that lack their own end: that can be repaired. One too many is nothing."""
    if _CLOSES[mark] in open_:
        while open_.pop() != _CLOSES[mark]:
            continue


def _records_in(value: Json, keys: Collection[str]) -> list[Json]:
    if isinstance(value, list):
        return value
    if not isinstance(value, dict):
        return [value]
    listed = value.get(LIST_KEY)
    if isinstance(listed, list) and (len(value) == 1 or LIST_KEY not in keys):
        return listed
    if len(value) == 1:
        [(key, inner)] = value.items()
        if isinstance(inner, list) and inner and all(isinstance(item, dict) for item in inner) and key not in keys:
            return inner
    return [value]

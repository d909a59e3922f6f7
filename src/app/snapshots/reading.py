"""Reading snapshots: JSON files with the records of an unfinished dataset, larger perhaps than memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TextIO

from ...errors import InputError
from ...records import Json

INSTANCES, PLAN, CREATED = "created_instances", "dataset_plan", "instances_created"

_CHUNK = 1 << 20
_HEAD = 1 << 16


@dataclass(frozen=True, slots=True)
class SnapshotFile:
    """A snapshot without its records. `plan` is the plan's document, not validated yet."""

    path: Path
    plan: dict[str, Any]
    instances_created: int

    def instances(self) -> Iterator[Json]:
        """What stands in `created_instances`, one after the other. Raises InputError where the file is damaged."""
        with _opened(self.path) as file:
            for key, value in members(file, self.path):
                if key == INSTANCES:
                    yield value


def open_snapshot(path: Path) -> SnapshotFile | None:
    """The snapshot in a file; None where the file is something else, a plan perhaps, or no JSON at all.

    Raises InputError for what has a snapshot's keys and is none.
    """
    if not _may_be_one(path):
        return None
    found: dict[str, Json] = {}
    try:
        with _opened(path) as file:
            for key, value in members(file, path):
                if key != INSTANCES:
                    found[key] = value
                if PLAN in found and CREATED in found:
                    break
    except InputError:
        return None  # whoever reads it as a plan says what is wrong
    if PLAN not in found:
        return None
    plan, created = found[PLAN], found.get(CREATED)
    if not isinstance(plan, dict):
        raise InputError.at(f"{path}: $.{PLAN}", "must be an object", "take the snapshot as it was written")
    if not isinstance(created, int) or isinstance(created, bool) or created < 0:
        raise InputError.at(f"{path}: $.{CREATED}", f"must be a count, got {created!r:.80}")
    return SnapshotFile(path, plan, created)


def _may_be_one(path: Path) -> bool:
    """Whether the first of its bytes hold a snapshot's key."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except (OSError, ValueError):
        return False
    return any(f'"{key}"'.encode() in head for key in (INSTANCES, PLAN))


def _opened(path: Path) -> TextIO:
    try:
        return path.open(encoding="utf-8-sig")
    except OSError as error:
        raise InputError.at(path, f"cannot be read: {error.strerror}") from None


def members(file: TextIO, path: Path, chunk: int = _CHUNK) -> Iterator[tuple[str, Json]]:
    """The members of the object a file holds, in order; the list of records gives one member for each.

    Reads `chunk` characters at a time, and holds one value, if that is longer. Raises InputError, with the path, where
    the file holds no such object; what stands behind it is not looked at.
    """
    scan = _Scanner(file, path, chunk)
    scan.expect("{")
    while not scan.skips("}"):
        key = scan.key()
        scan.expect(":")
        if key == INSTANCES:
            yield from ((INSTANCES, item) for item in _items(scan))
        else:
            yield key, scan.value()
        if not scan.skips(","):
            scan.expect("}")
            return


def _items(scan: _Scanner) -> Iterator[Json]:
    scan.expect("[")
    while not scan.skips("]"):
        yield scan.value()
        if not scan.skips(","):
            scan.expect("]")
            return


class _Scanner:
    """Goes through a file's JSON, value by value; holds one chunk, or one value where that is longer."""

    def __init__(self, file: TextIO, path: Path, chunk: int) -> None:
        self._file, self._path, self._chunk = file, path, chunk
        self._decoder = json.JSONDecoder(parse_constant=self._refuse_constant)
        self._text, self._at, self._is_whole = "", 0, False

    def expect(self, character: str) -> None:
        """Go beyond this character. Raises InputError where another one comes."""
        if not self.skips(character):
            raise self._damaged(f"{character!r} is missing")

    def skips(self, character: str) -> bool:
        """Whether this character comes next; goes beyond it then."""
        self._skip_blanks()
        if self._text[self._at : self._at + 1] != character:
            return False
        self._at += 1
        return True

    def key(self) -> str:
        """The name of a member, which comes next."""
        found = self.value()
        if not isinstance(found, str):
            raise self._damaged(f"{found!r:.80} stands where a name should")
        return found

    def value(self) -> Json:
        """The value that comes next."""
        self._skip_blanks()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if not self._more():
                    raise self._damaged(error.msg) from None
                continue
            except (ValueError, RecursionError) as error:
                raise self._damaged(str(error)) from None
            is_cut = end == len(self._text) or (self._text[end] in ".eE" and isinstance(value, int | float))
            if not is_cut or not self._more():  # a number may go on where the text does
                self._at = end
                return value

    def _skip_blanks(self) -> None:
        while True:
            while self._at < len(self._text) and self._text[self._at] in " \t\r\n":
                self._at += 1
            if self._at < len(self._text) or not self._more():
                return

    def _more(self) -> bool:
        """Read on, as much again as is held; whether there was more."""
        if self._is_whole:
            return False
        rest = self._text[self._at :]
        try:
            read = self._file.read(max(self._chunk, len(rest)))
        except (OSError, UnicodeDecodeError) as error:
            raise self._damaged(str(error)) from None
        self._text, self._at, self._is_whole = rest + read, 0, not read
        return bool(read)

    def _refuse_constant(self, name: str) -> NoReturn:
        raise ValueError(f"it holds {name}, which JSON does not know")

    def _damaged(self, why: str) -> InputError:
        return InputError.at(self._path, f"is no whole snapshot: {why}", "take it as it was written")

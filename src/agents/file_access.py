"""Which files the coordinator may look at: those below the folder the user started in, and those the user named."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError

PART_BYTES = 32_768
"""The most of a file that is shown at a time."""

MAX_ENTRIES = 200
"""The most names of a folder that are shown."""

_WORD = re.compile(r"\"([^\"]+)\"|'([^']+)'|`([^`]+)`|(\S+)")
_BOM = "\ufeff"
_BEFORE, _AFTER = "([{<\"'`", ".,;:!?)]}>\"'`"


@dataclass(frozen=True, slots=True)
class FilePart:
    """A part of a text file. `next_start` is the byte the next part begins at, None at the end of the file."""

    path: str
    bytes: int
    content: str
    next_start: int | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A name in a folder; `bytes` is None for a folder."""

    name: str
    bytes: int | None


class FileAccess:
    """Reads files for a model, and refuses those that nobody showed it.

    Hidden files and folders are refused unless the user named them, and files called `.env` always: they hold keys.
    Links are followed before anything is decided.
    """

    def __init__(self, root: Path) -> None:
        """`root` is the folder that names are relative to, and that may be looked at."""
        self.root = root.resolve()
        self._files: set[Path] = set()
        self._folders: set[Path] = set()

    def hear(self, text: str) -> None:
        """Take note of the files and folders that a message of the user names."""
        for groups in _WORD.findall(text):
            word = next(filter(None, groups))
            for name in dict.fromkeys((word, word.lstrip(_BEFORE).rstrip(_AFTER))):
                self._note(name)

    def show(self, path: Path) -> None:
        """Let a file be looked at, or a folder and what is in it, that was named another way."""
        self._files.add(path.resolve())
        self._folders.add(path.resolve())

    def _note(self, name: str) -> None:
        try:
            real = (self.root / Path(name).expanduser()).resolve(strict=True)
            is_file, is_folder = real.is_file(), real.is_dir()
        except (OSError, RuntimeError, ValueError):
            return
        if is_file:
            self._files.add(real)
        elif is_folder and not (self.root.is_relative_to(real) or _home().is_relative_to(real)):
            self._folders.add(real)  # but not the folders around the user: `/` in a sentence opens nothing

    def resolve(self, name: str) -> Path:
        """The real path of a file or folder that may be looked at; it may be missing.

        Raises InputError for any other.
        """
        try:
            real = (self.root / Path(name).expanduser()).resolve()
        except (OSError, RuntimeError, ValueError):
            raise InputError.at(repr(name), "is no path that can be followed") from None
        if not self._is_open(real):
            mend = "ask the user to name the file, with its path, in a message"
            raise InputError.at(name, f"is not below {self.root}, and the user did not name it", mend)
        if real.name.startswith(".env"):
            raise InputError.at(name, "may hold keys, so it is never shown")
        return real

    def _is_open(self, real: Path) -> bool:
        if real in self._files:
            return True
        above = [folder for folder in (self.root, *self._folders) if real.is_relative_to(folder)]
        return any(not any(part.startswith(".") for part in real.relative_to(folder).parts) for folder in above)

    def regular(self, name: str) -> Path:
        """The real path of a file that may be looked at, and is one. Raises InputError for any other."""
        real = self.resolve(name)
        if not real.is_file():
            raise InputError.at(name, "is not a file", "list_files shows what is in a folder")
        return real

    def named(self, real: Path) -> str:
        """A path as it is shown: relative to the root where it lies below it."""
        return str(real.relative_to(self.root)) if real.is_relative_to(self.root) else str(real)

    def read(self, name: str, start: int = 0) -> FilePart:
        """The text of a file from the byte `start` on, at most PART_BYTES of it.

        Raises InputError where the file may not be looked at, is missing, or is no text in UTF-8.
        """
        real = self.resolve(name)
        size, raw = _read(real, name, start)
        try:
            text, used = _whole_characters(raw, is_end=start + len(raw) >= size)
        except UnicodeDecodeError as error:
            raise InputError.at(name, f"is not text in UTF-8 (at byte {start + error.start})") from None
        if "\0" in text:
            raise InputError.at(name, "is not text")
        end = start + used
        return FilePart(self.named(real), size, text, end if end < size else None)

    def entries(self, folder: str = ".") -> tuple[list[Entry], int]:
        """The first MAX_ENTRIES names in a folder, and how many more there are; hidden ones are left out.

        Raises InputError where it may not be looked at, or is no folder.
        """
        real = self.resolve(folder)
        try:
            with os.scandir(real) as found:
                seen = sorted((entry for entry in found if not entry.name.startswith(".")), key=lambda e: e.name)
                shown = [Entry(e.name, None if e.is_dir() else e.stat(follow_symlinks=False).st_size) for e in seen]
        except OSError as error:
            raise InputError.at(folder, f"cannot be listed: {error.strerror}") from None
        return shown[:MAX_ENTRIES], max(len(shown) - MAX_ENTRIES, 0)


def _home() -> Path:
    return Path(os.path.expanduser("~")).resolve()


def _read(real: Path, name: str, start: int) -> tuple[int, bytes]:
    """The size of a regular file, and what stands in it from `start` on."""
    try:
        # Neither a link that was put there since, nor a pipe that nobody writes to.
        handle = os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise InputError.at(name, f"cannot be read: {error.strerror}", "list_files shows what is there") from None
    try:
        facts = os.fstat(handle)
        if not stat.S_ISREG(facts.st_mode):
            raise InputError.at(name, "is not a file", "list_files shows what is in a folder")
        return facts.st_size, os.pread(handle, PART_BYTES, start)
    finally:
        os.close(handle)


def _whole_characters(raw: bytes, *, is_end: bool) -> tuple[str, int]:
    """The text of some bytes, and how many of them it takes: a character cut at their end is left for later."""
    try:
        return raw.decode().removeprefix(_BOM), len(raw)
    except UnicodeDecodeError as error:
        if is_end or error.reason != "unexpected end of data":
            raise
        return raw[: error.start].decode().removeprefix(_BOM), error.start

"""Files that are there whole or not at all, and whose SHA-256 is known when they are."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import OutputError


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What is known of a written file: records in it, SHA-256 in hex, size in bytes."""

    rows: int
    sha256: str
    bytes: int


_NO_ROOM = "free some space, or choose another folder"
_NO_RIGHT = "choose a folder you may write to"
_IN_THE_WAY = "move what is in the way, or choose another folder"
_MENDS = {
    errno.ENOSPC: _NO_ROOM, errno.EDQUOT: _NO_ROOM, errno.EFBIG: _NO_ROOM,
    errno.EACCES: _NO_RIGHT, errno.EPERM: _NO_RIGHT, errno.EROFS: _NO_RIGHT,
    errno.EISDIR: _IN_THE_WAY, errno.ENOTDIR: _IN_THE_WAY, errno.EEXIST: _IN_THE_WAY,
}  # fmt: skip


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turns an OSError inside into an OutputError that names `path` and how to mend it."""
    try:
        yield
    except OSError as error:
        mend = _MENDS.get(error.errno or 0, "")
        raise OutputError.at(path, f"cannot be written: {error.strerror or error}", mend) from None


class HashedFile(io.RawIOBase):
    """A file written once from its start to its end, hashed and counted on the way.

    Whoever writes adds the number of records to `rows`. Raises OutputError naming `path`, which the file is going to
    be, where it cannot be written.
    """

    def __init__(self, file: io.FileIO, path: Path) -> None:
        self.rows = 0
        self._file, self._path, self._bytes, self._digest = file, path, 0, hashlib.sha256()

    def writable(self) -> bool:
        """True: Arrow asks."""
        return True

    def write(self, data: Any) -> int:
        """Writes all of a bytes-like object; returns its length in bytes."""
        view = memoryview(data).cast("B")
        written = 0
        with writing(self._path):
            while written < len(view):
                written += self._file.write(view[written:])
        self._digest.update(view)
        self._bytes += written
        return written

    def sync(self) -> None:
        """Returns when the disk has it."""
        with writing(self._path):
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Closes the file."""
        self._file.close()
        super().close()

    @property
    def facts(self) -> FileFacts:
        """Rows, SHA-256 and size of what was written so far."""
        return FileFacts(self.rows, self._digest.hexdigest(), self._bytes)


@contextlib.contextmanager
def atomic_file(path: Path) -> Iterator[HashedFile]:
    """A file that takes its name only when all of it is on the disk; nothing is left of one that fails.

    Folders that are missing are made. Raises OutputError where the file cannot be written.
    """
    with _partial(path) as partial:
        with writing(path):
            # Unbuffered: what fails, fails in `write`, not once more when the file is closed.
            raw = partial.open("wb", buffering=0)
        with HashedFile(raw, path) as file:
            yield file
            file.sync()
        with writing(path):
            partial.replace(path)
            sync_folder(path.parent)


def copy_file(source: Path, path: Path) -> None:
    """Makes `path` a copy of `source`; not a link, so that who changes the one leaves the other as it is."""
    with _partial(path) as partial, writing(path):
        shutil.copyfile(source, partial)
        with partial.open("rb") as copy:
            os.fsync(copy.fileno())
        partial.replace(path)
        sync_folder(path.parent)


def partial_of(path: Path) -> Path:
    """The name a file has while it is written: always the same, so that what a kill left is overwritten."""
    return path.with_name(f".{path.name}.partial")


def sync_folder(folder: Path) -> None:
    """Returns when the disk has the names in a folder."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def _partial(path: Path) -> Iterator[Path]:
    partial = partial_of(path)
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.unlink(missing_ok=True)
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    try:
        yield partial
    finally:
        # Gone after a rename; but not after one onto the same file, which does nothing.
        partial.unlink(missing_ok=True)

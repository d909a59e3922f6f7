"""Archives, read without being unpacked to disk: their members, checked and counted while they are read."""

from __future__ import annotations

import bz2
import gzip
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol, cast

from ...errors import InputError, SourceError
from .members import Counted, Limits, member_name

_OPENERS: dict[str, Callable[..., object]] = {"gz": gzip.open, "bz2": bz2.open, "xz": lzma.open}
_TAR_ENDINGS = {
    ".tar": "",
    ".tar.gz": "gz",
    ".tgz": "gz",
    ".tar.bz2": "bz2",
    ".tbz2": "bz2",
    ".tar.xz": "xz",
    ".txz": "xz",
}
_SINGLE_ENDINGS = {".gz": "gz", ".bz2": "bz2", ".xz": "xz"}
_CORRUPT = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    OverflowError,
)
_ZIP_ENCRYPTED = 0x1
_KIND_OF_FILE = 0o170000
_TAR_BLOCK = 512

DEFAULT_LIMITS = Limits()

Members = Iterator[tuple[str, IO[bytes]]]


class Archive(Protocol):
    """An archive at a path."""

    def names(self) -> list[str]:
        """Every file in it. Raises SourceError where a member leaves the archive or is no plain file or folder."""

    def read(self, names: Collection[str]) -> Iterator[tuple[str, bytes]]:
        """The content of these files, in the archive's order."""


def is_archive(name: str) -> bool:
    """Whether a file of that name is an archive, by its ending."""
    return name.lower().endswith((".zip", *_TAR_ENDINGS, *_SINGLE_ENDINGS))


def open_archive(path: Path, place: str, limits: Limits = DEFAULT_LIMITS) -> Archive:
    """The archive in a file whose name `is_archive`; `place` is the file, for messages.

    Reading it raises SourceError where it is corrupt, encrypted, or unpacks to more than `limits` allow.
    """
    low = path.name.lower()
    if low.endswith(".zip"):
        return _Zip(path, place, limits)
    for ending, packing in _TAR_ENDINGS.items():
        if low.endswith(ending):
            return _Tar(path, place, limits, packing)
    return _Packed(path, place, limits, _SINGLE_ENDINGS[path.suffix.lower()])


@contextmanager
def _mending(place: str) -> Iterator[None]:
    """What libraries raise for a broken archive, as SourceError."""
    try:
        yield
    except SourceError:
        raise
    except NotImplementedError as error:
        raise SourceError.at(place, f"is packed in a way that cannot be read: {error}", "pack it anew") from None
    except _CORRUPT as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise SourceError.at(place, f"is a corrupt archive: {reason}", "fetch or pack it anew") from None


@dataclass(frozen=True, slots=True)
class _Packed:
    """One file, packed by gzip, bzip2 or xz."""

    path: Path
    place: str
    limits: Limits
    packing: str

    def names(self) -> list[str]:
        return [member_name(self.path.stem, self.place)]

    def read(self, names: Collection[str]) -> Iterator[tuple[str, bytes]]:
        for name in names:
            with _mending(self.place), _unpacked(self.path, self.packing) as stream:
                yield name, _counted(stream, self).read()


@dataclass(frozen=True, slots=True)
class _Zip:
    path: Path
    place: str
    limits: Limits

    def names(self) -> list[str]:
        with _mending(self.place), zipfile.ZipFile(self.path) as file:
            return list(self._files(file))

    def read(self, names: Collection[str]) -> Iterator[tuple[str, bytes]]:
        with _mending(self.place), zipfile.ZipFile(self.path) as file:
            counted: Counted | None = None
            for name, info in self._files(file).items():
                if name not in names:
                    continue
                if info.flag_bits & _ZIP_ENCRYPTED:
                    raise SourceError.at(self.place, f"{name!r} is encrypted", "pack it without a password")
                with file.open(info) as stream:
                    counted = _counted(stream, self, counted)
                    yield name, counted.read()

    def _files(self, file: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
        files: dict[str, zipfile.ZipInfo] = {}
        infos = file.infolist()
        self.limits.check_members(len(infos), self.place)
        for info in infos:
            # What zipfile makes of a name is cut at a NUL: the name as it is written is judged.
            name = member_name(info.orig_filename, self.place)
            kind = info.external_attr >> 16 & _KIND_OF_FILE
            if kind not in (0, 0o100000, 0o040000):
                raise _no_file(name, self.place)
            if not info.is_dir():
                _add(files, name, info, self.place)
        return files


@dataclass(frozen=True, slots=True)
class _Tar:
    path: Path
    place: str
    limits: Limits
    packing: str

    def names(self) -> list[str]:
        files: dict[str, None] = {}
        with _mending(self.place):
            for name, _ in self._files():
                _add(files, name, None, self.place)
        return list(files)

    def read(self, names: Collection[str]) -> Iterator[tuple[str, bytes]]:
        with _mending(self.place):
            for name, content in self._files():
                if name in names:
                    # The stream below is counted; a member cannot be longer than what it is read from.
                    yield name, content.read()

    def _files(self) -> Members:
        """Every plain file, checked, with its content, which is to be read before the next one is asked for."""
        with _unpacked(self.path, self.packing) as stream:
            counted = _counted(stream, self)
            # Not "r|": a header that promises a petabyte would have tarfile look for it for hours.
            with tarfile.open(fileobj=cast(IO[bytes], counted), mode="r:") as file:
                for number, info in enumerate(file, 1):
                    self.limits.check_members(number, self.place)
                    name = member_name(info.name, self.place)
                    if info.issparse() or not (info.isreg() or info.isdir()):
                        raise _no_file(name, self.place)
                    if content := file.extractfile(info):
                        yield name, content
            # tarfile takes a tar cut off between two members for a whole one.
            if any(counted.tail(_TAR_BLOCK)):
                raise tarfile.ReadError("its end is missing")


def _add(files: dict[str, Any], name: str, value: object, place: str) -> None:
    if name in files:
        raise SourceError.at(place, f"has two files {name!r}", "pack it anew, with one")
    files[name] = value


def _no_file(name: str, place: str) -> InputError:
    return SourceError.at(place, f"member {name!r} is neither a plain file nor a folder", "pack it without links")


@contextmanager
def _unpacked(path: Path, packing: str) -> Iterator[IO[bytes]]:
    if not path.stat().st_size:
        raise EOFError("it is empty")  # which gzip would unpack
    with cast(IO[bytes], _OPENERS.get(packing, open)(path, "rb")) as stream:
        yield stream


def _counted(stream: IO[bytes], archive: _Packed | _Zip | _Tar, before: Counted | None = None) -> Counted:
    packed = archive.path.stat().st_size
    return Counted(stream, archive.limits, packed, archive.place, before.count if before else 0)

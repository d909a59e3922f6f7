"""What members of archives may be called, and how much may come out of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import IO

from ...errors import SourceError

_MIB = 1 << 20
_AT_ONCE = _MIB
_DRIVE = re.compile(r"[A-Za-z]:")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much an archive may hold: bytes unpacked, members, and bytes unpacked per byte packed beyond `free` bytes."""

    total: int = 1024 * _MIB
    members: int = 20_000
    ratio: int = 200
    free: int = 50 * _MIB

    def check_members(self, number: int, place: str) -> None:
        """Raises SourceError where an archive has so many members."""
        if number > self.members:
            raise SourceError.at(place, f"has more than {self.members:,} members", "unpack it, and name the file")


class Counted:
    """A stream of which no more is read than `limits` allow, whatever an archive's headers say.

    `packed` is the size of the archive, `count` how much of it was unpacked before and by now. Reading raises
    SourceError beyond the limits.
    """

    def __init__(self, stream: IO[bytes], limits: Limits, packed: int, place: str, count: int = 0) -> None:
        self._stream, self._limits, self._place = stream, limits, place
        self._most = min(limits.total, limits.free + limits.ratio * packed)
        self._tail = b""
        self._position = 0
        self.count = count

    def read(self, size: int = -1) -> bytes:
        """The next `size` bytes, or all that are left."""
        if size >= 0:
            return self._take(size)
        pieces = []
        while piece := self._take(_AT_ONCE):
            pieces.append(piece)
        return b"".join(pieces)

    def tell(self) -> int:
        """How many bytes of the stream were read."""
        return self._position

    def seek(self, offset: int) -> int:
        """Goes on to `offset`, by reading, or to the end of the stream where that comes first."""
        if offset < self._position:
            raise ValueError("an archive is read forwards")
        while self._position < offset and self._take(min(_AT_ONCE, offset - self._position)):
            pass
        return self._position

    def tail(self, size: int) -> bytes:
        """The stream's last `size` bytes or fewer, after what is left has been read; `size` is at most 512."""
        while self._take(_AT_ONCE):
            pass
        return self._tail[-size:]

    def _take(self, size: int) -> bytes:
        piece = self._stream.read(size)
        self.count += len(piece)
        self._position += len(piece)
        self._tail = (self._tail + piece[-512:])[-512:]
        if self.count > self._most:
            if self._most == self._limits.total:
                what = f"unpacks to more than {self._limits.total:,} bytes"
            else:
                what = f"unpacks to more than {self._limits.ratio} times its size"
            raise SourceError.at(self._place, what, "if it can be trusted, unpack it, and name the file")
        return piece


def member_name(written: str, place: str) -> str:
    """A member's path within its archive, in POSIX form. Raises SourceError where it leads out of the archive."""
    path = written.replace("\\", "/")
    parts = path.split("/")
    if path.startswith("/") or _DRIVE.match(path) or ".." in parts or "\0" in path:
        raise SourceError.at(place, f"member {written!r} leaves the archive", "nothing was read: pack it anew")
    try:
        path.encode()
    except UnicodeEncodeError:
        raise SourceError.at(place, f"member {written!r} has a name that is not UTF-8", "pack it anew") from None
    return "/".join(part for part in parts if part not in ("", "."))

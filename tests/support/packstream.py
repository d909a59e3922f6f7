"""PackStream, the binary form of Bolt's messages: what the Bolt server of the tests reads and writes."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Structure:
    """A tag and its fields: a message, or a value such as a node or a date."""

    tag: int
    fields: tuple[Any, ...] = ()


def packed(value: Any) -> bytes:
    """The bytes of a value."""
    if value is None:
        return b"\xc0"
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, float):
        return b"\xc1" + struct.pack(">d", value)
    if isinstance(value, int):
        return bytes([value]) if 0 <= value < 0x80 else b"\xcb" + struct.pack(">q", value)
    if isinstance(value, bytes):
        return b"\xce" + struct.pack(">I", len(value)) + value
    if isinstance(value, str):
        raw = value.encode()
        return b"\xd2" + struct.pack(">I", len(raw)) + raw
    if isinstance(value, list | tuple):
        return b"\xd6" + struct.pack(">I", len(value)) + b"".join(map(packed, value))
    if isinstance(value, dict):
        pairs = b"".join(packed(key) + packed(item) for key, item in value.items())
        return b"\xda" + struct.pack(">I", len(value)) + pairs
    if isinstance(value, Structure):
        return bytes([0xB0 + len(value.fields), value.tag]) + b"".join(map(packed, value.fields))
    raise TypeError(f"no PackStream form for {type(value).__name__}")


def unpacked(raw: bytes) -> Any:
    """The value in the bytes."""
    return _Reader(raw).value()


_TINY = {0x80: "text", 0x90: "list", 0xA0: "map", 0xB0: "structure"}
_SIMPLE = {0xC0: None, 0xC2: False, 0xC3: True}
_NUMBERS = {0xC1: ">d", 0xC8: ">b", 0xC9: ">h", 0xCA: ">i", 0xCB: ">q"}
_SIZED = {
    **{0xCC: (">B", "bytes"), 0xCD: (">H", "bytes"), 0xCE: (">I", "bytes")},
    **{0xD0: (">B", "text"), 0xD1: (">H", "text"), 0xD2: (">I", "text")},
    **{0xD4: (">B", "list"), 0xD5: (">H", "list"), 0xD6: (">I", "list")},
    **{0xD8: (">B", "map"), 0xD9: (">H", "map"), 0xDA: (">I", "map")},
}


class _Reader:
    def __init__(self, raw: bytes) -> None:
        self._raw, self._at = raw, 0

    def value(self) -> Any:
        marker = self._take(1)[0]
        if marker in _SIMPLE:
            return _SIMPLE[marker]
        if marker in _NUMBERS:
            return self._number(_NUMBERS[marker])
        if marker in _SIZED:
            size, kind = _SIZED[marker]
            return self._sized(kind, int(self._number(size)))
        if marker & 0xF0 in _TINY:
            return self._sized(_TINY[marker & 0xF0], marker & 0x0F)
        return marker if marker < 0x80 else marker - 0x100

    def _sized(self, kind: str, size: int) -> Any:
        if kind == "bytes":
            return self._take(size)
        if kind == "text":
            return self._take(size).decode()
        if kind == "list":
            return [self.value() for _ in range(size)]
        if kind == "map":
            return {self.value(): self.value() for _ in range(size)}
        tag = self._take(1)[0]
        return Structure(tag, tuple(self.value() for _ in range(size)))

    def _number(self, form: str) -> Any:
        return struct.unpack(form, self._take(struct.calcsize(form)))[0]

    def _take(self, size: int) -> bytes:
        self._at += size
        return self._raw[self._at - size : self._at]

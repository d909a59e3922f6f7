"""HTTP/1.1 as the model server speaks it: connections that are kept alive, one request at a time on each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http.client import responses


@dataclass(frozen=True, slots=True)
class Head:
    """The request line and the header fields, their names in lower case."""

    method: str
    path: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply as it goes over the wire."""

    head: bytes
    body: bytes


def plain_reply(status: int, kind: str, body: bytes, fields: Mapping[str, str] | None = None) -> Reply:
    """A reply in one piece."""
    return Reply(_head(status, {"content-type": kind, "content-length": str(len(body)), **(fields or {})}), body)


def event_stream(events: Iterable[str], fields: Mapping[str, str]) -> Reply:
    """A reply of server-sent events, each in a chunk of its own."""
    pieces = [event.encode() for event in events]
    body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    kind = {"content-type": "text/event-stream; charset=utf-8", "transfer-encoding": "chunked"}
    return Reply(_head(200, {**kind, **fields}), body)


def _head(status: int, fields: Mapping[str, str]) -> bytes:
    lines = [
        f"HTTP/1.1 {status} {responses.get(status, 'Unknown')}",
        *(f"{name}: {value}" for name, value in fields.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


class Connection(asyncio.Protocol):
    """One client's connection. `is_busy`: it has a request that is not answered yet."""

    def __init__(
        self,
        opened: Callable[[Connection], None],
        asked: Callable[[Connection, Head, bytes], None],
        closed: Callable[[Connection], None],
    ) -> None:
        self.is_busy = False
        self._opened, self._asked, self._closed = opened, asked, closed
        self._buffer = bytearray()
        self._head: Head | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport | None = None
        self._sends_last = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._transport = None
        self._closed(self)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._take()

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def after(self, seconds: float, go: Callable[[], None]) -> None:
        """Calls `go` later, unless the client leaves."""
        self._timer = asyncio.get_running_loop().call_later(seconds, go)

    def write(self, data: bytes) -> None:
        if self._transport is not None and self.is_open:
            self._transport.write(data)

    def done(self) -> None:
        """The request is answered: the next one may come."""
        self.is_busy = False
        if self._sends_last:
            self.hang_up()
        else:
            self._take()

    def hang_up(self) -> None:
        """The end of the connection, after what was written."""
        if self._transport is not None:
            self._transport.close()

    def drop(self) -> None:
        """The end of the connection, at once; a client that waits for an answer sees a reset."""
        if self._transport is None:
            return
        if self.is_busy or self._transport.get_write_buffer_size():
            self._transport.abort()
        else:
            self._transport.close()

    def _take(self) -> None:
        """Hands the next request over, if the connection is free and the request is all there."""
        if self.is_busy or not self.is_open:
            return
        if self._head is None and not self._take_head():
            return
        assert self._head is not None
        head, size = self._head, int(self._head.fields.get("content-length", 0))
        if len(self._buffer) < size:
            return
        body = bytes(self._buffer[:size])
        del self._buffer[:size]
        self._head, self.is_busy = None, True
        self._sends_last = head.fields.get("connection", "").lower() == "close"
        self._asked(self, head, body)

    def _take_head(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return False
        first, *rest = self._buffer[:end].decode("latin-1").split("\r\n")
        del self._buffer[: end + 4]
        method, target, _ = first.split(" ", 2)
        pairs = (line.partition(":") for line in rest)
        fields = {name.strip().lower(): value.strip() for name, _, value in pairs}
        if "transfer-encoding" in fields:
            self.write(b"HTTP/1.1 411 Length Required\r\ncontent-length: 0\r\n\r\n")
            self.hang_up()
            return False
        self._head = Head(method, target.partition("?")[0], fields)
        return True

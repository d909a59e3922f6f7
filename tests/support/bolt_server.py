"""A small Neo4j server for tests: speaks Bolt 5.4 on 127.0.0.1, answers from a script, and records what it is told."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from packstream import Structure, packed, unpacked

_NAMES = {
    **{0x01: "HELLO", 0x6A: "LOGON", 0x6B: "LOGOFF", 0x02: "GOODBYE", 0x0F: "RESET", 0x10: "RUN", 0x11: "BEGIN"},
    **{0x12: "COMMIT", 0x13: "ROLLBACK", 0x2F: "DISCARD", 0x3F: "PULL", 0x66: "ROUTE", 0x54: "TELEMETRY"},
}
_SUCCESS, _RECORD, _IGNORED, _FAILURE = 0x70, 0x71, 0x7E, 0x7F
_BOLT_5_4 = b"\x00\x00\x04\x05"

UNAUTHORISED = ("Neo.ClientError.Security.Unauthorized", "The client is unauthorized due to authentication failure.")
WRITES = ("Neo.ClientError.Statement.AccessMode", "Writing in read access mode not allowed. Attempted write to neo4j")
NO_SYNTAX = ("Neo.ClientError.Statement.SyntaxError", "Invalid input 'MACH': expected 'MATCH'")


@dataclass(frozen=True)
class Answer:
    """What the server answers to a query.

    `kind` is the query's type as EXPLAIN gives it (r, rw, w, s); `failure` (code, message) comes in place of the rows
    when it is run, or already when it is explained, if `fails_early`.
    """

    columns: Sequence[str] = ()
    rows: Sequence[Sequence[Any]] = ()
    kind: str = "r"
    failure: tuple[str, str] | None = None
    fails_early: bool = False


@dataclass
class BoltServer:
    """Serves from construction until the `with` ends. `messages` are (name, fields) in the order they came."""

    answers: Mapping[str, Answer] = field(default_factory=dict)
    login: tuple[str, str] | None = None

    def __post_init__(self) -> None:
        self.messages: list[tuple[str, tuple[Any, ...]]] = []
        self.faults: list[BaseException] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._threads: list[threading.Thread] = []
        self._accepting = threading.Thread(target=self._accept)

    def __enter__(self) -> Self:
        self._accepting.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)  # wakes `accept`
        self._accepting.join()
        self._listening.close()
        for thread in self._threads:
            thread.join(10)  # clients have gone: a connection that is still open is a leak
        assert not any(thread.is_alive() for thread in self._threads), "a connection was left open"
        assert not self.faults, self.faults

    def named(self, name: str) -> list[tuple[Any, ...]]:
        """The fields of all messages of that name."""
        return [fields for message, fields in self.messages if message == name]

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rwb") as stream:
            try:
                _Conversation(self, stream).hold()
            except ConnectionError:
                pass
            except BaseException as error:
                self.faults.append(error)


class _Conversation:
    """One connection: its messages, and what is still to be fetched."""

    def __init__(self, server: BoltServer, stream: Any) -> None:
        self._server, self._stream = server, stream
        self._failed = False
        self._answer = Answer()
        self._rows: list[Sequence[Any]] = []

    def hold(self) -> None:
        assert self._stream.read(4) == b"\x60\x60\xb0\x17"
        self._stream.read(16)
        self._stream.write(_BOLT_5_4)
        self._stream.flush()
        while (message := self._read()) is not None:
            name = _NAMES[message.tag]
            self._server.messages.append((name, message.fields))
            if name == "GOODBYE":
                return
            if name == "RESET":
                self._failed = False
            if self._failed:
                self._send(Structure(_IGNORED))
            else:
                getattr(self, f"_{name.lower()}", self._well)(*message.fields)
            self._stream.flush()

    def _well(self, *_: Any) -> None:
        self._succeed()

    def _hello(self, _: dict[str, Any]) -> None:
        self._succeed(server="Neo4j/5.26.0", connection_id="bolt-1", hints={})

    def _logon(self, told: dict[str, Any]) -> None:
        wanted = self._server.login
        if wanted is not None and (told.get("principal"), told.get("credentials")) != wanted:
            return self._fail(*UNAUTHORISED)
        return self._succeed()

    def _route(self, *_: Any) -> None:
        here = [f"127.0.0.1:{self._server.port}"]
        servers = [{"addresses": here, "role": role} for role in ("READ", "WRITE", "ROUTE")]
        self._succeed(rt={"ttl": 300, "db": "neo4j", "servers": servers})

    def _run(self, query: str, _: dict[str, Any], __: dict[str, Any]) -> None:
        is_explained = query.startswith("EXPLAIN ")
        answer = self._server.answers[query.removeprefix("EXPLAIN ")]
        if answer.failure and (answer.fails_early or not is_explained):
            return self._fail(*answer.failure)
        self._answer = answer
        self._rows = [] if is_explained else list(answer.rows)
        return self._succeed(fields=list(answer.columns), t_first=0)

    def _pull(self, how: dict[str, Any]) -> None:
        wanted = len(self._rows) if how["n"] < 0 else how["n"]
        now, self._rows = self._rows[:wanted], self._rows[wanted:]
        for row in now:
            self._send(Structure(_RECORD, (list(row),)))
        self._end()

    def _discard(self, _: dict[str, Any]) -> None:
        self._rows = []
        self._end()

    def _end(self) -> None:
        if self._rows:
            self._succeed(has_more=True)
        else:
            self._succeed(type=self._answer.kind, t_last=0, db="neo4j")

    def _succeed(self, **told: Any) -> None:
        self._send(Structure(_SUCCESS, (told,)))

    def _fail(self, code: str, message: str) -> None:
        self._failed = True
        self._send(Structure(_FAILURE, ({"code": code, "message": message},)))

    def _send(self, message: Structure) -> None:
        raw = packed(message)
        for start in range(0, len(raw), 0xFFFF):
            chunk = raw[start : start + 0xFFFF]
            self._stream.write(struct.pack(">H", len(chunk)) + chunk)
        self._stream.write(b"\x00\x00")

    def _read(self) -> Structure | None:
        """The next message; None where the client has gone."""
        raw = b""
        while len(head := self._stream.read(2)) == 2:
            (size,) = struct.unpack(">H", head)
            if size:
                raw += self._stream.read(size)
            elif raw:
                message = unpacked(raw)
                assert isinstance(message, Structure)
                return message
        return None

"""A port of 127.0.0.1 served from a thread of its own; it can go down and come back."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Coroutine
from typing import Any, Protocol

from model_wire import Connection, Head

_PATIENCE_S = 60.0


class Handler(Protocol):
    """What answers the requests; all of it is called in the loop's thread."""

    def asked(self, connection: Connection, head: Head, body: bytes) -> None:
        """A request came."""

    def left(self, connection: Connection) -> None:
        """A connection ended, whoever ended it."""

    def failed(self, error: BaseException) -> None:
        """An exception that nobody caught."""


class Listener:
    """Takes a free port and its thread on construction, and gives both back in `close`."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._connections: set[Connection] = set()
        self._server: asyncio.Server | None = None
        # Bound and never listening: nobody else gets the port while the server is down.
        self._reserved = _bound(0)
        self.port: int = self._reserved.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(self._on_exception)
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"model server {self.port}")
        self._thread.start()

    def start(self) -> None:
        """Listens, if it does not yet."""
        self._call(self._start())

    def stop(self) -> None:
        """Nobody listens any more, and clients that wait for an answer see a reset."""
        self._call(self._stop())

    def close(self) -> None:
        """The end, after which the listener is of no more use."""
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._reserved.close()

    async def _start(self) -> None:
        if self._server is None:
            self._server = await self._loop.create_server(self._connection, sock=_bound(self.port), backlog=1024)

    async def _stop(self) -> None:
        if self._server is None:
            return
        self._server.close()
        while self._connections:
            for connection in self._connections:
                connection.drop()
            await asyncio.sleep(0)  # connections report their end in the loop's next turn
        await self._server.wait_closed()
        self._server = None

    def _connection(self) -> Connection:
        return Connection(self._connections.add, self._handler.asked, self._left)

    def _left(self, connection: Connection) -> None:
        self._connections.discard(connection)
        self._handler.left(connection)

    def _on_exception(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self._handler.failed(context.get("exception") or RuntimeError(context["message"]))

    def _call(self, work: Coroutine[Any, Any, None]) -> None:
        if threading.current_thread() is self._thread:
            work.close()
            raise RuntimeError("a brain cannot start or stop its own server: the test can, after `wait_until`")
        asyncio.run_coroutine_threadsafe(work, self._loop).result(_PATIENCE_S)


def _bound(port: int) -> socket.socket:
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind(("127.0.0.1", port))
    return bound

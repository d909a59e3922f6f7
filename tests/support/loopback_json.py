"""A port of 127.0.0.1 where a test's own class answers JSON with JSON."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Asked:
    """A request: `path` without its query; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


class LoopbackJson:
    """Serves between `with` and its end; subclasses say in `answer` what. `asked` holds every request.

    faults: statuses that the next requests get, whatever they ask.
    """

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.faults: list[int] = []
        self._lock = threading.Lock()
        serve = self._serve

        class Handler(BaseHTTPRequestHandler):
            def handle_any(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                path = self.path.partition("?")[0]
                status, body = serve(Asked(self.command, path, headers, json.loads(raw or b"null")))
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(json.dumps(body).encode())

            do_GET = do_PUT = do_POST = do_DELETE = handle_any

            def log_message(self, format: str, *args: object) -> None:
                """Nothing: tests look at `asked`."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def answer(self, asked: Asked) -> tuple[int, Any]:
        """The status and body for a request; one at a time."""
        raise NotImplementedError

    def paths(self, method: str | None = None) -> list[str]:
        """The paths that were asked for, in order."""
        return [asked.path for asked in self.asked if method in (None, asked.method)]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _serve(self, asked: Asked) -> tuple[int, Any]:
        with self._lock:
            self.asked.append(asked)
            if self.faults:
                return self.faults.pop(0), {"status": {"error": "a fault on request"}, "message": "a fault on request"}
            return self.answer(asked)


def ranked(vectors: dict[Any, list[float]], query: list[float], top: int) -> list[tuple[Any, float]]:
    """Ids and cosines of the nearest vectors, the nearest first."""
    ids = list(vectors)
    rows: npt.NDArray[np.float64] = np.array([vectors[id] for id in ids])
    lengths = np.linalg.norm(rows, axis=1) * np.linalg.norm(query)
    scores = rows @ np.array(query) / np.where(lengths > 0, lengths, 1)
    best = np.argsort(-scores, kind="stable")[:top].tolist()
    return [(ids[at], float(scores[at])) for at in best]


def down_url() -> str:
    """An address where nobody listens."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.server_close()
    return f"http://127.0.0.1:{server.server_address[1]}"

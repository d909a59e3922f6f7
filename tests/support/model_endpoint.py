"""The model server without its port: what happens to each request, in the listener's thread."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from model_answers import Answer, Brain, Delay, Disconnect, Error, Hang, Held, Request, error_body
from model_replies import JSON, Replies, error_reply
from model_wire import Connection, Head, Reply, plain_reply

_CALLS = ("/v1/chat/completions", "/v1/responses")


@dataclass(frozen=True, slots=True)
class VllmMetrics:
    """What `/metrics` says; where None, what is true of this server."""

    running: int | None = None
    waiting: int | None = None
    kv_cache: float | None = None


@dataclass(slots=True, eq=False)
class _Exchange:
    """A model call that is open. `is_running`: it is worked on, it does not wait for a slot."""

    request: Request
    connection: Connection
    is_running: bool = False


class ModelEndpoint:
    """See `ModelServer`, which gives it a port."""

    def __init__(
        self,
        answer: Brain | Answer,
        *,
        key: str | None = None,
        models: Sequence[str] | None = None,
        slots: int | None = None,
        has_metrics: bool = True,
        reports_usage: bool = True,
    ) -> None:
        self.answer, self.key, self.models, self.slots = answer, key, models, slots
        self.has_metrics, self.reports_usage = has_metrics, reports_usage
        self.metrics = VllmMetrics()
        self.requests: list[Request] = []
        self.answered: list[Request] = []
        self.unfinished: list[Request] = []
        self.looks: list[Request] = []
        self.failures: list[BaseException] = []
        self.max_in_flight = 0
        self._changed = threading.Condition()
        self._open: dict[Connection, _Exchange] = {}
        self._queue: deque[_Exchange] = deque()
        self._running = 0
        self._replies = Replies()

    @property
    def in_flight(self) -> int:
        return len(self._open)

    def asked(self, connection: Connection, head: Head, body: bytes) -> None:
        """A request came."""
        is_call = head.method == "POST" and head.path in _CALLS
        number, in_flight = (len(self.requests) + 1 if is_call else 0), len(self._open) + is_call
        given = _parsed(body)
        request = Request(number, head.method, head.path, head.fields, given or {}, body, time.monotonic(), in_flight)
        if not is_call:
            self.looks.append(request)
            _send(connection, self._look(request))
            return
        exchange = self._open[connection] = _Exchange(request, connection)
        self.requests.append(request)
        self.max_in_flight = max(self.max_in_flight, in_flight)
        self._notify()
        refusal = self._refusal(request) if given is not None else Error(400, error_body(400, "The body is no JSON."))
        if refusal is not None:
            self._finish(exchange, error_reply(refusal, request), None)
            return
        self._queue.append(exchange)
        self._run_next()

    def left(self, connection: Connection) -> None:
        """A connection ended, whoever ended it."""
        exchange = self._open.get(connection)
        if exchange is not None:
            self._close(exchange, self.unfinished)

    def failed(self, error: BaseException) -> None:
        """An exception that nobody caught."""
        self.failures.append(error)

    def _look(self, request: Request) -> Reply:
        """The reply to a request that is no model call."""
        if request.path == "/metrics" and self.has_metrics:
            return plain_reply(200, "text/plain; version=0.0.4; charset=utf-8", self._metrics_text().encode())
        refusal = self._refusal(request)
        if refusal is None and (request.method, request.path) == ("GET", "/v1/models"):
            known = [{"id": name, "object": "model", "created": 0, "owned_by": "tests"} for name in self._names]
            return plain_reply(200, JSON, json.dumps({"object": "list", "data": known}).encode())
        missing = Error(404, error_body(404, f"There is no {request.method} {request.path}.", "unknown_url"))
        return error_reply(refusal or missing, request)

    def _refusal(self, request: Request) -> Error | None:
        """What keeps a request from being answered: its key or its model."""
        if self.key is not None and request.headers.get("authorization") != f"Bearer {self.key}":
            return Error(401)
        if request.number and self.models is not None and request.model not in self.models:
            return Error(404, error_body(404, f"The model `{request.model}` does not exist."))
        return None

    @property
    def _names(self) -> Sequence[str]:
        return ("test-model",) if self.models is None else self.models

    def _metrics_text(self) -> str:
        told = self.metrics
        values: dict[str, float] = {
            "num_requests_running": self._running if told.running is None else told.running,
            "num_requests_waiting": len(self._queue) if told.waiting is None else told.waiting,
            "kv_cache_usage_perc": self._running / (self.slots or 1024) if told.kv_cache is None else told.kv_cache,
        }
        label = f'{{engine="0",model_name="{self._names[0]}"}}'
        gauges = [f"# TYPE vllm:{name} gauge\nvllm:{name}{label} {float(value)}\n" for name, value in values.items()]
        return "".join(gauges)

    def _run_next(self) -> None:
        while self._queue and (self.slots is None or self._running < self.slots):
            exchange = self._queue.popleft()
            exchange.is_running = True
            self._running += 1
            self._attempt(exchange, partial(self._answer, exchange))

    def _answer(self, exchange: _Exchange) -> None:
        self._play(exchange, self.answer(exchange.request) if callable(self.answer) else self.answer)

    def _attempt(self, exchange: _Exchange, step: Callable[[], None]) -> None:
        """Does a step of an answer, unless the client has left or the server goes down."""
        if self._open.get(exchange.connection) is not exchange or not exchange.connection.is_open:
            return
        try:
            step()
        except BaseException as error:  # whatever a brain raises, pytest's own included, is the test's to see
            self.failures.append(error)
            reason = error_body(400, f"the test's brain failed: {error!r}")
            self._finish(exchange, error_reply(Error(400, reason), exchange.request), None)

    def _play(self, exchange: _Exchange, answer: Answer) -> None:
        connection = exchange.connection
        match answer:
            case Delay(seconds, then):
                inner = _given(then)
                connection.after(seconds, lambda: self._attempt(exchange, lambda: self._play(exchange, inner)))
            case Held(gate, then, 0):
                inner = _given(then)
                self._when_open(exchange, gate.when_open, lambda: self._play(exchange, inner))
            case Held(gate, then, after_bytes):
                inner, rest = _given(then), self._begin(exchange, then, after_bytes)
                self._when_open(exchange, gate.when_open, lambda: self._finish(exchange, rest, inner))
            case Hang(after_bytes, then):
                self._begin(exchange, then, after_bytes)
            case Disconnect(after_bytes, then):
                self._begin(exchange, then, after_bytes)
                connection.hang_up()
            case _:
                self._finish(exchange, self._replies(exchange.request, answer, self.reports_usage), answer)

    def _when_open(
        self, exchange: _Exchange, when: Callable[[Callable[[], None]], None], step: Callable[[], None]
    ) -> None:
        """Does a step in this thread once the gate is open, which another thread may do."""
        loop = asyncio.get_running_loop()
        when(lambda: _soon(loop, lambda: self._attempt(exchange, step)))

    def _begin(self, exchange: _Exchange, answer: Answer | None, after_bytes: int) -> Reply:
        """Sends the first bytes of an answer's body, or nothing; what is left of the reply."""
        if not after_bytes:
            return Reply(b"", b"")
        reply = self._replies(exchange.request, _given(answer), self.reports_usage)
        if after_bytes >= len(reply.body):
            raise ValueError(f"the answer can't be cut after {after_bytes} bytes, it has {len(reply.body)}")
        exchange.connection.write(reply.head + reply.body[:after_bytes])
        return Reply(b"", reply.body[after_bytes:])

    def _finish(self, exchange: _Exchange, reply: Reply, answer: Answer | None) -> None:
        exchange.connection.write(reply.head + reply.body)
        self._close(exchange, None if answer is None or isinstance(answer, Error) else self.answered)
        exchange.connection.done()

    def _close(self, exchange: _Exchange, kept: list[Request] | None) -> None:
        del self._open[exchange.connection]
        if exchange.is_running:
            self._running -= 1
            asyncio.get_running_loop().call_soon(self._run_next)  # not at once: a long queue would be a deep recursion
        elif exchange in self._queue:
            self._queue.remove(exchange)
        if kept is not None:
            kept.append(exchange.request)
        self._notify()

    def _notify(self) -> None:
        with self._changed:
            self._changed.notify_all()


def _send(connection: Connection, reply: Reply) -> None:
    connection.write(reply.head + reply.body)
    connection.done()


def _parsed(body: bytes) -> dict[str, object] | None:
    """The JSON object of a body, None if it is none; a request without a body has an empty one."""
    try:
        value = json.loads(body or b"{}")
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _given(answer: Answer | None) -> Answer:
    if answer is None:
        raise TypeError("there is no answer to delay, hold or cut: give one in `then`, or use `faulty`")
    return answer


def _soon(loop: asyncio.AbstractEventLoop, step: Callable[[], None]) -> None:
    """Does a step in the loop's thread, unless the loop is closed."""
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(step)

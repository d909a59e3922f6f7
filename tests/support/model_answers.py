"""What a request to the model server holds, and what may become of it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Json = Any
Call = tuple[str, dict[str, Any] | str]
"""A tool's name and its arguments; a string is sent as it is, valid JSON or not."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation, whichever the API: the output of a tool has the role `tool`."""

    role: str
    text: str


@dataclass(frozen=True)
class Request:
    """A request as it arrived.

    number: its place among the model calls, from 1 (0 for other requests). headers: with names in lower case.
    time: seconds on the monotonic clock. in_flight: model calls that were open then, this one included.
    """

    number: int
    method: str
    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]
    raw: bytes = field(repr=False)
    time: float
    in_flight: int

    @property
    def is_chat(self) -> bool:
        return self.path.endswith("/chat/completions")

    @property
    def is_stream(self) -> bool:
        return bool(self.body.get("stream"))

    @property
    def model(self) -> str:
        return str(self.body.get("model", ""))

    @property
    def messages(self) -> list[Message]:
        if self.is_chat:
            return [Message(item["role"], text_of(item.get("content"))) for item in self.body["messages"]]
        given = self.body.get("input", [])
        items = [{"role": "user", "content": given}] if isinstance(given, str) else given
        instructions = [Message("system", self.body["instructions"])] if self.body.get("instructions") else []
        return instructions + [_message(item) for item in items]

    @property
    def schema(self) -> dict[str, Any] | None:
        """The JSON Schema that the answer has to follow, if any."""
        if self.is_chat:
            form = (self.body.get("response_format") or {}).get("json_schema") or {}
        else:
            form = (self.body.get("text") or {}).get("format") or {}
        return form.get("schema")

    @property
    def tools(self) -> dict[str, dict[str, Any]]:
        """The parameters' JSON Schema of each tool offered."""
        offered = [tool.get("function", tool) for tool in self.body.get("tools") or []]
        return {tool["name"]: tool.get("parameters") or {} for tool in offered}


def text_of(content: Json) -> str:
    """The text of a message's content, which may be a list of parts."""
    if content is None or isinstance(content, str):
        return content or ""
    return "".join(part.get("text", "") for part in content)


def _message(item: dict[str, Any]) -> Message:
    if item.get("type") == "function_call_output":
        return Message("tool", text_of(item["output"]))
    return Message(item.get("role", "assistant"), text_of(item.get("content")))


@dataclass(frozen=True, slots=True)
class Text:
    """A plain answer."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolCalls:
    """Calls of tools, with a text before them if there is one."""

    calls: Sequence[Call]
    text: str = ""


@dataclass(frozen=True, slots=True)
class Truncated:
    """An answer that ran out of tokens: a text, or the calls of tools."""

    text: str = ""
    calls: Sequence[Call] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """The model will not."""

    text: str


@dataclass(frozen=True, slots=True)
class Empty:
    """An answer that says nothing."""


@dataclass(frozen=True, slots=True)
class Error:
    """An error of the endpoint.

    body: a dict is sent as JSON, a string as it is (the HTML of a proxy, say, which may also come with status 200);
    if left out, what OpenAI sends with this status.
    """

    status: int
    body: dict[str, Any] | str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hang:
    """Nothing, or the first bytes of an answer's body, and then silence until the client leaves."""

    after_bytes: int = 0
    then: Answer | None = None


@dataclass(frozen=True, slots=True)
class Disconnect:
    """Nothing, or the first bytes of an answer's body, and then the end of the connection."""

    after_bytes: int = 0
    then: Answer | None = None


@dataclass(frozen=True, slots=True)
class Delay:
    """An answer after some seconds: the endpoint's latency."""

    seconds: float
    then: Answer | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """An answer, or what comes after the first bytes of its body, when the test opens the gate."""

    gate: Gate
    then: Answer | None = None
    after_bytes: int = 0


Answer = Text | ToolCalls | Truncated | Refusal | Empty | Error | Hang | Disconnect | Delay | Held
Wrapper = (Hang, Disconnect, Delay, Held)
"""Those that hold another answer in `then`."""
Brain = Callable[[Request], Answer]
"""Answers a request. It is called in the server's thread, for one request after another."""


class Gate:
    """Holds answers back until it is opened; open it may be from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Callable[[], None]] = []
        self._is_open = False

    def open(self) -> None:
        with self._lock:
            self._is_open, waiting, self._waiting = True, self._waiting, []
        for go in waiting:
            go()

    def when_open(self, go: Callable[[], None]) -> None:
        """Calls `go` once the gate is open: now, or later in the thread that opens it."""
        with self._lock:
            if not self._is_open:
                self._waiting.append(go)
                return
        go()


_ERRORS = {
    400: ("invalid_request_error", None, "The request is not valid."),
    401: ("invalid_request_error", "invalid_api_key", "Incorrect API key provided."),
    403: ("invalid_request_error", "unsupported_country_region_territory", "Not from here."),
    404: ("invalid_request_error", "model_not_found", "The model does not exist or you do not have access to it."),
    429: ("requests", "rate_limit_exceeded", "Rate limit reached for requests."),
    503: ("server_error", "service_unavailable", "The engine is overloaded."),
}


def error_body(status: int, message: str | None = None, code: str | None = None) -> dict[str, Any]:
    """The body of an error as OpenAI sends it."""
    kind, usual, words = _ERRORS.get(status, ("server_error", None, "The server had an error."))
    return {"error": {"message": message or words, "type": kind, "param": None, "code": code or usual}}


def error_bytes(error: Error) -> tuple[str, bytes]:
    """The content type and the body of an error."""
    if isinstance(error.body, str):
        return "text/html; charset=utf-8", error.body.encode()
    return "application/json", json.dumps(error.body or error_body(error.status)).encode()

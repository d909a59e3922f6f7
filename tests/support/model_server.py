"""A server on loopback that speaks OpenAI's API, answers as a test tells it to, and misbehaves on request.

    with ModelServer(faulty(records_brain(), {3: Error(500), 5: Hang()})) as server:
        agent.env |= server.env
        ...

It runs in a thread of its own, so the code under test may be in this process or in another one. Bodies and streams are
those of the chat completions and of the responses API; `/metrics` is vLLM's.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self

from model_answers import (
    Answer,
    Brain,
    Delay,
    Disconnect,
    Empty,
    Error,
    Gate,
    Hang,
    Held,
    Refusal,
    Request,
    Text,
    ToolCalls,
    Truncated,
    error_body,
)
from model_brains import context_limit, every, faulty, overloaded, records_brain, scripted
from model_endpoint import ModelEndpoint, VllmMetrics
from model_listener import Listener
from model_records import from_schema, passage

__all__ = [
    "KEY",
    "Answer",
    "Brain",
    "Delay",
    "Disconnect",
    "Empty",
    "Error",
    "Gate",
    "Hang",
    "Held",
    "ModelServer",
    "Refusal",
    "Request",
    "Text",
    "ToolCalls",
    "Truncated",
    "VllmMetrics",
    "context_limit",
    "error_body",
    "every",
    "faulty",
    "from_schema",
    "overloaded",
    "passage",
    "records_brain",
    "scripted",
]

KEY = "sk-loopback-5f1c0e77d2"
"""The key in `env` where none is demanded; nothing else contains it, so a leak can be searched for."""


class ModelServer(ModelEndpoint):
    """Listens on a port of 127.0.0.1 from the start of its `with` block to the end.

    answer: one for all requests, or a brain. key: the only one let in; any if None. models: the only ones there are;
    any if None. slots: how many calls are worked on at once while others wait; all if None. has_metrics: whether there
    is a `/metrics`. metrics: what it says. reports_usage: whether answers say what tokens they took. All of these may
    be changed meanwhile.

    requests: the model calls in the order of their arrival. answered: those whose answer, no error, was sent to its
    end. unfinished: those that ended without a whole reply. looks: all other requests. failures: exceptions of the
    brain, each of which was replied to with status 400; the first is raised at the end of the block.
    """

    _listener: Listener | None = None

    def __enter__(self) -> Self:
        self._listener = Listener(self)
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._entered.close()
        if self.failures and error is not None:
            error.add_note(f"Before that the model server's brain failed: {self.failures[0]!r}")
        elif self.failures:
            raise self.failures[0]

    @property
    def _entered(self) -> Listener:
        if self._listener is None:
            raise RuntimeError("use it in a `with` block")
        return self._listener

    @property
    def root_url(self) -> str:
        """Where `/metrics` is."""
        return f"http://127.0.0.1:{self._entered.port}"

    @property
    def base_url(self) -> str:
        return f"{self.root_url}/v1"

    @property
    def env(self) -> dict[str, str]:
        """What a program needs in its environment to use this server."""
        return {"OPENAI_BASE_URL": self.base_url, "OPENAI_API_KEY": self.key or KEY}

    def start(self) -> None:
        """Comes back, on the same port."""
        self._entered.start()

    def stop(self) -> None:
        """Goes down as in a crash: connections are refused, calls in flight are reset."""
        self._entered.stop()

    def wait_until(self, condition: Callable[[ModelServer], bool], timeout_s: float = 60.0) -> None:
        """Returns as soon as a condition on this server holds; looks whenever a model call comes or ends."""
        with self._changed:
            if not self._changed.wait_for(lambda: condition(self), timeout_s):
                raise TimeoutError(f"after {timeout_s} s: {len(self.requests)} requests, {self.in_flight} in flight")

    def paid_twice(self) -> list[Request]:
        """Model calls answered to their end though the same body had been answered before."""
        first = {(call.path, call.raw): call.number for call in reversed(self.answered)}
        return [call for call in self.answered if first[call.path, call.raw] != call.number]

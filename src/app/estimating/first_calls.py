"""What a worker sends first, told by the worker itself: the call is looked at, and goes no further."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from ...agents.generator import Assignment, DirectWriter, Mode
from ...agents.station import Station
from ...endpoints.budget import Purse
from ...endpoints.caller import Ask, Caller, Reply
from ...endpoints.chat import Messages
from ...endpoints.entries import Endpoint
from ...endpoints.pace import Pace
from ...engine.agent_line import Writer
from ...plan import Budget, Generation
from ...records import Json, Usage
from ..models import CallTally


@dataclass(frozen=True, slots=True)
class FirstCall:
    """system: what every worker is told. task: of the batch, without its JSON. schema: the schema that stood in it.

    offered: the JSON that goes beside the messages: tools, or the schema of the answer. reserved_in, reserved_out: the
    tokens that a run sets aside for all of that, and for the answer.
    """

    system: str
    task: str
    schema: str
    offered: str
    reserved_in: int
    reserved_out: int


def first_call(endpoint: Endpoint, mode: Mode, assignment: Assignment) -> FirstCall:
    """The first call for a batch; nothing is sent. May be asked for while an event loop runs."""

    def writer(caller: Caller) -> Writer:
        if mode == "direct":
            return DirectWriter(caller, _Chat(endpoint))
        from ...agents.toolbox import ToolWriter

        return ToolWriter(caller, _model())

    ask, (system, task, offered) = _looked_at(endpoint, assignment, writer)
    schema = _json(assignment.schema)
    if schema not in task:
        return FirstCall(system, task, "", offered, ask.tokens_in, ask.tokens_out)
    return FirstCall(system, task.replace(schema, "", 1), schema, offered, ask.tokens_in, ask.tokens_out)


def first_task_call(endpoint: Endpoint, assignment: Assignment, writer: Callable[[Station], Writer]) -> FirstCall:
    """As `first_call`, for a category with a task: `writer` opens its specialist for a model."""

    def opened(caller: Caller) -> Writer:
        return writer(Station(endpoint.name, caller, _Chat(endpoint)))

    ask, (system, task, offered) = _looked_at(endpoint, assignment, opened)
    return FirstCall(system, task, "", offered, ask.tokens_in, ask.tokens_out)


_Asked = tuple[str, str, str]
"""System, task, and the JSON that goes beside them."""


def _looked_at(endpoint: Endpoint, assignment: Assignment, writer: Callable[[Caller], Writer]) -> tuple[Ask, _Asked]:
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, _look(endpoint, assignment, writer)).result()


async def _look(endpoint: Endpoint, assignment: Assignment, writer: Callable[[Caller], Writer]) -> tuple[Ask, _Asked]:
    caller = _Looked(endpoint)
    desk: Any = SimpleNamespace(remaining=assignment.brief.wanted)  # all that is asked of it before an answer comes
    try:
        await writer(caller).write(assignment, desk)
    except _Stop as stop:
        assert caller.ask is not None
        return caller.ask, stop.asked
    raise AssertionError("a worker came to an end without a call")


class _Stop(Exception):
    """Carries what was going to be sent."""

    def __init__(self, system: str, task: str, beside: Json) -> None:
        self.asked: _Asked = (system, task, "" if beside is None else _json(beside))


class _Looked(Caller):
    """Keeps what a call sets aside; whatever sends it stops it."""

    ask: Ask | None = None

    def __init__(self, endpoint: Endpoint) -> None:
        generation = Generation()
        pace, purse = Pace(endpoint.entry, generation), Purse(Budget(), Usage())
        super().__init__(
            endpoint, pace, purse, CallTally(), max_outage_s=0.0, say=lambda _: None, is_stopping=lambda: False
        )

    async def call(self, ask: Ask, send: Callable[[], Awaitable[Reply]]) -> bytes:
        """See `Caller`."""
        self.ask = ask
        return (await send()).answer


class _Chat:
    """See `endpoints.chat.Chat`."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    async def send(self, messages: Messages, schema: dict[str, Any] | None) -> Reply:
        """Goes no further."""
        system, task = (message["content"] for message in messages)
        raise _Stop(system, task, schema if self._endpoint.can("json_schema") else None)


def _model() -> Any:
    """A model of the SDK that goes no further."""
    from agents.models.interface import Model

    class Looked(Model):
        async def get_response(
            self, system_instructions: str | None, input: Any, model_settings: Any, tools: Any, *_: Any, **__: Any
        ) -> Any:
            task = input if isinstance(input, str) else input[-1]["content"]
            kept = [
                {"name": tool.name, "description": tool.description, "parameters": tool.params_json_schema}
                for tool in tools
            ]
            raise _Stop(system_instructions or "", task, kept)

        def stream_response(self, *_: Any, **__: Any) -> AsyncIterator[Any]:
            raise NotImplementedError("workers don't stream")

    return Looked()


def _json(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)

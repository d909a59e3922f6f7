"""What is done in a conversation with the coordinator, put down: one trace for each message of the user."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from agents import ModelResponse
from agents.tool_context import ToolContext

from ...agents.prompts import load_prompt
from ...endpoints.budget import cost_of
from ...endpoints.entries import Endpoint
from ...endpoints.faults import scrubbed
from ...records import Json
from ...state.mlflow_traces import Step, Trace

Invoke = Callable[[ToolContext[Any], str], Awaitable[Any]]
"""What a tool does with its arguments."""


@dataclass(slots=True)
class _Turn:
    """What is done for one message of the user."""

    message: str
    start_ns: int = field(default_factory=time.time_ns)
    steps: list[Step] = field(default_factory=list)
    answer: str = ""


class Notes:
    """Puts the calls and tools of a conversation down, and hands on a trace for each message of the user."""

    def __init__(self, endpoint: Endpoint, hand_on: Callable[[Trace], None]) -> None:
        self.endpoint, self._hand_on = endpoint, hand_on
        self._session = f"plan-{uuid.uuid4().hex}"
        self._turn: _Turn | None = None

    def begin(self, given: Any) -> list[Json]:
        """A call begins with these items; gives those that are new in it. A user's message begins another trace."""
        new = _new_items(given)
        if new and new[-1].get("role") == "user":
            self.end()
            self._turn = _Turn(_text_of(new[-1]))
        return new

    def call(self, start_ns: int, new: list[Json], answer: ModelResponse | None, error: BaseException | None) -> None:
        """A call has ended, with an answer or an error."""
        output = [_plain(item) for item in answer.output] if answer else []
        self._add(_model_step(self.endpoint, start_ns, new, output, answer, error))
        assert self._turn is not None
        self._turn.answer = "".join(_text_of(item) for item in output) or self._turn.answer
        if not any(item.get("type") == "function_call" for item in output):
            self.end()

    def noted(self, name: str, invoke: Invoke) -> Invoke:
        """A tool's function, with each use of it put down."""

        async def noted(context: ToolContext[Any], arguments: str) -> Any:
            start_ns, given = time.time_ns(), _parsed(arguments)
            try:
                outputs = await invoke(context, arguments)
            except BaseException as error:
                why = _told(error, self.endpoint)
                self._add(Step(name, "TOOL", start_ns, time.time_ns(), given, None, why))
                raise
            self._add(Step(name, "TOOL", start_ns, time.time_ns(), given, _parsed(outputs)))
            return outputs

        return noted

    def end(self) -> None:
        """What is put down of a turn becomes a trace."""
        turn, self._turn = self._turn, None
        if turn is None or not turn.steps:
            return
        end_ns, error = turn.steps[-1].end_ns, turn.steps[-1].error
        inputs, outputs = {"message": turn.message}, {"answer": turn.answer}
        whole = Step("planning", "AGENT", turn.start_ns, end_ns, inputs, outputs, error)
        told = turn.answer or error or ""
        self._hand_on(Trace(uuid.uuid4().hex, whole, turn.steps, turn.message, told, session=self._session))

    def _add(self, step: Step) -> None:
        self._turn = self._turn or _Turn("")
        self._turn.steps.append(step)


def _model_step(
    endpoint: Endpoint, start_ns: int, new: list[Json], output: list[Json], answer: Any, error: BaseException | None
) -> Step:
    usage = getattr(answer, "usage", None)
    tokens_in, tokens_out = getattr(usage, "input_tokens", 0), getattr(usage, "output_tokens", 0)
    cached = getattr(getattr(usage, "input_tokens_details", None), "cached_tokens", 0) or 0
    return Step(
        "coordinator",
        "LLM",
        start_ns,
        time.time_ns(),
        new,
        output,
        _told(error, endpoint),
        {"role": "coordinator", "prompt_sha256": load_prompt("coordinator").sha256},
        endpoint.name,
        tokens_in,
        cached,
        tokens_out,
        cost_of(endpoint.entry, tokens_in, cached, tokens_out),
    )


def _told(error: BaseException | None, endpoint: Endpoint) -> str | None:
    if error is None:
        return None
    if isinstance(error, asyncio.CancelledError | GeneratorExit | KeyboardInterrupt):
        return "it was interrupted"
    return scrubbed(str(error), endpoint) or type(error).__name__


def _new_items(given: Any) -> list[Json]:
    """The items at the end that the model has not written: the user's message, or what tools answered."""
    if isinstance(given, str):
        return [{"role": "user", "content": given}]
    new: list[Json] = []
    for item in map(_plain, reversed(given)):
        if item.get("role") != "user" and item.get("type") != "function_call_output":
            break
        new.append(item)
        if item.get("role") == "user":
            break
    return new[::-1]


def _plain(item: Any) -> dict[str, Any]:
    return item if isinstance(item, dict) else item.model_dump(mode="json", exclude_unset=True)


def _text_of(item: Json) -> str:
    """The text of a message; of anything else, none."""
    content = item.get("content") if item.get("type", "message") == "message" else None
    if isinstance(content, str):
        return content
    return "".join(part.get("text") or part.get("refusal") or "" for part in content or [])


def _parsed(text: Any) -> Json:
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        return text

"""What the coordinator does for each message of the user, as a trace: its calls to the model, and its tools."""

from __future__ import annotations

import asyncio
import json
import re
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from agents import FunctionTool, ModelResponse
from agents.models.interface import Model
from agents.tool_context import ToolContext

from ..agents.prompts import load_prompt
from ..endpoints.budget import cost_of
from ..endpoints.entries import Endpoint
from ..endpoints.faults import scrubbed
from ..plan import Plan
from ..records import Json
from ..settings import Settings
from ..state.mlflow_traces import Step, Trace
from ..state.paid import KeptPrompt
from ..state.trace_sender import TraceSender
from .showing import tracking_uri

UNPLANNED = "planning"
"""The experiment of what is said before there is a plan."""

TRACES_FOLDER = ".traces"
"""Where traces wait, below the checkpoints: names of datasets don't begin with a dot."""


Invoke = Callable[[ToolContext[Any], str], Awaitable[Any]]
"""What a tool does with its arguments."""


class PlanningTraces:
    """Traces one conversation, where the plan does not say `"mlflow": false`."""

    def __init__(self, endpoint: Endpoint, settings: Settings, checkpoint_dir: Path, plan: Callable[[], Plan | None]):
        """`plan` gives the plan as it is at the moment, None before there is one."""
        self._settings, self._plan = settings, plan
        self._sender = TraceSender(checkpoint_dir / TRACES_FOLDER, partial(without_keys, endpoint))
        self._notes = Notes(endpoint, self._take)

    def model(self, inner: Model) -> Model:
        """The model, with its calls noted."""
        return NotedModel(inner, self._notes)

    def watch(self, tools: Iterable[FunctionTool]) -> None:
        """From now on, note what these tools are asked and answer."""
        for tool in tools:
            tool.on_invoke_tool = self._notes.noted(tool.name, tool.on_invoke_tool)

    def finish(self) -> str | None:
        """The conversation is over: wait for the rest to arrive; gives what is to be said of what did not."""
        self._notes.end()
        return self._sender.finish()

    def _take(self, trace: Trace) -> None:
        plan = self._plan()
        if plan is not None and plan.mlflow is False:
            return
        named = plan.mlflow.experiment if plan is not None and plan.mlflow else None
        experiment = named or (plan.dataset_name if plan is not None else UNPLANNED)
        prompt = load_prompt("coordinator")
        kept = KeptPrompt(prompt.sha256, prompt.name, prompt.text)
        self._sender.take(tracking_uri(plan, self._settings), experiment, trace, [kept])


def without_keys(endpoint: Endpoint, text: str) -> str:
    """The text of a trace as JSON, without the endpoint's key, and without what looks like another."""
    if len(endpoint.api_key) > 4:
        text = text.replace(json.dumps(endpoint.api_key)[1:-1], "***")
    return re.sub(r"\bsk-[\w-]{16,}", "***", text)


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


class NotedModel(Model):
    """A model whose calls are put down."""

    def __init__(self, inner: Model, notes: Notes) -> None:
        self._inner, self._notes = inner, notes

    async def close(self) -> None:
        """See the SDK's `Model`."""
        await self._inner.close()

    def get_retry_advice(self, request: Any) -> Any:
        """See the SDK's `Model`."""
        return self._inner.get_retry_advice(request)

    async def get_response(
        self, system_instructions: str | None, input: Any, *args: Any, **kwargs: Any
    ) -> ModelResponse:
        """See the SDK's `Model`."""
        start_ns, new = time.time_ns(), self._notes.begin(input)
        try:
            answer = await self._inner.get_response(system_instructions, input, *args, **kwargs)
        except BaseException as error:
            self._notes.call(start_ns, new, None, error)
            raise
        self._notes.call(start_ns, new, answer, None)
        return answer

    async def stream_response(
        self, system_instructions: str | None, input: Any, *args: Any, **kwargs: Any
    ) -> AsyncIterator[Any]:
        """See the SDK's `Model`."""
        start_ns, new = time.time_ns(), self._notes.begin(input)
        answer: Any = None
        failure: BaseException | None = None
        try:
            async for event in self._inner.stream_response(system_instructions, input, *args, **kwargs):
                answer = getattr(event, "response", None) or answer
                yield event
        except BaseException as error:
            failure = error
            raise
        finally:
            self._notes.call(start_ns, new, answer, failure)


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

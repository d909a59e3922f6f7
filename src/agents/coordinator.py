"""The coordinator: plans a dataset in conversation, on a session that is kept."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import agents
import httpx2
import openai
import orjson
from agents import (
    Agent,
    FunctionTool,
    MaxTurnsExceeded,
    ModelBehaviorError,
    RunConfig,
    Runner,
    RunResultStreaming,
    RunState,
    SQLiteSession,
)
from agents.models.interface import Model
from agents.run_config import ToolExecutionConfig

from ..endpoints.entries import Endpoint
from ..endpoints.faults import fault_of, scrubbed
from ..errors import EndpointError
from ..records import Json
from .coordinator_desk import Question
from .coordinator_past import Said, last_plan_in, said_in, with_short_past
from .coordinator_tools import Toolbox
from .plan_format import plan_format
from .prompts import load_prompt
from .sdk_models import settings_of

agents.set_tracing_disabled(True)  # the SDK would send its traces to its vendor

MAX_STEPS = 40
"""The most calls to the model for one message of the user."""


class Listener(Protocol):
    """Told what the coordinator says and does while it answers."""

    def delta(self, text: str) -> None:
        """The next piece of its answer."""
        ...

    def tool(self, name: str, arguments: Mapping[str, Json]) -> None:
        """It uses a tool."""
        ...


@dataclass(frozen=True, slots=True)
class ApprovalRequest:
    """A call that waits for the user's word."""

    call_id: str
    tool: str
    question: Question


@dataclass(frozen=True, slots=True)
class Decision:
    """The user's word: `remark` is what the user said to a refusal."""

    approved: bool
    remark: str = ""


class Coordinator:
    """One conversation: messages in, answers and requests for approval out."""

    def __init__(
        self,
        model: Model,
        toolbox: Toolbox,
        sessions: Path,
        name: str,
        listener: Listener,
        situation: Callable[[], str],
        endpoint: Endpoint,
    ) -> None:
        """`sessions` is the database of conversations and `name` what this one is kept under.

        `situation` tells the model, at each call, what is going on; `endpoint` is where `model` is served.
        """
        self._toolbox, self._sessions, self._listener = toolbox, sessions, listener
        self._situation, self._endpoint = situation, endpoint
        sessions.parent.mkdir(parents=True, exist_ok=True)
        self._session = SQLiteSession(name, sessions)
        self._agent: Agent[Any] = Agent(
            name="coordinator",
            instructions=lambda _context, _agent: self.instructions(),
            model=model,
            model_settings=settings_of(endpoint.entry),
            tools=list[agents.Tool](toolbox.tools),
        )
        self._config = RunConfig(
            tracing_disabled=True,
            trace_include_sensitive_data=False,
            session_input_callback=with_short_past,
            tool_execution=ToolExecutionConfig(max_function_tool_concurrency=1),  # they share one draft
            tool_not_found_behavior="return_error_to_model",
        )
        self._waiting: RunResultStreaming | None = None
        self._settled: dict[str, Decision] = {}

    @property
    def name(self) -> str:
        """What the conversation is kept under."""
        return self._session.session_id

    @property
    def tools(self) -> Sequence[FunctionTool]:
        """Its tools."""
        return self._toolbox.tools

    def instructions(self) -> str:
        """The system prompt as it is now."""
        prompt = load_prompt("coordinator")
        return prompt.render(plan_format=orjson.dumps(plan_format()).decode(), situation=self._situation())

    async def say(self, text: str) -> list[ApprovalRequest]:
        """Answer a message of the user. Gives the calls that wait for approval: `decide` goes on from there.

        Raises EndpointError; the conversation can go on after it.
        """
        self._waiting = None
        return await self._answer(text)

    async def decide(self, decisions: Mapping[str, Decision]) -> list[ApprovalRequest]:
        """Go on with the user's word about each call that waits, by its id."""
        if self._waiting is None:
            return []
        result, self._waiting = self._waiting, None
        state = result.to_state()
        for item in result.interruptions:
            decision = {**decisions, **self._settled}.get(item.call_id or "", Decision(False))
            if decision.approved:
                state.approve(item)
            else:
                said = f" They said: {decision.remark}" if decision.remark else ""
                state.reject(item, rejection_message=f"The user refused this; nothing was done.{said}")
        return await self._answer(state)

    async def _answer(self, given: str | RunState[Any, Any]) -> list[ApprovalRequest]:
        result = Runner.run_streamed(
            self._agent, given, session=self._session, run_config=self._config, max_turns=MAX_STEPS
        )
        try:
            async for event in result.stream_events():
                if event.type == "raw_response_event":
                    if event.data.type == "response.output_text.delta":
                        self._listener.delta(event.data.delta)
                    elif event.data.type == "response.refusal.delta":
                        self._listener.delta(event.data.delta)
                elif event.type == "run_item_stream_event" and event.name == "tool_called":
                    self._tell_tool(event.item.raw_item)
        except asyncio.CancelledError:
            await _stopped(result)
            raise
        except MaxTurnsExceeded:
            raise EndpointError(
                f"the model did not come to an end within {MAX_STEPS} steps; say how to go on"
            ) from None
        except (ModelBehaviorError, openai.APIError, httpx2.HTTPError, OSError, TimeoutError, ValueError) as error:
            raise self._endpoint_error(error) from None
        return await self._wanted(result)

    async def _wanted(self, result: RunResultStreaming) -> list[ApprovalRequest]:
        """What the user has to be asked before the answer goes on."""
        if not result.interruptions:
            return []
        self._waiting = result
        wanted: list[ApprovalRequest] = []
        harmless: dict[str, Decision] = {}
        for item in result.interruptions:
            call_id, name = item.call_id or "", item.name or ""
            question = await self._toolbox.question(call_id, name, item.arguments or "")
            if question is None:
                harmless[call_id] = Decision(True)  # all that it does is to tell the model what is wrong
            else:
                wanted.append(ApprovalRequest(call_id, name, question))
        self._settled = harmless
        return wanted or await self.decide({})

    def _endpoint_error(self, error: Exception) -> EndpointError:
        if isinstance(error, ModelBehaviorError):
            return EndpointError(f"model {self._endpoint.name!r} did not answer as it should: {error}")
        if isinstance(error, httpx2.HTTPError):
            return EndpointError(f"{self._endpoint.root} broke off its answer: {scrubbed(str(error), self._endpoint)}")
        fault = fault_of(error, self._endpoint)
        return fault.final or EndpointError(fault.told)

    def _tell_tool(self, call: Any) -> None:
        try:
            arguments = orjson.loads(getattr(call, "arguments", "") or "{}")
        except orjson.JSONDecodeError:
            arguments = {}
        self._listener.tool(getattr(call, "name", "a tool"), arguments if isinstance(arguments, dict) else {})

    # ---- the session -----------------------------------------------------------------------------------------

    async def past(self) -> list[Said]:
        """What was said in this conversation before."""
        return said_in(await self._session.get_items())

    async def last_plan(self) -> dict[str, Any] | None:
        """The last plan of this conversation that became the draft, or None."""
        return last_plan_in(await self._session.get_items())

    async def forget(self) -> None:
        """Begin anew: what was said before is deleted."""
        self._waiting = None
        await self._session.clear_session()

    async def keep_as(self, name: str) -> None:
        """Keep the conversation under another name, in the place of what is kept there."""
        if name == self.name:
            return
        items = await self._session.get_items()
        other = SQLiteSession(name, self._sessions)
        await other.clear_session()
        await other.add_items(items)
        await self._session.clear_session()
        self._session.close()
        self._session = other

    def close(self) -> None:
        """Close the session."""
        self._session.close()


async def _stopped(result: RunResultStreaming) -> None:
    """Returns when nothing of a cancelled answer goes on."""
    result.cancel()
    if result.run_loop_task is not None:
        with contextlib.suppress(asyncio.CancelledError, Exception):  # the interruption is what is told
            await result.run_loop_task

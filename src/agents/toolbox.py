"""A generation worker's tools, and its run by the SDK."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Any

import orjson
from agents import (
    Agent,
    FunctionTool,
    MaxTurnsExceeded,
    ModelBehaviorError,
    ModelRefusalError,
    RunConfig,
    Runner,
    ToolsToFinalOutputResult,
)
from agents.models.interface import Model

from ..endpoints.caller import Caller
from ..records import Json
from .desk import Desk
from .generator import REFUSED, Assignment, can_be_nested, list_schema, submission, submit_text, system_text
from .prompts import load_prompt
from .sdk_models import ThreadModel, settings_of
from .thread import Thread, tokens_in

TURNS_BESIDES = 4
"""Calls a worker may spend on looking things up, beside those for handing in and repairing."""

MOST_SAMPLED, MOST_SIMILAR = 50, 5

_NO_TRACES = RunConfig(tracing_disabled=True, trace_include_sensitive_data=False)


class ToolWriter:
    """Writes batches with tools: one SDK run a batch, over as soon as the batch is full."""

    def __init__(self, caller: Caller, model: Model) -> None:
        self._caller, self._model = caller, model

    async def write(self, assignment: Assignment, desk: Desk) -> None:
        """Fill a batch as far as the model does. Raises what `Caller.call` raises."""
        in_parameters = can_be_nested(assignment.schema)
        task = assignment.briefing.text(assignment.brief, with_schema=not in_parameters)
        handed = _Handed()
        tools = _tools(desk, handed, assignment.schema if in_parameters else {"type": "object"}, assignment.keys)
        system = system_text("tools")
        offered = orjson.dumps([tool.params_json_schema for tool in tools])
        asked = orjson.dumps([system, task, orjson.Fragment(offered)])
        thread = Thread.begin(self._caller, "worker", load_prompt("generator").sha256, asked, assignment.batch)
        out = assignment.tokens_out(self._caller.endpoint.entry.options, assignment.brief.wanted)
        agent: Agent[Any] = Agent(
            name="generator",
            instructions=system,
            tools=list(tools),
            model=ThreadModel(self._model, thread, tokens_in(offered.decode()), out),
            model_settings=settings_of(self._caller.endpoint.entry, tool_choice="required"),
            tool_use_behavior=lambda _context, _results: ToolsToFinalOutputResult(
                is_final_output=desk.remaining == 0 or handed.refused > assignment.repairs, final_output="full"
            ),
            reset_tool_choice=False,
        )
        turns = assignment.repairs + 1 + TURNS_BESIDES
        try:
            result = await Runner.run(agent, task, max_turns=turns, run_config=_NO_TRACES)
        except MaxTurnsExceeded:
            return
        except (ModelBehaviorError, UnicodeError) as error:  # the SDK cannot keep halves of surrogate pairs
            desk.unreadable("", f"the model did not use its tools: {error}")
            return
        except RecursionError:  # the SDK looks into what tools are called with
            desk.unreadable("", "the records are nested too deep")
            return
        except ModelRefusalError as error:
            desk.unreadable(error.refusal, REFUSED)
            return
        said = str(result.final_output or "")
        if desk.remaining and ("{" in said or not handed.times):
            await submit_text(desk, said, assignment.keys)  # some models write down what they should hand in


@dataclass(slots=True)
class _Handed:
    """How often a worker handed in something, and how often that was nothing, or not all of it good."""

    times: int = 0
    refused: int = 0


def _tools(desk: Desk, handed: _Handed, record_schema: dict[str, Any], keys: Collection[str]) -> list[FunctionTool]:
    async def submit(arguments: str) -> Json:
        verdicts = await submit_text(desk, arguments, keys)
        handed.times += 1
        handed.refused += not verdicts or any(verdict.refusal for verdict in verdicts)
        return submission(verdicts, desk.remaining)

    async def sample(arguments: str) -> Json:
        given = _arguments(arguments)
        try:
            return {"values": desk.sample(str(given.get("kind", "")), min(int(given.get("count", 5)), MOST_SAMPLED))}
        except (TypeError, ValueError) as error:
            return {"error": str(error)}

    async def similar(arguments: str) -> Json:
        return {"similar": await desk.similar(_arguments(arguments).get("record"), MOST_SIMILAR)}

    async def check(arguments: str) -> Json:
        refused = desk.check(_arguments(arguments).get("record"))
        return {"valid": refused is None, "refused": refused}

    one = {"type": "object", "properties": {"record": record_schema}, "required": ["record"]}
    hoisted = {key: record_schema[key] for key in ("$defs", "definitions") if key in record_schema}
    kinds = {"type": "string", "description": "a Faker provider such as `name`, `company`, `city`; or `source`"}
    return [
        _tool("submit_records", "Hand in records; tells which were refused and how many remain.",
              list_schema(record_schema), submit),
        _tool("sample_values", "Values to write with, so that names and facts don't repeat.",
              {"type": "object", "properties": {"kind": kinds, "count": {"type": "integer"}}, "required": ["kind"]},
              sample),
        _tool("find_similar", "Accepted records most like the one given.", one | hoisted, similar),
        _tool("check_schema", "Whether the schema allows a record; nothing is handed in.", one | hoisted, check),
    ]  # fmt: skip


def _tool(
    name: str, description: str, parameters: dict[str, Any], answer: Callable[[str], Awaitable[Json]]
) -> FunctionTool:
    async def invoke(_context: Any, arguments: str) -> str:
        return json.dumps(await answer(arguments), ensure_ascii=False)

    return FunctionTool(
        name=name,
        description=description,
        params_json_schema=parameters,
        on_invoke_tool=invoke,
        strict_json_schema=False,
    )


def _arguments(text: str) -> dict[str, Any]:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}

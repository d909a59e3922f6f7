"""The generation worker: one fresh conversation a batch, by tools or in structured answers."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from ..endpoints.caller import Caller
from ..endpoints.chat import Chat, Messages, is_refusal, text_of
from ..records import Json
from ..tools.answers import LIST_KEY, parse_records
from .briefs import Brief, Briefing, as_data
from .desk import Desk, Verdict, mend_of
from .prompts import load_prompt
from .thread import Thread, tokens_in

Mode = Literal["tools", "direct"]

PROMPTS = ("generator", "batch", "repair")
"""The prompt files that a generation worker uses."""

REFUSED = "the model refused to answer"

_WAYS = {
    "tools": "Hand your records in by `submit_records`, all of them in one call. It tells which were refused and why; "
    "hand in better ones in their place until nothing remains. `sample_values` gives names and facts to write with; "
    "`find_similar` shows accepted records like one you have in mind; `check_schema` tries a record.",
    "direct": f'Answer with one JSON object and nothing else: {{"{LIST_KEY}": [...]}}.',
}


@dataclass(frozen=True, slots=True)
class Assignment:
    """One batch, for one worker. tokens_a_record: what a record takes of an answer, at the most as far as known."""

    batch: int
    brief: Brief
    briefing: Briefing
    schema: dict[str, Any]
    tokens_a_record: int
    repairs: int

    @property
    def keys(self) -> Collection[str]:
        """The names of a record's own properties."""
        properties = self.schema.get("properties")
        return properties if isinstance(properties, dict) else ()

    def tokens_out(self, entry_options: dict[str, Any], wanted: int) -> int:
        """What an answer with so many records may take."""
        limit = entry_options.get("max_tokens") or entry_options.get("max_completion_tokens")
        estimate = 50 + wanted * self.tokens_a_record
        return int(limit) if isinstance(limit, int) else estimate


def system_text(mode: Mode) -> str:
    """What every worker of a mode is told first."""
    return load_prompt("generator").render(way=_WAYS[mode])


class DirectWriter:
    """Writes batches in structured answers: one call, and a bounded number of repairs."""

    def __init__(self, caller: Caller, chat: Chat) -> None:
        self._caller, self._chat = caller, chat

    async def write(self, assignment: Assignment, desk: Desk) -> None:
        """Fill a batch as far as the model does. Raises what `Caller.call` raises."""
        is_shown = not self._caller.endpoint.can("json_schema")
        schema = list_schema(assignment.schema) if can_be_nested(assignment.schema) else None
        with_schema = is_shown or schema is None
        task = assignment.briefing.text(assignment.brief, with_schema=with_schema)
        messages: Messages = [
            {"role": "system", "content": system_text("direct")},
            {"role": "user", "content": task},
        ]
        asked = orjson.dumps([messages, schema])
        prompt = load_prompt("generator").sha256
        thread = Thread.begin(self._caller, "worker", prompt, asked, assignment.batch)
        for repair in range(assignment.repairs + 1):
            given = await self._ask(thread, messages, schema, assignment, desk.remaining)
            answer = text_of(given)
            verdicts = (
                [desk.unreadable(answer, REFUSED)]
                if is_refusal(given)
                else await submit_text(desk, answer, assignment.keys)
            )
            if not desk.remaining or repair == assignment.repairs:
                return
            told = load_prompt("repair").render(verdicts=told_verdicts(verdicts), remaining=str(desk.remaining))
            messages += [{"role": "assistant", "content": answer or "(nothing)"}, {"role": "user", "content": told}]

    async def _ask(
        self, thread: Thread, messages: Messages, schema: dict[str, Any] | None, assignment: Assignment, wanted: int
    ) -> bytes:
        spent = sum(tokens_in(message["content"]) for message in messages) + tokens_in(json.dumps(schema))
        out = assignment.tokens_out(self._caller.endpoint.entry.options, wanted)
        return await thread.call(lambda: self._chat.send(messages, schema), spent, out)


async def submit_text(desk: Desk, text: str, keys: Collection[str]) -> list[Verdict]:
    """Hand in all records of an answer; pieces that cannot be read are refused. `keys` are those of a record."""
    parsed = parse_records(text, keys)
    verdicts = await desk.submit(parsed.values) if parsed.values else []
    return verdicts + [desk.unreadable(piece, why) for piece, why in parsed.unreadable]


def told_verdicts(verdicts: Sequence[Verdict]) -> str:
    """The refusals, a line each, with what each is like and how to mend it."""
    lines = [_told(number, verdict) for number, verdict in enumerate(verdicts, start=1) if verdict.refusal]
    return "\n".join(lines) or "No record was refused, but there were too few."


def _told(number: int, verdict: Verdict) -> str:
    refusal = verdict.refusal
    assert refusal is not None
    like = f" It resembles <data>{as_data(verdict.resembles)}</data>." if verdict.resembles else ""
    return f"- record {number}: {refusal.reason}: {refusal.detail}.{like} Mend: {mend_of(refusal.reason)}."


def submission(verdicts: Sequence[Verdict], remaining: int) -> Json:
    """What `submit_records` answers: the refusals with their reasons, and how many records are still wanted."""
    refused = [
        {
            "record": number,
            "reason": verdict.refusal.reason,
            "detail": verdict.refusal.detail,
            "mend": mend_of(verdict.refusal.reason),
            **({"resembles": verdict.resembles} if verdict.resembles else {}),
        }
        for number, verdict in enumerate(verdicts, start=1)
        if verdict.refusal
    ]
    return {"accepted": len(verdicts) - len(refused), "refused": refused, "remaining": remaining}


def list_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """The JSON Schema of an answer: a list of records under one key, definitions where references find them."""
    inner = {key: value for key, value in schema.items() if key not in ("$schema", "$id")}
    hoisted: dict[str, Any] = {key: inner.pop(key) for key in ("$defs", "definitions") if key in inner}
    return {
        "type": "object",
        "properties": {LIST_KEY: {"type": "array", "items": inner}},
        "required": [LIST_KEY],
        "additionalProperties": False,
        **hoisted,
    }


def can_be_nested(schema: dict[str, Any]) -> bool:
    """Whether all references of a schema still find their targets once it is an item of `list_schema`."""
    text = json.dumps(schema)
    return text.count('"$ref"') == text.count('"$ref": "#/$defs/') + text.count('"$ref": "#/definitions/') and (
        '"$dynamicRef"' not in text and '"$recursiveRef"' not in text
    )

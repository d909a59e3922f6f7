"""Ready-made brains of the model server, and faults that strike them on a schedule."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from model_answers import Answer, Brain, Delay, Error, Held, Request, Text, ToolCalls, Wrapper, error_body
from model_records import Maker, from_schema, random_values

Schedule = Mapping[int, Answer] | Callable[[int], Answer | None]
"""The answer to the request of a number, from 1; None where the brain is to answer."""

_WANTED = re.compile(r"wanted\W{1,4}(\d+)", re.IGNORECASE)
_REMAINING = re.compile(r"remaining\W{1,4}(\d+)", re.IGNORECASE)


def faulty(brain: Brain, *schedules: Schedule) -> Brain:
    """The brain, but where a schedule has an answer for a request's number; the first that has one decides.

    A `Delay` or `Held` without `then`, or a `Hang` or `Disconnect` after some bytes, is for the brain's own answer.
    """

    def answer(request: Request) -> Answer:
        for schedule in schedules:
            found = schedule(request.number) if callable(schedule) else schedule.get(request.number)
            if found is not None:
                return _completed(found, brain, request)
        return brain(request)

    return answer


def every(n: int, answer: Answer) -> Schedule:
    """A schedule: this answer to every nth request."""
    return lambda number: answer if number % n == 0 else None


def _completed(answer: Answer, brain: Brain, request: Request) -> Answer:
    if not isinstance(answer, Wrapper):
        return answer
    if answer.then is not None:
        return replace(answer, then=_completed(answer.then, brain, request))
    needs_one = isinstance(answer, Delay | Held) or answer.after_bytes > 0
    return replace(answer, then=brain(request)) if needs_one else answer


@dataclass(slots=True)
class Script:
    """Answers in the given order. `left`: the steps not yet taken."""

    left: list[Answer | Brain]
    taken: int = 0

    def __call__(self, request: Request) -> Answer:
        if not self.left:
            raise AssertionError(f"request {request.number} came after the last of {self.taken} scripted steps")
        step = self.left.pop(0)
        self.taken += 1
        return step(request) if callable(step) else step


def scripted(steps: Iterable[Answer | Brain]) -> Script:
    """A brain that takes these steps, one a request, and fails the test if there is one more request."""
    return Script(list(steps))


def overloaded(brain: Brain, above: int, refusal: Answer | None = None) -> Brain:
    """The brain, but 429 (or another refusal) for what comes while `above` calls are in flight."""
    refused = refusal or Error(429, headers={"retry-after-ms": "20"})
    return lambda request: refused if request.in_flight > above else brain(request)


def context_limit(brain: Brain, tokens: int, is_vllm: bool = False) -> Brain:
    """The brain, but status 400 for requests longer than a context of so many tokens, in OpenAI's words or vLLM's."""

    def answer(request: Request) -> Answer:
        given = len(request.raw) // 4
        if given <= tokens:
            return brain(request)
        words = f"This model's maximum context length is {tokens} tokens, but the request has {given} tokens."
        if is_vllm:
            return Error(400, {"error": {"message": words, "type": "BadRequestError", "param": None, "code": 400}})
        return Error(400, error_body(400, words, "context_length_exceeded"))

    return answer


@dataclass(slots=True)
class RecordsBrain:
    """See `records_brain`. `written`: how many records it has written."""

    make: Maker | None
    count: Callable[[int], int]
    tool: str
    _numbers: itertools.count[int] = field(default_factory=itertools.count)
    written: int = 0

    def __call__(self, request: Request) -> Answer:
        wanted = _wanted(request)
        if wanted == 0:
            return Text("All records are in.")
        make = self.make or from_schema(_record_schema(request, self.tool))
        records = [make(number, random_values(number)) for number in self._take(self.count(wanted))]
        if self.tool in request.tools:
            return ToolCalls([(self.tool, {"records": records})])
        return Text(json.dumps({"records": records}, ensure_ascii=False))

    def _take(self, count: int) -> list[int]:
        self.written += count
        return list(itertools.islice(self._numbers, count))


def records_brain(
    make: Maker | None = None, count: Callable[[int], int] = lambda wanted: wanted, tool: str = "submit_records"
) -> RecordsBrain:
    """A brain that writes as many records as it is asked for, in a call of `tool` where that is offered, else as JSON.

    The number asked for is behind `wanted:` in a user's message or behind `remaining:` in a tool's output, whichever
    comes last; 0 ends the conversation. make: the record of a number, counted from 0 over all requests; if left out,
    one that follows the schema in the request. count: how many to write where so many are wanted, for wrong counts.
    """
    return RecordsBrain(make, count, tool)


def _wanted(request: Request) -> int:
    for message in reversed(request.messages):
        found = {"tool": _REMAINING, "user": _WANTED}.get(message.role)
        numbers = found.findall(message.text) if found else []
        if numbers:
            return int(numbers[-1])
    raise AssertionError(f"request {request.number} does not say how many records are wanted")


def _record_schema(request: Request, tool: str) -> dict[str, object]:
    """The schema of a single record, with the definitions it may refer to."""
    whole = request.tools.get(tool) or request.schema or {}
    item = whole.get("properties", {}).get("records", {}).get("items")
    if item is None:
        raise AssertionError(f"request {request.number} holds no schema of a record: give `records_brain` a maker")
    return {**{key: whole[key] for key in ("$defs", "definitions") if key in whole}, **item}

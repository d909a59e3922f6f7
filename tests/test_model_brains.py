"""The ready-made brains: records that our own checks accept, and faults on schedule."""

import asyncio
import json
from typing import Any, Literal

import numpy as np
import orjson
import pyarrow as pa
import pytest
from faker import Faker
from model_answers import Answer, Request
from model_clients import client_of
from model_server import (
    Delay,
    Disconnect,
    Error,
    Gate,
    Hang,
    Held,
    ModelServer,
    Text,
    ToolCalls,
    context_limit,
    every,
    faulty,
    overloaded,
    passage,
    records_brain,
)
from openai import APIError, AsyncOpenAI, BadRequestError, RateLimitError
from plans import PERSON

from dataset_agent.records import Candidates
from dataset_agent.tools.checks import Check, ContactFormatCheck, PlaceholderCheck, SchemaCheck, judge
from dataset_agent.tools.diversity import DuplicateIndex, Rule, fingerprint
from dataset_agent.tools.schemas import Validator

CONTACT = {
    "type": "object",
    "properties": {
        "question": {"type": "string", "minLength": 20, "maxLength": 90},
        "phone": {"type": "string"},
        "email": {"type": "string"},
        "website": {"$ref": "#/$defs/link"},
        "born": {"type": "string", "format": "date"},
        "seen_at": {"type": "string", "format": "date-time"},
        "priority": {"type": ["integer", "null"], "minimum": 1, "maximum": 5},
        "price": {"type": "number", "exclusiveMinimum": 0, "maximum": 10},
        "tags": {"type": "array", "items": {"enum": ["a", "b", "c"]}, "maxItems": 2, "uniqueItems": True},
        "kind": {"const": "contact"},
        "parent": {"anyOf": [{"type": "null"}, {"type": "object", "properties": {"name": {"type": "string"}}}]},
    },
    "required": ["question", "phone", "email", "website", "born", "seen_at", "tags", "kind"],
    "additionalProperties": False,
    "$defs": {"link": {"type": "string", "format": "uri"}},
}
ONE_TEXT = {
    "type": "object",
    "properties": {"inputs": {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}},
    "required": ["inputs"],
}


def holding(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of what a model is to write: records of a schema."""
    item = {key: value for key, value in schema.items() if key != "$defs"}
    records = {"type": "object", "properties": {"records": {"type": "array", "items": item}}, "required": ["records"]}
    return {**records, "$defs": schema.get("$defs", {})}


def as_candidates(records: list[Any]) -> Candidates:
    texts = [orjson.dumps(record).decode() for record in records]
    return Candidates(np.arange(len(records)), pa.array(texts, pa.string()))


def request_of(number: int = 1, in_flight: int = 1, size: int = 100, **body: Any) -> Request:
    return Request(number, "POST", "/v1/chat/completions", {}, body, b"x" * size, 0.0, in_flight)


async def direct(client: AsyncOpenAI, schema: dict[str, Any], wanted: int) -> list[Any]:
    """The records of a call without tools."""
    form: Any = {"type": "json_schema", "json_schema": {"name": "batch", "schema": holding(schema)}}
    said: list[Any] = [{"role": "system", "content": "wanted: 99"}, {"role": "user", "content": f"wanted: {wanted}"}]
    answer = await client.chat.completions.create(model="m", messages=said, response_format=form)
    records: list[Any] = json.loads(answer.choices[0].message.content or "")["records"]
    return records


@pytest.mark.parametrize("schema", [ONE_TEXT, PERSON, CONTACT], ids=["text", "person", "contact"])
def test_our_checks_accept_the_records(schema: dict[str, Any]) -> None:
    async def work(server: ModelServer) -> list[Any]:
        async with client_of(server) as client:
            batches = await asyncio.gather(*(direct(client, schema, 40) for _ in range(25)))
        return [record for batch in batches for record in batch]

    with ModelServer(records_brain()) as server:
        candidates = as_candidates(asyncio.run(work(server)))
    checks: list[Check] = [SchemaCheck(Validator(schema)), PlaceholderCheck(), ContactFormatCheck()]
    accepted, rejections = judge(checks, candidates)
    assert [len(accepted), rejections] == [1000, []]
    assert _refused(candidates, 20) == []


def test_no_two_passages_have_one_structure() -> None:
    brain = records_brain()
    asked = request_of(
        messages=[{"role": "user", "content": "wanted: 500"}],
        response_format={"type": "json_schema", "json_schema": {"schema": holding(ONE_TEXT)}},
    )
    answer = brain(asked)
    assert isinstance(answer, Text)
    assert _refused(as_candidates(json.loads(answer.text)["records"]), "global") == []
    assert brain.written == 500


def _refused(candidates: Candidates, scope: Literal["global"] | int) -> list[Any]:
    rules = [Rule("structural", 1.0, scope), Rule("minhash", 0.8, "global")]
    index = DuplicateIndex(lambda category: rules)
    return index.judge("category", fingerprint(candidates, rules), len(candidates)).refused


def test_a_worker_with_tools_submits_until_nothing_remains() -> None:
    def make(number: int, fake: Faker) -> Any:
        return {"text": passage(fake), "number": number}

    brain = records_brain(make, count=lambda wanted: wanted + 1)
    tools = [{"type": "function", "function": {"name": "submit_records", "parameters": {}}}]
    said: list[Any] = [{"role": "user", "content": [{"type": "text", "text": "**Wanted:** 12"}]}]
    first = brain(request_of(messages=said, tools=tools))
    said += [{"role": "assistant", "content": None}, {"role": "tool", "content": '{"accepted": 9, "remaining": 3}'}]
    second = brain(request_of(messages=said, tools=tools))
    said.append({"role": "tool", "content": "remaining: 0"})
    last = brain(request_of(messages=said, tools=tools))
    assert isinstance(first, ToolCalls) and isinstance(second, ToolCalls) and isinstance(last, Text)
    assert [_numbers(first), _numbers(second)] == [list(range(13)), list(range(13, 17))]
    # The same number gives the same record, whichever request it is for.
    assert records_brain(make, count=lambda wanted: wanted + 1)(request_of(messages=said[:1], tools=tools)) == first


def _numbers(answer: ToolCalls) -> list[int]:
    ((name, given),) = answer.calls
    assert name == "submit_records" and isinstance(given, dict)
    return [record["number"] for record in given["records"]]


def test_responses_requests_are_understood_too() -> None:
    body = {
        "instructions": "Write records.",
        "input": [
            {"role": "user", "content": [{"type": "input_text", "text": "wanted: 3"}]},
            {"type": "function_call", "name": "submit_records", "arguments": "{}", "call_id": "1"},
            {"type": "function_call_output", "call_id": "1", "output": "remaining: 2"},
        ],
        "tools": [{"type": "function", "name": "submit_records", "parameters": holding(PERSON)}],
    }
    answer = records_brain()(Request(1, "POST", "/v1/responses", {}, body, b"", 0.0, 1))
    assert isinstance(answer, ToolCalls)
    ((_, given),) = answer.calls
    assert isinstance(given, dict) and len(given["records"]) == 2
    plain = {"input": "wanted: 1", "text": {"format": {"type": "json_schema", "schema": holding(PERSON)}}}
    assert isinstance(records_brain()(Request(1, "POST", "/v1/responses", {}, plain, b"", 0.0, 1)), Text)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"messages": [{"role": "user", "content": "Hello"}]}, "does not say how many"),
        ({"messages": [{"role": "user", "content": "wanted: 2"}]}, "no schema of a record"),
    ],
)
def test_a_brain_that_cannot_know_what_to_write_fails_the_test(body: dict[str, Any], fault: str) -> None:
    with pytest.raises(AssertionError, match=fault):
        records_brain()(request_of(**body))


def test_schedules_decide_by_the_number_of_the_request() -> None:
    gate, own = Gate(), Text("own")
    schedule: dict[int, Answer] = {
        1: Error(500),
        2: Delay(1),
        4: Disconnect(5),
        5: Hang(),
        6: Held(gate, Delay(2)),
    }
    brain = faulty(lambda request: own, schedule, every(4, Error(503)), every(7, Error(429)))
    assert [brain(request_of(number)) for number in range(1, 9)] == [
        Error(500),
        Delay(1, own),
        own,
        Disconnect(5, own),
        Hang(),
        Held(gate, Delay(2, own)),
        Error(429),
        Error(503),
    ]


def test_limits_of_load_and_of_context() -> None:
    brain = overloaded(lambda request: Text("in"), above=2)
    assert brain(request_of(in_flight=2)) == Text("in")
    assert isinstance(brain(request_of(in_flight=3)), Error)

    async def ask(server: ModelServer, text: str) -> str | None:
        async with client_of(server) as client:
            said: list[Any] = [{"role": "user", "content": text}]
            return (await client.chat.completions.create(model="m", messages=said)).choices[0].message.content

    with ModelServer(context_limit(lambda request: Text("short"), 100)) as server:
        assert asyncio.run(ask(server, "few words")) == "short"
        with pytest.raises(BadRequestError) as caught:
            asyncio.run(ask(server, "many words " * 50))
        assert caught.value.code == "context_length_exceeded"
        server.answer = context_limit(lambda request: Text("short"), 100, is_vllm=True)
        with pytest.raises(APIError, match="maximum context length is 100 tokens"):
            asyncio.run(ask(server, "many words " * 50))
        server.answer = overloaded(lambda request: Text("in"), above=0)
        with pytest.raises(RateLimitError):
            asyncio.run(ask(server, "few words"))

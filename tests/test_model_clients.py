"""Real clients get from the model server what an endpoint would give them."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from agents import Agent, Model, OpenAIChatCompletionsModel, OpenAIResponsesModel, RunConfig, Runner, function_tool
from model_clients import HI, chat, client_of, post
from model_server import (
    Answer,
    Empty,
    ModelServer,
    Refusal,
    Request,
    Text,
    ToolCalls,
    Truncated,
    scripted,
)
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

CALLS = [("look", '{"at": "the sky above the harbour"}'), ("wait", "{no JSON")]
WHOLE: list[Answer] = [
    Text("Good morning to you, and a good night later on."),
    Text(""),
    ToolCalls(CALLS),
    ToolCalls([("look", {})], text="Let me see."),
    Truncated("It was a dark and stormy"),
    Truncated(calls=[("look", '{"at": "the sk')]),
    Refusal("I would rather not say anything about this."),
    Empty(),
]


def data_of(stream: str) -> list[str]:
    return [line.removeprefix("data: ") for line in stream.splitlines() if line.startswith("data: ")]


@pytest.mark.parametrize("answer", WHOLE, ids=repr)
def test_bodies_and_events_are_what_the_api_documents(answer: Answer) -> None:
    with ModelServer(answer) as server:
        whole = ChatCompletion.model_validate_json(post(server, "/chat/completions", {"model": "m", "messages": HI}))
        asked = {"model": "m", "messages": HI, "stream": True, "stream_options": {"include_usage": True}}
        *chunks, end = data_of(post(server, "/chat/completions", asked))
        parsed = [ChatCompletionChunk.model_validate_json(chunk, strict=True) for chunk in chunks]
        response = Response.model_validate_json(post(server, "/responses", {"model": "m", "input": HI}))
        adapter: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
        lines = data_of(post(server, "/responses", {"model": "m", "input": HI, "stream": True}))
        events = [adapter.validate_json(line) for line in lines]
    assert end == "[DONE]"
    assert parsed[-1].usage is not None and whole.usage is not None and response.usage is not None
    assert parsed[-2].choices[0].finish_reason == whole.choices[0].finish_reason
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert events[-1].response.output_text == response.output_text == (whole.choices[0].message.content or "")
    assert events[-1].type == f"response.{response.status}"


async def _said(client: AsyncOpenAI) -> tuple[str, list[tuple[str, str]], str | None]:
    """The text, the calls and the reason of the end, put together by the client's own helper."""
    async with client.chat.completions.stream(model="m", messages=HI) as stream:
        message = await stream.get_final_completion()
    choice = message.choices[0]
    calls = [(call.function.name, call.function.arguments) for call in choice.message.tool_calls or []]
    return choice.message.content or choice.message.refusal or "", calls, choice.finish_reason


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (WHOLE[0], ("Good morning to you, and a good night later on.", [], "stop")),
        (WHOLE[2], ("", CALLS, "tool_calls")),
        (WHOLE[3], ("Let me see.", [("look", "{}")], "tool_calls")),
        (WHOLE[6], ("I would rather not say anything about this.", [], "stop")),
        (WHOLE[7], ("", [], "stop")),
    ],
    ids=repr,
)
def test_the_client_puts_streams_together(answer: Answer, expected: object) -> None:
    async def work(server: ModelServer) -> object:
        async with client_of(server) as client:
            return await _said(client)

    with ModelServer(answer) as server:
        assert asyncio.run(work(server)) == expected


def test_usage_grows_with_the_body_and_a_known_beginning_is_cached() -> None:
    with ModelServer(Text("four" * 10)) as server:
        first, second = asyncio.run(chat(server)).usage, asyncio.run(chat(server)).usage
        assert first is not None and second is not None
        assert first.prompt_tokens == len(server.requests[0].raw) // 4
        assert first.completion_tokens == 10
        assert [use.prompt_tokens_details and use.prompt_tokens_details.cached_tokens for use in (first, second)] == [
            0,
            len("Be brief, be kind.") // 4,
        ]
        server.reports_usage = False
        assert asyncio.run(chat(server)).usage is None


def test_requests_are_kept_as_they_came() -> None:
    with ModelServer(Text("ok"), key="secret") as server:
        assert server.env == {"OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": "secret"}
        asyncio.run(chat(server, api_key="secret"))
        (request,) = server.requests
    assert (request.number, request.path, request.model) == (1, "/v1/chat/completions", "m")
    assert request.headers["authorization"] == "Bearer secret"
    assert request.body == {"messages": HI, "model": "m"}
    assert [message.text for message in request.messages] == ["Be brief, be kind.", "Hi"]
    assert server.answered == [request] and not server.unfinished and server.in_flight == 0


MODELS: list[Callable[[AsyncOpenAI], Model]] = [
    lambda client: OpenAIChatCompletionsModel("m", client),
    lambda client: OpenAIResponsesModel("m", client),
]


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize("make", MODELS, ids=["chat", "responses"])
def test_an_agent_calls_its_tool(make: Callable[[AsyncOpenAI], Model], streams: bool) -> None:
    looked: list[str] = []

    @function_tool
    def look(at: str) -> str:
        """Look at something."""
        looked.append(at)
        return f"a {at} in the rain"

    def second(request: Request) -> Answer:
        assert request.messages[-1].role == "tool"
        return Text(f"I saw {request.messages[-1].text}.")

    async def work(server: ModelServer) -> tuple[str, int, str]:
        async with client_of(server) as client:
            agent = Agent(name="looker", model=make(client), tools=[look], instructions="Look around.")
            config = RunConfig(tracing_disabled=True)
            if not streams:
                result = await Runner.run(agent, "What is there?", run_config=config)
                return result.final_output, result.context_wrapper.usage.requests, ""
            streamed = Runner.run_streamed(agent, "What is there?", run_config=config)
            deltas = [
                event.data.delta
                async for event in streamed.stream_events()
                if event.type == "raw_response_event" and event.data.type == "response.output_text.delta"
            ]
            return streamed.final_output, streamed.context_wrapper.usage.requests, "".join(deltas)

    script = scripted([ToolCalls([("look", {"at": "harbour"})]), second])
    with ModelServer(script) as server:
        output, requests, told = asyncio.run(work(server))
    assert (output, requests, looked) == ("I saw a harbour in the rain.", 2, ["harbour"])
    assert told == (output if streams else "")
    assert list(server.requests[0].tools) == ["look"]
    assert server.requests[0].messages[0].text == "Look around."
    assert not script.left


def test_a_program_of_its_own_finds_the_server_in_its_environment() -> None:
    code = (
        "from openai import OpenAI\n"
        "with OpenAI() as client:\n"
        "    print(client.responses.create(model='m', input='Hi').output_text)"
    )
    with ModelServer(Text("Hello, program.")) as server:
        environment = {**os.environ, **server.env}
        ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert ran.stdout == "Hello, program.\n"

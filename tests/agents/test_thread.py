"""The key of a call: what was asked and what the model said, not what the gate made of it."""

import asyncio
from typing import Any

import pytest
from calling import Notes, Office, office
from hypothesis import given
from hypothesis import strategies as st
from model_server import ModelServer, Text, scripted

from dataset_agent.agents.thread import Thread, tokens_in
from dataset_agent.endpoints.caller import Reply

SAID = [Text("one"), Text("two"), Text("three")]


async def talk(opened: Office, asked: bytes = b"question", batch: int | None = 3, turns: int = 3) -> Thread:
    thread = Thread.begin(opened.caller, "worker", "p" * 64, asked, batch)

    async def send() -> Reply:
        return await opened.chat.send([{"role": "user", "content": f"turn {thread.turn}"}], None)

    for _ in range(turns):
        await thread.call(send, 10, 10)
    return thread


def keys_of(asked: bytes = b"question", said: list[Text] = SAID, **entry: Any) -> list[str]:
    async def main() -> list[str]:
        with ModelServer(scripted(said)) as server:
            async with office(server, **entry) as opened:
                await talk(opened, asked)
            return [call.key for call in opened.notes.calls]

    return asyncio.run(main())


def test_calls_are_noted_in_their_order() -> None:
    async def main() -> None:
        with ModelServer(scripted(SAID)) as server:
            async with office(server) as opened:
                thread = await talk(opened)
            calls = opened.notes.calls
            assert [(call.turn, call.batch, call.role, call.prompt_sha256) for call in calls] == [
                (turn, 3, "worker", "p" * 64) for turn in range(3)
            ]
            assert thread.turn == 3 and len({call.key for call in calls} | {thread.key}) == 4
            assert all(len(call.key) == 64 for call in calls)

    asyncio.run(main())


def test_the_same_conversation_has_the_same_keys() -> None:
    assert keys_of() == keys_of()


def test_another_question_model_or_option_has_another_key() -> None:
    firsts = [keys_of()[0], keys_of(b"other")[0], keys_of(options={"temperature": 0.5})[0]]
    assert len(set(firsts)) == 3


def test_a_key_depends_on_all_that_was_said_before() -> None:
    other = keys_of(said=[Text("one"), Text("2"), Text("three")])
    assert [a == b for a, b in zip(keys_of(), other, strict=True)] == [True, True, False]


@pytest.mark.parametrize("known", [0, 1, 2, 3])
def test_a_conversation_goes_on_where_it_was_interrupted(known: int) -> None:
    """The answers of an earlier run that were paid for are not asked for again."""

    async def main() -> None:
        with ModelServer(scripted(SAID)) as server:
            async with office(server) as opened:
                await talk(opened)
        calls = opened.notes.calls
        paid = {(3, call.key): call.answer or b"" for call in calls[:known]}
        with ModelServer(scripted(SAID[known:])) as server:
            async with office(server, notes=Notes(known=paid)) as resumed:
                thread = await talk(resumed)
            assert len(server.requests) == 3 - known
        assert [call.key for call in resumed.notes.calls] == [call.key for call in calls[known:]]
        assert thread.turn == 3

    asyncio.run(main())


@given(st.text(max_size=300))
def test_tokens_are_rather_over_than_underestimated(text: str) -> None:
    """No tokenizer needs more than a token for two bytes of prose; bytes that are no prose are allowed for."""
    assert tokens_in(text) >= len(text.encode()) / 4 + 4
    assert tokens_in(text + "more") >= tokens_in(text)

"""The server that other tests rely on: its faults are those that a test asks for, and no others."""

import asyncio
import http.client
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from model_clients import HI, chat, client_of, get
from model_server import (
    Answer,
    Delay,
    Disconnect,
    Error,
    Gate,
    Hang,
    Held,
    ModelServer,
    Text,
    VllmMetrics,
    scripted,
)
from openai import APIConnectionError, APIError, APIStatusError, APITimeoutError, RateLimitError

ANSWER = Text("Good morning to you, and a good night later on.")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 429, 500, 503, 529])
def test_errors_have_the_status_and_the_body_of_the_api(status: int) -> None:
    with ModelServer(Error(status, headers={"retry-after": "7"})) as server, pytest.raises(APIStatusError) as caught:
        asyncio.run(chat(server))
    assert caught.value.status_code == status
    assert caught.value.response.headers["retry-after"] == "7"
    assert caught.value.body["message"]  # type: ignore[index]
    assert not server.answered and not server.unfinished


def test_a_body_of_any_kind_can_be_sent() -> None:
    with ModelServer(
        scripted([Error(502, "<h1>Bad gateway</h1>"), Error(429, {"error": {"message": "no"}})])
    ) as server:
        with pytest.raises(APIStatusError, match="502") as caught:
            asyncio.run(chat(server))
        assert caught.value.response.headers["content-type"] == "text/html; charset=utf-8"
        with pytest.raises(RateLimitError, match="no"):
            asyncio.run(chat(server))


@pytest.mark.parametrize("cut", [Disconnect(), Disconnect(40, ANSWER), Hang(), Hang(40, ANSWER)], ids=repr)
def test_cut_answers_are_connection_errors(cut: Answer) -> None:
    with ModelServer(cut) as server:
        with pytest.raises(APIConnectionError):
            asyncio.run(chat(server, timeout=0.2 if isinstance(cut, Hang) else 60))
        server.wait_until(lambda it: len(it.unfinished) == 1)
        assert server.in_flight == 0 and not server.answered


def test_what_was_sent_before_a_stream_breaks_arrives() -> None:
    async def work(server: ModelServer, heard: list[str]) -> None:
        async with client_of(server) as client:
            async for chunk in await client.chat.completions.create(model="m", messages=HI, stream=True):
                heard.append(chunk.choices[0].delta.content or "")

    heard: list[str] = []
    with ModelServer(Disconnect(600, Text("one two three four five six seven " * 9))) as server:
        with pytest.raises(Exception, match=r"(?i)connection|payload|incomplete"):
            asyncio.run(work(server, heard))
    assert "".join(heard).startswith("one two")


def test_a_held_answer_comes_when_the_gate_opens() -> None:
    gate = Gate()
    seen: list[str] = []

    async def work(server: ModelServer) -> None:
        async with client_of(server) as client:
            async for chunk in await client.chat.completions.create(model="m", messages=HI, stream=True):
                seen.append(chunk.choices[0].delta.content or "")
                if len(seen) == 2:  # the second piece came while the rest is held back
                    assert server.in_flight == 1
                    gate.open()

    with ModelServer(Held(gate, Text("four and twenty blackbirds " * 40), after_bytes=900)) as server:
        asyncio.run(work(server))
        assert "".join(seen) == "four and twenty blackbirds " * 40
        assert len(server.answered) == 1


def test_a_delay_is_latency() -> None:
    with ModelServer(Delay(0.05, Delay(0.05, Text("late")))) as server:
        choice = asyncio.run(chat(server)).choices[0]
        with pytest.raises(APITimeoutError):
            asyncio.run(chat(server, timeout=0.02))
    assert choice.message.content == "late"


@contextmanager
def _meanwhile(
    server: ModelServer, condition: Callable[[ModelServer], bool], then: Callable[[], None]
) -> Iterator[None]:
    """While the block runs, does something as soon as a condition holds."""

    def wait() -> None:
        server.wait_until(condition)
        then()

    thread = threading.Thread(target=wait)
    thread.start()
    yield
    thread.join()


def test_many_connections_at_once() -> None:
    gate, many = Gate(), 256

    async def work(server: ModelServer) -> int:
        async with client_of(server) as client:
            create = client.chat.completions.create
            answers = await asyncio.gather(*(create(model="m", messages=HI) for _ in range(many)))
            return len({answer.id for answer in answers})

    with ModelServer(Held(gate, Text("at last"))) as server:
        with _meanwhile(server, lambda it: it.in_flight == many, gate.open):
            assert asyncio.run(work(server)) == many
    assert server.max_in_flight == many
    assert len(server.answered) == len(server.requests) == many


def test_slots_make_a_queue_that_the_metrics_tell_of() -> None:
    gate = Gate()

    async def work(server: ModelServer) -> None:
        async with client_of(server) as client:
            await asyncio.gather(*(client.chat.completions.create(model="m", messages=HI) for _ in range(300)))

    with ModelServer(Held(gate, Text("done")), slots=2, models=["m"]) as server:
        calls = threading.Thread(target=lambda: asyncio.run(work(server)))
        calls.start()
        server.wait_until(lambda it: it.in_flight == 300)
        _, told = get(server, "/metrics")
        gate.open()
        calls.join()
        server.metrics = VllmMetrics(waiting=7, kv_cache=0.93)
        _, set_by_hand = get(server, "/metrics")
        server.has_metrics = False
        assert get(server, "/metrics")[0] == 404
    label = '{engine="0",model_name="m"}'
    assert f"\nvllm:num_requests_running{label} 2.0\n" in told
    assert f"\nvllm:num_requests_waiting{label} 298.0\n" in told
    assert f"\nvllm:kv_cache_usage_perc{label} 1.0\n" in told
    assert f"\nvllm:num_requests_running{label} 0.0\n" in set_by_hand
    assert f"\nvllm:num_requests_waiting{label} 7.0\n" in set_by_hand
    assert f"\nvllm:kv_cache_usage_perc{label} 0.93\n" in set_by_hand


def test_those_that_wait_for_a_slot_are_not_answered_when_the_server_goes_down() -> None:
    async def work(server: ModelServer) -> list[object]:
        async with client_of(server) as client:
            calls = [client.chat.completions.create(model="m", messages=HI) for _ in range(9)]
            return await asyncio.gather(*calls, return_exceptions=True)

    script = scripted([Hang()] * 9)
    with ModelServer(script, slots=2) as server, _meanwhile(server, lambda it: it.in_flight == 9, server.stop):
        results = asyncio.run(work(server))
    assert all(isinstance(result, APIConnectionError) for result in results)
    assert [len(server.unfinished), len(server.answered), script.taken] == [9, 0, 2]


def test_a_connection_is_kept_for_many_requests() -> None:
    with ModelServer(Text("again")) as server:
        connection = http.client.HTTPConnection(server.root_url.removeprefix("http://"))
        for _ in range(3):
            connection.request("POST", "/v1/chat/completions", json.dumps({"model": "m", "messages": HI}))
            socket = connection.sock
            assert b"again" in connection.getresponse().read()
            assert connection.sock is socket is not None
        connection.close()


def test_going_down_and_coming_back_on_the_same_port() -> None:
    with ModelServer(scripted([Hang(), Text("back")])) as server:
        with _meanwhile(server, lambda it: it.in_flight == 1, server.stop), pytest.raises(APIConnectionError):
            asyncio.run(chat(server))  # reset in flight
        with pytest.raises(APIConnectionError):  # refused
            asyncio.run(chat(server))
        address = server.base_url
        server.stop()
        server.start()
        server.start()
        assert server.base_url == address
        assert asyncio.run(chat(server)).choices[0].message.content == "back"
    assert [len(server.requests), len(server.unfinished), len(server.answered)] == [2, 1, 1]


def test_keys_models_and_paths_that_are_not_there() -> None:
    async def names(server: ModelServer) -> list[str]:
        async with client_of(server, api_key=server.env["OPENAI_API_KEY"]) as client:
            return [model.id async for model in await client.models.list()]

    with ModelServer(Text("in"), key="right", models=["m", "n"]) as server:
        assert asyncio.run(names(server)) == ["m", "n"]
        with pytest.raises(APIError, match="API key"):
            asyncio.run(chat(server, api_key="wrong"))
        server.key = "another"
        with pytest.raises(APIError, match="API key"):
            asyncio.run(chat(server, api_key="right"))
        server.key, server.models = None, ["n"]
        with pytest.raises(APIError, match="`m` does not exist"):
            asyncio.run(chat(server))
        assert get(server, "/v1/nothing")[0] == 404
        assert [look.path for look in server.looks] == ["/v1/models", "/v1/nothing"]


def test_a_body_that_is_no_json_is_refused() -> None:
    with ModelServer(Text("no")) as server:
        given = urllib.request.Request(server.base_url + "/responses", b"[1, 2", method="POST")
        with pytest.raises(urllib.error.HTTPError) as caught, urllib.request.urlopen(given):
            pass
        with caught.value as error:
            assert error.code == 400
    assert not server.failures


def test_a_request_after_the_last_step_fails_the_test() -> None:
    with pytest.raises(AssertionError, match="request 2 came after the last of 1 scripted steps"):
        with ModelServer(scripted([Text("once")])) as server:
            asyncio.run(chat(server))
            with pytest.raises(APIError, match="brain failed"):
                asyncio.run(chat(server))


def test_a_failure_of_the_brain_is_a_note_to_the_tests_own() -> None:
    with pytest.raises(APIError) as caught, ModelServer(Delay(0)) as server:
        asyncio.run(chat(server))
    assert caught.value.__notes__ == [
        "Before that the model server's brain failed: TypeError('there is no answer to delay, hold or cut: give one in "
        "`then`, or use `faulty`')"
    ]


def test_the_same_body_answered_again_is_paid_twice() -> None:
    with ModelServer(scripted([Error(500), Text("a"), Text("b")])) as server:
        with pytest.raises(APIError):
            asyncio.run(chat(server))
        asyncio.run(chat(server))
        assert server.paid_twice() == []
        asyncio.run(chat(server))
        assert server.paid_twice() == [server.requests[2]]

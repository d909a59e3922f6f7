"""The way of a call, before a real server that misbehaves."""

import asyncio
import time
from itertools import pairwise
from typing import Any

import pytest
from calling import Notes, Office, office, until
from model_server import (
    KEY,
    Answer,
    Delay,
    Disconnect,
    Empty,
    Error,
    Hang,
    ModelServer,
    Refusal,
    Text,
    Truncated,
    context_limit,
    error_body,
    faulty,
    overloaded,
)

from dataset_agent.endpoints.chat import reply
from dataset_agent.errors import (
    BudgetReached,
    ContextOverflow,
    DatasetAgentError,
    EndpointDown,
    EndpointError,
    EndpointRefused,
    Stopped,
)
from dataset_agent.plan import Budget, Generation
from dataset_agent.records import Call

HELLO = Text("Good morning to you.")
ONE_AT_A_TIME = Generation(max_concurrency=1)


def ask(server: ModelServer, **keys: Any) -> tuple[str, Office]:
    """One answer, and what there is to see afterwards."""

    async def main() -> tuple[str, Office]:
        async with office(server, **keys) as opened:
            return await opened.ask(), opened

    return asyncio.run(main())


def refusal(server: ModelServer, kind: type[DatasetAgentError], **keys: Any) -> tuple[str, Office]:
    """The message of the error that one call ends in, and what there is to see afterwards."""

    async def main() -> tuple[str, Office]:
        async with office(server, **keys) as opened:
            with pytest.raises(kind) as caught:
                await opened.ask()
            assert type(caught.value) is kind and KEY not in str(caught.value)
            return str(caught.value), opened

    return asyncio.run(main())


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_an_answer_is_noted_with_what_it_took(api: str) -> None:
    with ModelServer(HELLO) as server:
        text, opened = ask(server, api=api, price_in=2.0, price_out=10.0)
    assert text == HELLO.text
    [call] = opened.notes.calls
    assert call.outcome == "answered" and call.model == "main" and call.latency_ms > 0
    assert call.tokens_in == len(server.requests[0].raw) // 4 and call.tokens_out == len(HELLO.text) // 4
    assert call.cost_usd == pytest.approx((2 * call.tokens_in + 10 * call.tokens_out) / 1e6)
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("api", ["chat", "responses"])
@pytest.mark.parametrize(
    ("answer", "outcome", "text"),
    [
        (Empty(), "empty", ""),
        (Refusal("I will not."), "refused", "I will not."),
        (Truncated('{"records": [{'), "truncated", '{"records": [{'),
    ],
)
def test_answers_that_are_no_use_were_answered_all_the_same(api: str, answer: Answer, outcome: str, text: str) -> None:
    with ModelServer(answer) as server:
        said, opened = ask(server, api=api)
    assert said == text and opened.notes.outcomes == [outcome]
    assert len(server.requests) == 1


def test_an_endpoint_that_does_not_say_what_it_took_is_taken_to_have_taken_the_most() -> None:
    with ModelServer(HELLO, reports_usage=False) as server:
        _, opened = ask(server, price_in=2.0, budget=Budget(max_tokens=1000))
    [call] = opened.notes.calls
    assert call.tokens_in == 100 and call.tokens_out >= len(HELLO.text) // 3 and call.cost_usd > 0


def test_a_call_is_noted_before_its_answer_is_given() -> None:
    class SlowNotes(Notes):
        written: asyncio.Event

        async def note(self, call: Call) -> None:
            await self.written.wait()
            await super().note(call)

    async def main() -> None:
        notes = SlowNotes()
        notes.written = asyncio.Event()
        with ModelServer(HELLO) as server:
            async with office(server, notes=notes) as opened:
                task = asyncio.create_task(opened.ask())
                await until(lambda: server.answered and not opened.caller.in_flight)
                assert not task.done()
                notes.written.set()
                assert await task == HELLO.text and len(notes.calls) == 1

    asyncio.run(main())


def test_what_was_paid_for_is_not_sent_again() -> None:
    notes = Notes(known={(7, "k"): reply("paid", "answered", 1, 0, 1).answer})

    async def main() -> None:
        with ModelServer(HELLO) as server:
            async with office(server, notes=notes, budget=Budget(max_tokens=0)) as opened:
                assert await opened.ask(batch=7, key="k") == "paid"
                with pytest.raises(BudgetReached):
                    await opened.ask(batch=7, key="k")
            assert server.requests == [] and notes.calls == []

    asyncio.run(main())


# ---- faults that pass ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [500, 502, 503, 529, 408, 409])
def test_errors_of_the_server_are_sent_again(status: int) -> None:
    with ModelServer(faulty(lambda _: HELLO, {1: Error(status), 2: Error(status, "<h1>no</h1>")})) as server:
        text, opened = ask(server)
    assert text == HELLO.text and opened.notes.outcomes == ["server_error", "server_error", "answered"]
    assert len({call.key for call in opened.notes.calls}) == 1 and not opened.said


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (Hang(), "timeout"),
        (Hang(40, HELLO), "timeout"),
        (Disconnect(), "disconnected"),
        (Disconnect(40, HELLO), "disconnected"),
        (Error(200, "<html>Please log in</html>"), "disconnected"),
        (Error(200, "[1, 2]"), "disconnected"),
        (Error(200, '{"choices": [null], "output": 3}'), "disconnected"),
        (Error(200, '{"error": {"message": "try later"}}'), "disconnected"),
        (Error(200, '{"choices": [{"message": {"content": "\\ud800"}}], "output": "\\ud800"}'), "disconnected"),
    ],
    ids=repr,
)
@pytest.mark.parametrize("api", ["chat", "responses"])
def test_answers_that_do_not_arrive_are_sent_again(api: str, fault: Answer, outcome: str) -> None:
    with ModelServer(faulty(lambda _: HELLO, {1: fault})) as server:
        text, opened = ask(server, api=api, timeout_s=0.5)
    assert text == HELLO.text and opened.notes.outcomes == [outcome, "answered"]
    assert opened.notes.calls[0].answer is None


@pytest.mark.parametrize(
    "body",
    [
        '{"choices": [{"message": {"content": [{"type": "text", "text": "Good "}, {"text": "morning"}, null]}}]}',
        '{"choices": [{"message": {"content": "Good morning"}}], "usage": [], "model": null}',
        '{"choices": [{"message": {"content": "Good morning"}}], "usage": {"prompt_tokens": "5"}}',
    ],
)
def test_answers_of_an_odd_form_are_read(body: str) -> None:
    with ModelServer(Error(200, body)) as server:
        assert ask(server)[0] == "Good morning"


@pytest.mark.parametrize("header", [{"retry-after": "1"}, {"retry-after-ms": "1000"}, {"retry-after": "date"}])
def test_retry_after_holds_back_everybody(header: dict[str, str]) -> None:
    def brain(request: Any) -> Answer:
        if request.number != 2:
            return Delay(0.2, HELLO)
        date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 2))
        return Error(429, headers={name: date if value == "date" else value for name, value in header.items()})

    async def main() -> None:
        with ModelServer(brain) as server:
            async with office(server, generation=Generation(max_concurrency=4)) as opened:
                assert await opened.ask_many(12) == [HELLO.text] * 12
            times = [request.time for request in server.requests]
            assert len(times) == 13
            first, later = times[:4], times[4:]
            assert max(first) - min(first) < 0.2
            assert min(later) >= times[1] + 0.9, "those that waited for a place, too"
            assert opened.notes.outcomes.count("rate_limited") == 1

    asyncio.run(main())


@pytest.mark.parametrize("header", ["soon", "inf", "nan", "-5", ""])
def test_a_retry_after_that_says_nothing_is_set_aside(header: str) -> None:
    with ModelServer(faulty(lambda _: HELLO, {1: Error(429, headers={"retry-after": header})})) as server:
        assert ask(server)[0] == HELLO.text


def test_who_asks_for_more_patience_than_there_is_is_given_up() -> None:
    with ModelServer(Error(429, headers={"retry-after": "3600"})) as server:
        message, opened = refusal(server, EndpointDown)
    assert "it asks to wait 3600 s, more than `max_outage_s` (600 s)" in message
    assert len(server.requests) == 1 and opened.notes.outcomes == ["rate_limited"]


def test_calls_settle_at_what_the_endpoint_takes() -> None:
    """A server that refuses what goes beyond four: all are answered, and few are refused."""

    async def main() -> None:
        with ModelServer(overloaded(lambda _: Delay(0.02, HELLO), above=4)) as server:
            async with office(server, generation=Generation(max_concurrency=8)) as opened:
                assert await opened.ask_many(150) == [HELLO.text] * 150
            assert server.max_in_flight <= 8
            assert opened.notes.outcomes.count("rate_limited") < 75
            assert 2 <= opened.caller.pace.window.limit <= 6

    asyncio.run(main())


def test_no_more_are_in_flight_than_the_window_allows() -> None:
    async def main() -> None:
        with ModelServer(Delay(0.01, HELLO)) as server:
            async with office(server, generation=Generation(max_concurrency=3)) as opened:
                await opened.ask_many(40)
            assert server.max_in_flight == 3

    asyncio.run(main())


def test_the_size_of_batches_learns_from_a_timeout() -> None:
    with ModelServer(faulty(lambda _: HELLO, {1: Hang()})) as server:
        _, opened = ask(server, timeout_s=0.3)
    assert opened.caller.pace.size.value == 9


def test_a_call_is_given_up_after_eight_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dataset_agent.endpoints.caller._jittered", lambda state: 0.01)
    with ModelServer(Error(200, "<html>")) as server:
        message, opened = refusal(server, EndpointError)
    assert "sent an answer that cannot be read: unexpected" in message and "given up after several tries" in message
    assert len(server.requests) == len(opened.notes.calls) == 8


# ---- faults that stay ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_refused_ends_it_at_once(status: int) -> None:
    body = error_body(status, f"Incorrect API key provided: {KEY}. Try sk-proj-123456789abc instead.")
    with ModelServer(Error(status, body)) as server:
        message, opened = refusal(server, EndpointRefused, api_key_env="TEAM_KEY")
    assert "is the key in TEAM_KEY right?" in message and "sk-" not in message
    assert len(server.requests) == 1 and opened.notes.outcomes == ["rejected"]
    assert not opened.said


def test_a_model_that_is_not_there_is_named() -> None:
    with ModelServer(HELLO, models=["other"]) as server:
        message, _ = refusal(server, EndpointRefused)
        assert len(server.requests) == 1
    assert f"is 'test-model' a model there, and {server.base_url} the right address?" in message


def test_credentials_in_an_address_stay_out_of_messages() -> None:
    async def main() -> None:
        with ModelServer(Error(404)) as server:
            async with office(server.base_url + "?key=hunter22") as opened:
                with pytest.raises(EndpointRefused) as caught:
                    await opened.ask()
        assert "hunter22" not in str(caught.value) and server.base_url in str(caught.value)

    asyncio.run(main())


@pytest.mark.parametrize("is_vllm", [False, True])
def test_a_question_longer_than_the_context_is_an_overflow(is_vllm: bool) -> None:
    with ModelServer(context_limit(lambda _: HELLO, 2, is_vllm)) as server:
        message, opened = refusal(server, ContextOverflow)
    assert "maximum context length is 2 tokens" in message and len(server.requests) == 1
    assert opened.notes.outcomes == ["rejected"]


def test_a_body_too_large_is_an_overflow() -> None:
    with ModelServer(Error(413, "<h1>Request Entity Too Large</h1>")) as server:
        refusal(server, ContextOverflow)


@pytest.mark.parametrize(
    "answer", [Error(429, error_body(429, "You exceeded your quota.", "insufficient_quota")), Error(402)]
)
def test_an_empty_account_is_told(answer: Answer) -> None:
    with ModelServer(answer) as server:
        message, _ = refusal(server, EndpointRefused)
        assert len(server.requests) == 1
    assert "the account behind OPENAI_API_KEY has nothing left to spend" in message


def test_a_request_that_is_wrong_is_not_sent_again() -> None:
    with ModelServer(Error(400, error_body(400, "Unknown parameter: 'frequency'."))) as server:
        message, _ = refusal(server, EndpointRefused)
        assert len(server.requests) == 1
    assert "answered 400: Unknown parameter: 'frequency'.; the `capabilities` and `options` of model 'main'" in message


# ---- outages ---------------------------------------------------------------------------------------------------------


def test_an_endpoint_that_never_answers_is_given_up() -> None:
    async def main() -> None:
        server = ModelServer(HELLO)
        with server:
            server.stop()
            async with office(server, max_outage_s=1.2) as opened:
                errors = await opened.ask_many(20)
        assert {type(error) for error in errors} == {EndpointDown}
        assert str(errors[0]).startswith(f"the endpoint main at {server.root_url} has not answered for 1 s: ")
        assert len(opened.said) == 1 and opened.said[0].startswith(f"main at {server.root_url} does not answer")
        assert set(opened.notes.outcomes) == {"disconnected"} and len(opened.notes.calls) <= 16 + 3

    asyncio.run(main())


def test_an_endpoint_that_comes_back_is_gone_on_with() -> None:
    async def main() -> None:
        with ModelServer(HELLO) as server:
            async with office(server, max_outage_s=60) as opened:
                assert await opened.ask() == HELLO.text
                server.stop()
                task = asyncio.create_task(opened.ask_many(30))
                await until(lambda: opened.said)
                server.start()
                assert await task == [HELLO.text] * 30
            assert len(server.answered) == 31
        assert [" does not answer (" in opened.said[0], " answers again after " in opened.said[1]] == [True, True]
        assert len(opened.said) == 2

    asyncio.run(main())


def test_in_an_outage_one_call_tries_for_all() -> None:
    async def main() -> None:
        with ModelServer(faulty(lambda _: HELLO, lambda number: Error(503) if number <= 18 else None)) as server:
            async with office(server, max_outage_s=60) as opened:
                assert await opened.ask_many(40) == [HELLO.text] * 40
            probes = server.requests[16:19]
            assert [request.in_flight for request in probes] == [1] * 3
            gaps = [after.time - before.time for before, after in pairwise(probes)]
            assert all(gap >= 0.4 for gap in gaps)
            assert len(opened.said) == 2

    asyncio.run(main())


def test_a_try_that_is_cancelled_lets_another_one_try() -> None:
    async def main() -> None:
        with ModelServer(HELLO) as server:
            server.stop()
            async with office(server, max_outage_s=60) as opened:
                lost = asyncio.create_task(opened.ask_many(16))
                await until(lambda: opened.said)
                server.answer = Hang()
                server.start()
                await until(lambda: server.requests)
                lost.cancel()
                await asyncio.gather(lost, return_exceptions=True)
                server.answer = HELLO
                assert await asyncio.wait_for(opened.ask(), 30) == HELLO.text
                assert opened.caller.in_flight == opened.caller.pace.window.in_flight == 0

    asyncio.run(main())


# ---- what keeps a call from being sent -------------------------------------------------------------------------------


def test_a_call_that_cannot_be_afforded_is_not_sent() -> None:
    async def main() -> None:
        with ModelServer(Delay(0.05, HELLO)) as server:
            budget = Budget(max_cost_usd=0.0005)
            async with office(server, budget=budget, price_in=1.0, price_out=1.0) as opened:
                found = await opened.ask_many(20)  # 200 tokens each may cost 0.0002
            sent = len(server.requests)
        assert server.max_in_flight == 2
        assert 2 < sent == found.count(HELLO.text) < 20, "what calls in flight leave of their part is used"
        assert sum(isinstance(error, BudgetReached) for error in found) == 20 - sent
        assert 0.0003 < sum(call.cost_usd for call in opened.notes.calls) <= 0.0005
        assert opened.caller.pace.window.in_flight == 0

    asyncio.run(main())


def test_a_run_that_stops_sends_nothing_more() -> None:
    async def main() -> None:
        with ModelServer(Delay(0.2, HELLO)) as server:
            async with office(server, generation=ONE_AT_A_TIME) as opened:
                task = asyncio.create_task(opened.ask_many(5))
                await until(lambda: server.requests)
                opened.is_stopping = True
                found = await task
            assert found[0] == HELLO.text and {type(error) for error in found[1:]} == {Stopped}
            assert len(server.requests) == 1

    asyncio.run(main())


def test_a_run_that_stops_does_not_wait_for_the_next_try() -> None:
    async def main() -> None:
        with ModelServer(Error(503, headers={"retry-after": "500"})) as server:
            async with office(server) as opened:
                task = asyncio.create_task(opened.ask())
                await until(lambda: opened.notes.calls)
                opened.is_stopping = True
                with pytest.raises(Stopped):
                    await asyncio.wait_for(task, 10)

    asyncio.run(main())


def test_requests_of_a_minute_hold_after_waiting_for_a_place() -> None:
    """While the only place is taken nothing passes the limit: there is no burst when it is free."""

    async def main() -> None:
        with ModelServer(faulty(lambda _: HELLO, {1: Delay(1.0, HELLO)})) as server:
            async with office(server, rpm=600, generation=ONE_AT_A_TIME) as opened:  # 10 at once, then one in 0.1 s
                await opened.ask_many(16)
            times = [request.time for request in server.requests]
        assert times[-1] - times[1] > 0.25

    asyncio.run(main())

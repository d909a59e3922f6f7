"""`agent run` against an endpoint that misbehaves: exact counts or an honest shortfall, to be gone on with."""

import json
import re
from collections import Counter
from typing import Any

import pytest
from agent_runs import MODES, asked, model, orders, run, serve, tickets
from commands import Agent
from model_records import passage, random_values
from model_server import (
    KEY,
    Answer,
    Disconnect,
    Empty,
    Error,
    Hang,
    ModelServer,
    Refusal,
    Request,
    Text,
    ToolCalls,
    Truncated,
    context_limit,
    faulty,
    records_brain,
)

ECHO = f"The key {KEY} was seen here."
"""What a badly made endpoint might say in its errors."""


@MODES
def test_faults_that_pass_cost_no_record(agent: Agent, mode: str) -> None:
    half = '{"records": [{"inputs": {"text": "cut off in the mid'
    cut = Truncated(calls=[("submit_records", half)]) if mode == "tools" else Truncated(half)
    faults: list[Answer] = [
        Error(429, headers={"retry-after-ms": "30"}), Error(500), Error(503, ECHO), Error(200, f"<html>{ECHO}</html>"),
        Disconnect(), Disconnect(after_bytes=80), Hang(), Hang(after_bytes=80), cut, Text("I would rather not."),
        Empty(), Refusal("I can't help with that."), ToolCalls([("delete_everything", {})]), Text(""),
    ]  # fmt: skip
    schedule = {2 + 2 * place: fault for place, fault in enumerate(faults)}
    plan = orders(120, models=model(timeout_s=1.5), generation={"mode": mode, "batch_size": 4, "max_concurrency": 8})
    agent.plan(plan)
    with ModelServer(faulty(records_brain(), schedule)) as server:
        serve(agent, server)
        found = run(agent)
    assert found.code == 0
    outcomes = Counter(dict(asked(agent, "large_eval_set", "SELECT outcome, COUNT(*) FROM calls GROUP BY outcome")))
    assert outcomes["rate_limited"] == 1
    assert outcomes["server_error"] == 2
    assert outcomes["disconnected"] == 3
    assert outcomes["timeout"] >= 2
    assert outcomes["refused"] == 1
    assert set(found.reasons) == {"parse"}
    assert found.metadata["usage"]["failed_calls"] == sum(
        outcomes[name] for name in ("rate_limited", "server_error", "disconnected", "timeout")
    )


ALWAYS: dict[str, Answer] = {
    "silent": Empty(),
    "unwilling": Refusal("I can't help with that."),
    "chatty": Text("What a lovely idea! Tell me more."),
    "cut": Truncated('{"records": [{"inputs": {"text": "cut o'),
    "wrong": Text(json.dumps({"records": [{"inputs": {"words": 3}}, {"outputs": {}}, 7, None, []]})),
}


@MODES
def test_what_a_model_never_does_is_a_shortfall_of_its_category(agent: Agent, mode: str) -> None:
    """The others are complete; why the rest is short is said; the number of calls is bounded."""
    names = ["fine", *ALWAYS]
    categories = [{"name": name, "count": 8, "description": f"About {name}", "worker": "agent"} for name in names]
    generation = {"mode": mode, "max_attempts": 2, "repairs": 1}
    agent.plan({"dataset_name": "mixed", "categories": categories, "generation": generation, "mlflow": False})
    fine = records_brain()

    def answer(request: Request) -> Answer:
        name = _category(request)
        return fine(request) if name == "fine" else _by_tool(ALWAYS[name]) if mode == "tools" else ALWAYS[name]

    with ModelServer(answer) as server:
        serve(agent, server)
        found = run(agent, "--model", "m")
    assert found.code == 3
    assert found.counts == {("fine", None): 8}
    whys = {short["category"]: short["why"] for short in found.metadata["shortfalls"]}
    assert all("given up after 2 attempts" in why for why in whys.values())
    assert "schema" in whys["wrong"]
    details = {row["category"]: row["detail"] for row in found.rejected}
    assert "refused" in details["unwilling"]
    assert "empty" in details["silent"]
    calls = Counter(_category(request) for request in server.requests)
    assert calls["fine"] == 1
    assert all(calls[name] <= 2 * (2 + 4) for name in ALWAYS)
    candidates = [row["candidate"] for row in found.rejected if row["category"] == "wrong"]
    assert {"inputs": {"words": 3}, "expectations": {}} in candidates
    assert 7 in candidates


def _category(request: Request) -> str:
    task = next(message.text for message in request.messages if message.role == "user")
    return re.findall(r"Category: (\w+)", task)[0]


def _by_tool(answer: Answer) -> Answer:
    """A text that holds records, as a call of the tool that takes them."""
    match answer:
        case Text(text) if text.startswith("{"):
            return ToolCalls([("submit_records", text)])
        case Truncated(text):
            return Truncated(calls=[("submit_records", text)])
    return answer


ODD = (
    '{"inputs": {"text": "half a \\ud800 character"}}', '{"inputs": {"text": NaN}}', '{"inputs": {"text": 1e999}}',
    '{"inputs": {"text": ' + "9" * 400 + "}}", '{"inputs": {"text": ' + "[" * 600 + "]" * 600 + "}}",
    '{"inputs": {"text": "' + "x" * 100_000 + '"}}', '{"inputs": {"text": ""}, "inputs": null}', '"text alone"', "7",
    '{"inputs": {"text": "with another key"}, "id": "order_status-1"}', "{}", "[]", "null",
)  # fmt: skip
"""Records as no plan asks for, each of which something might stumble over."""


@MODES
def test_odd_records_are_refused_and_nothing_stumbles(agent: Agent, mode: str) -> None:
    agent.plan(orders(60, generation={"mode": mode, "batch_size": 4}))
    brain = records_brain()

    def answer(request: Request) -> Answer:
        if request.number > len(ODD):
            return brain(request)
        text = f'{{"records": [{ODD[request.number - 1]}]}}'
        return ToolCalls([("submit_records", text)]) if mode == "tools" else Text(text)

    with ModelServer(answer) as server:
        serve(agent, server)
        found = run(agent, "--model", "m")
    assert found.code == 0
    assert found.reasons.total() >= len(ODD) - 3
    assert set(found.reasons) <= {"parse", "schema", "placeholder"}


@MODES
def test_records_that_break_the_schema_are_kept_and_written_anew(agent: Agent, mode: str) -> None:
    agent.plan(tickets(40, generation={"mode": mode}))

    def ticket(number: int, fake: Any) -> Any:
        priority = "urgent" if number % 5 == 2 else "high"
        return {"subject": passage(fake), "priority": priority, "minutes": 1 + number, "contact": fake.free_email()}

    with ModelServer(records_brain(ticket)) as server:
        serve(agent, server)
        found = run(agent, "--model", "m")
    assert found.code == 0
    assert set(found.reasons) == {"schema"}
    assert found.reasons["schema"] >= 8
    for row in found.rejected:
        assert row["candidate"]["priority"] == "urgent"
        assert "priority" in row["detail"]
    assert {row["quality"] for row in found.rows} >= {1.0, 0.9}
    repairs = [request.messages[-1].text for request in server.requests if len(request.messages) > 2]
    assert repairs
    assert all("priority" in text and "schema" in text for text in repairs)
    assert found.metadata["usage"]["calls"] == len(server.requests)


@MODES
def test_a_model_that_knows_few_records_is_not_asked_for_ever(agent: Agent, mode: str) -> None:
    known, wanted = 23, 400
    agent.plan(orders(wanted, generation={"mode": mode, "max_attempts": 3}))
    brain = records_brain(lambda number, fake: {"inputs": {"text": passage(random_values(number % known))}})
    with ModelServer(brain) as server:
        serve(agent, server)
        found = run(agent, "--model", "m")
    assert found.code == 3
    assert len(found.rows) == known
    assert "23 of 400" in found.why
    assert "duplicate" in found.why
    assert set(found.reasons) == {"duplicate"}
    assert len(server.requests) < wanted / 2, "nobody is paid to say for every record that there is no more"


@MODES
def test_too_few_and_too_many_records_end_in_the_exact_count(agent: Agent, mode: str) -> None:
    agent.plan(orders(40, generation={"mode": mode}))
    counts = iter([3, 25, 1, 10_0, 4] * 20)
    with ModelServer(records_brain(count=lambda wanted: next(counts))) as server:
        serve(agent, server)
        found = run(agent, "--model", "m")
    assert found.code == 0
    assert not found.rejected, "surplus is neither accepted nor rejected"


@pytest.mark.parametrize("is_vllm", [False, True])
@MODES
def test_what_is_too_long_for_the_context_is_asked_for_in_parts(agent: Agent, mode: str, is_vllm: bool) -> None:
    """Repairs make a conversation long: it is cut there, and what was accepted stays."""
    agent.plan(orders(40, generation={"mode": mode}))
    brain = records_brain(count=lambda wanted: min(wanted, 2))
    tokens = 1500 if mode == "tools" else 900
    with ModelServer(context_limit(brain, tokens, is_vllm)) as server:
        serve(agent, server)
        found = run(agent, "--model", "m")
    assert found.code == 0


def test_a_context_too_small_for_one_record_stops_the_run(agent: Agent) -> None:
    agent.plan(orders(40, generation={"mode": "direct"}))
    with ModelServer(context_limit(records_brain(), 50)) as server:
        serve(agent, server)
        stopped = run(agent, "--model", "m")
    assert (stopped.code, stopped.rows) == (3, [])
    assert "one record is more than the model's context holds" in stopped.why
    assert len(server.requests) < 100

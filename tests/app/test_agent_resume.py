"""Interrupted runs by agents, and what a later run makes of them: nothing is lost, nothing is paid twice."""

import signal
from typing import Any

import pytest
from agent_runs import (
    MODES,
    asked,
    ended,
    lines_until,
    model,
    no_key,
    orders,
    refused,
    run,
    serve,
    started,
    tickets,
)
from commands import Agent, Ran
from model_server import Delay, Gate, Hang, Held, ModelServer, faulty, records_brain

NAME = "large_eval_set"


def kept_texts(agent: Agent, name: str = NAME) -> set[str]:
    return {text for (text,) in asked(agent, name, "SELECT text FROM records")}


def wait_until_kept(agent: Agent, answers: int) -> None:
    """Until the ledger holds so many answers."""
    while asked(agent, NAME, "SELECT COUNT(answer) FROM calls") != [(answers,)]:
        pass


@pytest.mark.parametrize(("mode", "kills"), [("tools", (30, 52)), ("direct", (11, 20))])
def test_after_a_kill_only_calls_in_flight_are_sent_again(agent: Agent, mode: str, kills: tuple[int, ...]) -> None:
    """Batches take several calls each, so that the kill meets batches that are half done and half paid."""
    agent.plan(orders(90, generation={"mode": mode, "batch_size": 6, "max_concurrency": 4}))
    brain = records_brain(count=lambda wanted: max(1, wanted // 2))
    with ModelServer(brain) as server:
        serve(agent, server)
        seen: list[set[str]] = [set()]
        for calls in kills:
            server.answer = faulty(brain, lambda number, calls=calls: Hang() if number > calls else None)
            with started(agent, "--model", "m") as process:
                server.wait_until(lambda it, calls=calls: _done(it) == calls and it.in_flight > 0)
                wait_until_kept(agent, len(server.answered))
                while len(kept_texts(agent)) == len(seen[-1]):
                    pass  # what is full is committed a little later
                process.kill()
            seen.append(kept_texts(agent))
            assert agent("status", NAME, "--json").json["state"] == "interrupted"
        server.answer = brain
        done = run(agent, "--model", "m")
    assert done.code == 0
    assert seen[0] < seen[1] < seen[2] < kept_texts(agent)
    assert not server.paid_twice()
    assert {row["quality"] for row in done.rows} == {1.0}
    ((answers,),) = asked(agent, NAME, "SELECT COUNT(answer) FROM calls")
    assert answers == len(server.answered) == done.metadata["usage"]["calls"]


def _done(server: ModelServer) -> int:
    """Requests that came to an end, whichever."""
    return len(server.answered) + len(server.unfinished)


@MODES
def test_an_interrupt_lets_the_calls_in_flight_end_and_keeps_them(agent: Agent, mode: str) -> None:
    agent.plan(orders(100, generation={"mode": mode, "max_concurrency": 4, "batch_size": 5}))
    gate, brain = Gate(), records_brain()
    with ModelServer(faulty(brain, lambda number: Held(gate) if number > 4 else None)) as server:
        serve(agent, server)
        with started(agent, "--model", "m") as process:
            server.wait_until(lambda it: it.in_flight == 4)
            process.send_signal(signal.SIGINT)
            said = lines_until("Interrupted", process.stderr)
            gate.open()
            stopped = ended(agent, process, said)
        assert stopped.code == 130
        assert len(stopped.rows) == 5 * 8 == 5 * len(server.requests)
        server.answer = brain
        done = run(agent, "--model", "m")
    assert done.code == 0
    assert done.rows[:40] == stopped.rows
    assert not server.paid_twice()


def test_a_second_interrupt_ends_the_run_at_once(agent: Agent) -> None:
    agent.plan(orders(40, generation={"mode": "direct", "max_concurrency": 2}))
    with ModelServer(faulty(records_brain(), lambda number: Hang() if number > 2 else None)) as server:
        serve(agent, server)
        with started(agent, "--model", "m") as process:
            server.wait_until(lambda it: it.in_flight == 2)
            wait_until_kept(agent, 2)
            process.send_signal(signal.SIGINT)
            said = lines_until("Interrupted", process.stderr)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=20)
        assert (process.returncode, out) == (130, "")
        assert "Traceback" not in err
        assert "nothing committed is lost" in said[-1]
        no_key(agent, Ran(130, out, "".join(said) + err))
        server.answer = records_brain(lambda number, fake: {"inputs": {"text": fake.text(200)}})
        assert run(agent, "--model", "m").code == 0
    assert not server.paid_twice()


def test_two_runs_at_once_on_one_checkpoint_are_refused(agent: Agent) -> None:
    agent.plan(orders(40, generation={"mode": "direct", "max_concurrency": 1}))
    gate, brain = Gate(), records_brain()
    with ModelServer(faulty(brain, {2: Held(gate)})) as server:
        serve(agent, server)
        with started(agent, "--model", "m") as process:
            server.wait_until(lambda it: len(it.requests) == 2)
            second = agent("run", "plan.json", "--model", "m", "--out", "other")
            assert agent("status", NAME, "--json").json["state"] == "running"
            gate.open()
            assert ended(agent, process).code == 0
    assert second.code == 2
    assert "in use by another process" in second.err
    assert not (agent.folder / "other").exists()
    assert len(server.requests) == 4


def test_a_category_keeps_its_worker_and_says_so_where_its_model_is_missing(agent: Agent) -> None:
    """A schema is served by templates where no model is set: not one that an agent began to fill."""
    agent.plan(tickets(30, budget={"max_tokens": 4500}))
    with ModelServer(records_brain()) as server:
        serve(agent, server)
        stopped = run(agent, "--model", "m")
        assert stopped.code == 3
        says = refused(agent)
        assert "'tickets' is written by an agent, and no model is named" in says
        assert "--model NAME" in says
        agent.plan(tickets(30))
        before = len(server.requests)
        done = run(agent, "--model", "another")
    assert done.code == 0
    assert done.rows[: len(stopped.rows)] == stopped.rows
    assert {request.model for request in server.requests[:before]} == {"m"}
    assert {request.model for request in server.requests[before:]} == {"another"}
    assert {row["model"] for row in done.metadata["usage"]["by_model"]} == {"m", "another"}


def test_templates_keep_a_category_that_they_began(agent: Agent) -> None:
    agent.plan(tickets(20))
    with ModelServer(records_brain()) as server:
        serve(agent, server)
        assert agent("run", "plan.json").code == 0
        agent.plan(tickets(30))
        ran = agent("run", "plan.json", "--json", "--model", "m")
        assert ran.code == 0, ran.err
        assert ran.json["counts"]["accepted"] == 30
    assert not server.requests


def test_raised_counts_and_new_categories_extend_a_dataset(agent: Agent) -> None:
    agent.plan(orders(20))
    with ModelServer(records_brain()) as server:
        serve(agent, server)
        first = run(agent, "--model", "m")
        more = orders(30)
        more["categories"].append({"name": "returns", "description": "Sending things back", "count": 12})
        del more["total_instances"]
        agent.plan(more)
        done = run(agent, "--model", "m")
        calls = len(server.requests)
        assert run(agent, "--model", "m").rows == done.rows
        assert len(server.requests) == calls, "a complete dataset asks for nothing"
    assert (first.code, done.code) == (0, 0)
    assert done.counts == {("order_status", None): 30, ("returns", None): 12}
    assert done.rows[:20] == first.rows


def test_a_shortfall_is_tried_again_when_the_command_is_repeated(agent: Agent) -> None:
    """What a model could not do, another may; what was refused stays on record."""
    agent.plan(orders(20, generation={"mode": "direct", "max_attempts": 1, "repairs": 0}))
    with ModelServer(records_brain(lambda number, fake: {"inputs": {"words": number}})) as server:
        serve(agent, server)
        short = run(agent, "--model", "m")
        assert (short.code, short.rows) == (3, [])
        server.answer = records_brain()
        done = run(agent, "--model", "m")
    assert done.code == 0
    assert done.reasons == short.reasons
    assert set(done.reasons) == {"schema"}


@pytest.mark.slow
@MODES
def test_kills_at_any_moment_lose_and_repeat_nothing(agent: Agent, mode: str) -> None:
    """Calls are answered all the time, so that kills fall anywhere: before, between and after commits."""
    agent.plan(tickets(160, models=model(), generation={"mode": mode, "batch_size": 4, "max_concurrency": 6}))
    brain = records_brain(_ticket)
    with ModelServer(lambda request: Delay(0.03, brain(request))) as server:
        serve(agent, server)
        in_flight, kept = 0, set[str]()
        for calls in (3, 8, 15, 22, 30):
            with started(agent) as process:
                server.wait_until(lambda it, calls=calls: len(it.answered) >= calls)
                process.kill()
                in_flight += 6  # those answered and not noted yet count as in flight
            server.wait_until(lambda it: it.in_flight == 0)
            now = kept_texts(agent, "tickets")
            assert kept <= now
            kept = now
        done = run(agent)
    assert done.code == 0
    assert kept <= kept_texts(agent, "tickets")
    assert len(server.paid_twice()) <= in_flight


def _ticket(number: int, fake: Any) -> Any:
    """Some break the schema, some come twice: batches need repairs."""
    minutes = 0 if number % 7 == 3 else 1 + number % 600
    subject = "The same once more, word for word" if number % 11 == 5 else fake.text(150)
    return {"subject": subject, "priority": "low", "minutes": minutes, "contact": fake.free_email()}

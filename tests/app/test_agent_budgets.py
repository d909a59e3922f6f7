"""What a run by agents may take: money, tokens and time, looked at before a call is sent."""

import json
from typing import Any

import pytest
from agent_runs import MODES, Told, model, orders, run, serve, tickets
from commands import Agent
from model_records import passage
from model_server import Delay, ModelServer, records_brain

pytestmark = pytest.mark.slow  # a process a test, or several

PRICES = {"price_in": 2.0, "price_cached_in": 1.0, "price_out": 8.0}


def cost(usage: dict[str, Any]) -> float:
    """USD by the prices."""
    fresh = usage["tokens_in"] - usage["tokens_cached"]
    return (fresh * 2.0 + usage["tokens_cached"] * 1.0 + usage["tokens_out"] * 8.0) / 1e6


def stops_for(agent: Agent, says: str, *args: str) -> Told:
    """A run that a budget stopped before its end, after it had brought something."""
    stopped = run(agent, *args)
    assert stopped.code == 3
    assert says in stopped.why
    assert 0 < len(stopped.rows) < stopped.metadata["counts"]["planned"]
    return stopped


@MODES
def test_money_is_never_overspent_and_a_raised_budget_goes_on(agent: Agent, mode: str) -> None:
    limit = 0.02 if mode == "tools" else 0.015
    plan = orders(60, models=model(**PRICES), generation={"mode": mode, "batch_size": 5})
    agent.plan({**plan, "budget": {"max_cost_usd": limit}})
    with ModelServer(records_brain()) as server:
        serve(agent, server)
        stopped = stops_for(agent, f"the budget of {limit} USD is used up")
        usage = stopped.metadata["usage"]
        assert usage["cost_usd"] == pytest.approx(cost(usage))
        assert limit / 2 < usage["cost_usd"] <= limit
        assert usage["calls"] == len(server.requests) == len(stopped.rows) / 5
        agent.plan({**plan, "budget": {"max_cost_usd": 10}})
        done = run(agent)
    assert done.code == 0
    assert done.rows[: len(stopped.rows)] == stopped.rows
    assert not server.paid_twice()
    assert done.metadata["usage"]["calls"] == len(server.requests) == 12


def test_the_command_line_limits_the_cost_of_all_runs_together(agent: Agent) -> None:
    agent.plan(orders(60, models=model(**PRICES), generation={"mode": "direct"}, budget={"max_cost_usd": 0.001}))
    with ModelServer(records_brain()) as server:
        serve(agent, server)
        stopped = stops_for(agent, "the budget of 0.02 USD is used up", "--max-cost", "0.02")
        calls = len(server.requests)
        again = run(agent, "--max-cost", "0.02")
        assert (again.code, again.rows) == (3, stopped.rows)
        assert len(server.requests) == calls, "what earlier runs spent is spent"
        assert run(agent, "--max-cost", "1").code == 0


@MODES
def test_tokens_are_never_overspent_however_long_the_records(agent: Agent, mode: str) -> None:
    """What a record takes is not known before the first one came: that is waited for."""

    def long_ticket(number: int, fake: Any) -> Any:
        subject = " ".join(passage(fake) for _ in range(8))
        return {"subject": subject, "priority": "low", "minutes": 1 + number % 600, "contact": fake.free_email()}

    limit = 30_000
    agent.plan(tickets(100, models=model(), generation={"mode": mode, "batch_size": 5}, budget={"max_tokens": limit}))
    with ModelServer(records_brain(long_ticket)) as server:
        serve(agent, server)
        stopped = stops_for(agent, "the budget of 30,000 tokens is used up")
        usage = stopped.metadata["usage"]
        assert limit / 2 < usage["tokens_in"] + usage["tokens_out"] <= limit
        agent.plan({**json.loads((agent.folder / "plan.json").read_text()), "budget": {}})
        assert run(agent).code == 0
    assert not server.paid_twice()


def test_minutes_end_a_run_that_goes_on_later(agent: Agent) -> None:
    """The time of a run that goes on counts anew; what is in flight when it is up is finished and kept."""
    plan = orders(60, generation={"mode": "direct", "max_concurrency": 2, "batch_size": 2})
    agent.plan({**plan, "budget": {"max_minutes": 2.5 / 60}})
    brain = records_brain()
    with ModelServer(lambda request: Delay(0.3, brain(request))) as server:
        serve(agent, server)
        stopped = run(agent, "--model", "m")
        assert stopped.code == 3
        assert "the budget of 0.0416667 minutes is used up" in stopped.why
        assert len(stopped.rows) == 2 * len(server.answered) == 2 * len(server.requests) < 60
        server.answer = brain
        agent.plan(plan)
        assert run(agent, "--model", "m").code == 0
    assert not server.paid_twice()


def test_a_budget_that_no_call_fits_sends_none(agent: Agent) -> None:
    agent.plan(orders(60, models=model(**PRICES), budget={"max_cost_usd": 0.0}))
    with ModelServer(records_brain()) as server:
        serve(agent, server)
        stopped = run(agent)
        assert (stopped.code, stopped.rows, server.requests) == (3, [], [])
        assert "the budget of 0 USD is used up" in stopped.why
        assert "the next call may cost" in stopped.why

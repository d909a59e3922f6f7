"""`agent run` against an endpoint that does not serve: it is waited for, or named, and the same command goes on."""

from itertools import pairwise
from typing import Any

import pytest
from agent_runs import MODES, ended, lines_until, model, orders, run, serve, started
from commands import Agent
from model_records import passage, random_values
from model_server import KEY, Answer, Error, Hang, ModelServer, error_body, every, faulty, records_brain

pytestmark = pytest.mark.slow  # a process a test, and waits that are real

ECHO = f"The key {KEY} was seen here."
"""What a badly made endpoint might say in its errors."""


def test_retry_after_is_honoured_by_all_calls(agent: Agent) -> None:
    agent.plan(orders(20, generation={"mode": "direct", "max_concurrency": 1}))
    with ModelServer(faulty(records_brain(), {2: Error(429, headers={"retry-after": "1"})})) as server:
        serve(agent, server)
        assert run(agent, "--model", "m").code == 0
    times = [request.time for request in server.requests]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert len(gaps) == 2
    assert 1.0 <= gaps[1] < 5.0


def _later(number: int, _: Any) -> Any:
    """What no model wrote before."""
    return {"inputs": {"text": passage(random_values(1000 + number))}}


def test_an_endpoint_that_goes_down_for_a_while_is_waited_for(agent: Agent) -> None:
    agent.plan(orders(60, generation={"mode": "direct", "max_concurrency": 2, "batch_size": 5}))
    with ModelServer(records_brain()) as server:
        serve(agent, server)
        server.answer = faulty(records_brain(), every(4, Hang()))
        with started(agent, "--model", "m") as process:
            server.wait_until(lambda it: len(it.answered) >= 3 and it.in_flight > 0)
            server.stop()
            server.answer = records_brain(_later)
            said = lines_until("does not answer", process.stderr)
            server.start()
            found = ended(agent, process, said)
    assert found.code == 0
    assert found.err.count("does not answer") == found.err.count("answers again") == 1
    assert server.root_url in said[-1]
    assert not server.paid_twice()


@MODES
def test_an_endpoint_that_never_was_up_is_named_and_the_same_command_goes_on(agent: Agent, mode: str) -> None:
    agent.plan(orders(20, generation={"mode": mode, "max_outage_s": 1}))
    with ModelServer(records_brain()) as server:
        serve(agent, server)
        server.stop()
        down = run(agent, "--model", "m")
        assert (down.code, down.rows) == (3, [])
        assert server.root_url in down.why
        assert "has not answered for" in down.why
        server.start()
        assert run(agent, "--model", "m").code == 0


@pytest.mark.parametrize(
    ("mode", "mlflow"), [("tools", False), ("direct", False), pytest.param("direct", {}, marks=pytest.mark.slow)]
)
def test_a_revoked_key_stops_the_run_and_its_variable_is_named(agent: Agent, mode: str, mlflow: Any) -> None:
    """In the middle of a run; the endpoint repeats the key in its message."""
    plan = orders(200, models=model(api_key_env="SHOP_KEY"), generation={"mode": mode, "max_concurrency": 4})
    agent.plan({**plan, "mlflow": mlflow})
    revoked = Error(401, error_body(401, f"Incorrect API key provided: {KEY}."))
    with ModelServer(faulty(records_brain(), lambda number: revoked if number > 5 else None)) as server:
        serve(agent, server)
        agent.env["SHOP_KEY"] = agent.env.pop("OPENAI_API_KEY")
        stopped = run(agent)
        assert stopped.code == 3
        assert "SHOP_KEY" in stopped.why
        assert "401" in stopped.why
        assert len(stopped.rows) == 50
        assert len(server.requests) <= 5 + 4
        server.answer = records_brain(_later)
        done = run(agent)
    assert done.code == 0
    assert done.rows[:50] == stopped.rows
    assert not server.paid_twice()


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (Error(403, error_body(403, ECHO)), "OPENAI_API_KEY"),
        (Error(404, error_body(404, "The model `m` does not exist.")), "is 'm' a model there"),
        (
            Error(429, error_body(429, "You exceeded your current quota.", "insufficient_quota")),
            "nothing left to spend",
        ),
        (Error(400, error_body(400, f"Unknown parameter; {ECHO}")), "`capabilities` and `options`"),
    ],
)
def test_refusals_that_will_not_change_stop_the_run_at_once(agent: Agent, answer: Answer, says: str) -> None:
    agent.plan(orders(300, generation={"mode": "direct"}))
    with ModelServer(answer) as server:
        serve(agent, server)
        stopped = run(agent, "--model", "m")
    assert stopped.code == 3
    assert says in stopped.why
    assert server.root_url in stopped.why
    assert len(server.requests) <= 16, "those of the first round"


@pytest.mark.parametrize("answer", [Error(429), Hang(), Error(500, ECHO)], ids=["429", "hang", "500"])
def test_an_endpoint_that_never_serves_is_given_up(agent: Agent, answer: Answer) -> None:
    agent.plan(orders(40, models=model(timeout_s=0.3), generation={"mode": "direct", "max_outage_s": 1.5}))
    with ModelServer(answer) as server:
        serve(agent, server)
        stopped = run(agent)
        assert (stopped.code, stopped.rows) == (3, [])
        assert server.root_url in stopped.why
        assert len(server.requests) < 200
        server.answer = records_brain()
        agent.plan(orders(40, models=model(), generation={"mode": "direct"}))
        assert run(agent).code == 0

"""Which model writes what: entries, routes, the command line, `models.toml`, and keys that are missing."""

import os
from collections import Counter
from typing import Any

import pytest
from agent_runs import LEVELS, asked, model, orders, refused, run, serve, tickets
from commands import Agent
from model_server import Error, ModelServer, Request, Text, error_body, records_brain

ALL = {name: {"model": f"{name}-1"} for name in ("small", "large", "judge")}


def by_model(server: ModelServer) -> Counter[str]:
    return Counter(request.model for request in server.requests)


def task_of(request: Request) -> str:
    return next(message.text for message in request.messages if message.role == "user")


def test_routes_choose_by_category_tier_and_keyword(agent: Agent) -> None:
    """The first that fits decides; the others are written by the plan's first model."""
    plan = tickets(20, models=ALL, generation={"mode": "direct"})
    parts = {"name": {"type": "string"}, "size": {"type": "integer", "multipleOf": 5}}
    sized = {"type": "object", "properties": parts, "required": ["name", "size"]}
    plan["categories"] += [
        {"name": "orders", "count": 8, "record_schema": None, "worker": "agent"},
        {"name": "sizes", "count": 6, "record_schema": {**sized, "additionalProperties": False}},
    ]
    del plan["categories"][1]["record_schema"]
    (agent.folder / "models.toml").write_text('[spare]\nmodel = "from-the-file"\n', encoding="utf-8")
    plan["routes"] = [
        {"keyword": "multipleOf", "model": "judge"},
        {"tier": "complex", "model": "large"},
        {"category": "orders", "model": "spare"},
    ]
    agent.plan(plan)
    brain = records_brain()
    sizes = records_brain(lambda number, fake: {"name": fake.text(60), "size": 5 * number})
    with ModelServer(lambda request: (sizes if "Category: sizes" in task_of(request) else brain)(request)) as server:
        serve(agent, server)
        told = run(agent)
    assert told.code == 0
    assert by_model(server) == {"small-1": 2, "large-1": 1, "from-the-file": 1, "judge-1": 1}
    for request in server.requests:
        assert (request.model == "large-1") == (str(LEVELS[2]["guidance"]) in task_of(request))
        assert (request.model == "from-the-file") == ("Category: orders" in task_of(request))
        assert (request.model == "judge-1") == ("Category: sizes" in task_of(request))
    usage = told.metadata["usage"]["by_model"]
    assert {row["model"]: row["calls"] for row in usage} == {"small": 2, "large": 1, "spare": 1, "judge": 1}


def test_a_route_to_a_model_that_no_entry_has_is_refused_with_the_nearest(agent: Agent) -> None:
    agent.plan(orders(4, models=ALL, routes=[{"model": "smal"}]))
    ran = agent("run", "plan.json")
    assert ran.code == 2
    assert "$.routes[0]" in ran.err and "'small'" in ran.err
    assert not (agent.folder / "checkpoints").exists()


def test_a_committee_writes_in_shares(agent: Agent) -> None:
    weights = {"small": 3, "large": 1}
    agent.plan(orders(80, models=ALL, routes=[{"weights": weights}], generation={"mode": "direct", "batch_size": 1}))
    with ModelServer(records_brain()) as server:
        serve(agent, server)
        assert run(agent).code == 0
    shares = by_model(server)
    assert shares.total() == 80
    assert 45 <= shares["small-1"] <= 72, "three quarters of the batches, drawn by their numbers"
    assert shares["large-1"] == 80 - shares["small-1"]


def test_a_cascade_hands_what_failed_to_the_next_model(agent: Agent) -> None:
    """The first model cannot write complex tickets; what it can, the second is not asked for."""
    plan = tickets(40, models=ALL, routes=[{"cascade": ["small", "large"]}], generation={"mode": "direct"})
    agent.plan({**plan, "generation": {"mode": "direct", "repairs": 1}})
    brain = records_brain()

    def answer(request: Request) -> Any:
        is_hard = str(LEVELS[2]["guidance"]) in task_of(request)
        return Text("That is beyond me.") if is_hard and request.model == "small-1" else brain(request)

    with ModelServer(answer) as server:
        serve(agent, server)
        told = run(agent)
    assert told.code == 0
    assert told.counts[("tickets", "complex")] == 8
    large = [request for request in server.requests if request.model == "large-1"]
    assert large
    assert all(str(LEVELS[2]["guidance"]) in task_of(request) for request in large)
    hard = [request.model for request in server.requests if str(LEVELS[2]["guidance"]) in task_of(request)]
    assert hard[:2] == ["small-1", "small-1"]
    assert set(hard[2:]) == {"large-1"}


def test_the_command_line_goes_before_routes(agent: Agent) -> None:
    agent.plan(orders(20, models=ALL, routes=[{"weights": {"small": 1, "large": 1}}]))
    with ModelServer(records_brain()) as server:
        serve(agent, server)
        assert run(agent, "--model", "judge").code == 0
        assert by_model(server) == {"judge-1": 2}
        agent.plan(orders(40, models=ALL, routes=[{"weights": {"small": 1, "large": 1}}]))
        agent.env["DATASET_AGENT_MODEL"] = "another"
        assert run(agent).code == 0
        assert by_model(server) == {"judge-1": 2, "another": 2}


def test_a_model_that_writes_nothing_needs_no_key(agent: Agent) -> None:
    """The plan's first entry would write what no route takes; here one takes all."""
    entries = {"judge": {"model": "j", "api_key_env": "NOBODY_SET_THIS"}, **model()}
    agent.plan(orders(20, models=entries, generation={"mode": "direct"}))
    with ModelServer(records_brain()) as server:
        serve(agent, server)
        assert "the variable NOBODY_SET_THIS, which holds its key, is not set" in refused(agent)
        agent.plan(orders(20, models=entries, generation={"mode": "direct"}, routes=[{"model": "m"}]))
        assert run(agent).code == 0
    assert by_model(server) == {"m": 2}


def test_models_toml_names_models_beside_the_plan(agent: Agent) -> None:
    """The plan's own entries go before those of the file; a key may stand in `.env`."""
    agent.plan(orders(20))
    brain, other_key = records_brain(), "sk-other-0a1b2c3d4e"
    with ModelServer(brain) as first, ModelServer(brain, key=other_key) as second:
        serve(agent, first)
        tables = (
            f'[near]\nmodel = "tiny"\n\n[far]\nmodel = "big"\nbase_url = "{second.base_url}"\napi_key_env = "FAR"\n'
        )
        (agent.folder / "models.toml").write_text(tables + "options = {temperature = 0.5, seed = 7}\n")
        assert run(agent).code == 0
        assert by_model(first) == {"tiny": 2}
        agent.plan(orders(40))
        says = refused(agent, "--model", "far")
        assert "model 'far'" in says
        assert "the variable FAR, which holds its key, is not set" in says
        (agent.folder / ".env").write_text(f"FAR={other_key}\n")
        assert run(agent, "--model", "far").code == 0
        assert by_model(second) == {"big": 2}
        assert {(request.body["temperature"], request.body["seed"]) for request in second.requests} == {(0.5, 7)}
        agent.plan(orders(60, models={"near": {"model": "mine"}}))
        assert run(agent, "--model", "near").code == 0
        assert by_model(first) == {"tiny": 2, "mine": 2}
    for file in (path for path in agent.folder.rglob("*") if path.is_file() and path.name != ".env"):
        assert other_key.encode() not in file.read_bytes()


def test_a_broken_models_toml_is_refused(agent: Agent) -> None:
    agent.plan(orders(20))
    (agent.folder / "models.toml").write_text(
        '[near]\nmodel = "tiny"\nbase_ulr = "http://127.0.0.1:1/v1"\nrpm = "many"\n'
    )
    says = refused(agent, "--model", "near")
    assert "models.toml: near.base_ulr: unknown key" in says
    assert "base_url" in says
    assert "near.rpm" in says


def test_openai_wants_a_key_before_anything_is_written(agent: Agent) -> None:
    agent.env.pop("OPENAI_API_KEY", None)
    agent.env.pop("OPENAI_BASE_URL", None)
    agent.plan(orders(20))
    says = refused(agent, "--model", "gpt-x")
    assert "model 'gpt-x': the variable OPENAI_API_KEY, which holds its key, is not set" in says
    assert "export OPENAI_API_KEY=" in says


def test_a_local_endpoint_needs_no_key(agent: Agent) -> None:
    agent.plan(orders(20, generation={"mode": "direct"}))
    with ModelServer(records_brain()) as server:
        serve(agent, server)
        del agent.env["OPENAI_API_KEY"]
        assert run(agent, "--model", "m").code == 0


def test_no_model_anywhere_is_told_with_what_to_do(agent: Agent) -> None:
    agent.plan(orders(20))
    says = refused(agent)
    assert "'order_status' is written by an agent, and no model is named" in says
    assert "--model NAME" in says


@pytest.mark.parametrize("mode", ["tools", "direct"])
def test_a_provider_without_its_extra_is_refused(agent: Agent, mode: str) -> None:
    """Whether or not any-llm is installed here: a package of that name that cannot be imported goes before it."""
    (agent.folder / "absent").mkdir()
    (agent.folder / "absent" / "any_llm.py").write_text("raise ImportError('not installed')\n")
    paths = [str(agent.folder / "absent"), agent.env.get("PYTHONPATH", "")]
    agent.env |= {"PYTHONPATH": os.pathsep.join(filter(None, paths)), "ANTHROPIC_API_KEY": "sk-ant-0123456789"}
    entry = {"model": "claude-x", "provider": "anthropic", "api_key_env": "ANTHROPIC_API_KEY"}
    agent.plan(orders(20, models={"claude": entry}, generation={"mode": mode}))
    says = refused(agent)
    assert "model 'claude'" in says
    assert "the provider 'anthropic' is reached through any-llm, which is not installed" in says
    assert 'pip install "dataset-agent[providers]"' in says


def test_each_model_has_a_pace_of_its_own(agent: Agent) -> None:
    """One of two endpoints refuses what is long; the other's batches grow."""
    weights = {"small": 1, "large": 1}
    agent.plan(
        orders(240, models=ALL, routes=[{"weights": weights}], generation={"mode": "direct", "max_concurrency": 2})
    )
    brain = records_brain()

    def answer(request: Request) -> Any:
        wanted = int(task_of(request).rpartition("wanted: ")[2].rstrip(").\n"))
        if request.model == "small-1" and wanted > 4:
            return Error(400, error_body(400, "Your input is too long.", "context_length_exceeded"))
        return brain(request)

    with ModelServer(answer) as server:
        serve(agent, server)
        assert run(agent).code == 0
    sizes = dict(asked(agent, "large_eval_set", "SELECT model, batch_size FROM pace"))
    assert 1 <= sizes["small"] <= 4
    assert sizes["large"] > 10


def test_an_entry_says_what_its_model_cannot_do(agent: Agent) -> None:
    """Without tools a model answers directly; without structured answers the schema stands in its task."""
    agent.plan(tickets(10, models=model(capabilities=[])))
    brain = records_brain(lambda number, fake: {"subject": fake.text(120), "priority": "low", "minutes": 1 + number,
                                                "contact": fake.free_email()})  # fmt: skip
    with ModelServer(brain) as server:
        serve(agent, server)
        assert run(agent).code == 0
    for request in server.requests:
        assert not request.tools
        assert "response_format" not in request.body
        assert '"maximum": 600' in task_of(request)

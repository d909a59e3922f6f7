"""`agent estimate` of what models do with sources: what it reckons is what a run then sends."""

import json
from pathlib import Path
from typing import Any

import pytest
from agent_runs import model, no_key, serve
from commands import Agent
from grounded_world import ASK, CODES, EXTRACT, FACTS, LABEL, grounded_brain, plan, write_sources
from model_server import KEY, ModelServer, Request, Text, records_brain

from dataset_agent.app.estimating.command import estimate
from dataset_agent.app.estimating.materials import Queries
from dataset_agent.app.preparing import prepare
from dataset_agent.settings import Settings
from dataset_agent.tools.grounding.reverse.extraction import is_yes

pytestmark = pytest.mark.slow  # a process a test, and waits that are real

PRICES = {"price_in": 2.0, "price_out": 8.0, "capabilities": ["json_schema"]}


@pytest.fixture(autouse=True)
def _nowhere(agent: Agent) -> None:
    """What asks a model without a server that listens fails."""
    agent.env |= {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1", "OPENAI_API_KEY": KEY}


def estimated(agent: Agent, *args: str) -> dict[str, Any]:
    before = {path.name for path in agent.folder.iterdir()}
    ran = agent("estimate", "plan.json", "--json", *args)
    assert ran.code == 0, ran.err
    assert {path.name for path in agent.folder.iterdir()} == before
    no_key(agent, ran)
    return ran.json


def run(agent: Agent) -> dict[str, Any]:
    ran = agent("run", "plan.json", "--json")
    assert ran.code == 0, ran.err
    return ran.json


def prompt_tokens(request: Request) -> float:
    """4 bytes a token of what is said, 3 a token of the schema."""
    said = "".join(message.text for message in request.messages)
    schema = json.dumps(request.body["response_format"]["json_schema"]["schema"], ensure_ascii=False)
    return len(said.encode()) / 4 + len(schema.encode()) / 3


@pytest.mark.parametrize(
    "category",
    [EXTRACT, LABEL, ASK, {**ASK, "count": 24}],
    ids=["extract", "label", "document_qa", "two_questions_a_document"],
)
def test_the_calls_and_tokens_are_those_that_a_run_sends(agent: Agent, category: dict[str, Any]) -> None:
    write_sources(agent.folder)
    agent.plan(plan(category, models=model(**PRICES)))
    with ModelServer(grounded_brain()) as server:
        serve(agent, server)
        found = estimated(agent)
        assert not server.requests, "an estimate asks no model"
        told = run(agent)
        sent = list(server.requests)
    usage = found["usage"]
    assert usage["calls"] == len(sent)
    assert usage["tokens_in"] == pytest.approx(sum(map(prompt_tokens, sent)), rel=0.02)
    assert 0.5 < usage["tokens_out"] / told["usage"]["tokens_out"] < 2
    assert usage["cost_usd"] == pytest.approx((2 * usage["tokens_in"] + 8 * usage["tokens_out"]) / 1e6, rel=0.01)
    for amount in ("calls", "tokens_in", "tokens_out", "cost_usd", "seconds"):
        ends = found["range"][amount]
        assert ends["low"] <= ends["likely"] <= ends["high"]
    assert {row["worker"] for row in found["strata"]} == {category["worker"]}


def test_what_a_source_proves_costs_nothing_and_tiers_say_what_there_is(agent: Agent) -> None:
    write_sources(agent.folder)
    agent.plan(plan(EXTRACT, models=model(**PRICES)))
    common, rare = estimated(agent)["strata"]
    assert (common["capacity"], common["objects"]) == (24, 12) == (rare["capacity"], rare["objects"])
    assert common["calls"] == 6 * 6, "three of sixteen notes fit a chunk"
    assert rare["calls"] == 6 * 2
    assert rare["batch_size"] == common["batch_size"] == 1
    agent.plan(plan({**EXTRACT, "negatives": 5}, models=model(**PRICES)))
    assert estimated(agent)["strata"][0]["calls"] == 2 * 6, "two queries, the other ten are negatives"


def test_models_side_by_side_each_have_their_calls_and_price(agent: Agent) -> None:
    write_sources(agent.folder)
    models = {"m": {"model": "m", **PRICES}, "n": {"model": "n", **PRICES, "price_in": 20.0}}
    both = {**LABEL, "models": ["m", "n"]}
    agent.plan(plan(both, models=models))
    with ModelServer(grounded_brain()) as server:
        serve(agent, server)
        found = estimated(agent)
        run(agent)
        assert sorted(request.model for request in server.requests) == ["m", "m", "n", "n"]
    assert {row["model"]: row["calls"] for row in found["models"]} == {"m": 2, "n": 2}
    one, other = found["models"]
    assert one["tokens_in"] == other["tokens_in"]
    assert other["cost_usd"] > 3 * one["cost_usd"]
    assert found["strata"][0]["models"] == {"m": 2, "n": 2}


def test_what_is_there_is_left_out(agent: Agent) -> None:
    write_sources(agent.folder)
    agent.plan(plan(EXTRACT, models=model(**PRICES)))
    with ModelServer(grounded_brain()) as server:
        serve(agent, server)
        run(agent)
        more = [{**EXTRACT["tiers"][0], "count": 16}, EXTRACT["tiers"][1]]
        agent.plan(plan({**EXTRACT, "count": 28, "tiers": more}, models=model(**PRICES)))
        found, already = estimated(agent), len(server.requests)
        run(agent)
        sent = server.requests[already:]
    assert [row["accepted"] for row in found["strata"]] == [12, 12]
    assert found["usage"]["calls"] == len(sent) == 2 * 6


def test_reading_again_is_in_the_range_alone(agent: Agent) -> None:
    write_sources(agent.folder)
    agent.plan(plan(EXTRACT, models=model(**PRICES)))
    once = estimated(agent)["range"]["calls"]
    agent.plan(plan({**EXTRACT, "min_recall": 0.9}, models=model(**PRICES)))
    again = estimated(agent)["range"]["calls"]
    assert again["likely"] == once["likely"] and again["high"] > once["high"]


def test_passages_found_by_likeness_are_not_embedded_for_an_estimate(agent: Agent) -> None:
    write_sources(agent.folder)
    evidence = {"source": "notes", "top": 10, "chunk_chars": 400, "passage_chars": 200}
    agent.plan(plan({**EXTRACT, "evidence": evidence}, models=model(**PRICES)))
    agent.env |= {"HF_HOME": str(agent.folder / "no-models"), "DATASET_AGENT_EMBEDDER": "nobody/has-this-one"}
    found = estimated(agent)
    likely, high = (found["range"]["calls"][end] for end in ("likely", "high"))
    assert likely == 12 * 3, "four passages of ninety characters fit a chunk of 400"
    assert high >= 12 * 5, "passages may be as long as the plan lets them"
    assert any("nothing is embedded" in note for note in found["notes"])


def test_rows_that_agents_write_from_are_counted(agent: Agent) -> None:
    write_sources(agent.folder)
    told = {"name": "talk", "count": 10, "source": "facts", "key": "drug", "example_inputs": "Is it safe?"}
    rules = {"generation": {"mode": "direct", "batch_size": 10, "repairs": 0, "max_attempts": 1}}
    agent.plan(plan({**told, "worker": "agent"}, models=model(**PRICES), **rules))
    with ModelServer(records_brain()) as server:
        serve(agent, server)
        found = estimated(agent)["usage"]["tokens_in"]
        agent("run", "plan.json", "--json")
        assert '"effect": "effect' in server.requests[0].messages[1].text
        assert found == pytest.approx(prompt_tokens(server.requests[0]), rel=0.02)


def test_a_column_that_is_missing_is_named(agent: Agent) -> None:
    write_sources(agent.folder)
    agent.plan(plan({**EXTRACT, "evidence": {"source": "notes", "match": "effct"}}, models=model()))
    ran = agent("estimate", "plan.json")
    assert ran.code == 2 and "effct" in ran.err and "$.categories[0].evidence.match" in ran.err
    assert "Traceback" not in ran.err


def test_templates_over_a_source_say_what_each_tier_has(agent: Agent) -> None:
    write_sources(agent.folder)
    tiers = [{**EXTRACT["tiers"][0], "count": 20}, {**EXTRACT["tiers"][1], "count": 4}]
    category = {**{key: value for key, value in EXTRACT.items() if key != "evidence"}, "worker": "template"}
    agent.plan(plan({**category, "tiers": tiers}))
    rows = estimated(agent)["strata"]
    assert [(row["worker"], row["capacity"], row["objects"], row["yield"]) for row in rows] == [
        ("template", 24, 12, 1.0),
        ("template", 24, 12, 1.0),
    ]


@pytest.mark.slow
@pytest.mark.parametrize("category", [EXTRACT, LABEL, ASK], ids=["extract", "label", "document_qa"])
def test_a_pilot_measures_batches_of_tasks(agent: Agent, category: dict[str, Any]) -> None:
    write_sources(agent.folder)
    agent.plan(plan(category, models=model(**PRICES), generation={"batch_size": 5}))
    with ModelServer(grounded_brain()) as server:
        serve(agent, server)
        found = estimated(agent, "--pilot", "4")
        sent = len(server.requests)
    pilot = found["pilot"]
    assert pilot["batches"] == 4 and pilot["ended"] is None
    assert pilot["accepted"] == pilot["wanted"] and pilot["usage"]["calls"] == sent
    assert pilot["total"]["calls"]["likely"] == pytest.approx(found["usage"]["calls"], abs=1)
    ends = pilot["total"]["tokens_in"]
    assert ends["low"] <= ends["likely"] <= ends["high"] < 5 * ends["likely"]


@pytest.mark.slow
def test_a_pilot_sees_what_a_model_makes_of_the_evidence(agent: Agent) -> None:
    write_sources(agent.folder)
    agent.plan(plan(EXTRACT, models=model(**PRICES), generation={"repairs": 1}))

    def unreadable(request: Request) -> Text | None:
        return Text("I would rather not.") if len(request.messages) == 2 else None

    with ModelServer(grounded_brain(unreadable)) as server:
        serve(agent, server)
        pilot = estimated(agent, "--pilot", "4")["pilot"]
    assert pilot["usage"]["calls"] == 2 * (6 + 2), "each of two queries is read twice over"
    assert pilot["total"]["calls"]["likely"] == 2 * (36 + 12)


def test_the_numbers_of_queries_are_those_of_their_lanes(tmp_path: Path) -> None:
    write_sources(tmp_path)
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(plan({**EXTRACT, "negatives": 3}, models=model())), encoding="utf-8")
    prepared = prepare(file, Settings(openai_base_url="http://127.0.0.1:9/v1", variables={"OPENAI_API_KEY": KEY}))
    category = prepared.plan.categories[0]
    questions, queries = prepared.grounds.reverse_queries(category), Queries(prepared.grounds, category)
    for lane in questions.lanes:
        for number in lane.numbers:
            calls = queries.amounts([number]).calls_a_record
            assert bool(calls) == is_yes(questions.record(number))


def test_a_large_source_is_sampled(tmp_path: Path) -> None:
    write_sources(tmp_path)
    rows = "".join(f"Drug {d},effect {e}\n" for e in range(3000) for d in range(e % 7, 30, 3))
    (tmp_path / "facts.csv").write_text("drug,effect\n" + rows, encoding="utf-8")
    category = {key: value for key, value in EXTRACT.items() if key not in ("evidence", "tiers")}
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(plan({**category, "count": 6000}, models=model())), encoding="utf-8")
    settings = Settings(openai_base_url="http://127.0.0.1:9/v1", variables={"OPENAI_API_KEY": KEY})
    found = estimate(file, settings, checkpoint_dir=tmp_path / "none")
    assert found["usage"]["calls"] == 3000, "a chunk of 4,000 characters holds all that is said of one"
    assert len(FACTS) > 200 and len(CODES) == 36

"""`agent estimate` without a pilot: its arithmetic, done again from what a run really sends, and its limits."""

import json
import math
from collections import Counter
from itertools import count as numbers
from pathlib import Path
from typing import Any

import pytest
from agent_runs import TICKET, asked, model, no_key, orders, refused, run, serve, tickets
from commands import Agent
from hypothesis import given, settings
from hypothesis import strategies as st
from model_server import ModelServer, Request, records_brain
from plans import questions

from dataset_agent.app.estimating.agents import AgentEstimate, Standing
from dataset_agent.app.estimating.command import estimate
from dataset_agent.app.estimating.forecasting import Forecast
from dataset_agent.app.preparing import prepare
from dataset_agent.records import Usage
from dataset_agent.settings import Settings

pytestmark = pytest.mark.slow  # a process a test, or several

PRICES = {"price_in": 2.0, "price_out": 8.0}
KINDS = pytest.mark.parametrize(
    "capabilities", [["tools", "json_schema"], ["json_schema"], []], ids=["tools", "json_schema", "neither"]
)
NOWHERE = {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1", "OPENAI_API_KEY": "none"}


def told(agent: Agent, *args: str) -> dict[str, Any]:
    """What `agent estimate` says of `plan.json`; it leaves nothing behind."""
    before = files(agent.folder)
    ran = agent("estimate", "plan.json", "--json", *args)
    assert ran.code == 0, ran.err
    assert files(agent.folder) == before
    no_key(agent, ran)
    return ran.json


def files(folder: Path) -> dict[Path, bytes]:
    """What lies in a folder, but for what SQLite keeps beside a database while it is read."""
    kept = [path for path in folder.rglob("*") if path.is_file() and not path.name.endswith(("-shm", "-wal"))]
    return {path: path.read_bytes() for path in kept}


def guess(folder: Path, plan: dict[str, Any], **keys: Any) -> dict[str, Any]:
    """The same in this process."""
    file = folder / "plan.json"
    file.write_text(json.dumps(plan), encoding="utf-8")
    checkpoints = folder / "checkpoints"
    return estimate(file, Settings(openai_base_url=NOWHERE["OPENAI_BASE_URL"], checkpoint_dir=checkpoints), **keys)


def prompt_tokens(request: Request, schema: dict[str, Any]) -> float:
    """4 bytes a token of what is said, 3 a token of the JSON of tools and schemas."""
    said = "".join(message.text for message in request.messages)
    data = json.dumps(schema)
    if "response_format" in request.body:
        data = json.dumps(request.body["response_format"]["json_schema"]["schema"])
    elif request.tools:
        kept = ("name", "description", "parameters")
        data = json.dumps([{key: tool["function"][key] for key in kept} for tool in request.body["tools"]])
    else:
        assert said.count(data) == 1, "a model that can do neither is told the schema"
        said = said.replace(data, "")
    return len(said.encode()) / 4 + len(data.encode()) / 3


@KINDS
def test_the_arithmetic_is_that_of_what_a_run_sends(agent: Agent, capabilities: list[str]) -> None:
    example = {"inputs": {"text": "Where is my order #12345?"}}
    entry = model(**PRICES, capabilities=capabilities)
    agent.plan(orders(57, models=entry))
    with ModelServer(records_brain(lambda number, fake: {"inputs": {"text": fake.paragraph(5)}})) as server:
        serve(agent, server)
        found = told(agent)
        assert not server.requests
        assert not server.looks
        run(agent)
    schema = {"type": "object", "properties": {"text": {"type": "string", "minLength": 1}},
              "required": ["text"], "additionalProperties": False}  # fmt: skip
    asked = {"type": "object", "properties": {"inputs": schema}, "required": ["inputs"], "additionalProperties": False}
    first = next(request for request in server.requests if "variation: 0" in request.messages[-1].text)
    tokens_in = round(6 * prompt_tokens(first, asked))
    tokens_out = round(6 * 5 + 57 * (len(json.dumps(example)) + len(", ")) / 3)
    usage = {"calls": 6, "tokens_in": tokens_in, "tokens_cached": 0, "tokens_out": tokens_out}
    cost = (tokens_in * 2 + tokens_out * 8) / 1e6
    assert found["usage"] == {**usage, "cost_usd": pytest.approx(cost)}
    assert found["usage"]["calls"] == len(server.requests)
    stratum, served = found["strata"][0], found["models"][0]
    assert (stratum["models"], stratum["batch_size"], stratum["lengths_from"]) == ({"m": 6}, 10, "examples")
    seconds = 6 * 1.0 + (30 + 57 * (len(json.dumps(example)) + 2) / 3) / 50
    assert served["seconds"] == pytest.approx(seconds / 6), "all six at once"
    assert (served["limited_by"], served["has_prices"]) == ("concurrency", True)
    kept = json.dumps({**example, "expectations": {"contains_order_id": True}}, separators=(",", ":"))
    assert found["bytes"] == 57 * len(kept)
    high = found["range"]
    assert high["calls"] == {"low": 6, "likely": 6, "high": 8}
    assert high["cost_usd"]["high"] == pytest.approx(1.3 * cost, rel=1e-3)
    assert high["tokens_in"]["high"] == pytest.approx(1.3 * tokens_in, abs=1)


def test_the_length_of_records_is_that_of_the_schemas_own_sampler(tmp_path: Path) -> None:
    plan = tickets(30, models=model(**PRICES))
    found = guess(tmp_path, plan)
    assert [row["lengths_from"] for row in found["strata"]] == ["schema"] * 3
    shortest = {"subject": "12345", "priority": "low", "minutes": 1, "contact": "a@b.co"}
    assert len(json.dumps(shortest)) / 3 < found["usage"]["tokens_out"] / 30 < 4 * len(json.dumps(shortest)) / 3
    longer = json.loads(json.dumps(TICKET))
    longer["properties"]["subject"]["minLength"] = 3005
    more = guess(tmp_path, {**plan, "record_schema": longer})
    assert more["usage"]["tokens_out"] > found["usage"]["tokens_out"] + 30 * 900


def test_without_schema_or_examples_a_record_is_taken_to_be_of_middling_length(tmp_path: Path) -> None:
    plan = orders(10, models=model())
    del plan["categories"][0]["example_inputs"]
    found = guess(tmp_path, plan)
    assert found["usage"]["tokens_out"] == round(5 + 10 * 182 / 3)
    assert any("neither schema nor examples" in note for note in found["notes"])
    assert any("No prices are known of m" in note for note in found["notes"])
    assert found["usage"]["cost_usd"] == 0.0


@pytest.mark.parametrize(
    ("limits", "limit"),
    [({}, "concurrency"), ({"rpm": 30}, "rpm"), ({"tpm": 5_000}, "tpm"), ({"rpm": 30, "tpm": 500}, "tpm"),
     ({"rpm": 100_000, "tpm": 100_000_000}, "concurrency")],
)  # fmt: skip
def test_the_time_says_which_limit_binds(tmp_path: Path, limits: dict[str, int], limit: str) -> None:
    generation = {"batch_size": 10, "max_concurrency": 4}
    found = guess(tmp_path, orders(1000, models=model(**limits), generation=generation))
    served, usage = found["models"][0], found["usage"]
    assert (served["limited_by"], served["concurrency"], usage["calls"]) == (limit, 4, 100)
    one = 1.0 + usage["tokens_out"] / 100 / 50
    least = {
        "concurrency": 100 * one / 4,
        "rpm": 60 * 99 / limits.get("rpm", 1) + one,
        "tpm": 60 * (usage["tokens_in"] + usage["tokens_out"]) / limits.get("tpm", 1),
    }[limit]
    assert found["seconds"] == pytest.approx(least, rel=1e-3) or (limit == "tpm" and found["seconds"] >= 0.9 * least)


@pytest.mark.parametrize(("count", "slowest", "fastest"), [(300, 30, 27), (1000, 100, 65), (100_000, 2114, 2066)])
def test_batches_grow_as_those_in_flight_come_back(tmp_path: Path, count: int, slowest: int, fastest: int) -> None:
    def calls(in_flight: int) -> int:
        left, made = count, 0
        for made in numbers(1):
            left -= min(50, 10 + max(0, made - 1 - in_flight - in_flight // 4) // 3)
            if left <= 0:
                break
        return made

    found = guess(tmp_path, orders(count, models=model()))
    ends = found["range"]["calls"]
    assert (ends["likely"], ends["low"]) == (calls(64), calls(16))
    assert ends["high"] == math.ceil(1.3 * math.ceil(count / 10))
    assert abs(ends["likely"] - slowest) <= 3
    assert abs(ends["low"] - fastest) <= 3


def test_a_large_plan_is_estimated_without_cutting_each_batch(tmp_path: Path) -> None:
    plan = tickets(3_000_000, models=model(), generation={"batch_size": 10})
    found = guess(tmp_path, plan)
    assert [row["calls"] for row in found["strata"]] == [150_000, 90_000, 60_000]
    assert guess(tmp_path, tickets(3_000_000, models=model()))["usage"]["calls"] == pytest.approx(60_000, rel=0.03)


def test_the_context_bounds_the_batch(tmp_path: Path) -> None:
    found = guess(tmp_path, tickets(100, models=model(context_tokens=3000)))
    size = found["strata"][0]["batch_size"]
    assert 1 <= size < 10
    assert found["strata"][0]["calls"] == math.ceil(50 / size)


def test_a_committee_shares_the_calls_and_a_route_takes_its_tier(tmp_path: Path) -> None:
    entries = {
        "cheap": {"model": "c", "price_in": 1.0},
        "dear": {"model": "d", "price_in": 10.0},
        "rare": {"model": "r"},
    }
    routes = [{"tier": "rare", "model": "rare"}, {"weights": {"cheap": 3, "dear": 1}}]
    found = guess(tmp_path, tickets(4000, models=entries, routes=routes, generation={"batch_size": 10}))
    rows = {row["tier"]: row for row in found["strata"]}
    assert rows["rare"]["models"] == {"rare": 120}
    committee = Counter(rows["simple"]["models"]) + Counter(rows["complex"]["models"])
    assert committee.total() == 280
    assert 0.6 < committee["cheap"] / 280 < 0.9
    by_model = {row["model"]: row for row in found["models"]}
    assert by_model["cheap"]["calls"] == committee["cheap"]
    assert by_model["rare"]["cost_usd"] == 0
    assert found["seconds"] == pytest.approx(max(row["seconds"] for row in found["models"]))
    assert sum(row["cost_usd"] for row in found["strata"]) == pytest.approx(found["usage"]["cost_usd"])


def test_a_cascade_is_counted_by_its_first_model_and_says_so(tmp_path: Path) -> None:
    entries = {"cheap": {"model": "c", "price_in": 1.0}, "dear": {"model": "d", "price_in": 10.0}}
    found = guess(tmp_path, orders(100, models=entries, routes=[{"cascade": ["cheap", "dear"]}]))
    assert found["strata"][0]["models"] == {"cheap": 10}
    assert any("Batches that fail go to dear" in note for note in found["notes"])


def test_a_price_for_cached_tokens_lowers_the_low_end(tmp_path: Path) -> None:
    schema = {**TICKET, "description": "x" * 6000}
    prices = {"price_in": 2.0, "price_out": 0.0}
    dear = guess(tmp_path, tickets(400, models=model(**prices), record_schema=schema))["range"]["cost_usd"]
    kept = guess(tmp_path, tickets(400, models=model(**prices, price_cached_in=0.2), record_schema=schema))
    assert kept["range"]["cost_usd"]["likely"] == dear["likely"]
    assert kept["range"]["cost_usd"]["low"] < 0.25 * dear["low"]


BUDGETS = [
    ({"max_cost_usd": 10.0}, "yes"), ({"max_cost_usd": 0.01}, "no"), ({"max_tokens": 10**9}, "yes"),
    ({"max_tokens": 100}, "no"), ({"max_minutes": 60.0}, "yes"), ({"max_minutes": 0.001}, "no"),
]  # fmt: skip


@pytest.mark.parametrize(("budget", "suffices"), BUDGETS)
def test_the_budget_is_held_against_the_estimate(tmp_path: Path, budget: dict[str, float], suffices: str) -> None:
    (row,) = guess(tmp_path, orders(500, models=model(**PRICES), budget=budget))["budget"]
    assert (row["limit"], row["value"], row["suffices"]) == (*next(iter(budget.items())), suffices)


def test_a_budget_without_room_for_calls_in_flight_may_be_too_little(tmp_path: Path) -> None:
    plan = orders(500, models=model(**PRICES), generation={"batch_size": 10})
    high = guess(tmp_path, plan)["range"]["cost_usd"]["high"]
    (row,) = guess(tmp_path, {**plan, "budget": {"max_cost_usd": 1.01 * high}})["budget"]
    assert row["headroom"] > 0.01 * high
    assert row["suffices"] == "perhaps"
    (row,) = guess(tmp_path, {**plan, "budget": {"max_cost_usd": high + row["headroom"]}})["budget"]
    assert row["suffices"] == "yes"


@pytest.mark.slow
def test_what_a_checkpoint_has_is_left_out(agent: Agent) -> None:
    plan = orders(40, models=model(**PRICES))
    agent.plan(plan)
    with ModelServer(records_brain()) as server:
        serve(agent, server)
        assert run(agent).code == 0
        done = told(agent)
        assert (done["usage"]["calls"], done["strata"][0]["accepted"], done["models"]) == (0, 40, [])
        agent.plan(orders(100, models=model(**PRICES), budget={"max_cost_usd": 100}))
        more = told(agent)
    size = asked(agent, "large_eval_set", "SELECT batch_size FROM pace")[0][0]
    assert (more["strata"][0]["batch_size"], size) == (size, 11), "learned"
    assert more["strata"][0]["calls"] == math.ceil(60 / size)
    assert any("40 of 40 records are in checkpoints/large_eval_set" in note for note in more["notes"])
    spent = asked(agent, "large_eval_set", "SELECT SUM(cost_usd) FROM calls")[0][0]
    assert more["budget"][0]["spent"] == pytest.approx(spent)
    agent.plan({**orders(100, models=model(**PRICES)), "seed": 5})
    other = told(agent)
    assert (other["strata"][0]["accepted"], other["usage"]["calls"]) == (0, 10)
    assert any("--fresh" in note for note in other["notes"])


def test_templates_and_agents_stand_side_by_side(agent: Agent) -> None:
    both = questions(120)
    both["categories"].append(orders(30)["categories"][0])
    agent.plan({**both, "models": model(**PRICES)})
    agent.env |= NOWHERE
    found = told(agent)
    assert found["planned"] == 150
    rows = found["strata"]
    assert [row["worker"] for row in rows] == ["template"] * 3 + ["agent"] * 3
    assert [row["capacity"] for row in rows] == [3 * 8 * 6 * 40] * 3 + [None] * 3
    assert [row["planned"] for row in rows[3:]] == [15, 9, 6]
    assert all(row["rejected"].keys() == {"placeholder"} for row in rows[:3]), "no stratum is a duplicate of another"
    assert found["seconds"] == pytest.approx(found["cpu_seconds"] + found["models"][0]["seconds"])
    shown = agent("estimate", "plan.json")
    assert shown.code == 0
    for text in ("refused in the trial", "limited by", "4 to 6 calls", "note    Guessed: tokens from bytes"):
        assert text in shown.out, shown.out


def test_a_plan_without_agents_is_told_as_before(agent: Agent) -> None:
    agent.plan(questions())
    found = told(agent)
    assert found["usage"] == {"calls": 0, "tokens_in": 0, "tokens_cached": 0, "tokens_out": 0, "cost_usd": 0.0}
    assert (found["models"], found["budget"], found["notes"], found["pilot"]) == ([], [], [], None)
    ran = agent("estimate", "plan.json", "--pilot", "3")
    assert ran.code == 0
    assert "nothing to pilot" in ran.err


@pytest.mark.parametrize("args", [[], ["--pilot", "2"]])
def test_no_model_is_the_same_error_as_of_a_run(agent: Agent, args: list[str]) -> None:
    agent.plan(orders(10))
    agent.env.pop("DATASET_AGENT_MODEL", None)
    ran = agent("estimate", "plan.json", *args)
    assert (ran.code, ran.err) == (2, refused(agent))
    assert "no model is named" in ran.err
    assert [path.name for path in agent.folder.iterdir()] == ["plan.json"]


def test_the_model_of_the_command_line_makes_agents_of_schemas(agent: Agent) -> None:
    agent.plan(tickets(20))
    agent.env |= NOWHERE
    assert told(agent)["usage"]["calls"] == 0, "without a model the schema's own sampler writes"
    assert told(agent, "--model", "mine")["models"][0]["model"] == "mine"


@given(
    st.lists(st.integers(0, 400), min_size=1, max_size=4),
    st.integers(1, 50),
    st.booleans(),
    st.integers(1, 80),
)
@settings(max_examples=60)
def test_whatever_is_missing_is_cut_to_the_last_record(
    counts: list[int], size: int, is_fixed: bool, in_flight: int
) -> None:
    tiers = [{"name": f"t{i}", "count": count} for i, count in enumerate(counts)]
    generation = {"max_concurrency": in_flight, **({"batch_size": size} if is_fixed else {})}
    plan = orders(sum(counts), tiers=tiers, models=model(**PRICES), generation=generation)
    forecast = _forecast(plan, {} if is_fixed else {"m": (size, in_flight)})
    cells = forecast.cut(lambda model, had: size)
    assert {stratum: records for (stratum, _), (_, records) in cells.items()} == pytest.approx(
        {place: count for place, count in enumerate(counts) if count}
    )
    assert all(batches == math.ceil(records / size) for batches, records in cells.values())
    for name in ("sooner", "likely", "steady"):
        records_of = {cell: taken.batches for cell, taken in getattr(forecast, name).items()}
        assert all(math.ceil(counts[s] / 50) <= batches <= counts[s] for (s, _), batches in records_of.items())
    likely, most = (sum(taken.cost_usd for taken in way.values()) for way in (forecast.likely, forecast.most))
    assert likely <= most or math.isclose(likely, most)


def _forecast(plan: dict[str, Any], learned: dict[str, tuple[int, int]]) -> Forecast:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "plan.json"
        file.write_text(json.dumps(plan), encoding="utf-8")
        prepared = prepare(file, Settings(openai_base_url=NOWHERE["OPENAI_BASE_URL"]))
    return AgentEstimate(prepared, Standing(None, {}, Usage(), learned)).forecast

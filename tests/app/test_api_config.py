"""Every option of `DatasetBuilderConfig`, by what it changes."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from agent_runs import model, orders
from api_world import build, enter, held_from, lines, use, within
from commands import Agent
from faker import Faker
from model_server import Delay, Gate, ModelServer, faulty, records_brain
from plans import people, questions

from dataset_agent import DatasetBuilder, DatasetBuilderConfig, DatasetPlan, InputError
from dataset_agent.app.api.config import with_config
from dataset_agent.tools.diversity import Rule, rules_by_category

PLACE = Path("plan.json")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return enter(tmp_path, monkeypatch)


def snapshots(name: str, checkpoints: str = "checkpoints") -> list[int]:
    """How many records each snapshot of a dataset holds, by the names of the files."""
    return sorted(int(file.stem.removeprefix("checkpoint_")) for file in Path(checkpoints, name, "snapshots").iterdir())


# ---- the config itself --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"batchsize": 5}, "DatasetBuilderConfig: unknown key 'batchsize' (did you mean 'batch_size'?"),
        ({"batch_size": 51}, "DatasetBuilderConfig.batch_size: input should be less than or equal to 50, got 51"),
        ({"checkpoint_interval": 0}, "DatasetBuilderConfig.checkpoint_interval: "),
        ({"fresh": "yes"}, "DatasetBuilderConfig.fresh: input should be a valid boolean, got 'yes'"),
        ({"max_dataset_size": 0}, "DatasetBuilderConfig.max_dataset_size: "),
        ({"max_cost_usd": -1.0}, "DatasetBuilderConfig.max_cost_usd: "),
        ({"model": ""}, "DatasetBuilderConfig.model: "),
        ({"enable_diversity_check": False, "diversity_window": 9}, "DatasetBuilderConfig.diversity_window: needs"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(given: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError) as caught:
        DatasetBuilderConfig(**given)
    assert told in str(caught.value)


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        DatasetBuilderConfig(batch_size=0, checkpoint_interval=0, checkpointdir="x")  # type: ignore[call-arg]
    assert len(caught.value.problems) == 3


def test_it_cannot_be_changed() -> None:
    config = DatasetBuilderConfig(checkpoint_dir="there", batch_size=3)  # type: ignore[arg-type]
    assert config.checkpoint_dir == Path("there")
    with pytest.raises(ValueError, match="frozen"):
        config.batch_size = 4


# ---- how large, and where -----------------------------------------------------------------------------------


def test_max_dataset_size_refuses_a_larger_plan(monkeypatch: pytest.MonkeyPatch, here: Path) -> None:
    assert build(questions(100), max_dataset_size=100).status == "complete"
    told = "asks for 101 records, and a dataset may have 100"
    with pytest.raises(InputError, match=told):
        build(questions(101, dataset_name="more"), max_dataset_size=100)
    monkeypatch.setenv("MAX_DATASET_INSTANCES", "100")
    with pytest.raises(InputError, match=told):
        build(questions(101, dataset_name="more"))
    assert build(questions(101, dataset_name="more"), max_dataset_size=101).status == "complete"
    monkeypatch.setenv("MAX_DATASET_INSTANCES", "1e3")
    with pytest.raises(InputError, match=r"MAX_DATASET_INSTANCES: must be a whole number of 1 or more, got '1e3'"):
        build(questions(100))


def test_the_command_line_keeps_to_the_size_too(agent: Agent) -> None:
    agent.plan(questions(101))
    agent.env["MAX_DATASET_INSTANCES"] = "100"
    ran = agent("run", "plan.json")
    assert ran.code == 2
    assert "plan.json: $.categories: asks for 101 records, and a dataset may have 100" in ran.err
    assert not (agent.folder / "checkpoints").exists()
    agent.env["MAX_DATASET_INSTANCES"] = "101"
    assert agent("run", "plan.json").code == 0


def test_checkpoints_and_datasets_lie_where_they_are_told_to(here: Path) -> None:
    result = build(questions(), checkpoint_dir="kept", output_dir=here / "made")
    assert result.out == here / "made" / "questions"
    assert (here / "kept/questions/ledger.db").is_file()
    assert sorted(path.name for path in here.iterdir()) == ["kept", "made"]


def test_fresh_sets_a_checkpoint_aside() -> None:
    build(questions())
    with pytest.raises(InputError, match="the checkpoint of another plan"):
        build(questions(seed=8))
    assert build(questions(seed=8), fresh=True).status == "complete"
    assert len([path for path in Path("checkpoints").iterdir() if ".aside-" in path.name]) == 1


# ---- models, calls and money --------------------------------------------------------------------------------


def test_batch_size_is_what_agents_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    with ModelServer(records_brain()) as server:
        use(server, monkeypatch)
        result = build(orders(40), worker_model="m", batch_size=8)
    assert result.usage["calls"] == len(server.requests) == 5
    assert all("wanted: 8" in request.messages[-1].text for request in server.requests)


@pytest.mark.parametrize(
    ("config", "plan", "writes"),
    [
        ({"worker_model": "w", "model": "c"}, {}, "w"),
        ({"model": "c"}, {}, "c"),
        ({"model": "c"}, {"models": model()}, "m"),
        ({"worker_model": "w"}, {"models": model(), "routes": [{"model": "m"}]}, "w"),
    ],
)
def test_the_worker_s_model_writes_and_else_the_coordinator_s(
    monkeypatch: pytest.MonkeyPatch, config: dict[str, str], plan: dict[str, Any], writes: str
) -> None:
    with ModelServer(records_brain()) as server:
        use(server, monkeypatch)
        assert build(orders(10, **plan), **config).status == "complete"
    assert {request.model for request in server.requests} == {writes}


@pytest.mark.parametrize(("is_parallel", "most"), [(True, 6), (False, 1)])
def test_without_parallel_generation_there_is_one_call_at_a_time(
    monkeypatch: pytest.MonkeyPatch, is_parallel: bool, most: int
) -> None:
    with ModelServer(faulty(records_brain(), lambda number: Delay(0.05))) as server:
        use(server, monkeypatch)
        result = build(orders(30), worker_model="m", batch_size=5, enable_parallel_generation=is_parallel)
    assert result.status == "complete"
    assert server.max_in_flight == most


def test_max_cost_usd_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    priced = orders(60, models=model(price_in=1_000.0, price_out=1_000.0))
    with ModelServer(records_brain()) as server:
        use(server, monkeypatch)
        result = build(priced, max_cost_usd=4.0, batch_size=5, enable_parallel_generation=False)
        assert result.status == "incomplete"
        assert 0 < result.usage["cost_usd"] <= 4.0
        assert "budget" in result.shortfalls[0]["why"]
        assert build(priced, max_cost_usd=1_000.0).status == "complete"


# ---- snapshots ----------------------------------------------------------------------------------------------


def test_a_snapshot_is_written_every_checkpoint_interval_and_the_last_three_are_kept() -> None:
    plan = people(95, output={"shard_rows": 5})
    build(plan, checkpoint_interval=20)
    assert snapshots("people") == [60, 80, 95]
    build(people(250, dataset_name="more", output={"shard_rows": 25}))
    assert snapshots("more") == [100, 200, 250], "the interval is 100 if nothing is said"


def test_without_checkpointing_there_are_no_snapshots_and_yet_a_ledger() -> None:
    build(people(50), enable_checkpointing=False, checkpoint_interval=10)
    assert not Path("checkpoints/people/snapshots").exists()
    assert Path("checkpoints/people/ledger.db").is_file()


# ---- what is a duplicate ------------------------------------------------------------------------------------


def flags(count: int) -> dict[str, Any]:
    """Records of which there are only two different ones."""
    schema = {"type": "object", "properties": {"on": {"type": "boolean"}}, "required": ["on"]}
    category = {"name": "flags", "count": count, "record_schema": {**schema, "additionalProperties": False}}
    return {"dataset_name": "flags", "categories": [category], "mlflow": False, "generation": {"max_attempts": 2}}


def test_without_the_diversity_check_duplicates_are_let_through() -> None:
    assert build(flags(10)).counts["accepted"] == 2
    with pytest.raises(InputError, match=r"\$\.diversity"):
        build(flags(10), enable_diversity_check=False)
    result = build({**flags(10), "dataset_name": "alike"}, enable_diversity_check=False)
    assert (result.status, result.counts["accepted"]) == ("complete", 10)


SUBJECTS = ["apples", "bicycles", "candles"]


def about(number: int, fake: Faker) -> dict[str, Any]:
    """Three structures, one after the other: texts that differ in their number alone."""
    return {"inputs": {"text": f"Could you tell me what became of my {number} {SUBJECTS[number % 3]}, please?"}}


@pytest.mark.parametrize(("window", "accepted"), [(None, 3), (2, 12)])
def test_diversity_window_is_how_far_records_are_compared(
    monkeypatch: pytest.MonkeyPatch, window: int | None, accepted: int
) -> None:
    plan = orders(12, diversity={"method": "structural"}, generation={"max_attempts": 1, "repairs": 0})
    with ModelServer(records_brain(about)) as server:
        use(server, monkeypatch)
        config = {"worker_model": "m", "batch_size": 6, "enable_parallel_generation": False}
        result = build(plan, diversity_window=window, **config)
    assert result.counts["accepted"] == accepted


def test_diversity_window_is_that_of_structures_where_the_plan_says_nothing() -> None:
    plan = with_config(DatasetPlan.model_validate(orders()), DatasetBuilderConfig(diversity_window=7), PLACE)
    near = (Rule("structural", 1.0, 7), Rule("minhash", 0.8, "global"))
    assert rules_by_category(plan, can_embed=False) == {"order_status": near}
    minhash = DatasetPlan.model_validate(orders(diversity={"method": "minhash", "threshold": 0.7}))
    stated = with_config(minhash, DatasetBuilderConfig(diversity_window=7), PLACE)
    assert rules_by_category(stated, can_embed=False) == {"order_status": (Rule("minhash", 0.7, 7),)}
    off = DatasetPlan.model_validate(orders(diversity=False))
    with pytest.raises(InputError, match=r"plan\.json: \$\.diversity: leaves out the check"):
        with_config(off, DatasetBuilderConfig(diversity_window=7), PLACE)


# ---- MLflow -------------------------------------------------------------------------------------------------


def ask(here: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(here / "mlflow.db")) as connection:
        return connection.execute(query).fetchall()


def test_mlflow_may_be_told_once_at_the_end(monkeypatch: pytest.MonkeyPatch, here: Path) -> None:
    gate = Gate()

    async def read() -> bool:
        config = DatasetBuilderConfig(
            worker_model="m", batch_size=5, enable_parallel_generation=False, incremental_mlflow_logging=False
        )
        plan = orders(15)
        del plan["mlflow"]
        async with DatasetBuilder(config).start(plan) as building:
            count = 0
            async for _ in building:
                count += 1
                if count == 10:
                    is_told = (here / "mlflow.db").exists() or "mlflow" in [t.name for t in threading.enumerate()]
                    gate.open()
        return is_told

    with held_from(3, gate) as server:
        use(server, monkeypatch)
        assert not within(read())
    assert ask(here, "SELECT COUNT(*) FROM evaluation_dataset_records") == [(15,)]
    assert ask(here, "SELECT status FROM runs") == [("FINISHED",)]
    assert len(lines(here / "datasets/large_eval_set/all.jsonl")) == 15

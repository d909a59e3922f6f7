from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import mlflow_world
import pyarrow.parquet as pq
import pytest
from mlflow_world import KEY, Look, SqliteOutbox, commit_until, final_state, make_plan, number_of_batches

from dataset_agent.errors import TrackingError
from dataset_agent.plan import Plan, strata_of
from dataset_agent.state.mlflow_delivery import Courier
from dataset_agent.state.mlflow_store import MlflowStore
from dataset_agent.state.outbox import Target
from dataset_agent.state.tracking_uri import sqlite_file


def courier(outbox: SqliteOutbox, uri: str, plan: Plan) -> Courier:
    return Courier(outbox, uri, lambda: MlflowStore(uri), plan, outbox.strata, KEY)


def test_everything_arrives_once(store_uri: str, tmp_path: Path) -> None:
    plan = make_plan()
    outbox = SqliteOutbox(tmp_path / "ledger", plan)
    commit_until(outbox, 4)
    courier(outbox, store_uri, plan).deliver()
    assert [status for _, status in Look(store_uri).runs] == ["RUNNING"]
    assert len(Look(store_uri).records) == 17  # what is committed shows before the end
    commit_until(outbox, number_of_batches(plan))
    target = courier(outbox, store_uri, plan).deliver(final_state(tmp_path, seconds=1.5))

    look = Look(store_uri)
    look.check_complete(plan)
    assert (target.delivered, target.run_id, target.dataset_id) == (10, look.runs[0][0], look.datasets[0][0])
    assert look.params["planned/orders/hard"] == "7"
    assert look.tags["mlflow.note.content"] == "what is shown"
    assert ("final/seconds", 0, 1.5) in [(key, step, value) for key, step, _, value in look.metrics]
    assert ("rows_per_s", 3, 1_700_000_000_002, 2.5) in look.metrics
    ids = pq.read_table(look.artifacts["shards/00000004.parquet"])["id"]
    assert ids.to_pylist() == ["ord-easy-00015", "ord-easy-00016"]
    assert json.loads(look.artifacts["rejected/00000004.jsonl"].read_bytes()) == {
        "category": "orders",
        "tier": "easy",
        "number": 15,
        "reason": "duplicate",
        "detail": "seen before",
        "candidate": '{"text": "§"}',
        "batch": 3,
    }
    tags = [json.loads(str(tags)) for *_, tags in look.records]
    assert len({tag["id"] for tag in tags}) == 40


def test_a_complete_dataset_is_left_alone_and_a_new_final_state_replaces_the_old(
    store_uri: str, tmp_path: Path
) -> None:
    plan = make_plan()
    outbox = SqliteOutbox(tmp_path / "ledger", plan)
    commit_until(outbox, number_of_batches(plan))
    first = courier(outbox, store_uri, plan).deliver(final_state(tmp_path, seconds=1.0))
    database = sqlite_file(store_uri)
    assert database is not None
    before = database.read_bytes()
    assert courier(outbox, store_uri, plan).deliver(final_state(tmp_path, seconds=1.0)) == first
    assert courier(outbox, store_uri, plan).deliver() == first
    assert database.read_bytes() == before

    courier(outbox, store_uri, plan).deliver(final_state(tmp_path, seconds=2.0))
    look = Look(store_uri)
    look.check_complete(plan)
    assert sorted((step, value) for key, step, _, value in look.metrics if key == "final/seconds") == [
        (0, 1.0),
        (1, 2.0),
    ]


def test_an_interrupted_run_goes_on_in_its_run(store_uri: str, tmp_path: Path) -> None:
    plan = make_plan()
    outbox = SqliteOutbox(tmp_path / "ledger", plan)
    commit_until(outbox, 3)
    courier(outbox, store_uri, plan).deliver(final_state(tmp_path, "interrupted"))
    assert [status for _, status in Look(store_uri).runs] == ["KILLED"]
    commit_until(outbox, 6)
    courier(outbox, store_uri, plan).deliver()
    assert [status for _, status in Look(store_uri).runs] == ["RUNNING"]
    courier(outbox, store_uri, plan).deliver(final_state(tmp_path, "incomplete"))
    assert [status for _, status in Look(store_uri).runs] == ["FAILED"]
    commit_until(outbox, number_of_batches(plan))
    courier(outbox, store_uri, plan).deliver(final_state(tmp_path))
    Look(store_uri).check_complete(plan)


def test_each_target_has_its_own_cursor(store_uri: str, tmp_path: Path) -> None:
    plan = make_plan()
    outbox = SqliteOutbox(tmp_path / "ledger", plan)
    outbox.save_target(Target("http://127.0.0.1:9", "1", "gone", "d-1", delivered=7))
    commit_until(outbox, number_of_batches(plan))
    courier(outbox, store_uri, plan).deliver(final_state(tmp_path))
    Look(store_uri).check_complete(plan)


@pytest.mark.parametrize("lost", ["run", "dataset"])
def test_what_was_removed_from_the_store_is_told_again(store_uri: str, tmp_path: Path, lost: str) -> None:
    from mlflow import MlflowClient

    plan = make_plan()
    outbox = SqliteOutbox(tmp_path / "ledger", plan)
    commit_until(outbox, 5)
    target = courier(outbox, store_uri, plan).deliver()
    client = MlflowClient(store_uri)
    if lost == "run":
        client.delete_run(str(target.run_id))
    else:
        client.delete_dataset(str(target.dataset_id))
    commit_until(outbox, number_of_batches(plan))
    again = courier(outbox, store_uri, plan).deliver(final_state(tmp_path))
    assert (again.run_id == target.run_id, again.dataset_id == target.dataset_id) == (lost == "dataset", lost == "run")
    assert len(client.get_dataset(str(again.dataset_id)).records) == 40
    history = client.get_metric_history(str(again.run_id), "accepted")
    assert sorted(metric.step for metric in history) == list(range(1, 11))


def test_a_database_that_was_removed_is_made_again(tmp_path: Path) -> None:
    plan, uri = make_plan(), f"sqlite:///{tmp_path}/new/mlflow.db"
    outbox = SqliteOutbox(tmp_path / "ledger", plan)
    commit_until(outbox, number_of_batches(plan))
    outbox.save_target(Target(uri, "1", "run", "dataset", 10, finished=final_state(tmp_path).digest()))
    courier(outbox, uri, plan).deliver(final_state(tmp_path))
    Look(uri).check_complete(plan)
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["mlflow-artifacts", "mlflow.db"]


def test_a_large_dataset_is_shown_by_a_sample(store_uri: str, tmp_path: Path) -> None:
    plan = make_plan(100, max_records=50, sample_records=10)
    outbox = SqliteOutbox(tmp_path / "ledger", plan)
    for position in (3, 9, 14, number_of_batches(plan)):  # a fresh courier takes up the sample where it was
        commit_until(outbox, position)
        courier(outbox, store_uri, plan).deliver()
    look = Look(store_uri)
    ids = sorted(json.loads(str(tags))["id"] for *_, tags in look.records)
    assert Counter(key.rpartition("-")[0] for key in ids) == {"ord-easy": 4, "ord-hard": 2, "ret-None": 4}
    assert {key.rpartition("-")[2] for key in ids} == {"00000", "00001", "00002", "00003"}
    assert sum(pq.read_metadata(path).num_rows for name, path in look.artifacts.items() if "shards" in name) == 100


def test_an_extended_plan_shows_its_new_figures(store_uri: str, tmp_path: Path) -> None:
    small = make_plan(40, max_records=40, sample_records=20)
    outbox = SqliteOutbox(tmp_path / "ledger", small)
    commit_until(outbox, 10)
    courier(outbox, store_uri, small).deliver(final_state(tmp_path))
    more = small.categories[0].model_copy(update={"name": "more", "count": 20, "tiers": None})
    grown = make_plan(40, max_records=100)
    grown = grown.model_copy(update={"categories": [*grown.categories, more]})
    outbox.strata = strata_of(grown)
    commit_until(outbox, 14)
    courier(outbox, store_uri, grown).deliver(final_state(tmp_path))
    look = Look(store_uri)
    look.check_complete(grown)
    assert (look.params["planned"], look.tags["changed/planned"], look.params["planned/more"]) == ("40", "60", "20")
    assert len(json.loads(look.artifacts["plan.json"].read_bytes())["categories"]) == 3


def test_a_failure_after_any_step_doubles_nothing(store_uri: str, tmp_path: Path) -> None:
    plan = make_plan(20)
    outbox = SqliteOutbox(tmp_path / "ledger", plan)
    commit_until(outbox, number_of_batches(plan))
    left, failures = [0], 0

    def step() -> None:
        left[0] -= 1
        if left[0] == 0:
            raise TrackingError("the line was cut")

    sender = Courier(outbox, store_uri, lambda: MlflowStore(store_uri, step), plan, outbox.strata, KEY)
    while outbox.target(store_uri).finished is None:
        failures += 1
        left[0] = failures
        try:
            sender.deliver(final_state(tmp_path))
        except TrackingError:
            continue
    assert failures > 10
    Look(store_uri).check_complete(plan)


@pytest.mark.slow
def test_a_kill_after_any_step_doubles_nothing(store_uri: str, tmp_path: Path) -> None:
    command = [sys.executable, mlflow_world.__file__, "stumble", str(tmp_path / "ledger"), store_uri]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["kills"] > 10
    assert json.loads(done.stdout)["code"] == 0
    Look(store_uri).check_complete(make_plan())

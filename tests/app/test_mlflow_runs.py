"""Whole runs with MLflow on: a real store, and rebuilding a checkpoint from it."""

import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from commands import Agent
from plans import people, questions


def read(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines()


def ask(agent: Agent, query: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(agent.folder / "mlflow.db")
    rows = connection.execute(query).fetchall()
    connection.close()
    return rows


def test_a_run_can_be_browsed_and_is_told_once(agent: Agent) -> None:
    plan = questions()
    plan.pop("mlflow")
    agent.plan(plan)
    first = agent("run", "plan.json")
    assert first.code == 0, first.err
    assert "/datasets/" in first.out
    assert ask(agent, "SELECT COUNT(*) FROM evaluation_dataset_records") == [(120,)]
    assert ask(agent, "SELECT status FROM runs") == [("FINISHED",)]
    points = ask(agent, "SELECT key, step, value FROM metrics ORDER BY 1, 2")
    assert agent("run", "plan.json").code == 0
    assert ask(agent, "SELECT key, step, value FROM metrics ORDER BY 1, 2") == points
    assert not (agent.folder / "mlruns").exists()


@pytest.mark.slow
def test_a_lost_checkpoint_is_rebuilt_from_mlflow(agent: Agent) -> None:
    plan = people(40)
    plan.pop("mlflow")
    plan["categories"][0]["invalid"] = {"share": 0.3}
    agent.plan(plan)
    assert agent("run", "plan.json").code == 0
    out, checkpoint = agent.folder / "datasets" / "people", agent.folder / "checkpoints" / "people"
    before, sha256 = read(out / "all.jsonl"), json.loads((out / "metadata.json").read_text())["plan_sha256"]
    shutil.rmtree(checkpoint)
    plan["categories"][0]["count"] = 60
    agent.plan(plan)
    ran = agent("run", "plan.json", "--recover-from-mlflow", "--json")
    assert ran.code == 0, ran.err
    after = read(out / "all.jsonl")
    assert after[:40] == before
    assert sum('"invalid":' in line for line in after) >= 17
    assert len(after) == 60
    assert ran.json["plan_sha256"] != sha256
    assert ask(agent, "SELECT COUNT(*) FROM runs") == [(1,)], "the MLflow run goes on"
    assert ask(agent, "SELECT COUNT(*) FROM evaluation_dataset_records") == [(60,)]
    refused = agent("run", "plan.json", "--recover-from-mlflow")
    assert refused.code == 2
    assert "holds a checkpoint already" in refused.err


def test_there_may_be_nothing_to_recover(agent: Agent) -> None:
    agent.plan(questions(mlflow={}))
    ran = agent("run", "plan.json", "--recover-from-mlflow")
    assert ran.code == 2
    assert "MLflow at sqlite" in ran.err
    assert not (agent.folder / "datasets").exists()

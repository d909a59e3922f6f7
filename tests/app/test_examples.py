"""The examples run as they are."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from commands import Agent
from model_server import ModelServer, records_brain

EXAMPLES = Path(__file__).parents[2] / "examples"


def plan_of(name: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((EXAMPLES / name / "plan.json").read_text(encoding="utf-8"))
    return value


def test_every_example_is_described() -> None:
    described = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    for plan in EXAMPLES.glob("*/plan.json"):
        assert f"`{plan.parent.name}`" in described
        assert plan_of(plan.parent.name)["description"]


@pytest.mark.parametrize(
    "name", ["quickstart", "schema_folder", "validator_tests", pytest.param("million_rows", marks=pytest.mark.slow)]
)
def test_an_example_runs_to_the_end(agent: Agent, name: str) -> None:
    shutil.copytree(EXAMPLES / name, agent.folder / name)
    ran = agent("run", f"{name}/plan.json", "--json")
    assert ran.code == 0, ran.err
    told = ran.json
    assert told["status"] == "complete"
    assert told["counts"]["accepted"] == told["counts"]["planned"] > 0
    assert (agent.folder / "mlflow.db").exists()


def test_the_example_for_agents_runs_with_any_compatible_endpoint(agent: Agent) -> None:
    shutil.copytree(EXAMPLES / "support_agents", agent.folder / "support_agents")
    with ModelServer(records_brain()) as server:
        agent.env |= server.env
        ran = agent("run", "support_agents/plan.json", "--model", "any", "--json")
    assert ran.code == 0, ran.err
    told = ran.json
    assert told["status"] == "complete"
    assert told["counts"]["accepted"] == 100
    assert told["usage"]["calls"] == len(server.answered) > 0

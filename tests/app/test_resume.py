"""Interruptions of every kind, and what a later run makes of them."""

import hashlib
import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from commands import Agent
from plans import PERSON, people, questions

from dataset_agent.errors import CheckpointError
from dataset_agent.state.history import History

ROWS = 12_000


def hashes(out: Path) -> dict[str, str]:
    """SHA-256 of the data files."""
    files = [*out.glob("*.jsonl"), *out.glob("data/*.parquet")]
    return {str(file.relative_to(out)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def commits(folder: Path) -> int:
    """Batches committed so far, 0 before there is a ledger."""
    try:
        with History(folder) as history:
            return history.commits()
    except CheckpointError:
        return 0


def wait_for_commits(process: "subprocess.Popen[str]", folder: Path, number: int) -> None:
    """Until so many batches are committed, or the command has ended."""
    while process.poll() is None and commits(folder) < number:
        pass


def plan(**keys: Any) -> dict[str, Any]:
    """Two kinds of categories with rejections, duplicates, twins and a split: top-ups are needed."""
    both = people(ROWS)
    number = {"type": "integer", "minimum": 1, "maximum": 900}
    pairs = {"type": "object", "properties": {"n": number}, "required": ["n"], "additionalProperties": False}
    both["categories"] += questions(2000)["categories"] + [{"name": "pairs", "count": 600, "record_schema": pairs}]
    both["categories"] += [{"name": "broken", "count": 1500, "record_schema": PERSON, "invalid": {"share": 0.4}}]
    return {**both, "split": {"test": 0.2}, "output": {"shard_rows": 1500}, **keys}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    agent = Agent(tmp_path_factory.mktemp("undisturbed"))
    agent.plan(plan())
    ran = agent("run", "plan.json", "--workers", "1", "--json")
    assert ran.code == 0, ran.err
    assert ran.json["counts"]["rejected"]["duplicate"] > 100
    assert ran.json["counts"]["rejected"]["placeholder"] > 100
    return hashes(agent.folder / "datasets" / "people")


@pytest.mark.parametrize("workers", ["2", "3"])
def test_any_number_of_processes_gives_the_same_bytes(agent: Agent, undisturbed: dict[str, str], workers: str) -> None:
    agent.plan(plan())
    assert agent("run", "plan.json", "--workers", workers).code == 0
    assert hashes(agent.folder / "datasets" / "people") == undisturbed


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "2"])
def test_kills_lose_nothing_committed_and_change_no_byte(
    agent: Agent, undisturbed: dict[str, str], workers: str
) -> None:
    agent.plan(plan())
    checkpoint, seen = agent.folder / "checkpoints" / "people", []
    for number in (1, 4, 9):
        process = agent.start("run", "plan.json", "--workers", workers)
        wait_for_commits(process, checkpoint, number)
        process.kill()
        process.communicate()
        seen.append(commits(checkpoint))
        state = agent("status", "people", "--json").json
        assert state["state"] in ("interrupted", "complete")
    assert seen == sorted(seen)
    assert agent("run", "plan.json", "--workers", workers).code == 0
    assert hashes(agent.folder / "datasets" / "people") == undisturbed


@pytest.mark.parametrize("workers", ["1", "2"])
def test_an_interrupt_finishes_what_is_in_hand_and_exits_130(
    agent: Agent, undisturbed: dict[str, str], workers: str
) -> None:
    agent.plan(plan())
    process = agent.start("run", "plan.json", "--workers", workers, "--json")
    wait_for_commits(process, agent.folder / "checkpoints" / "people", 2)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    told = json.loads(out)
    assert told["status"] == "interrupted"
    assert 0 < told["counts"]["accepted"] < told["counts"]["planned"]
    assert "Traceback" not in err
    assert agent("run", "plan.json").code == 0
    assert hashes(agent.folder / "datasets" / "people") == undisturbed


def test_a_killed_parent_leaves_no_worker_behind(agent: Agent) -> None:
    agent.plan(plan())
    process = agent.start("run", "plan.json", "--workers", "2", start_new_session=True)
    wait_for_commits(process, agent.folder / "checkpoints" / "people", 1)
    process.kill()
    process.communicate(timeout=60)  # returns only when no child holds the pipes any more
    assert agent("run", "plan.json").code == 0


def test_raised_counts_extend_a_dataset(agent: Agent) -> None:
    agent.plan(questions(100))
    assert agent("run", "plan.json").code == 0
    out = agent.folder / "datasets" / "questions"
    before = (out / "all.jsonl").read_text().splitlines()
    more = questions(160)
    more["categories"].append(
        {"name": "new", "count": 5, "templates": ["What is {x}?"], "slots": {"x": {"range": [1, 9]}}}
    )
    agent.plan(more)
    ran = agent("run", "plan.json", "--json")
    assert ran.code == 0, ran.err
    after = (out / "all.jsonl").read_text().splitlines()
    assert after[: len(before)] == before
    assert [(row["category"], row["tier"], row["accepted"]) for row in ran.json["counts"]["by_stratum"]] == [
        ("returns", "simple", 80), ("returns", "medium", 48), ("returns", "complex", 32),
        ("new", "simple", 3), ("new", "medium", 1), ("new", "complex", 1),
    ]  # fmt: skip


def test_all_that_the_templates_can_give_is_given(agent: Agent) -> None:
    plan = questions(7 * 6 * 40, checks={"placeholder": ["TODO"]})
    plan["categories"][0]["templates"] = ["Can I return the {thing} of order {number} that I bought {when}?"]
    plan["categories"][0]["slots"]["thing"].remove("lamp")
    agent.plan(plan)
    ran = agent("run", "plan.json", "--json")
    assert (ran.code, ran.json["counts"]["accepted"]) == (0, 7 * 6 * 40)
    agent.plan({**plan, "categories": [{**plan["categories"][0], "count": 7 * 6 * 40 + 1}]})
    refused = agent("run", "plan.json")
    assert refused.code == 2
    assert "1,681 records are asked for" in refused.err
    assert "can give 1,680 different ones" in refused.err


def test_a_changed_plan_is_refused_with_the_difference_and_fresh_keeps_the_old(agent: Agent) -> None:
    agent.plan(questions())
    assert agent("run", "plan.json").code == 0
    agent.plan(questions(seed=8))
    refused = agent("run", "plan.json", "--out", "elsewhere")
    assert refused.code == 2
    assert "$.seed: 7 became 8" in refused.err
    assert "--fresh" in refused.err
    assert not (agent.folder / "elsewhere").exists()
    assert agent("run", "plan.json", "--fresh").code == 0
    kept = [path.name for path in (agent.folder / "checkpoints").iterdir()]
    assert len(kept) == 2
    assert any(name.startswith("questions.aside-") for name in kept)


def test_a_changed_source_is_refused(agent: Agent) -> None:
    (agent.folder / "t.csv").write_text("name,code\nLisbon,LIS\nOslo,OSL\n")
    category = {"name": "codes", "count": 2, "templates": ["Code of {c.name}?"], "slots": {"c": {"source": "t"}}}
    agent.plan({"dataset_name": "s", "sources": {"t": {"path": "t.csv"}}, "categories": [category], "mlflow": False})
    assert agent("run", "plan.json").code == 0
    (agent.folder / "t.csv").write_text("name,code\nLisbon,LIS\nRiga,RIX\n")
    refused = agent("run", "plan.json")
    assert refused.code == 2
    assert "$.sources.t" in refused.err
    assert "t.csv changed" in refused.err


def test_a_damaged_or_missing_shard_is_named(agent: Agent) -> None:
    agent.plan(questions())
    assert agent("run", "plan.json").code == 0
    shard = next((agent.folder / "checkpoints" / "questions" / "shards").glob("*.parquet"))
    shard.write_bytes(shard.read_bytes()[:-1] + b"x")
    refused = agent("run", "plan.json")
    assert refused.code == 2
    assert shard.name in refused.err


def test_a_second_run_at_the_same_time_is_refused(agent: Agent) -> None:
    agent.plan(plan())
    process = agent.start("run", "plan.json")
    wait_for_commits(process, agent.folder / "checkpoints" / "people", 1)
    process.send_signal(signal.SIGSTOP)
    refused = agent("run", "plan.json", "--out", "other")
    state = agent("status", "people", "--json").json["state"]
    process.send_signal(signal.SIGCONT)
    _, err = process.communicate(timeout=120)
    assert refused.code == 2
    assert "in use by another process" in refused.err
    assert not (agent.folder / "other").exists()
    assert state == "running"
    assert process.returncode == 0, err

"""What goes wrong at the edges of a run, and must not."""

import json
import os
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from commands import Agent
from plans import questions

pytestmark = pytest.mark.slow  # a process a test, or several


def rows(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def words(count: int, good: int, bad: int, **keys: Any) -> dict[str, Any]:
    """As many different records as there are words, of which `bad` are refused as placeholders."""
    values = [f"word{i}" for i in range(good)] + [f"TODO {i}" for i in range(bad)]
    category = {"name": "say", "count": count, "templates": ["Say {word}."], "slots": {"word": values}}
    return {"dataset_name": "words", "categories": [category], "mlflow": False, **keys}


HALVES = [{"name": "a", "share": 0.5}, {"name": "b", "share": 0.5}]


@pytest.mark.parametrize("seed", range(4))
def test_no_candidate_is_lost_where_most_are_refused(agent: Agent, seed: int) -> None:
    agent.plan(words(36, 40, 160, seed=seed, tiers=HALVES, generation={"max_attempts": 1000}))
    ran = agent("run", "plan.json", "--json")
    assert (ran.code, ran.json["counts"]["accepted"]) == (0, 36), ran.err
    agent.plan(words(40, 40, 160, seed=seed, tiers=HALVES, generation={"max_attempts": 1000}))
    ran = agent("run", "plan.json", "--json")
    assert (ran.code, ran.json["counts"]["accepted"]) == (0, 40), ran.err
    agent.plan(words(42, 40, 160, seed=seed, tiers=HALVES, generation={"max_attempts": 1000}))
    ran = agent("run", "plan.json", "--json")
    assert (ran.code, ran.json["counts"]["accepted"]) == (3, 40)
    assert ran.json["counts"]["rejected"] == {"placeholder": 160}, "every candidate was looked at, once"


@pytest.mark.parametrize("there", ["train.jsonl", "README.md", "data/part-1.parquet"])
def test_files_of_others_are_left_alone(agent: Agent, there: str) -> None:
    agent.plan(questions())
    file = agent.folder / "mine" / there
    file.parent.mkdir(parents=True)
    file.write_text("precious")
    ran = agent("run", "plan.json", "--out", "mine")
    assert ran.code == 2
    assert "not of the dataset 'questions'" in ran.err
    assert file.read_text() == "precious"
    assert not (agent.folder / "checkpoints").exists()
    assert agent("run", "plan.json").code == 0
    assert agent("run", "plan.json").code == 0, "our own files may be replaced"


def test_a_checkpoint_folder_of_others_is_left_alone(agent: Agent) -> None:
    agent.plan(questions())
    notes = agent.folder / "questions" / "notes.txt"
    notes.parent.mkdir()
    notes.write_text("precious")
    for more in ([], ["--fresh"], ["--recover-from-mlflow"]):
        ran = agent("run", "plan.json", "--checkpoint-dir", ".", "--out", "out", *more)
        assert ran.code == 2, ran.err
        assert notes.read_text() == "precious"


def test_an_extension_that_would_take_records_away_is_refused(agent: Agent) -> None:
    tiers = [{"name": "a", "share": 0.43}, {"name": "b", "share": 0.43}, {"name": "c", "share": 0.14}]
    agent.plan(words(10, 40, 0, tiers=tiers))
    assert agent("run", "plan.json").code == 0
    agent.plan(words(11, 40, 0, tiers=tiers))
    ran = agent("run", "plan.json")
    assert ran.code == 2
    assert "say / c had 2 records and would have 1" in ran.err
    agent.plan(words(20, 40, 0, tiers=tiers))
    assert agent("run", "plan.json", "--json").json["counts"]["accepted"] == 20


def test_a_parquet_dataset_keeps_its_columns(agent: Agent) -> None:
    plan = words(10, 40, 0, output={"format": "parquet"})
    plan["categories"][0]["templates"] = [{"say": "Say {word}."}]
    agent.plan(plan)
    assert agent("run", "plan.json").code == 0
    other = {"name": "other", "count": 2, "templates": [{"q": "{x}"}], "slots": {"x": ["a", "b"]}}
    agent.plan({**plan, "categories": [*plan["categories"], other]})
    ran = agent("run", "plan.json")
    assert ran.code == 2
    assert "its records have a shape" in ran.err
    assert agent("export", "words", "--format", "parquet").code == 0


def test_expectations_are_copied_as_they_are(agent: Agent) -> None:
    plan = words(3, 10, 0, checks={"placeholder": False})
    plan["categories"][0]["expectations"] = {"pattern": "{order} {yes|no}", "list": ["{word}"]}
    agent.plan(plan)
    assert agent("run", "plan.json").code == 0, "literal braces are no slots"
    for row in rows(agent.folder / "datasets" / "words" / "all.jsonl"):
        assert row["record"]["expectations"] == {"pattern": "{order} {yes|no}", "list": ["{word}"]}


def test_a_tier_may_be_empty_and_the_capacity_used_up(agent: Agent) -> None:
    tiers = [{"name": "all", "share": 1.0}, {"name": "none", "share": 0.0}]
    agent.plan(words(10, 10, 0, tiers=tiers))
    shown = [json.loads(line) for line in agent("preview", "plan.json", "-n", "3").out.splitlines()]
    assert Counter(row["tier"] for row in shown) == {"all": 3}
    assert agent("estimate", "plan.json").code == 0
    assert agent("run", "plan.json", "--json").json["counts"]["accepted"] == 10


@pytest.mark.slow
def test_names_of_every_kind(agent: Agent) -> None:
    names = ["a", "a-1", "a-1-1", 'with "quotes"', "it's", "Straße 東京", "[red]x", "a.b", "dash--dash"]
    categories = [{"name": n, "count": 3, "templates": [f"{i} says {{x}}"], "slots": {"x": ["p", "q", "r"]}}
                  for i, n in enumerate(names)]  # fmt: skip
    agent.plan({"dataset_name": "it's [red]x", "categories": categories})
    ran = agent("run", "plan.json")
    assert ran.code == 0, ran.err
    assert "it's [red]x is complete" in ran.out
    assert "/datasets/" in ran.out, "MLflow has it too"
    all_rows = rows(agent.folder / "datasets" / "it's [red]x" / "all.jsonl")
    assert len({row["id"] for row in all_rows}) == 3 * len(names)
    for row in all_rows[::4]:
        life = json.loads(agent("explain", "it's [red]x", row["id"]).out)
        assert (life["category"], life["record"]) == (row["category"], row["record"])


def test_one_unreadable_checkpoint_does_not_hide_the_others(agent: Agent) -> None:
    agent.plan(questions())
    assert agent("run", "plan.json").code == 0
    assert agent("run", "plan.json", "--fresh").code == 0
    bad = agent.folder / "checkpoints" / "bad"
    bad.mkdir()
    (bad / "ledger.db").write_bytes(b"garbage")
    assert [(row["dataset_name"], row["state"]) for row in json.loads(agent("status", "--json").out)] == [
        ("bad", "unreadable"), ("questions", "complete")
    ]  # fmt: skip


def test_an_interrupt_while_processes_start_is_an_interrupt(agent: Agent) -> None:
    agent.plan(questions(5000))
    process = agent.start("run", "plan.json", "--workers", "2", start_new_session=True)
    while process.poll() is None and not children(process.pid):
        pass
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode in (130, 0), err
    assert "Traceback" not in err
    assert agent("run", "plan.json", "--json").json["counts"]["accepted"] == 5000


def children(pid: int) -> str:
    """The ids of a process's children, while it has any."""
    try:
        return Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return ""

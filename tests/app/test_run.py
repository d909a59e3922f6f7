import hashlib
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from commands import Agent
from jsonschema import Draft202012Validator
from plans import PERSON, people, questions


def read(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_a_run_gives_the_exact_counts_and_every_file(agent: Agent) -> None:
    agent.plan(questions())
    ran = agent("run", "plan.json", "--json")
    assert ran.code == 0, ran.err
    out = agent.folder / "datasets" / "questions"
    names = {path.name for path in out.iterdir()}
    assert names == {
        "all.jsonl", "golden.jsonl", "train.jsonl", "test.jsonl", "rejected.jsonl", "metadata.json", "README.md"
    }  # fmt: skip
    rows = read(out / "all.jsonl")
    assert Counter(row["tier"] for row in rows) == {"simple": 60, "medium": 36, "complex": 24}
    assert len({row["id"] for row in rows}) == len({json.dumps(row["record"]) for row in rows}) == 120
    assert all(list(row) == ["id", "category", "tier", "quality", "record"] for row in rows)
    rejected = read(out / "rejected.jsonl")
    assert {row["reason"] for row in rejected} == {"placeholder"}
    assert all("TODO" in row["candidate"]["inputs"]["text"] for row in rejected)
    train, test = read(out / "train.jsonl"), read(out / "test.jsonl")
    assert sorted(row["id"] for row in train + test) == sorted(row["id"] for row in rows)
    assert abs(len(test) - 24) <= 3, "groups stay together, so a few more or fewer"

    def questions_in(part: list[dict[str, Any]]) -> set[str]:
        """What is asked, whatever the greeting and the numbers."""
        return {re.sub(r"\d+", "0", row["record"]["inputs"]["text"].partition(", ")[2]) for row in part}

    assert ran.json["split"] == {"train": len(train), "test": len(test), "divided": 0}
    assert not questions_in(train) & questions_in(test)


def test_the_metadata_tells_the_truth(agent: Agent) -> None:
    agent.plan(questions())
    told = agent("run", "plan.json", "--json").json
    out = agent.folder / "datasets" / "questions"
    assert told == json.loads((out / "metadata.json").read_text())
    assert told["status"] == "complete"
    assert told["counts"]["planned"] == told["counts"]["accepted"] == 120
    assert told["counts"]["rejected"] == {"placeholder": len(read(out / "rejected.jsonl"))}
    for name, facts in told["files"].items():
        content = (out / name).read_bytes()
        assert facts == {
            "rows": content.count(b"\n"),
            "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
    kept = (agent.folder / "checkpoints" / "questions" / "plan.json").read_bytes()
    assert told["plan_sha256"] == hashlib.sha256(kept).hexdigest()


def test_extraction_pairs_have_prompts_that_state_the_record(agent: Agent) -> None:
    agent.plan(people())
    assert agent("run", "plan.json").code == 0
    rows = read(agent.folder / "datasets" / "people" / "all.jsonl")
    validator = Draft202012Validator(PERSON)
    for row in rows:
        assert list(row) == ["id", "category", "tier", "quality", "prompt", "record"]
        assert validator.is_valid(row["record"])
        assert str(row["record"]["age"]) in row["prompt"]
        assert row["record"]["email"] in row["prompt"]


def test_parquet_output_holds_the_same_records(agent: Agent) -> None:
    from pyarrow import parquet

    agent.plan(questions(output={"format": "parquet"}), "parquet.json")
    agent.plan(questions(), "jsonl.json")
    assert agent("run", "jsonl.json").code == 0
    assert agent("run", "parquet.json", "--checkpoint-dir", "other", "--out", "parquet").code == 0
    table = parquet.read_table(agent.folder / "parquet" / "data")
    assert table.column_names == ["id", "category", "tier", "quality", "golden", "split", "record"]
    rows = read(agent.folder / "datasets" / "questions" / "all.jsonl")
    assert [
        {key: row[key] for key in ("id", "category", "tier", "quality", "record")} for row in table.to_pylist()
    ] == rows
    sides = Counter(table["split"].to_pylist())
    out = agent.folder / "datasets" / "questions"
    assert sides == {"train": len(read(out / "train.jsonl")), "test": len(read(out / "test.jsonl"))}


def test_a_schema_with_too_few_records_costs_only_its_category(agent: Agent) -> None:
    plan = questions()
    few = {"type": "object", "properties": {"x": {"enum": [1, 2, 3]}}, "required": ["x"], "additionalProperties": False}
    none = {"type": "object", "properties": {"x": False}, "required": ["x"]}
    plan["categories"] += [
        {"name": "few", "count": 10, "record_schema": few},
        {"name": "none", "count": 10, "record_schema": none},
    ]
    plan.pop("tiers")
    agent.plan(plan)
    ran = agent("run", "plan.json", "--json")
    assert ran.code == 3
    told = ran.json
    assert told["status"] == "incomplete"
    counts = {row["category"]: row["accepted"] for row in told["counts"]["by_stratum"]}
    assert counts == {"returns": 120, "few": 3, "none": 0}
    shortfalls = {short["category"]: (short["missing"], short["why"]) for short in told["shortfalls"]}
    assert shortfalls["few"][0] == 7
    assert "duplicate" in shortfalls["few"][1]
    assert shortfalls["none"][0] == 10
    assert "cannot be served" in shortfalls["none"][1]
    again = agent("run", "plan.json", "--json")
    assert (again.code, again.json["counts"]) == (3, told["counts"]), "a short stratum is not tried for ever"


def test_stdout_holds_results_alone(agent: Agent) -> None:
    agent.plan(questions())
    ran = agent("run", "plan.json", "--json")
    assert len(ran.out.splitlines()) == 1
    assert "120 of 120 records" in ran.err
    again = agent("run", "plan.json", "--quiet")
    assert (again.out, again.err) == ("", "")


def test_status_explain_preview_and_estimate(agent: Agent) -> None:
    agent.plan(questions())
    shown = [json.loads(line) for line in agent("preview", "plan.json", "-n", "2").out.splitlines()]
    assert Counter(row["tier"] for row in shown) == {"simple": 2, "medium": 2, "complex": 2}
    assert not (agent.folder / "checkpoints").exists()
    estimated = agent("estimate", "plan.json", "--json").json
    assert [row["planned"] for row in estimated["strata"]] == [60, 36, 24]
    assert estimated["strata"][0]["capacity"] == 3 * 8 * 6 * 40
    agent("run", "plan.json")
    state = agent("status", "questions", "--json").json
    assert (state["state"], state["accepted"], state["planned"]) == ("complete", 120, 120)
    assert sum(row["accepted"] for row in state["strata"]) == 120
    assert state["rejected"].keys() == {"placeholder"}
    assert state["usage"]["calls"] == 0
    assert agent("status", "--json").code == 0
    row = read(agent.folder / "datasets" / "questions" / "all.jsonl")[5]
    life = agent("explain", "plan.json", row["id"]).json
    assert (life["verdict"], life["record"], life["tier"]) == ("accepted", row["record"], row["tier"])
    refused = read(agent.folder / "datasets" / "questions" / "rejected.jsonl")
    assert refused
    missing = agent("explain", "questions", "returns-999999")
    assert missing.code == 2
    assert "no record 'returns-999999'" in missing.err


@pytest.mark.parametrize("workers", ["1", "2"])
def test_the_budget_of_minutes_ends_a_run_that_can_be_resumed(agent: Agent, workers: str) -> None:
    agent.plan(people(20_000, budget={"max_minutes": 1e-6}))
    ran = agent("run", "plan.json", "--json", "--workers", workers)
    assert ran.code == 3
    assert ran.json["status"] == "incomplete"
    assert "minutes is used up" in ran.json["shortfalls"][0]["why"]
    agent.plan(people(20_000, budget={}))
    assert agent("run", "plan.json", "--json").json["counts"]["accepted"] == 20_000

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from commands import Agent
from grounded_plans import BOUNDS, TIERS, plan, write_facts
from recount import facts, folded, lines, reverse_figures


def test_the_figures_in_the_metadata_can_be_counted_again_from_the_files(agent: Agent) -> None:
    truth = facts(write_facts(agent.folder), "drug", "effect")
    agent.plan(plan(category={"negatives": 3, "hard_negatives": 0.5}))
    ran = agent("run", "plan.json", "--json")
    assert ran.code == 0, ran.err
    out = agent.folder / "datasets" / "grounded"
    told = {row["tier"]: row for row in ran.json["grounding"]["effects"]["by_tier"]}
    for tier, figures in reverse_figures(out, truth, BOUNDS, "effects").items():
        assert figures == {key: round(told[tier][key], 4) for key in figures}
    records = [row["record"] for row in lines(out / "all.jsonl")]
    assert Counter(row["tier"] for row in lines(out / "all.jsonl")) == {"common": 20, "rare": 40}
    for record in records:
        subjects = truth[folded(record["object"])]
        if record["answer"] == "YES":
            assert {folded(subject) for subject in record["subjects"]} == subjects
        else:
            assert folded(record["subject"]) not in subjects
    assert len({record["query"] for record in records}) == len(records) == 60
    card = (out / "README.md").read_text(encoding="utf-8")
    assert f"| common | {told['common']['available']} | {told['common']['sampled']} |" in card


def test_a_count_that_the_source_cannot_fill_is_refused_with_the_numbers(agent: Agent) -> None:
    write_facts(agent.folder)
    tiers = [{**TIERS[0], "count": 200}, {**TIERS[1], "count": 400}]
    agent.plan(plan(category={"tiers": tiers, "count": 600}))
    ran = agent("run", "plan.json")
    assert ran.code == 2
    assert "tier 'common' asks for 200 records, and the source gives 66, from 33 objects" in ran.err
    assert "tier 'rare' asks for 400 records, and the source gives 48, from 24 objects" in ran.err
    assert "at_most" in ran.err and "Traceback" not in ran.err
    assert not (agent.folder / "datasets").exists() and not (agent.folder / "checkpoints").exists()


def test_at_most_takes_what_there_is(agent: Agent) -> None:
    write_facts(agent.folder)
    tiers = [TIERS[0], {"name": "rare", "at_most": 500, "min_frequency": 2, "max_frequency": 9}]
    agent.plan(plan(category={"tiers": tiers, "count": 520}))
    told = agent("run", "plan.json", "--json").json
    assert [(row["tier"], row["planned"], row["accepted"]) for row in told["counts"]["by_stratum"]] == [
        ("common", 20, 20),
        ("rare", 48, 48),
    ]
    again = agent("run", "plan.json", "--json")
    assert again.code == 0 and again.json["counts"] == told["counts"]


def test_at_most_that_says_less_than_there_is_is_exact(agent: Agent) -> None:
    write_facts(agent.folder)
    agent.plan(plan(category={"tiers": [{"name": "all", "at_most": 30}], "count": 30}))
    assert agent("run", "plan.json", "--json").json["counts"]["accepted"] == 30


@pytest.mark.parametrize("workers", ["1", "2"])
def test_the_same_bytes_with_any_number_of_processes(agent: Agent, workers: str) -> None:
    write_facts(agent.folder)
    agent.plan(plan(split={"test": 0.25}, output={"shard_rows": 7}))
    agent("run", "plan.json", "--out", "first", "--checkpoint-dir", "a")
    agent("run", "plan.json", "--out", "second", "--checkpoint-dir", "b", "--workers", workers)
    for name in ("all.jsonl", "train.jsonl", "test.jsonl", "golden.jsonl"):
        assert (agent.folder / "first" / name).read_bytes() == (agent.folder / "second" / name).read_bytes()


def test_a_larger_count_extends_the_dataset(agent: Agent) -> None:
    write_facts(agent.folder)
    agent.plan(plan())
    agent("run", "plan.json")
    before = {row["id"]: row for row in lines(agent.folder / "datasets" / "grounded" / "all.jsonl")}
    agent.plan(plan(category={"tiers": [TIERS[0], {**TIERS[1], "count": 44}], "count": 64}))
    assert agent("run", "plan.json").code == 0
    after = {row["id"]: row for row in lines(agent.folder / "datasets" / "grounded" / "all.jsonl")}
    assert len(after) == 64 and all(after[name] == row for name, row in before.items())


def test_a_changed_source_is_refused_and_a_lost_one_is_not_missed(agent: Agent) -> None:
    file = write_facts(agent.folder)
    agent.plan(plan())
    assert agent("run", "plan.json").code == 0
    kept = file.read_bytes()
    file.write_bytes(kept + b"Drug 79,effect 59\n")
    changed = agent("run", "plan.json")
    assert changed.code == 2 and "facts.csv changed since it was first read" in changed.err
    verified = agent("source", "verify", "plan.json")
    assert verified.code == 2 and "changed since" in verified.err
    file.unlink()
    assert agent("run", "plan.json").code == 0
    assert agent("source", "verify", "plan.json").code == 2
    file.write_bytes(kept)
    assert agent("source", "verify", "plan.json").code == 0


def test_sources_are_fetched_listed_and_verified(agent: Agent) -> None:
    write_facts(agent.folder)
    agent.plan(plan())
    listed = json.loads(agent("source", "list", "plan.json", "--json").out)
    assert listed == [{"name": "facts", "origin": "path", "is_fetched": False}]
    fetched = json.loads(agent("source", "fetch", "plan.json", "--json").out)
    assert fetched[0]["rows"] == len(lines_of(agent.folder / "facts.csv")) - 1
    assert json.loads(agent("source", "list", "plan.json", "--json").out) == fetched
    assert agent("source", "verify", "plan.json", "facts").code == 0
    missing = agent("source", "fetch", "plan.json", "fatcs")
    assert missing.code == 2 and "facts" in missing.err


def lines_of(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(
    ("change", "content", "said"),
    [
        ({"object": "efect"}, None, "no column 'efect'"),
        ({"source": "fcts"}, None, "fcts"),
        ({}, "drug,effect\n", "no rows"),
        ({}, "", "is empty"),
        ({}, "drug,effect\n,\n", "no row of facts.csv has both"),
    ],
)
def test_bad_sources_are_named(agent: Agent, change: dict[str, Any], content: str | None, said: str) -> None:
    file = write_facts(agent.folder)
    if content is not None:
        file.write_text(content, encoding="utf-8")
    agent.plan(plan(category=change))
    ran = agent("run", "plan.json")
    assert ran.code == 2 and said in ran.err and "Traceback" not in ran.err


def test_what_one_side_of_a_split_says_does_not_answer_the_other(agent: Agent) -> None:
    write_facts(agent.folder)
    agent.plan(plan(category={"negatives": 3, "count": 60}, split={"test": 0.3}))
    told = agent("run", "plan.json", "--json").json
    out = agent.folder / "datasets" / "grounded"
    train, test = (
        {folded(row["record"]["object"]) for row in lines(out / f"{side}.jsonl")} for side in ("train", "test")
    )
    assert train and test and not train & test
    assert told["split"]["divided"] == 0
    source = told["sources"]["facts"]
    assert source["origin"] == "facts.csv" and source["rows"] == len(lines_of(agent.folder / "facts.csv")) - 1
    assert source["sha256"] in (out / "README.md").read_text(encoding="utf-8")

"""Runs of the workers that read: over real HTTP, scored against the source."""

import json
import sqlite3
from contextlib import closing

import pytest
from commands import Agent
from grounded_brains import extracting, labelling
from grounded_plans import BOUNDS, CODES, labels, plan, write_codes, write_facts
from model_server import Delay, ModelServer, context_limit
from recount import facts, lines, reverse_figures


def test_queries_are_answered_from_evidence_and_scored(agent: Agent) -> None:
    truth = facts(write_facts(agent.folder), "drug", "effect")
    agent.plan(plan(category={"worker": "extract"}))
    with ModelServer(extracting()) as server:
        agent.env |= server.env
        ran = agent("run", "plan.json", "--model", "reader", "--json")
        calls = len(server.answered)
    assert ran.code == 0, ran.err
    told = {row["tier"]: row for row in ran.json["grounding"]["effects"]["by_tier"]}
    figures = reverse_figures(agent.folder / "datasets" / "grounded", truth, BOUNDS, "effects")
    for tier, counted in figures.items():
        assert counted == {key: round(told[tier][key], 4) for key in counted}
        assert counted["macro_f1"] == 1.0
    assert ran.json["usage"]["calls"] == calls == 30, "a call for each YES, none for a NO"


def test_what_a_model_misses_shows_in_the_scores_and_stays_out_of_golden(agent: Agent) -> None:
    truth = facts(write_facts(agent.folder), "drug", "effect")
    agent.plan(plan(category={"worker": "extract", "min_recall": 0.8}))
    with ModelServer(extracting(most=1)) as server:
        agent.env |= server.env
        ran = agent("run", "plan.json", "--model", "reader", "--json")
    assert ran.code == 0, ran.err
    out = agent.folder / "datasets" / "grounded"
    told = {row["tier"]: row for row in ran.json["grounding"]["effects"]["by_tier"]}
    for tier, counted in reverse_figures(out, truth, BOUNDS, "effects").items():
        assert counted == {key: round(told[tier][key], 4) for key in counted}
    golden = {row["id"] for row in lines(out / "golden.jsonl")}
    for row in lines(out / "all.jsonl"):
        record = row["record"]
        if record["answer"] == "YES":
            assert (row["id"] in golden) == (record["recall"] >= 0.8)
    assert any(row["below_min_recall"] for row in told.values())
    assert "recall" in ran.err


def test_models_label_the_same_texts_side_by_side(agent: Agent) -> None:
    write_codes(agent.folder)

    def codes_of(model: str, text: str) -> list[str]:
        right = CODES[text]
        if model == "large":
            return [right]
        other, sibling = "D10.3", f"{right[:4]}{(int(right[4]) + 1) % 5}"
        return [other, right] if "ear" in text else [sibling] if "eye" in text else ["Z99.9"]

    entry = {"price_in": 1.0, "price_out": 2.0, "capabilities": ["json_schema"]}
    models = {"small": {"model": "small", **entry}, "large": {"model": "large", **entry}}
    agent.plan({**labels(worker="label", models=["small", "large"]), "models": models})
    with ModelServer(labelling(codes_of)) as server:
        agent.env |= server.env
        ran = agent("run", "plan.json", "--json")
    assert ran.code == 0, ran.err
    out = agent.folder / "datasets" / "coded"
    rows, predictions = lines(out / "all.jsonl"), lines(out / "predictions.jsonl")
    assert all(row["quality"] == row["record"]["quality"] == 1.0 for row in rows), "the better answer is the record"
    assert all(row["record"]["codes"] == [CODES[row["record"]["text"]]] for row in rows)
    texts = {row["id"]: row["record"]["text"] for row in rows}
    assert len(predictions) == 2 * len(rows) == 32
    told = {model["model"]: model for model in ran.json["grounding"]["codes"]["by_model"]}
    for name in ("small", "large"):
        own = [said for said in predictions if said["model"] == name]
        exact = sum(said["codes"][:1] == [CODES[texts[said["id"]]]] for said in own)
        assert told[name]["accuracy"] == round(exact / len(own), 6)
        assert told[name]["mean_quality"] == round(sum(said["quality"] for said in own) / len(own), 6)
        assert told[name]["entries"] == 16
        cost = {model["model"]: model["cost_usd"] for model in ran.json["usage"]["by_model"]}[name]
        assert told[name]["cost_usd_per_entry"] == pytest.approx(cost / 16, rel=1e-4)
        assert [size["entries"] for size in told[name]["projection"]] == [20, 1000, 10000, 100000]
    for said in predictions:
        if said["model"] == "small" and "ear" in texts[said["id"]]:
            assert said["quality"] == 0.9
        if said["model"] == "small" and "eye" in texts[said["id"]]:
            assert 0.5 <= said["quality"] < 0.7
    groups = ran.json["grounding"]["codes"]["by_group"]
    assert sum(group["sampled"] for group in groups) == len({row["record"]["source_code"] for row in rows})


def test_wrong_labels_are_records_of_low_quality_outside_golden(agent: Agent) -> None:
    write_codes(agent.folder)
    agent.plan(labels(worker="label"))
    with ModelServer(labelling(lambda model, text: ["Z99.9"])) as server:
        agent.env |= server.env
        ran = agent("run", "plan.json", "--model", "any", "--json")
    assert ran.code == 0, ran.err
    assert ran.json["files"]["golden.jsonl"]["rows"] == 0
    assert ran.json["grounding"]["codes"]["by_model"][0]["accuracy"] == 0.0


def test_template_labels_are_the_truth(agent: Agent) -> None:
    write_codes(agent.folder)
    agent.plan(labels())
    ran = agent("run", "plan.json", "--json")
    assert ran.code == 0, ran.err
    for row in lines(agent.folder / "datasets" / "coded" / "all.jsonl"):
        assert row["record"]["codes"] == [CODES[row["record"]["text"]]] and row["quality"] == 1.0


def test_a_killed_extraction_is_paid_once(agent: Agent) -> None:
    write_facts(agent.folder)
    agent.plan(plan(category={"worker": "extract"}, generation={"max_concurrency": 3}))
    brain = extracting()
    with ModelServer(lambda request: Delay(0.1, brain(request))) as server:
        agent.env |= server.env
        process = agent.start("run", "plan.json", "--model", "reader", "--quiet")
        server.wait_until(lambda at: len(at.answered) >= 10)
        process.kill()
        process.communicate()
        ran = agent("run", "plan.json", "--model", "reader", "--json")
        assert ran.code == 0, ran.err
        told = json.loads((agent.folder / "datasets" / "grounded" / "metadata.json").read_text())
        assert told["counts"]["accepted"] == 60
        assert len(server.paid_twice()) <= 3, "those in flight at the kill"


def test_a_category_keeps_the_worker_that_it_began_with(agent: Agent) -> None:
    write_codes(agent.folder)
    agent.plan(labels(count=6))
    assert agent("run", "plan.json").code == 0
    models = {"any": {"model": "any"}}
    with ModelServer(labelling(lambda model, text: ["Z99.9"])) as server:
        agent.env |= server.env
        agent.plan({**labels(count=12), "models": models})
        ran = agent("run", "plan.json", "--json")
        assert ran.code == 0 and not server.answered
        agent.plan({**labels(count=12, worker="label"), "models": models})
        other = agent("run", "plan.json")
    assert other.code == 2 and "worker" in other.err
    rows = lines(agent.folder / "datasets" / "coded" / "all.jsonl")
    assert len({row["id"] for row in rows}) == 12


def test_objects_without_evidence_are_a_shortfall_and_no_reason_for_more_negatives(agent: Agent) -> None:
    write_facts(agent.folder)
    (agent.folder / "notes.csv").write_text("effect,text\nnothing,There is nothing here.\n", encoding="utf-8")
    category = {"worker": "extract", "evidence": {"source": "notes", "match": "effect"}, "count": 12, "tiers": None}
    sources = {"facts": {"path": "facts.csv"}, "notes": {"path": "notes.csv"}}
    agent.plan(plan(category=category, sources=sources))
    with ModelServer(extracting()) as server:
        agent.env |= server.env
        ran = agent("run", "plan.json", "--model", "any", "--json")
    assert ran.code == 3
    told = ran.json["grounding"]["effects"]["overall"]
    assert told["yes"] == 0 and told["no"] <= 6
    rejected = lines(agent.folder / "datasets" / "grounded" / "rejected.jsonl")
    assert rejected and all("no evidence for" in row["detail"] for row in rejected)


def test_texts_too_long_for_the_model_end_as_a_shortfall(agent: Agent) -> None:
    (agent.folder / "texts").mkdir()
    for number in range(3):
        text = " ".join(f"Bridge {number} of the town was opened in {1900 + n}." for n in range(200))
        (agent.folder / "texts" / f"{number}.txt").write_text(text, encoding="utf-8")
    category = {
        "name": "asked", "count": 6, "task": "document_qa", "source": "texts", "text": "text", "id": "id",
        "worker": "agent",
    }  # fmt: skip
    about = {"dataset_name": "asked", "sources": {"texts": {"path": "texts"}}, "mlflow": False}
    agent.plan({**about, "categories": [category]})
    with ModelServer(context_limit(extracting(), 500)) as server:
        agent.env |= server.env
        ran = agent("run", "plan.json", "--model", "any", "--json")
    assert ran.code == 3
    assert "given up after" in ran.json["shortfalls"][0]["why"]
    rejected = lines(agent.folder / "datasets" / "asked" / "rejected.jsonl")
    assert all("longer than the model's context" in row["detail"] for row in rejected)


def test_recall_of_batches_tiers_and_the_whole_is_in_mlflow(agent: Agent) -> None:
    write_facts(agent.folder)
    told = plan(category={"worker": "extract"})
    del told["mlflow"]
    agent.plan(told)
    with ModelServer(extracting(most=3)) as server:
        agent.env |= server.env
        assert agent("run", "plan.json", "--model", "reader").code == 0
    rows = [row["record"] for row in lines(agent.folder / "datasets" / "grounded" / "all.jsonl")]
    recalls = [record["recall"] for record in rows if record["answer"] == "YES"]
    with closing(sqlite3.connect(agent.folder / "mlflow.db")) as db:
        batches = [value for (value,) in db.execute("SELECT value FROM metrics WHERE key = 'recall'")]
        final = dict(db.execute("SELECT key, value FROM latest_metrics"))
    assert batches and all(min(recalls) <= value <= 1 for value in batches), "batches told together are averaged"
    assert final["final/total.effects.macro_recall"] == pytest.approx(sum(recalls) / len(recalls), abs=1e-5)
    assert {"final/total.effects.common.macro_f1", "final/total.effects.rare.macro_precision"} <= final.keys()

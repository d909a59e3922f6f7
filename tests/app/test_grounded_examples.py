"""The examples of grounded datasets: all of their plans run, and what they say of themselves can be counted again."""

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from commands import Agent, Ran
from example_brains import Coder, Reader, notes_reader
from model_server import Brain, ModelServer
from recount import facts, folded, lines, reverse_figures
from recount_texts import (
    Codes,
    call_figures,
    codes_in,
    document_figures,
    documents_in,
    label_figures,
    model_figures,
    quality,
    said_by,
)

EXAMPLES = Path(__file__).parents[2] / "examples"
GUIDE = (EXAMPLES.parent / "docs" / "grounded.md").read_text(encoding="utf-8")
NAMES = ("reverse_queries", "icd10cm_labels", "document_questions")
PLANS = [plan for name in NAMES for plan in sorted((EXAMPLES / name).glob("plan*.json"))]
BOUNDS: dict[str | None, tuple[int, int]] = {"worldwide": (10, 10**9), "several": (2, 9), "one_place": (1, 1)}
CODES = EXAMPLES / "icd10cm_labels" / "icd10cm_tabular_2026_excerpt.xml"
PRICES = {"small": ("gpt-5-nano", 0.05, 0.4), "large": ("gpt-5-mini", 0.25, 2.0)}


def run(agent: Agent, plan: str, brain: Brain | None = None, *options: str) -> dict[str, Any]:
    """What a run of an example's plan says, which has to be complete."""
    name = plan.partition("/")[0]
    shutil.copytree(EXAMPLES / name, agent.folder / name)
    if brain is None:
        ran: Ran = agent("run", plan, "--json")
    else:
        with ModelServer(brain) as server:
            agent.env |= server.env
            ran = agent("run", plan, "--json", *options)
            assert ran.code != 0 or ran.json["usage"]["calls"] == len(server.answered) > 0
    assert ran.code == 0, ran.err
    assert ran.json["status"] == "complete"
    assert ran.json["counts"]["accepted"] == ran.json["counts"]["planned"] > 0
    assert all(row["accepted"] == row["planned"] for row in ran.json["counts"]["by_stratum"])
    out = agent.folder / "datasets" / ran.json["dataset_name"]
    assert len(lines(out / "all.jsonl")) == ran.json["counts"]["accepted"]
    assert ran.json["grounding"] == json.loads((out / "metadata.json").read_text(encoding="utf-8"))["grounding"]
    assert all(f"`{key}`" in GUIDE for key in keys_in(list(ran.json["grounding"].values())))
    return ran.json


def keys_in(value: Any) -> Iterator[str]:
    """All keys of an object and what is in it."""
    if isinstance(value, dict):
        yield from value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from keys_in(part)


def records(agent: Agent, told: dict[str, Any], file: str = "all.jsonl") -> list[dict[str, Any]]:
    return [row["record"] for row in lines(agent.folder / "datasets" / told["dataset_name"] / file)]


def taken(told: dict[str, Any], keys: dict[str, Any]) -> dict[str, Any]:
    """What was told under these keys, no finer than it is counted again."""
    return {key: round(told[key], 4) if isinstance(value, float) else told[key] for key, value in keys.items()}


def rounded(figures: dict[str, Any]) -> dict[str, Any]:
    return {key: round(value, 4) if isinstance(value, float) else value for key, value in figures.items()}


def test_plans_are_described_and_told_of() -> None:
    described = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert len(PLANS) == 6
    for plan in PLANS:
        assert json.loads(plan.read_text(encoding="utf-8"))["description"]
        assert f"{plan.parent.name}/{plan.name}" in described
        assert (plan.parent / "README.md").is_file()


def languages() -> dict[str, set[str]]:
    return facts(EXAMPLES / "reverse_queries" / "official_languages.csv", "territory", "language")


def test_reverse_queries_are_the_truth(agent: Agent) -> None:
    told = run(agent, "reverse_queries/plan.json")
    truth = languages()
    assert [(row["tier"], row["accepted"]) for row in told["counts"]["by_stratum"]] == [
        ("worldwide", 15),
        ("several", 66),
        ("one_place", 180),
    ]
    figures = told["grounding"]["where_official"]
    again = reverse_figures(agent.folder / "datasets" / "official_languages", truth, BOUNDS, "where_official")
    for row in figures["by_tier"]:
        assert taken(row, again[row["tier"]]) == again[row["tier"]]
    found = records(agent, told)
    for record in found:
        if record["answer"] == "YES":
            assert {folded(subject) for subject in record["subjects"]} == truth[folded(record["object"])]
    denied = [record for record in found if record["answer"] == "NO"]
    assert not any(folded(record["subject"]) in truth[folded(record["object"])] for record in denied)
    assert all(folded(record["subject"]) in truth[folded(record["true_object"])] for record in denied)
    hard = [r for r in denied if truth[folded(r["object"])] & truth[folded(r["true_object"])]]
    assert len(denied) / 2 - 60 <= len(hard) <= len(denied)
    assert told["split"]["train"] + told["split"]["test"] == 261


def test_extraction_is_scored_against_the_table(agent: Agent) -> None:
    told = run(agent, "reverse_queries/plan_extract.json", notes_reader, "--model", "any")
    figures = told["grounding"]["where_official"]
    bounds: dict[str | None, tuple[int, int]] = {tier: BOUNDS[tier] for tier in ("worldwide", "several")}
    again = reverse_figures(
        agent.folder / "datasets" / "official_languages_read", languages(), bounds, "where_official"
    )
    for row in figures["by_tier"]:
        assert taken(row, again[row["tier"]]) == again[row["tier"]]
    overall = figures["overall"]
    assert overall["hits"] == overall["found"] < overall["expected"]
    assert overall["micro_recall"] == round(overall["hits"] / overall["expected"], 6)
    yes = [record for record in records(agent, told) if record["answer"] == "YES"]
    below = [record for record in yes if record["recall"] < 0.9]
    assert overall["below_min_recall"] == len(below) > 0
    golden = [record for record in records(agent, told, "golden.jsonl") if record["answer"] == "YES"]
    assert len(golden) == len(yes) - len(below) > 0


def check_label_figures(agent: Agent, told: dict[str, Any], codes: Codes) -> None:
    figures = told["grounding"]["coding"]
    again = label_figures(agent.folder / "datasets" / told["dataset_name"], codes)
    assert taken(figures["overall"], again["overall"]) == again["overall"]
    groups = {row["group"]: {key: row[key] for key in row if key != "group"} for row in figures["by_group"]}
    assert groups == again["by_group"]


def test_labels_are_those_of_the_release(agent: Agent) -> None:
    told = run(agent, "icd10cm_labels/plan.json")
    codes = codes_in(CODES)
    assert told["counts"]["accepted"] == 500
    check_label_figures(agent, told, codes)
    for record in records(agent, told):
        assert record["codes"] == codes.of_text[folded(record["text"])]
        assert record["quality"] == 1.0


def test_models_label_side_by_side(agent: Agent) -> None:
    codes = codes_in(CODES)
    coder = Coder(codes.of_text, {"gpt-5-nano": 3, "gpt-5-mini": 8})
    told = run(agent, "icd10cm_labels/plan_models.json", coder)
    check_label_figures(agent, told, codes)
    shown = told["grounding"]["coding"]["by_model"]
    assert [row["model"] for row in shown] == list(PRICES)
    for row in shown:
        model, price_in, price_out = PRICES[row["model"]]
        said = said_by(agent.folder / "datasets" / "icd10cm_models", row["model"])
        assert said == coder.said[model]
        again = rounded(model_figures(said, codes))
        assert taken(row, again) == again and row["entries"] == 120
        calls = call_figures(agent.folder / "checkpoints" / "icd10cm_models", row["model"], price_in, price_out)
        assert {key: row[key] for key in calls} == calls
        assert [ahead["entries"] for ahead in row["projection"]] == [1000, len(codes.of_text), 10_000, 100_000]
        ahead = row["projection"][0]
        assert ahead["tokens_in"] == round(1000 * row["tokens_in"] / 120)
        cost = (row["tokens_in"] * price_in + row["tokens_out"] * price_out) / 1e6
        assert ahead["cost_usd"] == round(1000 * cost / 120, 6)
    for record in records(agent, told):
        text = record["text"]
        best = max(quality(one[text], codes.of_text[folded(text)]) for one in coder.said.values())
        assert abs(record["quality"] - best) < 1e-9
    assert 0 < len(records(agent, told, "golden.jsonl")) < 120


def check_documents(agent: Agent, told: dict[str, Any], category: str) -> list[dict[str, Any]]:
    documents = documents_in(EXAMPLES / "document_questions" / "documents")
    figures = told["grounding"][category]["overall"]
    assert figures == document_figures(agent.folder / "datasets" / told["dataset_name"], documents)
    found = records(agent, told)
    for record in found:
        if record["answer"] is None:
            assert record["evidence"] is None
        else:
            assert record["evidence"] in documents[record["document_id"]]
            assert record["answer"] in " ".join(record["evidence"].split())
    assert len({record["question"] for record in found}) == len(found)
    return found


def test_document_questions_stand_in_the_documents(agent: Agent) -> None:
    told = run(agent, "document_questions/plan.json")
    found = check_documents(agent, told, "gaps")
    assert Counter(record["answer"] is None for record in found) == {False: 120, True: 40}
    assert set(Counter(record["document_id"] for record in found).values()) == {20}


def test_document_questions_of_a_model_are_held_to_the_documents(agent: Agent) -> None:
    reader = Reader()
    told = run(agent, "document_questions/plan_agent.json", reader, "--model", "any")
    found = check_documents(agent, told, "readers")
    assert Counter(record["answer"] is None for record in found) == {False: 30, True: 10}
    assert told["counts"]["rejected"]["facts"] >= reader.slips > 0


@pytest.mark.parametrize(
    "plan", [plan for plan in PLANS if plan.name == "plan.json"], ids=lambda plan: plan.parent.name
)
def test_the_sources_of_an_example_are_verified(agent: Agent, plan: Path) -> None:
    shutil.copytree(plan.parent, agent.folder / "example")
    fetched = agent("source", "fetch", "example/plan.json", "--json")
    assert fetched.code == 0, fetched.err
    assert agent("source", "verify", "example/plan.json").code == 0

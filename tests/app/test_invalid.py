"""Records that break their schema on purpose, from the plan to the files, and what their schemas are reached of."""

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from commands import Agent
from jsonschema import Draft7Validator, FormatChecker
from plans import PERSON, people, questions
from pyarrow import parquet

SHARE = 0.25


def plan(**keys: Any) -> dict[str, Any]:
    """People of whom a quarter are twins, and questions, which are none."""
    whole = people(400)
    (category,) = whole["categories"]
    category |= {"invalid": {"share": SHARE}, "edge_cases": 0.1}
    return {**whole, "categories": [category, *questions(20)["categories"]], **keys}


def read(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def errors_of(record: Any) -> list[tuple[str, str]]:
    found = Draft7Validator(PERSON, format_checker=FormatChecker()).iter_errors(record)
    return [(error.validator, "".join(f"/{step}" for step in error.absolute_path)) for error in found]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Agent, dict[str, Any]]:
    agent = Agent(tmp_path_factory.mktemp("invalid"))
    agent.plan(plan(split={"test": 0.2}))
    ran = agent("run", "plan.json", "--json")
    assert ran.code == 0, ran.err
    return agent, ran.json


def test_the_files_hold_the_share_of_twins_with_true_labels(built: tuple[Agent, dict[str, Any]]) -> None:
    agent, told = built
    out = agent.folder / "datasets" / "people"
    rows = [row for row in read(out / "all.jsonl") if row["category"] == "people"]
    for row in rows:
        errors = errors_of(row["record"])
        if "invalid" not in row:
            assert errors == []
            assert list(row) == ["id", "category", "tier", "quality", "prompt", "record"]
            continue
        assert list(row) == ["id", "category", "tier", "quality", "prompt", "invalid", "record"]
        assert errors == [(row["invalid"]["keyword"], row["invalid"]["path"])]
    twins = [row for row in rows if "invalid" in row]
    assert abs(len(twins) - SHARE * 400) <= 2
    counts = Counter(row["invalid"]["keyword"] for row in twins)
    assert told["counts"]["invalid"] == dict(sorted(counts.items()))
    assert set(counts) == {
        "type",
        "required",
        "additionalProperties",
        "minLength",
        "format",
        "minimum",
        "maximum",
        "enum",
    }
    card = (out / "README.md").read_text(encoding="utf-8")
    assert f"| `minimum` | {counts['minimum']} |" in card
    golden = [row for name in ("train", "test") for row in read(out / f"{name}.jsonl")]
    assert sum("invalid" in row for row in golden) == sum("invalid" in row for row in read(out / "golden.jsonl")) > 0


def test_one_is_explained_with_its_label_and_another_without(built: tuple[Agent, dict[str, Any]]) -> None:
    agent, _ = built
    rows = read(agent.folder / "datasets" / "people" / "all.jsonl")
    twin = next(row for row in rows if "invalid" in row)
    assert agent("explain", "people", twin["id"]).json["invalid"] == twin["invalid"]
    other = next(row for row in rows if "invalid" not in row)
    assert agent("explain", "people", other["id"]).json["invalid"] is None


def test_exports_carry_the_label(built: tuple[Agent, dict[str, Any]]) -> None:
    agent, _ = built
    rows = read(agent.folder / "datasets" / "people" / "all.jsonl")
    twins = {row["id"]: row for row in rows if "invalid" in row}
    for form in ("jsonl", "csv", "parquet", "mlflow-eval"):
        assert agent("export", "people", "--format", form, "--out", f"out.{form}").code == 0
    assert read(agent.folder / "out.jsonl") == rows
    with (agent.folder / "out.csv").open(newline="", encoding="utf-8") as file:
        cells = {row["id"]: row["invalid.keyword"] for row in csv.DictReader(file)}
    assert {name: keyword for name, keyword in cells.items() if keyword} == {
        name: row["invalid"]["keyword"] for name, row in twins.items()
    }
    table = parquet.read_table(agent.folder / "out.parquet").to_pylist()
    assert {row["id"]: json.loads(row["invalid"]) for row in table if row["invalid"]} == {
        name: row["invalid"] for name, row in twins.items()
    }
    tags = [row["tags"] for row in read(agent.folder / "out.mlflow-eval")]
    assert {tag["id"] for tag in tags if "invalid" in tag} == twins.keys()


def test_whoever_is_trained_on_a_twin_learns_to_refuse(built: tuple[Agent, dict[str, Any]]) -> None:
    agent, _ = built
    rows = read(agent.folder / "datasets" / "people" / "all.jsonl")[:400]
    agent.plan({**plan(), "dataset_name": "chat", "categories": plan()["categories"][:1]}, "chat.json")
    assert agent("run", "chat.json").code == 0
    assert agent("export", "chat", "--format", "openai-chat", "--out", "chat.jsonl").code == 0
    answers = [json.loads(line["messages"][1]["content"]) for line in read(agent.folder / "chat.jsonl")]
    expected = [{"invalid": row["invalid"]} if "invalid" in row else row["record"] for row in rows]
    assert answers == expected


def test_agent_check_holds_lines_to_their_labels(built: tuple[Agent, dict[str, Any]]) -> None:
    agent, _ = built
    (agent.folder / "person.json").write_text(json.dumps(PERSON))
    rows = read(agent.folder / "datasets" / "people" / "all.jsonl")[:400]
    lines = agent.folder / "lines.jsonl"
    lines.write_text("".join(json.dumps(row) + "\n" for row in rows))
    checked = agent("check", "lines.jsonl", "--schema", "person.json", "--json")
    assert (checked.code, checked.json["passed"]) == (0, 400), checked.out
    twin = next(row for row in rows if "invalid" in row)
    twin["invalid"]["keyword"] = "const"
    lines.write_text(json.dumps(twin) + "\n")
    assert agent("check", "lines.jsonl", "--schema", "person.json", "--json").json["rejected"] == {"schema": 1}


def test_parquet_has_a_column_of_labels_and_records_as_texts(agent: Agent) -> None:
    agent.plan({**plan(), "output": {"format": "parquet"}, "categories": plan()["categories"][:1]})
    assert agent("run", "plan.json").code == 0
    (part,) = (agent.folder / "datasets" / "people" / "data").glob("part-*.parquet")
    rows = parquet.read_table(part).to_pylist()
    for row in rows:
        label = row["invalid"] and json.loads(row["invalid"])
        expected = [] if label is None else [(label["keyword"], label["path"])]
        assert errors_of(json.loads(row["record"])) == expected
    agent.plan({**people(50), "output": {"format": "parquet"}}, "plain.json")
    assert agent("run", "plain.json", "--fresh").code == 0
    (part,) = (agent.folder / "datasets" / "people" / "data").glob("part-*.parquet")
    assert "invalid" not in parquet.read_schema(part).names


def test_another_share_is_refused_on_resume(agent: Agent) -> None:
    agent.plan(plan())
    assert agent("run", "plan.json").code == 0
    changed = plan()
    changed["categories"][0]["invalid"] = {"share": 0.5}
    agent.plan(changed)
    ran = agent("run", "plan.json")
    assert ran.code == 2
    assert "$.categories.people.invalid.share: 0.25 became 0.5" in ran.err


def test_a_snapshot_brings_twins_along(agent: Agent) -> None:
    agent.plan(plan())
    assert agent("run", "plan.json").code == 0
    before = (agent.folder / "datasets" / "people" / "all.jsonl").read_bytes()
    assert agent("status", "people", "--snapshot", "moved.json").code == 0
    there = ("--checkpoint-dir", "elsewhere", "--out", "made")
    ran = agent("run", "moved.json", *there, "--json")
    assert ran.code == 0, ran.err
    assert (
        ran.json["counts"]["rejected"]
        == json.loads((agent.folder / "made" / "metadata.json").read_text())["counts"]["rejected"]
    )
    assert (agent.folder / "made" / "all.jsonl").read_bytes() == before
    moved = json.loads((agent.folder / "moved.json").read_text())
    twin = next(item for item in moved["created_instances"] if "invalid" in item)
    del twin["invalid"]
    (agent.folder / "forged.json").write_text(json.dumps(moved))
    ran = agent("run", "forged.json", "--checkpoint-dir", "third", "--out", "third", "--json")
    assert ran.json["counts"]["rejected"]["schema"] == 1


def test_a_schema_that_nothing_breaks_is_a_shortfall(agent: Agent) -> None:
    anything = {"name": "anything", "count": 5, "record_schema": {"title": "anything"}, "invalid": {"share": 0.5}}
    agent.plan({**people(10), "categories": [*people(10)["categories"], anything]})
    ran = agent("run", "plan.json", "--json")
    assert ran.code == 3
    assert ran.json["counts"]["accepted"] == 10
    (short,) = ran.json["shortfalls"]
    assert "breaks exactly one keyword" in short["why"]


@pytest.mark.parametrize(
    ("category", "told"),
    [
        ({"templates": ["Hello"], "invalid": {"share": 0.1}}, "leave out `templates` or `invalid`"),
        ({"record_schema": PERSON, "invalid": {"shares": 0.1}}, "shares"),
        ({"record_schema": PERSON, "invalid": {"share": 2}}, "$.categories[0].invalid.share"),
    ],
)
def test_bad_input(agent: Agent, category: dict[str, Any], told: str) -> None:
    agent.plan({**people(), "categories": [{"name": "a", "count": 3, **category}]})
    ran = agent("run", "plan.json")
    assert ran.code == 2
    assert told in ran.err
    assert "Traceback" not in ran.err


# ---- coverage ------------------------------------------------------------------------------------------------


def test_preview_tells_what_of_the_schemas_is_not_reached(agent: Agent) -> None:
    dead = {"properties": {"n": {"anyOf": [{"type": "integer", "minimum": 3, "maximum": 1}, {"enum": ["a", "b"]}]}},
            "type": "object", "required": ["n"]}  # fmt: skip
    agent.plan({**plan(), "categories": [*plan()["categories"], {"name": "dead", "count": 2, "record_schema": dead}]})
    ran = agent("preview", "plan.json", "--coverage")
    assert ran.code == 0, ran.err
    lines = ran.out.splitlines()
    assert [line.split() for line in lines[1:3]] == [
        ["people", "1,000", "0", "of", "0", "3", "of", "3", "0", "of", "0"],
        ["dead", "1,000", "1", "of", "2", "2", "of", "2", "0", "of", "0"],
    ]
    assert "  branch #/properties/n/anyOf/0 (no valid record can)" in lines
    assert lines[-1] == "returns: not looked at: its records are made from templates"
    told = agent("preview", "plan.json", "--coverage", "--records", "3", "--json").json
    assert [category["records"] for category in told["categories"]] == [3, 3]
    missing = {"path": "#/properties/n/anyOf/0", "impossible": True}
    assert told["categories"][1]["branches"] == {"reached": 1, "all": 2, "missing": [missing]}
    assert not (agent.folder / "checkpoints").exists()


def test_options_of_coverage_go_with_it(agent: Agent) -> None:
    agent.plan(plan())
    for extra in (("--records", "5"), ("--json",)):
        ran = agent("preview", "plan.json", *extra)
        assert ran.code == 2
        assert "goes with --coverage" in ran.err

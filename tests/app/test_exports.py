import csv
import json
from pathlib import Path

import pytest
from commands import Agent
from plans import people, questions

FORMATS = {
    "jsonl": 120,
    "parquet": 120,
    "csv": 121,
    "openai-chat": 120,
    "alpaca": 120,
    "sharegpt": 120,
    "mlflow-eval": 120,
}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Agent:
    agent = Agent(tmp_path_factory.mktemp("finished"))
    agent.plan(questions())
    assert agent("run", "plan.json").code == 0
    return agent


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_has_every_record(finished: Agent, form: str, tmp_path: Path) -> None:
    from pyarrow import parquet

    out = tmp_path / "file"
    ran = finished("export", "questions", "--format", form, "--out", out)
    assert ran.code == 0, ran.err
    assert ran.out == ""
    lines = parquet.read_metadata(out).num_rows if form == "parquet" else len(out.read_text().splitlines())
    assert lines == FORMATS[form]


def test_the_hub_folder_has_both_sides(finished: Agent, tmp_path: Path) -> None:
    ran = finished("export", "plan.json", "--format", "hf", "--out", tmp_path / "hub")
    assert ran.code == 0, ran.err
    assert sorted(path.name for path in (tmp_path / "hub" / "data").iterdir()) == ["test.parquet", "train.parquet"]


def test_a_name_is_found_where_none_is_given(finished: Agent) -> None:
    assert finished("export", "questions", "--format", "csv").code == 0
    with (finished.folder / "questions-csv.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["category"] == "returns"


def test_extraction_pairs_make_chats(agent: Agent) -> None:
    agent.plan(people(5))
    assert agent("run", "plan.json").code == 0
    assert agent("export", "people", "--format", "openai-chat", "--out", "chat.jsonl").code == 0
    user, assistant = json.loads((agent.folder / "chat.jsonl").read_text().splitlines()[0])["messages"]
    assert (user["role"], assistant["role"]) == ("user", "assistant")
    assert json.loads(assistant["content"])["email"] in user["content"]


def test_an_unfinished_dataset_is_exported_and_said_to_be(agent: Agent) -> None:
    few = {"type": "object", "properties": {"x": {"enum": [1, 2, 3]}}, "required": ["x"], "additionalProperties": False}
    categories = [{"name": "few", "count": 10, "record_schema": few}]
    agent.plan({"dataset_name": "short", "categories": categories, "mlflow": False})
    assert agent("run", "plan.json").code == 3
    ran = agent("export", "short", "--format", "jsonl", "--out", "short.jsonl")
    assert ran.code == 0
    assert "not finished: 3 of 10 records" in ran.err
    assert len((agent.folder / "short.jsonl").read_text().splitlines()) == 3


def test_check_finds_what_the_gate_would_refuse(agent: Agent) -> None:
    (agent.folder / "schema.json").write_text(json.dumps({"type": "object", "required": ["email"]}))
    lines = ['{"email": "ann@harbor.org"}', '{"email": "not one"}', "{", "{}", '{"email": "ann@harbor.org"}',
             '{"email": "x@example.com"}']  # fmt: skip
    (agent.folder / "file.jsonl").write_text("\n".join(lines) + "\n")
    ran = agent("check", "file.jsonl", "--schema", "schema.json", "--json")
    assert ran.code == 3
    assert [(row["line"], row["reason"]) for row in ran.json["first"]] == [
        (2, "contact_format"), (3, "parse"), (4, "schema"), (5, "duplicate"), (6, "placeholder")
    ]  # fmt: skip
    assert ran.json["passed"] == 1


def test_a_run_passes_its_own_checks(finished: Agent) -> None:
    ran = finished("check", "datasets/questions/all.jsonl")
    assert ran.code == 0
    assert "120 passed, 0 refused" in ran.out


def test_init_gives_a_plan_that_runs(agent: Agent) -> None:
    assert agent("init").code == 0
    assert agent("init").code == 2
    ran = agent("run", "plan.json", "--json")
    assert (ran.code, ran.json["counts"]["accepted"]) == (0, 100), ran.err
    assert agent("doctor", "--json").json["packages"]["dataset-agent"] == "0.1.0"
    assert json.loads(agent("schema").out)["title"] == "Plan"


def test_a_side_of_the_split_can_be_exported_alone(finished: Agent, tmp_path: Path) -> None:
    counts = {}
    for side in ("train", "test"):
        out = tmp_path / f"{side}.jsonl"
        ran = finished("export", "questions", "--format", "openai-chat", "--split", side, "--out", out)
        assert ran.code == 0, ran.err
        counts[side] = len(out.read_text().splitlines())
    assert sum(counts.values()) == 120
    both = finished("export", "questions", "--format", "alpaca", "--out", tmp_path / "both.jsonl")
    assert "--split train leaves the test records out" in both.err
    assert "'dev' is no side" in finished("export", "questions", "--format", "csv", "--split", "dev").err


def test_check_holds_a_record_against_its_prompt(agent: Agent) -> None:
    agent.plan(people(4))
    assert agent("run", "plan.json").code == 0
    file = agent.folder / "datasets" / "people" / "all.jsonl"
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    assert agent("check", file).code == 0
    rows[2]["prompt"] = "Nothing to see here."
    (agent.folder / "spoilt.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    ran = agent("check", "spoilt.jsonl", "--json")
    assert (ran.code, ran.json["rejected"], ran.json["first"][0]["line"]) == (3, {"alignment": 1}, 3)

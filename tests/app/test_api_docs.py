"""`docs/python.md`: every program in it runs, and every option is in its table."""

import json
import re
from pathlib import Path

import pytest
from api_world import enter, lines, use
from model_server import ModelServer, records_brain
from plans import questions

from dataset_agent import DatasetBuilderConfig

PAGE = Path(__file__).parents[2] / "docs" / "python.md"
TEXT = PAGE.read_text(encoding="utf-8")
PROGRAMS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return enter(tmp_path, monkeypatch)


def play(program: str) -> None:
    exec(compile(program, str(PAGE), "exec"), {"__name__": "__main__"})


def test_there_are_three_programs() -> None:
    assert len(PROGRAMS) == 3


def test_a_run(capsys: pytest.CaptureFixture[str]) -> None:
    play(PROGRAMS[0])
    said = re.findall(r"# (complete .*)", PROGRAMS[0])
    assert capsys.readouterr().out.splitlines() == said


def test_records_while_it_goes_on(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with ModelServer(records_brain()) as server:
        use(server, monkeypatch)
        play(PROGRAMS[1])
    *records, last = capsys.readouterr().out.splitlines()
    rows = lines(Path("datasets/order_questions/all.jsonl"))
    assert [record.partition(" ")[0] for record in records] == [row["id"] for row in rows]
    assert last.split() == [str(len(server.answered)), "0.0"]
    assert {request.model for request in server.requests} == {"gpt-5-mini"}


def test_snapshots(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "plan.json").write_text(json.dumps(questions()))
    play(PROGRAMS[2])
    assert capsys.readouterr().out == "complete\n"
    assert len(lines(here / "elsewhere/datasets/questions/all.jsonl")) == 120


def test_the_table_has_every_option() -> None:
    rows = re.findall(r"^\| (`.*?) \|", TEXT, re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert sorted(named) == sorted(DatasetBuilderConfig.model_fields)

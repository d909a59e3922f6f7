"""Sources as runs read them: which rows, which copy, and what is refused."""

import csv
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from commands import Agent
from recount import lines

LABELS: dict[str, Any] = {
    "name": "codes", "count": 3, "task": "label", "source": "codes", "text": "title", "label": "code",
}  # fmt: skip


def write_codes(folder: Path) -> None:
    with (folder / "codes.csv").open("w", encoding="utf-8", newline="") as file:
        rows = [(f"A{n}", f"Disorder {n}", "yes" if n % 2 else "no", n) for n in range(8)]
        csv.writer(file).writerows([("code", "title", "billable", "rank"), *rows])


def plan(source: dict[str, Any], **keys: Any) -> dict[str, Any]:
    about = {"dataset_name": "codes", "mlflow": False, "sources": {"codes": source}}
    return {**about, "categories": [{**LABELS, **keys}]}


def test_rows_alone_that_have_the_values_are_taken(agent: Agent) -> None:
    write_codes(agent.folder)
    agent.plan(plan({"path": "codes.csv", "where": {"billable": "yes"}}, count=4))
    assert agent("run", "plan.json").code == 0
    rows = lines(agent.folder / "datasets" / "codes" / "all.jsonl")
    assert {row["record"]["source_code"] for row in rows} == {"A1", "A3", "A5", "A7"}
    told = agent("source", "list", "plan.json").out
    assert " 8 " in told, "the copy holds all rows"


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ({"billable": "maybe"}, "no row of .*codes.csv has these values"),
        ({"billabel": "yes"}, "no column 'billabel'.*billable"),
    ],
)
def test_values_that_no_row_has_are_bad_input(agent: Agent, where: dict[str, Any], said: str) -> None:
    write_codes(agent.folder)
    agent.plan(plan({"path": "codes.csv", "where": where}))
    ran = agent("run", "plan.json")
    assert ran.code == 2 and re.search(said, ran.err)


def test_a_stated_checksum_must_match(agent: Agent) -> None:
    write_codes(agent.folder)
    agent.plan(plan({"path": "codes.csv", "sha256": "0" * 64}))
    ran = agent("run", "plan.json")
    assert ran.code == 2 and "0" * 12 in ran.err and "Traceback" not in ran.err
    assert not (agent.folder / "checkpoints").exists()


def test_copies_are_by_what_the_plan_says_and_where_it_lies(agent: Agent) -> None:
    for name, count in (("a", 4), ("b", 6)):
        (agent.folder / name).mkdir()
        text = "code,title\n" + "".join(f"A{n},Disorder {name}{n}\n" for n in range(count))
        (agent.folder / name / "codes.csv").write_text(text, encoding="utf-8")
        agent.plan({**plan({"path": "codes.csv"}, count=count), "dataset_name": name}, f"{name}/plan.json")
        assert agent("run", f"{name}/plan.json").code == 0
        titles = {row["record"]["text"] for row in lines(agent.folder / "datasets" / name / "all.jsonl")}
        assert titles == {f"Disorder {name}{n}" for n in range(count)}
    assert len(list((agent.folder / "checkpoints" / ".sources").glob("*.parquet"))) == 2


def test_a_damaged_copy_is_read_again(agent: Agent) -> None:
    write_codes(agent.folder)
    agent.plan(plan({"path": "codes.csv"}))
    assert agent("source", "fetch", "plan.json").code == 0
    (copy,) = (agent.folder / "checkpoints" / ".sources").glob("*.parquet")
    copy.write_bytes(copy.read_bytes()[:100])
    assert agent("run", "plan.json").code == 0
    assert agent("source", "verify", "plan.json").code == 0


def test_a_run_asks_a_database_once(agent: Agent) -> None:
    with closing(sqlite3.connect(agent.folder / "facts.db")) as db:
        db.execute("CREATE TABLE codes (code TEXT, title TEXT)")
        db.executemany("INSERT INTO codes VALUES (?, ?)", [(f"A{n}", f"Disorder {n}") for n in range(5)])
        db.commit()
    source = {"sql": "SELECT code, title FROM codes ORDER BY code", "database": "sqlite:///facts.db"}
    agent.plan(plan(source))
    assert agent("run", "plan.json").code == 0
    (agent.folder / "facts.db").unlink()
    agent.plan(plan(source, count=5))
    ran = agent("run", "plan.json", "--json")
    assert ran.code == 0 and ran.json["counts"]["accepted"] == 5
    gone = agent("source", "verify", "plan.json")
    assert gone.code == 2 and "facts.db" in gone.err


def test_a_checksum_stated_later_and_a_raised_at_most_extend(agent: Agent) -> None:
    write_codes(agent.folder)
    tiers = [{"name": "all", "at_most": 4}]
    agent.plan(plan({"path": "codes.csv"}, count=4, tiers=tiers))
    first = agent("run", "plan.json", "--json")
    assert first.code == 0
    kept = agent("source", "list", "plan.json", "--json").out
    sha256 = re.search('"sha256":"([0-9a-f]{64})"', kept)
    assert sha256
    tiers = [{"name": "all", "at_most": 30}]
    agent.plan(plan({"path": "codes.csv", "sha256": sha256[1].upper()}, count=30, tiers=tiers))
    ran = agent("run", "plan.json", "--json")
    assert ran.code == 0, ran.err
    assert ran.json["counts"]["accepted"] == 8
    assert "tier 'all' has 8 records, all that the source gives of at most 30" in ran.err


def test_a_stated_checksum_is_compared_with_the_copy_too(agent: Agent) -> None:
    write_codes(agent.folder)
    agent.plan(plan({"path": "codes.csv"}))
    assert agent("run", "plan.json").code == 0
    (agent.folder / "codes.csv").unlink()
    agent.plan(plan({"path": "codes.csv", "sha256": "0" * 64}))
    assert agent("run", "plan.json").code == 2


def test_another_database_under_the_same_variable_is_read(agent: Agent) -> None:
    for name, count in (("one.db", 4), ("two.db", 6)):
        with closing(sqlite3.connect(agent.folder / name)) as db:
            db.execute("CREATE TABLE codes (code TEXT, title TEXT)")
            db.executemany("INSERT INTO codes VALUES (?, ?)", [(f"A{n}", f"{name} {n}") for n in range(count)])
            db.commit()
    source = {"sql": "SELECT code, title FROM codes ORDER BY code", "database_env": "FACTS"}
    for name in ("one.db", "two.db"):
        agent.env["FACTS"] = f"sqlite:///{name}"
        agent.plan({**plan(source), "dataset_name": name})
        assert agent("run", "plan.json").code == 0
        titles = {row["record"]["text"] for row in lines(agent.folder / "datasets" / name / "all.jsonl")}
        assert all(title.startswith(name) for title in titles)


def test_a_changed_database_file_is_refused_and_a_damaged_copy_can_be_mended(agent: Agent) -> None:
    with closing(sqlite3.connect(agent.folder / "facts.db")) as db:
        db.execute("CREATE TABLE codes (code TEXT, title TEXT)")
        db.executemany("INSERT INTO codes VALUES (?, ?)", [(f"A{n}", f"Disorder {n}") for n in range(4)])
        db.commit()
        source = {"sql": "SELECT code, title FROM codes ORDER BY code", "database": "sqlite:///facts.db"}
        agent.plan(plan(source))
        assert agent("run", "plan.json").code == 0
        db.execute("INSERT INTO codes VALUES ('A9', 'Another')")
        db.commit()
    changed = agent("run", "plan.json")
    assert changed.code == 2 and "changed since it was first read" in changed.err
    assert agent("source", "fetch", "plan.json", "--refresh").code == 0

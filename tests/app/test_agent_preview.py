"""`agent preview` of what agents write: real calls, nothing kept."""

import json
import re
import signal
from collections import Counter
from typing import Any

from agent_runs import lines_until
from commands import Agent
from grounded_world import ASK, EXTRACT, LABEL, grounded_brain, plan, role_of, write_sources
from model_server import Error, Gate, Held, ModelServer, records_brain
from plans import PERSON, questions

FILES = ("facts.csv", "notes.csv", "codes.csv", "towns.jsonl")

PLAN = {
    "dataset_name": "seen",
    "categories": [
        {"name": "people", "description": "People", "count": 40, "record_schema": PERSON, "worker": "agent"},
        {"name": "asks", "description": "Questions", "count": 1, "example_inputs": "Where is it?"},
        questions(20)["categories"][0],
    ],
}


def test_a_few_records_of_each_stratum_are_written_and_none_kept(agent: Agent) -> None:
    file = agent.plan(PLAN)
    with ModelServer(records_brain()) as server:
        agent.env |= server.env
        ran = agent("preview", file, "-n", "3", "--model", "any")
    assert ran.code == 0, ran.err
    shown = [line for line in ran.out.splitlines() if line]
    assert [sum(f'"category":"{name}"' in line for line in shown) for name in ("people", "asks", "returns")] == [
        3,
        1,
        3,
    ]
    assert len(server.answered) <= 4
    assert sorted(path.name for path in agent.folder.iterdir()) == ["plan.json"]


def test_an_endpoint_that_refuses_is_named(agent: Agent) -> None:
    file = agent.plan(PLAN)
    with ModelServer(Error(401)) as server:
        agent.env |= server.env
        ran = agent("preview", file, "--model", "any")
    assert ran.code == 3
    assert "OPENAI_API_KEY" in ran.err
    assert "Traceback" not in ran.err


def tiers_of(records: list[dict[str, Any]]) -> Counter[tuple[str, str | None]]:
    return Counter((record["category"], record["tier"]) for record in records)


def test_tasks_are_previewed_from_each_tiers_own_candidates(agent: Agent) -> None:
    write_sources(agent.folder)
    category = {**{key: value for key, value in EXTRACT.items() if key != "evidence"}, "worker": "template"}
    agent.plan(plan(category))
    ran = agent("preview", "plan.json", "-n", "4")
    assert ran.code == 0 and ran.err == ""
    shown = [json.loads(line) for line in ran.out.splitlines()]
    assert tiers_of(shown) == {("effects", "common"): 4, ("effects", "rare"): 4}
    for row in shown:
        if row["record"]["answer"] == "YES":
            assert row["record"]["subject_count"] == {"common": 16, "rare": 4}[row["tier"]]
    assert {path.name for path in agent.folder.iterdir()}.isdisjoint({"checkpoints", "datasets"})


def test_specialists_write_a_few_of_each_stratum_with_a_model(agent: Agent) -> None:
    write_sources(agent.folder)
    agent.plan(plan(EXTRACT, LABEL, ASK))
    with ModelServer(grounded_brain()) as server:
        agent.env |= server.env
        ran = agent("preview", "plan.json", "-n", "2", "--model", "any")
        roles = Counter(map(role_of, server.requests))
    assert ran.code == 0, ran.err
    shown = [json.loads(line) for line in ran.out.splitlines()]
    assert tiers_of(shown) == {
        ("effects", "common"): 2,
        ("effects", "rare"): 2,
        ("codes", None): 2,
        ("towns", None): 2,
    }
    assert roles == {"extractor": 6 + 2, "labeler": 1, "document_qa": 2}, "a NO is read for by nobody"
    found = {row["tier"]: row["record"] for row in shown if row["record"].get("answer") == "YES"}
    assert {tier: (record["subject_count"], record["recall"]) for tier, record in found.items()} == {
        "common": (16, 1.0),
        "rare": (4, 1.0),
    }
    assert sorted(path.name for path in agent.folder.iterdir()) == sorted(["plan.json", *FILES])


def test_what_was_refused_is_told_with_the_reason(agent: Agent) -> None:
    bad = {"inputs": {"text": "TODO"}}
    made = records_brain(lambda number, fake: bad if number == 0 else {"inputs": {"text": fake.paragraph(3)}})
    agent.plan({**questions(60), "categories": [questions(60)["categories"][0], {**PLAN["categories"][1], "count": 5}]})
    with ModelServer(made) as server:
        agent.env |= server.env
        ran = agent("preview", "plan.json", "-n", "3", "--model", "any")
    assert ran.code == 0, ran.err
    assert len(ran.out.splitlines()) == 3 * 3 + 5
    told = [line for line in ran.err.splitlines() if "refused" in line]
    assert any(line.startswith("returns / ") and "placeholder" in line for line in told), ran.err
    assert re.search(r"^asks / \w+: 1 candidate was refused: placeholder 1 \(", ran.err, re.MULTILINE), ran.err


def test_ctrl_c_shows_what_is_there_and_says_so(agent: Agent) -> None:
    file = agent.plan(PLAN)
    gate = Gate()
    with ModelServer(lambda request: Held(gate, then=records_brain()(request))) as server:
        agent.env |= server.env
        process = agent.start("preview", file, "-n", "2", "--model", "any")
        server.wait_until(lambda server: bool(server.requests))
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        said = lines_until("Interrupted", process.stderr)
        gate.open()
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130, "".join(said) + err
    assert "nothing is kept" in err and "Traceback" not in err
    assert sum('"category":"returns"' in line for line in out.splitlines()) == 2, "what needs no model is shown"
    assert sorted(path.name for path in agent.folder.iterdir()) == ["plan.json"]

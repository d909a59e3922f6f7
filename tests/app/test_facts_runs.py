"""Texts over a source are compared with it: what contradicts a row does not become a record."""

import json
import re
from pathlib import Path
from typing import Any

from commands import Agent
from model_server import Answer, ModelServer, Request, Text
from recount import lines

ELEMENTS = "name,symbol,number,melts_at\n" + "".join(
    f"{name},{symbol},{number},{melts}\n"
    for name, symbol, number, melts in [
        ("Iron", "Fe", 26, 1538), ("Copper", "Cu", 29, 1085), ("Tin", "Sn", 50, 232), ("Lead", "Pb", 82, 327),
        ("Gold", "Au", 79, 1064), ("Silver", "Ag", 47, 962), ("Zinc", "Zn", 30, 420), ("Nickel", "Ni", 28, 1455),
    ]
)  # fmt: skip
SCHEMA = {
    "type": "object",
    "properties": {"question": {"type": "string"}, "answer": {"type": "string"}},
    "required": ["question", "answer"],
}


def plan(folder: Path, category: dict[str, Any], **keys: Any) -> dict[str, Any]:
    (folder / "elements.csv").write_text(ELEMENTS, encoding="utf-8")
    sources = {"elements": {"path": "elements.csv"}}
    told = {"name": "metals", "description": "Metals", "source": "elements", "key": "name", **category}
    return {"dataset_name": "metals", "sources": sources, "mlflow": False, "categories": [told], **keys}


def test_templates_that_mix_rows_are_refused_and_those_that_do_not_are_records(agent: Agent) -> None:
    right = {"question": "At what temperature does {a.name} melt?", "answer": "{a.name} melts at {a.melts_at} °C."}
    wrong = {"question": "At what temperature does {a.name} melt?", "answer": "It melts at {b.melts_at} °C."}
    slots = {"a": {"source": "elements"}, "b": {"source": "elements"}}
    agent.plan(plan(agent.folder, {"count": 16, "templates": [right, wrong], "slots": slots}))
    ran = agent("run", "plan.json", "--json")
    assert ran.code == 0, ran.err
    rejected = lines(agent.folder / "datasets" / "metals" / "rejected.jsonl")
    assert rejected and {row["reason"] for row in rejected} == {"facts"}
    melts = {row[0]: row[3] for row in (line.split(",") for line in ELEMENTS.splitlines()[1:])}
    for row in lines(agent.folder / "datasets" / "metals" / "all.jsonl"):
        name = next(name for name in melts if name in row["record"]["question"])
        assert melts[name] in row["record"]["answer"]


def test_what_an_agent_says_wrongly_is_refused_and_mended(agent: Agent) -> None:
    agent.plan(plan(agent.folder, {"count": 6, "record_schema": SCHEMA, "worker": "agent"}, diversity=False))
    told_wrong: set[str] = set()

    def answer(request: Request) -> Answer:
        """Writes one record for each row it is given; a metal it has not met yet gets a wrong number first."""
        text = request.messages[-1].text if len(request.messages) > 2 else request.messages[1].text
        rows = [json.loads(row) for row in re.findall(r'\{"name".*?\}', request.messages[1].text)]
        records = []
        for row in rows:
            is_wrong = row["name"] not in told_wrong
            told_wrong.add(row["name"])
            number = int(row["number"]) + 1000 * is_wrong
            records.append({"question": f"What is the atomic number of {row['name']}?", "answer": f"It is {number}."})
        assert rows or "refused" in text
        return Text(json.dumps({"records": records}))

    with ModelServer(answer) as server:
        agent.env |= server.env
        ran = agent("run", "plan.json", "--model", "any", "--json")
    assert ran.code == 0, ran.err
    numbers = {row[0]: row[2] for row in (line.split(",") for line in ELEMENTS.splitlines()[1:])}
    for row in lines(agent.folder / "datasets" / "metals" / "all.jsonl"):
        name = next(name for name in numbers if name in row["record"]["question"])
        assert numbers[name] in row["record"]["answer"]
    assert ran.json["counts"]["rejected"]["facts"] >= 6


def test_the_check_can_be_left_out(agent: Agent) -> None:
    wrong = {"question": "What is the symbol of {a.name}?", "answer": "It is {b.symbol}."}
    slots = {"a": {"source": "elements"}, "b": {"source": "elements"}}
    category = {"count": 30, "templates": [wrong], "slots": slots}
    agent.plan(plan(agent.folder, category, checks={"facts": False}))
    assert agent("run", "plan.json").code == 0


def test_a_source_without_a_key_asks_for_one(agent: Agent) -> None:
    said = plan(agent.folder, {"count": 2, "templates": ["{a.name}"], "slots": {"a": {"source": "elements"}}})
    agent.plan({**said, "categories": [{**said["categories"][0], "key": "nam"}]})
    ran = agent("run", "plan.json")
    assert ran.code == 2 and "nam" in ran.err and "name" in ran.err

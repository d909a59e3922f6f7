"""Bad input: exit code 2, the culprit named with its place, no traceback, nothing written."""

import os
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from commands import Agent, Ran

Plan = dict[str, Any]


def base() -> Plan:
    """A small plan that is well."""
    schema = {"type": "object", "properties": {"title": {"type": "string", "minLength": 4}}, "required": ["title"]}
    return {
        "dataset_name": "bad",
        "mlflow": False,
        "categories": [
            {
                "name": "first",
                "count": 4,
                "templates": [{"inputs": {"text": "What is {thing} in {place}?"}}],
                "slots": {"thing": ["tea", "jam", "rye"], "place": ["Rome", "Bonn", "Oslo"]},
            },
            {"name": "second", "count": 2, "record_schema": schema},
        ],
    }


def refused(agent: Agent, ran: Ran, named: str) -> None:
    assert ran.code == 2, ran.err
    assert named in ran.err
    assert "Traceback" not in ran.err
    assert not (agent.folder / "datasets").exists()
    assert not (agent.folder / "checkpoints").exists()


def schema(value: Any) -> Callable[[Plan], None]:
    return lambda plan: plan["categories"][1].update(record_schema=value)


def title(**keys: Any) -> Callable[[Plan], None]:
    return schema({"type": "object", "properties": {"title": {"type": "string", **keys}}, "required": ["title"]})


def slot(name: str, value: Any) -> Callable[[Plan], None]:
    return lambda plan: plan["categories"][0]["slots"].update({name: value})


CASES: dict[str, tuple[Callable[[Plan], object], str]] = {
    "unknown slot": (
        lambda plan: plan["categories"][0].update(templates=["{thing} in {plce}"]),
        "$.categories[0].templates[0]",
    ),
    "capacity": (
        lambda plan: plan["categories"][0].update(count=10),
        "10 records are asked for, but the templates and slots of 'first' can give 9 different ones",
    ),
    "unknown source": (slot("thing", {"source": "fcts"}), "fcts"),
    "unknown provider": (slot("thing", {"faker": "frst_name"}), "frst_name"),
    "range the wrong way": (slot("thing", {"range": [9, 1]}), "$.categories[0].slots.thing"),
    "dates that are none": (slot("thing", {"dates": ["2026-02-30", "2026-03-01"]}), "2026-02-30"),
    "invalid schema": (schema({"type": "strin"}), "strin"),
    "schema with an unresolvable reference": (schema({"$ref": "#/$defs/missing_part"}), "missing_part"),
    "schema with a remote reference": (schema({"$ref": "http://127.0.0.1:9/remote.json"}), "127.0.0.1:9/remote.json"),
    "schema with a reference to another file": (schema({"$ref": "../../etc/passwd"}), "etc/passwd"),
    "schema with a file URI": (schema({"$ref": "file:///etc/passwd"}), "file:///etc/passwd"),
    "pattern that is no regular expression": (title(pattern="([a-z"), "([a-z"),
    "agent without a model": (lambda plan: plan["categories"][0].update(worker="agent"), "no model is named"),
    "template worker with nothing to work from": (
        lambda plan: plan["categories"].append({"name": "third", "count": 1, "worker": "template"}),
        "needs `templates` or a `record_schema`",
    ),
    "prompt without a schema": (lambda plan: plan["categories"][0].update(render="prompt"), "there is none"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_plan_that_cannot_be_built(agent: Agent, name: str) -> None:
    change, named = CASES[name]
    plan = base()
    change(plan)
    agent.plan(plan)
    refused(agent, agent("run", "plan.json"), named)


def test_several_schemas_are_named_at_once(agent: Agent) -> None:
    plan = base()
    plan["categories"] += [{"name": f"bad{i}", "count": 1, "record_schema": {"type": "strin"}} for i in range(3)]
    agent.plan(plan)
    ran = agent("run", "plan.json")
    refused(agent, ran, "$.categories[2].record_schema")
    assert "$.categories[4].record_schema" in ran.err


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (None, "facts.csv"),
        (b"", "facts.csv"),
        (b"name,code\n", "facts.csv"),
        (b"name,code\nA,caf\xe9\xff\n", "facts.csv"),
        (b"name,code\nA,b\nC,d,e\n", "facts.csv"),
        (b"name,kode\nA,b\n", "kode"),
    ],
)
def test_a_source_that_cannot_be_used(agent: Agent, content: bytes | None, named: str) -> None:
    if content is not None:
        (agent.folder / "facts.csv").write_bytes(content)
    plan = {**base(), "sources": {"facts": {"path": "facts.csv"}}}
    plan["categories"][0].update(templates=["{row.name}: {row.code}?"], slots={"row": {"source": "facts"}}, count=1)
    agent.plan(plan)
    refused(agent, agent("run", "plan.json"), named)


@pytest.mark.parametrize("pattern", ["^(([a-z])+.)+[A-Z]([a-z])+$", "^(a+)+$", "^(a|aa)*b?$", "(x+x+)+y"])
def test_a_catastrophic_pattern_takes_bounded_time(agent: Agent, pattern: str) -> None:
    plan = base()
    title(pattern=pattern, minLength=50)(plan)
    agent.plan(plan)
    ran = agent("run", "plan.json")
    assert ran.code in (0, 3), ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("keys", [{"minLength": 9, "maxLength": 3}, {"minLength": 10**9}, {"not": {}}])
def test_a_schema_nothing_satisfies_is_a_shortfall_of_its_category(agent: Agent, keys: dict[str, Any]) -> None:
    plan = base()
    title(**keys)(plan)
    agent.plan(plan)
    ran = agent("run", "plan.json", "--json")
    assert ran.code == 3, ran.err
    (short,) = ran.json["shortfalls"]
    assert (short["category"], short["missing"]) == ("second", 2)
    assert ran.json["counts"]["accepted"] == 4


def test_an_output_folder_that_is_a_file(agent: Agent) -> None:
    agent.plan(base())
    (agent.folder / "in-the-way").write_text("x")
    ran = agent("run", "plan.json", "--out", "in-the-way/out")
    refused(agent, ran, "in-the-way is a file")
    (agent.folder / "cp").write_text("x")
    refused(agent, agent("run", "plan.json", "--checkpoint-dir", "cp"), "cp is a file")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission(agent: Agent) -> None:
    agent.plan(base())
    (agent.folder / "closed").mkdir(mode=0o500)
    refused(agent, agent("run", "plan.json", "--out", "closed/out"), "no permission")


def test_a_disk_that_is_full_ends_in_a_message_and_can_be_resumed(agent: Agent) -> None:
    plan = base()
    plan["categories"][1]["count"] = 20_000
    agent.plan(plan)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))

    ran = agent("run", "plan.json", preexec_fn=limit)
    assert ran.code == 2, ran.err
    assert "cannot be written" in ran.err
    assert "Traceback" not in ran.err
    assert not list((agent.folder / "datasets").glob("*/.*"))
    assert agent("run", "plan.json", "--json").json["counts"]["accepted"] == 20_004


def test_commands_on_what_is_not_there(agent: Agent) -> None:
    for command in (["status", "nothing"], ["explain", "nothing", "x-1"], ["export", "nothing", "--format", "csv"]):
        ran = agent(*command)
        assert ran.code == 2
        assert "holds no dataset" in ran.err
    assert "cannot be read" in agent("run", "nowhere.json").err
    assert agent("check", "nowhere.jsonl").code == 2
    assert "'docx' is not a format" in agent("export", "nothing", "--format", "docx").err


def test_a_corrupted_ledger_is_named_and_left_alone(agent: Agent) -> None:
    agent.plan(base())
    assert agent("run", "plan.json").code == 0
    ledger = agent.folder / "checkpoints" / "bad" / "ledger.db"
    broken = bytes(4096) + ledger.read_bytes()[4096:]
    ledger.write_bytes(broken)
    ran = agent("run", "plan.json", "--out", "elsewhere")
    assert ran.code == 2
    assert "ledger.db: is corrupt" in ran.err
    assert "--fresh" in ran.err
    assert ledger.read_bytes() == broken
    assert not Path(agent.folder / "elsewhere").exists()
    assert "ledger.db" in agent("status", "bad").err
    assert agent("run", "plan.json", "--fresh").code == 0

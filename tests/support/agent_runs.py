"""Runs by agents against the model server, and what has to hold after each of them, whatever happened."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from commands import Agent, Ran
from jsonschema import Draft202012Validator
from model_server import KEY, ModelServer

MODES = pytest.mark.parametrize("mode", ["tools", "direct"])

TICKET = {
    "type": "object",
    "properties": {
        "subject": {"type": "string", "minLength": 5},
        "priority": {"enum": ["low", "normal", "high"]},
        "minutes": {"type": "integer", "minimum": 1, "maximum": 600},
        "contact": {"type": "string", "format": "email"},
    },
    "required": ["subject", "priority", "minutes", "contact"],
    "additionalProperties": False,
}
LEVELS = [
    {"name": "simple", "share": 0.5, "guidance": "one question, plainly put"},
    {"name": "rare", "share": 0.3, "guidance": "something seen once a year"},
    {"name": "complex", "share": 0.2, "guidance": "three problems at once"},
]


def orders(count: int = 40, **keys: Any) -> dict[str, Any]:
    """The shortest plan that a person would write, but for the count; MLflow stays out unless `keys` ask for it."""
    category = {
        "name": "order_status",
        "description": "Order status queries",
        "count": count,
        "example_inputs": "Where is my order #12345?",
        "expectations": {"contains_order_id": True},
    }
    about = {"dataset_name": "large_eval_set", "categories": [category], "total_instances": count}
    return {**about, "mlflow": False, **keys}


def tickets(count: int = 40, **keys: Any) -> dict[str, Any]:
    """Records of a schema, in three tiers."""
    category = {"name": "tickets", "description": "Support tickets", "count": count, "tiers": LEVELS}
    return {"dataset_name": "tickets", "record_schema": TICKET, "categories": [category], "mlflow": False, **keys}


def model(**entry: Any) -> dict[str, Any]:
    """The plan's `models` with the one that these tests call `m`, at OPENAI_BASE_URL."""
    return {"m": {"model": "m", **entry}}


def serve(agent: Agent, server: ModelServer) -> None:
    """The command finds this server, and no embedder that may lie on this machine."""
    agent.env |= {**server.env, "HF_HOME": str(agent.folder / "no-models")}


@dataclass(frozen=True, slots=True)
class Told:
    """What a run left behind, found to be true. counts: accepted records by (category, tier)."""

    code: int
    metadata: dict[str, Any]
    rows: list[dict[str, Any]]
    rejected: list[dict[str, Any]]
    err: str

    @property
    def counts(self) -> Counter[tuple[str, str | None]]:
        return Counter((row["category"], row["tier"]) for row in self.rows)

    @property
    def why(self) -> str:
        """What the shortfalls say."""
        return "\n".join(short["why"] for short in self.metadata["shortfalls"])

    @property
    def reasons(self) -> Counter[str]:
        return Counter(row["reason"] for row in self.rejected)

    @property
    def texts(self) -> set[str]:
        return {json.dumps(row["record"], sort_keys=True) for row in self.rows}


def run(agent: Agent, *args: str) -> Told:
    """`agent run` of `plan.json`, and what it left."""
    return told(agent, agent("run", "plan.json", "--json", *args))


def told(agent: Agent, ran: Ran) -> Told:
    """What a run left: exact counts or an honest shortfall, valid records and none twice, and no key anywhere."""
    assert "Traceback" not in ran.err, ran.err
    assert ran.code in (0, 3, 130), ran.err
    plan = json.loads((agent.folder / "plan.json").read_text())
    metadata, out = ran.json, agent.folder / "datasets" / plan["dataset_name"]
    assert len(ran.out.splitlines()) == 1, "standard output holds the metadata alone"
    assert metadata == json.loads((out / "metadata.json").read_text())
    found = Told(ran.code, metadata, read(out / "all.jsonl"), read(out / "rejected.jsonl"), ran.err)
    _check_counts(plan, found)
    _check_records(plan, found)
    no_key(agent, ran)
    return found


@contextmanager
def started(agent: Agent, *args: str) -> Iterator[subprocess.Popen[str]]:
    """`agent run` of `plan.json`, under way; it does not outlive the block."""
    process = agent.start("run", "plan.json", "--json", *args)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def ended(agent: Agent, process: subprocess.Popen[str], said: Sequence[str] = ()) -> Told:
    """What a run that was under way left in the end; `said` are the lines that were read from it before."""
    out, err = process.communicate(timeout=60)
    return told(agent, Ran(process.returncode, out, "".join(said) + err))


def refused(agent: Agent, *args: str) -> str:
    """What `agent run` says where it refuses to begin: exit code 2, nothing written, no key."""
    before = _files(agent)
    ran = agent("run", "plan.json", "--json", *args)
    assert (ran.code, ran.out) == (2, ""), ran.err
    assert ran.err.startswith("error: "), ran.err
    assert "Traceback" not in ran.err
    assert _files(agent) == before
    no_key(agent, ran)
    return ran.err


def _files(agent: Agent) -> dict[str, bytes]:
    """What lies in the folder; what SQLite puts beside a database to read it is not looked at."""
    files = [path for path in agent.folder.rglob("*") if path.is_file() and not path.name.endswith(("-shm", "-wal"))]
    return {str(path): path.read_bytes() for path in files}


def no_key(agent: Agent, ran: Ran) -> None:
    """The key is in no file that lies in the folder, and in nothing that was printed."""
    key = agent.env.get("OPENAI_API_KEY", KEY).encode()
    holders = [str(path) for path in agent.folder.rglob("*") if path.is_file() and key in path.read_bytes()]
    holders += [name for name, text in (("stdout", ran.out), ("stderr", ran.err)) if key in text.encode()]
    assert not holders


def read(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def asked(agent: Agent, name: str, query: str, *values: object) -> list[tuple[Any, ...]]:
    """What the ledger of a dataset answers to SQL."""
    file = agent.folder / "checkpoints" / name / "ledger.db"
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as ledger:
        return ledger.execute(query, values).fetchall()


def _check_counts(plan: dict[str, Any], found: Told) -> None:
    counts, strata = found.metadata["counts"], found.metadata["counts"]["by_stratum"]
    planned: Counter[str] = Counter()
    for row in strata:
        planned[row["category"]] += row["planned"]
    assert planned == Counter({category["name"]: category["count"] for category in plan["categories"]})
    assert found.counts == Counter({(row["category"], row["tier"]): row["accepted"] for row in strata})
    assert counts["accepted"] == len(found.rows)
    assert counts["rejected"] == found.reasons
    missing = {(row["category"], row["tier"]): row["planned"] - row["accepted"] for row in strata}
    assert all(lack >= 0 for lack in missing.values()), "never more than were planned"
    shorts = {(short["category"], short["tier"]): short["missing"] for short in found.metadata["shortfalls"]}
    assert shorts == {place: lack for place, lack in missing.items() if lack}
    assert all(short["why"].strip() for short in found.metadata["shortfalls"])
    status = {0: "complete", 3: "incomplete", 130: "interrupted"}[found.code]
    assert found.metadata["status"] == status
    assert (status == "complete") == (not shorts)


def _check_records(plan: dict[str, Any], found: Told) -> None:
    validators = {category["name"]: _validator(plan, category) for category in plan["categories"]}
    for row in found.rows:
        assert list(row) == ["id", "category", "tier", "quality", "record"]
        assert 0 <= row["quality"] <= 1
        validators[row["category"]].validate(row["record"])
    assert len(found.texts) == len(found.rows) == len({row["id"] for row in found.rows})
    assert not {json.dumps(row["candidate"]) for row in found.rejected if row["reason"] == "schema"} & {
        json.dumps(row["record"]) for row in found.rows
    }


def _validator(plan: dict[str, Any], category: dict[str, Any]) -> Draft202012Validator:
    schema = category.get("record_schema", None if "templates" in category else plan.get("record_schema"))
    if schema is None and "templates" not in category:
        copied = {"const": category.get("expectations", {})}
        parts = {"inputs": {"type": "object", "minProperties": 1}, "expectations": copied}
        schema = {"properties": parts, "required": list(parts), "additionalProperties": False}
    return Draft202012Validator(schema or {}, format_checker=Draft202012Validator.FORMAT_CHECKER)


def lines_until(mark: str, stream: Iterable[str] | None) -> list[str]:
    """The lines of a stream up to the first that holds a mark."""
    lines = []
    for line in stream or ():
        lines.append(line)
        if mark in line:
            return lines
    raise AssertionError(f"no line held {mark!r}: {lines}")

"""`docs/grounded.md`: its plans are valid, its records are those of their tasks, and it tells of every key."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from dataset_agent.plan import RECORD_SCHEMAS, Category, Evidence, Plan, Source

TEXT = (Path(__file__).parents[2] / "docs" / "grounded.md").read_text(encoding="utf-8")
SNIPPETS = [json.loads(snippet) for snippet in re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)]
CATEGORY = {"name": "any", "count": 1, "templates": ["Hello, {name}!"], "slots": {"name": ["Ann"]}}


def kind_of(snippet: dict[str, Any]) -> str:
    if "categories" in snippet or "sources" in snippet:
        return "plan"
    return "category" if "task" in snippet else "record"


def test_there_are_plans_a_category_and_records() -> None:
    kinds = [kind_of(snippet) for snippet in SNIPPETS]
    assert [kinds.count(kind) for kind in ("plan", "category", "record")] == [6, 1, 2]


@pytest.mark.parametrize("snippet", [s for s in SNIPPETS if kind_of(s) == "plan"], ids=lambda s: s.get("dataset_name"))
def test_plans_are_valid(snippet: dict[str, Any]) -> None:
    Plan.model_validate({"dataset_name": "any", "categories": [CATEGORY], **snippet})


def test_the_category_is_valid() -> None:
    (category,) = [snippet for snippet in SNIPPETS if kind_of(snippet) == "category"]
    sources = {name: {"path": f"{name}.csv"} for name in ("effects", "leaflets")}
    Plan.model_validate({"dataset_name": "any", "sources": sources, "categories": [category]})


def test_the_records_are_those_of_reverse_queries() -> None:
    for record in [snippet for snippet in SNIPPETS if kind_of(snippet) == "record"]:
        jsonschema.validate(record, RECORD_SCHEMAS["reverse_query"])


def test_every_key_of_a_source_and_of_evidence_is_told() -> None:
    for name in (*Source.model_fields, *Evidence.model_fields):
        assert re.search(rf"[`\"]{name}[`\"]", TEXT), name


def test_every_key_of_a_task_is_told() -> None:
    plain = {"name", "description", "count", "example_inputs", "expectations", "templates", "slots", "topics"}
    grounded = {"task", "source", "key", "subject", "object", "query", "negative_query", "negatives", "hard_negatives",
                "evidence", "min_recall", "text", "label", "group", "models", "id", "unanswerable"}  # fmt: skip
    assert not grounded - set(Category.model_fields)
    assert all(re.search(rf"[`\"]{name}[`\"]", TEXT) for name in grounded - plain)

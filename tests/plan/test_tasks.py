from typing import Any

import pytest
from pydantic import ValidationError

from dataset_agent.plan import RECORD_SCHEMAS, Plan
from dataset_agent.tools.schemas import Validator

REVERSE: dict[str, Any] = {
    "name": "effects", "count": 4, "task": "reverse_query", "source": "facts", "subject": "drug", "object": "effect",
    "query": "Which cause {object}?", "negative_query": "Does {subject} cause {object}?",
}  # fmt: skip


def plan(*categories: dict[str, Any], **keys: Any) -> Plan:
    said = {"dataset_name": "d", "sources": {"facts": {"path": "facts.csv"}}, "categories": list(categories)}
    return Plan.model_validate({**said, **keys})


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"query": None}, "'reverse_query' needs 'query'"),
        ({"negative_query": None}, "needs 'negative_query'"),
        ({"object": None}, "needs 'object'"),
        ({"query": "Which cause it?"}, "`query` must hold {object}"),
        ({"query": "Which {subject} cause {object}?"}, "`query` must hold {object}, and no other field"),
        ({"negative_query": "Does {subject}?"}, "must hold {subject} and {object}"),
        ({"text": "t"}, "`text` goes with the task 'label' or 'document_qa'"),
        ({"source": "fcts"}, "names the source 'fcts', which is not there"),
        ({"evidence": {"source": "nowhere"}}, "names the source 'nowhere'"),
        ({"worker": "agent"}, "served by 'template' or 'extract'"),
        ({"templates": ["x"]}, "leaves no room for `templates`"),
        ({"record_schema": {}, "expectations": {"a": 1}}, "leaves no room for `expectations`"),
        ({"task": None}, "goes with the task 'reverse_query'"),
    ],
)
def test_what_a_task_needs_and_what_it_excludes(change: dict[str, Any], what: str) -> None:
    with pytest.raises(ValidationError) as caught:
        plan({**REVERSE, **change})
    assert what in str(caught.value)


def test_without_negatives_no_question_for_them_is_needed() -> None:
    without = {key: value for key, value in REVERSE.items() if key != "negative_query"}
    assert plan({**without, "negatives": 0}).categories[0].negatives == 0


def test_frequencies_and_at_most_need_a_task() -> None:
    tiers = [{"name": "rare", "count": 4, "max_frequency": 3}]
    with pytest.raises(ValidationError, match="'rare' of 'plain' is cut by a source, but there is no `task`"):
        plan({"name": "plain", "count": 4, "tiers": tiers})


@pytest.mark.parametrize(
    ("tier", "what"),
    [
        ({"count": 4, "share": 1}, "needs a share, a count or at_most"),
        ({"at_most": 4, "share": 1}, "needs a share, a count or at_most"),
        ({}, "needs a share, a count or at_most"),
        ({"count": 4, "min_frequency": 9, "max_frequency": 3}, "min_frequency of 9, above its max_frequency of 3"),
        ({"count": 4, "at_most": 3}, "a count of 4, but at_most 3"),
    ],
)
def test_a_tier_has_one_size(tier: dict[str, Any], what: str) -> None:
    with pytest.raises(ValidationError, match=what):
        plan({**REVERSE, "tiers": [{"name": "t", **tier}]})


def test_tiers_at_most_sum_to_the_count() -> None:
    tiers = [{"name": "a", "count": 3}, {"name": "b", "at_most": 5, "min_frequency": 2}]
    assert plan({**REVERSE, "count": 8, "tiers": tiers}).categories[0].count == 8
    with pytest.raises(ValidationError, match="has a count of 4, but the counts of its tiers sum to 8"):
        plan({**REVERSE, "tiers": tiers})


@pytest.mark.parametrize(
    ("task", "worker"), [("reverse_query", "extract"), ("label", "label"), ("document_qa", "agent")]
)
def test_a_named_model_writes_a_task_unless_templates_are_asked_for(task: str, worker: str) -> None:
    others: dict[str, Any] = {
        "reverse_query": REVERSE,
        "label": {"name": "c", "count": 1, "source": "facts", "text": "t", "label": "l"},
        "document_qa": {"name": "c", "count": 1, "source": "facts", "text": "t", "id": "i"},
    }
    category = {**others[task], "task": task}
    with_model, without = plan(category, models={"small": {"model": "m"}}), plan(category)
    asked = plan({**category, "worker": "template"}, models={"small": {"model": "m"}})
    workers = [made.worker_of(made.categories[0]) for made in (with_model, without, asked)]
    assert workers == [worker, "template", "template"]


def test_the_forms_of_records_are_schemas() -> None:
    for schema in RECORD_SCHEMAS.values():
        Validator(schema)

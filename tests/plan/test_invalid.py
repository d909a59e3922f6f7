"""`invalid`: where a plan may ask for records that break their schema."""

from typing import Any

import pytest
from pydantic import ValidationError

from dataset_agent.plan import Plan, changes

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}}


def plan(*, more: dict[str, Any] | None = None, **category: Any) -> Plan:
    return Plan.model_validate(
        {"dataset_name": "d", "categories": [{"name": "a", "count": 3, **category}], **(more or {})}
    )


def test_a_category_of_a_schema_may_ask_for_twins() -> None:
    for asked in (plan(record_schema=SCHEMA, invalid={"share": 0.1}), plan(record_schema=SCHEMA, invalid={"share": 1})):
        (category,) = asked.categories
        assert category.twin_share > 0
        assert asked.worker_of(category) == "template"
    assert plan(record_schema=SCHEMA).categories[0].twin_share == 0
    assert plan(more={"record_schema": SCHEMA}, invalid={"share": 0.5}).categories[0].twin_share == 0.5


def test_it_is_written_by_templates_where_the_plan_names_models() -> None:
    asked = plan(record_schema=SCHEMA, invalid={"share": 0.1}, more={"models": {"worker": {"model": "m"}}})
    assert asked.worker_of(asked.categories[0]) == "template"


@pytest.mark.parametrize(
    ("category", "told"),
    [
        ({}, "has no `record_schema` to break"),
        ({"templates": ["Hello"]}, "leave out `templates` or `invalid`"),
        ({"record_schema": SCHEMA, "worker": "agent"}, "only the worker 'template' makes them, not 'agent'"),
        ({"task": "label", "source": "s", "text": "t", "label": "l"}, "leaves no room for `invalid`"),
    ],
)
def test_elsewhere_it_is_refused(category: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told.replace("`", ".")):
        plan(**category, invalid={"share": 0.1}, more={"sources": {"s": {"path": "s.csv"}}})


@pytest.mark.parametrize("value", [{}, {"share": 1.5}, {"share": -0.1}, {"share": 0.1, "keywords": ["minimum"]}, 0.1])
def test_it_is_a_share(value: Any) -> None:
    with pytest.raises(ValidationError):
        plan(record_schema=SCHEMA, invalid=value)


def test_another_share_is_another_plan() -> None:
    def of(**keys: Any) -> Plan:
        return plan(record_schema=SCHEMA, **keys)

    assert changes(of(invalid={"share": 0.1}), of(invalid={"share": 0.1})) == []
    assert changes(of(), of(invalid={"share": 0.1})) == ['$.categories.a.invalid: null became {"share": 0.1}']
    assert changes(of(invalid={"share": 0.1}), of(invalid={"share": 0.2})) == [
        "$.categories.a.invalid.share: 0.1 became 0.2"
    ]

from typing import Any

from dataset_agent.plan import Plan, changes


def plan(**keys: Any) -> Plan:
    return Plan.model_validate(
        {"dataset_name": "d", "categories": [{"name": "a", "count": 3}, {"name": "b", "count": 2}], **keys}
    )


def test_the_same_plan_has_no_changes() -> None:
    assert changes(plan(), plan(total_instances=5)) == []


def test_raised_counts_and_new_categories_extend() -> None:
    more = [{"name": "a", "count": 9}, {"name": "new", "count": 1}, {"name": "b", "count": 2}]
    assert changes(plan(), plan(categories=more)) == []


def test_lowered_counts_and_missing_categories_do_not() -> None:
    fewer = [{"name": "a", "count": 1}]
    told = changes(plan(), plan(categories=fewer))
    assert "$.categories.a.count: 3 became 1" in told
    assert any(line.startswith("$.categories.b") for line in told)


def test_limits_are_free() -> None:
    assert changes(plan(), plan(budget={"max_minutes": 3}, mlflow=False, generation={"max_attempts": 3})) == []


def test_anything_else_is_told() -> None:
    assert changes(plan(), plan(seed=4)) == ["$.seed: 0 became 4"]
    tiers = [{"name": "x", "share": 1.0}]
    assert len(changes(plan(), plan(tiers=tiers))) == 1
    raised = plan(categories=[{"name": "a", "count": 3, "tiers": [{"name": "x", "count": 3}]}])
    extended = plan(categories=[{"name": "a", "count": 4, "tiers": [{"name": "x", "count": 4}]}])
    assert changes(raised, extended) == []

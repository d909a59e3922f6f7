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
    assert "$.categories.a.count: 3 became 1; counts can only be raised" in told
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


def test_a_number_that_is_called_count_is_no_quota() -> None:
    category = {"name": "a", "count": 3, "templates": ["x"], "expectations": {"count": 3}}
    more = {**category, "expectations": {"count": 5}}
    assert changes(plan(categories=[category]), plan(categories=[more])) == [
        "$.categories.a.expectations.count: 3 became 5"
    ]


def test_the_order_of_keys_is_part_of_a_record() -> None:
    one, other = ({"name": "a", "count": 3, "templates": [t]} for t in ({"x": "1", "y": "2"}, {"y": "2", "x": "1"}))
    assert len(changes(plan(categories=[one]), plan(categories=[other]))) == 1


def test_what_agents_are_told_may_not_change() -> None:
    told = [{"name": "a", "count": 3, "description": "parcels", "worker": "agent"}]
    other = [{**told[0], "count": 4, "description": "poems"}]
    (found,) = changes(plan(categories=told), plan(categories=other))
    assert "$.categories.a.description" in found


def test_new_sources_and_descriptions_of_templates_extend() -> None:
    first = {"name": "a", "count": 3, "worker": "template"}
    second = {"name": "b", "count": 2, "worker": "template"}
    more = [{**first, "description": "new words"}, second]
    assert changes(plan(categories=[first, second]), plan(categories=more, sources={"s": {"path": "x.csv"}})) == []

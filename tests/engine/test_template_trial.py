"""A template is tried with real records, under the checks of its category."""

from typing import Any

from dataset_agent.engine.template_trial import TemplateTrial
from dataset_agent.plan import Plan
from dataset_agent.tools.grounding.grounds import Grounds


def trial(**category: Any) -> TemplateTrial:
    named = {"name": "c", "count": 1, "templates": ["x"], "slots": {"city": ["Oslo", "Riga", "TODO"]}, **category}
    plan = Plan.model_validate({"dataset_name": "d", "categories": [named]})
    return TemplateTrial(plan, plan.categories[0], Grounds(plan, {}), "plan.json: $.categories[0]")


def test_a_template_that_gives_records_passes() -> None:
    assert trial().refuse({"inputs": {"text": "Where is {city}?"}}) is None
    (first, second) = trial().records("Where is {city}?", 2)
    assert first != second
    assert {first, second} <= {"Where is Oslo?", "Where is Riga?", "Where is TODO?"}


def test_one_that_cannot_be_compiled_is_refused() -> None:
    refusal = trial().refuse("Where is {town}?")
    assert refusal is not None
    assert refusal.reason == "parse"
    assert "names no slot" in refusal.detail


def test_one_whose_records_all_fail_a_check_is_refused() -> None:
    schema = {"type": "object", "properties": {"text": {"type": "string", "maxLength": 15}}}
    tried = trial(record_schema=schema)
    assert tried.refuse({"text": "Is it {city}?"}) is None
    refusal = tried.refuse({"text": "Is the place you mean {city}?"})
    assert refusal is not None
    assert refusal.reason == "schema"

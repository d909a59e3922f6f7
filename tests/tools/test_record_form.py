"""What a worker is asked for, and the record that comes of it."""

import random
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plans import PERSON

from dataset_agent.plan import Plan
from dataset_agent.tools.record_form import RecordForm, in_order
from dataset_agent.tools.schemas import Validator


def form_of(plan_schema: Any = None, **category: Any) -> RecordForm:
    plan = Plan.model_validate(
        {
            "dataset_name": "d",
            "record_schema": plan_schema,
            "categories": [{"name": "c", "count": 1, "worker": "agent", **category}],
        }
    )
    return RecordForm(plan, plan.categories[0])


TEXT = {
    "type": "object",
    "properties": {"text": {"type": "string", "minLength": 1}},
    "required": ["text"],
    "additionalProperties": False,
}


@pytest.mark.parametrize("examples", [None, "Where is my order?", ["Where is it?", "What now?"], []])
def test_texts_make_records_with_a_text(examples: Any) -> None:
    form = form_of(example_inputs=examples, expectations={"contains_order_id": True})
    assert form.asked["properties"] == {"inputs": TEXT}
    assert form.asked["required"] == ["inputs"] and form.asked["additionalProperties"] is False
    texts = [examples] if isinstance(examples, str) else examples or []
    assert form.examples == [{"inputs": {"text": text}} for text in texts]
    record = form.record({"inputs": {"text": "Hello"}})
    assert record == {"inputs": {"text": "Hello"}, "expectations": {"contains_order_id": True}}
    assert list(record) == ["inputs", "expectations"]
    assert Validator(form.schema).is_valid(record) and not Validator(form.asked).is_valid(record)
    assert not Validator(form.schema).is_valid(form.record({"inputs": {"text": ""}}))


def test_expectations_are_the_categorys_whatever_a_worker_writes() -> None:
    form = form_of(expectations={"a": 1})
    assert form.record({"inputs": {"text": "x"}, "expectations": {"a": 2}})["expectations"] == {"a": 1}
    assert form_of().record({"inputs": {"text": "x"}})["expectations"] == {}
    for odd in (None, 3, "text", [1], {}):
        assert not Validator(form.schema).is_valid(form.record(odd))


def test_objects_make_records_of_their_shape() -> None:
    order = {"id": 7, "price": 2.5, "paid": True, "note": None, "lines": [{"sku": "a", "n": 1}], "to": {"city": "Bonn"}}
    form = form_of(example_inputs=order)
    inputs = form.asked["properties"]["inputs"]
    assert inputs["required"] == list(order)
    assert {key: part["type"] for key, part in inputs["properties"].items()} == {
        "id": "integer", "price": "number", "paid": "boolean", "note": "null", "lines": "array", "to": "object",
    }  # fmt: skip
    line = inputs["properties"]["lines"]["items"]
    assert line["required"] == ["sku", "n"] and line["additionalProperties"] is False
    assert form.examples == [{"inputs": order}]
    assert Validator(form.schema).is_valid(form.record({"inputs": order}))


def test_many_objects_make_a_shape_that_fits_them_all() -> None:
    examples = [{"q": "a", "n": 1, "tags": []}, {"q": "b", "n": 2.5, "lang": "de", "tags": ["x"]}, {"q": None, "n": 3}]
    form = form_of(example_inputs=examples)
    inputs = form.asked["properties"]["inputs"]
    assert inputs["required"] == ["q", "n"]
    assert inputs["properties"]["q"] == {"type": ["null", "string"]}
    assert inputs["properties"]["n"] == {"type": ["integer", "number"]}
    validator = Validator(form.schema)
    assert all(validator.is_valid(form.record({"inputs": example})) for example in examples)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-9, 9), st.floats(-9, 9), st.text(min_size=1, max_size=3)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, min_size=1, max_size=3)
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.lists(st.dictionaries(st.text(max_size=3), JSON, min_size=1, max_size=3), min_size=1, max_size=3))
def test_examples_fit_the_shape_that_is_made_of_them(examples: list[dict[str, Any]]) -> None:
    form = form_of(example_inputs=examples)
    validator = Validator(form.schema)
    for example in examples:
        assert validator.is_valid(form.record({"inputs": example})), validator.explain({"inputs": example})


def test_with_a_schema_the_record_is_what_is_written() -> None:
    form = form_of(record_schema=PERSON, example_inputs=[{"name": "A"}], expectations={"ignored": 1})
    assert form.asked == form.schema == PERSON
    written = {"plan": "pro", "age": 30, "name": "Ida", "email": "ida@post.de", "more": 1, "even": 2}
    assert list(form.record(written)) == ["name", "email", "age", "plan", "even", "more"]
    assert form.record(written) == written
    assert form.examples == [{"name": "A"}]
    assert form_of(plan_schema=PERSON).schema == PERSON
    assert form_of(record_schema=True).asked == {} and form_of(record_schema=False).schema is False


def shuffled(value: Any, luck: random.Random) -> Any:
    if isinstance(value, list):
        return [shuffled(item, luck) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: shuffled(value[key], luck) for key in luck.sample(list(value), len(value))}


SCHEMAS = [
    {},
    {"properties": {"b": {"properties": {"z": {}, "y": {}}}, "a": {"items": {"properties": {"y": {}, "x": {}}}}}},
    {"items": {"properties": {"b": {}, "a": {}}}},
    {"items": [{"properties": {"b": {}}}], "properties": []},
    {"$ref": "#/$defs/a", "$defs": {"a": {"properties": {"b": {}}}}},
]


@settings(deadline=None)
@given(JSON, st.sampled_from(SCHEMAS), st.integers(0, 2**32))
def test_the_same_record_reads_the_same_in_whatever_order_it_was_written(value: Any, schema: Any, seed: int) -> None:
    ordered = in_order(value, schema)
    again = in_order(shuffled(value, random.Random(seed)), schema)
    assert ordered == value
    assert orjson.dumps(again) == orjson.dumps(ordered)


def test_keys_come_in_the_order_of_the_schema_at_any_depth() -> None:
    value = {"a": [{"x": 1, "w": 0, "y": 2}], "b": {"y": 1, "z": {"q": 1, "p": 2}}}
    ordered = in_order(value, SCHEMAS[1])
    assert orjson.dumps(ordered) == b'{"b":{"z":{"p":2,"q":1},"y":1},"a":[{"y":2,"x":1,"w":0}]}'


def test_deep_values_are_left_as_they_are() -> None:
    value: Any = {"b": 1, "a": 2}
    for _ in range(5_000):
        value = [value]
    assert in_order(value, {}) is not None

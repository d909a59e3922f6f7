"""Which texts of a template are wording, and what they say apart from their slots."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_agent.tools.checks.leaves import leaves
from dataset_agent.tools.templates.parsing import parse_text
from dataset_agent.tools.templates.wording import (
    MOST_WORDINGS,
    Fields,
    count_wordings,
    fields_of,
    parts_of,
    references,
    value_at,
    with_texts,
    wordings,
)

ORDER = {
    "inputs": {"text": "{Hello|Hi}, where is order #{number}?", "sku": "SKU-{number}", "colour": "{red|blue}"},
    "expectations": {
        "intent": "order_status",
        "answer": "Order {number} is on its way to {city}.",
        "note": "Tell the customer that it is on its way.",
        "city": "{city}",
        "phrase": "on its way",
    },
}


def test_questions_and_answers_are_told_apart_and_codes_are_neither() -> None:
    assert fields_of(ORDER) == Fields((("inputs", "text"),), (("expectations", "answer"), ("expectations", "note")))


def test_named_paths_are_the_answers_whatever_they_hold() -> None:
    assert fields_of(ORDER, [("expectations", "phrase"), ("inputs",)]) == Fields(
        (), (("inputs", "text"), ("inputs", "sku"), ("inputs", "colour"), ("expectations", "phrase"))
    )


def test_a_template_may_be_a_text() -> None:
    assert fields_of("Where is {city}?") == Fields(((),), ())
    assert with_texts("Where is {city}?", {(): "So, where is {city}?"}) == "So, where is {city}?"


def test_without_slots_sentences_are_wording() -> None:
    template = {"inputs": {"text": "Why is the sky blue?", "topic": "the blue sky", "language": "en"}}
    assert fields_of(template).texts == (("inputs", "text"),)
    template["inputs"]["hint"] = "Think of {place} first."
    assert fields_of(template).texts == (("inputs", "hint"),)


def test_in_a_conversation_the_assistant_answers_and_the_system_stays() -> None:
    messages = [
        {"role": "system", "content": "You help the people of {city}."},
        {"role": "user", "content": "Where do I park in {city}?"},
        {"role": "assistant", "content": "There is a garage in {city}."},
    ]
    assert fields_of({"messages": messages}) == Fields((("messages", 1, "content"),), (("messages", 2, "content"),))


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("expectations.answer", ("expectations", "answer")),
        ("$.messages[1].content", ("messages", 1, "content")),
        ("answers[0][2]", ("answers", 0, 2)),
        ("a key", ("a key",)),
    ],
)
def test_paths_are_read(path: str, parts: tuple[str | int, ...]) -> None:
    assert parts_of(path) == parts


@pytest.mark.parametrize("path", ["", "$", "a..b", "a[x]", "a]"])
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="is no path such as"):
        parts_of(path)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@settings(derandomize=True, deadline=None)
@given(json_values)
def test_texts_are_replaced_where_they_stand_and_nowhere_else(template: object) -> None:
    before = json.dumps(template)
    for leaf in leaves(template):
        if isinstance(leaf.value, str):
            changed = with_texts(template, {leaf.parts: leaf.value + "!"})
            assert value_at(changed, leaf.parts) == leaf.value + "!"
            assert with_texts(changed, {leaf.parts: leaf.value}) == template
    assert json.dumps(template) == before


def test_every_wording_is_spelled_out_with_marks_for_the_slots() -> None:
    pieces = parse_text("{Hello|Hi}, {name}: {price:.2f} {or so|}{{x}}", "")
    assert wordings(pieces, {"{name}": "N", "{price:.2f}": "P"}) == [
        "Hello, N: P or so{x}", "Hello, N: P {x}", "Hi, N: P or so{x}", "Hi, N: P {x}"
    ]  # fmt: skip
    assert references(pieces) == {"{name}": 1, "{price:.2f}": 1}
    assert count_wordings(pieces) == 4


def test_of_very_many_wordings_the_first_are_looked_at() -> None:
    pieces = parse_text("{a|b|c|d}" * 12, "")
    assert count_wordings(pieces) == 4**12
    assert len(wordings(pieces)) == MOST_WORDINGS

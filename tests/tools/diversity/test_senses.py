from __future__ import annotations

from typing import Any

import pytest

from dataset_agent.tools.diversity import Fields
from dataset_agent.tools.diversity.senses import meaning

NONE = Fields()


def text_of(value: Any, fields: Fields = NONE) -> str:
    return meaning([value], fields)[0][0]


def are_one_sense(one: Any, other: Any, fields: Fields = NONE) -> bool:
    first, second = meaning([one, other], fields)[1].tolist()
    return bool(first == second)


def test_what_is_embedded_are_the_masked_strings() -> None:
    record = {"q": "Where is\n order A-17 of May 5th?", "n": 5, "to": ["mail ann@acme.io now", "or see www.acme.io"]}
    assert text_of(record) == "Where is order # of #? mail # now or see #"
    assert text_of({"n": 5, "done": True}) == ""
    assert meaning([], Fields())[1].shape == (0,)


def test_labels_and_fixed_values_are_no_part_of_the_text() -> None:
    fields = Fields(labels=frozenset({("state",)}), fixed=frozenset({("expectations",)}))
    record = {"text": "where is it?", "state": "not yet shipped", "expectations": {"goal": "be kind to them"}}
    assert text_of(record, fields) == "where is it?"
    assert text_of({"text": "where is it?", "intent": "track", "label": "on time"}) == "where is it?"


SAME = [
    ("Take it with food.", "take  it with food!"),
    ("I can't log in to my account", "I cannot log into my account"),
    ("I can't log in to my account", "I am unable to log in to my account"),
    ("I can\u2019t log in", "I can't log in"),
    ("The app doesn't start", "The app won't start"),
    ("The heater isn't working", "The heater doesn't work"),
    ("order 5 never came", "order 17 never came"),
    ("There is no tracking number in the email", "The email has no tracking number"),
]
DIFFERENT = [
    ("Please cancel it", "Please do not cancel it"),
    ("You should take this before meals", "You should not take this before meals"),
    ("Take it with food, not with milk", "Take it with milk, not with food"),
    ("Do not take it with food but take it with milk", "Take it with food but do not take it with milk"),
    ("I never saw Paris, but I saw London", "I saw Paris, but I never saw London"),
    ("The order shipped and I wasn't charged", "The order hasn't shipped and I was charged"),
    ("increase the dose", "decrease the dose"),
    ("turn the light on", "turn the light off"),
    ("bitte ruf mich an", "bitte ruf mich nicht an"),
    ("\u6211\u53bb", "\u6211\u4e0d\u53bb"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_negations_are_one_sense(one: str, other: str) -> None:
    assert are_one_sense({"text": one}, {"text": other})


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_is_negated_or_reversed_makes_another_sense(one: str, other: str) -> None:
    assert not are_one_sense({"text": one}, {"text": other})


LABELS = [
    ({"ok": True}, {"ok": False}),
    ({"ok": None}, {"ok": False}),
    ({"mood": "positive"}, {"mood": "negative"}),
    ({"queue": "first-line"}, {"queue": "second_line"}),
    ({"rating": 1}, {"rating": 5}),
    ({"label": "very good"}, {"label": "very bad"}),
    ({"codes": ["E11.9"]}, {"codes": ["E10.1"]}),
    ({"a": "yes", "b": "no"}, {"a": "no", "b": "yes"}),
]


@pytest.mark.parametrize(("one", "other"), LABELS)
def test_label_like_values_make_the_sense(one: dict[str, Any], other: dict[str, Any]) -> None:
    text = {"text": "the same words in both"}
    assert not are_one_sense(text | one, text | other)
    assert are_one_sense(text | one, one | text)


def test_labels_of_the_schema_make_the_sense_whatever_they_look_like() -> None:
    one, other = {"text": "a b", "state": "at the door"}, {"text": "a b", "state": "on the way there"}
    assert are_one_sense(one, other)
    assert not are_one_sense(one, other, Fields(labels=frozenset({("state",)})))
    nested = Fields(labels=frozenset({("state",)}))
    assert not are_one_sense({"state": {"n": 1}}, {"state": {"n": 2}}, nested)


def test_numbers_dates_and_fixed_values_make_no_sense() -> None:
    assert are_one_sense({"text": "by May 5th", "n": 1}, {"text": "by June 7th", "n": 2})
    fixed = Fields(fixed=frozenset({("expectations",)}))
    assert are_one_sense({"expectations": {"x": True}}, {"expectations": {"x": False}}, fixed)


def test_lone_surrogates_are_no_trouble() -> None:
    assert are_one_sense({"a": "\ud800"}, {"a": "\ud800"})


def test_senses_do_not_change_for_ledgers_keep_them() -> None:
    record = {"text": "I can't log in, and never could", "kind": "login", "ok": False}
    assert meaning([record], Fields())[1].tolist() == [13013864020730507968]

"""A variation says the same in other words: its structure, slots and facts are its base's, and it is new."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dataset_agent.tools.checks import PlaceholderCheck
from dataset_agent.tools.templates.parsing import parse_text
from dataset_agent.tools.templates.variations import Seen, VariationCheck
from dataset_agent.tools.templates.wording import references, with_texts

TEXT = ("inputs", "text")
BASE = {
    "inputs": {"text": "{Hello|Hi}, I paid {price:.2f} EUR for my {thing}, order #{number}. Can I return it?"},
    "expectations": {"intent": "return", "product": "{thing}", "polite": True},
}


def check(base: Any = BASE, **options: Any) -> VariationCheck:
    return VariationCheck(base, [TEXT], **{"care": "question", "placeholder": PlaceholderCheck(), **options})


def varied(text: Any, base: Any = BASE) -> Any:
    return with_texts(base, {TEXT: text})


@pytest.mark.parametrize(
    "text",
    [
        "Order #{number}: is it possible to send back the {thing}? It was {price:.2f} EUR.",
        "{thing} from order #{number} does not fit, I want my {price:.2f} EUR back!",
        "The {price:.2f} EUR I {spent|paid} for a {thing} (order {number}) {were|proved} a mistake, so take it back",
    ],
)
def test_what_people_would_write_is_accepted(text: str) -> None:
    assert check().refuse(varied(text)) is None


@pytest.mark.parametrize(
    ("text", "reason", "detail"),
    [
        ("Can I return my {thing} of order #{number}?", "slots", "lacks {price:.2f}: every slot of the base"),
        ("Return {thing}, {price} EUR, order #{number}?", "slots", "lacks {price:.2f}, has {price} too often"),
        ("{price:.2f} EUR, {thing}, {thing}, #{number}?", "slots", "has {thing} too often"),
        ("{price:.2f} EUR, {thing}, #{number}, {city}?", "slots", "has {city} too often"),
        ("{price:.2f} EUR {thing} #{number", "parse", "is no template: the '{' before"),
        ("{price:.2f} EUR {thing} #{number} \x07 return", "parse", "control character"),
        ("{price:.2f} EUR {thing} #{number} \ud800 return", "parse", "surrogate"),
        ("{price:.2f} EUR {thing} {number} " + "and so on " * 30, "length", "characters; "),
        ("{price:.2f} USD for {thing} in order {number}, can I return it?", "facts", "lacks '{price:.2f} EUR'"),
        ("{price:.2f} EUR, {thing}, {number}: [NAME] wants it back", "placeholder", "'[NAME]'"),
        ("{price:.2f} EUR, {thing}, {number}: {{name}} wants it back", "placeholder", "'{name}'"),
        ("{price:.2f} EUR, {thing}, {number}: {lorem ipsum|back} please", "placeholder", "'lorem ipsum'"),
        ("1. Take back {thing}, order {number}, {price:.2f} EUR?", "wrapping", "list mark"),
        ('"Take back {thing}, order {number}, {price:.2f} EUR?"', "wrapping", "quotation marks"),
        ("{a|b|c|d|e|f}" * 4 + "{price:.2f} EUR, {thing}, {number}", "choices", "has 1,296 wordings"),
        (BASE["inputs"]["text"], "duplicate", "nothing differs"),
    ],
)
def test_what_is_wrong_is_told(text: str, reason: str, detail: str) -> None:
    refusal = check().refuse(varied(text))
    assert refusal is not None
    assert refusal.reason == reason
    assert detail in refusal.detail


@pytest.mark.parametrize(
    "variation",
    [
        {**BASE, "expectations": {**BASE["expectations"], "intent": "refund"}},
        {**BASE, "expectations": {**BASE["expectations"], "polite": 1}},
        {**BASE, "tone": "friendly"},
        {"inputs": BASE["inputs"]},
        {**BASE, "inputs": BASE["inputs"]["text"]},
        {**BASE, "inputs": {"text": 5}},
        {**BASE, "inputs": {"text": [BASE["inputs"]["text"]]}},
        BASE["inputs"]["text"],
        None,
    ],
)
def test_nothing_but_the_text_may_differ(variation: Any) -> None:
    refusal = check().refuse(variation)
    assert refusal is not None
    assert refusal.reason == "structure"


def test_the_length_stays_within_bounds() -> None:
    base = template(["The parcel that I sent to my old aunt in {city} has been lost."])
    judge = check(base)
    assert judge.bounds(TEXT) == (19, 186)
    too_short = judge.refuse(template(["Lost in {city}."]))
    assert too_short is not None
    assert (too_short.reason, too_short.detail) == ("length", "$.inputs.text has 15 characters; 19 to 186 are allowed")
    assert judge.refuse(template(["{Lost in|My parcel got lost in} {city}!"])) is not None, "one wording is too short"
    assert judge.refuse(template(["My parcel got lost in {city}!"])) is None


def test_what_the_plan_allows_is_no_filler() -> None:
    text = "{price:.2f} EUR, {thing}, {number}: TODO asks whether it can go back"
    assert check().refuse(varied(text)) is not None
    assert check(placeholder=None).refuse(varied(text)) is None


def test_an_answer_may_add_nothing() -> None:
    base = {"answer": "The capital of {country.name} is {country.capital}."}
    answers = VariationCheck(base, [("answer",)], care="answer", names=["text_1"])
    assert answers.refuse({"answer": "{country.capital} is the capital of {country.name}."}) is None
    added = answers.refuse({"answer": "{country.capital} is the capital of {country.name}, with 5 districts."})
    assert added is not None
    assert (added.reason, added.detail) == ("facts", "text_1 adds '5'")


def test_each_wording_of_an_answer_is_looked_at() -> None:
    base = {"answer": "You can return the {thing} within 30 days."}
    answers = VariationCheck(base, [("answer",)], care="answer")
    assert answers.refuse({"answer": "Within 30 days {you can|you may} return the {thing}."}) is None
    assert answers.refuse({"answer": "Within 30 days you {can|cannot} return the {thing}."}) is not None


# ---- properties ---------------------------------------------------------------------------------------------

WORDS = (
    "where when could someone tell about their parcel because it seems lost somewhere between here and there".split()
)
words = st.sampled_from(WORDS)
slots = st.sampled_from(["{city}", "{price:.2f}", "{day:%d %B %Y}", "{user.name}", "{number}", "{number:>5}"])
choices = st.lists(words, min_size=2, max_size=3, unique=True).map(lambda texts: "{" + "|".join(texts) + "}")
pieces = st.lists(words | words | slots | choices, min_size=4, max_size=12)


def template(parts: list[str]) -> Any:
    return {"inputs": {"text": " ".join(parts)}, "expectations": {"code": "{number}"}}


def count(parts: list[str]) -> Counter[str]:
    return references(parse_text(" ".join(parts), ""))


@settings(derandomize=True, deadline=None)
@given(pieces, st.data())
def test_a_variation_with_the_same_slots_is_never_refused_for_them(parts: list[str], data: st.DataObject) -> None:
    other = data.draw(st.permutations(parts + data.draw(st.lists(words, max_size=4))))
    judge = check(template(parts))
    refusal = judge.refuse(template(other))
    if refusal is not None:
        assert refusal.reason in ("duplicate", "length")


@settings(derandomize=True, deadline=None)
@given(pieces, pieces)
def test_a_variation_with_other_slots_is_always_refused_for_them(parts: list[str], others: list[str]) -> None:
    assume(count(parts) != count(others))
    refusal = check(template(parts)).refuse(template(others))
    assert refusal is not None
    assert refusal.reason == "slots"


@settings(derandomize=True, deadline=None)
@given(pieces, st.data())
def test_a_slot_lost_or_changed_is_always_noticed(parts: list[str], data: st.DataObject) -> None:
    parts = [*parts, data.draw(slots)]
    where = data.draw(st.sampled_from([index for index, part in enumerate(parts) if count([part])]))
    instead = data.draw(words | slots.filter(lambda slot: slot != parts[where]) | st.just(parts[where] * 2))
    refusal = check(template(parts)).refuse(template([*parts[:where], instead, *parts[where + 1 :]]))
    assert refusal is not None
    assert refusal.reason == "slots"


@settings(derandomize=True, deadline=None)
@given(st.text(st.characters(codec=None, exclude_categories=())) | pieces.map(" ".join))
def test_any_text_gets_a_verdict(text: str) -> None:
    refusal = check().refuse(varied(text))
    assert refusal is None or refusal.detail


@settings(derandomize=True, deadline=None)
@given(pieces, st.data())
def test_case_white_space_and_marks_make_nothing_new(parts: list[str], data: st.DataObject) -> None:
    seen = Seen()
    seen.add([" ".join(parts)])
    gap = data.draw(st.sampled_from(["  ", " , ", "\n", " - "]))
    again = gap.join(part if "{" in part else part.upper() for part in parts) + data.draw(
        st.sampled_from(["", "?", " !"])
    )
    assert seen.like([again]) is not None


# ---- duplicates ---------------------------------------------------------------------------------------------


def test_a_wording_that_the_base_has_already_is_not_new() -> None:
    seen = Seen()
    seen.add(["{Hello|Hi|Good morning}, where is my order #{number}?"])
    assert seen.like(["hi where is my order {number}"]) is not None
    assert seen.like(["{So|Hi}, where is my order #{number}?"]) is not None
    assert seen.like(["So, has order #{number} left yet?"]) is None


def test_texts_that_differ_in_little_or_in_their_slots_are_too_alike() -> None:
    long = "could you please tell me as soon as possible when my parcel from the shop in {a} to my house in {b} comes"
    seen = Seen()
    seen.add([long])
    assert "too much like" in (seen.like([f"{long} today"]) or "")
    assert seen.like([long.replace("{a}", "{x}").replace("{b}", "{a}").replace("{x}", "{b}")]) is not None
    assert seen.like([long.replace("comes", "does not come")]) is None, "negations differ"


def test_of_other_templates_only_the_very_words_count() -> None:
    text = "please tell me in which year the famous writer of the book {book} was born, and in which country"
    seen = Seen()
    seen.add([text], near=False)
    assert seen.like([text]) is not None
    assert seen.like([text.replace("writer", "reader")]) is None


def test_all_texts_of_a_template_are_compared_together() -> None:
    seen = Seen()
    seen.add(["Order {number}", "Where is my order? I am waiting for it."])
    assert seen.like(["Parcel {number}", "Nothing has arrived so far, what has become of it?"]) is None
    assert seen.like(["order {number}!", "where is my order? I am waiting for it"]) is not None

"""What a model's text means: all that is whole in it, and never half a record."""

import time

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_agent.tools.answers import CUT_OFF, LIST_KEY, MOST_CHARS, Parsed, parse_records

A, B = {"text": "one, [two]"}, {"text": 'three "four" {five', "tags": [{"a": [1]}, "}"]}

TEXTS = st.text(st.one_of(st.sampled_from("{}[]\",:\\`\n 'records"), st.characters(codec="utf-8")), max_size=12)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-999, 999), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=4,
)
RECORDS = st.lists(st.dictionaries(TEXTS, VALUES, min_size=1, max_size=3), min_size=1, max_size=4)


def text_of(value: object) -> str:
    return orjson.dumps(value).decode()


@pytest.mark.parametrize(
    "text",
    [
        text_of({LIST_KEY: [A, B]}),
        text_of([A, B]),
        text_of({"items": [A, B]}),
        text_of({"thoughts": "I think [so]", LIST_KEY: [A, B], "count": 2}),
        f"```json\n{text_of([A, B])}\n```",
        f"Here you are:\n```\n{text_of({LIST_KEY: [A, B]})}\n```\nAnything else?",
        f"Certainly! It's 5\" wide:\n{text_of({LIST_KEY: [A, B]})}\nI hope {{this}} helps [a lot].",
        f"{text_of(A)}\n{text_of(B)}",
        f"{text_of(A)},\n{text_of(B)},",
        f"1. {text_of(A)}\n2. {text_of(B)}",
        f'{{"{LIST_KEY}": [{text_of(A)}, {text_of(B)},],}}',
        f'{{"{LIST_KEY}": [{text_of(A)} {text_of(B)}]}}',
        f'{{"{LIST_KEY}": [{text_of(A)}, {text_of(B)}}}',
        f"// the records\n{{{LIST_KEY}: [{text_of(A)}, {text_of(B)}]}}",
        f"[Note: two records]\n{text_of([A, B])}",
    ],
)
def test_records_are_found_in_whatever_stands_around_them(text: str) -> None:
    assert parse_records(text) == Parsed([A, B])


def test_a_record_alone_is_one_record() -> None:
    assert parse_records(text_of(B)).values == [B]
    assert parse_records(f"Sure: {text_of(B)}").values == [B]
    assert parse_records("{'text': 'yes', }").values == [{"text": "yes"}]
    assert parse_records('"a text"').values == ["a text"]
    assert parse_records("[]") == parse_records(text_of({LIST_KEY: []})) == Parsed([])


def test_a_list_of_the_records_own_is_no_list_of_records() -> None:
    talk = {"messages": [{"role": "user"}, {"role": "assistant"}]}
    assert parse_records(text_of(talk), keys=["messages"]).values == [talk]
    assert parse_records(text_of(talk)).values == talk["messages"]
    assert parse_records(f"{text_of(talk)}\n{text_of(talk)}").values == [talk, talk]
    file = {"patient": "x", LIST_KEY: [A]}
    assert parse_records(text_of(file), keys=["patient", LIST_KEY]).values == [file]
    assert parse_records(text_of({LIST_KEY: [file]}), keys=["patient", LIST_KEY]).values == [file]
    assert parse_records(text_of({"tags": ["a", "b"]})).values == [{"tags": ["a", "b"]}]


@pytest.mark.parametrize("text", ["", " \n", "I cannot help with that.", "null and void", "]}", "{", "```json\n```"])
def test_what_holds_no_record_is_unreadable_and_kept(text: str) -> None:
    parsed = parse_records(text)
    assert parsed.values == [] and [piece for piece, _ in parsed.unreadable] == [text.strip()]


FORMS = {"object": (f'{{"{LIST_KEY}":[', ",", "]}"), "list": ("[", ",", "]"), "lines": ("", "\n", "")}
"""What stands before, between and after the records."""


@settings(deadline=None)
@given(RECORDS, st.sampled_from(list(FORMS)))
def test_an_answer_cut_at_any_place_loses_that_record_alone(records: list[dict[str, object]], form: str) -> None:
    before, between, after = FORMS[form]
    text = before + between.join(map(text_of, records)) + after
    ends = [len(before + between.join(map(text_of, records[:count]))) for count in range(1, len(records) + 1)]
    keys = {key for record in records for key in record}
    for end in range(1, len(text) + 1):
        parsed = parse_records(text[:end], keys)
        assert parsed.values == records[: sum(whole <= end for whole in ends)], text[:end]
    assert parse_records(text, keys) == Parsed(records)


@settings(deadline=None, max_examples=40)
@given(RECORDS, st.booleans())
def test_an_answer_in_prose_cut_at_any_place_yields_whole_records_alone(
    records: list[dict[str, object]], indent: bool
) -> None:
    text = orjson.dumps({LIST_KEY: records}, option=orjson.OPT_INDENT_2 if indent else 0).decode()
    text = f"Here's what you \"want:\n```json\n{text}\n```\nThat's it."
    for end in range(1, len(text) + 1):
        assert parse_records(text[:end]).values == records[: len(parse_records(text[:end]).values)]
    assert parse_records(text).values == records


@pytest.mark.parametrize(
    ("text", "values", "rest"),
    [
        ('{"records": [{"a": [1, 2]', [], '{"a": [1, 2]'),
        ('{"records": [{"a": 1}, {"a": "x}', [{"a": 1}], '{"a": "x}'),
        ('{"records": [{"a": 1}, {"a": {"b": 2}', [{"a": 1}], '{"a": {"b": 2}'),
        ('[{"a": 1}, {"a": "\\', [{"a": 1}], '{"a": "\\'),
        ('```json\n[{"a": 1,}, {"a": 2,}, {', [{"a": 1}, {"a": 2}], "{"),
        ('{"a": 1}\n{"a": 2}\n{"a":', [{"a": 1}, {"a": 2}], '{"a":'),
        ('{"inputs": {"text": "x"', [], '{"inputs": {"text": "x"'),
        ('{"messages": [{"role": "user"}, {"role"', [], '{"messages": [{"role": "user"}, {"role"'),
        ('["one", "tw', ["one"], '"tw'),
        ("[1, 23", [1], "23"),
    ],
)
def test_the_record_an_answer_breaks_off_in_is_kept_aside(text: str, values: list[object], rest: str) -> None:
    assert parse_records(text) == Parsed(values, [(rest, CUT_OFF)])


def test_an_answer_that_ends_between_two_records_lost_none() -> None:
    assert parse_records('{"records": [{"a": 1}, {"a": 2}') == Parsed([{"a": 1}, {"a": 2}])
    assert parse_records('{"records": [{"a": 1},') == Parsed([{"a": 1}])


@settings(deadline=None)
@given(st.text(st.sampled_from('{}[]",:\\ a1\n`e-.nul'), max_size=60))
def test_no_text_is_too_odd(text: str) -> None:
    parsed = parse_records(text)
    orjson.dumps([parsed.values, parsed.unreadable])


@pytest.mark.parametrize("number", ["NaN", "1e999", "-1e999", "Infinity"])
def test_no_number_comes_out_that_json_has_not(number: str) -> None:
    for value in parse_records(f'{{"records": [{{"x": {number}}}]}}').values:
        assert isinstance(value["x"], str)


def test_halves_of_surrogate_pairs_are_not_let_through() -> None:
    parsed = parse_records('{"records": [{"a": "\\ud800"}]}')
    assert parsed.values == [] and "surrogates" in parsed.unreadable[0][1]


@pytest.mark.parametrize("depth", [1_100, 20_000, 300_000])
def test_deep_nesting_ends_in_a_refusal(depth: int) -> None:
    for text in ('{"a":' * depth + "1" + "}" * depth, "[" * depth, '{"a":[' * depth):
        parsed = parse_records(text)
        assert parsed.unreadable and not [value for value in parsed.values if value != []]


def test_huge_answers_take_time_in_proportion() -> None:
    def seconds(count: int) -> float:
        text = '{"records": [' + ",".join(['{"text": "a record, and a half", "n": [1, 2,],}'] * count) + ", {"
        began = time.process_time()
        assert len(parse_records(text).values) == count
        return time.process_time() - began

    short = min(seconds(500) for _ in range(3))
    assert seconds(5_000) < 40 * short + 0.1
    parsed = parse_records("[" + "1," * MOST_CHARS)
    assert parsed.values == [] and "more than 4,000,000" in parsed.unreadable[0][1]
    assert len(parsed.unreadable[0][0]) == 1000

"""What a model lists, read and merged; scores and figures against what they are by hand."""

import json
from collections.abc import Sequence
from fractions import Fraction
from statistics import fmean
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_agent.tools.grounding.folding import fold
from dataset_agent.tools.grounding.reverse.extraction import (
    ExtractionFigures,
    extracted,
    f1,
    halves,
    measure,
    merge,
    read_names,
    reverse_quality,
)
from dataset_agent.tools.grounding.reverse.facts import precision_of, recall_of

NAMES = st.text(st.sampled_from("aAbBéÉß 1-\t"), max_size=6)
SETS = st.sets(st.integers(0, 30).map(str), max_size=20)

TRUTH = {"query": "Which drugs cause nausea?", "object": "nausea", "answer": "YES"}
NO = {"query": "Does x cause y?", "subject": "x", "object": "y", "answer": "NO", "true_object": "z"}


def yes(found: set[str], expected: set[str]) -> Any:
    return extracted(TRUTH, {name: name for name in sorted(found)}, expected)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('{"subjects": ["a", "b"]}', ("a", "b")),
        ('{"subjects": []}', ()),
        ('```json\n{"subjects": ["a"]}\n```', ("a",)),
        ('["a", "b"]', ("a", "b")),
        ('```\n["a"]\n```', ("a",)),
        ("[]", ()),
        ('Sure [as asked]:\n{"subjects": ["a", "b"]}\nThat is all.', ("a", "b")),
        ("{'subjects': ['a', 'b',]}", ("a", "b")),
        ('{"subjects": ["a"]}\n{"subjects": ["b"]}', ("a", "b")),
        ('{"subjects": [250, "b"]}', ("250", "b")),
        ('{"thoughts": "[none]", "subjects": ["é"]}', ("é",)),
    ],
)
def test_lists_are_found_in_whatever_stands_around_them(text: str, names: tuple[str, ...]) -> None:
    reading = read_names(text)
    assert (reading.names, reading.why) == (names, "")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I can't find any.",
        "According to [1], none does.",
        '"aspirin"',
        "null",
        '{"subjects": "aspirin"}',
        '{"subjects": null}',
        '{"subjects": [["a"]]}',
        '{"subjects": [{"name": "a"}]}',
        '{"subjects": [true]}',
        '{"drugs": ["a"]}',
        '{"subjects": ["a", "b", "c',
        '{"subjects": ["half a pair \\ud800"]}',
        "[1, 2]",
    ],
)
def test_what_is_no_list_is_said_to_be_none(text: str) -> None:
    reading = read_names(text)
    assert reading.names == () and reading.why


@given(st.text())
def test_no_answer_is_too_odd(text: str) -> None:
    reading = read_names(text)
    json.dumps(reading.names).encode()


def test_names_get_the_spelling_of_the_source() -> None:
    expected, known = {"aspirin": "Aspirin"}, {"aspirin": "ASPIRIN", "st john's wort": "St John's Wort"}
    found = merge([" st  JOHN'S wort", "aspirin", "ASPIRIN ", "New  Drug", "new drug", " ", ""], expected, known)
    assert found == {"aspirin": "Aspirin", "new drug": "New Drug", "st john's wort": "St John's Wort"}
    assert list(found) == sorted(found)


@given(st.lists(NAMES), st.lists(NAMES), st.dictionaries(NAMES.map(fold), NAMES))
def test_a_merge_is_a_union(first: list[str], second: list[str], known: dict[str, str]) -> None:
    both = merge([*first, *second], known)
    assert both.keys() == merge(first, known).keys() | merge(second, known).keys()
    assert both.keys() == {fold(name) for name in first + second} - {""}
    assert merge([*first, *second, *first], known) == both
    assert all(both[folded] == known[folded] for folded in both.keys() & known.keys())


def test_a_record_of_what_was_found() -> None:
    record = yes({"a", "b", "x"}, {"a", "b", "c", "d", "e", "f", "g"})
    assert record == {**TRUTH, "subjects": ["a", "b", "x"], "subject_count": 3, "expected_count": 7,
                      "recall": 0.285714, "precision": 0.666667}  # fmt: skip
    nothing = yes(set(), {"a"})
    assert (nothing["recall"], nothing["precision"], nothing["subjects"]) == (0.0, 0.0, [])


def test_f1_by_hand() -> None:
    assert f1(0.0, 0.0) == 0.0 and f1(1.0, 1.0) == 1.0
    assert f1(0.5, 1.0) == pytest.approx(2 / 3) and f1(0.25, 0.75) == pytest.approx(0.375)


def test_quality_is_f1_but_for_what_was_read_too_badly() -> None:
    record = yes({"a", "b", "c", "x"}, {"a", "b", "c", "d"})
    assert reverse_quality(record, 0.75, 0.7) == 0.75
    precise = yes(set("abc"), set("abcd"))
    assert reverse_quality(precise, 0.75, 0.7) == 0.8571
    assert reverse_quality(precise, 0.76, 0.7) == 0.6999 < 0.7
    assert reverse_quality(yes({"a"}, set("abcd")), 0.9, 0.7) == 0.4
    assert reverse_quality(precise, 1.0, 0.0) == 0.0
    assert reverse_quality(NO, 1.0, 0.7) == 1.0


@given(SETS, SETS.filter(bool), st.floats(0, 1), st.floats(0.0001, 1))
def test_below_the_least_recall_nothing_is_golden(
    found: set[str], expected: set[str], min_recall: float, golden: float
) -> None:
    record = yes(found, expected)
    quality = reverse_quality(record, min_recall, golden)
    assert 0 <= quality <= 1 and quality == round(quality, 4)
    if record["recall"] < min_recall:
        assert quality < golden
    else:
        assert quality == round(f1(record["recall"], record["precision"]), 4)


def figures_of(records: Sequence[Any]) -> dict[str, Any]:
    figures = ExtractionFigures(0.5)
    for record in records:
        figures.add(record)
    return figures.to_json()


@given(st.lists(st.tuples(SETS, SETS.filter(bool)), min_size=1, max_size=12))
def test_figures_are_those_of_the_records(rows: list[tuple[set[str], set[str]]]) -> None:
    values = [yes(found, expected) for found, expected in rows]
    told = figures_of([*values, NO])
    assert told == figures_of(values[::-1]) and told["queries"] == len(rows)
    hits = sum(len(found & expected) for found, expected in rows)
    due, listed = sum(len(expected) for _, expected in rows), sum(len(found) for found, _ in rows)
    assert (told["hits"], told["expected"], told["found"]) == (hits, due, listed)
    assert told["below_min_recall"] == sum(recall_of(found, expected) < 0.5 for found, expected in rows)
    assert told["macro_recall"] == pytest.approx(fmean(recall_of(*row) for row in rows), abs=1e-6)
    assert told["macro_precision"] == pytest.approx(fmean(precision_of(*row) for row in rows), abs=1e-6)
    assert told["macro_f1"] == pytest.approx(fmean(f1(v["recall"], v["precision"]) for v in values), abs=1e-6)
    assert told["micro_recall"] == round(hits / due, 6)
    assert told["micro_f1"] == round(float(Fraction(2 * hits, due + listed)), 6)


def test_without_a_query_there_are_no_shares() -> None:
    told = figures_of([NO])
    assert told["queries"] == told["expected"] == told["below_min_recall"] == 0
    assert {told[f"{kind}_{name}"] for kind in ("macro", "micro") for name in ("recall", "precision", "f1")} == {None}


def test_what_a_batch_is_measured_by() -> None:
    assert measure([]) == measure([NO]) == {}
    values = [yes({"a"}, {"a", "b"}), NO, yes({"a", "b", "c", "d"}, {"a", "b"})]
    assert measure(values) == {"recall": 0.75, "precision": 0.75, "f1": 0.666667}


def test_hits_of_many_subjects_are_exact() -> None:
    figures = ExtractionFigures(0.0)
    for hits, count in ((333_333, 999_999), (1, 999_983), (76, 118_000)):
        figures.add({**TRUTH, "recall": round(hits / count, 6), "precision": 1.0, "subject_count": hits,
                     "expected_count": count})  # fmt: skip
    assert figures.hits == 333_333 + 1 + 76


@given(st.text(st.sampled_from("ab \n"), min_size=1))
def test_halves_are_the_whole(text: str) -> None:
    first, second = halves(text)
    assert first + second == text and max(len(first), len(second)) <= 1 + 3 * len(text) / 4


def test_a_text_is_cut_between_lines_before_it_is_cut_between_words() -> None:
    assert halves("one two three\nfour five six seven") == ("one two three\n", "four five six seven")
    assert halves("one two or three") == ("one two ", "or three")
    assert halves("abcdef") == ("abc", "def")

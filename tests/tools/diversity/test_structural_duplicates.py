from __future__ import annotations

import json

import numpy as np
import orjson
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_agent.records import Fingerprints
from dataset_agent.tools.diversity.near import admit
from dataset_agent.tools.diversity.structural import (
    RecentStructures,
    StructuralIndex,
    mask,
    mask_text,
    structural_fingerprints,
)

MASKED = {
    "order 5": "order #",
    "-5 or 5%": "-# or #%",
    "$1,234.50, or 1.234,50": "$#, or #",
    "order ORD-2024-0001.": "order #.",
    "gpt-4o and a1b2c3": "# and #",
    "id 3f2b8c1e-5d6a-4b7c-8d9e-0f1a2b3c4d5e!": "id #!",
    "on 2024-03-05T10:30:00Z": "on #",
    "at 10:30 am or 9pm": "at # or #",
    "by March 5th, 2024, or 5 Mar 2024": "by #, or #",
    "the 3rd of May": "the #",
    "in june 2023": "in #",
    "mail ann.lee@acme.io now": "mail # now",
    "see https://acme.io/a?b=c and www.acme.io": "see # and #",
    "no slots at all, may be": "no slots at all, may be",
}


def texts(*values: object) -> pa.StringArray:
    return pa.array([orjson.dumps(value).decode() for value in values], pa.string())


def of(*keys: int) -> Fingerprints:
    return Fingerprints(np.zeros(len(keys), np.uint64), np.array(keys, np.uint64))


@pytest.mark.parametrize(("text", "masked"), MASKED.items())
def test_slots_are_masked(text: str, masked: str) -> None:
    assert mask_text(text) == masked
    assert mask_text(json.dumps({"text": text})) == json.dumps({"text": masked})


def test_keys_stay() -> None:
    assert mask_text('{"n":5,"line_2":"B-7","2024":[1,"x"]}') == '{"n":#,"line_2":#"#","2024":#[#,"x"]}'


def test_what_fills_the_slots_does_not_matter_and_the_words_do() -> None:
    filled = texts(
        {"q": "Where is order A-17 of May 5th?", "n": 5},
        {"q": "where is  order B-2201 of December 12th?", "n": 1234.5},
        {"q": "Where was order A-17 of May 5th?", "n": 5},
        {"p": "Where is order A-17 of May 5th?", "n": 5},
    )
    first, second, third, fourth = structural_fingerprints(filled).tolist()
    assert first == second
    assert len({first, third, fourth}) == 3


pieces = st.sampled_from(
    [*MASKED, '"', "\\", "\n", "é", "\u017f", "\u212a", "\u0663", ":", "-", "_", "@", ".", "7", "x", " "]
)
strings = st.lists(pieces | st.text(max_size=3), max_size=5).map("".join)


@settings(derandomize=True, max_examples=500, deadline=None)
@given(value=strings | st.dictionaries(strings, strings, max_size=3), escaped=st.booleans())
def test_columns_and_single_texts_are_masked_alike(value: object, escaped: bool) -> None:
    text = json.dumps(value, ensure_ascii=escaped)
    assert mask(pa.array([text, str(value)])).to_pylist() == [mask_text(text), mask_text(str(value))]


def test_globally_a_structure_comes_once() -> None:
    index = StructuralIndex()
    rows, alike = index.admit(of(1, 2, 1, 3, 2), 10)
    assert rows.tolist() == [0, 1, 3] and sorted(alike) == [2, 4]
    assert index.admit(of(3, 4), 10)[0].tolist() == [1]


def test_the_limit_is_kept_and_what_is_beyond_it_forgotten() -> None:
    index = StructuralIndex()
    assert index.admit(of(1, 2, 3), 2)[0].tolist() == [0, 1]
    assert index.admit(of(3, 2), 2)[0].tolist() == [0]


@settings(derandomize=True, max_examples=100, deadline=None)
@given(batches=st.lists(st.tuples(st.lists(st.integers(0, 9), max_size=12), st.integers(0, 12)), max_size=4))
def test_columns_are_judged_as_row_by_row(batches: list[tuple[list[int], int]]) -> None:
    whole, single = StructuralIndex(), StructuralIndex()
    for keys, limit in batches:
        rows, alike = whole.admit(of(*keys), limit)
        same, refused = admit([single], of(*keys), limit)
        assert rows.tolist() == same.tolist()
        assert refused.items() <= alike.items()


def test_in_a_window_a_structure_comes_back() -> None:
    index = RecentStructures(2)
    rows, alike = admit([index], of(1, 2, 1, 3, 1, 1, 2), 10)
    assert rows.tolist() == [0, 1, 3, 4, 6]
    assert {row: refusal.like for row, refusal in alike.items()} == {2: 0, 5: 3}
    assert "as record 3 of its category" in alike[5].detail
    assert admit([index], of(2, 1, 3), 10)[0].tolist() == [2]


@settings(derandomize=True, max_examples=200, deadline=None)
@given(size=st.integers(1, 4), keys=st.lists(st.integers(0, 6), max_size=30), cut=st.integers(0, 30))
def test_the_window_holds_the_last_records(size: int, keys: list[int], cut: int) -> None:
    accepted: list[int] = []
    expected = []
    for place, key in enumerate(keys):
        if key not in accepted[-size:]:
            expected.append(place)
            accepted.append(key)
    index = RecentStructures(size)
    index.insert(of(*accepted[: sum(place < cut for place in expected)]))
    rows, _ = admit([index], of(*keys[cut:]), 100)
    assert (rows + cut).tolist() == [place for place in expected if place >= cut]


@pytest.mark.parametrize("index", [StructuralIndex(), RecentStructures(3)])
def test_fingerprints_without_structure_are_refused(index: StructuralIndex | RecentStructures) -> None:
    with pytest.raises(ValueError, match="no structure"):
        index.insert(Fingerprints(np.zeros(1, np.uint64)))

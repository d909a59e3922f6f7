from __future__ import annotations

import json
import re
import tracemalloc

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_agent.records import UInt64Array
from dataset_agent.tools.diversity.exact import ExactIndex, fingerprints
from dataset_agent.tools.diversity.normal import normalised


def texts(*values: object) -> pa.StringArray:
    return pa.array([orjson.dumps(value).decode() for value in values], pa.string())


def keys(*values: int) -> UInt64Array:
    return np.array(values, np.uint64)


def test_case_and_white_space_do_not_matter() -> None:
    same = texts({"a": "Where is it?"}, {"a": "where  is\tIT?"}, {"a": "WHERE\n\r\n is it?"})
    assert len(set(fingerprints(same).tolist())) == 1


def test_all_else_matters() -> None:
    other = texts({"a": "x y"}, {"a": "xy"}, {"b": "x y"}, {"a": ["x y"]}, {"a": "x-y"}, {"a": "x\\ny"}, {"a": "x\\ y"})
    assert len(set(fingerprints(other).tolist())) == len(other)


def test_letters_beyond_ascii_are_folded_too() -> None:
    one, other = fingerprints(texts({"a": "ÉTÉ 😀"}, {"a": "été 😀"}))
    assert one == other


def test_fingerprints_do_not_change_for_ledgers_keep_them() -> None:
    assert fingerprints(texts({"a": 1})).tolist() == [14259370793657193414]


def test_columns_may_be_empty_sliced_or_full_of_nothing() -> None:
    column = texts("a b", "A\nB", "c")
    assert fingerprints(column[1:]).tolist() == fingerprints(column).tolist()[1:]
    assert fingerprints(pa.array([], pa.string())).tolist() == []
    assert len(set(fingerprints(pa.array(["", ""])).tolist())) == 1


strings = st.lists(st.sampled_from([" ", "\n", "\t", "\\", '"', "n", "A", "é", "  "]) | st.text(max_size=3)).map(
    "".join
)


@settings(derandomize=True, max_examples=300, deadline=None)
@given(column=st.lists(strings, max_size=5))
def test_rows_are_normalised_one_by_one(column: list[str]) -> None:
    """The columns' way, which leaves out rows without runs of blanks, and the plain way agree."""
    rows = [json.dumps(text, ensure_ascii=False) for text in column]
    plain = [re.sub(r"(\\\\)|(?:[ \t\r\n]|\\[nrt])+", r"\1 ", lower(row)) for row in rows]
    assert normalised(pa.array(rows, pa.string())).to_pylist() == plain


def lower(row: str) -> str:
    return str(pc.utf8_lower(row).as_py())


def test_the_first_of_a_batch_wins() -> None:
    index = ExactIndex()
    assert index.add(keys(5, 3, 5, 3, 9)).tolist() == [True, True, False, False, True]
    assert index.add(keys(9, 1, 1, 0, 2**64 - 1)).tolist() == [False, True, False, True, True]
    assert len(index) == 6


def test_looking_adds_nothing() -> None:
    index = ExactIndex()
    assert index.novel(keys(1, 2)).tolist() == index.novel(keys(1, 2)).tolist() == [True, True]
    assert index.novel(keys()).tolist() == [] and index.add(keys()).tolist() == []


@settings(derandomize=True, max_examples=200, deadline=None)
@given(batches=st.lists(st.lists(st.integers(0, 30) | st.integers(0, 2**64 - 1), max_size=20), max_size=12))
def test_the_index_is_a_set_that_keeps_order(batches: list[list[int]]) -> None:
    index, seen = ExactIndex(), set[int]()
    for batch in batches:
        expected = []
        for key in batch:
            expected.append(key not in seen)
            seen.add(key)
        assert index.add(keys(*batch)).tolist() == expected
        assert len(index) == len(seen)


@pytest.mark.parametrize("size", [1_000, 50_000])
def test_a_record_takes_8_bytes_and_20_during_a_merge(size: int) -> None:
    total = 200_000
    drawn = np.random.default_rng(7).integers(0, 2**64, total, dtype=np.uint64)
    index = ExactIndex()
    tracemalloc.start()
    for start in range(0, total, size):
        index.insert(drawn[start : start + size])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert index.nbytes == 8 * len(index) == 8 * total
    assert peak < 21 * total

from __future__ import annotations

from typing import Literal

import numpy as np
import orjson
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_agent.records import Candidates, Fingerprints
from dataset_agent.tools.diversity import DuplicateIndex, Method, fingerprint

METHODS: list[Method] = ["exact", "structural", "minhash"]
LONG = "please tell me where the parcel is that I have ordered for my sister in the second week of"


def of(*values: object, method: Method = "exact", structural: bool = False) -> Fingerprints:
    texts = pa.array([orjson.dumps(value).decode() for value in values], pa.string())
    return fingerprint(Candidates(np.arange(len(values)), texts), method, structural)


def test_only_what_the_method_needs_is_computed() -> None:
    held = {method: of("a", method=method) for method in METHODS}
    assert [fp.structural is not None for fp in held.values()] == [False, True, False]
    assert [fp.signatures is not None for fp in held.values()] == [False, False, True]
    assert of("a", structural=True).structural is not None


@pytest.mark.parametrize("method", METHODS)
def test_the_first_of_equal_records_is_accepted(method: Method) -> None:
    index = DuplicateIndex(method, 0.8, "global")
    verdicts = index.judge("c", of("red apples", "Red  apples", "blue cars", "red apples", method=method), 10)
    assert verdicts.accepted.tolist() == [0, 2] and verdicts.accepted.dtype == np.intp
    assert [(row, refusal.reason) for row, refusal in verdicts.refused] == [(1, "duplicate"), (3, "duplicate")]
    assert verdicts.refused[0][1].detail == "exact: the same as an earlier record"
    assert verdicts.looked == 4


@pytest.mark.parametrize("method", METHODS)
def test_exact_duplicates_are_refused_across_categories(method: Method) -> None:
    index = DuplicateIndex(method, 0.8, 1)
    index.judge("c", of("red apples", method=method), 10)
    index.judge("c", of("blue cars", method=method), 10)
    assert index.judge("d", of("red apples", method=method), 10).accepted.tolist() == []


@pytest.mark.parametrize("method", METHODS)
def test_rows_after_the_quota_are_surplus(method: Method) -> None:
    index = DuplicateIndex(method, 0.8, "global")
    batch = of("red apples", "red apples", "blue cars", "red apples", "old houses", method=method)
    verdicts = index.judge("c", batch, 2)
    assert verdicts.accepted.tolist() == [0, 2]
    assert [row for row, _ in verdicts.refused] == [1]
    assert verdicts.looked == 3
    assert index.judge("c", of("old houses", method=method), 5).accepted.tolist() == [0]


@pytest.mark.parametrize("method", METHODS)
def test_nothing_wanted_nothing_looked_at(method: Method) -> None:
    index = DuplicateIndex(method, 0.8, "global")
    verdicts = index.judge("c", of("red apples", "red apples", method=method), 0)
    assert (verdicts.accepted.tolist(), verdicts.refused, verdicts.looked) == ([], [], 0)
    verdicts = index.judge("c", of(method=method), 5)
    assert (verdicts.accepted.tolist(), verdicts.refused, verdicts.looked) == ([], [], 0)


@pytest.mark.parametrize(
    ("method", "detail"),
    [
        ("structural", "structural: but for numbers, dates and ids the same as a record of its category"),
        ("minhash", "minhash: 0."),
    ],
)
def test_near_duplicates_are_refused_within_a_category(method: Method, detail: str) -> None:
    index = DuplicateIndex(method, 0.8, "global")
    first, second = of(f"{LONG} May 12", method=method), of(f"{LONG} June 17", method=method)
    assert index.judge("c", first, 5).accepted.tolist() == [0]
    ((row, refusal),) = index.judge("c", second, 5).refused
    assert row == 0 and refusal.reason == "duplicate" and refusal.detail.startswith(detail)
    assert index.judge("d", second, 5).accepted.tolist() == [0]


def test_a_refused_near_duplicate_leaves_no_trace() -> None:
    index = DuplicateIndex("structural", 0.8, "global")
    index.judge("c", of("order 1", method="structural"), 5)
    assert index.judge("c", of("order 2", method="structural"), 5).accepted.tolist() == []
    assert index.judge("d", of("order 2", method="structural"), 5).accepted.tolist() == [0]


words = st.lists(st.sampled_from(["red", "blue", "1", "2", "not", "apple"]), min_size=1, max_size=4).map(" ".join)


@settings(derandomize=True, max_examples=80, deadline=None)
@given(
    method=st.sampled_from(METHODS),
    scope=st.sampled_from(["global", 1, 3]),
    batches=st.lists(st.tuples(st.sampled_from("cd"), st.lists(words, max_size=8), st.integers(0, 6)), max_size=5),
    kill=st.integers(0, 5),
)
def test_a_restored_index_goes_on_as_the_old_one_would(
    method: Method,
    scope: Literal["global"] | int,
    batches: list[tuple[str, list[str], int]],
    kill: int,
) -> None:
    index = DuplicateIndex(method, 0.8, scope)
    resumed = DuplicateIndex(method, 0.8, scope)
    for number, (category, texts, limit) in enumerate(batches):
        held = of(*texts, method=method)
        verdicts = index.judge(category, held, limit)
        assert len(verdicts.accepted) <= limit
        assert sorted(verdicts.accepted.tolist() + [row for row, _ in verdicts.refused]) == list(range(verdicts.looked))
        assert verdicts.looked == len(texts) or len(verdicts.accepted) == limit
        if number < kill:
            resumed.restore(category, held.take(verdicts.accepted))
        else:
            again = resumed.judge(category, held, limit)
            assert again.accepted.tolist() == verdicts.accepted.tolist()
            assert (again.refused, again.looked) == (verdicts.refused, verdicts.looked)


def test_a_large_batch_is_judged_by_column() -> None:
    rng = np.random.default_rng(5)
    exact = rng.integers(0, 2**64, 100_000, dtype=np.uint64)
    exact[50_000:] = exact[:50_000]
    verdicts = DuplicateIndex("exact", 0.8, "global").judge("c", Fingerprints(exact), 60_000)
    assert verdicts.accepted.tolist() == list(range(50_000))
    assert len(verdicts.refused) == 50_000 and verdicts.looked == 100_000

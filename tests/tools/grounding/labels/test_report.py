"""The figures of labelling, counted again by hand."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_agent.records import Call, Prediction
from dataset_agent.tools.grounding.labels.report import (
    busy_seconds,
    group_coverage,
    label_figures_of,
    sizes_for,
)


def call(model: str, at: int, took: float, **keys: Any) -> Call:
    said = {"batch": 0, "turn": 0, "role": "labeler", "key": "", "prompt_sha256": "", "outcome": "answered",
            "tokens_in": 100, "tokens_cached": 0, "tokens_out": 20, "cost_usd": 0.01}  # fmt: skip
    return Call(**{**said, **keys}, model=model, called_at_ms=at, latency_ms=took)


PREDICTIONS = [
    Prediction(0, "big", ("A",), 0.0),  # its batch was written again
    Prediction(0, "big", ("A",), 1.0),
    Prediction(1, "big", ("B", "A"), 0.9),
    Prediction(2, "big", ("A1",), 0.5),
    Prediction(3, "big", (), 0.0),
    Prediction(0, "small", ("A",), 1.0),
]
CALLS = [
    call("big", 1000, 500.0),
    call("big", 1250, 500.0),
    call("big", 5000, 250.0, outcome="server_error", tokens_in=0, tokens_out=0, cost_usd=0.0),
]


def test_each_model_has_its_figures() -> None:
    big, small, idle = label_figures_of(PREDICTIONS, CALLS, ["big", "small", "idle"])
    assert big.to_json() == {
        "model": "big",
        "entries": 4,
        "accuracy": 0.25,
        "in_list": 0.5,
        "mean_quality": 0.6,
        "calls": 2,
        "failed_calls": 1,
        "tokens_in": 200,
        "tokens_out": 40,
        "cost_usd": 0.02,
        "tokens_in_per_entry": 50.0,
        "tokens_out_per_entry": 10.0,
        "cost_usd_per_entry": 0.005,
        "seconds": 1.0,
        "entries_per_second": 4.0,
    }
    assert small.entries == 1 and small.to_json()["entries_per_second"] is None and small.to_json()["accuracy"] == 1.0
    told = idle.to_json()
    assert told["entries"] == 0 and told["accuracy"] is told["cost_usd_per_entry"] is told["mean_quality"] is None


def test_models_that_nobody_named_come_behind_those_named() -> None:
    figures = label_figures_of(PREDICTIONS, [*CALLS, call("other", 0, 1.0)], ["small"])
    assert [one.model for one in figures] == ["small", "big", "other"]
    assert label_figures_of([], []) == []


def test_costs_are_projected() -> None:
    big, small, idle = label_figures_of(PREDICTIONS, CALLS, ["big", "small", "idle"])
    assert big.projected([1000, 98_186]) == [
        {"entries": 1000, "calls": 500, "tokens_in": 50_000, "tokens_out": 10_000, "cost_usd": 5.0, "seconds": 250.0},
        {"entries": 98_186, "calls": 49_093, "tokens_in": 4_909_300, "tokens_out": 981_860, "cost_usd": 490.93,
         "seconds": 24546.5},
    ]  # fmt: skip
    assert small.projected([10])[0]["seconds"] is None
    assert idle.projected([10]) == []
    assert sizes_for(98_186) == [1000, 10_000, 98_186, 100_000]
    assert sizes_for(500, 200) == [500, 1000, 10_000, 100_000]
    assert sizes_for(70_000, 5000) == [10_000, 70_000, 100_000]


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 20)), max_size=12))
@settings(derandomize=True)
def test_seconds_in_flight_are_those_of_the_union(spans: list[tuple[int, int]]) -> None:
    busy = {moment for start, length in spans for moment in range(start, start + length)}
    assert busy_seconds(spans) == pytest.approx(len(busy) / 1000)


def test_groups_are_covered_in_the_order_of_their_numbers() -> None:
    groups = {"a00": "1", "a01": "1", "k00": "10", "e11.9": "4", "x": "", "b_1": "Part B"}
    assert group_coverage(groups, ["A00", "a00", "E11.9", "elsewhere"]) == [
        {"group": "Part B", "available": 1, "sampled": 0, "coverage_percent": 0.0},
        {"group": "1", "available": 2, "sampled": 1, "coverage_percent": 50.0},
        {"group": "4", "available": 1, "sampled": 1, "coverage_percent": 100.0},
        {"group": "10", "available": 1, "sampled": 0, "coverage_percent": 0.0},
        {"group": None, "available": 1, "sampled": 0, "coverage_percent": 0.0},
    ]
    assert group_coverage({}, ["A00"]) == []

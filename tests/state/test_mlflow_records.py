from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlflow_world import write_shard

from dataset_agent.errors import TrackingError
from dataset_agent.records import Batch, Json, Stratum
from dataset_agent.state.mlflow_records import Selection, quotas
from dataset_agent.state.outbox import Delivery


def strata_of(counts: list[int]) -> list[Stratum]:
    return [Stratum(i, f"c{i}", None, count) for i, count in enumerate(counts)]


def delivered(folder: Path, records: list[Json], position: int = 1, category: str = "c0", **more: Json) -> Delivery:
    """A batch with these records, given as values or as JSON texts."""
    about = {"category": category, "tier": None, "quality": 0.75, **more}
    texts = [record if isinstance(record, str) else json.dumps(record) for record in records]
    rows = [{"id": f"{category}-{position}-{i}", **about, "record": text} for i, text in enumerate(texts)]
    delivery = Delivery(position, Batch(position, 0, 0, len(rows)), category, None, 0, {}, None)
    return replace(delivery, shard=write_shard(folder, delivery, rows))


def evaluation(text: str, answer: Json = None) -> Json:
    return {"inputs": {"text": text}, "expectations": {"answer": answer}}


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=8), st.integers(0, 9000), st.integers(0, 3000))
@settings(derandomize=True, max_examples=100)
def test_all_records_are_shown_or_a_sample_in_proportion(counts: list[int], max_records: int, sample: int) -> None:
    shown = list(quotas(strata_of(counts), max_records, sample).values())
    if sum(counts) <= max_records:
        assert shown == counts
        return
    size = min(sample, sum(counts))
    assert sum(shown) == size
    assert all(abs(n - size * count / sum(counts)) < 1 and n <= count for n, count in zip(shown, counts, strict=True))


def test_the_first_records_of_each_stratum_are_chosen(tmp_path: Path) -> None:
    selection = Selection({("c0", None): 3, ("c1", None): 1})
    first = selection.take(delivered(tmp_path, [evaluation("a"), evaluation("b")], 1))
    second = selection.take(delivered(tmp_path, [evaluation("c"), evaluation("d")], 2))
    other = selection.take(delivered(tmp_path, [evaluation("e"), evaluation("f")], 3, "c1"))
    assert [record["inputs"]["text"] for record in first + second + other] == ["a", "b", "c", "e"]
    assert selection.take(delivered(tmp_path, [evaluation("g")], 4)) == []


def test_evaluation_records_stay_as_they_are_and_say_where_they_come_from(tmp_path: Path) -> None:
    (record,) = Selection({("c0", None): 9}).take(delivered(tmp_path, [evaluation("a", [1, None])]))
    assert record["inputs"] == {"text": "a"} and record["expectations"] == {"answer": [1, None]}
    assert record["tags"] == {"id": "c0-1-0", "category": "c0", "quality": "0.75"}
    assert record["source"] == {"source_type": "CODE", "source_data": {"source_id": "c0-1-0"}}


@pytest.mark.parametrize(
    "record",
    [
        {"total": 3},
        [1, 2],
        "text",
        None,
        {"inputs": {}, "expectations": {}},
        {"inputs": "x"},
        {"inputs": {"a": 1}, "b": 2},
        {"inputs": {"a": 1}, "expectations": "text"},
    ],
)
def test_other_records_are_expected_from_their_id_or_prompt(tmp_path: Path, record: Json) -> None:
    text = json.dumps(record)
    (plain,) = Selection({("c0", None): 1}).take(delivered(tmp_path, [text]))
    assert (plain["inputs"], plain["expectations"]) == ({"id": "c0-1-0"}, {"record": record})
    (prompted,) = Selection({("c0", None): 1}).take(delivered(tmp_path, [text], prompt="Three, please"))
    assert (prompted["inputs"], prompted["expectations"]) == ({"prompt": "Three, please"}, {"record": record})


def test_what_a_record_breaks_on_purpose_is_among_its_tags(tmp_path: Path) -> None:
    label = '{"keyword":"minimum","path":"/n","schema_path":"#/properties/n/minimum"}'
    (broken,) = Selection({("c0", None): 1}).take(delivered(tmp_path, [{"n": -1}], invalid=label))
    assert {key: broken["tags"][key] for key in ("invalid", "invalid_path")} == {
        "invalid": "minimum",
        "invalid_path": "/n",
    }
    (valid,) = Selection({("c0", None): 1}).take(delivered(tmp_path, [{"n": 1}], invalid=None))
    assert "invalid" not in valid["tags"]


def test_equal_inputs_are_told_apart_by_the_record_id(tmp_path: Path) -> None:
    records = [evaluation("a", 1), evaluation("a", 2), {"inputs": {"record_id": 7}}, {"inputs": {"record_id": 7}}]
    shown = Selection({("c0", None): 9}).take(delivered(tmp_path, records))
    assert [record["inputs"] for record in shown] == [
        {"text": "a"},
        {"text": "a", "record_id": "c0-1-1"},
        {"record_id": 7},
        {"record_id": 7, "_record_id": "c0-1-3"},
    ]


def test_a_goal_does_not_make_a_conversation(tmp_path: Path) -> None:
    (record,) = Selection({("c0", None): 1}).take(delivered(tmp_path, [{"inputs": {"goal": "a refund", "n": 1}}]))
    assert record["inputs"] == {"inputs": {"goal": "a refund", "n": 1}}


def test_records_kept_as_structs_and_large_integers(tmp_path: Path) -> None:
    struct = delivered(tmp_path, ["{}"])
    assert struct.shard is not None
    pq.write_table(
        pa.table({"id": ["x"], "quality": [1.0], "record": [{"total": 3, "lines": [{"sku": "a"}]}]}), struct.shard
    )
    (record,) = Selection({("c0", None): 1}).take(struct)
    assert record["expectations"] == {"record": {"total": 3, "lines": [{"sku": "a"}]}}
    (large,) = Selection({("c0", None): 1}).take(delivered(tmp_path, ['{"n": 123456789012345678901234567890}']))
    assert large["expectations"] == {"record": {"n": 123456789012345678901234567890}}


def test_a_lost_or_damaged_shard_is_named(tmp_path: Path) -> None:
    lost = delivered(tmp_path, [evaluation("a")])
    assert lost.shard is not None
    lost.shard.write_bytes(b"no Parquet")
    with pytest.raises(TrackingError, match=lost.shard.name):
        Selection({("c0", None): 1}).take(lost)
    lost.shard.unlink()
    with pytest.raises(TrackingError, match=lost.shard.name):
        Selection({("c0", None): 1}).take(lost)

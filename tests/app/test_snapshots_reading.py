"""The reader of snapshots: the same values however a file is laid out, and without holding it."""

import io
import json
import tracemalloc
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_agent.app.snapshots.reading import SnapshotFile, members, open_snapshot
from dataset_agent.errors import InputError

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
PLACE = Path("s.json")


@given(
    st.lists(VALUES, max_size=6), VALUES, st.integers(1, 40), st.sampled_from([None, 0, 2, "\t"]), st.booleans(),
    st.booleans(),
)  # fmt: skip
def test_the_values_are_those_of_the_file(
    instances: list[Any], plan: Any, chunk: int, indent: Any, ascii_only: bool, plan_first: bool
) -> None:
    value = {"created_instances": instances, "dataset_plan": plan, "n": 12}
    if plan_first:
        value = dict(reversed(value.items()))
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    found = list(members(io.StringIO(text), PLACE, chunk))
    assert [value for key, value in found if key == "created_instances"] == instances
    assert [(key, value) for key, value in found if key != "created_instances"] == [
        (key, item) for key, item in value.items() if key != "created_instances"
    ]


@given(st.lists(VALUES, min_size=1, max_size=3), st.integers(1, 40), st.integers(1, 10_000))
def test_a_file_that_ends_early_is_always_noticed(instances: list[Any], chunk: int, cut: int) -> None:
    text = json.dumps({"n": 12, "created_instances": instances})
    with pytest.raises(InputError, match="no whole snapshot"):
        list(members(io.StringIO(text[: cut % len(text)]), PLACE, chunk))


@pytest.mark.parametrize(
    "text", ["[1]", "{1: 2}", '{"a" 1}', '{"created_instances": {}}', '{"a": 1 "b": 2}', '{"a": NaN}', "nonsense"]
)
def test_what_is_no_snapshot_is_told(text: str) -> None:
    with pytest.raises(InputError, match=r"s\.json: is no whole snapshot"):
        list(members(io.StringIO(text), PLACE))


def test_a_value_that_nests_too_deep_or_is_too_long_a_number_is_told() -> None:
    for inner in ("[" * 200_000, "1" * 10_000):
        with pytest.raises(InputError, match="no whole snapshot"):
            list(members(io.StringIO(f'{{"created_instances": [{inner}'), PLACE))


def test_files_that_are_something_else_are_no_snapshots(tmp_path: Path) -> None:
    plan = {"dataset_name": "x", "record_schema": {"properties": {"dataset_plan": {}, "created_instances": {}}}}
    file = tmp_path / "plan.json"
    for text in (json.dumps(plan), '{"dataset_plan": ', "", "\ufeff{}"):
        file.write_text(text)
        assert open_snapshot(file) is None
    file.write_bytes(b'"dataset_plan" \xff')
    assert open_snapshot(file) is None
    assert open_snapshot(tmp_path / "absent.json") is None
    assert open_snapshot(tmp_path) is None


@pytest.mark.parametrize("plan_first", [True, False])
def test_a_snapshot_is_one_in_any_order_of_its_keys(tmp_path: Path, plan_first: bool) -> None:
    value = {"instances_created": 1, "created_instances": [{"id": "a-1"}], "dataset_plan": {"dataset_name": "a"}}
    file = tmp_path / "s.json"
    file.write_text("\ufeff" + json.dumps(dict(reversed(value.items())) if plan_first else value), encoding="utf-8")
    found = open_snapshot(file)
    assert found == SnapshotFile(file, {"dataset_name": "a"}, 1)
    assert list(found.instances()) == [{"id": "a-1"}]


def test_a_large_file_is_read_without_being_held(tmp_path: Path) -> None:
    file = tmp_path / "s.json"
    record = json.dumps({"id": "a-1", "text": "word " * 200})
    with file.open("w") as out:
        out.write('{"instances_created": 30000, "dataset_plan": {}, "created_instances": [\n')
        out.writelines(chain((f"{record},\n" for _ in range(29_999)), (record, "]}")))
    snapshot = open_snapshot(file)
    assert snapshot is not None
    tracemalloc.start()
    assert sum(1 for _ in snapshot.instances()) == 30_000
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert file.stat().st_size > 30_000_000
    assert most < 12_000_000

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_agent.tools.export.files import atomic_file
from dataset_agent.tools.export.jsonl import lines, write_jsonl, write_values

MakeShard = Callable[..., pa.Table]

TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)
ROWS = st.fixed_dictionaries(
    {
        "id": TEXTS,
        "category": TEXTS,
        "tier": st.none() | TEXTS,
        "quality": st.floats(allow_nan=False, allow_infinity=False),
        "prompt": st.none() | TEXTS,
        "invalid": st.none() | st.dictionaries(TEXTS, TEXTS),
        "record": st.dictionaries(TEXTS, st.none() | st.booleans() | st.integers(-9, 9) | TEXTS | st.lists(TEXTS)),
    }
)


def expected_line(row: dict[str, Any]) -> bytes:
    """The line as the plain rendering of the object has it."""
    beside = [key for key in ("prompt", "invalid") if row.get(key) is not None]
    keys = ["id", "category", "tier", "quality", *beside, "record"]
    shown = {key: row[key] for key in keys}
    return orjson.dumps(shown) + b"\n"


@settings(derandomize=True, max_examples=200, deadline=None)
@given(st.lists(ROWS, max_size=6), st.integers(0, 3), st.booleans(), st.booleans())
def test_lines_are_those_of_orjson(
    rows: list[dict[str, Any]], skipped: int, has_prompts: bool, has_twins: bool
) -> None:
    absent = {key for key, is_there in (("prompt", has_prompts), ("invalid", has_twins)) if not is_there}
    rows = [{key: value for key, value in row.items() if key not in absent} for row in rows]
    columns = {
        "id": pa.array([row["id"] for row in rows], pa.string()),
        "category": pa.array([row["category"] for row in rows], pa.string()),
        "tier": pa.array([row["tier"] for row in rows], pa.string()),
        "quality": pa.array([row["quality"] for row in rows], pa.float64()),
        "record": pa.array([orjson.dumps(row["record"]).decode() for row in rows], pa.string()),
    }
    if has_prompts:
        columns["prompt"] = pa.array([row["prompt"] for row in rows], pa.string())
    if has_twins:
        labels = [None if row["invalid"] is None else orjson.dumps(row["invalid"]).decode() for row in rows]
        columns["invalid"] = pa.array(labels, pa.string())
    # A slice, because its buffers begin elsewhere.
    block = pa.RecordBatch.from_pydict(columns).slice(skipped)
    assert [line.encode() for line in lines(block).to_pylist()] == list(map(expected_line, rows[skipped:]))


@pytest.mark.parametrize("quality", [1.0, 0.8, 0.1 + 0.2, 1e-7, 0.0, 1 / 3])
def test_quality_is_a_float(shard: MakeShard, quality: float) -> None:
    (block,) = shard([{}], quality=[quality]).to_batches()
    assert orjson.loads(lines(block)[0].as_py())["quality"] == quality
    assert f'"quality":{orjson.dumps(quality).decode()},' in lines(block)[0].as_py()


def test_structs_give_the_lines_of_texts(shard: MakeShard, tmp_path: Path) -> None:
    records = [{"name": "Åsa", "lines": [{"price": 1.5, "count": i}], "note": None} for i in range(3)]
    texts = write_jsonl([shard(records)], tmp_path / "texts.jsonl")
    assert write_jsonl([shard(records, structs=True)], tmp_path / "structs.jsonl") == texts


def test_a_file_does_not_depend_on_how_its_rows_are_cut(orders: list[pa.Table], tmp_path: Path) -> None:
    whole = pa.concat_tables(orders)
    pieces = [whole.slice(start, 1) for start in range(len(whole))]
    assert write_jsonl(pieces, tmp_path / "pieces.jsonl") == write_jsonl([whole], tmp_path / "whole.jsonl")


def test_rows_are_counted(orders: list[pa.Table], tmp_path: Path) -> None:
    facts = write_jsonl([orders[0].slice(0, 0), *orders], tmp_path / "all.jsonl")
    assert facts.rows == len((tmp_path / "all.jsonl").read_text().splitlines()) == 10
    assert facts.bytes == (tmp_path / "all.jsonl").stat().st_size


def test_values_of_any_number(tmp_path: Path) -> None:
    with atomic_file(tmp_path / "values.jsonl") as file:
        write_values(file, ({"n": n} for n in range(2500)))
    read = [orjson.loads(line) for line in (tmp_path / "values.jsonl").read_bytes().splitlines()]
    assert read == [{"n": n} for n in range(2500)]
    assert file.facts.rows == 2500

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pytest
from pyarrow import parquet

from dataset_agent.errors import OutputError
from dataset_agent.tools.export.dataset import write_dataset
from dataset_agent.tools.export.files import FileFacts
from dataset_agent.tools.export.parquet import write_shard
from dataset_agent.tools.export.shards import ShardFile

SIDES = np.array([0, 1, 0, 0, 0, 1, 0, 0], np.int8)
"""Of the golden records 0, 1, 2, 4, 5, 6, 8, 9: the test side has 1 and 6."""

REJECTION = {"category": "order_status", "tier": None, "reason": "duplicate", "detail": "is 3", "candidate": {"n": 1}}


def read(path: Path) -> list[Any]:
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


def numbers(path: Path) -> list[int]:
    return [int(line["id"].split("-")[1]) for line in read(path)]


def files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def check_facts(out: Path, facts: dict[str, FileFacts]) -> None:
    assert facts.keys() == files_in(out)
    for name, known in facts.items():
        path = out / name
        count = parquet.read_metadata(path).num_rows if path.suffix == ".parquet" else len(read(path))
        assert (known.rows, known.bytes) == (count, path.stat().st_size)


def on_disk(orders: list[pa.Table], folder: Path) -> list[ShardFile]:
    paths = [folder / f"{index}.parquet" for index in range(len(orders))]
    return [ShardFile(path, write_shard(table, path)) for path, table in zip(paths, orders, strict=True)]


def test_jsonl(orders: list[pa.Table], tmp_path: Path) -> None:
    facts = write_dataset(tmp_path, lambda: iter(orders), [REJECTION], format="jsonl")
    check_facts(tmp_path, facts)
    assert facts.keys() == {"all.jsonl", "golden.jsonl", "rejected.jsonl"}
    assert numbers(tmp_path / "all.jsonl") == list(range(10))
    assert numbers(tmp_path / "golden.jsonl") == [0, 1, 2, 4, 5, 6, 8, 9]
    assert read(tmp_path / "rejected.jsonl") == [REJECTION]
    assert read(tmp_path / "all.jsonl")[3] == {
        "id": "order_status-3",
        "category": "order_status",
        "tier": "simple",
        "quality": 0.5,
        "record": {"inputs": {"text": "Where is order 3?"}, "expectations": {"answer": "order 3"}},
    }


def test_jsonl_with_a_split(orders: list[pa.Table], tmp_path: Path) -> None:
    facts = write_dataset(tmp_path, lambda: iter(orders), [], format="jsonl", sides=SIDES)
    check_facts(tmp_path, facts)
    assert numbers(tmp_path / "test.jsonl") == [1, 6]
    assert numbers(tmp_path / "train.jsonl") == [0, 2, 4, 5, 8, 9]
    assert facts["rejected.jsonl"].rows == 0


def test_jsonl_of_shards_on_disk(orders: list[pa.Table], tmp_path: Path) -> None:
    shards = on_disk(orders, tmp_path / "shards")
    from_disk = write_dataset(tmp_path / "a", lambda: iter(shards), [], format="jsonl", sides=SIDES)
    assert write_dataset(tmp_path / "b", lambda: iter(orders), [], format="jsonl", sides=SIDES) == from_disk


def test_parquet_takes_shards_as_they_are(orders: list[pa.Table], tmp_path: Path) -> None:
    empty = orders[0].slice(0, 0)
    first, nothing, second = on_disk([orders[0], empty, orders[1]], tmp_path / "shards")
    out = tmp_path / "out"
    facts = write_dataset(out, lambda: iter([first, nothing, second]), [], format="parquet")
    check_facts(out, facts)
    assert facts.keys() == {"data/part-00000.parquet", "data/part-00001.parquet", "rejected.jsonl"}
    assert (out / "data/part-00001.parquet").read_bytes() == second.path.read_bytes()


def test_parquet_of_tables(orders: list[pa.Table], tmp_path: Path) -> None:
    facts = write_dataset(tmp_path, lambda: iter([*orders, orders[0].slice(0, 0)]), [], format="parquet")
    check_facts(tmp_path, facts)
    assert parquet.read_table(tmp_path / "data").equals(pa.concat_tables(orders))


def test_parquet_with_a_split(orders: list[pa.Table], tmp_path: Path) -> None:
    shards = on_disk(orders, tmp_path / "shards")
    out = tmp_path / "out"
    check_facts(out, write_dataset(out, lambda: iter(shards), [], format="parquet", sides=SIDES))
    split = ["train", "test", "train", None, "train", "train", "test", None, "train", "train"]
    assert parquet.read_table(out / "data")["split"].to_pylist() == split
    assert shards[0].table().equals(orders[0])


def test_the_same_bytes_again(orders: list[pa.Table], tmp_path: Path) -> None:
    for format in ("jsonl", "parquet"):
        once, again = (
            write_dataset(tmp_path / name, lambda: iter(orders), [REJECTION], format=format, sides=SIDES)
            for name in ("once", "again")
        )
        assert once == again


def test_data_files_of_another_run_are_removed_and_only_those(orders: list[pa.Table], tmp_path: Path) -> None:
    write_dataset(tmp_path, lambda: iter(orders), [REJECTION], format="jsonl", sides=SIDES)
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / ".train.jsonl.partial").write_text("left by a kill")
    parts = write_dataset(tmp_path, lambda: iter(orders), [], format="parquet")
    assert files_in(tmp_path) == {*parts, "notes.txt"}
    (tmp_path / "data" / ".part-00007.parquet.partial").write_text("left by a kill")
    fewer = write_dataset(tmp_path, lambda: iter(orders[:1]), [], format="parquet")
    assert files_in(tmp_path) == {*fewer, "notes.txt"}
    lines = write_dataset(tmp_path, lambda: iter(orders), [], format="jsonl")
    assert files_in(tmp_path) == {*lines, "notes.txt"}
    assert not (tmp_path / "data").exists()


def test_a_dataset_without_records(tmp_path: Path) -> None:
    none = np.zeros(0, np.int8)
    facts = write_dataset(tmp_path, lambda: iter(()), [REJECTION], format="jsonl", sides=none)
    assert {name: known.rows for name, known in facts.items()} == {
        "all.jsonl": 0, "golden.jsonl": 0, "train.jsonl": 0, "test.jsonl": 0, "rejected.jsonl": 1,
    }  # fmt: skip
    assert write_dataset(tmp_path, lambda: iter(()), [], format="parquet").keys() == {"rejected.jsonl"}


def test_a_fault_midway_leaves_the_files_of_before(orders: list[pa.Table], tmp_path: Path) -> None:
    write_dataset(tmp_path, lambda: iter(orders), [REJECTION], format="jsonl")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}

    def broken() -> Iterator[pa.Table]:
        yield orders[0]
        raise RuntimeError("a fault of whoever reads the shards")

    with pytest.raises(RuntimeError):
        write_dataset(tmp_path, broken, [], format="jsonl")
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("number", [0, 4, 7, 9])
def test_sides_must_be_as_many_as_golden_records(orders: list[pa.Table], tmp_path: Path, number: int) -> None:
    with pytest.raises(ValueError, match=f"{number} sides are too (few|many)"):
        write_dataset(tmp_path, lambda: iter(orders), [], format="jsonl", sides=np.zeros(number, np.int8))
    assert files_in(tmp_path) == set()


def test_candidates_as_text(orders: list[pa.Table], tmp_path: Path) -> None:
    rejection = {**REJECTION, "candidate": orjson.Fragment('{"n": 123456789012345678901234567890}')}
    write_dataset(tmp_path, lambda: iter(orders), [rejection], format="jsonl")
    assert b'"candidate":{"n": 123456789012345678901234567890}}' in (tmp_path / "rejected.jsonl").read_bytes()


def test_a_file_in_the_place_of_the_folder(orders: list[pa.Table], tmp_path: Path) -> None:
    (tmp_path / "out").write_text("not a folder")
    with pytest.raises(OutputError, match="out: cannot be written"):
        write_dataset(tmp_path / "out", lambda: iter(orders), [], format="jsonl")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written(orders: list[pa.Table], tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="choose a folder you may write to"):
        write_dataset(tmp_path, lambda: iter(orders), [], format="jsonl")

import gc
import hashlib
import resource
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from dataset_agent.errors import CheckpointError, InputError, OutputError
from dataset_agent.tools.export.files import FileFacts
from dataset_agent.tools.export.parquet import write_parquet, write_shard
from dataset_agent.tools.export.shards import ShardFile, rows

MakeShard = Callable[..., pa.Table]


def test_facts_and_rows_come_back(orders: list[pa.Table], tmp_path: Path) -> None:
    path = tmp_path / "shard.parquet"
    facts = write_shard(orders[0], path)
    data = path.read_bytes()
    assert facts == FileFacts(5, hashlib.sha256(data).hexdigest(), len(data))
    assert ShardFile(path, facts).table().equals(orders[0])


def test_metadata_goes_into_the_footer(orders: list[pa.Table], tmp_path: Path) -> None:
    write_shard(orders[0].replace_schema_metadata({"stray": "left out"}), tmp_path / "a", {"batch": "7"})
    assert parquet.read_schema(tmp_path / "a").metadata == {b"batch": b"7"}


@pytest.mark.parametrize("structs", [False, True])
def test_same_rows_same_bytes(shard: MakeShard, tmp_path: Path, structs: bool) -> None:
    table = shard([{"n": n, "text": f"{n:050d}"} for n in range(20_000)], structs=structs)
    cut = pa.concat_tables([table.slice(0, 7), table.slice(7, 9000), table.slice(9007)])
    assert write_shard(cut, tmp_path / "cut") == write_shard(table, tmp_path / "whole")


def test_one_file_for_a_dataset(orders: list[pa.Table], tmp_path: Path) -> None:
    facts = write_parquet([orders[0].slice(0, 0), *orders], tmp_path / "all.parquet")
    assert facts.rows == 10
    assert parquet.read_table(tmp_path / "all.parquet").equals(pa.concat_tables(orders))


def test_no_record_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no record to write"):
        write_parquet([], tmp_path / "all.parquet")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_the_way(orders: list[pa.Table], tmp_path: Path) -> None:
    (tmp_path / "shard.parquet").mkdir()
    with pytest.raises(OutputError, match="Is a directory"):
        write_shard(orders[0], tmp_path / "shard.parquet")


@pytest.mark.parametrize("damage", [None, b"", b"PAR1 but no more"])
def test_a_shard_that_cannot_be_read(tmp_path: Path, damage: bytes | None) -> None:
    path = tmp_path / "shard.parquet"
    if damage is not None:
        path.write_bytes(damage)
    with pytest.raises(CheckpointError, match=r"shard\.parquet: cannot be read as a shard"):
        ShardFile(path, FileFacts(1, "", 0)).table()


def test_rows_are_values(shard: MakeShard) -> None:
    record = {"a": [1, {"b": None}]}
    (row,) = rows([shard([record], tiers=["rare"], quality=[0.5], prompts=["Tell me"])])
    assert (row.id, row.tier, row.quality, row.golden, row.split) == ("order_status-0", "rare", 0.5, False, None)
    assert row.record == record
    assert row.prompt == "Tell me"


def test_no_room(shard: MakeShard, tmp_path: Path) -> None:
    table = shard([{"text": f"{n * 7919 % 10_007:08d}"} for n in range(10_000)])
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(OutputError, match=r"shard: cannot be written: File too large \(free some space"):
            write_shard(table, tmp_path / "shard")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []
    gc.collect()


def test_a_fault_midway_leaves_nothing(orders: list[pa.Table], tmp_path: Path) -> None:
    def broken() -> Iterator[pa.Table]:
        yield orders[0]
        raise RuntimeError("a fault of whoever reads the shards")

    with pytest.raises(RuntimeError):
        write_parquet(broken(), tmp_path / "all.parquet")
    assert list(tmp_path.iterdir()) == []
    gc.collect()

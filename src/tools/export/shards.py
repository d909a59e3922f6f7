"""Shards: the tables that hold a dataset, one after the other, in the dataset's order.

    id        string
    category  string
    tier      string, null in a plan without tiers
    quality   double
    golden    bool
    split     string: train, test or null
    prompt    string, null where a record has none; the column is there only where a category renders prompts
    invalid   string (compact JSON), what a record breaks of its schema on purpose, null where it breaks nothing; the
              column is there only where a category asks for such records
    record    string (compact JSON), or a struct where all records share a shape

All shards of a dataset have the same schema.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from ...errors import CheckpointError
from ...records import Json
from .files import FileFacts

SIDES = ("train", "test")
"""The sides of a split; a record's side is an index into them."""

Int8Array = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class ShardFile:
    """A shard that lies in a Parquet file, and what is known of the file."""

    path: Path
    facts: FileFacts

    def table(self, columns: Sequence[str] | None = None) -> pa.Table:
        """The shard, or some of its columns. Raises CheckpointError where the file cannot be read."""
        with self._opened() as file:
            return file.read(columns)

    def schema(self) -> pa.Schema:
        """The columns of the shard. Raises CheckpointError where the file cannot be read."""
        with self._opened() as file:
            return file.schema_arrow

    @contextlib.contextmanager
    def _opened(self) -> Iterator[parquet.ParquetFile]:
        try:
            with parquet.ParquetFile(self.path) as file:
                yield file
        except (OSError, pa.ArrowInvalid) as error:
            raise CheckpointError.at(
                self.path, f"cannot be read as a shard: {error}", "restore it, or build the dataset anew with --fresh"
            ) from None


Shard: TypeAlias = pa.Table | ShardFile
Shards: TypeAlias = Callable[[], Iterator[Shard]]
"""Begins a new pass over a dataset's shards."""


@dataclass(frozen=True, slots=True)
class Row:
    """One record with all that its shard says of it; `record` is the JSON value."""

    id: str
    category: str
    tier: str | None
    quality: float
    golden: bool
    split: str | None
    record: Json
    prompt: str | None = None
    invalid: Json = None


def tables(shards: Iterable[Shard]) -> Iterator[pa.Table]:
    """The shards as tables; those without rows are left out."""
    for shard in shards:
        table = shard.table() if isinstance(shard, ShardFile) else shard
        if table.num_rows:
            yield table


def rows(shards: Iterable[Shard]) -> Iterator[Row]:
    """The records one by one, as Python values."""
    for table in tables(shards):
        names = table.column_names
        for block in table.to_batches(max_chunksize=4096):
            columns = [column.to_pylist() for column in block.columns]
            for name in ("record", "invalid"):
                if name in names and (name == "invalid" or has_json_records(table.schema)):
                    columns[names.index(name)] = [text and orjson.loads(text) for text in columns[names.index(name)]]
            for values in zip(*columns, strict=True):
                yield Row(**dict(zip(names, values, strict=True)))


def has_json_records(schema: pa.Schema) -> bool:
    """Whether the records are JSON text, not structs."""
    record = schema.field("record").type
    return bool(pa.types.is_string(record) or pa.types.is_large_string(record))


def divided(shards: Iterable[Shard], sides: Int8Array) -> Iterator[pa.Table]:
    """The shards with `split` filled in. `sides` has an entry for each golden record, in the dataset's order."""
    done = 0
    for table in tables(shards):
        golden = table["golden"].to_numpy()
        until = done + int(golden.sum())
        if until > len(sides):
            raise ValueError(f"{len(sides)} sides are too few for the golden records")
        codes = np.zeros(len(golden), np.int8)
        codes[golden] = sides[done:until]
        split = pa.DictionaryArray.from_arrays(pa.array(codes, mask=~golden), list(SIDES)).cast(pa.string())
        yield table.set_column(table.schema.get_field_index("split"), "split", split)
        done = until
    if done < len(sides):
        raise ValueError(f"{len(sides)} sides are too many for {done} golden records")


def only(shard: pa.Table, side: str) -> pa.Table:
    """The records of a shard that are on a side."""
    return shard.filter(pc.equal(shard["split"], side))


def side_of(batch: pa.RecordBatch, side: str) -> pa.BooleanArray:
    """True where a record is on that side; never null."""
    return pc.fill_null(pc.equal(batch["split"], side), False)

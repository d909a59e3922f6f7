"""Shards as Parquet files: the same tables give the same bytes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from ...errors import InputError
from .files import FileFacts, HashedFile, atomic_file
from .shards import Shard, tables

_OF_FEW_VALUES = ("category", "tier", "quality", "golden", "split")
"""The columns worth a dictionary and statistics: the others do not repeat, and are not searched by range."""


class ParquetFile:
    """A Parquet file being written."""

    def __init__(self, file: HashedFile, schema: pa.Schema) -> None:
        columns = [name for name in _OF_FEW_VALUES if name in schema.names]
        self._file, self._schema = file, schema
        self._writer = parquet.ParquetWriter(
            file, schema, compression="zstd", compression_level=1, use_dictionary=columns, write_statistics=columns
        )

    def write(self, table: pa.Table) -> None:
        """Adds a table as one row group."""
        # In one chunk, because pages end where chunks do.
        self._writer.write_table(table.replace_schema_metadata(self._schema.metadata).combine_chunks())
        self._file.rows += table.num_rows

    def close(self) -> None:
        """Writes the footer."""
        self._writer.close()

    @property
    def facts(self) -> FileFacts:
        """What is known of the file once it is closed."""
        return self._file.facts


@contextlib.contextmanager
def parquet_file(path: Path, schema: pa.Schema, metadata: Mapping[str, str] | None = None) -> Iterator[ParquetFile]:
    """A Parquet file to write tables of `schema` to; `metadata` goes into its footer, and nothing else does."""
    # Closed after a failure too, while there is a file to close: Arrow's writer would try later, in its finalizer.
    with atomic_file(path) as file, contextlib.closing(ParquetFile(file, schema.with_metadata(metadata))) as writer:
        yield writer


def write_shard(table: pa.Table, path: Path, metadata: Mapping[str, str] | None = None) -> FileFacts:
    """Writes a shard, on disk when this returns. Raises OutputError where it cannot be written."""
    with parquet_file(path, table.schema, metadata) as file:
        file.write(table)
    return file.facts


def write_parquet(shards: Iterable[Shard], path: Path) -> FileFacts:
    """Writes a whole dataset to one file, each shard a row group.

    Raises InputError where there is no record, since then the columns are not known.
    """
    pending = tables(shards)
    first = next(pending, None)
    if first is None:
        raise InputError.at(path, "there is no record to write", "run the plan first")
    with parquet_file(path, first.schema) as file:
        file.write(first)
        for table in pending:
            file.write(table)
    return file.facts

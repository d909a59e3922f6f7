"""Shards as JSON lines, rendered by column."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from ...records import Json
from .files import FileFacts, HashedFile, atomic_file
from .shards import Shard, has_json_records, tables

_BLOCK_ROWS = 8_192


def blocks(table: pa.Table) -> Iterator[pa.RecordBatch]:
    """A table in pieces whose lines fit the processor's cache, and whose memory is soon free again."""
    yield from table.to_batches(max_chunksize=_BLOCK_ROWS)


def lines(block: pa.RecordBatch) -> pa.LargeStringArray:
    """Each record as its line, newline included: byte for byte what orjson gives for the object."""
    parts = [
        '{"id":', _texts(block["id"]),
        ',"category":', _values(block["category"]),
        ',"tier":', _values(block["tier"]),
        ',"quality":', _values(block["quality"]),
        *([_prompts(block["prompt"])] if "prompt" in block.schema.names else []),
        *([_labels(block["invalid"])] if "invalid" in block.schema.names else []),
        ',"record":', _records(block),
        "}\n",
    ]  # fmt: skip
    return _join(*parts)


def write_lines(file: HashedFile, texts: pa.LargeStringArray) -> None:
    """Writes lines that are rendered already, in one go."""
    file.write(_bytes_of(texts))
    file.rows += len(texts)


def write_values(file: HashedFile, values: Iterable[Json]) -> None:
    """Writes JSON values, a line each."""
    pending = iter(values)
    while some := [orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE) for value in islice(pending, 1000)]:
        file.write(b"".join(some))
        file.rows += len(some)


def write_jsonl(shards: Iterable[Shard], path: Path) -> FileFacts:
    """Writes a whole dataset to one file."""
    with atomic_file(path) as file:
        for table in tables(shards):
            for block in blocks(table):
                write_lines(file, lines(block))
    return file.facts


def _join(*parts: str | pa.Array) -> pa.LargeStringArray:
    large = pa.large_string()
    columns = [pa.scalar(part, large) if isinstance(part, str) else part.cast(large) for part in parts]
    return pc.binary_join_element_wise(*columns, pa.scalar("", large))


def _values(column: pa.Array) -> pa.LargeStringArray:
    """Strings or numbers as JSON, nulls as null; each distinct value is rendered once."""
    coded = column.dictionary_encode()
    rendered = [orjson.dumps(value).decode() for value in coded.dictionary.to_pylist()]
    return pc.fill_null(pa.array(rendered, pa.large_string()).take(coded.indices), "null")


def _texts(column: pa.Array) -> pa.LargeStringArray:
    """Strings that hardly ever repeat as JSON; nulls stay null."""
    raw = np.frombuffer(_bytes_of(column), np.uint8)
    if not ((raw < 0x20) | (raw == ord('"')) | (raw == ord("\\"))).any():
        return _join('"', column, '"')
    rendered = [None if text is None else orjson.dumps(text).decode() for text in column.to_pylist()]
    return pa.array(rendered, pa.large_string())


def _prompts(column: pa.Array) -> pa.LargeStringArray:
    return pc.fill_null(_join(',"prompt":', _texts(column)), "")


def _labels(column: pa.Array) -> pa.LargeStringArray:
    return pc.fill_null(_join(',"invalid":', column), "")


def _records(block: pa.RecordBatch) -> pa.LargeStringArray:
    if has_json_records(block.schema):
        return block["record"]
    return pa.array([orjson.dumps(value).decode() for value in block["record"].to_pylist()], pa.large_string())


def _bytes_of(column: pa.Array) -> memoryview:
    """The texts of a column, one after the other, as they lie in memory."""
    column = column.cast(pa.large_string())
    _, ends, data = column.buffers()
    if data is None or not len(column):
        return memoryview(b"")
    offsets = np.frombuffer(ends, np.int64)
    return memoryview(data)[offsets[column.offset] : offsets[column.offset + len(column)]]

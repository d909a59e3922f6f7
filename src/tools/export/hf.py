"""A dataset as a folder that `datasets.load_dataset` reads: a Parquet file for each side of the split, and a card."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from ...errors import InputError
from .files import FileFacts, atomic_file, writing
from .hub import Config, header, json_features
from .parquet import ParquetFile, parquet_file
from .shards import SIDES, Shards, has_json_records, side_of, tables


def write_hf(shards: Shards, out: Path) -> dict[str, FileFacts]:
    """Writes `data/train.parquet`, `data/test.parquet` where there is a split, and `README.md`.

    With a split they hold the golden records, which are what it parts; without one `train` holds every record.
    Returns what is known of the Parquet files. Raises InputError where there is no record.
    """
    first = next(tables(shards()), None)
    if first is None:
        raise InputError.at(out, "there is no record to write", "run the plan first")
    has_split = any(table["split"].null_count < len(table) for table in tables(shards()))
    with contextlib.ExitStack() as stack:
        files: dict[str, ParquetFile] = {}
        for table in tables(shards()):
            for side, part in _parts(table) if has_split else [("train", table)]:
                if side not in files:
                    files[side] = stack.enter_context(parquet_file(out / _path(side), table.schema))
                files[side].write(part)
    facts = {_path(side): files[side].facts for side in SIDES if side in files}
    _write_card(out, facts, first.schema)
    with writing(out):
        for side in SIDES:
            if side not in files:
                (out / _path(side)).unlink(missing_ok=True)
    return facts


def _path(side: str) -> str:
    return f"data/{side}.parquet"


def _parts(table: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    for side in SIDES:
        part = table.filter(side_of(table, side))
        if part.num_rows:
            yield side, part


def _write_card(out: Path, files: dict[str, FileFacts], schema: pa.Schema) -> None:
    name, rows = out.resolve().name, sum(facts.rows for facts in files.values())
    config = Config("default", {Path(path).stem: path for path in files})
    features = (
        json_features("parquet", "prompt" in schema.names, "invalid" in schema.names)
        if has_json_records(schema)
        else []
    )
    counts = "".join(f"- `{path}`: {facts.rows:,} records\n" for path, facts in files.items())
    with atomic_file(out / "README.md") as file:
        file.write(f"{header(name, rows, [config], features)}\n\n# {name}\n\n{counts}".encode())

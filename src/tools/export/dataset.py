"""The data files of a finished run."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, groupby
from operator import itemgetter
from pathlib import Path
from typing import Literal

from ...records import Json
from .files import FileFacts, atomic_file, copy_file, partial_of, writing
from .jsonl import blocks, lines, write_lines, write_values
from .parquet import parquet_file
from .shards import SIDES, Int8Array, Shard, ShardFile, Shards, divided, side_of, tables

OUTPUT_NAMES = (
    *("all.jsonl", "golden.jsonl", "train.jsonl", "test.jsonl", "rejected.jsonl", "predictions.jsonl"),
    *("data", "metadata.json", "README.md"),
)
"""What a run may write into its output folder."""

PART_ROWS = 25_000
"""Tables are put together in Parquet files of at most so many rows; a larger one has a file of its own."""

_DATA_FILES = OUTPUT_NAMES[:6]
_REJECTED_KEYS = ("category", "tier", "reason", "detail", "candidate")


def write_dataset(
    out: Path,
    shards: Shards,
    rejections: Iterable[Mapping[str, Json]],
    *,
    predictions: Iterable[Json] | None = None,
    format: Literal["jsonl", "parquet"],
    sides: Int8Array | None = None,
) -> dict[str, FileFacts]:
    """Writes a dataset's data files into the folder `out`; returns what is known of each, by its path in there.

    shards: read once. rejections: objects with `category`, `tier`, `reason`, `detail` and `candidate`; a candidate is
    a JSON value, or an `orjson.Fragment` of its text. predictions: what models said of texts that were to be labelled,
    an object each; None where nothing was. sides: the side of each golden record, in the dataset's order;
    None where the plan has no split. Data files of an earlier run that are not of this dataset are removed; other
    files stay. Raises OutputError where something cannot be written.
    """
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
    if format == "jsonl":
        facts = _write_jsonl(out, shards() if sides is None else divided(shards(), sides), sides is not None)
    else:
        facts = _write_parts(out, shards() if sides is None else divided(shards(), sides))
    with atomic_file(out / "rejected.jsonl") as file:
        write_values(file, ({key: rejection[key] for key in _REJECTED_KEYS} for rejection in rejections))
    facts["rejected.jsonl"] = file.facts
    if predictions is not None:
        with atomic_file(out / "predictions.jsonl") as file:
            write_values(file, predictions)
        facts["predictions.jsonl"] = file.facts
    _remove_others(out, facts)
    return facts


def _write_jsonl(out: Path, shards: Iterable[Shard], has_split: bool) -> dict[str, FileFacts]:
    """Renders each line once, and gives it to every file it belongs to."""
    with contextlib.ExitStack() as stack:
        every, golden = (stack.enter_context(atomic_file(out / f"{name}.jsonl")) for name in ("all", "golden"))
        by_side = {side: stack.enter_context(atomic_file(out / f"{side}.jsonl")) for side in SIDES if has_split}
        for table in tables(shards):
            for block in blocks(table):
                texts = lines(block)
                write_lines(every, texts)
                write_lines(golden, texts.filter(block["golden"]))
                for side, file in by_side.items():
                    write_lines(file, texts.filter(side_of(block, side)))
    files = {"all": every, "golden": golden, **by_side}
    return {f"{name}.jsonl": file.facts for name, file in files.items()}


def _write_parts(out: Path, shards: Iterable[Shard]) -> dict[str, FileFacts]:
    facts = {}
    for number, group in groupby(_numbered(shards), key=itemgetter(0)):
        name = f"data/part-{number:05d}.parquet"
        facts[name] = _write_part((shard for _, shard in group), out / name)
    return facts


def _numbered(shards: Iterable[Shard]) -> Iterator[tuple[int, Shard]]:
    """The shards with rows, each with the number of its part: files by themselves, small tables together."""
    number, room = -1, 0
    for shard in shards:
        if not (count := _rows_of(shard)):
            continue
        if isinstance(shard, ShardFile) or count > room:
            number += 1
            room = 0 if isinstance(shard, ShardFile) else PART_ROWS
        room -= count
        yield number, shard


def _rows_of(shard: Shard) -> int:
    return int(shard.facts.rows if isinstance(shard, ShardFile) else shard.num_rows)


def _write_part(shards: Iterator[Shard], path: Path) -> FileFacts:
    """One file as it is, or tables, each of which becomes a row group."""
    first = next(shards)
    if isinstance(first, ShardFile):
        copy_file(first.path, path)
        return first.facts
    with parquet_file(path, first.schema) as file:
        for table in chain([first], tables(shards)):
            file.write(table)
    return file.facts


def _remove_others(out: Path, written: Mapping[str, FileFacts]) -> None:
    """Removes data files of earlier runs, and what a killed run left of its own."""
    data = out / "data"
    parts = [*data.glob("part-*.parquet"), *data.glob(f"{partial_of(data / 'part-*.parquet').name}")]
    singles = [path for name in _DATA_FILES for path in (out / name, partial_of(out / name))]
    with writing(out):
        for path in [*parts, *singles]:
            if path.relative_to(out).as_posix() not in written:
                path.unlink(missing_ok=True)
        if data.is_dir() and not any(data.iterdir()):
            data.rmdir()

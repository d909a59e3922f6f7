"""Records of the ledger as tables with the columns that a shard has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import orjson
import pyarrow as pa

from .stored import KeptRecord

ROWS_AT_ONCE = 2_048
CHARACTERS_AT_ONCE = 1_000_000
"""No more is held at a time than the one and the other: a record may be long."""


def portions(records: Iterable[KeptRecord]) -> Iterator[list[KeptRecord]]:
    """The records in order, some at a time."""
    portion: list[KeptRecord] = []
    characters = 0
    for record in records:
        portion.append(record)
        characters += len(record.text)
        if len(portion) >= ROWS_AT_ONCE or characters >= CHARACTERS_AT_ONCE:
            yield portion
            portion, characters = [], 0
    if portion:
        yield portion


def table_of(
    records: Sequence[KeptRecord],
    golden_threshold: float,
    *,
    record_type: pa.DataType | None = None,
    has_prompts: bool = False,
    has_twins: bool = False,
) -> pa.Table:
    """The records as a table: id, category, tier, quality, golden, split, prompt and invalid if asked for, record.

    Split, prompt and invalid are null.

    `record_type` is the struct type of the records, None for JSON text. Raises ValueError where one does not fit it.
    """
    text = pa.string()
    quality = [record.quality for record in records]
    columns: dict[str, pa.Array] = {
        "id": pa.array([record.id for record in records], text),
        "category": pa.array([record.category for record in records], text),
        "tier": pa.array([record.tier for record in records], text),
        "quality": pa.array(quality, pa.float64()),
        "golden": pa.array([value >= golden_threshold for value in quality], pa.bool_()),
        "split": pa.nulls(len(records), text),
    }
    if has_prompts:
        columns["prompt"] = pa.nulls(len(records), text)
    if has_twins:
        columns["invalid"] = pa.nulls(len(records), text)
    texts = [record.text for record in records]
    columns["record"] = pa.array(texts, text) if record_type is None else _structs(texts, record_type)
    return pa.table(columns)


def fits(records: Iterable[KeptRecord], record_type: pa.DataType) -> bool:
    """Whether every record is of a struct type, with nothing lost."""
    return all(
        _as_structs([record.text for record in portion], record_type) is not None for portion in portions(records)
    )


def _structs(texts: Sequence[str], record_type: pa.DataType) -> pa.StructArray:
    found = _as_structs(texts, record_type)
    if found is None:
        raise ValueError("a record is not of the type that the records share")
    return found


def _as_structs(texts: Sequence[str], record_type: pa.DataType) -> pa.StructArray | None:
    values = [orjson.loads(text) for text in texts]
    try:
        found = pa.array(values, record_type)
    except (pa.ArrowException, OverflowError):
        return None
    # Arrow drops keys it has no field for, and fills in those that are missing.
    return found if found.to_pylist() == values else None

"""Which accepted records are shown in MLflow's evaluation dataset, and in what form."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import TrackingError
from ..plan import largest_remainder
from ..records import Json, Stratum
from .outbox import Delivery

_SHOWN = ("id", "quality", "prompt", "invalid", "record")
"""The columns of a shard that are looked at."""


def quotas(strata: Sequence[Stratum], max_records: int, sample_records: int) -> dict[tuple[str, str | None], int]:
    """How many records of each stratum are shown, by category and tier.

    All of them where no more than `max_records` are planned, else `sample_records` in proportion.
    """
    planned = [stratum.planned for stratum in strata]
    shown = planned
    if sum(planned) > max_records:
        shown = largest_remainder(min(sample_records, sum(planned)), planned)
    return {(stratum.category, stratum.tier): count for stratum, count in zip(strata, shown, strict=True)}


class Selection:
    """Chooses the first records of each stratum, up to its quota.

    What it gives is a function of the deliveries from the first on, in order: taking them again gives the same.
    """

    def __init__(self, quotas: dict[tuple[str, str | None], int]) -> None:
        self._open = dict(quotas)
        self._told: set[bytes] = set()

    @property
    def is_full(self) -> bool:
        """Whether no more are to be chosen."""
        return not any(self._open.values())

    def take(self, delivery: Delivery) -> list[Json]:
        """The next delivery's records as `merge_records` wants them. Raises TrackingError for an unreadable shard."""
        stratum = (delivery.category, delivery.tier)
        wanted = self._open.get(stratum, 0)
        if not wanted:
            return []
        rows = list(islice(_rows(delivery, wanted), wanted))
        self._open[stratum] -= len(rows)
        return [self._distinct(_evaluation_record(row, delivery), row["id"]) for row in rows]

    def _distinct(self, record: Json, record_id: str) -> Json:
        """The record, with its id among the inputs where these were told before: MLflow keeps equal inputs once."""
        key = "record_id"
        while (digest := _digest(record["inputs"])) in self._told:
            while key in record["inputs"]:
                key = f"_{key}"
            record["inputs"] = {**record["inputs"], key: record_id}
        self._told.add(digest)
        return record


def _digest(inputs: Json) -> bytes:
    # As MLflow tells inputs apart: by the text of their JSON.
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).digest()


def _rows(delivery: Delivery, wanted: int) -> Iterator[dict[str, Any]]:
    for record in delivery.records:
        yield {"id": f"{delivery.category}-{record.number}", "quality": record.quality, "record": record.text}
    if delivery.shard is not None:
        yield from _shard_rows(delivery.shard, wanted)


def _shard_rows(shard: Path, wanted: int) -> Iterator[dict[str, Any]]:
    try:
        with pq.ParquetFile(shard) as file:
            columns = [name for name in file.schema_arrow.names if name in _SHOWN]
            for batch in file.iter_batches(batch_size=wanted, columns=columns):
                yield from batch.to_pylist()
    except (OSError, pa.ArrowInvalid) as error:
        raise TrackingError(f"the shard {shard} cannot be read: {error}") from error


def _evaluation_record(row: dict[str, Any], delivery: Delivery) -> Json:
    # Not orjson: it would turn integers beyond 64 bits into floats.
    record = json.loads(row["record"]) if isinstance(row["record"], str) else row["record"]
    tags = {"id": row["id"], "category": delivery.category, "tier": delivery.tier, "quality": f"{row['quality']:g}"}
    if row.get("invalid") is not None:
        label = json.loads(row["invalid"])
        tags |= {"invalid": label["keyword"], "invalid_path": label["path"]}
    return {
        **_sides(record, row),
        "tags": {name: value for name, value in tags.items() if value is not None},
        "source": {"source_type": "CODE", "source_data": {"source_id": row["id"]}},
    }


def _sides(record: Json, row: dict[str, Any]) -> Json:
    """The inputs and expectations of a record: its own, or its prompt (its id where it has none) and itself."""
    if not _is_evaluation_record(record):
        prompt = row.get("prompt")
        inputs = {"id": row["id"]} if prompt is None else {"prompt": prompt}
        return {"inputs": inputs, "expectations": {"record": record}}
    inputs, expectations = record["inputs"], record.get("expectations") or {}
    # MLflow takes a record whose inputs hold a `goal` for a conversation, and refuses to mix the two kinds.
    return {"inputs": {"inputs": inputs} if "goal" in inputs else inputs, "expectations": expectations}


def _is_evaluation_record(record: Json) -> bool:
    if not isinstance(record, dict) or not record.keys() <= {"inputs", "expectations"}:
        return False
    inputs, expectations = record.get("inputs"), record.get("expectations")
    return isinstance(inputs, dict) and bool(inputs) and isinstance(expectations, dict | None)

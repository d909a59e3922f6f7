"""Small batches on their way to MLflow: consecutive ones that have no shard of their own travel in one file.

A pack is a Parquet file with the columns of a shard. Its key-value metadata holds under `batch` a JSON list with an
object for each of its batches, in order: the fields of `Batch`, category, tier, `accepted`, `rejected`, `used`,
`committed_at_ms`, `metrics`, `brief`, `calls`, and `position` in the order of commits. Rows are in the same order.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, fields, replace
from itertools import islice

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from ..records import Batch, Call, Json, Rejection, StoredRecord, Stratum
from .mlflow_params import name_of
from .mlflow_store import Point
from .outbox import Delivery
from .record_tables import table_of
from .stored import KeptRecord

BATCHES_METRIC = "batches"
"""Counts the batches that have arrived completely; told last of what belongs to a file."""

POINTS_A_PACK = 20
"""A metric gets at most so many values from one pack: a point costs MLflow as much as a fifth of a record."""

BATCH_FIELDS = tuple(field.name for field in fields(Batch))

_CALL_FIELDS = tuple(field.name for field in fields(Call) if field.name not in ("batch", "answer"))

_COUNTS = ("accepted", "rejected", "used", "calls", "failed_calls", "tokens", "cost")
"""How the names of metrics begin that are summed over several batches; of the others the mean is told."""


def packed(batches: Sequence[Delivery]) -> list[list[Delivery]]:
    """The batches in the order of commits, those that go into one file together: neighbours without shards."""
    packs: list[list[Delivery]] = []
    for delivery in batches:
        if packs and delivery.shard is None and packs[-1][-1].shard is None:
            packs[-1].append(delivery)
        else:
            packs.append([delivery])
    return packs


def pack_file(pack: Sequence[Delivery], golden_threshold: float) -> bytes:
    """The Parquet file of a pack; its records are JSON texts."""
    records = [
        KeptRecord(delivery.category, delivery.tier, record.number, record.quality, record.text)
        for delivery in pack
        for record in delivery.records
    ]
    table = table_of(records, golden_threshold)
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(sink, table.schema, compression="zstd") as writer:
        writer.write_table(table)
        writer.add_key_value_metadata({"batch": orjson.dumps([_told(delivery) for delivery in pack])})
    return bytes(sink.getvalue())


def rejections_file(pack: Sequence[Delivery]) -> bytes:
    """The refused candidates of a pack as JSON lines, each with the number of its batch; empty where there are none."""
    lines = (
        {"category": delivery.category, "tier": delivery.tier, **asdict(rejection), "batch": delivery.batch.number}
        for delivery in pack
        for rejection in delivery.rejections
    )
    return b"".join(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE) for line in lines)


def points_of(pack: Sequence[Delivery]) -> list[Point]:
    """The metrics of a pack: of each batch, or of some together where there are many. A step is a position."""
    size = math.ceil(len(pack) / POINTS_A_PACK)
    points = []
    for start in range(0, len(pack), size):
        some = pack[start : start + size]
        at, step = some[-1].committed_at_ms, some[-1].position
        points += [Point(name_of(key), value, at, step) for key, value in _together(some).items()]
    return [*points, Point(BATCHES_METRIC, pack[-1].position, pack[-1].committed_at_ms, pack[-1].position)]


def unpacked(
    file: pq.ParquetFile,
    told: Sequence[Json],
    rejections: Mapping[int | None, list[Rejection]],
    strata: Sequence[Stratum],
) -> Iterator[Delivery]:
    """The batches of a pack. `told` is what its metadata says, `rejections` are by the number of their batch.

    Raises ValueError or KeyError where what is there is not what is told.
    """
    rows = iter(file.read(["id", "quality", "record"]).to_pylist())
    # By name: before it was extended, the plan may have numbered its strata otherwise.
    by_name = {(stratum.category, stratum.tier): stratum for stratum in strata}
    for about in told:
        stratum = by_name[about["category"], about["tier"]]
        batch = replace(Batch(*(about[name] for name in BATCH_FIELDS)), stratum=stratum.index)
        delivery = Delivery(
            position=about["position"],
            batch=batch,
            category=stratum.category,
            tier=stratum.tier,
            committed_at_ms=about["committed_at_ms"],
            metrics=about["metrics"],
            shard=None,
            rejections=rejections.get(batch.number, []),
            records=tuple(_record(row, stratum) for row in islice(rows, about["accepted"])),
            used=about["used"],
            brief=about["brief"],
            calls=tuple(Call(batch=batch.number, **call) for call in about["calls"]),
        )
        check_counts(about, len(delivery.records), len(delivery.rejections))
        yield delivery
    if next(rows, None) is not None:
        raise ValueError("more records are there than its batches had")


def check_counts(about: Mapping[str, int], accepted: int, rejected: int) -> None:
    """Raises ValueError where not as much is there as a batch had."""
    for what, count in (("accepted", accepted), ("rejected", rejected)):
        if count != about[what]:
            raise ValueError(f"{count} of {about[what]} {what} are there")


def _record(row: Mapping[str, Json], stratum: Stratum) -> StoredRecord:
    category, _, number = row["id"].rpartition("-")
    if category != stratum.category:
        raise ValueError(f"{row['id']} is not of {stratum}")
    return StoredRecord(int(number), row["quality"], row["record"])


def _told(delivery: Delivery) -> Json:
    return {
        **asdict(delivery.batch),
        "category": delivery.category,
        "tier": delivery.tier,
        "position": delivery.position,
        "accepted": len(delivery.records),
        "rejected": len(delivery.rejections),
        "used": delivery.used,
        "committed_at_ms": delivery.committed_at_ms,
        "metrics": dict(delivery.metrics),
        "brief": delivery.brief,
        "calls": [{name: getattr(call, name) for name in _CALL_FIELDS} for call in delivery.calls],
    }


def _together(some: Sequence[Delivery]) -> dict[str, float]:
    """The metrics of several batches as if they were one."""
    values: defaultdict[str, list[float]] = defaultdict(list)
    for delivery in some:
        for name, value in delivery.metrics.items():
            values[name].append(value)
    return {name: math.fsum(found) / (1 if name.startswith(_COUNTS) else len(found)) for name, found in values.items()}

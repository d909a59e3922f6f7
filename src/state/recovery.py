"""Rebuilds what a lost ledger held from what MLflow was told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import CheckpointError, TrackingError
from ..plan import Plan, read_plan, strata_of
from ..records import Batch, Json, Rejection, Stratum
from .mlflow_delivery import rejections_path, shard_path
from .mlflow_packs import BATCH_FIELDS, BATCHES_METRIC, check_counts, unpacked
from .mlflow_store import RUN_TAG, MlflowStore, Point, StoredRun
from .outbox import Delivery, Target
from .tracking_uri import shown, sqlite_file


@dataclass(frozen=True, slots=True)
class Recovered:
    """What MLflow holds of a dataset. `target` says that all of it has been told there.

    `batches` gives every batch that arrived completely, in the order of commits, each checked against its own counts;
    it raises CheckpointError for one that is damaged.
    """

    plan: Plan
    run_key: str
    target: Target
    batches: Iterator[Delivery]


def recover(uri: str, dataset_name: str, into: Path, experiment: str | None = None) -> Recovered:
    """Fetch the latest run of a dataset into a folder. `experiment` is the dataset's name unless the plan named one.

    Raises CheckpointError where the store cannot be used or holds no such run.
    """
    where = f"MLflow at {shown(uri)}"
    file = sqlite_file(uri)
    if file is not None and not file.is_file():
        raise CheckpointError.at(where, "there is no such file", "is MLFLOW_TRACKING_URI right?")
    into.mkdir(parents=True, exist_ok=True)
    with _as_checkpoint_error(where):
        store = MlflowStore(uri)
        run = store.latest_run(experiment or dataset_name, dataset_name)
        if run is None or BATCHES_METRIC not in run.metrics:
            mend = "is the name right, and MLFLOW_TRACKING_URI the one that was used?"
            raise CheckpointError.at(where, f"holds no batches of {dataset_name!r}", mend)
        arrived = {point.step: point for point in store.history(run.run_id, BATCHES_METRIC)}
        metrics = _metrics(store, run)
        plan = read_plan(store.download(run.run_id, "plan.json", into))
        store.download(run.run_id, "shards", into)
        if store.artifacts(run.run_id, "rejected"):
            store.download(run.run_id, "rejected", into)
        run_key = run.tags[RUN_TAG]
        dataset_id = store.find_dataset(run.experiment_id, run_key)
    target = Target(uri, run.experiment_id, run.run_id, dataset_id, delivered=max(arrived))
    return Recovered(plan, run_key, target, _batches(where, into, strata_of(plan), arrived, metrics))


@contextmanager
def _as_checkpoint_error(where: str) -> Iterator[None]:
    try:
        yield
    except TrackingError as error:
        raise CheckpointError.at(where, f"could not be read: {error}", "is it running, and whole?") from None


def _metrics(store: MlflowStore, run: StoredRun) -> dict[int, dict[str, float]]:
    """The metrics of each batch, by position."""
    found: dict[int, dict[str, float]] = {}
    for key in run.metrics:
        if key != BATCHES_METRIC and not key.startswith("final/"):
            for point in store.history(run.run_id, key):
                found.setdefault(point.step, {})[key] = point.value
    return found


def _batches(
    where: str,
    folder: Path,
    strata: Sequence[Stratum],
    arrived: Mapping[int, Point],
    metrics: Mapping[int, Mapping[str, float]],
) -> Iterator[Delivery]:
    """The batches of the files that arrived, in order; `arrived` is by the position that a file ends with."""
    done = 0
    for end in sorted(arrived):
        try:
            for delivery in _batches_of(folder, strata, arrived[end], metrics.get(end, {})):
                if delivery.position != done + 1:
                    raise CheckpointError.at(where, f"batch {done + 1} is missing, but batch {end} is there")
                done = delivery.position
                yield delivery
        except (OSError, pa.ArrowInvalid, KeyError, ValueError) as error:
            raise CheckpointError.at(f"{where}: {shard_path(end)}", f"is damaged: {error}") from None


def _batches_of(
    folder: Path, strata: Sequence[Stratum], arrived: Point, metrics: Mapping[str, float]
) -> Iterator[Delivery]:
    """What a file holds: one batch with a shard of its own, or a pack that ends with that position."""
    shard = folder / shard_path(arrived.step)
    rejections = _rejections(folder / rejections_path(arrived.step))
    with pq.ParquetFile(shard) as parquet:
        told: Json = orjson.loads((parquet.metadata.metadata or {})[b"batch"])
        if isinstance(told, list):
            yield from unpacked(parquet, told, rejections, strata)
            return
        rows = parquet.metadata.num_rows
        named = next(parquet.iter_batches(1, columns=["category", "tier"])).to_pylist()[0] if rows else told
    refused = [rejection for some in rejections.values() for rejection in some]
    check_counts(told, rows, len(refused))
    # By name: before it was extended, the plan may have numbered its strata otherwise.
    stratum = {(s.category, s.tier): s for s in strata}[named["category"], named["tier"]]
    yield Delivery(
        position=arrived.step,
        batch=replace(Batch(*(told[name] for name in BATCH_FIELDS)), stratum=stratum.index),
        category=stratum.category,
        tier=stratum.tier,
        committed_at_ms=arrived.timestamp_ms,
        metrics=metrics,
        shard=shard if rows else None,
        rejections=refused,
    )


def _rejections(file: Path) -> dict[int | None, list[Rejection]]:
    """Refused candidates by the number of their batch, in order."""
    found: dict[int | None, list[Rejection]] = {}
    for line in map(orjson.loads, file.read_bytes().splitlines() if file.exists() else ()):
        rejection = Rejection(line["number"], line["reason"], line["detail"], line["candidate"])
        found.setdefault(line.get("batch"), []).append(rejection)
    return found

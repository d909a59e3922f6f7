"""`agent run --recover-from-mlflow`: a lost checkpoint, rebuilt from what MLflow was told."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
from pyarrow import parquet

from ..engine.build import shard_name
from ..errors import CheckpointError
from ..plan import Plan, strata_of
from ..records import Batch, Candidates, Commit, Fingerprints, Shard
from ..settings import Settings
from ..state.history import LEDGER_FILE
from ..state.ledger import Ledger
from ..state.outbox import Delivery
from ..state.recovery import recover
from ..tools.export import copy_file, has_json_records
from .checkpoints import set_aside
from .likeness import Likeness, comparison_of, open_likeness
from .showing import tracking_uri
from .versions import versions

AT_ONCE = 500
"""Small batches whose fingerprints are made together."""


def recover_checkpoint(folder: Path, plan: Plan, settings: Settings) -> None:
    """Rebuild the ledger and the shards of a dataset in a folder that holds none.

    The ledger is built under another name and renamed, so a recovery that fails leaves nothing. Raises CheckpointError
    where there is a ledger already, or nothing to recover.
    """
    if (folder / LEDGER_FILE).exists():
        raise CheckpointError.at(folder, "holds a checkpoint already", "leave out --recover-from-mlflow")
    experiment = plan.mlflow.experiment if plan.mlflow else None
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as name:
        recovered = recover(tracking_uri(plan, settings), plan.dataset_name, Path(name) / "fetched", experiment)
        rebuilt = Path(name) / "rebuilt"
        (rebuilt / "shards").mkdir(parents=True)
        with Ledger(rebuilt) as ledger:
            ledger.adopt(recovered.plan, strata_of(recovered.plan), {}, recovered.run_key)
            run = ledger.start_run(versions())
            likeness = open_likeness(
                recovered.plan, ledger, settings, comparison_of(recovered.plan, settings, "plan.json")
            )
            for some in _groups(recovered.batches):
                for delivery, prints in zip(some, _fingerprints(some, likeness), strict=True):
                    _restore(ledger, run, delivery, prints)
            ledger.save_target(asdict(recovered.target))
            ledger.end_run(run, "interrupted", 0.0)
        if folder.exists():
            set_aside(folder)
        rebuilt.rename(folder)


def _groups(deliveries: Iterable[Delivery]) -> Iterator[list[Delivery]]:
    """The batches in order: those with a shard by themselves, others some at a time."""
    group: list[Delivery] = []
    for delivery in deliveries:
        if group and (delivery.shard is not None or group[-1].shard is not None or len(group) == AT_ONCE):
            yield group
            group = []
        group.append(delivery)
    if group:
        yield group


def _fingerprints(some: Sequence[Delivery], likeness: Likeness) -> list[Fingerprints]:
    """What the duplicate checks would have remembered of the records of each batch."""
    found = [Fingerprints(np.zeros(0, np.uint64))] * len(some)
    texts = [_texts(delivery) for delivery in some]
    for category in dict.fromkeys(delivery.category for delivery in some):
        own = [n for n, delivery in enumerate(some) if delivery.category == category and len(texts[n])]
        if not own:
            continue
        together = pa.concat_arrays([texts[n] for n in own])
        prints = likeness.fingerprint(category, Candidates(np.arange(len(together), dtype=np.int64), together))
        ends = np.cumsum([len(texts[n]) for n in own])
        for n, end in zip(own, ends, strict=True):
            found[n] = prints.take(np.arange(end - len(texts[n]), end))
    return found


def _restore(ledger: Ledger, run: int, delivery: Delivery, prints: Fingerprints) -> None:
    """Put a batch back, with what goes with it; waits for it."""
    if delivery.brief is None:
        ledger.plan_batches([delivery.batch])
    else:
        ledger.queue_plan(delivery.batch, delivery.brief)
    for call in delivery.calls:
        ledger.queue_call(run, call)
    used = delivery.used
    commit = Commit(
        delivery.batch,
        None if delivery.shard is None else _adopted(delivery.shard, delivery.batch, ledger.folder),
        prints,
        list(delivery.rejections),
        int(delivery.metrics.get("used", delivery.batch.size)) if used is None else used,
        0.0,
        dict(delivery.metrics),
        delivery.records,
    )
    ledger.commit(run, commit, at_ms=delivery.committed_at_ms)


def _adopted(fetched: Path, batch: Batch, folder: Path) -> Shard:
    name = f"shards/{shard_name(batch)}"
    copy_file(fetched, folder / name)
    with fetched.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return Shard(name, parquet.read_metadata(fetched).num_rows, fetched.stat().st_size, sha256)


def _texts(delivery: Delivery) -> pa.StringArray:
    """The records of a batch as JSON texts."""
    if delivery.shard is None:
        return pa.array([record.text for record in delivery.records], pa.string())
    table = parquet.read_table(delivery.shard, columns=["record"])
    records = table["record"].combine_chunks()
    if has_json_records(table.schema):
        return records
    return pa.array([orjson.dumps(record).decode() for record in records.to_pylist()], pa.string())

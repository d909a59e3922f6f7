"""`agent run --recover-from-mlflow`: a lost checkpoint, rebuilt from what MLflow was told."""

from __future__ import annotations

import hashlib
import tempfile
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
from ..tools.diversity import fingerprint
from ..tools.export import copy_file, has_json_records
from .checkpoints import set_aside
from .showing import tracking_uri
from .versions import versions


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
            for delivery in recovered.batches:
                ledger.plan_batches([delivery.batch])
                ledger.commit(run, _commit(delivery, recovered.plan, rebuilt), at_ms=delivery.committed_at_ms)
            ledger.save_target(asdict(recovered.target))
            ledger.end_run(run, "interrupted", 0.0)
        if folder.exists():
            set_aside(folder)
        rebuilt.rename(folder)


def _commit(delivery: Delivery, plan: Plan, folder: Path) -> Commit:
    prints, shard = Fingerprints(np.zeros(0, np.uint64)), None
    if delivery.shard is not None:
        prints = _fingerprints(delivery.shard, plan)
        shard = _adopted(delivery.shard, delivery.batch, folder)
    used = int(delivery.metrics.get("used", delivery.batch.size))
    return Commit(delivery.batch, shard, prints, list(delivery.rejections), used, 0.0, dict(delivery.metrics))


def _adopted(fetched: Path, batch: Batch, folder: Path) -> Shard:
    name = f"shards/{shard_name(batch)}"
    copy_file(fetched, folder / name)
    with fetched.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return Shard(name, parquet.read_metadata(fetched).num_rows, fetched.stat().st_size, sha256)


def _fingerprints(shard: Path, plan: Plan) -> Fingerprints:
    """What the duplicate checks would have remembered of the records in a shard."""
    table = parquet.read_table(shard)
    records = table["record"].combine_chunks()
    if not has_json_records(table.schema):
        records = pa.array([orjson.dumps(record).decode() for record in records.to_pylist()], pa.string())
    candidates = Candidates(np.arange(len(records), dtype=np.int64), records)
    return fingerprint(
        candidates, plan.diversity.method if plan.diversity else "exact", structural=plan.split is not None
    )

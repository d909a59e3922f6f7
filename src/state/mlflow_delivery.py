"""Telling one MLflow store, in order, what was committed; safe to begin again wherever it was interrupted."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from hashlib import sha256

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from ..plan import MlflowSettings, Plan, plan_bytes
from ..records import Stratum
from .mlflow_params import name_of, params_of
from .mlflow_records import Selection, quotas
from .mlflow_store import MlflowStore, Point, StoredRun
from .outbox import Delivery, FinalState, Outbox, Target
from .tracking_uri import sqlite_file

BATCHES_AT_ONCE, CANDIDATES_AT_ONCE = 20, 10_000
BATCHES_METRIC = "batches"
"""Counts the batches that have arrived completely; told last of what belongs to a batch."""
PLAN_TAG = "dataset_agent_plan_sha256"
STATUS_TAG = "dataset_agent_status"
STATUSES = {"complete": "FINISHED", "incomplete": "FAILED", "interrupted": "KILLED"}


def shard_path(position: int) -> str:
    """Where a batch's records lie among the artifacts."""
    return f"shards/{position:08}.parquet"


def rejections_path(position: int) -> str:
    """Where a batch's refused candidates lie among the artifacts."""
    return f"rejected/{position:08}.jsonl"


class Courier:
    """Brings a dataset to one MLflow store: one run and one evaluation dataset, both found again by `run_key`.

    `run_key` is the dataset's own for good, and holds no quotes. `open_store` is called once there is something to
    tell. Every step can be repeated without doubling anything, so a kill at any moment costs at most a repetition.
    """

    def __init__(
        self,
        outbox: Outbox,
        uri: str,
        open_store: Callable[[], MlflowStore],
        plan: Plan,
        strata: Sequence[Stratum],
        run_key: str,
    ) -> None:
        self._outbox, self._uri, self._open_store = outbox, uri, open_store
        self._plan, self._strata, self._run_key = plan, strata, run_key
        self._settings = plan.mlflow or MlflowSettings()
        self._store: MlflowStore | None = None
        self._selection: Selection | None = None
        self._is_running = False

    def deliver(self, final: FinalState | None = None) -> Target:
        """Tell the store everything it has not been told; gives the target as it then is.

        Does not import MLflow where there is nothing to tell. Raises TrackingError where the store cannot be used.
        """
        target = self._target()
        news = target.delivered < self._outbox.committed() or target.finished is None
        digest = None if final is None else final.digest()
        if not news and digest in (None, target.finished):
            return target
        try:
            store, target = self._connected(target)
            for batches in self._batches(target.delivered, self._outbox.committed()):
                target = self._tell(store, target, batches)
            if final is not None and digest != target.finished:
                self._conclude(store, str(target.run_id), final)
                target = self._saved(replace(target, finished=digest))
        except BaseException:
            self._store = self._selection = None
            raise
        return target

    # ---- the run and its dataset -----------------------------------------------------------------------------

    def _target(self) -> Target:
        """The target as it was left; a new one where its database was removed since."""
        target = self._outbox.target(self._uri)
        file = sqlite_file(self._uri)
        return Target(self._uri) if file is not None and not file.exists() else target

    def _connected(self, target: Target) -> tuple[MlflowStore, Target]:
        """The store, and a target whose run and dataset it has: where one is new, everything is told again."""
        if self._store is not None:
            return self._store, target
        store = self._open_store()
        run = self._run(store, target)
        dataset_id = store.find_dataset(run.experiment_id, self._run_key)
        if dataset_id is None:
            dataset_id = store.create_dataset(run.experiment_id, self._plan.dataset_name, self._run_key)
        if (run.run_id, dataset_id) != (target.run_id, target.dataset_id):
            target = self._saved(Target(self._uri, run.experiment_id, run.run_id, dataset_id))
        self._is_running = run.status == "RUNNING"
        self._tell_plan(store, target, run)
        self._store = store
        return store, target

    def _run(self, store: MlflowStore, target: Target) -> StoredRun:
        run = store.run(target.run_id) if target.run_id else None
        if run is None:
            experiment_id = store.experiment(self._settings.experiment or self._plan.dataset_name)
            # A kill may have come between its creation and the note of it.
            run = store.find_run(experiment_id, self._run_key)
            run = run or store.create_run(experiment_id, self._plan.dataset_name, self._run_key)
        return run

    def _tell_plan(self, store: MlflowStore, target: Target, run: StoredRun) -> None:
        """The plan, where the run does not know it; an extended one may choose more of the records that were told."""
        document = plan_bytes(self._plan)
        digest = sha256(document).hexdigest()
        is_new = run.tags.get(PLAN_TAG) != digest
        self._selection = self._replayed(store, target, merge=is_new)
        if not is_new:
            return
        store.put(run.run_id, "plan.json", document)
        params = params_of(self._plan, self._strata)
        store.log_params(run.run_id, {key: value for key, value in params.items() if key not in run.params})
        changed = {key: value for key, value in params.items() if run.params.get(key, value) != value}
        tags = {f"changed/{key}"[:250]: value for key, value in changed.items()}
        if self._plan.description:
            tags["mlflow.note.content"] = self._plan.description
        store.set_tags(run.run_id, tags)
        store.set_tags(run.run_id, {PLAN_TAG: digest})

    def _replayed(self, store: MlflowStore, target: Target, *, merge: bool) -> Selection:
        """What to choose from batches to come, given those that were told."""
        selection = Selection(quotas(self._strata, self._settings.max_records, self._settings.sample_records))
        for batches in self._batches(0, target.delivered):
            records = [record for delivery in batches for record in selection.take(delivery)]
            if merge:
                store.merge(str(target.dataset_id), records)
            if selection.is_full:
                break
        return selection

    # ---- batches, and the end --------------------------------------------------------------------------------

    def _batches(self, after: int, until: int) -> Iterator[list[Delivery]]:
        """The batches after a position, up to another, some at a time: large ones one by one, to bound the memory."""
        limit = 1
        while after < until:
            batches = self._outbox.pending(after, min(limit, until - after))
            yield batches
            after = batches[-1].position
            largest = max(1, *(delivery.batch.size for delivery in batches))
            limit = max(1, min(BATCHES_AT_ONCE, CANDIDATES_AT_ONCE // largest))

    def _tell(self, store: MlflowStore, target: Target, batches: Sequence[Delivery]) -> Target:
        """Some batches: files first, metrics last, so that a batch with metrics has arrived completely."""
        assert self._selection is not None and target.run_id and target.dataset_id
        if not self._is_running:
            store.set_status(target.run_id, "RUNNING")
            self._is_running = True
        records = []
        for delivery in batches:
            if delivery.rejections:
                store.put(target.run_id, rejections_path(delivery.position), _rejections_file(delivery))
            store.put(target.run_id, shard_path(delivery.position), delivery.shard or _empty_shard(delivery))
            records += self._selection.take(delivery)
        store.merge(target.dataset_id, records)
        store.log_points(target.run_id, [point for delivery in batches for point in _points(delivery)])
        return self._saved(replace(target, delivered=batches[-1].position, finished=None))

    def _conclude(self, store: MlflowStore, run_id: str, final: FinalState) -> None:
        """The final files, figures and status. Figures the run has already are not told again."""
        for file in final.files:
            store.put(run_id, file.name, file)
        known = store.run(run_id)
        now_ms = time.time_ns() // 1_000_000
        points = []
        for name, value in final.metrics.items():
            key = name_of(f"final/{name}")
            if known is None or known.metrics.get(key) != value:
                past = store.history(run_id, key) if known and key in known.metrics else []
                points.append(Point(key, value, now_ms, past[-1].step + 1 if past else 0))
        store.log_points(run_id, points)
        store.set_tags(run_id, {STATUS_TAG: final.status})
        store.set_status(run_id, STATUSES[final.status])
        self._is_running = False

    def _saved(self, target: Target) -> Target:
        self._outbox.save_target(target)
        return target


def _points(delivery: Delivery) -> list[Point]:
    at, step = delivery.committed_at_ms, delivery.position
    return [Point(name_of(key), value, at, step) for key, value in delivery.metrics.items()] + [
        Point(BATCHES_METRIC, step, at, step)
    ]


def _rejections_file(delivery: Delivery) -> bytes:
    about = {"category": delivery.category, "tier": delivery.tier}
    lines = ({**about, **asdict(rejection)} for rejection in delivery.rejections)
    return b"".join(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE) for line in lines)


def _empty_shard(delivery: Delivery) -> bytes:
    """A shard without rows, so that every batch has one that tells of it."""
    stratum = {"category": delivery.category, "tier": delivery.tier}
    batch = {**asdict(delivery.batch), **stratum, "accepted": 0, "rejected": len(delivery.rejections)}
    fields = [("id", pa.string()), ("category", pa.string()), ("tier", pa.string()), ("record", pa.string())]
    sink = pa.BufferOutputStream()
    pq.write_table(pa.schema(fields, metadata={"batch": orjson.dumps(batch)}).empty_table(), sink)
    return bytes(sink.getvalue())

"""Telling one MLflow store, in order, what was committed; safe to begin again wherever it was interrupted."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from hashlib import sha256

from ..plan import MlflowSettings, Plan, plan_bytes
from ..records import Stratum
from .batch_traces import batch_trace, is_sampled
from .mlflow_packs import pack_file, packed, points_of, rejections_file
from .mlflow_params import name_of, params_of
from .mlflow_prompts import RunPrompts
from .mlflow_records import Selection, quotas
from .mlflow_store import MlflowStore, Point, StoredRun
from .mlflow_traces import tell_trace
from .outbox import Delivery, FinalState, Outbox, Target
from .tracking_uri import sqlite_file

BATCHES_AT_ONCE, CANDIDATES_AT_ONCE = 20, 10_000
PACKED_AT_ONCE = 1_000
"""Candidates of batches without shards that are told at once: enough for few files, not too many to hold."""

REST_S = 1.0
"""Between two tellings of small batches, so that one has many of them; each costs some 10 ms of CPU time."""

PLAN_TAG = "dataset_agent_plan_sha256"
STATUS_TAG = "dataset_agent_status"
STATUSES = {"complete": "FINISHED", "incomplete": "FAILED", "interrupted": "KILLED"}


def shard_path(position: int) -> str:
    """Where the records of a batch, or of a pack that ends with it, lie among the artifacts."""
    return f"shards/{position:08}.parquet"


def rejections_path(position: int) -> str:
    """Where the refused candidates of a batch or pack lie among the artifacts."""
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
        self._prompts: RunPrompts | None = None
        self._is_running = False
        self._limit = 1
        self._ends: list[int] = []
        self._has_packed = False

    @property
    def rest_s(self) -> float:
        """How long to let news gather before the next delivery."""
        return REST_S if self._has_packed else 0.0

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
            for batches in self._batches(target.delivered, self._outbox.committed(), self._ends):
                target = self._tell(store, target, batches)
            if final is not None and digest != target.finished:
                self._conclude(store, str(target.run_id), final)
                target = self._saved(replace(target, finished=digest))
        except BaseException:
            self._store = self._selection = self._prompts = None
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
        self._ends = self._told_ends(store, target)
        self._tell_plan(store, target, run)
        self._prompts = RunPrompts(store, run)
        self._store = store
        return store, target

    def _told_ends(self, store: MlflowStore, target: Target) -> list[int]:
        """Where files end that arrived before the target was noted down, the last first: they are made again alike."""
        files = [path for folder in ("shards", "rejected") for path in store.artifacts(str(target.run_id), folder)]
        ends = {int(found[1]) for path in files if (found := re.fullmatch(r"\w+/(\d{8,})\.\w+", path))}
        return sorted((end for end in ends if end > target.delivered), reverse=True)

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
        for batches in self._batches(0, target.delivered, []):
            records = [record for delivery in batches for record in selection.take(delivery)]
            if merge:
                store.merge(str(target.dataset_id), records)
            if selection.is_full:
                break
        return selection

    # ---- batches, and the end --------------------------------------------------------------------------------

    def _batches(self, after: int, until: int, ends: list[int]) -> Iterator[list[Delivery]]:
        """The batches after a position, up to another, some at a time: large ones one by one, to bound the memory.

        Up to each of the `ends`, the last first, they come together; those that were come to are taken off.
        """
        while after < until:
            while ends and ends[-1] <= after:
                ends.pop()
            room = ends[-1] - after if ends else self._limit
            batches = self._outbox.pending(after, min(room, until - after))
            yield batches
            after = batches[-1].position
            largest = max(1, *(delivery.batch.size for delivery in batches))
            if any(delivery.shard for delivery in batches):
                self._limit = max(1, min(BATCHES_AT_ONCE, CANDIDATES_AT_ONCE // largest))
            else:
                self._limit = max(1, PACKED_AT_ONCE // largest)

    def _tell(self, store: MlflowStore, target: Target, batches: Sequence[Delivery]) -> Target:
        """Some batches: files first, metrics last, so that a batch with metrics has arrived completely."""
        assert self._selection is not None and self._prompts is not None and target.run_id and target.dataset_id
        if not self._is_running:
            store.set_status(target.run_id, "RUNNING")
            self._is_running = True
        self._prompts.tell(self._outbox.prompts())
        packs = packed(batches)
        for pack in packs:
            self._put(store, target.run_id, pack)
        self._has_packed = packs[-1][-1].shard is None
        store.merge(target.dataset_id, [record for delivery in batches for record in self._selection.take(delivery)])
        for delivery in batches:
            if delivery.calls and is_sampled(self._run_key, delivery.batch.number, self._settings.trace_share):
                self._trace(store, target, delivery, self._prompts)
        store.log_points(target.run_id, [point for pack in packs for point in points_of(pack)])
        return self._saved(replace(target, delivered=batches[-1].position, finished=None))

    def _put(self, store: MlflowStore, run_id: str, pack: Sequence[Delivery]) -> None:
        """The files of a pack."""
        last = pack[-1]
        if any(delivery.rejections for delivery in pack):
            store.put(run_id, rejections_path(last.position), rejections_file(pack))
        shard = last.shard or pack_file(pack, self._plan.output.golden_threshold)
        store.put(run_id, shard_path(last.position), shard)

    def _trace(self, store: MlflowStore, target: Target, delivery: Delivery, prompts: RunPrompts) -> None:
        """How a batch was written, under the run."""
        assert target.run_id and target.experiment_id
        calls = self._outbox.conversation(delivery.batch.number)
        trace = batch_trace(self._run_key, target.run_id, delivery, calls)
        tell_trace(store, target.experiment_id, trace, prompts.versions(call.prompt_sha256 for call in calls))

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

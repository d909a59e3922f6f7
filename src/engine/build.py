"""The way from drafts to committed records: duplicates refused, quotas kept, shards written, the ledger told."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from ..plan import Plan
from ..records import Batch, Candidates, Commit, Draft, FloatArray, Rejection, Shard, Stratum
from ..state.ledger import Ledger
from ..tools.diversity import DuplicateIndex
from ..tools.export import write_shard
from .executors import Executor
from .scheduler import Scheduler


@dataclass(frozen=True, slots=True)
class Committed:
    """What listeners learn of each commit."""

    stratum: Stratum
    batch: Batch
    accepted: int
    rejected: Counter[str]
    measures: Mapping[str, float] = field(default_factory=dict)
    """Means over its records, such as their recall, where the category measures any."""


class Stop(Protocol):
    """Says whether to hand out no more batches, and why."""

    def __call__(self) -> str | None:
        """None to go on, else the reason."""
        ...


class Builder:
    """Takes drafts in the order of their batches and commits what they bring.

    All that depends on earlier batches happens here, in one process and in one order: the duplicate checks, the quota,
    the ids.
    """

    def __init__(
        self,
        plan: Plan,
        ledger: Ledger,
        run: int,
        scheduler: Scheduler,
        duplicates: DuplicateIndex | None,
        *,
        record_type: pa.DataType | None,
        has_prompts: bool,
        has_twins: bool,
    ) -> None:
        """Take up where the ledger stands.

        `duplicates` knows the committed records, None compares nothing; `record_type` is the struct type of the
        records in the shards, None for JSON text.
        """
        self._plan, self._ledger, self._run, self._scheduler = plan, ledger, run, scheduler
        self._record_type, self._has_prompts, self._has_twins = record_type, has_prompts, has_twins
        self._strata = ledger.history.strata()
        (ledger.folder / "shards").mkdir(exist_ok=True)
        self._duplicates = duplicates

    def run(self, executor: Executor, stop: Stop, listen: Callable[[Committed], None]) -> str | None:
        """Build until every stratum is full or short, or `stop` gives a reason; gives that reason."""
        self._ledger.plan_batches(self._scheduler.plan())
        reason: str | None = None

        def batches() -> Iterator[tuple[Batch, str]]:
            nonlocal reason
            ready = self._scheduler.ready()
            while not (reason := reason or stop()) and (batch := next(ready, None)):
                yield batch, self._strata[batch.stratum].category

        while not self._scheduler.is_done and not reason:
            for draft in executor.drafts(batches()):
                listen(self._commit(draft))
        for index, why in self._scheduler.shortfalls.items():
            self._ledger.note_shortfall(index, why)
        return reason

    def _commit(self, draft: Draft) -> Committed:
        batch, stratum = draft.batch, self._strata[draft.batch.stratum]
        began = time.perf_counter()
        rows, rejections, used = self._select(draft, stratum)
        kept = draft.fingerprints.take(rows)
        rejected = Counter(rejection.reason for rejection in rejections)
        shard = None
        if len(rows):
            shard = write_batch(
                self._ledger.folder,
                self._plan,
                batch,
                stratum,
                draft.kept if len(rows) == len(draft.kept) else draft.kept.take(rows),
                draft.quality[rows],
                rejected.total(),
                has_prompts=self._has_prompts,
                has_twins=self._has_twins,
                structs=self._record_type is not None,
            )
        seconds = draft.seconds + time.perf_counter() - began
        metrics = {
            "accepted": float(len(rows)),
            "rejected": float(rejected.total()),
            "batch_size": float(batch.size),
            "used": float(used),
            "rows_per_second": len(rows) / seconds,
            **{f"rejected.{reason}": float(count) for reason, count in sorted(rejected.items())},
        }
        following = self._scheduler.committed(batch, len(rows), used, rejected)
        self._ledger.commit(self._run, Commit(batch, shard, kept, rejections, used, seconds, metrics), following)
        return Committed(stratum, batch, len(rows), rejected)

    def _select(self, draft: Draft, stratum: Stratum) -> tuple[npt.NDArray[np.intp], list[Rejection], int]:
        """Rows that become records, what was refused on the way to the last one wanted, and how far that is.

        What lies beyond is surplus, as if it had never been written: another batch may have those candidates.
        """
        wanted = self._scheduler.wanted(draft.batch)
        numbers = draft.kept.numbers
        if self._duplicates is None:
            rows, refused, looked_at = np.arange(min(wanted, len(numbers))), [], min(wanted, len(numbers))
        else:
            verdicts = self._duplicates.judge(stratum.category, draft.fingerprints, wanted)
            rows, refused, looked_at = verdicts.accepted, verdicts.refused, verdicts.looked
        used = draft.batch.size
        if len(rows) == wanted:
            used = int(numbers[looked_at - 1]) + 1 - draft.batch.start if looked_at else 0
        rejections = [r for r in draft.rejections if r.number < draft.batch.start + used]
        rejections += [
            Rejection(int(numbers[row]), refusal.reason, refusal.detail, draft.kept.texts[row].as_py())
            for row, refusal in refused
        ]
        return rows, sorted(rejections, key=lambda rejection: rejection.number), used


def write_batch(
    checkpoint: Path,
    plan: Plan,
    batch: Batch,
    stratum: Stratum,
    kept: Candidates,
    quality: FloatArray,
    rejected: int,
    *,
    has_prompts: bool,
    has_twins: bool,
    structs: bool,
) -> Shard:
    """Write the records of a batch as its shard. `structs`: as Arrow structs, which the candidates then have."""
    count = len(kept)
    columns: dict[str, pa.Array] = {
        "id": pc.binary_join_element_wise(f"{stratum.category}-", pa.array(kept.numbers).cast(pa.string()), ""),
        "category": pa.repeat(pa.scalar(stratum.category), count),
        "tier": pa.repeat(pa.scalar(stratum.tier, pa.string()), count),
        "quality": pa.array(quality),
        "golden": pa.array(quality >= plan.output.golden_threshold),
        "split": pa.nulls(count, pa.string()),
    }
    if has_prompts:
        columns["prompt"] = kept.prompts if kept.prompts is not None else pa.nulls(count, pa.string())
    if has_twins:
        columns["invalid"] = kept.invalid if kept.invalid is not None else pa.nulls(count, pa.string())
    columns["record"] = kept.structs if structs else kept.texts
    name = f"shards/{shard_name(batch)}"
    told = {"batch": _description(batch, stratum, count, rejected)}
    facts = write_shard(pa.table(columns), checkpoint / name, told)
    return Shard(name, facts.rows, facts.bytes, facts.sha256)


def shard_name(batch: Batch) -> str:
    """The file name of a batch's shard."""
    return f"part-{batch.number:05d}.parquet"


def _description(batch: Batch, stratum: Stratum, accepted: int, rejected: int) -> str:
    """What a shard says of its batch, so that a ledger can be rebuilt from shards."""
    told = asdict(batch) | {"category": stratum.category, "tier": stratum.tier}
    return orjson.dumps(told | {"accepted": accepted, "rejected": rejected}).decode()

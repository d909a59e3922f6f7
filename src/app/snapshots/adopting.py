"""A new checkpoint from a snapshot: its records are checked as if they had just been written, and kept."""

from __future__ import annotations

import tempfile
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path

import numpy as np
import pyarrow as pa

from ...agents.briefs import Brief
from ...engine.build import write_batch
from ...engine.category_checks import checks_of
from ...errors import InputError, UnservableSchema
from ...records import Batch, Candidates, Commit, Fingerprints, FloatArray, Rejection, Shard, StoredRecord, Stratum
from ...settings import Settings
from ...state.ledger import Ledger
from ...tools.checks import Check, judge
from ...tools.diversity.normal import Rows
from ...tools.record_form import RecordForm
from ..checkpoints import open_ledger, set_aside
from ..likeness import Comparison, Likeness, open_likeness
from ..preparing import Prepared
from ..versions import versions
from .reading import SnapshotFile
from .records import Adopted, SnapshotRecords
from .writing import FOLDER

_AHEAD = 256


def adopt_snapshot(
    snapshot: SnapshotFile,
    folder: Path,
    prepared: Prepared,
    comparison: Comparison,
    settings: Settings,
    say: Callable[[str], None],
) -> None:
    """Begin a checkpoint in a folder with the records of a snapshot; what was there is set aside.

    The ledger is built under another name and renamed, so that an adoption that fails leaves nothing. Records that the
    checks refuse are kept as refused. Raises InputError for what cannot be a record of the plan.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as name:
        new = Path(name) / "adopted"
        with open_ledger(new, prepared.plan, prepared.grounds.tables, fresh=False) as ledger:
            (new / "shards").mkdir(exist_ok=True)
            likeness = open_likeness(prepared.plan, ledger, settings, comparison)
            adoption = _Adoption(prepared, ledger, likeness)
            for together in _batches(
                SnapshotRecords(snapshot, prepared.plan, prepared.survey.capacities),
                prepared.plan.output.shard_rows,
                {category.name for category in prepared.categories_of("template")},
            ):
                adoption.take(together)
            adoption.end()
        aside = set_aside(folder) if folder.exists() else None
        new.rename(folder)
    if aside is not None and (aside / FOLDER).is_dir():
        (aside / FOLDER).rename(folder / FOLDER)  # the snapshot may be one of them
    refused = ", ".join(f"{reason} {count:,}" for reason, count in adoption.refused.most_common())
    say(f"Adopted {adoption.accepted:,} records of {snapshot.path}" + (f"; refused: {refused}" if refused else ""))


def _batches(records: Iterable[Adopted], most: int, by_templates: set[str]) -> Iterator[list[Adopted]]:
    """Records that came together, in order.

    A batch of templates stands for all candidates from its first number to its last, so where nothing says what came
    together, its numbers have no gaps.
    """
    together: list[Adopted] = []
    for record in records:
        if together:
            last = together[-1]
            goes_on = record.stratum == last.stratum and record.batch == last.batch and len(together) < most
            if record.stratum.category in by_templates:
                step = record.number - last.number
                goes_on = goes_on and step >= 1 and (step == 1 or record.batch is not None)
            if not goes_on:
                yield together
                together = []
        together.append(record)
    if together:
        yield together


class _Adoption:
    """Puts the batches of a snapshot into a ledger."""

    def __init__(self, prepared: Prepared, ledger: Ledger, likeness: Likeness) -> None:
        self._prepared, self._ledger, self._likeness = prepared, ledger, likeness
        self._plan, self._grounds = prepared.plan, prepared.grounds
        self._categories = {category.name: category for category in self._plan.categories}
        self._checks: dict[str, list[Check]] = {}
        self._run = ledger.start_run(versions())
        self._next = ledger.history.next_number()
        self._waiting: deque[Future[None]] = deque()
        self.accepted, self.refused = 0, Counter[str]()

    def take(self, records: list[Adopted]) -> None:
        """Check the records of one batch, and commit what comes of it."""
        stratum = records[0].stratum
        is_agents = self._plan.worker_of(self._categories[stratum.category]) != "template"
        start = 0 if is_agents else records[0].number
        size = len(records) if is_agents else records[-1].number + 1 - start
        batch = Batch(self._next, stratum.index, start, size, attempt=0)
        self._next += 1
        candidates = self._candidates(records, batch, is_agents=is_agents)
        rows, prints, rejections = self._judged(stratum.category, candidates)
        kept = [records[row] for row in rows]
        metrics = {"accepted": float(len(kept)), "rejected": float(len(rejections)), "batch_size": float(size)}
        shard = None
        stored = list[StoredRecord]()
        if is_agents:
            self._ledger.queue_plan(batch, Brief(len(records), {}).to_json())
            stored = [StoredRecord(record.number, record.quality, record.text) for record in kept]
        else:
            metrics["used"] = float(size)
            self._ledger.plan_batches([batch])
            quality = np.array([record.quality for record in kept])
            shard = self._shard(batch, stratum, candidates.take(rows), quality, len(rejections)) if kept else None
        self._commit(Commit(batch, shard, prints, rejections, size, 0.0, metrics, stored))
        self.accepted += len(kept)
        self.refused.update(rejection.reason for rejection in rejections)

    def _judged(self, category: str, candidates: Candidates) -> tuple[Rows, Fingerprints, list[Rejection]]:
        """The rows that become records, what the duplicate checks remember of them, and the others."""
        rows, rejections = judge(self._checks_of(category), candidates)
        prints = self._likeness.fingerprint(category, candidates.take(rows))
        if self._likeness.duplicates is not None:
            verdicts = self._likeness.duplicates.judge(category, prints, len(rows))
            rejections += [
                Rejection(int(candidates.numbers[at]), refusal.reason, refusal.detail, candidates.texts[at].as_py())
                for at, refusal in ((int(rows[row]), refusal) for row, refusal in verdicts.refused)
            ]
            rows, prints = rows[verdicts.accepted], prints.take(verdicts.accepted)
        return rows, prints, sorted(rejections, key=lambda rejection: rejection.number)

    def _shard(self, batch: Batch, stratum: Stratum, kept: Candidates, quality: FloatArray, rejected: int) -> Shard:
        prepared = self._prepared
        return write_batch(
            self._ledger.folder,
            self._plan,
            batch,
            stratum,
            kept,
            quality,
            rejected,
            has_prompts=prepared.workbench.has_prompts,
            has_twins=prepared.workbench.has_twins,
            structs=prepared.survey.record_type is not None,
        )

    def end(self) -> None:
        """Wait until all of it is durable."""
        while self._waiting:
            self._waiting.popleft().result()
        self._ledger.end_run(self._run, "interrupted", 0.0)

    def _commit(self, commit: Commit) -> None:
        self._waiting.append(self._ledger.queue_commit(self._run, commit))
        if len(self._waiting) > _AHEAD:
            self._waiting.popleft().result()

    def _checks_of(self, name: str) -> list[Check]:
        if name not in self._checks:
            category = self._categories[name]
            is_agents = self._plan.worker_of(category) != "template"
            schema = RecordForm(self._plan, category).schema if is_agents else self._plan.schema_of(category)
            self._checks[name] = checks_of(self._plan, category, schema, self._grounds)
        return self._checks[name]

    def _candidates(self, records: list[Adopted], batch: Batch, *, is_agents: bool) -> Candidates:
        numbers = np.array([record.number for record in records], np.int64)
        texts = pa.array([record.text for record in records], pa.string())
        values = [record.record for record in records]
        if is_agents:
            return Candidates(numbers, texts, drawn=values)
        prompts = [record.prompt for record in records]
        return Candidates(
            numbers,
            texts,
            pa.array(prompts, pa.string()) if prompts[0] is not None else None,
            self._structs(records),
            values,
            self._plain(records, batch),
            self._labels(records),
        )

    def _labels(self, records: list[Adopted]) -> pa.StringArray | None:
        """What twins break, where the category has some."""
        has_twins = self._categories[records[0].stratum.category].twin_share > 0
        return pa.array([record.invalid for record in records], pa.string()) if has_twins else None

    def _structs(self, records: list[Adopted]) -> pa.StructArray | None:
        """The records as the struct that those of the shards share, where they do."""
        kind = self._prepared.survey.record_type
        if kind is None:
            return None
        values = [record.record for record in records]
        with suppress(pa.ArrowException, OverflowError):
            structs = pa.array(values, kind)
            if structs.to_pylist() == values:
                return structs
        ids = f"{records[0].stratum.category}-{records[0].number} and those after it"
        raise InputError.at(ids, "have another shape than the records of the plan", "take the snapshot as it was")

    def _plain(self, records: list[Adopted], batch: Batch) -> pa.StringArray | None:
        """The texts in one wording, which a split goes by: as templates give them, for those they would give."""
        if self._plan.split is None:
            return None
        made: dict[str, str] = {}
        with suppress(UnservableSchema):
            category = records[0].stratum.category
            kept = self._prepared.workbench.draft(batch, category, structs=False).kept
            if kept.plain is not None:
                made = dict(zip(kept.texts.to_pylist(), kept.plain.to_pylist(), strict=True))
        return pa.array([made.get(record.text, record.text) for record in records], pa.string())

"""The ledger: one SQLite database that is checkpoint and audit trail of a dataset in one.

Only the process that holds the checkpoint's lock opens a `Ledger`; others read through `History`.
"""

from __future__ import annotations

import asyncio
import sqlite3
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path
from typing import Self, TypeVar

import orjson

from ..errors import CheckpointError, OutputError, Problem
from ..plan import Plan, plan_bytes, sha256_of_plan
from ..records import Batch, Call, Commit, Stratum
from .history import LEDGER_FILE, History, connect
from .lock import CheckpointLock
from .migrations import migrate
from .reviews import Given, insert_reviews
from .rows import RAISE_QUOTA, insert_call, insert_commit, insert_planned
from .writer import Writer

T = TypeVar("T")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class Ledger:
    """Reads and writes a dataset's history; the only writer.

    Every write is durable when the method returns: SQLite in WAL mode with synchronous=FULL, transactions grouped by
    `Writer`.
    """

    def __init__(self, folder: Path) -> None:
        """Open the ledger in a folder, or begin one there.

        Raises CheckpointError where another process has it open, or where it is corrupt or of a newer version.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._lock = CheckpointLock(folder)
        try:
            connection = connect(folder / LEDGER_FILE)
            try:
                self._prepare(connection)
            except BaseException:
                connection.close()
                raise
            self.history = History(folder)
            self._writer = Writer(connection)
        except BaseException:
            self._lock.release()
            raise

    def _prepare(self, connection: sqlite3.Connection) -> None:
        file = self.folder / LEDGER_FILE
        mend = "restore it from a copy, start over with --fresh, or try --recover-from-mlflow"
        try:
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if found != "ok":
                raise CheckpointError.at(file, f"is corrupt: {found}", mend)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            migrate(connection)
        except sqlite3.DatabaseError as error:
            raise CheckpointError.at(file, f"is corrupt: {error}", mend) from None
        except ValueError as error:
            raise CheckpointError.at(file, f"cannot be used: {error}", "update dataset-agent") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Finish what is being written, then let others in."""
        self.history.close()  # first: the last to close folds the log into the database, and a reader could not
        self._writer.close()
        self._lock.release()

    # ---- writing ---------------------------------------------------------------------------------------------

    def adopt(
        self,
        plan: Plan,
        strata: Sequence[Stratum],
        sources: Mapping[str, Mapping[str, object]],
        key: str | None = None,
    ) -> None:
        """Make a plan the dataset's own: its first, or one that extends the last.

        A stratum keeps the id it has (`History.strata`); new ones follow. `sources` gives path, sha256, bytes, rows
        and read_at by name. `key` is what named a dataset that is being rebuilt.
        """
        last = self.history.plan()
        if last is None or last.sha256 != sha256_of_plan(plan):
            document, sha256, now = plan_bytes(plan), sha256_of_plan(plan), _now()

            def adopt(db: sqlite3.Connection) -> None:
                if last is None:
                    db.execute("INSERT INTO dataset VALUES (?)", (key or uuid.uuid4().hex,))
                db.execute("INSERT INTO plans (plan, sha256, adopted_at) VALUES (?, ?, ?)", (document, sha256, now))
                for stratum in strata:
                    values = {"category": stratum.category, "tier": stratum.tier, "planned": stratum.planned}
                    known = db.execute(RAISE_QUOTA, values)
                    if not known.rowcount:
                        db.execute(
                            "INSERT INTO strata (id, category, tier, planned) "
                            "VALUES ((SELECT COUNT(*) FROM strata), :category, :tier, :planned)",
                            values,
                        )
                for name, facts in sources.items():
                    db.execute(
                        "INSERT OR REPLACE INTO sources VALUES (:name, :path, :sha256, :bytes, :rows, :read_at)",
                        {**facts, "name": name},
                    )

            self._write(adopt)

    def start_run(self, versions: Mapping[str, str]) -> int:
        """Note that a run begins; gives its id."""
        written = orjson.dumps(dict(versions)).decode()

        def start(db: sqlite3.Connection) -> int:
            cursor = db.execute(
                "INSERT INTO runs (revision, started_at, versions) VALUES ((SELECT MAX(revision) FROM plans), ?, ?)",
                (_now(), written),
            )
            return int(cursor.lastrowid or 0)

        return self._write(start)

    def end_run(self, run: int, state: str, seconds: float) -> None:
        """Note how a run ended: `complete`, `incomplete` or `interrupted`."""
        row = (_now(), state, seconds, run)
        self._write(lambda db: db.execute("UPDATE runs SET ended_at = ?, state = ?, seconds = ? WHERE id = ?", row))

    def plan_batches(self, batches: Sequence[Batch]) -> None:
        """Note which batches will be made."""
        self._write(lambda db: insert_planned(db, batches))

    def commit(self, run: int, commit: Commit, next_batches: Sequence[Batch] = (), *, at_ms: int | None = None) -> None:
        """Keep what a batch brought, and the batches planned because of it, in one transaction.

        `at_ms` is the time it was first committed at, where a ledger is rebuilt; now if left out.
        """
        self._write(lambda db: insert_commit(db, run, commit, at_ms, next_batches))

    def queue_plan(self, batch: Batch, brief: str) -> None:
        """Note that a batch will be made, and what its worker is told (JSON). Durable before anything queued later."""

        def write(db: sqlite3.Connection) -> None:
            insert_planned(db, [batch])
            db.execute("INSERT INTO briefs VALUES (?, ?)", (batch.number, brief))

        self._queue(write)

    def queue_commit(self, run: int, commit: Commit) -> Future[None]:
        """As `commit`, without waiting: the future is done once the batch is durable."""
        return self._queue(lambda db: insert_commit(db, run, commit, None, ()))

    def queue_call(self, run: int | None, call: Call) -> Future[None]:
        """Note a call to a model; the future is done once that is durable."""
        return self._queue(lambda db: insert_call(db, run, call))

    def note_prompt(self, sha256: str, name: str, text: str) -> None:
        """Keep a prompt that is going to be used."""
        row = (sha256, name, text, _now())
        self._write(lambda db: db.execute("INSERT OR IGNORE INTO prompts VALUES (?, ?, ?, ?)", row))

    def note_pace(self, model: str, batch_size: int, concurrency: int) -> None:
        """Keep how fast a model was found to go, for the next run."""
        row = (model, batch_size, concurrency)
        self._write(lambda db: db.execute("INSERT OR REPLACE INTO pace VALUES (?, ?, ?)", row))

    def note_approval(self, who: str, what: str, detail: str, at: str | None = None) -> None:
        """Keep who approved what; `at` is an ISO time, now if left out."""
        row = (at or _now(), who, what, detail)
        statement = "INSERT INTO approvals (approved_at, who, what, detail) VALUES (?, ?, ?, ?)"
        self._write(lambda db: db.execute(statement, row))

    def note_reviews(self, given: Sequence[Given]) -> None:
        """Keep what a person decided of records, all of it or nothing; the last verdict of a record counts."""
        at = _now()
        self._write(lambda db: insert_reviews(db, given, at))

    def note_shortfall(self, stratum: int, why: str) -> None:
        """Note that a stratum will not get further, and why."""
        self._write(lambda db: db.execute("UPDATE strata SET shortfall = ? WHERE id = ?", (why, stratum)))

    def note_output(self, folder: Path) -> None:
        """Note a folder that files of this dataset are going to be written to."""
        row = (str(folder.absolute()),)
        self._write(lambda db: db.execute("INSERT OR IGNORE INTO outputs VALUES (?)", row))

    def save_target(self, row: Mapping[str, object]) -> None:
        """Note how far a place where the dataset is shown has been told; `row` has the columns of `targets`."""
        self._write(
            lambda db: db.execute(
                "INSERT OR REPLACE INTO targets "
                "VALUES (:uri, :experiment_id, :run_id, :dataset_id, :delivered, :finished)",
                row,
            )
        )

    def _queue(self, job: Callable[[sqlite3.Connection], T]) -> Future[T]:
        return self._writer.submit(job)

    def _write(self, job: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return self._queue(job).result()
        except sqlite3.OperationalError as error:
            raise self._unwritable(error) from None

    async def durable(self, queued: Future[T]) -> T:
        """What a queued write gave, once it is durable. Raises OutputError where it failed."""
        try:
            return await asyncio.wrap_future(queued)
        except sqlite3.OperationalError as error:
            raise self._unwritable(error) from None

    def _unwritable(self, error: Exception) -> OutputError:
        """What to say where a queued write failed."""
        file = self.folder / LEDGER_FILE
        mend = "free the disk and run again; what was committed is kept"
        return OutputError([Problem(str(file), f"cannot be written: {error}", mend)])

"""A dataset, a ledger's outbox and a look into MLflow's database, for the tests of the MLflow sink.

Run as a program it delivers the dataset in a process of its own, which may be killed: see `main`.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import sys
from collections import Counter
from dataclasses import asdict, astuple
from pathlib import Path
from urllib.parse import unquote, urlparse

import pyarrow as pa
import pyarrow.parquet as pq

from dataset_agent.plan import Plan, strata_of
from dataset_agent.records import Batch, Call, Rejection, StoredRecord
from dataset_agent.state.mlflow_delivery import Courier
from dataset_agent.state.mlflow_sink import MlflowSink
from dataset_agent.state.mlflow_store import MlflowStore
from dataset_agent.state.outbox import Delivery, FinalState, Target
from dataset_agent.state.paid import KeptPrompt
from dataset_agent.state.tracking_uri import artifact_folder, sqlite_file

KEY = "2026-01-02T03:04:05.678+00:00"
BATCH = 5


def make_plan(count: int = 40, **mlflow: object) -> Plan:
    """Two categories, one of them with tiers; `count` records."""
    orders = count * 3 // 5
    tiers = [{"name": "easy", "share": 0.7}, {"name": "hard", "share": 0.3}]
    return Plan.model_validate(
        {
            "dataset_name": "shown",
            "seed": 7,
            "description": "what is shown",
            "categories": [
                {"name": "orders", "count": orders, "tiers": tiers},
                {"name": "returns (late)", "count": count - orders},
            ],
            "mlflow": mlflow,
        }
    )


class SqliteOutbox:
    """The outbox of a ledger: batches in order of commit, and each target's cursor."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        self.folder, self.strata, self.kept_prompts = folder, strata_of(plan), list[KeptPrompt]()
        folder.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(folder / "ledger.db", isolation_level=None, check_same_thread=False)
        self._db.execute("CREATE TABLE IF NOT EXISTS batches (position INTEGER PRIMARY KEY, document TEXT, shard TEXT)")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS targets (uri TEXT PRIMARY KEY, experiment TEXT, run TEXT, dataset TEXT, "
            "delivered INTEGER, finished TEXT)"
        )

    def target(self, uri: str) -> Target:
        row = self._db.execute("SELECT * FROM targets WHERE uri = ?", [uri]).fetchone()
        return Target(*row) if row else Target(uri)

    def save_target(self, target: Target) -> None:
        self._db.execute("INSERT OR REPLACE INTO targets VALUES (?, ?, ?, ?, ?, ?)", astuple(target))

    def committed(self) -> int:
        return int(self._db.execute("SELECT COUNT(*) FROM batches").fetchone()[0])

    def pending(self, after: int, limit: int) -> list[Delivery]:
        query = "SELECT document, shard FROM batches WHERE position > ? ORDER BY position LIMIT ?"
        return [self._delivery(*row) for row in self._db.execute(query, [after, limit])]

    def conversation(self, batch: int) -> list[Call]:
        return []

    def prompts(self) -> list[KeptPrompt]:
        return self.kept_prompts

    def _delivery(self, document: str, shard: str | None) -> Delivery:
        value = json.loads(document)
        value["batch"] = Batch(**value["batch"])
        value["rejections"] = [Rejection(**rejection) for rejection in value["rejections"]]
        value["records"] = tuple(StoredRecord(**record) for record in value["records"])
        value["calls"] = tuple(Call(**call) for call in value["calls"])
        return Delivery(**value, shard=Path(shard) if shard else None)

    def commit(self, delivery: Delivery, rows: list[dict[str, object]]) -> None:
        """Keep a batch, with its rows in a shard."""
        shard = write_shard(self.folder, delivery, rows) if rows else None
        document = asdict(delivery)
        del document["shard"]
        self._db.execute(
            "INSERT INTO batches VALUES (?, ?, ?)",
            [delivery.position, json.dumps(document), str(shard) if shard else None],
        )

    def close(self) -> None:
        self._db.close()


def write_shard(folder: Path, delivery: Delivery, rows: list[dict[str, object]]) -> Path:
    """The Parquet file of a batch."""
    counts = {"accepted": len(rows), "rejected": len(delivery.rejections)}
    table = pa.Table.from_pylist(rows).replace_schema_metadata({"batch": json.dumps(asdict(delivery.batch) | counts)})
    file = folder / f"batch-{delivery.batch.number}.parquet"
    pq.write_table(table, file)
    return file


def commit_until(outbox: SqliteOutbox, position: int) -> None:
    """Commit batches of the plan, stratum by stratum, up to a position; every third refused a candidate."""
    planned = [(s, start) for s in outbox.strata for start in range(0, s.planned, BATCH)]
    for number, (stratum, start) in list(enumerate(planned))[outbox.committed() : position]:
        size = min(BATCH, stratum.planned - start)
        refused = [Rejection(start, "duplicate", "seen before", '{"text": "§"}')] if number % 3 == 0 else []
        delivery = Delivery(
            position=number + 1,
            batch=Batch(number, stratum.index, start, size),
            category=stratum.category,
            tier=stratum.tier,
            committed_at_ms=1_700_000_000_000 + number,
            metrics={"accepted": float(size), "rejected/duplicate": float(len(refused)), "rows_per_s": number + 0.5},
            shard=None,
            rejections=refused,
        )
        outbox.commit(delivery, [_row(stratum.category, stratum.tier, start + i) for i in range(size)])


def _row(category: str, tier: str | None, number: int) -> dict[str, object]:
    # Every other text repeats, so that inputs alone don't tell records apart.
    record = {"inputs": {"text": f"{category} {number // 2}"}, "expectations": {"number": number}}
    return {
        "id": f"{category[:3]}-{tier}-{number:05}",
        "category": category,
        "tier": tier,
        "quality": 1.0,
        "record": json.dumps(record),
    }


def number_of_batches(plan: Plan) -> int:
    return sum(-(-stratum.planned // BATCH) for stratum in strata_of(plan))


def final_state(folder: Path, status: str = "complete", **metrics: float) -> FinalState:
    """The end of a run, with its metadata."""
    file = folder / "metadata.json"
    file.write_text(json.dumps({"status": status, **metrics}))
    return FinalState(status, [file], metrics)  # type: ignore[arg-type]


class Look:
    """What MLflow's own database and artifacts hold."""

    def __init__(self, uri: str) -> None:
        file = sqlite_file(uri)
        assert file is not None
        self._db = sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)
        self.runs = self._ask("SELECT run_uuid, status FROM runs")
        self.experiments = self._ask("SELECT DISTINCT experiment_id FROM runs")
        self.datasets = self._ask("SELECT dataset_id, name FROM evaluation_datasets")
        self.records = self._ask("SELECT inputs, expectations, tags FROM evaluation_dataset_records")
        self.metrics = self._ask("SELECT key, step, timestamp, value FROM metrics")
        self.params = dict(self._ask("SELECT key, value FROM params"))
        self.tags = dict(self._ask("SELECT key, value FROM tags"))
        (place,) = (urlparse(uri) for (uri,) in self._ask("SELECT artifact_uri FROM runs"))
        inside = Path(unquote(place.path))
        # A server keeps the artifacts of its runs in the folder it was started with.
        folder = artifact_folder(file) / inside.relative_to("/") if place.scheme == "mlflow-artifacts" else inside
        self.artifacts = {str(f.relative_to(folder)): f for f in sorted(folder.rglob("*")) if f.is_file()}
        self._db.close()

    def _ask(self, query: str) -> list[tuple[object, ...]]:
        return self._db.execute(query).fetchall()

    def steps_told_twice(self) -> list[tuple[object, ...]]:
        return [at for at, times in Counter((key, step) for key, step, *_ in self.metrics).items() if times > 1]

    def check_complete(self, plan: Plan, status: str = "FINISHED") -> None:
        """One run and one dataset, with everything once."""
        assert [status for _, status in self.runs] == [status]
        assert len(self.experiments) == len(self.datasets) == 1
        assert self.steps_told_twice() == []
        batches = number_of_batches(plan)
        assert sorted(step for key, step, *_ in self.metrics if key == "accepted") == list(range(1, batches + 1))
        assert sum(path.startswith("shards/") for path in self.artifacts) == batches
        planned = sum(stratum.planned for stratum in strata_of(plan))
        assert len({inputs for inputs, *_ in self.records}) == len(self.records) == planned
        assert {"plan.json", "metadata.json"} <= self.artifacts.keys()


def main(arguments: list[str]) -> None:
    """What to do: `sink FOLDER URI PATIENCE` or `stumble FOLDER URI`.

    The first is a whole run; the second, runs killed after 1, 2, 3... steps, until one ends by itself.
    """
    command, folder, uri = arguments[0], Path(arguments[1]), arguments[2]
    plan = make_plan()
    if command == "sink":
        outbox = SqliteOutbox(folder, plan)
        sink = MlflowSink(outbox, uri, plan, outbox.strata, KEY)
        sink.start()
        for position in range(outbox.committed() + 1, number_of_batches(plan) + 1):
            commit_until(outbox, position)
            sink.wake()
        print(json.dumps(asdict(sink.finish(final_state(folder), float(arguments[3])))))
        outbox.close()
        return
    from dataset_agent.state.mlflow_store import load_mlflow

    load_mlflow()
    kills = 0
    while True:
        child = os.fork()
        if child == 0:
            _deliver_and_die(folder, uri, plan, steps=kills + 1)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            print(json.dumps({"kills": kills, "code": os.WEXITSTATUS(status)}))
            return
        kills += 1


def _deliver_and_die(folder: Path, uri: str, plan: Plan, steps: int) -> None:
    left = [steps]

    def step() -> None:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    outbox = SqliteOutbox(folder, plan)
    commit_until(outbox, number_of_batches(plan))
    Courier(outbox, uri, lambda: MlflowStore(uri, step), plan, outbox.strata, KEY).deliver(final_state(folder))
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])

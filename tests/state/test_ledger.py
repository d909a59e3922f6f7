import os
import signal
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import Future
from pathlib import Path

import numpy as np
import orjson
import pytest

from dataset_agent.errors import CheckpointError
from dataset_agent.plan import Plan, strata_of
from dataset_agent.records import Batch, Commit, Fingerprints, Rejection, Shard
from dataset_agent.state.history import LEDGER_FILE, History, connect
from dataset_agent.state.ledger import Ledger
from dataset_agent.state.lock import is_locked
from dataset_agent.state.writer import Writer

PLAN = Plan.model_validate({"dataset_name": "d", "categories": [{"name": "a", "count": 30}, {"name": "b", "count": 5}]})


def adopted(folder: Path, plan: Plan = PLAN) -> Ledger:
    ledger = Ledger(folder)
    ledger.adopt(
        plan, strata_of(plan), {"facts": {"path": "f.csv", "sha256": "ab", "bytes": 3, "rows": 2, "read_at": "now"}}
    )
    return ledger


def commit_of(batch: Batch, accepted: int, rejections: list[Rejection] | None = None) -> Commit:
    shard = Shard(f"shards/{batch.number}.parquet", accepted, 10, "00") if accepted else None
    prints = Fingerprints(np.arange(accepted, dtype=np.uint64) + 1000 * batch.number)
    return Commit(batch, shard, prints, rejections or [], batch.size, 0.5, {"accepted": accepted})


def test_what_is_committed_is_there_after_reopening(tmp_path: Path) -> None:
    first, second = Batch(0, 0, 0, 20), Batch(1, 0, 20, 10)
    with adopted(tmp_path) as ledger:
        run = ledger.start_run({"python": "3"})
        ledger.plan_batches([first, second])
        ledger.commit(run, commit_of(first, 19, [Rejection(7, "schema", "bad", '{"x":1}')]), [Batch(2, 0, 30, 1, 2)])
        ledger.end_run(run, "interrupted", 1.5)
    history = History(tmp_path)
    assert [p.accepted for p in history.progress()] == [19, 0]
    assert history.progress()[0].rejected == {"schema": 1}
    assert history.planned_batches() == [second, Batch(2, 0, 30, 1, 2)]
    assert history.taken() == {"a": [(0, 20), (20, 30), (30, 31)]}
    assert history.attempts() == {0: 2}
    assert history.next_number() == 3
    assert history.sources() == {"facts": "ab"}
    assert [(c.position, c.accepted, c.shard and c.shard.rows) for c in history.committed()] == [(1, 19, 19)]
    assert next(history.fingerprints())[1].exact.tolist() == list(range(19))
    assert orjson.loads(orjson.dumps(next(history.rejections()))) == {
        "category": "a", "tier": None, "reason": "schema", "detail": "bad", "candidate": {"x": 1}
    }  # fmt: skip
    assert history.rejections_of(0) == [Rejection(7, "schema", "bad", '{"x":1}')]
    last = history.last_run()
    assert last is not None
    assert (last.state, last.seconds) == ("interrupted", 1.5)


def test_a_plan_that_extends_raises_quotas_and_adds_strata(tmp_path: Path) -> None:
    counts = {"new": 1, "a": 40, "b": 5}
    categories = [{"name": name, "count": count} for name, count in counts.items()]
    more = Plan.model_validate({"dataset_name": "d", "categories": categories})
    with adopted(tmp_path) as ledger:
        ledger.plan_batches([Batch(0, 0, 0, 30), Batch(1, 1, 0, 5)])
        ledger.adopt(more, strata_of(more), {})
        assert [(s.index, s.category, s.planned) for s in ledger.history.strata()] == [
            (0, "a", 40), (1, "b", 5), (2, "new", 1)
        ]  # fmt: skip
        assert ledger.history.attempts() == {1: 1}, "attempts start anew where a quota grew"


def test_a_batch_and_what_follows_from_it_are_one_transaction(tmp_path: Path) -> None:
    batch = Batch(0, 0, 0, 20)
    with adopted(tmp_path) as ledger:
        run = ledger.start_run({})
        ledger.plan_batches([batch])
        with pytest.raises(sqlite3.IntegrityError):
            ledger.commit(run, commit_of(batch, 20), [batch])
        assert ledger.history.committed() == []
        assert ledger.history.progress()[0].accepted == 0


def test_only_one_process_at_a_time(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from dataset_agent.state.ledger import Ledger; Ledger(Path(sys.argv[1]))"
    )
    with adopted(tmp_path):
        assert is_locked(tmp_path)
        other = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=False)
        assert f"is in use by another process ({os.getpid()})" in other.stderr
    assert not is_locked(tmp_path)
    Ledger(tmp_path).close()


@pytest.mark.parametrize("where", [0, 4096])
def test_a_corrupt_file_is_refused(tmp_path: Path, where: int) -> None:
    adopted(tmp_path).close()
    file = tmp_path / LEDGER_FILE
    content = file.read_bytes()
    file.write_bytes(content[:where] + bytes(range(256)) * 16 + content[where + 4096 :])
    with pytest.raises(CheckpointError, match=LEDGER_FILE):
        Ledger(tmp_path)
    assert not is_locked(tmp_path)


def test_a_ledger_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    adopted(tmp_path).close()
    connection = connect(tmp_path / LEDGER_FILE)
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    with pytest.raises(CheckpointError, match="999"):
        Ledger(tmp_path)


def test_a_killed_process_loses_nothing_it_was_told_is_durable(tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
import numpy as np
from dataset_agent.plan import Plan, strata_of
from dataset_agent.records import Batch, Commit, Fingerprints
from dataset_agent.state.ledger import Ledger
plan = Plan.model_validate({"dataset_name": "d", "categories": [{"name": "a", "count": 1000000}]})
ledger = Ledger(Path(sys.argv[1]))
ledger.adopt(plan, strata_of(plan), {})
run = ledger.start_run({})
for number in range(100000):
    batch = Batch(number, 0, number, 1)
    ledger.plan_batches([batch])
    ledger.commit(run, Commit(batch, None, Fingerprints(np.zeros(0, np.uint64)), [], 1, 0.0, {}))
    print(number, flush=True)
"""
    process = subprocess.Popen([sys.executable, "-c", code, tmp_path], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    told = [int(process.stdout.readline()) for _ in range(40)][-1]
    process.send_signal(signal.SIGKILL)
    told = max([told, *(int(line) for line in process.stdout.read().splitlines())])
    process.stdout.close()
    process.wait()
    assert not is_locked(tmp_path)
    with Ledger(tmp_path) as ledger:
        assert len(ledger.history.committed()) in (told + 1, told + 2)


def test_what_waits_together_is_committed_together(tmp_path: Path) -> None:
    connection = connect(tmp_path / "w.db")
    connection.execute("CREATE TABLE t (x INTEGER PRIMARY KEY)")
    writer, gate, began = Writer(connection), threading.Event(), list[str]()
    connection.set_trace_callback(lambda statement: began.append(statement) if statement.startswith("BEGIN") else None)

    def insert(x: int) -> Future[sqlite3.Cursor]:
        return writer.submit(lambda db: db.execute("INSERT INTO t VALUES (?)", (x,)))

    held = writer.submit(lambda db: gate.wait(10))
    together = [insert(x) for x in range(100)]
    gate.set()
    assert held.result(10)
    assert all(future.exception(10) is None for future in together)
    assert len(began) <= 3
    gate.clear()
    held = writer.submit(lambda db: gate.wait(10))
    faulty = [insert(x) for x in (101, 101, 102)]
    gate.set()
    writer.close()
    assert [future.exception() is None for future in faulty] == [True, False, True], "only the faulty one fails"
    rows = connect(tmp_path / "w.db").execute("SELECT x FROM t ORDER BY x").fetchall()
    assert len(rows) == 102

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import mlflow_world
import pytest
from mlflow_world import KEY, Look, SqliteOutbox, commit_until, final_state, make_plan, number_of_batches

from dataset_agent.plan import Plan
from dataset_agent.state.mlflow_sink import MlflowSink
from dataset_agent.state.mlflow_store import load_mlflow
from dataset_agent.state.mlflow_ui import serve_ui
from dataset_agent.state.outbox import FinalState, Report, Target
from dataset_agent.state.tracking_uri import sqlite_uri


class Watched(SqliteOutbox):
    """An outbox that tells when a target has been told so many batches."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        super().__init__(folder, plan)
        self._told = threading.Condition()
        self._delivered = 0

    def save_target(self, target: Target) -> None:
        super().save_target(target)
        with self._told:
            self._delivered = target.delivered
            self._told.notify_all()

    def wait_until_told(self, batches: int) -> None:
        with self._told:
            assert self._told.wait_for(lambda: self._delivered >= batches, timeout=60)


@pytest.fixture(autouse=True, scope="module")
def _mlflow() -> None:
    load_mlflow()  # so that no test measures its import


@pytest.fixture
def silent_uri() -> Iterator[str]:
    """A server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def sink_of(outbox: SqliteOutbox, uri: str, plan: Plan) -> MlflowSink:
    sink = MlflowSink(outbox, uri, plan, outbox.strata, KEY)
    sink.start()
    return sink


def run_once(outbox: SqliteOutbox, uri: str, plan: Plan, final: FinalState, patience_s: float = 3.0) -> Report:
    commit_until(outbox, number_of_batches(plan))
    return sink_of(outbox, uri, plan).finish(final, patience_s)


def test_batches_show_while_the_run_goes_on(store_uri: str, tmp_path: Path) -> None:
    plan = make_plan()
    outbox = Watched(tmp_path / "ledger", plan)
    sink = sink_of(outbox, store_uri, plan)
    for position in (1, 2, 5):
        commit_until(outbox, position)
        sink.wake()
        outbox.wait_until_told(position)
    assert len(Look(store_uri).records) == 22
    commit_until(outbox, number_of_batches(plan))
    report = sink.finish(final_state(tmp_path))
    look = Look(store_uri)
    look.check_complete(plan)
    page = f"http://127.0.0.1:5000/#/experiments/{look.experiments[0][0]}/datasets/{look.datasets[0][0]}"
    assert report == Report(delivered=True, link=page)


def test_nobody_listens(store_uri: str, tmp_path: Path) -> None:
    plan, uri = make_plan(), f"http://user:secret@127.0.0.1:{free_port()}"
    outbox = SqliteOutbox(tmp_path / "ledger", plan)
    begun = time.monotonic()
    report = run_once(outbox, uri, plan, final_state(tmp_path))
    assert time.monotonic() - begun < 5
    assert not report.delivered and report.link is None and report.why is not None
    assert "Connection refused" in report.why and "10 batches wait" in report.why and "secret" not in report.why
    assert run_once(outbox, store_uri, plan, final_state(tmp_path)).delivered  # later, elsewhere
    Look(store_uri).check_complete(plan)


def test_nobody_answers(silent_uri: str, tmp_path: Path) -> None:
    plan = make_plan()
    outbox = SqliteOutbox(tmp_path / "ledger", plan)
    begun = time.monotonic()
    report = run_once(outbox, silent_uri, plan, final_state(tmp_path), patience_s=0.5)
    assert time.monotonic() - begun < 3
    assert report.why is not None and f"{silent_uri} did not answer; 10 batches wait" in report.why
    outbox.close()  # nothing reads from it any more: a call would end the thread with an error


def test_something_else_answers(tmp_path: Path) -> None:
    plan = make_plan()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n<html>hi</html>")
            connection.close()

        thread = threading.Thread(target=answer)
        thread.start()
        uri = f"http://127.0.0.1:{listener.getsockname()[1]}"
        report = run_once(SqliteOutbox(tmp_path / "ledger", plan), uri, plan, final_state(tmp_path), patience_s=1)
        thread.join()
    assert report.why is not None and "JSON" in report.why


@pytest.mark.parametrize("kind", ["not a database", "a folder", "below a file"])
def test_a_store_that_cannot_be_used_is_reported(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "mlflow.db"
    if kind == "not a database":
        file.write_bytes(b"certainly no database" * 100)
    elif kind == "a folder":
        file.mkdir()
    else:
        file.write_bytes(b"")
        file = file / "mlflow.db"
    plan = make_plan()
    begun = time.monotonic()
    report = run_once(SqliteOutbox(tmp_path / "ledger", plan), sqlite_uri(file), plan, final_state(tmp_path))
    assert time.monotonic() - begun < 5
    words = {
        "not a database": "file is not a database",
        "a folder": "unable to open",
        "below a file": "File exists",
    }
    assert report.why is not None and words[kind] in report.why


def test_a_deleted_experiment_is_named(store_uri: str, tmp_path: Path) -> None:
    from mlflow import MlflowClient

    client = MlflowClient(store_uri)
    client.delete_experiment(client.create_experiment("shown"))
    plan = make_plan()
    report = run_once(SqliteOutbox(tmp_path / "ledger", plan), store_uri, plan, final_state(tmp_path))
    assert report.why is not None and "experiment 'shown' was deleted" in report.why


def test_a_failing_ledger_is_reported(store_uri: str, tmp_path: Path) -> None:
    class Failing(SqliteOutbox):
        def pending(self, after: int, limit: int) -> list[mlflow_world.Delivery]:
            raise RuntimeError("no more")

    plan = make_plan()
    report = run_once(Failing(tmp_path / "ledger", plan), store_uri, plan, final_state(tmp_path))
    assert report.why is not None and "no more" in report.why


def run_apart(folder: Path, uri: str, patience_s: float = 3.0) -> tuple[subprocess.CompletedProcess[str], float]:
    begun = time.monotonic()
    command = [sys.executable, mlflow_world.__file__, "sink", str(folder), uri, str(patience_s)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=folder.parent)
    return done, time.monotonic() - begun


def test_a_process_ends_at_once_though_mlflow_is_silent(silent_uri: str, tmp_path: Path) -> None:
    done, seconds = run_apart(tmp_path / "ledger", silent_uri, patience_s=0.5)
    assert (done.returncode, done.stderr) == (0, "")
    assert not json.loads(done.stdout)["delivered"]
    assert seconds < 20


def test_a_process_leaves_nothing_but_the_store(tmp_path: Path) -> None:
    done, _ = run_apart(tmp_path / "ledger", f"sqlite:///{tmp_path}/store/mlflow.db")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["delivered"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ledger", "store"]
    assert sorted(path.name for path in (tmp_path / "store").iterdir()) == ["mlflow-artifacts", "mlflow.db"]


@pytest.mark.slow
def test_a_process_killed_at_any_time_doubles_nothing(tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path}/store/mlflow.db"
    command = [sys.executable, mlflow_world.__file__, "sink", str(tmp_path / "ledger"), uri, "3"]
    for milliseconds in range(1000, 3400, 300):  # import, making of the database, delivery
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            process.wait(milliseconds / 1000)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    done, _ = run_apart(tmp_path / "ledger", uri)
    assert json.loads(done.stdout)["delivered"]
    Look(uri).check_complete(make_plan())


@pytest.mark.slow
def test_a_server_that_goes_away_and_comes_back(store_uri: str, tmp_path: Path) -> None:
    plan, port = make_plan(), free_port()
    outbox = Watched(tmp_path / "ledger", plan)
    uri = f"http://127.0.0.1:{port}"
    with serve_ui(store_uri, port=port):
        sink = sink_of(outbox, uri, plan)
        commit_until(outbox, 4)
        sink.wake()
        outbox.wait_until_told(4)
    commit_until(outbox, 6)
    sink.wake()
    gone = sink.finish(final_state(tmp_path, "interrupted"))
    assert not gone.delivered and gone.link is not None and gone.link.startswith(f"{uri}/#/experiments/")
    with serve_ui(store_uri, port=port):
        sink = sink_of(outbox, uri, plan)
        commit_until(outbox, 8)
        sink.wake()
        outbox.wait_until_told(8)
        commit_until(outbox, number_of_batches(plan))
        assert sink.finish(final_state(tmp_path)) == Report(delivered=True, link=gone.link)
    Look(store_uri).check_complete(plan)

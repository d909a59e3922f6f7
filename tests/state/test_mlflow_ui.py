from __future__ import annotations

import json
import os
import socket
import urllib.request
from pathlib import Path

import pytest
from mlflow_world import KEY, SqliteOutbox, commit_until, final_state, make_plan, number_of_batches

from dataset_agent.errors import InputError
from dataset_agent.state.mlflow_delivery import Courier
from dataset_agent.state.mlflow_store import MlflowStore
from dataset_agent.state.mlflow_ui import serve_ui
from dataset_agent.state.tracking_uri import dataset_page, is_server, shown, sqlite_file, sqlite_uri


def test_what_a_uri_says(tmp_path: Path) -> None:
    odd = tmp_path / "a b%20c" / "mlflow.db"
    assert sqlite_file(sqlite_uri(odd)) == odd
    assert sqlite_file("sqlite:///mlflow.db") == Path.cwd() / "mlflow.db"
    assert sqlite_file("sqlite:////data/mlflow.db?timeout=3") == Path("/data/mlflow.db")
    assert sqlite_file("http://host/x") is sqlite_file("sqlite:///:memory:") is None
    assert is_server("https://host") and not is_server("postgresql://host/db")
    assert shown("https://me:secret@host:5000/mlflow") == "https://host:5000/mlflow"
    assert (
        dataset_page("https://me:secret@host/mlflow/", "3", "d-1") == "https://host/mlflow/#/experiments/3/datasets/d-1"
    )
    assert dataset_page("sqlite:///mlflow.db", "3", "d-1") == "http://127.0.0.1:5000/#/experiments/3/datasets/d-1"


@pytest.mark.slow
def test_the_ui_shows_the_dataset(store_uri: str, tmp_path: Path) -> None:
    plan = make_plan()
    outbox = SqliteOutbox(tmp_path / "ledger", plan)
    commit_until(outbox, number_of_batches(plan))
    sender = Courier(outbox, store_uri, lambda: MlflowStore(store_uri), plan, outbox.strata, KEY)
    target = sender.deliver(final_state(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with serve_ui(store_uri, port=port) as ui:

        def ask(path: str, body: object = None) -> bytes:
            data = None if body is None else json.dumps(body).encode()
            request = urllib.request.Request(f"{ui.address}/{path}", data, {"Content-Type": "application/json"})
            with urllib.request.urlopen(request, timeout=30) as answer:
                return bytes(answer.read())

        assert b"<!doctype html>" in ask("")
        (dataset,) = json.loads(ask("ajax-api/3.0/mlflow/datasets/search", {"experiment_ids": [target.experiment_id]}))[
            "datasets"
        ]
        assert (dataset["dataset_id"], dataset["name"]) == (target.dataset_id, "shown")
        records = json.loads(ask(f"ajax-api/3.0/mlflow/datasets/{target.dataset_id}/records?max_results=100"))
        assert len(json.loads(records["records"])) == 40
        shard = ask(f"get-artifact?run_uuid={target.run_id}&path=shards/00000001.parquet")
        assert shard.startswith(b"PAR1")
        assert json.loads(ask("ajax-api/3.0/mlflow/ui-telemetry"))["disable_ui_telemetry"] is True
        pid = ui.process.pid
    assert ui.process.returncode == 0
    with pytest.raises(ProcessLookupError):
        os.killpg(pid, 0)


def test_a_taken_port_is_named(store_uri: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with (
            pytest.raises(InputError, match=f"127.0.0.1:{port}: cannot be served: .*in use"),
            serve_ui(store_uri, port=port),
        ):
            pass


def test_a_server_that_does_not_start_says_why() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(InputError, match="did not start"), serve_ui("nonsense://x", port=port):
        pass

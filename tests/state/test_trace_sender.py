"""Traces of conversations on their way: kept until a store has them, sent once, never waited for."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from dataset_agent.state.mlflow_store import load_mlflow
from dataset_agent.state.mlflow_traces import Step, Trace
from dataset_agent.state.paid import KeptPrompt
from dataset_agent.state.trace_sender import TraceSender
from dataset_agent.state.tracking_uri import sqlite_file

PROMPT = KeptPrompt("ab" * 32, "coordinator", "You plan. {{situation}}")


@pytest.fixture(autouse=True, scope="module")
def _mlflow() -> None:
    load_mlflow()  # so that no test measures its import


@pytest.fixture
def silent_uri() -> Iterator[str]:
    """A server that takes connections and never answers, behind a password."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://me:secret@127.0.0.1:{listener.getsockname()[1]}"


def trace(number: int, message: str = "hello") -> Trace:
    start = (1_700_000_000 + number) * 10**9
    call = Step("coordinator", "LLM", start, start + 5, [message], ["hi"], None, {}, "m", 7, 2, 3, 0.5)
    return Trace(f"turn {number}", Step("planning", "AGENT", start, start + 9, message, "hi"), [call], message, "hi")


def found(uri: str, experiment: str = "shop") -> list[Any]:
    client = MlflowClient(uri)
    there = client.get_experiment_by_name(experiment)
    assert there is not None
    return list(client.search_traces(locations=[there.experiment_id], order_by=["timestamp ASC"]))


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_conversation_arrives_with_its_prompt(store_uri: str, tmp_path: Path) -> None:
    sender = TraceSender(tmp_path / "waiting")
    for number in range(3):
        sender.take(store_uri, "shop", trace(number), [PROMPT])
    assert sender.finish() is None
    assert not (tmp_path / "waiting").exists()
    assert [one.info.client_request_id for one in found(store_uri)] == ["turn 0", "turn 1", "turn 2"]
    tags = found(store_uri)[0].info.tags
    assert json.loads(tags["mlflow.linkedPrompts"]) == [{"name": "dataset_agent.coordinator", "version": "1"}]
    assert found(store_uri)[0].info.token_usage["cache_read_input_tokens"] == 2


def test_what_a_store_did_not_take_arrives_later_once(store_uri: str, tmp_path: Path) -> None:
    database = sqlite_file(store_uri)
    assert database is not None
    whole = database.read_bytes()
    database.write_bytes(b"certainly no database" * 100)
    first = TraceSender(tmp_path / "waiting")
    first.take(store_uri, "shop", trace(0), [PROMPT])
    told = first.finish()
    assert told is not None and "file is not a database" in told and "waits for the next `agent plan`" in told
    assert len(files(tmp_path / "waiting")) == 1
    database.write_bytes(whole)
    second = TraceSender(tmp_path / "waiting")
    second.take(store_uri, "shop", trace(1), [PROMPT])
    assert second.finish() is None
    assert [one.info.client_request_id for one in found(store_uri)] == ["turn 0", "turn 1"]


def test_a_trace_that_was_sent_before_a_kill_is_not_doubled(store_uri: str, tmp_path: Path) -> None:
    """The file outlived what was sent: it is sent again, over what is there."""
    for _ in range(2):
        sender = TraceSender(tmp_path / "waiting")
        sender.take(store_uri, "shop", trace(0), [PROMPT])
        assert sender.finish() is None
    (once,) = found(store_uri)
    assert [span.name for span in once.data.spans] == ["planning", "coordinator"]


def test_nobody_waits_for_a_silent_server(silent_uri: str, tmp_path: Path) -> None:
    sender = TraceSender(tmp_path / "waiting")
    begun = time.monotonic()
    sender.take(silent_uri, "shop", trace(0))
    sender.take(silent_uri, "shop", trace(1))
    assert time.monotonic() - begun < 2
    told = sender.finish(patience_s=0.5)
    assert time.monotonic() - begun < 5
    assert told is not None and "did not answer" in told and "secret" not in told
    assert len(files(tmp_path / "waiting")) == 2
    assert not any("secret" in str(path) or b"secret" in path.read_bytes() for path in files(tmp_path / "waiting"))


def test_a_deleted_experiment_does_not_hold_up_the_others(store_uri: str, tmp_path: Path) -> None:
    client = MlflowClient(store_uri)
    client.delete_experiment(client.create_experiment("gone"))
    sender = TraceSender(tmp_path / "waiting")
    sender.take(store_uri, "gone", trace(0))
    sender.take(store_uri, "shop", trace(1))
    told = sender.finish()
    assert told is not None and "experiment 'gone' was deleted" in told
    assert [one.info.client_request_id for one in found(store_uri)] == ["turn 1"]


def test_what_nobody_may_see_is_in_no_file_and_no_trace(store_uri: str, tmp_path: Path) -> None:
    sender = TraceSender(tmp_path / "waiting", lambda text: text.replace("sk-secret", "***"))
    sender.take(store_uri, "shop", trace(0, 'my key is "sk-secret"'))
    assert sender.finish() is None
    assert found(store_uri)[0].info.request_preview == 'my key is "***"'
    assert not any(b"sk-secret" in path.read_bytes() for path in files(tmp_path))


def test_a_folder_that_cannot_be_made_is_told(store_uri: str, tmp_path: Path) -> None:
    (tmp_path / "waiting").write_text("a file")
    sender = TraceSender(tmp_path / "waiting")
    sender.take(store_uri, "shop", trace(0))
    assert sender.finish() == "The conversation could not be traced: it cannot be kept: Not a directory"


def test_a_conversation_without_traces_waits_for_nothing(tmp_path: Path) -> None:
    assert TraceSender(tmp_path / "waiting").finish() is None
    assert not (tmp_path / "waiting").exists()

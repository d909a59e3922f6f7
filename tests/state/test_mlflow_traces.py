"""Batches that agents wrote, as traces: what MLflow's own client finds of them, and that it finds each once."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import mlflow_traced
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledgers import PROMPT, Book
from mlflow import MlflowClient
from mlflow_traced import deliver, traced_plan, write_ledger
from mlflow_world import final_state

from dataset_agent.errors import TrackingError
from dataset_agent.plan import strata_of
from dataset_agent.state import mlflow_delivery
from dataset_agent.state.batch_traces import is_sampled
from dataset_agent.state.deliveries import LedgerOutbox
from dataset_agent.state.history import History
from dataset_agent.state.ledger import Ledger
from dataset_agent.state.mlflow_sink import MlflowSink
from dataset_agent.state.mlflow_store import MlflowStore, load_mlflow
from dataset_agent.state.mlflow_traces import Step, Trace, tell_trace
from dataset_agent.state.mlflow_ui import serve_ui
from dataset_agent.state.outbox import Target


@pytest.fixture(params=["database", pytest.param("server", marks=pytest.mark.slow)])
def uri(request: pytest.FixtureRequest, store_uri: str) -> Iterator[str]:
    """The URI of an empty store: of a SQLite file, or of a real server on it."""
    if request.param == "database":
        yield store_uri
        return
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with serve_ui(store_uri, port=port) as server:
        yield server.address


def traces(uri: str, run_id: str | None = None, experiment: str = "talk") -> dict[str, Any]:
    """What MLflow finds of an experiment, or of a run in it, by the number of its batch."""
    client = MlflowClient(uri)
    found = client.get_experiment_by_name(experiment)
    assert found is not None
    return {
        trace.info.tags["batch"]: trace
        for trace in client.search_traces(locations=[found.experiment_id], run_id=run_id)
    }


def test_a_trace_tells_how_a_batch_was_written(uri: str, tmp_path: Path) -> None:
    plan = traced_plan()
    write_ledger(tmp_path / "ledger", plan)
    run_id = deliver(tmp_path / "ledger", uri, plan)
    found = traces(uri, run_id)
    assert sorted(found) == ["0", "1", "2", "3", "5"]  # templates have no conversation

    info, (batch, call) = found["0"].info, found["0"].data.spans
    assert (info.state, info.trace_metadata["mlflow.sourceRun"], info.tags["tier"]) == ("OK", run_id, "easy")
    assert info.request_preview == "chat / easy: 10 wanted"
    assert info.response_preview == "10 accepted, 2 refused (duplicate 2)"
    assert (batch.name, batch.span_type, batch.parent_id) == ("batch", "WORKFLOW", None)
    told = {"wanted": 10, "attributes": {"style": "s0"}}
    assert batch.inputs == {"category": "chat", "tier": "easy", "wanted": 10, "brief": told}
    assert [one["id"] for one in batch.outputs["accepted"]] == [f"chat-{number}" for number in range(2, 12)]
    assert batch.outputs["accepted"][0] == {
        "id": "chat-2", "quality": 0.9,
        "record": {"inputs": {"text": "chat asks 2"}, "expectations": {"number": 2}},
    }  # fmt: skip
    assert [(one["reason"], one["candidate"]["expectations"]) for one in batch.outputs["refused"]] == [
        ("duplicate", {"number": 0}), ("duplicate", {"number": 1}),
    ]  # fmt: skip
    assert (call.name, call.span_type, call.parent_id) == ("worker 1", "LLM", batch.span_id)
    assert (call.start_time_ns, call.end_time_ns) == (1_700_000_000_000_000_000, 1_700_000_000_250_000_000)
    assert (call.model_name, call.outputs, call.llm_cost) == ("small", {"said": 1}, {"total_cost": 0.25})
    usage = {"input_tokens": 100, "output_tokens": 50, "total_tokens": 150, "cache_read_input_tokens": 10}
    assert call.attributes["mlflow.chat.tokenUsage"] == usage == info.token_usage
    assert (call.attributes["prompt_sha256"], call.attributes["outcome"]) == (PROMPT, "answered")


def test_calls_that_failed_are_told(uri: str, tmp_path: Path) -> None:
    plan = traced_plan()
    write_ledger(tmp_path / "ledger", plan)
    trace = traces(uri, deliver(tmp_path / "ledger", uri, plan))["1"]
    batch, failed, answered = trace.data.spans
    assert (trace.info.state, batch.status.description) == ("ERROR", "no record was accepted")
    assert (failed.status.status_code, failed.status.description, failed.outputs) == ("ERROR", "rate_limited", None)
    assert (answered.status.status_code, answered.model_name) == ("OK", "large")
    assert json.loads(trace.info.trace_metadata["mlflow.trace.cost"])["total_cost"] == 1.5


def test_a_trace_names_its_prompts(uri: str, tmp_path: Path) -> None:
    plan = traced_plan()
    write_ledger(tmp_path / "ledger", plan)
    tags = traces(uri, deliver(tmp_path / "ledger", uri, plan))["0"].info.tags
    assert json.loads(tags["mlflow.linkedPrompts"]) == [{"name": "dataset_agent.batch", "version": "1"}]


def test_nothing_is_traced_unless_the_plan_asks_for_it(store_uri: str, tmp_path: Path) -> None:
    plan = traced_plan(0.0)
    write_ledger(tmp_path / "ledger", plan)
    deliver(tmp_path / "ledger", store_uri, plan)
    assert traces(store_uri) == {}


def test_the_share_is_the_same_batches_each_time(store_uri: str, tmp_path: Path) -> None:
    plan = traced_plan(0.4, 600)
    with Book(tmp_path / "ledger", plan) as book:
        for number in range(60):
            book.small(number % 3, 10)
        wanted = {str(number) for number in range(60) if is_sampled(book.history.key(), number, 0.4)}
    deliver(tmp_path / "ledger", store_uri, plan)
    assert traces(store_uri).keys() == wanted
    assert 12 < len(wanted) < 36


@given(st.uuids(), st.floats(0, 1))
def test_a_share_is_one(key: object, share: float) -> None:
    chosen = {number for number in range(400) if is_sampled(str(key), number, share)}
    assert abs(len(chosen) - 400 * share) < 100
    assert chosen <= {number for number in range(400) if is_sampled(str(key), number, min(1, share + 0.1))}
    assert all(is_sampled(str(key), number, 1.0) and not is_sampled(str(key), number, 0.0) for number in range(400))


def check_each_once(uri: str, run_id: str | None = None) -> None:
    found = traces(uri, run_id)
    spans = {number: Counter(span.name for span in trace.data.spans) for number, trace in found.items()}
    one = Counter({"batch": 1, "worker 1": 1})
    assert spans == {"0": one, "1": one | Counter({"worker 2": 1}), "2": one, "3": one, "5": one}
    assert {trace.info.token_usage["total_tokens"] for trace in found.values()} == {150}


def test_a_failure_after_any_step_doubles_nothing(store_uri: str, tmp_path: Path) -> None:
    plan, folder = traced_plan(), tmp_path / "ledger"
    write_ledger(folder, plan)
    left, failures, run_id = [0], 0, ""

    def step() -> None:
        left[0] -= 1
        if left[0] == 0:
            raise TrackingError("the line was cut")

    while not run_id:
        failures += 1
        left[0] = failures
        try:
            run_id = deliver(folder, store_uri, plan, step)
        except TrackingError:
            continue
    assert failures > 15
    check_each_once(store_uri, run_id)


@pytest.mark.slow
def test_a_kill_after_any_step_doubles_nothing(store_uri: str, tmp_path: Path) -> None:
    command = [sys.executable, mlflow_traced.__file__, str(tmp_path / "ledger"), store_uri]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["kills"] > 15
    assert json.loads(done.stdout)["code"] == 0
    check_each_once(store_uri)


def test_traces_move_with_a_dataset_that_is_told_again(store_uri: str, tmp_path: Path) -> None:
    plan, folder = traced_plan(), tmp_path / "ledger"
    write_ledger(folder, plan)
    first = deliver(folder, store_uri, plan)
    MlflowClient(store_uri).delete_run(first)
    with Ledger(folder) as ledger:  # as if how the run ended had not been told
        target = Target(*ledger.history.target(store_uri) or ())
        LedgerOutbox(ledger).save_target(replace(target, finished=None))
    second = deliver(folder, store_uri, plan)
    assert second != first
    assert traces(store_uri, first) == {}
    check_each_once(store_uri, second)


def test_no_tracer_is_set_up(store_uri: str) -> None:
    """Telling a trace leaves the process as it was: nothing that others trace goes to MLflow, nor ours elsewhere."""
    from opentelemetry import trace as opentelemetry

    store = MlflowStore(store_uri)
    provider = opentelemetry.get_tracer_provider()
    long, odd = "much " * 1000, "half \ud800, nothing \0, ö"
    trace = Trace("k", Step("odd", "WORKFLOW", 10**18, 10**18 + 1, {"big": 2**70}, [long, odd]), [], long, odd)
    experiment_id = store.experiment("odd")
    tell_trace(store, experiment_id, trace)
    assert opentelemetry.get_tracer_provider() is provider
    (found,) = MlflowClient(store_uri).search_traces(locations=[experiment_id])
    assert (found.data.spans[0].inputs, found.data.spans[0].outputs) == (
        {"big": 2**70},
        [long, "half ?, nothing \0, ö"],
    )
    assert (len(found.info.request_preview), found.info.response_preview) == (1000, "half ?, nothing ?, ö")


class Counted(LedgerOutbox):
    """An outbox that keeps how far the target was told, each time."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(ledger)
        self.told, self._first = list[int](), threading.Event()

    def save_target(self, target: Target) -> None:
        super().save_target(target)
        self.told.append(target.delivered)
        if target.delivered:
            self._first.set()

    def wait_for_the_first(self) -> None:
        assert self._first.wait(60)


def test_many_small_batches_are_told_together(store_uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the sink rests between tellings, the end of a run does not wait for it."""
    monkeypatch.setattr(mlflow_delivery, "REST_S", 1000.0)
    load_mlflow()
    plan = traced_plan(0.0, 600)
    with Book(tmp_path / "ledger", plan) as book:
        outbox = Counted(book.ledger)
        sink = MlflowSink(outbox, store_uri, plan, strata_of(plan), book.history.key())
        sink.start()
        book.small(0, 1)
        sink.wake()
        outbox.wait_for_the_first()
        begun = time.monotonic()
        for number in range(1, 500):
            book.small(number % 3, 1)
            sink.wake()
        report = sink.finish(final_state(tmp_path))
    assert report.delivered
    assert outbox.told == [0, 1, 500, 500]
    assert time.monotonic() - begun < 500


def test_answers_stay_in_the_ledger_but_for_traces(tmp_path: Path) -> None:
    write_ledger(tmp_path / "ledger", traced_plan())
    with History(tmp_path / "ledger") as history:
        assert [call.answer for call in history.conversation_of(1)] == [None, b'{"said": 1}']
        assert [call.answer for call in history.calls_of(1)] == [None, None]
        assert [(prompt.name, prompt.sha256, prompt.text) for prompt in history.prompts()] == [
            ("batch", PROMPT, "the prompt")
        ]

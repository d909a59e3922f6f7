"""What MLflow knows of agents: the prompts they used, sampled batches and planning conversations as traces."""

import json
import socket
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from agent_runs import MODES, asked, model, no_key, orders, run, serve, started
from commands import AGENT, Agent, Ran
from mlflow import MlflowClient
from model_server import Delay, Error, Hang, ModelServer, Text, ToolCalls, faulty, records_brain, scripted

pytestmark = pytest.mark.slow

NAME = "large_eval_set"
PRICES = {"price_in": 1.0, "price_out": 2.0}
PLAN = {
    "dataset_name": "shop",
    "categories": [
        {
            "name": "orders",
            "count": 20,
            "templates": [{"inputs": {"text": "Where is order {n}?"}, "expectations": {"n": "{n}"}}],
            "slots": {"n": {"range": [1, 500]}},
        }
    ],
}


def traces(agent: Agent, experiment: str, run_id: str | None = None) -> list[Any]:
    """What MLflow finds in an experiment, the oldest first."""
    client = MlflowClient(agent.env["MLFLOW_TRACKING_URI"])
    there = client.get_experiment_by_name(experiment)
    if there is None:
        return []
    found = client.search_traces(locations=[there.experiment_id], run_id=run_id, order_by=["timestamp ASC"])
    return list(found)


def only_run(agent: Agent, experiment: str = NAME) -> Any:
    client = MlflowClient(agent.env["MLFLOW_TRACKING_URI"])
    there = client.get_experiment_by_name(experiment)
    assert there is not None
    (found,) = client.search_runs([there.experiment_id])
    return found


def talk(agent: Agent, text: str, *args: str) -> Ran:
    """`agent plan` with what is typed on a pipe."""
    done = subprocess.run(
        [*AGENT, "plan", *args],
        input=text,
        cwd=agent.folder,
        env=agent.env,
        text=True,
        capture_output=True,
        timeout=120,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Ran(done.returncode, done.stdout, done.stderr)


@contextmanager
def no_strangers(agent: Agent) -> Iterator[None]:
    """The block sends nothing to a host that is not this machine: it would have to ask the proxy that is set."""
    asked_for: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as proxy:

        def listen() -> None:
            while True:
                try:
                    connection, _ = proxy.accept()
                except OSError:
                    return
                with connection:
                    asked_for.append(connection.recv(200))

        thread = threading.Thread(target=listen)
        thread.start()
        address = f"http://127.0.0.1:{proxy.getsockname()[1]}"
        names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
        agent.env |= {name: address for name in (*names, *map(str.lower, names))}
        agent.env |= {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
        try:
            yield
        finally:
            proxy.shutdown(socket.SHUT_RDWR)
            thread.join()
    assert asked_for == []


@MODES
def test_a_run_is_traced_from_the_call_to_the_record(agent: Agent, mode: str) -> None:
    plan = orders(40, mlflow={"trace_share": 1.0}, models=model(**PRICES), generation={"mode": mode})
    agent.plan(plan)
    brain = records_brain(count=lambda wanted: max(1, wanted - 3))  # each batch takes several calls
    with ModelServer(faulty(brain, {2: Error(429, headers={"retry-after-ms": "1"})})) as server, no_strangers(agent):
        serve(agent, server)
        told = run(agent)
    run_id = only_run(agent).info.run_id
    found = traces(agent, NAME, run_id)
    assert len(found) == asked(agent, NAME, "SELECT COUNT(*) FROM batches WHERE position IS NOT NULL")[0][0]
    accepted = [one for trace in found for one in trace.data.spans[0].outputs["accepted"]]
    assert sorted(one["id"] for one in accepted) == sorted(row["id"] for row in told.rows)
    assert {json.dumps(one["record"], sort_keys=True) for one in accepted} == told.texts
    calls = [span for trace in found for span in trace.data.spans[1:]]
    assert Counter(call.status.status_code for call in calls) == {"OK": told.metadata["usage"]["calls"], "ERROR": 1}
    assert {call.model_name for call in calls} == {"m"}
    assert sum(call.llm_cost["total_cost"] for call in calls) == pytest.approx(told.metadata["usage"]["cost_usd"])
    for name, total in (("input_tokens", "tokens_in"), ("output_tokens", "tokens_out")):
        assert sum(trace.info.token_usage[name] for trace in found) == told.metadata["usage"][total]
    for call in calls:
        assert call.status.status_code == "ERROR" or call.outputs
        assert call.end_time_ns > call.start_time_ns
    no_key(agent, Ran(0, "", ""))


def test_prompts_are_registered_whether_or_not_runs_are_traced(agent: Agent) -> None:
    agent.plan(orders(20, mlflow={}))
    with ModelServer(records_brain()) as server:
        serve(agent, server)
        run(agent, "--model", "m")
        agent.plan(orders(30, mlflow={}))
        run(agent, "--model", "m")
    assert traces(agent, NAME) == []
    kept = {sha256: (name, text) for sha256, name, text in asked(agent, NAME, "SELECT sha256, name, text FROM prompts")}
    client = MlflowClient(agent.env["MLFLOW_TRACKING_URI"], agent.env["MLFLOW_TRACKING_URI"])
    named = {key: value for key, value in only_run(agent).data.tags.items() if key.startswith("prompt/")}
    assert named == {f"prompt/dataset_agent.{name}/1": sha256 for sha256, (name, _) in kept.items()}
    for sha256, (name, text) in kept.items():
        (version,) = client.search_prompt_versions(f"dataset_agent.{name}")
        assert (version.template, version.tags["sha256"]) == (text, sha256)


@MODES
def test_after_kills_each_batch_has_one_trace(agent: Agent, mode: str) -> None:
    agent.plan(
        orders(60, mlflow={"trace_share": 1.0}, generation={"mode": mode, "batch_size": 5, "max_concurrency": 4})
    )
    brain = records_brain(count=lambda wanted: max(1, wanted // 2))
    slow = lambda request: Delay(0.05, brain(request))  # noqa: E731 - so that MLflow is told in between
    with ModelServer(slow) as server:
        serve(agent, server)
        for calls in (8, 20):
            server.answer = faulty(slow, lambda number, calls=calls: Hang() if number > calls else None)
            with started(agent, "--model", "m") as process:
                server.wait_until(lambda it, calls=calls: len(it.answered) + len(it.unfinished) == calls)
                process.kill()
        server.answer = brain
        told = run(agent, "--model", "m")
    found = traces(agent, NAME, only_run(agent).info.run_id)
    spans = {trace.info.tags["batch"]: len(trace.data.spans) - 1 for trace in found}
    made = asked(agent, NAME, "SELECT batch, COUNT(*) FROM calls GROUP BY batch")
    assert spans == {str(batch): count for batch, count in made}
    assert len(found) == len(spans)
    accepted = [one["id"] for trace in found for one in trace.data.spans[0].outputs["accepted"]]
    assert sorted(accepted) == sorted(row["id"] for row in told.rows)


def test_a_conversation_is_traced_message_by_message(agent: Agent) -> None:
    (agent.folder / "notes.txt").write_text("Orders have numbers.")
    steps = [
        Text("What kinds of questions?"),
        ToolCalls([("read_file", {"path": "notes.txt"}), ("propose_plan", {"plan": PLAN})], "Let me see. "),
        Text("Twenty orders, then."),
        ToolCalls([("save_plan", {}), ("start_run", {})]),
        Text("As you wish."),
    ]
    mine = "sk-mine-0123456789abcdefghij"
    with ModelServer(scripted(steps)) as server, no_strangers(agent):
        agent.env |= {**server.env, "DATASET_AGENT_MODEL": "test-model"}
        done = talk(agent, f"questions to a shop, my key is {mine}\nsee notes.txt\nstart\nnot yet\n")
    assert (done.code, done.err) == (0, "")
    (first,), (second, third) = traces(agent, "planning"), traces(agent, "shop")
    assert first.info.request_preview == "questions to a shop, my key is ***"
    assert first.info.response_preview == "What kinds of questions?"
    assert [(span.name, span.span_type) for span in second.data.spans] == [
        ("planning", "AGENT"), ("coordinator", "LLM"), ("read_file", "TOOL"), ("propose_plan", "TOOL"),
        ("coordinator", "LLM"),
    ]  # fmt: skip
    whole, call, read, proposed, last = second.data.spans
    assert (whole.inputs, whole.outputs) == ({"message": "see notes.txt"}, {"answer": "Twenty orders, then."})
    assert [item["name"] for item in call.outputs if item["type"] == "function_call"] == ["read_file", "propose_plan"]
    assert (read.inputs, read.outputs["content"]) == ({"path": "notes.txt"}, "Orders have numbers.")
    assert proposed.inputs["plan"]["dataset_name"] == "shop" and proposed.outputs["saved"] is False
    assert call.end_time_ns <= read.start_time_ns <= read.end_time_ns <= last.start_time_ns
    assert call.attributes["mlflow.chat.tokenUsage"]["input_tokens"] == len(server.requests[1].raw) // 4
    assert (call.model_name, second.info.state) == ("test-model", "OK")
    assert [span.name for span in third.data.spans[1:]] == ["coordinator", "save_plan", "coordinator"]
    refused = [item["output"] for item in third.data.spans[-1].inputs]
    assert any("They said: not yet" in output for output in refused)
    assert len({trace.info.trace_metadata["mlflow.trace.session"] for trace in (first, second, third)}) == 1
    assert json.loads(first.info.tags["mlflow.linkedPrompts"]) == [
        {"name": "dataset_agent.coordinator", "version": "1"}
    ]
    assert not (agent.folder / "checkpoints/.traces").exists()
    no_key(agent, done)
    assert mine.encode() not in (agent.folder / "mlflow.db").read_bytes()


def test_an_endpoint_that_does_not_tell_its_tokens_is_asked_once(agent: Agent) -> None:
    words = {"message": "Extra inputs are not permitted: stream_options", "type": "x", "code": None, "param": None}
    steps = [Error(400, {"error": words}), Text("Hello."), Text("Still here.")]
    with ModelServer(scripted(steps)) as server:
        agent.env |= {**server.env, "DATASET_AGENT_MODEL": "test-model"}
        assert talk(agent, "hello\nagain\n").code == 0
    assert ["stream_options" in request.body for request in server.requests] == [True, False, False]
    for trace in traces(agent, "planning"):
        assert (trace.info.state, len(trace.data.spans), trace.info.token_usage) == ("OK", 2, None)


def test_a_failure_is_traced_without_its_key(agent: Agent) -> None:
    key = "key.that-nothing-else-holds.0123456789"
    wrong = Error(401, {"error": {"message": f"{key} is wrong", "type": "auth", "code": None, "param": None}})
    with ModelServer(scripted([wrong, Text("Here I am.")])) as server:
        agent.env |= {**server.env, "DATASET_AGENT_MODEL": "test-model", "OPENAI_API_KEY": key}
        done = talk(agent, "hello\nagain\n")
    failed, answered = traces(agent, "planning")
    assert (failed.info.state, answered.info.state) == ("ERROR", "OK")
    assert "*** is wrong" in failed.data.spans[1].status.description
    no_key(agent, done)


def test_a_plan_without_mlflow_is_not_traced(agent: Agent) -> None:
    agent.plan({**PLAN, "mlflow": False}, "shop.json")
    with ModelServer(scripted([Text("Hello.")])) as server:
        agent.env |= {**server.env, "DATASET_AGENT_MODEL": "test-model"}
        assert talk(agent, "hello\n", "shop.json").code == 0
    assert not (agent.folder / "mlflow.db").exists()
    assert not (agent.folder / "checkpoints/.traces").exists()


def test_a_conversation_goes_to_the_plans_experiment(agent: Agent) -> None:
    agent.plan({**PLAN, "mlflow": {"experiment": "all my shops"}}, "shop.json")
    with ModelServer(scripted([Text("Hello.")])) as server:
        agent.env |= {**server.env, "DATASET_AGENT_MODEL": "test-model"}
        assert talk(agent, "hello\n", "shop.json").code == 0
    assert len(traces(agent, "all my shops")) == 1


def test_what_a_dead_store_missed_is_told_and_sent_later(agent: Agent) -> None:
    database = Path(agent.folder / "mlflow.db")
    database.write_bytes(b"certainly no database" * 100)
    with ModelServer(scripted([Text("Hello."), Text("Hello again.")])) as server:
        agent.env |= {**server.env, "DATASET_AGENT_MODEL": "test-model"}
        done = talk(agent, "hello\n")
        assert done.code == 0
        assert "file is not a database; what it missed of this conversation waits for the next `agent plan`" in done.out
        no_key(agent, done)
        database.unlink()
        assert talk(agent, "still there?\n").code == 0
    assert [trace.info.request_preview for trace in traces(agent, "planning")] == ["hello", "still there?"]

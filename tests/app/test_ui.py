"""`agent ui` on the store of a real run."""

import signal
import socket
import urllib.request

import pytest
from commands import Agent
from plans import questions


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.mark.slow
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_the_ui_opens_at_the_dataset_and_stops_with_the_command(agent: Agent, ending: signal.Signals) -> None:
    agent.plan(questions(mlflow={}))
    assert agent("run", "plan.json").code == 0
    port = free_port()
    process = agent.start("ui", "questions", "--port", str(port))
    assert process.stdout is not None
    told = process.stdout.readline()
    assert f"http://127.0.0.1:{port}/#/experiments/1/datasets/d-" in told
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as page:
        assert b"MLflow" in page.read()
    process.send_signal(ending)
    process.communicate(timeout=60)
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", port), 2).close()


def test_there_may_be_no_store_yet(agent: Agent) -> None:
    ran = agent("ui")
    assert ran.code == 2
    assert "there is no store yet" in ran.err

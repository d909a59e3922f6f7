"""Prompts in MLflow's registry: one version a text, whoever asks and however often."""

from __future__ import annotations

import hashlib
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from mlflow import MlflowClient
from mlflow_world import KEY, SqliteOutbox, commit_until, final_state, make_plan, number_of_batches

from dataset_agent.agents.prompts import load_prompt
from dataset_agent.errors import TrackingError
from dataset_agent.plan import Plan
from dataset_agent.state.mlflow_delivery import Courier
from dataset_agent.state.mlflow_prompts import LINKS_TAG, Registered, links, register, registered_name
from dataset_agent.state.mlflow_store import MlflowStore
from dataset_agent.state.mlflow_ui import serve_ui
from dataset_agent.state.paid import KeptPrompt


def kept(name: str, text: str) -> KeptPrompt:
    return KeptPrompt(hashlib.sha256(text.encode()).hexdigest(), name, text)


BATCH = kept("batch", "Write {{wanted}} records of {{category}}.\n")
BETTER = kept("batch", "Write {{wanted}} good records of {{category}}.\n")
GENERATOR = kept("generator", "You write records. {{way}}\n")


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


def versions(uri: str, name: str) -> dict[int, str]:
    """The texts of a registered prompt, by version."""
    found = MlflowClient(uri, uri).search_prompt_versions(f"dataset_agent.{name}")
    return {int(one.version): one.template for one in found}


def courier(outbox: SqliteOutbox, uri: str, plan: Plan) -> Courier:
    return Courier(outbox, uri, lambda: MlflowStore(uri), plan, outbox.strata, KEY)


def test_a_text_is_registered_once(uri: str) -> None:
    store = MlflowStore(uri)
    first, second = store.experiment("first"), store.experiment("second")
    assert register(store, BATCH, first) == register(store, BATCH, first) == Registered("dataset_agent.batch", 1)
    assert register(store, BETTER, first) == Registered("dataset_agent.batch", 2)
    assert register(MlflowStore(uri), BATCH, second) == Registered("dataset_agent.batch", 1)
    assert versions(uri, "batch") == {1: BATCH.text, 2: BETTER.text}
    client = MlflowClient(uri, uri)
    one = client.get_prompt_version("dataset_agent.batch", 2)
    assert one is not None and one.tags["sha256"] == BETTER.sha256
    assert one.format(wanted=3, category="chat") == "Write 3 good records of chat.\n"
    for experiment_id in (first, second):  # the prompts that the UI lists with an experiment
        assert [p.name for p in client.search_prompts(f'experiment_id = "{experiment_id}"')] == ["dataset_agent.batch"]
    assert client.search_prompts('experiment_id = "0"') == []


def test_our_prompts_come_back_as_they_are(store_uri: str) -> None:
    store = MlflowStore(store_uri)
    experiment_id = store.experiment("all")
    for name in ("batch", "coordinator", "generator", "paraphraser", "repair", "template_writer"):
        prompt = load_prompt(name)
        found = register(store, KeptPrompt(prompt.sha256, prompt.name, prompt.text), experiment_id)
        assert found == Registered(f"dataset_agent.{name}", 1)
        assert versions(store_uri, name) == {1: prompt.text}
    coordinator = MlflowClient(store_uri, store_uri).get_prompt_version("dataset_agent.coordinator", 1)
    assert coordinator is not None and coordinator.variables == {"plan_format", "situation"}


def test_a_run_names_the_versions_it_used(uri: str, tmp_path: Path) -> None:
    plan = make_plan()
    outbox = SqliteOutbox(tmp_path / "ledger", plan)
    outbox.kept_prompts = [GENERATOR, BATCH]
    commit_until(outbox, 3)
    run_id = courier(outbox, uri, plan).deliver().run_id
    commit_until(outbox, 5)
    courier(outbox, uri, plan).deliver()  # a resumed run
    outbox.kept_prompts = [GENERATOR, BATCH, BETTER]  # the program was updated
    commit_until(outbox, number_of_batches(plan))
    courier(outbox, uri, plan).deliver(final_state(tmp_path))
    tags = MlflowClient(uri, uri).get_run(str(run_id)).data.tags
    assert {key: value for key, value in tags.items() if key.startswith("prompt/")} == {
        "prompt/dataset_agent.generator/1": GENERATOR.sha256,
        "prompt/dataset_agent.batch/1": BATCH.sha256,
        "prompt/dataset_agent.batch/2": BETTER.sha256,
    }
    named = [(one["name"].removeprefix("dataset_agent."), one["version"]) for one in json.loads(tags[LINKS_TAG])]
    assert named == [("generator", "1"), ("batch", "1"), ("batch", "2")]
    assert (len(versions(uri, "generator")), len(versions(uri, "batch"))) == (1, 2)


def test_a_failure_after_any_step_doubles_no_version(store_uri: str) -> None:
    left, failures, done = [0], 0, False

    def step() -> None:
        left[0] -= 1
        if left[0] == 0:
            raise TrackingError("the line was cut")

    while not done:
        failures += 1
        left[0] = failures
        try:
            store = MlflowStore(store_uri, step)
            experiment_id = store.experiment("cut")
            for prompt in (GENERATOR, BATCH, BETTER):
                register(store, prompt, experiment_id)
            done = True
        except TrackingError:
            continue
    assert failures > 8
    assert versions(store_uri, "generator") == {1: GENERATOR.text}
    assert versions(store_uri, "batch") == {1: BATCH.text, 2: BETTER.text}


def test_a_prompt_without_versions_gets_one(store_uri: str) -> None:
    """As a kill may leave it."""
    MlflowClient(store_uri, store_uri).create_prompt("dataset_agent.batch")
    store = MlflowStore(store_uri)
    assert register(store, BATCH, store.experiment("any")).version == 1


def test_many_versions_are_looked_through(store_uri: str) -> None:
    client, store = MlflowClient(store_uri, store_uri), MlflowStore(store_uri)
    experiment_id = store.experiment("any")
    register(store, BATCH, experiment_id)
    for number in range(101):  # a page of the registry holds 100
        client.create_prompt_version("dataset_agent.batch", f"other {number}")
    assert register(store, BATCH, experiment_id).version == 1


def test_a_model_of_the_same_name_is_an_error(store_uri: str) -> None:
    MlflowClient(store_uri, store_uri).create_registered_model("dataset_agent.batch")
    store = MlflowStore(store_uri)
    with pytest.raises(TrackingError, match="registered as a model"):
        register(store, BATCH, store.experiment("any"))


def test_names_and_links() -> None:
    assert registered_name("judge v2/ä") == "dataset_agent.judge_v2__"
    value = links([Registered("a", 1), Registered("a", 2)])
    assert links([Registered("a", 2), Registered("b", 1)], value) == links(
        [Registered("a", 1), Registered("a", 2), Registered("b", 1)]
    )
    assert len(json.loads(links(Registered("dataset_agent.generator", n) for n in range(500)))) == 100

"""Snapshots: what they hold, when they are written, and runs that are started from them."""

import asyncio
import json
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from agent_runs import orders, tickets
from api_world import build, enter, held_from, lines, until, use, within
from commands import Agent
from model_server import Gate, ModelServer, records_brain
from plans import people, questions

from dataset_agent import DatasetBuilder, DatasetBuilderConfig, InputError
from dataset_agent.app.running import RunOptions, run
from dataset_agent.app.snapshots.writing import KEPT, Mark, Snapshots, marks, write_snapshot
from dataset_agent.display import Quiet
from dataset_agent.settings import Settings
from dataset_agent.state.history import History

KEYS = [
    "dataset_name",
    "instances_created",
    "total_instances_planned",
    "timestamp",
    "dataset_plan",
    "created_instances",
]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return enter(tmp_path, monkeypatch)


async def stopped(plan: Any, after: int, **config: Any) -> None:
    """Run a plan until so many records were read, or some more."""
    async with DatasetBuilder(DatasetBuilderConfig(**config)).start(plan) as building:
        count = 0
        async for _ in building:
            count += 1
            if count == after:
                building.stop()


def moved(name: str, file: str = "moved.json") -> dict[str, Any]:
    """The last snapshot of a dataset, copied to the current folder as if to another machine."""
    found = max(Path("checkpoints", name, "snapshots").iterdir(), key=lambda path: int(path.stem.split("_")[1]))
    shutil.copy(found, file)
    value: dict[str, Any] = json.loads(Path(file).read_text())
    return value


def elsewhere() -> dict[str, str]:
    return {"checkpoint_dir": "elsewhere", "output_dir": "made"}


def by_id(rows: list[dict[str, Any]]) -> dict[str, Any]:
    assert len({row["id"] for row in rows}) == len(rows)
    return {row["id"]: row["record"] for row in rows}


# ---- what they hold -----------------------------------------------------------------------------------------


def test_a_snapshot_holds_the_plan_and_the_records_so_far() -> None:
    within(stopped(people(100, output={"shard_rows": 10}), 30, checkpoint_interval=10))
    found = moved("people")
    assert list(found) == KEYS
    assert found["dataset_name"] == "people"
    assert found["total_instances_planned"] == 100
    assert 30 <= found["instances_created"] == len(found["created_instances"]) < 100
    assert found["dataset_plan"]["categories"][0]["count"] == 100
    assert datetime.fromisoformat(found["timestamp"]).tzinfo is not None
    rows = lines(Path("datasets/people/all.jsonl"))
    assert [{k: v for k, v in row.items() if k != "batch"} for row in found["created_instances"]] == rows


def test_a_snapshot_of_nothing_is_whole_too(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate()

    async def early(server: ModelServer) -> Path:
        async with DatasetBuilder(DatasetBuilderConfig(worker_model="m")).start(orders(10)) as building:
            await until(server, lambda it: it.in_flight > 0)
            file = await building.snapshot()
            gate.open()
        return file

    with held_from(1, gate) as server:
        use(server, monkeypatch)
        file = within(early(server))
        assert file == Path("checkpoints/large_eval_set/snapshots/checkpoint_0.json")
        assert json.loads(file.read_text())["created_instances"] == []
        shutil.copy(file, "nothing.json")
        assert build("nothing.json", worker_model="m", **elsewhere()).counts["accepted"] == 10


def test_snapshots_on_request_are_written_without_checkpointing_too() -> None:
    async def ask() -> Path:
        async with DatasetBuilder(DatasetBuilderConfig(enable_checkpointing=False)).start(people(40)) as building:
            await building.result()
            return await building.snapshot()

    file = within(ask())
    assert file.name == "checkpoint_40.json"
    assert [path.name for path in file.parent.iterdir()] == ["checkpoint_40.json"]


def test_each_interval_is_marked_at_the_commit_that_crossed_it() -> None:
    build(people(95, output={"shard_rows": 10}), enable_checkpointing=False)
    with History(Path("checkpoints/people")) as history:
        assert marks(history, Mark(), 30) == [Mark(3, 30), Mark(6, 60), Mark(9, 90), Mark(10, 95)]
        assert marks(history, Mark(3, 30), 30) == [Mark(6, 60), Mark(9, 90), Mark(10, 95)]
        assert marks(history, Mark(), 7)[:-1] == [Mark(8, 80), Mark(9, 90), Mark(10, 95)], "the last three"
        assert marks(history, Mark(10, 95), 30) == [Mark(10, 95)]
    file = write_snapshot(Path("checkpoints/people"), Path("half.json"), Mark(5, 50))
    assert len(json.loads(file.read_text())["created_instances"]) == 50


def test_what_keeps_snapshots_from_being_written_does_not_fail_the_run(caplog: pytest.LogCaptureFixture) -> None:
    build(people(30), enable_checkpointing=False)
    Path("checkpoints/people/snapshots").write_text("in the way")
    assert build(people(60), checkpoint_interval=10).status == "complete"
    assert "Snapshots are missing: " in caplog.text


def test_snapshots_that_take_long_stand_for_several() -> None:
    Path("plan.json").write_text(json.dumps(people(400, output={"shard_rows": 10})))
    snapshots = Snapshots(10, print, slow_s=-1.0)
    run(RunOptions(Path("plan.json")), Settings.read(), Quiet(), watch=snapshots)
    files = list(Path("checkpoints/people/snapshots").iterdir())
    assert len(files) <= KEPT
    last = json.loads(Path("checkpoints/people/snapshots/checkpoint_400.json").read_text())
    assert len(last["created_instances"]) == 400


# ---- the command line ---------------------------------------------------------------------------------------


def test_agent_status_writes_a_snapshot_and_agent_run_starts_from_it(agent: Agent) -> None:
    agent.plan(questions())
    assert agent("run", "plan.json").code == 0
    ran = agent("status", "questions", "--snapshot", "there.json", "--json")
    assert (ran.code, ran.json["accepted"]) == (0, 120), ran.err
    assert agent("status", "questions", "--snapshot", "there.json").code == 0, "a snapshot is replaced"
    refused = agent("status", "questions", "--snapshot", "plan.json")
    assert (refused.code, "is no snapshot" in refused.err) == (2, True)
    assert agent("status", "--snapshot", "x.json").code == 2
    resumed = agent("run", "there.json", "--json")
    assert (resumed.code, resumed.json["counts"]["accepted"]) == (0, 120), resumed.err
    begun = agent("run", "there.json", "--checkpoint-dir", "elsewhere", "--out", "made")
    assert begun.code == 0, begun.err
    assert "Adopted 120 records of there.json\n" in begun.err
    assert by_id(lines(agent.folder / "made/all.jsonl")) == by_id(lines(agent.folder / "datasets/questions/all.jsonl"))
    both = agent("run", "there.json", "--recover-from-mlflow", "--checkpoint-dir", "third", "--out", "more")
    assert (both.code, "exclude each other" in both.err) == (2, True)


# ---- a run from a snapshot whose ledger is there ------------------------------------------------------------


def test_where_its_ledger_is_there_the_run_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    config = {"worker_model": "m", "batch_size": 5, "enable_parallel_generation": False}
    with ModelServer(records_brain()) as server:
        use(server, monkeypatch)
        within(stopped(orders(40), 10, checkpoint_interval=5, **config))
        found = moved("large_eval_set")
        calls = len(server.answered)
        result = build("moved.json", **config)
        assert (result.status, result.usage["calls"]) == ("complete", 8)
        assert len(server.answered) == 8 > calls
        assert not server.paid_twice()
    rows = by_id(lines(result.out / "all.jsonl"))
    assert all(rows[row["id"]] == row["record"] for row in found["created_instances"])


def test_its_sources_are_where_the_ledger_found_them(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plans = here / "plans"
    plans.mkdir()
    (plans / "facts.csv").write_text("city,country\n" + "".join(f"C{n},L{n}\n" for n in range(900)))
    category = {
        "name": "places", "count": 600,
        "templates": ["Where is {place.city}?"], "slots": {"place": {"source": "facts"}},
    }  # fmt: skip
    plan = {
        "dataset_name": "places", "mlflow": False, "output": {"shard_rows": 50},
        "sources": {"facts": {"path": "facts.csv"}}, "categories": [category],
    }  # fmt: skip
    (plans / "plan.json").write_text(json.dumps(plan))
    within(stopped("plans/plan.json", 100, checkpoint_interval=50))
    moved("places")
    monkeypatch.chdir(plans)
    assert build("../moved.json", checkpoint_dir="../checkpoints", output_dir="../datasets").status == "complete"
    monkeypatch.chdir(here)
    with pytest.raises(InputError, match=r"facts\.csv: cannot be read"):
        build("moved.json", **elsewhere())
    shutil.copy("plans/facts.csv", "facts.csv")
    assert build("moved.json", **elsewhere()).counts["accepted"] == 600, "beside the snapshot they are found"


def test_a_ledger_with_fewer_records_is_not_the_snapshot_s() -> None:
    plan = people(60, output={"shard_rows": 10})
    build(plan)
    moved("people")
    shutil.rmtree("checkpoints")
    within(stopped(people(60, output={"shard_rows": 5}), 5))
    with pytest.raises(InputError, match=r"fewer than the 60 of moved\.json"):
        build("moved.json")
    result = build("moved.json", fresh=True)
    assert (result.status, result.counts["rejected"]) == ("complete", {})
    assert len([path for path in Path("checkpoints").iterdir() if ".aside-" in path.name]) == 1


def test_a_plan_that_was_changed_in_the_snapshot_is_refused_as_ever() -> None:
    build(people(30))
    found = moved("people")
    found["dataset_plan"]["seed"] = 99
    Path("moved.json").write_text(json.dumps(found))
    with pytest.raises(InputError, match="the checkpoint of another plan"):
        build("moved.json")
    Path("checkpoints/people/ledger.db").unlink()
    with pytest.raises(InputError, match=r"is no checkpoint, but holds .*, or run one of its snapshots"):
        build(people(30))


# ---- a run from a snapshot alone ----------------------------------------------------------------------------


def test_records_of_agents_are_adopted_and_none_is_written_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    config = {"worker_model": "m", "batch_size": 5}
    plan = tickets(60)
    del plan["mlflow"]
    with ModelServer(records_brain()) as server:
        use(server, monkeypatch)
        within(stopped(plan, 20, enable_parallel_generation=False, **config))
        found = moved("tickets")
        before = found["instances_created"]
        calls = len(server.answered)
        result = build("moved.json", **config, **elsewhere())
        assert len(server.answered) - calls == result.usage["calls"]
        assert result.usage["calls"] * 5 < 60 - before + 3 * 5
    assert result.status == "complete"
    rows = lines(result.out / "all.jsonl")
    assert [
        {**row, "batch": old["batch"]} for row, old in zip(rows, found["created_instances"], strict=False)
    ] == found["created_instances"]
    assert len(by_id(rows)) == 60
    with History(Path("elsewhere/tickets")) as history:
        adopted = [one for one in history.committed() if one.batch.attempt == 0]
        assert sum(one.accepted for one in adopted) == before
        (target,) = (row for row in [history.target(f"sqlite:///{Path.cwd()}/mlflow.db")])
        assert target is not None and target[4] == history.commits(), "MLflow was told of them"


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_records_of_templates_are_adopted_with_their_prompts(form: str) -> None:
    within(stopped(people(300, output={"shard_rows": 20, "format": form}), 100, checkpoint_interval=20))
    found = moved("people")
    result = build("moved.json", **elsewhere())
    assert (result.status, result.counts["accepted"]) == ("complete", 300)
    again = within(_all("moved.json", **elsewhere()))
    for row, old in zip(again, found["created_instances"], strict=False):
        assert {**row, "batch": old["batch"]} == old
    assert all(row["prompt"] for row in again)


async def _all(plan: Any, **config: Any) -> list[dict[str, Any]]:
    async with DatasetBuilder(DatasetBuilderConfig(**config)).start(plan) as building:
        return [record async for record in building]


def test_what_templates_have_left_is_counted_right() -> None:
    """A plan that wants nearly all its templates can give: what is adopted takes away just what was tried."""
    plan = questions(5000, output={"shard_rows": 100})
    within(stopped(plan, 2000))
    found = moved("questions")
    result = build("moved.json", **elsewhere())
    assert (result.status, result.counts["accepted"]) == ("complete", 5000)
    rows = by_id(lines(result.out / "all.jsonl"))
    assert all(rows[row["id"]] == row["record"] for row in found["created_instances"])
    for row in found["created_instances"]:
        del row["batch"]
    Path("plain.json").write_text(json.dumps(found, indent=1))
    without = build("plain.json", checkpoint_dir="third", output_dir="more")
    assert (without.status, len(by_id(lines(without.out / "all.jsonl")))) == ("complete", 5000)


def test_the_sides_of_a_split_are_as_they_would_have_been() -> None:
    build(questions(600))
    moved("questions")
    result = build("moved.json", **elsewhere())
    sides = [by_id(lines(Path(folder, "questions", "test.jsonl"))) for folder in ("datasets", "made")]
    assert sides[0] == sides[1]
    assert result.counts["rejected"] == {}


def test_records_that_the_checks_refuse_are_kept_as_refused_and_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    with ModelServer(records_brain()) as server:
        use(server, monkeypatch)
        build(tickets(20), worker_model="m", batch_size=5)
        found = moved("tickets")
        broken = found["created_instances"][3]
        broken["record"]["priority"] = "whenever"
        found["created_instances"][7]["record"] = found["created_instances"][6]["record"]
        Path("moved.json").write_text(json.dumps(found))
        result = build("moved.json", worker_model="m", **elsewhere())
    assert result.status == "complete"
    assert result.counts["rejected"] == {"schema": 1, "duplicate": 1}
    refused = lines(result.out / "rejected.jsonl")
    assert broken["record"] in [row["candidate"] for row in refused]
    assert broken["id"] not in by_id(lines(result.out / "all.jsonl"))


def test_an_adoption_that_takes_the_place_of_its_own_folder_keeps_the_snapshots() -> None:
    build(people(40))
    ledger = Path("checkpoints/people/ledger.db")
    ledger.unlink()
    snapshot = Path("checkpoints/people/snapshots/checkpoint_40.json")
    assert build(snapshot).status == "complete"
    assert snapshot.is_file()
    assert ledger.is_file()


def _without(key: str) -> Any:
    return lambda found: found.pop(key)


def _first(**keys: Any) -> Any:
    return lambda found: found["created_instances"][0].update(keys)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (_without("instances_created"), r"\$\.instances_created: must be a count"),
        (_without("created_instances"), r"\$\.instances_created: says 40, but 0 are there"),
        (lambda found: found["created_instances"].pop(), r"says 40, but 39 are there"),
        (lambda found: found.update(dataset_plan=[]), r"\$\.dataset_plan: must be an object"),
        (lambda found: found["dataset_plan"].update(sed=1), r"dataset_plan: \$\.sed: unknown key 'sed'"),
        (lambda found: found["dataset_plan"]["categories"][0].update(count=30), r"\[30\]: is one more than the 30"),
        (lambda found: found["created_instances"].append(1), r"\$\.created_instances\[40\]: must be an object"),
        (lambda found: found["created_instances"][0].pop("id"), r"\[0\]: has no 'id'"),
        (_first(id="people-01"), r"\[0\]\.id: 'people-01' is no id of 'people'"),
        (_first(id="people-1"), r"has 'people-1' twice"),
        (_first(category="persons"), r"no category 'persons' with the tier None"),
        (_first(tier=["x"]), r"\[0\]: the plan has no category"),
        (_first(quality=2), r"\[0\]\.quality: must be a number from 0 to 1"),
        (_first(prompt=None), r"\[0\]\.prompt: 'people' needs a prompt"),
        (_first(surprise=1), r"\[0\]: has unknown keys: 'surprise'"),
    ],
)
def test_what_is_no_snapshot_of_its_plan_is_refused_and_nothing_is_left(spoil: Any, told: str, here: Path) -> None:
    build(people(40), enable_checkpointing=False)
    write_snapshot(Path("checkpoints/people"), Path("moved.json"))
    found = json.loads(Path("moved.json").read_text())
    spoil(found)
    Path("moved.json").write_text(json.dumps(found))
    with pytest.raises(InputError, match=told):
        build("moved.json", **elsewhere())
    assert not (here / "made").exists()
    assert not (here / "elsewhere").exists() or list((here / "elsewhere").iterdir()) == []


def test_a_snapshot_that_was_cut_off_is_refused() -> None:
    build(people(40))
    moved("people")
    text = Path("moved.json").read_text()
    Path("moved.json").write_text(text[: len(text) // 2])
    with pytest.raises(InputError, match=r"moved\.json: is no whole snapshot: .*take it as it was written"):
        build("moved.json", **elsewhere())


def test_a_run_in_progress_can_be_copied_by_its_snapshot(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate()
    config = {"worker_model": "m", "batch_size": 5, "enable_parallel_generation": False}

    async def copied(server: ModelServer) -> list[int]:
        async with DatasetBuilder(DatasetBuilderConfig(**config)).start(orders(20)) as building:
            await until(server, lambda it: len(it.requests) == 3)
            file = await building.snapshot()
            gate.open()
            other = DatasetBuilder(DatasetBuilderConfig(**config, **elsewhere()))
            results = await asyncio.gather(building.result(), other.run(file))
        return [result.counts["accepted"] for result in results]

    with held_from(3, gate) as server:
        use(server, monkeypatch)
        assert within(copied(server)) == [20, 20]

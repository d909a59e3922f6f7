"""The Python API: what a run gives, and its records while it goes on."""

import asyncio
import gc
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from agent_runs import orders, tickets
from api_world import build, enter, held_from, lines, until, use, within
from model_server import Gate, ModelServer, records_brain
from plans import people, questions

import dataset_agent
from dataset_agent import BuildResult, DatasetBuilder, DatasetBuilderConfig, DatasetPlan, InputError
from dataset_agent.app.api.committed import ROWS_AT_ONCE, Instance


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return enter(tmp_path, monkeypatch)


# ---- what the package offers --------------------------------------------------------------------------------


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = "import dataset_agent, sys; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "dataset_agent" in loaded
    assert not {"agents", "mlflow", "numpy", "openai", "pyarrow", "pydantic", "rich", "typer"} & set(loaded)


def test_the_package_offers_the_builder_by_name() -> None:
    for name in dataset_agent.__all__:
        assert name in dir(dataset_agent)
        assert getattr(dataset_agent, name).__name__ in (name, "Plan")
    assert DatasetPlan.model_validate(questions()).dataset_name == "questions"
    with pytest.raises(AttributeError, match="no attribute 'DatasetBilder'"):
        _ = dataset_agent.DatasetBilder  # type: ignore[attr-defined]


# ---- a run --------------------------------------------------------------------------------------------------


def test_a_run_gives_counts_files_usage_and_shortfalls(here: Path) -> None:
    result = build(questions())
    assert isinstance(result, BuildResult)
    assert (result.status, result.shortfalls) == ("complete", [])
    assert result.counts["accepted"] == 120
    assert [row["accepted"] for row in result.counts["by_stratum"]] == [60, 36, 24]
    assert result.files["all.jsonl"]["rows"] == len(lines(result.out / "all.jsonl")) == 120
    assert result.usage["calls"] == 0
    assert result.out == Path("datasets/questions")
    assert result.metadata == json.loads((here / "datasets/questions/metadata.json").read_text())
    with pytest.raises(AttributeError):
        result.status = "incomplete"  # type: ignore[misc]


def test_a_plan_its_document_and_its_file_are_the_same(here: Path) -> None:
    (here / "plan.json").write_text(json.dumps(questions()))
    forms: list[Any] = [questions(), DatasetPlan.model_validate(questions()), "plan.json", here / "plan.json"]
    results = [build(plan, output_dir=f"o{number}", checkpoint_dir=f"c{number}") for number, plan in enumerate(forms)]
    assert len({result.metadata["plan_sha256"] for result in results}) == 1
    assert len({result.files["all.jsonl"]["sha256"] for result in results}) == 1


def test_what_a_plan_names_is_relative_to_the_current_folder_where_it_is_no_file(here: Path) -> None:
    (here / "facts.csv").write_text("city,country\n" + "".join(f"C{n},L{n}\n" for n in range(30)))
    category = {
        "name": "places", "count": 20,
        "templates": ["Where is {place.city}?"], "slots": {"place": {"source": "facts"}},
    }  # fmt: skip
    sources = {"facts": {"path": "facts.csv"}}
    result = build({"dataset_name": "places", "sources": sources, "categories": [category], "mlflow": False})
    assert result.status == "complete"


def test_a_plan_with_faults_is_refused_before_anything_is_written(here: Path) -> None:
    with pytest.raises(InputError) as caught:
        build({**questions(), "catgories": []})
    assert "DatasetPlan: $.catgories: unknown key 'catgories' (did you mean 'categories'?" in str(caught.value)
    with pytest.raises(InputError, match=r"nowhere\.json: cannot be read"):
        build("nowhere.json")
    assert list(here.iterdir()) == []


def test_a_shortfall_is_told_and_not_raised() -> None:
    number = {"type": "integer", "minimum": 1, "maximum": 9}
    schema = {"type": "object", "properties": {"n": number}, "required": ["n"], "additionalProperties": False}
    category = {"name": "few", "count": 20, "record_schema": schema}
    result = build({"dataset_name": "few", "categories": [category], "mlflow": False})
    assert result.status == "incomplete"
    assert [(short["category"], short["missing"]) for short in result.shortfalls] == [("few", 11)]


def test_agents_write_through_the_api_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with ModelServer(records_brain()) as server:
        use(server, monkeypatch)
        result = build(tickets(41), worker_model="m")
    assert result.status == "complete"
    assert [row["accepted"] for row in result.counts["by_stratum"]] == [21, 12, 8]
    assert result.usage["calls"] == len(server.answered)
    assert not server.paid_twice()


def test_runs_may_go_on_at_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    async def both() -> list[BuildResult]:
        builder = DatasetBuilder(DatasetBuilderConfig(worker_model="m"))
        return await asyncio.gather(builder.run(orders(30)), builder.run(questions()), builder.run(tickets(30)))

    with ModelServer(records_brain()) as server:
        use(server, monkeypatch)
        results = within(both())
    assert [result.counts["accepted"] for result in results] == [30, 120, 30]


def test_a_run_in_another_run_s_place_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate()

    async def both(server: ModelServer) -> None:
        builder = DatasetBuilder(DatasetBuilderConfig(worker_model="m"))
        async with builder.start(orders(10)) as first:
            await until(server, lambda it: it.in_flight > 0)
            with pytest.raises(InputError, match="in use"):
                await builder.run(orders(10))
            gate.open()
            assert (await first.result()).status == "complete"

    with held_from(1, gate) as server:
        use(server, monkeypatch)
        within(both(server))


# ---- records while it goes on -------------------------------------------------------------------------------


async def records_of(plan: Any, **config: Any) -> list[dict[str, Any]]:
    async with DatasetBuilder(DatasetBuilderConfig(**config)).start(plan) as building:
        return [record async for record in building]


@pytest.mark.parametrize("plan", [questions(600, output={"shard_rows": 50}), people(300)])
def test_records_come_in_the_order_of_their_commits(plan: dict[str, Any]) -> None:
    records = within(records_of(plan))
    assert records == lines(Path("datasets") / plan["dataset_name"] / "all.jsonl")
    assert within(records_of(plan)) == records, "those of earlier runs come too"


def test_records_that_are_structs_on_disk_are_the_same() -> None:
    text, parquet = people(50), people(50, output={"format": "parquet"}, dataset_name="columns")
    assert within(records_of(text)) == within(records_of(parquet))


def test_records_can_be_read_while_later_ones_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate()

    async def read() -> list[str]:
        config = DatasetBuilderConfig(worker_model="m", batch_size=5, enable_parallel_generation=False)
        async with DatasetBuilder(config).start(orders(15)) as building:
            seen = []
            async for record in building:
                assert list(record) == ["id", "category", "tier", "quality", "record"]
                seen.append(record["id"])
                if len(seen) == 10:  # two answers of three came; the third waits for this
                    gate.open()
            return seen

    with held_from(3, gate) as server:
        use(server, monkeypatch)
        seen = within(read())
    assert len(set(seen)) == 15


def test_several_may_read_each_at_its_own_pace() -> None:
    async def read() -> list[int]:
        async with DatasetBuilder().start(people(200, output={"shard_rows": 20})) as building:

            async def count() -> int:
                return len([record async for record in building])

            return await asyncio.gather(count(), count(), count())

    assert within(read()) == [200, 200, 200]


def test_a_slow_reader_neither_holds_up_the_run_nor_piles_up_records() -> None:
    async def read() -> None:
        async with DatasetBuilder(DatasetBuilderConfig(enable_checkpointing=False)).start(people(6000)) as building:
            reading = aiter(building)
            first = await anext(reading)
            result = await building.result()  # the whole run goes by
            held = sum(isinstance(found, Instance) for found in gc.get_objects())
            assert result.counts["accepted"] == 6000
            assert held <= ROWS_AT_ONCE
            rest = [record async for record in reading]
            assert [first["id"], *(record["id"] for record in rest)] == [
                row["id"] for row in lines(result.out / "all.jsonl")
            ]

    within(read())


def test_an_error_of_the_run_is_raised_where_records_are_read_and_where_it_is_left() -> None:
    async def read() -> None:
        async with DatasetBuilder().start({**questions(), "seed": "seven"}) as building:
            with pytest.raises(InputError, match="seed"):
                _ = [record async for record in building]
            with pytest.raises(InputError, match="seed"):
                await building.snapshot()
            with pytest.raises(InputError, match="seed"):
                await building.result()

    with pytest.raises(InputError, match="seed"):
        within(read())

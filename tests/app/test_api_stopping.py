"""Runs that are stopped, cancelled or left: what is in flight is committed, and a later run goes on."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from agent_runs import orders
from api_world import enter, held_from, threads, until, use, within
from model_server import Gate, ModelServer
from plans import people

from dataset_agent import Building, DatasetBuilder, DatasetBuilderConfig
from dataset_agent.state.history import History

pytestmark = pytest.mark.slow

CONFIG = DatasetBuilderConfig(worker_model="m", batch_size=5, enable_parallel_generation=False)
SUPPORT = Path(__file__).parents[1] / "support"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return enter(tmp_path, monkeypatch)


def kept(name: str = "large_eval_set") -> tuple[str, int]:
    """How the last run of a dataset ended, and its records."""
    with History(Path("checkpoints") / name) as history:
        last = history.last_run()
        assert last is not None
        return last.state, sum(progress.accepted for progress in history.progress())


async def while_a_call_is_held(server: ModelServer, gate: Gate, end: Callable[[], Awaitable[None]]) -> None:
    """When the second call is under way, the end; then the call is answered."""
    await until(server, lambda it: len(it.requests) == 2)
    await end()
    gate.open()


def test_cancelling_the_awaiting_task_commits_what_is_in_flight(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate()

    async def cancelled(server: ModelServer) -> None:
        running = asyncio.create_task(DatasetBuilder(CONFIG).run(orders(20)))

        async def cancel() -> None:
            running.cancel()
            await asyncio.sleep(0)
            assert not running.done(), "it waits for the call"

        await while_a_call_is_held(server, gate, cancel)
        with pytest.raises(asyncio.CancelledError):
            await running

    with held_from(2, gate) as server:
        use(server, monkeypatch)
        within(cancelled(server))
        assert len(server.answered) == 2
        assert not Path("checkpoints/large_eval_set/ledger.db-wal").exists(), "it is closed"
        assert kept() == ("interrupted", 10)
        assert sorted(os.listdir("checkpoints/large_eval_set/snapshots")) == ["checkpoint_10.json"]
        result = within(DatasetBuilder(CONFIG).run(orders(20)))
        assert (result.status, result.usage["calls"]) == ("complete", 4)
        assert not server.paid_twice()


def test_a_second_cancellation_does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate()

    async def cancelled(server: ModelServer) -> None:
        running = asyncio.create_task(DatasetBuilder(CONFIG).run(orders(20)))
        await until(server, lambda it: len(it.requests) == 2)
        running.cancel()
        await asyncio.sleep(0)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert not gate_is_open
        assert len(threads()) == 1, "the run ends by itself"

    gate_is_open = False
    with held_from(2, gate) as server:
        use(server, monkeypatch)
        within(cancelled(server))
        gate.open()
        server.wait_until(lambda it: it.in_flight == 0)
        while threads():
            pass
    assert kept() == ("interrupted", 10)


def test_a_run_that_is_stopped_gives_its_result(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate()

    async def stopped(server: ModelServer) -> str:
        async with DatasetBuilder(CONFIG).start(orders(20)) as building:

            async def stop() -> None:
                building.stop()

            await while_a_call_is_held(server, gate, stop)
            result = await building.result()
        assert [(short["missing"], short["why"]) for short in result.shortfalls] == [(10, "interrupted")]
        return result.status

    with held_from(2, gate) as server:
        use(server, monkeypatch)
        assert within(stopped(server)) == "interrupted"
    assert kept() == ("interrupted", 10)


def test_a_time_limit_around_a_run_stops_it_and_one_around_a_look_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate()

    async def looked(server: ModelServer) -> str:
        async with DatasetBuilder(CONFIG).start(orders(20)) as building:
            await until(server, lambda it: len(it.requests) == 2)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(building.result(), 0.01)
            gate.open()
            return (await building.result()).status

    with held_from(2, gate) as server:
        use(server, monkeypatch)
        assert within(looked(server)) == "complete"


def test_an_exception_in_the_block_stops_the_run_and_is_raised() -> None:
    async def failing() -> None:
        async with DatasetBuilder().start(people(20_000, output={"shard_rows": 100})) as building:
            async for _ in building:
                raise LookupError("not what I wanted")

    with pytest.raises(LookupError, match="not what I wanted") as caught:
        within(failing())
    assert not hasattr(caught.value, "__notes__")
    state, count = kept("people")
    assert state == "interrupted"
    assert 0 < count < 20_000


def test_an_exception_in_the_block_hides_no_fault_of_the_run() -> None:
    async def failing() -> None:
        async with DatasetBuilder().start({"dataset_name": "nothing"}) as building:
            with pytest.raises(ValueError, match="own"):
                raise ValueError("of my own")
            await asyncio.wait([asyncio.ensure_future(building.result())])
            raise LookupError("mine")

    with pytest.raises(LookupError) as caught:
        within(failing())
    assert "The run failed too: DatasetPlan: $.categories: the key 'categories' is missing" in caught.value.__notes__[0]


def test_leaving_the_block_waits_for_the_end() -> None:
    async def left() -> None:
        async with DatasetBuilder().start(people(300)):
            pass

    within(left())
    assert kept("people") == ("complete", 300)


def test_a_building_is_for_one_block() -> None:
    async def misused() -> Building:
        building = DatasetBuilder().start(people(10))
        with pytest.raises(RuntimeError, match="async with"):
            await building.result()
        async with building:
            pass
        with pytest.raises(RuntimeError, match="one run"):
            async with building:
                pass
        return building

    building = within(misused())
    assert building is not None


def test_ctrl_c_in_a_program_leaves_a_checkpoint_that_goes_on(here: Path) -> None:
    gate = Gate()
    program = f"""
    import asyncio
    from dataset_agent import DatasetBuilder, DatasetBuilderConfig

    async def tell(task):
        while not task.cancelling():
            await asyncio.sleep(0.01)
        open("asked", "w").close()

    async def main():
        telling = asyncio.create_task(tell(asyncio.current_task()))
        config = DatasetBuilderConfig(worker_model="m", batch_size=5, enable_parallel_generation=False)
        print((await DatasetBuilder(config).run({orders(20)!r})).status)
        telling.cancel()

    if __name__ == "__main__":
        asyncio.run(main())
    """
    (here / "program.py").write_text(textwrap.dedent(program))
    with held_from(2, gate) as server:
        env = {**os.environ, **server.env}
        command = [sys.executable, "program.py"]
        process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        server.wait_until(lambda it: len(it.requests) == 2)
        process.send_signal(signal.SIGINT)
        while process.poll() is None and not (here / "asked").exists():
            pass
        gate.open()
        _, err = process.communicate(timeout=60)
        assert "KeyboardInterrupt" in err
        assert kept() == ("interrupted", 10)
        again = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)
        assert again.stdout == "complete\n", again.stderr
        assert not server.paid_twice()


def test_a_script_without_a_guard_is_told_of_it(here: Path) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    plan = {
        "dataset_name": "many", "mlflow": False,
        "categories": [{"name": "many", "count": 60_000, "record_schema": schema}],
    }  # fmt: skip
    program = f"""
    import asyncio
    from dataset_agent import DatasetBuilder

    asyncio.run(DatasetBuilder().run({json.loads(json.dumps(plan))!r}))
    """
    (here / "program.py").write_text(textwrap.dedent(program))
    ran = subprocess.run([sys.executable, "program.py"], capture_output=True, text=True, timeout=120)
    assert ran.returncode == 1
    assert 'begin it under `if __name__ == "__main__":`' in ran.stderr

"""What tests of the Python API have in common: a folder of their own, and a server that may be in it."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest
from model_server import Gate, Held, ModelServer, faulty, records_brain

from dataset_agent import BuildResult, DatasetBuilder, DatasetBuilderConfig, DatasetPlan

T = TypeVar("T")


def enter(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Go there, with nothing in the environment that would bear on a run."""
    for name in os.environ:
        if name.startswith(("DATASET_AGENT_", "OPENAI_", "MAX_DATASET")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder}/mlflow.db")
    monkeypatch.chdir(folder)
    return folder


def use(server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Models without an endpoint of their own are at this server."""
    for name, value in server.env.items():
        monkeypatch.setenv(name, value)


def build(plan: DatasetPlan | dict[str, Any] | str | Path, **config: Any) -> BuildResult:
    """Run a plan to its end."""
    return asyncio.run(DatasetBuilder(DatasetBuilderConfig(**config)).run(plan))


def lines(file: Path) -> list[dict[str, Any]]:
    """The JSON values of a file's lines."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def within(work: Coroutine[Any, Any, T], seconds: float = 60.0) -> T:
    """Run this; a deadlock fails."""

    async def bounded() -> T:
        async with asyncio.timeout(seconds):
            return await work

    return asyncio.run(bounded())


async def until(server: ModelServer, condition: Callable[[ModelServer], bool]) -> None:
    """Returns as soon as a condition on the server holds."""
    await asyncio.to_thread(server.wait_until, condition)


def held_from(number: int, gate: Gate) -> ModelServer:
    """A server that holds back its answers to this request and all after it until the gate is open."""
    return ModelServer(faulty(records_brain(), lambda n: Held(gate) if n >= number else None))


def threads() -> list[str]:
    """The threads of runs that go on."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("dataset-agent")]

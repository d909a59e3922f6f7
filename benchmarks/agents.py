"""Agent batches against a loopback endpoint, beside the bare openai client with the same calls in the same minute."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .measuring import AGENT, Measured, environment, measure

SCHEMA = {
    "type": "object",
    "properties": {
        "title": {"type": "string", "minLength": 3},
        "note": {"type": "string", "minLength": 10},
        "stars": {"type": "integer", "minimum": 1, "maximum": 5},
    },
    "required": ["title", "note", "stars"],
    "additionalProperties": False,
}


@contextmanager
def endpoint(latency_ms: float) -> Iterator[str]:
    """A fresh endpoint; its base URL."""
    command = [sys.executable, "-m", "benchmarks.endpoint", str(latency_ms)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}/v1"
        finally:
            process.terminate()


@dataclass(frozen=True, slots=True)
class Bare:
    """What the client alone takes: calls a second, CPU seconds for 1,000 calls."""

    calls_a_second: float
    cpu_s: float


def bare_client(url: str, calls: int, at_once: int, wanted: int) -> Bare:
    """The openai client with the aiohttp transport, and nothing else."""

    async def run() -> Bare:
        from openai import AsyncOpenAI, DefaultAioHttpClient

        client = AsyncOpenAI(base_url=url, api_key="none", max_retries=0, http_client=DefaultAioHttpClient())
        room = asyncio.Semaphore(at_once)
        form: Any = {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA}}

        async def call() -> None:
            async with room:
                messages: Any = [{"role": "user", "content": f"Write records (wanted: {wanted})."}]
                answer = await client.chat.completions.create(model="bench", messages=messages, response_format=form)
                json.loads(answer.choices[0].message.content or "")

        async with client:
            await asyncio.gather(*(call() for _ in range(at_once)))
            began, cpu = time.perf_counter(), time.process_time()
            await asyncio.gather(*(call() for _ in range(calls)))
            return Bare(calls / (time.perf_counter() - began), 1000 * (time.process_time() - cpu) / calls)

    return asyncio.run(run())


def our_run(url: str, records: int, generation: dict[str, Any]) -> tuple[Measured, float]:
    """`agent run` with MLflow off, from start to exit; and the seconds from its first call to its last commit."""
    plan = {
        "dataset_name": "bench",
        "record_schema": SCHEMA,
        "categories": [{"name": "notes", "description": "Short notes", "count": records}],
        "generation": generation,
        "mlflow": False,
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "plan.json").write_text(json.dumps(plan))
        env = {**environment(folder), "OPENAI_BASE_URL": url, "OPENAI_API_KEY": "none"}
        measured = measure([*AGENT, "run", "plan.json", "--model", "bench", "--json"], folder, env)
        output = (folder / "output.txt").read_text()
        if measured.code:
            raise SystemExit(output[-2000:])
        return measured, writing_seconds(folder / "checkpoints" / "bench" / "ledger.db")


def writing_seconds(ledger: Path) -> float:
    """From the first call of a ledger to its last commit."""
    import sqlite3

    with sqlite3.connect(ledger) as db:
        first = db.execute("SELECT MIN(called_at_ms) FROM calls").fetchone()[0]
        last = db.execute("SELECT MAX(committed_at_ms) FROM batches").fetchone()[0]
    return float(last - first) / 1000


def main(quick: bool = False) -> None:
    """Print the figures that the README quotes."""
    with endpoint(2000) as url:
        small, _ = our_run(url, 64, {"batch_size": 1, "max_concurrency": 64})
        records = 64 * 20 * (3 if quick else 8)
        ours, seconds = our_run(url, records, {"batch_size": 20, "max_concurrency": 64, "mode": "tools"})
        limit = records / 20 / (64 / 2)
        print(
            f"batches of 20, tools, 2 s latency, 64 in flight: {limit / seconds:.1%} of the physical limit, "
            f"{1000 * (ours.cpu_s - small.cpu_s) / records:.2f} CPU s for 1,000 records, peak {ours.peak_mb:.0f} MB"
        )
    with endpoint(100) as url:
        calls = 2_000 if quick else 6_000
        for at_once in (64, 256):
            bare = bare_client(url, calls, at_once, 1)
            ours, seconds = our_run(url, calls, {"batch_size": 1, "max_concurrency": at_once, "mode": "direct"})
            print(
                f"one record a call, direct, 100 ms, {at_once} in flight: {calls / seconds:,.0f} calls a second, "
                f"{calls / seconds / bare.calls_a_second:.0%} of the bare client's {bare.calls_a_second:,.0f}; "
                f"{1000 * (ours.cpu_s - small.cpu_s) / calls:.2f} CPU s for 1,000, the bare client {bare.cpu_s:.2f}; "
                f"peak {ours.peak_mb:.0f} MB"
            )
        few, _ = our_run(url, 1_000, {"batch_size": 10, "max_concurrency": 64, "mode": "direct"})
        many, _ = our_run(url, 20_000, {"batch_size": 10, "max_concurrency": 64, "mode": "direct"})
        print(f"peak memory: {few.peak_mb:.0f} MB for 1,000 records, {many.peak_mb:.0f} MB for 20,000")


if __name__ == "__main__":
    main(quick="--quick" in sys.argv)

"""CPU time of a function, and CPU time, wall time and peak memory of a command with all its children."""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

AGENT = [sys.executable, "-m", "dataset_agent.cli"]


def cpu_seconds(work: Callable[[], object], repeat: int = 3) -> float:
    """The least CPU time of some runs: the one that others disturbed the least."""
    times = []
    for _ in range(repeat):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return min(times)


@dataclass(frozen=True, slots=True)
class Measured:
    """A finished command. Memory is the proportional set size of its whole process group at its peak."""

    code: int
    wall_s: float
    cpu_s: float
    peak_mb: float


def measure(command: Sequence[str | Path], cwd: Path, env: dict[str, str]) -> Measured:
    """Run a command to its end."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began, peak = time.monotonic(), 0
    with (cwd / "output.txt").open("wb") as output:
        process = subprocess.Popen(
            [str(part) for part in command], cwd=cwd, env=env, stdout=output, stderr=output, start_new_session=True
        )
        while process.poll() is None:
            peak = max(peak, _group_kb(process.pid))
            time.sleep(0.05)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Measured(process.returncode, time.monotonic() - began, cpu, peak / 1024)


def _group_kb(session: int) -> int:
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            if int(stat.read_text().rsplit(")", 1)[1].split()[3]) == session:
                lines = (stat.parent / "smaps_rollup").read_text().splitlines()
                total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total


def environment(folder: Path) -> dict[str, str]:
    """The environment of a measured command: MLflow in the folder."""
    return {**os.environ, "MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db"}

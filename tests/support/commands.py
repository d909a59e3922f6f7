"""The command as a user runs it: a process of its own, in a folder of its own."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

AGENT = [sys.executable, "-m", "dataset_agent.cli"]


@dataclass(frozen=True, slots=True)
class Ran:
    """A finished command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.out.splitlines()[-1])
        return value


class Agent:
    """Runs `agent` in a folder; the plan lies there as `plan.json`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = {**os.environ, "MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db", "COLUMNS": "200"}

    def plan(self, plan: dict[str, Any], name: str = "plan.json") -> Path:
        (self.folder / name).write_text(json.dumps(plan), encoding="utf-8")
        return self.folder / name

    def start(self, *args: str | Path, **options: Any) -> "subprocess.Popen[str]":
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen([*AGENT, *map(str, args)], cwd=self.folder, env=self.env, text=True, **pipes, **options)

    def __call__(self, *args: str | Path, **options: Any) -> Ran:
        process = self.start(*args, **options)
        out, err = process.communicate(timeout=240)
        return Ran(process.returncode, out, err)

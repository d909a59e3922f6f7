"""Runs that go on while something else is done: `agent run` in a process of its own, with a log."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...tools.export.files import writing

_TAIL_LINES = 12


@dataclass(frozen=True, slots=True)
class BackgroundRun:
    """A run that was started, going on or ended. It outlives the program that started it."""

    dataset: str
    plan: Path
    log: Path
    process: subprocess.Popen[bytes]

    @property
    def exit_code(self) -> int | None:
        """None while it goes on."""
        return self.process.poll()

    def ended_within(self, seconds: float) -> bool:
        """Wait for its end, but not longer."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self) -> None:
        """Ask it to end: it commits what it has in hand, and can be resumed."""
        if self.exit_code is None:
            self.process.send_signal(signal.SIGINT)

    def messages(self) -> list[str]:
        """The last lines of its log, but for the metadata."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return [line for line in lines if not line.startswith("{")][-_TAIL_LINES:]


def start_run(plan: Path, dataset: str, checkpoint_dir: Path, more: Sequence[str] = ()) -> BackgroundRun:
    """Start `agent run` on a plan. Raises OutputError where its log cannot be written."""
    log = checkpoint_dir / f"{dataset}.run.log"
    command = [sys.executable, "-m", "dataset_agent.cli", "run", str(plan), "--quiet", "--json"]
    command += ["--checkpoint-dir", str(checkpoint_dir), *more]
    with writing(log):
        checkpoint_dir.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as file:
            # A session of its own: Ctrl-C in the conversation is not meant for it.
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, start_new_session=True
            )
    return BackgroundRun(dataset, plan, log, process)

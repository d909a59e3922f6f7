"""How long `agent --help` takes, beside a Python that does nothing."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from .measuring import AGENT, environment, measure


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        env = environment(folder)
        bare = min(measure([sys.executable, "-c", ""], folder, env).cpu_s for _ in range(5))
        ours = min(measure([*AGENT, "--help"], folder, env).cpu_s for _ in range(5))
    print(f"agent --help: {ours:.3f} s of CPU time, {ours / bare:.1f} x a Python that does nothing")

"""Run all benchmarks, or those named: slots, schemas, run, agents, extraction, start."""

from __future__ import annotations

import sys

from . import agents, extraction, run, schemas, slots, start

BENCHMARKS = {
    "start": start.main,
    "slots": slots.main,
    "schemas": schemas.main,
    "run": run.main,
    "agents": agents.main,
    "extraction": extraction.main,
}

for name in sys.argv[1:] or BENCHMARKS:
    print(f"== {name}", flush=True)
    BENCHMARKS[name]()

"""Run all benchmarks, or those named: start, slots, schemas, run, grounded, agents, extraction."""

from __future__ import annotations

import sys

from . import agents, extraction, grounded, run, schemas, slots, start

BENCHMARKS = {
    "start": start.main,
    "slots": slots.main,
    "schemas": schemas.main,
    "run": run.main,
    "grounded": grounded.main,
    "agents": agents.main,
    "extraction": extraction.main,
}

for name in sys.argv[1:] or BENCHMARKS:
    print(f"== {name}", flush=True)
    BENCHMARKS[name]()

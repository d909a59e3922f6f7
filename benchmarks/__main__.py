"""Run all benchmarks, or those named; `schemas` and `coverage` also over a folder of JSON Schemas."""

from __future__ import annotations

import argparse
from pathlib import Path

from . import agents, coverage, extraction, grounded, run, schemas, slots, start
from .corpus import read_cases

BENCHMARKS = {
    "start": start.main,
    "slots": slots.main,
    "schemas": schemas.main,
    "coverage": coverage.main,
    "run": run.main,
    "grounded": grounded.main,
    "agents": agents.main,
    "extraction": extraction.main,
}
OVER_SCHEMAS = {"schemas", "coverage"}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(BENCHMARKS)}; all by default")
    parser.add_argument(
        "--schemas", type=Path, metavar="DIR", help="a folder of JSON Schemas, see benchmarks/corpus.py"
    )
    parser.add_argument("--manifest", type=Path, metavar="FILE", help="by default manifest.csv in that folder")
    asked = parser.parse_args()
    unknown = set(asked.names).difference(BENCHMARKS)
    if unknown:
        parser.error(f"no benchmark is named {', '.join(sorted(unknown))}")
    cases = read_cases(asked.schemas, asked.manifest) if asked.schemas else []
    for name in asked.names or BENCHMARKS:
        print(f"== {name}", flush=True)
        BENCHMARKS[name](*([cases] if name in OVER_SCHEMAS else []))


if __name__ == "__main__":
    main()

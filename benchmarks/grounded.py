"""Reverse queries from 118,000 pairs: time, CPU time and memory, beside the command with next to nothing to do."""

from __future__ import annotations

import csv
import json
import tempfile
from pathlib import Path

import numpy as np

from .measuring import AGENT, Measured, environment, measure

PAIRS, SUBJECTS, OBJECTS = 118_000, 1_430, 5_800
QUERIES = {"500+": (10, 500, None), "100-499": (110, 100, 499), "20-99": (220, 20, 99), "5-19": (329, 5, 19)}
"""Queries by tier: 669, as many again with the answer NO."""


def write_facts(file: Path, pairs: int) -> None:
    """Distinct pairs, with objects as unevenly frequent as effects of drugs are."""
    drawn = np.random.default_rng(1)
    weights = 1 / np.arange(1, OBJECTS + 1) ** 0.8
    codes = np.zeros(0, np.int64)
    while len(codes) < pairs:
        objects = drawn.choice(OBJECTS, pairs, p=weights / weights.sum())
        codes = np.unique(np.concatenate([codes, objects * SUBJECTS + drawn.integers(0, SUBJECTS, pairs)]))
    codes = drawn.permutation(codes)[:pairs]
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(["drug", "effect"])
        writer.writerows((f"drug {code % SUBJECTS}", f"effect {code // SUBJECTS}") for code in codes.tolist())


def grounded_run(pairs: int, queries: dict[str, tuple[int, int, int | None]], *, mlflow: bool) -> Measured:
    """`agent run`, from start to exit; with each query goes a negative one."""
    tiers = [
        {"name": name, "count": 2 * count, "min_frequency": low} | ({"max_frequency": high} if high else {})
        for name, (count, low, high) in queries.items()
    ]
    count = 2 * sum(number for number, _, _ in queries.values())
    plan = {
        "dataset_name": "effects",
        "sources": {"facts": {"path": "facts.csv"}},
        "tiers": tiers,
        "categories": [
            {
                "name": "effects",
                "count": count,
                "worker": "template",
                "task": "reverse_query",
                "source": "facts",
                "subject": "drug",
                "object": "effect",
                "query": "Which drugs cause {object}?",
                "negative_query": "Does {subject} cause {object}?",
            }
        ],
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_facts(folder / "facts.csv", pairs)
        (folder / "plan.json").write_text(json.dumps(plan if mlflow else {**plan, "mlflow": False}), encoding="utf-8")
        measured = measure([*AGENT, "run", "plan.json", "--quiet"], folder, environment(folder))
        if measured.code:
            raise SystemExit((folder / "output.txt").read_text())
    return measured


def main() -> None:
    """Print the figures."""
    little = {"all": (1, 1, None)}
    start = min((grounded_run(100, little, mlflow=False) for _ in range(3)), key=lambda measured: measured.cpu_s)
    large = min((grounded_run(PAIRS, QUERIES, mlflow=False) for _ in range(3)), key=lambda measured: measured.cpu_s)
    whole = grounded_run(PAIRS, QUERIES, mlflow=True)
    print(
        f"{PAIRS:,} pairs, 669 queries and as many negatives: {large.cpu_s - start.cpu_s:.2f} s of CPU time beyond "
        f"{start.cpu_s:.2f} s for the start; with MLflow {whole.cpu_s:.1f} s in all, at most {whole.peak_mb:.0f} MB"
    )

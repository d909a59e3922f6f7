"""A whole `agent run` to Parquet with MLflow on: time, CPU time and memory of all its processes, beside Faker."""

from __future__ import annotations

import tempfile
from pathlib import Path

from dataset_agent.plan import plan_bytes

from . import faker_rows, slots
from .measuring import AGENT, Measured, environment, measure

SMALL, LARGE = 100_000, 1_000_000


def whole_run(rows: int) -> Measured:
    """`agent run` of so many rows, from start to exit."""
    asked = slots.plan("parquet")
    category = asked.categories[0].model_copy(update={"count": rows})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "plan.json").write_bytes(plan_bytes(asked.model_copy(update={"categories": [category]})))
        measured = measure([*AGENT, "run", "plan.json", "--json"], folder, environment(folder))
        if measured.code:
            raise SystemExit((folder / "output.txt").read_text())
    return measured


def main() -> None:
    small, large = whole_run(SMALL), whole_run(LARGE)
    faker, same = faker_rows.rate(faker_rows.eight_fields), faker_rows.rate(faker_rows.question)
    rate = LARGE / large.wall_s
    print(
        f"{LARGE:,} rows: {large.wall_s:.1f} s, {large.cpu_s:.1f} s of CPU time; {rate / faker:.0f} x Faker row by row "
        f"(eight fields, {faker:,.0f} a second), {rate / same:.0f} x where it draws the same four slots"
    )
    print(
        f"peak memory of all processes: {large.peak_mb:.0f} MB, {large.peak_mb / small.peak_mb:.2f} x that of "
        f"{SMALL:,} rows ({small.peak_mb:.0f} MB)"
    )

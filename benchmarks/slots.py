"""Slot templates to JSONL and to Parquet: rendered, checked, proven distinct, written; beside Faker row by row."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from dataset_agent.engine.workbench import Workbench
from dataset_agent.plan import Plan
from dataset_agent.records import Batch
from dataset_agent.tools.diversity import DuplicateIndex, exact_only
from dataset_agent.tools.export import write_dataset

from . import faker_rows
from .measuring import cpu_seconds

ROWS, BATCH = 1_000_000, 25_000


def plan(format: str) -> Plan:
    """Questions about parcels, all different."""
    text = "Where is parcel {number} for {first} {last} in {city}?"
    slots: dict[str, Any] = {
        "number": {"range": [100_000, 999_999]},
        "first": {"faker": "first_name"},
        "last": {"faker": "last_name"},
        "city": {"faker": "city"},
    }
    templates = [{"inputs": {"text": text}, "expectations": {"parcel": "{number}", "city": "{city}"}}]
    category = {"name": "parcels", "count": ROWS, "templates": templates, "slots": slots}
    return Plan.model_validate({"dataset_name": "slots", "categories": [category], "output": {"format": format}})


def build(asked: Plan, out: Path) -> None:
    """All rows, from the templates to the files."""
    bench, index = Workbench(asked, {}), DuplicateIndex(exact_only)
    structs = asked.output.format == "parquet"
    bench.survey()

    def shards() -> Any:
        for number in range(ROWS // BATCH):
            draft = bench.draft(Batch(number, 0, number * BATCH, BATCH), "parcels", structs)
            verdicts = index.judge("parcels", draft.fingerprints, BATCH)
            assert len(verdicts.accepted) == BATCH
            yield shard(draft.kept, structs)

    write_dataset(out, shards, [], format=asked.output.format)


def shard(kept: Any, structs: bool) -> pa.Table:
    """The columns of a shard."""
    count = len(kept)
    return pa.table(
        {
            "id": pa.array(kept.numbers).cast(pa.string()),
            "category": pa.repeat("parcels", count),
            "tier": pa.nulls(count, pa.string()),
            "quality": pa.repeat(1.0, count),
            "golden": pa.repeat(True, count),
            "split": pa.nulls(count, pa.string()),
            "record": kept.structs if structs else kept.texts,
        }
    )


def main() -> None:
    pa.set_cpu_count(1)
    faker = faker_rows.rate(faker_rows.question)
    for format in ("jsonl", "parquet"):
        asked = plan(format)
        with tempfile.TemporaryDirectory() as name:
            rate = ROWS / cpu_seconds(partial(build, asked, Path(name)))
        print(
            f"slots to {format}: {rate:,.0f} rows per CPU second, {rate / faker:.0f} x Faker row by row ({faker:,.0f})"
        )

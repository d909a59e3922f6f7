"""The end of a run: files, metadata and card written, MLflow told."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import orjson
from pyarrow import parquet

from ..plan import Plan
from ..records import Json
from ..state.history import History
from ..state.outbox import FinalState, Report
from ..tools.draws import key_of
from ..tools.export import (
    About,
    FileFacts,
    Row,
    RunFacts,
    ShardFile,
    Shortfall,
    Sides,
    SplitCount,
    StratumCount,
    assign,
    atomic_file,
    card,
    has_json_records,
    metadata,
    rows,
    write_dataset,
)
from .showing import Sink
from .versions import versions

Status = Literal["complete", "incomplete", "interrupted"]


@dataclass(frozen=True, slots=True)
class Finished:
    """What a run leaves: its metadata, where the files lie, and what became of showing them.

    `is_served` says whether the page of the dataset is on a server already.
    """

    metadata: dict[str, Any]
    out: Path
    shown: Report | None
    is_served: bool


def finish(history: History, plan: Plan, out: Path, status: Status, reason: str | None, sink: Sink) -> Finished:
    """Write the files of a dataset as far as it is, and show them. `reason` says why a run stopped early."""
    sides = sides_of(history, plan)
    files = write_dataset(
        out,
        lambda: iter(shard_files(history)),
        history.rejections(),
        format=plan.output.format,
        sides=None if sides is None else sides.sides,
    )
    facts = _facts(history, plan, status, reason, files, sides)
    told = metadata(facts)
    kept = history.plan()
    documents = {
        history.folder / "plan.json": kept.document if kept else b"",
        out / "metadata.json": orjson.dumps(told, option=orjson.OPT_INDENT_2) + b"\n",
        out / "README.md": card(told, _about(history, plan)).encode(),
    }
    for path, content in documents.items():
        with atomic_file(path) as file:
            file.write(content)
    totals = {
        "total.accepted": float(told["counts"]["accepted"]),
        "total.rejected": float(sum(facts.rejected.values())),
    }
    return Finished(told, out, sink.finish(FinalState(status, list(documents), totals)), sink.is_served)


def shard_files(history: History) -> list[ShardFile]:
    """The shards of a dataset, in its order."""
    shards = [batch.shard for batch in history.committed() if batch.shard]
    return [
        ShardFile(history.folder / shard.path, FileFacts(shard.rows, shard.sha256, shard.bytes)) for shard in shards
    ]


def sides_of(history: History, plan: Plan) -> Sides | None:
    """The side of each golden record, None without a split.

    Near-duplicates, alike but for numbers, dates and ids, stay together.
    """
    if plan.split is None:
        return None
    golden = np.concatenate(
        [parquet.read_table(shard.path, columns=["golden"])["golden"].to_numpy() for shard in shard_files(history)]
        or [np.zeros(0, bool)]
    )
    prints = list(history.fingerprints())
    strata = np.concatenate([np.full(len(p.exact), stratum) for stratum, p in prints] or [np.zeros(0, np.int64)])
    records = np.concatenate([p.exact for _, p in prints] or [np.zeros(0, np.uint64)])
    groups = np.concatenate(
        [p.exact if p.structural is None else p.structural for _, p in prints] or [np.zeros(0, np.uint64)]
    )
    key = key_of(plan.seed, "split")
    return assign(strata[golden], groups[golden], records[golden], plan.split.test, key)


def _facts(
    history: History,
    plan: Plan,
    status: Status,
    reason: str | None,
    files: dict[str, FileFacts],
    sides: Sides | None,
) -> RunFacts:
    progress, kept = history.progress(), history.plan()
    split = None
    if sides is not None:
        test = int(sides.sides.sum())
        split = SplitCount(len(sides.sides) - test, test, sides.divided)
    return RunFacts(
        status=status,
        dataset_name=plan.dataset_name,
        plan_sha256=kept.sha256 if kept else "",
        seed=plan.seed,
        versions=versions(),
        strata=[StratumCount(p.stratum, p.accepted, sum(p.rejected.values())) for p in progress],
        rejected=sum((Counter(p.rejected) for p in progress), Counter[str]()),
        usage=history.usage(),
        seconds=history.seconds(),
        files=files,
        shortfalls=[
            Shortfall(p.stratum, p.missing, p.shortfall or reason or "not tried yet") for p in progress if p.missing
        ],
        split=split,
    )


def _about(history: History, plan: Plan) -> About:
    shards = shard_files(history)
    schema = parquet.read_schema(shards[0].path) if shards else None
    sample = next(rows(shards[:1]), None)
    return About(
        format=plan.output.format,
        golden_threshold=plan.output.golden_threshold,
        has_json_records=schema is None or has_json_records(schema),
        has_prompts=schema is not None and "prompt" in schema.names,
        description=plan.description,
        sample=None if sample is None else _line(sample),
    )


def _line(row: Row) -> Json:
    line = {"id": row.id, "category": row.category, "tier": row.tier, "quality": row.quality}
    return line | ({} if row.prompt is None else {"prompt": row.prompt}) | {"record": row.record}

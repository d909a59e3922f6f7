"""`agent explain`: one record's life."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from ..errors import InputError
from ..plan import Plan
from ..records import Call, Shard
from ..state.history import CommittedBatch, History
from ..tools.export import FileFacts, ShardFile
from .checkpoints import find

_LONGEST_NUMBER = 18


def explain(name: str, record_id: str, checkpoint_dir: Path) -> dict[str, Any]:
    """One record's life. Raises InputError where the dataset has no such record.

    A refused candidate has one too, under its own number. What a model wrote has the calls of its batch; the cost of
    a record is its share of what they cost. What people decided of it stands under `review`.
    """
    with find(name, checkpoint_dir) as history:
        kept, (category, number) = history.plan(), parsed_id(record_id)
        committed = None if number is None else history.batch_of(category, number)
        if kept is not None and number is not None and committed is not None:
            verdict = _verdict(history, kept.plan, committed, record_id, number)
            if verdict is not None:
                about = {"id": record_id, "category": category, "candidate_number": number}
                about |= {"plan_sha256": kept.sha256} | _ground(history, kept.plan, category, number)
                return about | _life(history, kept.plan, committed) | verdict
        raise InputError.at(history.folder, f"has no record {record_id!r}", "ids look like `category-123`")


def parsed_id(record_id: str) -> tuple[str, int | None]:
    """The category an id names, and the number in there: None where it is none."""
    category, _, number = record_id.rpartition("-")
    is_number = number.isascii() and number.isdecimal() and len(number) <= _LONGEST_NUMBER
    return category, int(number) if is_number and str(int(number)) == number else None


def _ground(history: History, plan: Plan, name: str, number: int) -> dict[str, Any]:
    """The source that a record stands on, and what each model said of its text where it is a label."""
    category = next((category for category in plan.categories if category.name == name), None)
    if category is None or category.source is None:
        return {}
    source = {"name": category.source, "sha256": history.sources().get(category.source)}
    if plan.worker_of(category) != "label":
        return {"source": source}
    said = [
        {"model": prediction.model, "codes": prediction.codes, "quality": prediction.quality}
        for prediction in history.predictions(name)
        if prediction.number == number
    ]
    return {"source": source, "predictions": said}


def _life(history: History, plan: Plan, committed: CommittedBatch) -> dict[str, Any]:
    """What all candidates of a batch have in common."""
    batch = committed.batch
    calls = history.calls_of(batch.number)
    told: dict[str, Any] = {
        "tier": history.strata()[batch.stratum].tier,
        "seed": plan.seed,
        "batch": {
            "number": batch.number,
            "start": batch.start,
            "size": batch.size,
            "attempt": batch.attempt,
            "accepted": committed.accepted,
            "rejected": committed.rejected,
            "cost_usd": sum(call.cost_usd for call in calls),
        },
        "committed_at_ms": committed.committed_at_ms,
    }
    if committed.shard is None:
        brief = history.brief_of(batch.number)
        told["brief"] = None if brief is None else orjson.loads(brief)
        told["prompts"] = _prompts(history, calls)
    return told | {"calls": [_call(call) for call in calls]}


def _prompts(history: History, calls: Sequence[Call]) -> list[dict[str, str | None]]:
    """The prompts that the calls were made with, each once."""
    used = dict.fromkeys(call.prompt_sha256 for call in calls)
    return [{"name": history.prompt_name(sha256), "sha256": sha256} for sha256 in used]


def _call(call: Call) -> dict[str, Any]:
    """A call without what was said."""
    names = ("turn", "role", "model", "prompt_sha256", "outcome", "tokens_in", "tokens_cached", "tokens_out",
             "cost_usd", "latency_ms", "called_at_ms")  # fmt: skip
    return {name: getattr(call, name) for name in names}


def _reviewed(history: History, plan: Plan, batch: int, number: int, row: dict[str, Any]) -> dict[str, Any]:
    """A record's row with what people decided of it, where they looked: their last word replaces its quality."""
    reviews = history.reviews_of(batch, number)
    if not reviews:
        return row
    *earlier, last = [
        {"verdict": r.verdict, "reason": r.reason, "reviewer": r.reviewer, "reviewed_at": r.reviewed_at}
        for r in reviews
    ]
    told = row | {"review": {**last, "own_quality": row["quality"], "earlier": earlier}}
    if (quality := reviews[-1].quality) is not None:
        told |= {"quality": quality, "golden": quality >= plan.output.golden_threshold}
    return told


def _verdict(
    history: History, plan: Plan, committed: CommittedBatch, record_id: str, number: int
) -> dict[str, Any] | None:
    """What became of a candidate; None where its batch did not look at it."""
    batch = committed.batch.number
    row: dict[str, Any] | None
    if committed.shard is not None:
        row = _row_of(history.folder, committed.shard, record_id)
    elif (record := history.record(batch, number)) is not None:
        golden = record.quality >= plan.output.golden_threshold
        text = orjson.loads(record.text)
        row = {"shard": None, "quality": record.quality, "golden": golden, "prompt": None, "record": text}
    else:
        row = None
    if row is not None:
        cost = sum(call.cost_usd for call in history.calls_of(batch)) / committed.accepted
        return {"cost_usd": cost, "verdict": "accepted", **_reviewed(history, plan, batch, number, row)}
    for rejection in history.rejections_of(batch):
        if rejection.number == number:
            why = {"verdict": "refused", "reason": rejection.reason, "detail": rejection.detail}
            return {"cost_usd": 0.0, **why, "record": orjson.loads(rejection.candidate)}
    return None


def _row_of(folder: Path, shard: Shard, record_id: str) -> dict[str, Any] | None:
    table = ShardFile(folder / shard.path, FileFacts(shard.rows, shard.sha256, shard.bytes)).table()
    found = table.filter(pc.equal(table["id"], pa.scalar(record_id))).to_pylist()
    if not found:
        return None
    row = found[0]
    record = orjson.loads(row["record"]) if isinstance(row["record"], str) else row["record"]
    about = {"quality": row["quality"], "golden": row["golden"], "prompt": row.get("prompt")}
    if "invalid" in row:
        about["invalid"] = None if row["invalid"] is None else orjson.loads(row["invalid"])
    return {"shard": shard.path, **about, "record": record}

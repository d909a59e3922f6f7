"""The end of a run: files, metadata and card written, MLflow told."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import orjson

from ..plan import Plan
from ..records import Json, Usage
from ..state.history import History
from ..state.outbox import FinalState, Report
from ..tools.draws import key_of
from ..tools.export import (
    About,
    FileFacts,
    Row,
    RunFacts,
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
    tables,
    write_dataset,
)
from ..tools.grounding.grounds import Grounds
from .grounding.figures import grounded_figures
from .parts import Parts
from .preparing import Models
from .savings import cascade_savings
from .showing import Sink
from .usage import usage_parts
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


def finish(
    history: History,
    plan: Plan,
    out: Path,
    status: Status,
    reason: str | None,
    sink: Sink,
    grounds: Grounds,
    models: Models | None = None,
) -> Finished:
    """Write the files of a dataset as far as it is, and show them.

    `reason` says why a run stopped early; `grounds` are the plan's sources, for how much of them was asked about;
    `models` those that wrote, for what their cascades saved.
    """
    parts = Parts(history, plan)
    sides = sides_of(history, plan, parts)
    files = write_dataset(
        out,
        parts.shards,
        history.rejections(),
        predictions=_predictions(history, plan),
        format=plan.output.format,
        sides=None if sides is None else sides.sides,
    )
    grounding = grounded_figures(history, plan, parts, grounds)
    facts = _facts(history, plan, status, reason, files, sides, models, grounding)
    if any(category.twin_share for category in plan.categories):
        facts = replace(facts, invalid=parts.broken_keywords())
    told = metadata(facts)
    kept = history.plan()
    documents = {
        history.folder / "plan.json": kept.document if kept else b"",
        out / "metadata.json": orjson.dumps(told, option=orjson.OPT_INDENT_2) + b"\n",
        out / "README.md": card(told, _about(parts, plan)).encode(),
    }
    for path, content in documents.items():
        with atomic_file(path) as file:
            file.write(content)
    totals = {
        "total.accepted": float(told["counts"]["accepted"]),
        "total.rejected": float(sum(facts.rejected.values())),
    }
    totals |= _measures(grounding)
    if facts.usage != Usage():
        totals |= {f"total.{name}": float(value) for name, value in asdict(facts.usage).items()}
    return Finished(told, out, sink.finish(FinalState(status, list(documents), totals)), sink.is_served)


_NO_METRIC_NAME = re.compile(r"[^\w\-. ]", re.ASCII)


def _measures(grounding: Mapping[str, Json]) -> dict[str, float]:
    """Coverage, recall, precision and F1 of grounded categories and of their tiers, as metrics."""
    measured: dict[str, float] = {}
    for name, told in grounding.items():
        for row in [told["overall"], *told["by_tier"]]:
            place = _NO_METRIC_NAME.sub("_", ".".join(filter(None, (name, row.get("tier")))))
            measured |= {
                f"total.{place}.{key}": float(row[key])
                for key in ("coverage_percent", "macro_recall", "macro_precision", "macro_f1")
                if row.get(key) is not None
            }
    return measured


def _origin(told: str) -> str:
    """Where a source is from, without the folders of this machine."""
    return Path(told).name if told.startswith("/") else told


def _predictions(history: History, plan: Plan) -> Iterator[Json] | None:
    """What models said of texts, where a category has them labelled; each with the id that its record has."""
    names = [category.name for category in plan.categories if plan.worker_of(category) == "label"]
    if not names:
        return None
    return (
        {"id": f"{name}-{said.number}", "category": name, "model": said.model, "codes": said.codes,
         "quality": said.quality}
        for name in names
        for said in history.predictions(name)
    )  # fmt: skip


def sides_of(history: History, plan: Plan, parts: Parts) -> Sides | None:
    """The side of each golden record, None without a split.

    Near-duplicates, alike but for numbers, dates and ids, stay together.
    """
    if plan.split is None:
        return None
    golden, likenesses = parts.golden(), list(history.likenesses())
    none = np.zeros(0, np.uint64)
    strata = np.concatenate([none.astype(np.int64), *(np.full(len(like.exact), like.stratum) for like in likenesses)])
    records = np.concatenate([none, *(like.exact for like in likenesses)])
    groups = np.concatenate([none, *(like.group for like in likenesses)])
    key = key_of(plan.seed, "split")
    return assign(strata[golden], groups[golden], records[golden], plan.split.test, key)


def _facts(
    history: History,
    plan: Plan,
    status: Status,
    reason: str | None,
    files: dict[str, FileFacts],
    sides: Sides | None,
    models: Models | None,
    grounding: Mapping[str, Json],
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
        usage_parts=usage_parts(history, cascade_savings(history.usage_rows(), models)),
        seconds=history.seconds(),
        files=files,
        shortfalls=[
            Shortfall(p.stratum, p.missing, p.shortfall or reason or "not tried yet") for p in progress if p.missing
        ],
        split=split,
        grounding=grounding,
        sources={name: {**told, "origin": _origin(told["origin"])} for name, told in history.source_facts().items()},
    )


def _about(parts: Parts, plan: Plan) -> About:
    first = next(tables(parts.shards()), None)
    return About(
        format=plan.output.format,
        golden_threshold=plan.output.golden_threshold,
        has_json_records=first is None or has_json_records(first.schema),
        has_prompts=first is not None and "prompt" in first.column_names,
        has_twins=first is not None and "invalid" in first.column_names,
        description=plan.description,
        sample=None if first is None else _line(next(rows([first.slice(0, 1)]))),
    )


def _line(row: Row) -> Json:
    line = {"id": row.id, "category": row.category, "tier": row.tier, "quality": row.quality}
    beside = {"prompt": row.prompt, "invalid": row.invalid}
    return line | {name: value for name, value in beside.items() if value is not None} | {"record": row.record}

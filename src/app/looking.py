"""Commands that look and change nothing: preview, estimate, status."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..errors import CheckpointError
from ..plan import strata_of
from ..records import Batch, Draft, Json, Progress, Stratum
from ..state.history import LEDGER_FILE, History
from ..state.lock import is_locked
from ..tools.diversity import DuplicateIndex, can_embed, exact_only, rules_by_category
from .checkpoints import find, is_set_aside
from .explaining import explain as explain
from .preparing import Prepared, prepare
from .usage import usage_parts

PILOT = 500
"""Candidates of each stratum an estimate makes to measure with."""


def preview(path: Path, number: int) -> list[dict[str, Json]]:
    """The first `number` records of each stratum, as they would pass the checks; nothing is kept."""
    prepared = prepare(path)
    shown: list[dict[str, Json]] = []
    duplicates = DuplicateIndex(exact_only)
    for stratum in _servable(prepared):
        draft = _trial(prepared, stratum, 4 * number)
        if draft is None:
            continue
        verdicts = duplicates.judge(stratum.category, draft.fingerprints, min(number, stratum.planned))
        for row in verdicts.accepted.tolist():
            prompt = draft.kept.prompt(row)
            shown.append(
                {"category": stratum.category, "tier": stratum.tier, "quality": float(draft.quality[row])}
                | ({} if prompt is None else {"prompt": prompt})
                | {"record": draft.kept.value(row)}
            )
    return shown


def estimate(path: Path) -> dict[str, Any]:
    """What a plan asks for and will take: strata, capacities, measured yield and rate of a small pilot."""
    prepared = prepare(path)
    rules = rules_by_category(prepared.plan, can_embed=can_embed(), place=str(path))
    duplicates = DuplicateIndex(rules.__getitem__) if prepared.plan.diversity else None
    strata: list[dict[str, Any]] = []
    for stratum in strata_of(prepared.plan):
        row: dict[str, Any] = {"category": stratum.category, "tier": stratum.tier, "planned": stratum.planned}
        if why := prepared.survey.refused.get(stratum.category):
            strata.append(row | {"why_not": why})
            continue
        draft = _trial(prepared, stratum, PILOT)
        if draft is None:
            strata.append(
                row | {"capacity": prepared.survey.capacities[stratum.category], "yield": None, "rejected": {}}
            )
            continue
        tried = len(draft.kept) + len(draft.rejections)
        rejected = Counter(rejection.reason for rejection in draft.rejections)
        passed = len(draft.kept)
        if duplicates:
            verdicts = duplicates.judge(stratum.category, draft.fingerprints, passed)
            rejected.update(refusal.reason for _, refusal in verdicts.refused)
            passed = len(verdicts.accepted)
        strata.append(
            row
            | {
                "capacity": prepared.survey.capacities[stratum.category],
                "yield": passed / tried if tried else None,
                "rejected": rejected,
                "seconds": draft.seconds / tried * stratum.planned if tried else 0.0,
                "bytes": draft.kept.texts.nbytes / max(len(draft.kept), 1) * stratum.planned,
            }
        )
    return {
        "dataset_name": prepared.plan.dataset_name,
        "planned": sum(row["planned"] for row in strata),
        "strata": strata,
        "usage": {"calls": 0, "tokens_in": 0, "tokens_out": 0, "cost_usd": 0.0},
        "cpu_seconds": sum(row.get("seconds", 0.0) for row in strata),
        "bytes": round(sum(row.get("bytes", 0.0) for row in strata)),
    }


def _servable(prepared: Prepared) -> list[Stratum]:
    return [s for s in strata_of(prepared.plan) if s.category not in prepared.survey.refused]


def _trial(prepared: Prepared, stratum: Stratum, size: int) -> Draft | None:
    """Candidates of a stratum as a run would make them, those of tiers before it left out; None where none are left."""
    before = [s for s in strata_of(prepared.plan) if s.category == stratum.category and s.index < stratum.index]
    start = sum(s.planned for s in before)
    capacity = prepared.survey.capacities[stratum.category]
    room = size if capacity is None else min(size, capacity - start)
    if room <= 0:
        return None
    return prepared.workbench.draft(Batch(0, stratum.index, start, room), stratum.category, structs=False)


def list_datasets(checkpoint_dir: Path) -> list[dict[str, Any]]:
    """Every dataset that has a checkpoint there, with its counts."""
    rows = []
    for name in sorted(path.parent.name for path in checkpoint_dir.glob(f"*/{LEDGER_FILE}")):
        if is_set_aside(name):
            continue
        try:
            state = status(name, checkpoint_dir)
        except CheckpointError:
            state = {"dataset_name": name, "state": "unreadable", "planned": None, "accepted": None}
        rows.append({key: state[key] for key in ("dataset_name", "state", "planned", "accepted")})
    return rows


def status(name: str, checkpoint_dir: Path) -> dict[str, Any]:
    """How far a dataset is: state, counts in all and by stratum, rejections by reason, usage."""
    with find(name, checkpoint_dir) as history:
        return _status(history)


def _status(history: History) -> dict[str, Any]:
    progress = history.progress()
    rejected = sum((Counter(p.rejected) for p in progress), Counter[str]())
    return {
        "dataset_name": history.folder.name,
        "state": _state(history),
        "planned": sum(p.stratum.planned for p in progress),
        "accepted": sum(p.accepted for p in progress),
        "rejected": dict(rejected),
        "strata": [_stratum_row(p) for p in progress],
        "usage": asdict(history.usage()) | usage_parts(history),
        "seconds": history.seconds(),
        "checkpoint": str(history.folder),
    }


def _stratum_row(p: Progress) -> dict[str, Any]:
    row = {
        "category": p.stratum.category,
        "tier": p.stratum.tier,
        "planned": p.stratum.planned,
        "accepted": p.accepted,
        "rejected": sum(p.rejected.values()),
    }
    return row | ({"shortfall": p.shortfall} if p.shortfall else {})


def _state(history: History) -> str:
    """`running` while a process holds the lock; a run that never ended was killed: `interrupted`."""
    if is_locked(history.folder):
        return "running"
    if not any(p.missing for p in history.progress()):
        return "complete"
    last = history.last_run()
    if last is None:
        return "planned"
    return "incomplete" if last.state in ("complete", "incomplete") else "interrupted"

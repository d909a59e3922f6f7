"""How far datasets are: `agent status`."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..errors import CheckpointError
from ..records import Progress
from ..state.history import LEDGER_FILE, History
from ..state.lock import is_locked
from .checkpoints import find, is_set_aside
from .usage import usage_parts


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

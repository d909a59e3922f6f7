"""What a run is given to build: a plan's file, a plan, or a snapshot of an unfinished dataset."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import CheckpointError
from ..plan import Plan, parse_plan, plan_bytes, read_plan
from ..state.history import LEDGER_FILE, History
from .snapshots.reading import PLAN, SnapshotFile, open_snapshot

PlanSource = Plan | Mapping[str, Any] | str | Path
"""A plan, its document, or the path of its file or of a snapshot."""


@dataclass(frozen=True, slots=True)
class Given:
    """A plan that was read. `path` is where it stands, or would stand: file names in it are relative to its folder.

    snapshot: where its dataset goes on from, unless its ledger is there.
    """

    plan: Plan
    path: Path
    snapshot: SnapshotFile | None = None


def read_given(source: PlanSource, checkpoint_dir: Path) -> Given:
    """Read what a run is given. Raises PlanError with all that is wrong with the plan.

    A plan that is no file is read as if its file were in the current folder. The files that the plan of a snapshot
    names are where its ledger found them, or else beside the snapshot.
    """
    if not isinstance(source, str | Path):
        place = Path("DatasetPlan")
        document = json.loads(plan_bytes(source)) if isinstance(source, Plan) else dict(source)
        return Given(parse_plan(document, place), place)
    path = Path(source)
    snapshot = open_snapshot(path)
    if snapshot is None:
        return Given(read_plan(path), path)
    name = snapshot.plan.get("dataset_name")
    home = None
    if isinstance(name, str) and "/" not in name and "\0" not in name:
        home = _home(checkpoint_dir / name, snapshot.plan.get("sources"))
    place = (home or path.parent) / f"{path.name}: {PLAN}"
    return Given(parse_plan(snapshot.plan, place), place, snapshot)


def has_ledger(folder: Path, snapshot: SnapshotFile) -> bool:
    """Whether a folder holds the ledger that a snapshot was taken of.

    Raises CheckpointError where it holds one that cannot be that: with fewer records.
    """
    if not (folder / LEDGER_FILE).is_file():
        return False
    with History(folder) as history:
        accepted = sum(progress.accepted for progress in history.progress())
    if accepted < snapshot.instances_created:
        what = f"holds {accepted:,} records, fewer than the {snapshot.instances_created:,} of {snapshot.path}"
        mend = "run the plan itself to go on with them; --fresh sets them aside and begins with those of the snapshot"
        raise CheckpointError.at(folder, what, mend)
    return True


def _home(folder: Path, sources: object) -> Path | None:
    """The folder that the sources of a dataset are relative to, as its ledger knows; None where it does not."""
    if not isinstance(sources, Mapping) or not (folder / LEDGER_FILE).is_file():
        return None
    try:
        with History(folder) as history:
            found = history.source_files()
    except CheckpointError:  # told when it is opened for writing
        return None
    for name, file in found.items():
        named = sources.get(name)
        parts = Path(str(named.get("path"))).parts if isinstance(named, Mapping) else ()
        there = Path(file).parts
        if parts and not Path(*parts).is_absolute() and there[-len(parts) :] == parts:
            return Path(*there[: -len(parts)])
    return None

"""From a plan and a folder to a ledger that fits the plan: new, resumed, extended, or refused."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from ..errors import CheckpointError, Problem
from ..plan import Plan, changes, read_plan, strata_of
from ..records import Shard, Stratum
from ..state.history import LEDGER_FILE, History
from ..state.ledger import Ledger
from ..state.lock import CheckpointLock
from ..tools.sources import Table
from .planning.approvals import take_in_approvals


def kept_plan(folder: Path) -> Plan | None:
    """The plan of a checkpoint; None where there is none that can be read."""
    if not (folder / LEDGER_FILE).is_file():
        return None
    try:
        with History(folder) as history:
            kept = history.plan()
    except CheckpointError:  # told when it is opened for writing
        return None
    return kept.plan if kept else None


def open_ledger(folder: Path, plan: Plan, tables: Mapping[str, Table], *, fresh: bool) -> Ledger:
    """The ledger of a dataset, with this plan as its own.

    `fresh` sets an existing checkpoint aside. Raises CheckpointError where the checkpoint is in use or corrupt, or
    where the plan or a source changed in a way it cannot follow.
    """
    _refuse_others_files(folder)
    if fresh and (folder / LEDGER_FILE).exists():
        set_aside(folder)
    ledger = Ledger(folder)
    try:
        _compare(ledger.history, plan, tables)
        _verify_shards(ledger.history)
        ledger.adopt(
            plan,
            strata_of(plan),
            {
                name: {
                    "path": table.named,
                    "sha256": table.sha256,
                    "bytes": table.bytes,
                    "rows": table.rows,
                    "read_at": table.read_at,
                }
                for name, table in tables.items()
            },
        )
        take_in_approvals(ledger)
    except BaseException:
        ledger.close()
        raise
    return ledger


def refuse_other_shape(
    history: History, record_type: pa.DataType | None, has_prompts: bool, has_twins: bool = False
) -> None:
    """Raises CheckpointError where new shards would have other columns than those that are there."""
    shards = history.shards()
    if not shards:
        return  # records that live in the ledger take any shape
    schema = parquet.read_schema(history.folder / shards[0][1].path)
    has_all = ("prompt" in schema.names) == has_prompts and ("invalid" in schema.names) == has_twins
    if schema.field("record").type != (record_type or pa.string()) or not has_all:
        mend = "--fresh starts over with all categories; or give them a dataset of their own"
        what = "its records have a shape, prompts or labels that records of the new categories have not"
        raise CheckpointError.at(history.folder, what, mend)


def _refuse_others_files(folder: Path) -> None:
    """Raises CheckpointError for a folder that is no checkpoint and holds something: it is somebody else's."""
    if folder.is_dir() and not (folder / LEDGER_FILE).exists():
        others = sorted(path.name for path in folder.iterdir() if path.name not in ("lock", "shards"))
        if others:
            mend = "choose another --checkpoint-dir" + (
                ", or run one of its snapshots" if "snapshots" in others else ""
            )
            raise CheckpointError.at(folder, f"is no checkpoint, but holds {', '.join(others[:3])}", mend)


def is_set_aside(name: str) -> bool:
    """Whether a folder's name is that of a checkpoint `--fresh` has set aside."""
    return _ASIDE in name


_ASIDE = ".aside-"


def set_aside(folder: Path) -> Path:
    """Rename a checkpoint, so that another can take its place; gives where it is then.

    Raises CheckpointError where it is in use.
    """
    lock = CheckpointLock(folder)
    try:
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
        return folder.rename(folder.with_name(f"{folder.name}{_ASIDE}{stamp}"))
    finally:
        lock.release()


def _compare(history: History, plan: Plan, tables: Mapping[str, Table]) -> None:
    kept = history.plan()
    if kept is None:
        return
    differences = changes(kept.plan, plan) or _shrunk(history.strata(), strata_of(plan))
    known = history.sources()
    differences += [
        f"$.sources.{name}: {table.named} changed since it was first read"
        for name, table in tables.items()
        if known.get(name, table.sha256) != table.sha256
    ]
    if differences:
        mend = "--fresh sets the checkpoint aside and starts over; or give the dataset another name"
        raise CheckpointError(
            [Problem(str(history.folder), "is the checkpoint of another plan", mend)]
            + [Problem("  changed", difference) for difference in differences]
        )


def _shrunk(old: Sequence[Stratum], new: Sequence[Stratum]) -> list[str]:
    """Strata that would have to give records back: with shares, a larger count may leave a tier fewer."""
    wanted = {(stratum.category, stratum.tier): stratum.planned for stratum in new}
    return [
        f"the stratum {stratum} had {stratum.planned} records and would have {wanted[stratum.category, stratum.tier]}; "
        "give its tiers counts instead of shares"
        for stratum in old
        if wanted.get((stratum.category, stratum.tier), stratum.planned) < stratum.planned
    ]


def _verify_shards(history: History) -> None:
    """Raises CheckpointError for shards, or records in the ledger, that are not what was committed."""
    bad = [shard.path for _, shard in history.shards() if not _is_intact(history.folder, shard)]
    if bad:
        mend = "restore them from a copy, start over with --fresh, or try --recover-from-mlflow"
        raise CheckpointError([Problem(str(history.folder / path), "is missing or damaged", mend) for path in bad[:10]])
    if lacking := history.lacking():
        what = f"does not hold the records of {len(lacking):,} batches, such as number {lacking[0]}"
        mend = "restore it from a copy, start over with --fresh, or try --recover-from-mlflow"
        raise CheckpointError.at(history.folder / LEDGER_FILE, what, mend)


def _is_intact(folder: Path, shard: Shard) -> bool:
    try:
        with (folder / shard.path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == shard.sha256
    except OSError:
        return False


def find(name: str, checkpoint_dir: Path) -> History:
    """The history of a dataset, by its name or its plan's path. Raises CheckpointError where there is none."""
    given = Path(name)
    if given.suffix == ".json" and given.is_file():
        name = read_plan(given).dataset_name
    folder = checkpoint_dir / name
    if not (folder / LEDGER_FILE).is_file():
        known = sorted(path.parent.name for path in checkpoint_dir.glob(f"*/{LEDGER_FILE}"))
        there = f"datasets there: {', '.join(known)}" if known else "no dataset is there"
        raise CheckpointError.at(folder, "holds no dataset", f"{there}; see --checkpoint-dir")
    return History(folder)

"""`agent source fetch|list|verify`: the sources of a plan, their copies, and whether both are still the same."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ...errors import CheckpointError, InputError, PlanError, Problem, SourceError
from ...hints import nearest
from ...plan import Plan, read_plan
from ...records import Json
from ...settings import Settings
from ...state.history import LEDGER_FILE, History
from ...tools.sources import Table
from .reading import Sources


def fetch(
    path: Path, names: Sequence[str], settings: Settings, checkpoint_dir: Path | None, *, refresh: bool
) -> list[dict[str, Json]]:
    """Read the sources of a plan, all or those named, and keep copies; gives what `list_sources` gives of them.

    `refresh` reads again what is there. Raises PlanError with the problems of all.
    """
    plan, sources = _open(path, names, settings, checkpoint_dir)
    tables: dict[str, Table] = {}
    problems: list[Problem] = []
    for name in names or plan.sources:
        try:
            kept = None if refresh else sources.copy(name)
            tables[name] = kept if kept is not None and plan.sources[name].is_remote else sources.read(name)
            if tables[name] is not kept:
                sources.keep([name], anew=refresh)
            tables[name] = sources.copy(name) or tables[name]
        except InputError as error:
            problems.extend(error.problems)
    if problems:
        raise PlanError(problems)
    return [_told(plan, name, table, {}) for name, table in tables.items()]


def list_sources(path: Path, settings: Settings, checkpoint_dir: Path | None) -> list[dict[str, Json]]:
    """Each source of a plan: its origin, and of its copy rows, bytes, SHA-256 and time, None where there is none.

    `used_sha256` is that of the dataset which the plan builds, where it was begun.
    """
    plan, sources = _open(path, (), settings, checkpoint_dir)
    used = _used(plan, checkpoint_dir or settings.checkpoint_dir)
    return [_told(plan, name, sources.copy(name), used) for name in plan.sources]


def verify(path: Path, names: Sequence[str], settings: Settings, checkpoint_dir: Path | None) -> list[dict[str, Json]]:
    """Read sources again and compare them with their copies, and with what the dataset was begun with.

    Nothing is replaced. Raises SourceError with all that differ.
    """
    plan, sources = _open(path, names, settings, checkpoint_dir)
    used = _used(plan, checkpoint_dir or settings.checkpoint_dir)
    problems: list[Problem] = []
    told = []
    for name in names or plan.sources:
        try:
            fresh, kept = sources.read(name), sources.copy(name)
        except InputError as error:
            problems.extend(error.problems)
            continue
        where = f"{path}: $.sources.{name}"
        if kept is None and name not in used:
            problems.append(Problem(where, "there is no copy to compare with", "agent source fetch makes one"))
        problems += [Problem(where, what, _MEND) for what in _differences(fresh, kept, used.get(name))]
        told.append(_told(plan, name, fresh, used))
    if problems:
        raise SourceError(problems)
    return told


_MEND = "a dataset that was begun needs the old content; `agent source fetch --refresh` keeps the new one for others"


def _differences(fresh: Table, kept: Table | None, used: str | None) -> list[str]:
    if kept is not None and kept.sha256 != fresh.sha256:
        rows = f"{kept.rows:,} rows then, {fresh.rows:,} now"
        return [f"changed since {kept.read_at}: SHA-256 {kept.sha256[:12]} then, {fresh.sha256[:12]} now; {rows}"]
    if kept is not None and not kept.columns.equals(fresh.columns):
        return ["its copy is damaged: it holds other rows than its origin"]
    if used is not None and used != fresh.sha256:
        return [f"changed since the dataset was begun: SHA-256 {used[:12]} then, {fresh.sha256[:12]} now"]
    return []


def _open(path: Path, names: Sequence[str], settings: Settings, checkpoint_dir: Path | None) -> tuple[Plan, Sources]:
    plan = read_plan(path)
    for name in names:
        if name not in plan.sources:
            raise InputError.at(f"{path}: $.sources", f"has no {name!r}", nearest(name, list(plan.sources)))
    return plan, Sources(plan, path, settings, checkpoint_dir)


def _used(plan: Plan, checkpoint_dir: Path) -> dict[str, str]:
    """SHA-256 by name of the sources that the plan's dataset was begun with."""
    folder = checkpoint_dir / plan.dataset_name
    if not (folder / LEDGER_FILE).is_file():
        return {}
    try:
        with History(folder) as history:
            return history.sources()
    except CheckpointError:  # told by the commands that need it
        return {}


def _told(plan: Plan, name: str, table: Table | None, used: dict[str, str]) -> dict[str, Json]:
    source = plan.sources[name]
    told: dict[str, Json] = {"name": name, "origin": source.origin, "is_fetched": table is not None}
    if table is not None:
        told |= {
            "from": table.named,
            "rows": table.rows,
            "columns": table.columns.column_names,
            "bytes": table.bytes,
            "sha256": table.sha256,
            "read_at": table.read_at,
        }
    return told | ({"used_sha256": used[name]} if name in used else {})

"""Everything that can be found wrong before a run writes anything."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from ..engine.workbench import Survey, Workbench
from ..errors import InputError, OutputError, PlanError, Problem
from ..plan import Plan, read_plan
from ..tools.export import OUTPUT_NAMES
from ..tools.sources import Table, read_table


@dataclass(frozen=True)
class Prepared:
    """A plan that can be built: read, with its sources, and compiled."""

    path: Path
    plan: Plan
    tables: Mapping[str, Table]
    workbench: Workbench
    survey: Survey


def prepare(path: Path) -> Prepared:
    """Read and compile a plan. Raises InputError with all that is wrong with it, its schemas and its sources."""
    plan = read_plan(path)
    tables = _read_tables(plan, path)
    _refuse_absent_workers(plan, path)
    workbench = Workbench(plan, tables, str(path))
    return Prepared(path, plan, tables, workbench, workbench.survey())


def _read_tables(plan: Plan, path: Path) -> dict[str, Table]:
    tables: dict[str, Table] = {}
    problems: list[Problem] = []
    for name, source in plan.sources.items():
        try:
            where = f"{path}: $.sources.{name}.path"
            tables[name] = read_table(path.parent / source.path, source.format, where=where)
        except InputError as error:
            problems.extend(error.problems)
    if problems:
        raise PlanError(problems)
    return tables


def _refuse_absent_workers(plan: Plan, path: Path) -> None:
    problems = [
        Problem(
            f"{path}: $.categories[{index}]",
            f"{category.name!r} needs the worker {plan.worker_of(category)!r}; this version has `template` alone",
            "give it `templates` or a `record_schema`",
        )
        for index, category in enumerate(plan.categories)
        if plan.worker_of(category) != "template"
    ]
    if problems:
        raise PlanError(problems)


def refuse_others_output(folder: Path, dataset_name: str, is_ours: bool) -> None:
    """Raises OutputError for a folder with files that a run would replace, and that are not this dataset's.

    `is_ours` says that a run of this dataset has written there before, perhaps without coming to its end.
    """
    there = sorted(name for name in OUTPUT_NAMES if (folder / name).exists())
    if not there or is_ours or _dataset_in(folder) == dataset_name:
        return
    what = f"holds {', '.join(there[:3])}, which are not of the dataset {dataset_name!r}"
    raise OutputError.at(folder, what, "choose another folder with --out")


def _dataset_in(folder: Path) -> Any:
    try:
        return orjson.loads((folder / "metadata.json").read_bytes()).get("dataset_name")
    except (OSError, ValueError, AttributeError):
        return None


def refuse_unwritable(folder: Path) -> None:
    """Raises OutputError where a folder could not be made or written, without making it."""
    ancestor = folder.absolute()
    while not os.path.lexists(ancestor):
        ancestor = ancestor.parent
    if not ancestor.is_dir():
        raise OutputError.at(folder, f"cannot be a folder: {ancestor} is a file", "choose another folder")
    if not os.access(ancestor, os.W_OK | os.X_OK):
        raise OutputError.at(folder, f"cannot be written: no permission in {ancestor}", "choose another folder")

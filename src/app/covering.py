"""`agent preview --coverage`: what of their schemas the records of a plan reach."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..plan import Category, read_plan
from ..tools.schemas.coverage import Coverage, Goal, Kind
from .preparing import Prepared, prepare_plan

_NAMES: dict[Kind, str] = {"branch": "branches", "value": "enum_values", "property": "optional_properties"}


def cover(path: Path, records: int) -> dict[str, Any]:
    """What the first `records` records of each category that templates make from a schema reach of it.

    Models are not asked; nothing is kept. Raises InputError where `agent run` would before its first call.
    """
    prepared = prepare_plan(read_plan(path), path)
    covered, left_out = list[dict[str, Any]](), list[dict[str, str]]()
    for category in prepared.plan.categories:
        if why := _left_out(prepared, category):
            left_out.append({"category": category.name, "why": why})
        else:
            covered.append(_covered(prepared, category, records))
    return {"dataset_name": prepared.plan.dataset_name, "categories": covered, "left_out": left_out}


def _left_out(prepared: Prepared, category: Category) -> str | None:
    if prepared.plan.worker_of(category) != "template":
        return "its records are written by models"
    if category.task is not None:
        return "its records are made from a source"
    if category.templates:
        return "its records are made from templates"
    return prepared.survey.refused.get(category.name)


def _covered(prepared: Prepared, category: Category, records: int) -> dict[str, Any]:
    coverage = Coverage(prepared.plan.schema_of(category))
    for some in prepared.workbench.sample(category.name, records):
        coverage.add(some)
    told: dict[str, Any] = {"category": category.name, "records": records}
    for kind, name in _NAMES.items():
        every, missing = coverage.goals(kind), coverage.missing(kind)
        told[name] = {"reached": len(every) - len(missing), "all": len(every), "missing": list(map(_missing, missing))}
    return told


def _missing(goal: Goal) -> dict[str, Any]:
    told = {"path": goal.pointer}
    if goal.kind == "value":
        told["value"] = goal.value
    return {**told, "impossible": goal.is_impossible}

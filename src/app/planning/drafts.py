"""A plan that is being made: checked as a run would check it, kept, compared, saved."""

from __future__ import annotations

import difflib
import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from ...errors import InputError, PlanError, Problem
from ...plan import Plan, parse_plan, plan_bytes
from ...plan.reading import read_json
from ...records import Json
from ...state.history import LEDGER_FILE, History
from ...tools.export import atomic_file
from ..preparing import prepare_plan


@dataclass(frozen=True, slots=True)
class Draft:
    """A plan that can be built.

    `document` is its JSON as it was written; `plan` has the workers it would be run with; `path` is where it is, or
    will be, saved.
    """

    document: dict[str, Any]
    plan: Plan
    path: Path

    @property
    def is_saved(self) -> bool:
        """Whether the file says the same."""
        return bool(saved_document(self.path) == self.document)


def checked(document: dict[str, Any], path: Path, model: str | None, kept: Plan | None = None) -> Draft:
    """The draft of a JSON object that would stand at `path`. Raises InputError with all that is wrong with it.

    `model` and `kept` as in `prepare`.
    """
    return Draft(document, prepare_plan(parse_plan(document, path), path, model=model, kept=kept).plan, path)


@contextmanager
def on_disk(plan: Plan, path: Path) -> Iterator[Path]:
    """A file with the plan, for as long as it is needed; its sources are those it would have at `path`.

    Errors raised within name `path` instead.
    """
    sources = {
        name: source
        if source.path is None
        else source.model_copy(update={"path": str((path.parent / source.path).absolute())})
        for name, source in plan.sources.items()
    }
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / path.name
        file.write_bytes(plan_bytes(plan.model_copy(update={"sources": sources}) if sources else plan))
        try:
            yield file
        except InputError as error:
            there, here = str(file), str(path)
            problems = [
                Problem(p.where.replace(there, here), p.what.replace(there, here), p.mend) for p in error.problems
            ]
            raise PlanError(problems) from None


def template_part(plan: Plan) -> Plan | None:
    """The plan with the categories that need no model, None where there are none."""
    kept = [category for category in plan.categories if plan.worker_of(category) == "template"]
    # Routes may name categories that are left out, and the counts no longer sum to the total.
    update: dict[str, Any] = {"categories": kept, "total_instances": None, "models": {}, "routes": []}
    return plan.model_copy(update=update) if kept else None


def saved_document(path: Path) -> Json:
    """The JSON that is saved at a path; None where there is none, or none that can be read."""
    try:
        return read_json(path) if path.is_file() else None
    except InputError:
        return None


def write_document(document: Mapping[str, Any], path: Path) -> None:
    """Save a plan's JSON: whole, or not at all. Raises OutputError."""
    with atomic_file(path) as file:
        file.write(document_text(document).encode())


def document_text(document: Json) -> str:
    """A plan's JSON as it is saved."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def difference(old: Json, new: Json, name: str) -> str:
    """The unified diff between two plans."""
    before, after = (document_text(document).splitlines(keepends=True) for document in (old, new))
    return "".join(difflib.unified_diff(before, after, f"{name} (saved)", f"{name} (proposed)", n=2))


def named_files(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(JSON path, file) of each file and folder that a plan's JSON names."""
    if isinstance(folder := document.get("schemas_dir"), str):
        yield "$.schemas_dir", folder
    if isinstance(schema := document.get("record_schema"), str):
        yield "$.record_schema", schema
    categories = document.get("categories")
    for index, category in enumerate(categories if isinstance(categories, list) else []):
        if isinstance(category, dict) and isinstance(schema := category.get("record_schema"), str):
            yield f"$.categories[{index}].record_schema", schema
    sources = document.get("sources")
    for name, source in (sources if isinstance(sources, dict) else {}).items():
        if isinstance(source, dict) and isinstance(file := source.get("path"), str):
            yield f"$.sources.{name}.path", file


def kept_plan(folder: Path) -> tuple[Plan, dict[str, Any]] | None:
    """The plan that a checkpoint goes by, and its JSON; None where there is none. Raises CheckpointError."""
    if not (folder / LEDGER_FILE).is_file():
        return None
    with History(folder) as history:
        kept = history.plan()
    return None if kept is None else (kept.plan, orjson.loads(kept.document))

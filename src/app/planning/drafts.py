"""A plan that is being made: checked as a run would check it, kept, compared, saved."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from ...errors import InputError
from ...plan import Plan, parse_plan
from ...plan.reading import read_json
from ...records import Json
from ...state.history import LEDGER_FILE, History
from ...tools.export import atomic_file
from ..preparing import prepare_plan
from .fetching import named_database
from .plan_table import available_rows


@dataclass(frozen=True, slots=True)
class Draft:
    """A plan that can be built.

    `document` is its JSON as it was written; `plan` has the workers it would be run with; `path` is where it is, or
    will be, saved. `available` is what its sources give its tiers: see `plan_table.available_rows`.
    """

    document: dict[str, Any]
    plan: Plan
    path: Path
    available: Sequence[dict[str, Json]] = ()

    @property
    def is_saved(self) -> bool:
        """Whether the file says the same."""
        return bool(saved_document(self.path) == self.document)


def checked(
    document: dict[str, Any],
    path: Path,
    model: str | None,
    kept: Plan | None = None,
    checkpoint_dir: Path | None = None,
) -> Draft:
    """The draft of a JSON object that would stand at `path`. Raises InputError with all that is wrong with it.

    `model`, `kept` and `checkpoint_dir` as in `prepare`.
    """
    prepared = prepare_plan(parse_plan(document, path), path, model=model, kept=kept, checkpoint_dir=checkpoint_dir)
    return Draft(document, prepared.plan, path, available_rows(prepared.plan, prepared.grounds))


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
        if isinstance(source, dict) and (file := named_database(source)):
            yield f"$.sources.{name}.database", file


def kept_plan(folder: Path) -> tuple[Plan, dict[str, Any]] | None:
    """The plan that a checkpoint goes by, and its JSON; None where there is none. Raises CheckpointError."""
    if not (folder / LEDGER_FILE).is_file():
        return None
    with History(folder) as history:
        kept = history.plan()
    return None if kept is None else (kept.plan, orjson.loads(kept.document))

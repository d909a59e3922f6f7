"""Everything that can be found wrong before a run writes anything."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from ..agents.router import Router
from ..endpoints.entries import Catalogue, Endpoint
from ..engine.workbench import Survey, Workbench
from ..errors import InputError, OutputError, PlanError, Problem
from ..hints import nearest
from ..plan import MODEL_WORKERS, Category, Plan, Worker, read_plan
from ..settings import SIZE_VARIABLE, Settings
from ..tools.export import OUTPUT_NAMES
from ..tools.grounding.grounds import Grounds
from ..tools.schemas import Validator
from .grounding.counts import with_counts
from .grounding.evidence import refuse_unfit_evidence
from .sourcing.reading import Sources


@dataclass(frozen=True)
class Models:
    """The models that write a plan's agent batches: who writes which, and how each is reached."""

    router: Router
    endpoints: Mapping[str, Endpoint]


@dataclass(frozen=True)
class Prepared:
    """A plan that can be built: read, with its sources, and compiled. `models` is None where no agents write.

    `notes` is what a person should know of the sources.
    """

    path: Path
    plan: Plan
    sources: Sources
    grounds: Grounds
    workbench: Workbench
    survey: Survey
    notes: list[str]
    models: Models | None = None

    @property
    def model_categories(self) -> list[Category]:
        """The categories that language models write, whatever their task."""
        return [category for category in self.plan.categories if self.plan.worker_of(category) != "template"]

    def categories_of(self, worker: str) -> list[Category]:
        """The categories that a worker writes."""
        return [category for category in self.plan.categories if self.plan.worker_of(category) == worker]


def prepare(
    path: Path,
    settings: Settings | None = None,
    *,
    model: str | None = None,
    kept: Plan | None = None,
    checkpoint_dir: Path | None = None,
) -> Prepared:
    """Read and compile a plan. Raises InputError with all that is wrong with it, its schemas and its sources.

    `model` is what the command line names; `kept` the plan of the checkpoint, by which categories keep their workers.
    Without settings, models are not looked up: what agents would write is left out. Copies of sources are looked for
    in `checkpoint_dir`, that of the settings if left out.
    """
    return prepare_plan(read_plan(path), path, settings, model=model, kept=kept, checkpoint_dir=checkpoint_dir)


def prepare_plan(
    plan: Plan,
    path: Path,
    settings: Settings | None = None,
    *,
    model: str | None = None,
    kept: Plan | None = None,
    checkpoint_dir: Path | None = None,
) -> Prepared:
    """As `prepare`, for a plan that stands, or would stand, at a path."""
    _refuse_too_many(plan, path, settings.max_dataset_size if settings else None)
    chosen = model or (settings.model if settings else None)
    plan = with_workers(plan, is_model_set=chosen is not None, kept=kept)
    sources = Sources(plan, path, settings, checkpoint_dir)
    grounds = Grounds(plan, sources.tables(), str(path))
    notes = sources.notes + grounds.examine()
    plan, counted = with_counts(plan, grounds)
    notes += counted
    workbench = Workbench(plan, grounds, str(path))
    survey = workbench.survey()
    _verify_schemas(plan, path)
    models = None
    if settings is not None:
        models = _models(plan, path, settings, model)
        refuse_unfit_evidence(plan, grounds, settings)
    return Prepared(path, plan, sources, grounds, workbench, survey, notes + survey.notes, models)


def with_workers(plan: Plan, *, is_model_set: bool, kept: Plan | None) -> Plan:
    """The plan with those workers written down that hang on more than the plan.

    That is on the model of the command line, or on what an earlier run began with.
    """
    before = {category.name: kept.worker_of(category) for category in kept.categories} if kept else {}

    def worker(category: Category) -> Worker | None:
        if category.worker or category.templates or category.invalid or plan.schema_of(category) is None:
            return category.worker
        if category.name in before:
            return None if before[category.name] == plan.worker_of(category) else before[category.name]
        if not is_model_set:
            return None
        return "agent" if category.task is None else MODEL_WORKERS[category.task]

    categories = [
        category.model_copy(update={"worker": chosen}) if (chosen := worker(category)) != category.worker else category
        for category in plan.categories
    ]
    return plan.model_copy(update={"categories": categories})


def _refuse_too_many(plan: Plan, path: Path, most: int | None) -> None:
    asked = sum(category.count for category in plan.categories)
    if most is not None and asked > most:
        what = f"asks for {asked:,} records, and a dataset may have {most:,}"
        raise PlanError.at(f"{path}: $.categories", what, f"lower the counts, or raise {SIZE_VARIABLE}")


def _models(plan: Plan, path: Path, settings: Settings, model: str | None) -> Models | None:
    writers = [category for category in plan.categories if plan.worker_of(category) != "template"]
    if not writers:
        return None
    catalogue = Catalogue.read(plan, settings)
    default = catalogue.default("worker", model)
    if default is None:
        worker = {"agent": "an agent"}.get(plan.worker_of(writers[0]), f"the worker {plan.worker_of(writers[0])!r}")
        what = f"{writers[0].name!r} is written by {worker}, and no model is named"
        mend = "run with --model NAME, or add `models` to the plan or to models.toml; `templates` need no model"
        raise PlanError.at(f"{path}: $.categories", what, mend)
    _refuse_contradictions(plan, path, catalogue)
    router = Router(plan, default, only=bool(model or settings.model))
    side_by_side = (name for category in writers for name in category.models or ())
    endpoints = {name: catalogue.endpoint(name) for name in dict.fromkeys([*router.names, *side_by_side])}
    _refuse_absent_providers(endpoints.values())
    return Models(router, endpoints)


def _refuse_absent_providers(endpoints: Iterable[Endpoint]) -> None:
    """Raises InputError where a provider needs an extra that is not installed."""
    for endpoint in endpoints:
        if endpoint.entry.provider:
            from ..agents.sdk_models import sdk_model

            sdk_model(endpoint)


def _refuse_contradictions(plan: Plan, path: Path, catalogue: Catalogue) -> None:
    """Raises PlanError for routes to models that no entry has, and for modes that an entry says it cannot do."""
    known = {**catalogue.file, **catalogue.plan}
    named = [(f"$.routes[{index}]", name) for index, route in enumerate(plan.routes) for name in route.names]
    named += [(f"$.categories[{i}].models", name) for i, c in enumerate(plan.categories) for name in c.models or ()]
    problems = [
        Problem(f"{path}: {place}", f"names the model {name!r}, which no entry has", nearest(name, list(known)))
        for place, name in named
        if known and name not in known
    ]
    if plan.generation.mode == "tools":
        problems += [
            Problem(f"{path}: $.generation.mode", f"is `tools`, which model {name!r} cannot, by its `capabilities`")
            for name, entry in catalogue.plan.items()
            if "tools" not in entry.capabilities and name not in ("coordinator", "judge")
        ]
    if problems:
        raise PlanError(problems)


def _verify_schemas(plan: Plan, path: Path) -> None:
    problems: list[Problem] = []
    for index, category in enumerate(plan.categories):
        schema = plan.schema_of(category)
        if plan.worker_of(category) == "agent" and schema is not None:
            try:
                Validator(schema, f"{path}: $.categories[{index}].record_schema")
            except InputError as error:
                problems.extend(error.problems)
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

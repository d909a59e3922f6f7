"""`agent grow`: a template plan whose language a model makes richer, saved as a plan that needs no model."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..agents.paraphraser import paraphrase
from ..agents.rewording import Base, Reworded
from ..agents.template_writer import write_variations
from ..endpoints.entries import Endpoint, endpoint_for
from ..engine.template_trial import TemplateTrial
from ..errors import DatasetAgentError, InputError, OutputError, PlanError, Problem
from ..hints import nearest
from ..plan import Category, parse_plan, read_plan
from ..plan.reading import read_json
from ..records import Json
from ..settings import Settings
from ..tools.checks import PlaceholderCheck
from ..tools.checks.leaves import leaves
from ..tools.templates.wording import Fields, Parts, fields_of, parts_of
from .answer_log import AnswerLog, LoggedModel
from .drafts import write_document
from .grown_plan import grown_document, templates_of, texts_at, without_counts, without_repeats
from .preparing import Prepared, prepare_plan, refuse_unwritable

if TYPE_CHECKING:
    from ..endpoints.complete import Complete

EXAMPLES = 3
"""Records of a template that the model is shown."""


@dataclass(frozen=True, slots=True)
class GrowOptions:
    """What the command line says.

    variations: of each template, at the most. categories: to be grown; all with templates if empty. answers: whether
    answers are reworded too; fields: JSON paths of what counts as answers, by their keys if empty.
    """

    plan: Path
    out: Path
    variations: int = 10
    model: str | None = None
    categories: tuple[str, ...] = ()
    answers: bool = False
    fields: tuple[str, ...] = ()
    force: bool = False


@dataclass(frozen=True, slots=True)
class GrownCategory:
    """What became of a category: its templates and the different records they give, before and after."""

    name: str
    count: int
    templates: tuple[int, int]
    capacity: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Grown:
    """What came of growing a plan. `out` is None where nothing was gained and no file written."""

    out: Path | None
    categories: list[GrownCategory]
    refused: Counter[str]
    short: list[str]
    asked: int
    reused: int

    @property
    def exit_code(self) -> int:
        """0; 3 where nothing was gained, or the plan asks for more than its templates give even now."""
        return 3 if self.out is None or any(one.count > one.capacity[1] for one in self.categories) else 0

    def lines(self) -> list[str]:
        """The same for a person."""
        told = [
            f"{one.name}: {one.templates[0]:,} -> {one.templates[1]:,} templates, "
            f"{one.capacity[0]:,} -> {one.capacity[1]:,} different records"
            for one in self.categories
        ]
        told += [f"  short: {one}" for one in self.short]
        told += [
            f"  {one.name}: the plan asks for {one.count:,}: ask for more variations, or lower its count"
            for one in self.categories
            if one.count > one.capacity[1]
        ]
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in sorted(self.refused.items())) or "none"
        told.append(f"refused on the way: {reasons}; {self.asked:,} model calls, {self.reused:,} kept from before")
        if self.out is None:
            return [*told, "Nothing new could be used, so no plan was written."]
        return [*told, f"Wrote {self.out}. Next: agent run {self.out}"]


@dataclass(slots=True)
class _Job:
    """One template to grow, and what came of it."""

    category: Category
    number: int
    base: Base
    fields: Fields
    texts: Reworded = field(default_factory=Reworded)
    answers: Reworded = field(default_factory=Reworded)

    @property
    def name(self) -> str:
        return f"{self.category.name}, template {self.number}"


def grow(options: GrowOptions, settings: Settings, say: Callable[[str], None]) -> Grown:
    """Grow a plan's templates and save it under another name; `say` is told how far it is.

    Raises InputError for what cannot be used, EndpointError or BudgetReached where the model does not go on: its
    answers are kept beside the plan that is to be, and the same command goes on from them.
    """
    _refuse_output(options)
    plan = read_plan(options.plan)
    prepared = prepare_plan(without_counts(plan), options.plan)
    jobs = _jobs(options, prepared)
    endpoint = endpoint_for(plan, settings, role="worker", name=options.model)
    if endpoint is None:
        raise InputError.at(options.plan, "no model is named", "add --model NAME, or `models` to the plan")
    log = AnswerLog(options.out.with_name(f"{options.out.name}.partial.jsonl"), endpoint.entry.model)
    try:
        asyncio.run(_ask(jobs, options, prepared, settings, endpoint, log, say))
    except (DatasetAgentError, KeyboardInterrupt):
        if log.path.exists():
            say(f"What the model answered is kept in {log.path}; the same command goes on from it.")
        raise
    grown = _save(options, prepared, jobs, log)
    log.remove()
    return grown


def _refuse_output(options: GrowOptions) -> None:
    if options.out.resolve() == options.plan.resolve():
        raise OutputError.at(options.out, "is the plan itself", "name another file with --out")
    if options.out.exists() and not options.force:
        raise OutputError.at(options.out, "is there already", "name another file, or add --force")
    refuse_unwritable(options.out.parent)


def _jobs(options: GrowOptions, prepared: Prepared) -> list[_Job]:
    """Every template to grow. Raises InputError where there is none, or an option names what is not there."""
    named = [_named_parts(path) for path in options.fields]
    jobs = [
        job
        for index, category in enumerate(prepared.plan.categories)
        if category in _chosen(options, prepared)
        for job in _jobs_of(prepared, index, category, named, answers=options.answers or bool(named))
    ]
    for path, parts in zip(options.fields, named, strict=True):
        if not any(answer[: len(parts)] == parts for job in jobs for answer in job.fields.answers):
            known = {leaf.path for job in jobs for leaf in leaves(job.base.template) if isinstance(leaf.value, str)}
            raise InputError.at("--field", f"no template has a text at {path!r}", nearest(path, sorted(known)))
    if not jobs:
        mend = "a text to vary has words beside its slots; answers are varied with --answers"
        raise InputError.at(options.plan, "no template has a text to vary", mend)
    return jobs


def _named_parts(path: str) -> Parts:
    try:
        return parts_of(path)
    except ValueError as error:
        raise InputError.at("--field", str(error)) from None


def _chosen(options: GrowOptions, prepared: Prepared) -> list[Category]:
    known = {category.name: category for category in prepared.categories_of("template") if category.templates}
    for name in options.categories:
        if name not in known:
            raise InputError.at("--category", f"no category with templates is named {name!r}", nearest(name, known))
    return [known[name] for name in options.categories or known]


def _jobs_of(
    prepared: Prepared, index: int, category: Category, named: Sequence[Parts], *, answers: bool
) -> list[_Job]:
    where = f"{prepared.path}: $.categories[{index}]"
    trial = TemplateTrial(prepared.plan, category, prepared.tables, where)
    templates = category.templates or []
    fields = [fields_of(template, named) for template in templates]
    asked = [texts_at(template, own.texts) for template, own in zip(templates, fields, strict=True)]
    wanted = prepared.plan.checks.placeholder
    allowed = tuple(wanted) if isinstance(wanted, list) else ()
    jobs: list[_Job] = []
    problems: list[Problem] = []
    for number, (template, own) in enumerate(zip(templates, fields, strict=True)):
        own = own if answers else Fields(own.texts, ())
        if not own.texts and not own.answers:
            continue
        if refusal := trial.refuse(template):
            what = f"no record of it passes the checks: {refusal.reason}: {refusal.detail}"
            problems.append(Problem(f"{where}.templates[{number}]", what, "mend it before it is varied"))
            continue
        about = _about(category, trial.records(template, EXAMPLES))
        others = [texts for other, texts in enumerate(asked) if other != number and texts]
        check = None if wanted is False else PlaceholderCheck(allowed)
        jobs.append(_Job(category, number + 1, Base(template, about, check, trial.refuse, others), own))
    if problems:
        raise PlanError(problems)
    return jobs


def _about(category: Category, examples: list[Json]) -> dict[str, Any]:
    about = {
        "category": category.name,
        "description": category.description,
        "perspectives": category.perspectives,
        "examples": examples,
    }
    return {key: value for key, value in about.items() if value}


async def _ask(
    jobs: Sequence[_Job],
    options: GrowOptions,
    prepared: Prepared,
    settings: Settings,
    endpoint: Endpoint,
    log: AnswerLog,
    say: Callable[[str], None],
) -> None:
    from .models import open_complete

    async with open_complete(prepared.plan, settings, endpoint.name) as complete:
        await grow_all(jobs, complete, log, options.variations, say)


async def grow_all(
    jobs: Sequence[_Job], complete: Complete, log: AnswerLog, variations: int, say: Callable[[str], None]
) -> None:
    """Grow all templates at once; after a failure what is in flight is waited for, and kept."""
    model = LoggedModel(complete, log)
    done = await asyncio.gather(*(_grow(job, model, variations, say) for job in jobs), return_exceptions=True)
    if failure := model.failure or next((one for one in done if one is not None), None):
        raise failure


async def _grow(job: _Job, model: Complete, variations: int, say: Callable[[str], None]) -> None:
    if job.fields.texts:
        job.texts = await write_variations(model, job.base, job.fields.texts, variations)
        say(f"{job.name}: {len(job.texts.accepted)} of {variations} variations")
    if job.fields.answers:
        wanted = len(job.texts.accepted) or variations
        job.answers = await paraphrase(model, job.base, job.fields.answers, wanted)
        say(f"{job.name}: {len(job.answers.accepted)} of {wanted} answers")


def _save(options: GrowOptions, prepared: Prepared, jobs: Sequence[_Job], log: AnswerLog) -> Grown:
    grown = _grown_by_category(jobs)
    refused = sum((job.texts.refused + job.answers.refused for job in jobs), Counter[str]())
    short = [f"{job.name}: {why}" for job in jobs for why in (job.texts.why, job.answers.why) if why]
    out = options.out if any(grown.values()) else None
    after = prepared
    if out is not None:
        places = {category.name: index for index, category in enumerate(prepared.plan.categories)}
        by_place = {places[name]: templates for name, templates in grown.items()}
        document = grown_document(read_json(options.plan), by_place, options.plan, out)
        plan = parse_plan(document, out)
        after = prepare_plan(without_counts(plan), out)
        write_document(document, out)
    counts = {category.name: category.count for category in read_plan(options.plan).categories}
    categories = [
        GrownCategory(
            category.name,
            counts[category.name],
            (len(category.templates or []), len(category.templates or []) + len(grown[category.name])),
            (prepared.survey.capacities[category.name] or 0, after.survey.capacities[category.name] or 0),
        )
        for category in prepared.plan.categories
        if category.name in grown
    ]
    return Grown(out, categories, refused, short, log.asked, log.reused)


def _grown_by_category(jobs: Sequence[_Job]) -> dict[str, list[Json]]:
    by_category: dict[str, list[_Job]] = {}
    for job in jobs:
        by_category.setdefault(job.category.name, []).append(job)
    grown = {}
    for name, own in by_category.items():
        bases = [(job.base.template, job.fields) for job in own]
        templates = [
            (job.fields, templates_of(job.base.template, job.fields, job.texts.accepted, job.answers.accepted))
            for job in own
        ]
        grown[name] = [template for kept in without_repeats(bases, templates) for template in kept]
    return grown

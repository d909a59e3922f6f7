"""`agent grow`: a template plan whose language a model makes richer, saved as a plan that needs no model."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...agents.paraphraser import paraphrase
from ...agents.template_writer import write_variations
from ...endpoints.entries import endpoint_for
from ...errors import DatasetAgentError, InputError, OutputError
from ...plan import Plan, parse_plan, read_plan
from ...plan.reading import read_json
from ...records import Json
from ...settings import Settings
from ..planning.drafts import write_document
from ..preparing import prepare_plan, refuse_unwritable
from .answer_log import AnswerLog, LoggedModel
from .grown_plan import grown_document, templates_of, without_counts, without_repeats
from .jobs import GrowOptions as GrowOptions
from .jobs import Job, jobs_of

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class GrownCategory:
    """A category's count, and its templates and the different records they can give, before and after."""

    name: str
    count: int
    templates: tuple[int, int]
    capacity: tuple[int, int]

    @property
    def is_short(self) -> bool:
        """Whether the plan asks for more than it can give even now."""
        return self.count > self.capacity[1]


@dataclass(frozen=True, slots=True)
class Grown:
    """What came of growing a plan. `out` is None where nothing was gained and no file written.

    refused: refusals on the way by reason. short: templates that got fewer variations than asked, and why. asked,
    reused: answers paid for now, and before. kept: the file with the answers, where calls failed that may succeed
    another time.
    """

    out: Path | None
    categories: list[GrownCategory]
    refused: Counter[str]
    short: list[str]
    asked: int
    reused: int
    cost_usd: float
    kept: Path | None

    @property
    def exit_code(self) -> int:
        """0; 3 where nothing was gained, or a category cannot give what the plan asks for even now."""
        return 3 if self.out is None or any(one.is_short for one in self.categories) else 0

    def lines(self) -> list[str]:
        """The same for a person."""
        told = [
            f"{one.name}: {one.templates[0]:,} -> {one.templates[1]:,} templates, "
            f"{one.capacity[0]:,} -> {one.capacity[1]:,} different records"
            for one in self.categories
        ]
        told += [f"  short: {one}" for one in self.short]
        told += [
            f"  short: {one.name} is asked for {one.count:,} records: ask for more variations, or lower its count"
            for one in self.categories
            if one.is_short
        ]
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in sorted(self.refused.items())) or "none"
        paid = f"{self.asked:,} answers for {self.cost_usd:.2f} USD, {self.reused:,} kept from before"
        told.append(f"refused on the way: {reasons}; {paid}")
        if self.kept is not None:
            told.append(f"Some calls failed. The answers are kept in {self.kept}: --force tries again what is missing.")
        if self.out is None:
            return [*told, "Nothing new could be used, so no plan was written."]
        return [*told, f"Wrote {self.out}. Next: agent run {self.out}"]


def grow(options: GrowOptions, settings: Settings, say: Say) -> Grown:
    """Grow a plan's templates and save it under another name; `say` is told how far it is.

    Raises InputError for what cannot be used, and EndpointError, BudgetReached or Stopped where the model does not go
    on: its answers are kept beside the plan that is to be, and the same command goes on from them.
    """
    _refuse_output(options)
    plan = read_plan(options.plan)
    prepared = prepare_plan(without_counts(plan), options.plan)
    jobs = jobs_of(options, prepared)
    endpoint = endpoint_for(plan, settings, role="worker", name=options.model)
    if endpoint is None:
        raise InputError.at(options.plan, "no model is named", "add --model NAME, or `models` to the plan")
    log = AnswerLog(options.out.with_name(f"{options.out.name}.partial.jsonl"), endpoint.entry.model)
    from ..models import CallTally, open_complete  # takes half a second: not before the plan is known to be good

    tally = CallTally()

    async def ask() -> None:
        async with open_complete(plan, settings, endpoint.name, say=say, tally=tally) as complete:
            await _reword(jobs, LoggedModel(complete, log), options.variations, say)

    try:
        asyncio.run(ask())
    except (DatasetAgentError, KeyboardInterrupt):
        if log.path.exists():
            say(f"What the model answered is kept in {log.path}; the same command goes on from it.")
        raise
    grown = _grown_by_category(jobs)
    out, after = options.out if any(grown.values()) else None, prepared.survey.capacities
    if out is not None:
        after = _save(options.plan, out, plan, grown)
    done = [part for job in jobs for part in (job.texts, job.answers)]
    has_failed = any(part.failed for part in done)
    if not has_failed:
        log.remove()
    return Grown(
        out,
        _categories(plan, grown, prepared.survey.capacities, after),
        sum((part.refused for part in done), Counter[str]()),
        [f"{job.name}: {part.why}" for job in jobs for part in (job.texts, job.answers) if part.why],
        log.asked,
        log.reused,
        tally.usage.cost_usd,
        log.path if has_failed and log.path.exists() else None,
    )


def _refuse_output(options: GrowOptions) -> None:
    if options.out.resolve() == options.plan.resolve():
        raise OutputError.at(options.out, "is the plan itself", "name another file with --out")
    if options.out.is_dir():
        raise OutputError.at(options.out, "is a folder", "name a file with --out")
    if options.out.exists() and not options.force:
        raise OutputError.at(options.out, "is there already", "name another file, or add --force")
    refuse_unwritable(options.out.parent)


async def _reword(jobs: Sequence[Job], model: LoggedModel, variations: int, say: Say) -> None:
    """Reword all templates at once; what they became is in the jobs then.

    After a failure no question is sent any more, what is in flight is waited for and kept, and the failure is raised.
    """
    ended = await asyncio.gather(*(_reword_one(job, model, variations, say) for job in jobs), return_exceptions=True)
    if failure := model.failure or next(filter(None, ended), None):
        raise failure


async def _reword_one(job: Job, model: LoggedModel, variations: int, say: Say) -> None:
    if job.fields.texts:
        job.texts = await write_variations(model, job.base, job.fields.texts, variations)
        say(f"{job.name}: {len(job.texts.accepted)} of {variations} variations")
    if job.fields.answers:
        wanted = len(job.texts.accepted) or variations
        job.answers = await paraphrase(model, job.base, job.fields.answers, wanted)
        say(f"{job.name}: {len(job.answers.accepted)} of {wanted} answers")


def _grown_by_category(jobs: Sequence[Job]) -> dict[str, list[Json]]:
    names = dict.fromkeys(job.category.name for job in jobs)
    return {
        name: without_repeats(
            (job.fields, templates_of(job.base.template, job.fields, job.texts.accepted, job.answers.accepted))
            for job in jobs
            if job.category.name == name
        )
        for name in names
    }


def _save(plan_file: Path, out: Path, plan: Plan, grown: Mapping[str, Sequence[Json]]) -> dict[str, int | None]:
    """Write the grown plan, once it has been prepared as a run would; gives its capacities by category."""
    by_place = {index: grown.get(category.name, []) for index, category in enumerate(plan.categories)}
    document = grown_document(
        read_json(plan_file), {place: templates for place, templates in by_place.items() if templates}, plan_file, out
    )
    capacities = prepare_plan(without_counts(parse_plan(document, out)), out).survey.capacities
    write_document(document, out)
    return capacities


def _categories(
    plan: Plan,
    grown: Mapping[str, Sequence[Json]],
    before: Mapping[str, int | None],
    after: Mapping[str, int | None],
) -> list[GrownCategory]:
    return [
        GrownCategory(
            category.name,
            category.count,
            (len(category.templates or []), len(category.templates or []) + len(grown[category.name])),
            (before[category.name] or 0, after[category.name] or 0),
        )
        for category in plan.categories
        if category.name in grown
    ]

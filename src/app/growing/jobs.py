"""What `agent grow` has to do: which templates of a plan are reworded, in which of their texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...agents.rewording import Base, Reworded
from ...engine.template_trial import TemplateTrial
from ...errors import InputError, PlanError, Problem
from ...hints import nearest
from ...plan import Category, Plan
from ...records import Json
from ...tools.checks import PlaceholderCheck
from ...tools.checks.leaves import leaves
from ...tools.templates.variations import Seen
from ...tools.templates.wording import Fields, Parts, fields_of, parts_of
from ..preparing import Prepared
from .grown_plan import texts_at

EXAMPLES = 3
"""Records of a template that the model is shown."""


@dataclass(frozen=True, slots=True)
class GrowOptions:
    """What the command line says.

    variations: of each template, at the most. categories: to be grown; all with templates if empty. answers: whether
    answers are reworded too. fields: JSON paths of what counts as answers; by their keys if empty.
    """

    plan: Path
    out: Path
    variations: int = 10
    model: str | None = None
    categories: tuple[str, ...] = ()
    answers: bool = False
    fields: tuple[str, ...] = ()
    force: bool = False


@dataclass(slots=True)
class Job:
    """One template to reword, and what came of it. `number` is its place in its category, from 1."""

    category: Category
    number: int
    base: Base
    fields: Fields
    texts: Reworded = field(default_factory=Reworded)
    answers: Reworded = field(default_factory=Reworded)

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"{self.category.name}, template {self.number}"


def jobs_of(options: GrowOptions, prepared: Prepared) -> list[Job]:
    """Every template to reword. Raises InputError where there is none, or an option names what is not there."""
    named = [_named(path) for path in options.fields]
    wanted = _wanted(options, prepared)
    jobs: list[Job] = []
    problems: list[Problem] = []
    for index, category in enumerate(prepared.plan.categories):
        if category.name in wanted:
            try:
                jobs += _jobs_of(prepared, index, named, answers=options.answers or bool(named))
            except PlanError as error:
                problems.extend(error.problems)
    if problems:
        raise PlanError(problems)
    _refuse_unknown(options, named, prepared.plan, jobs)
    if not jobs:
        mend = "a text to vary has words beside its slots; answers are varied with --answers"
        raise InputError.at(options.plan, "no template has a text to vary", mend)
    return jobs


def _named(path: str) -> Parts:
    try:
        return parts_of(path)
    except ValueError as error:
        raise InputError.at("--field", str(error)) from None


def _wanted(options: GrowOptions, prepared: Prepared) -> set[str]:
    known = [category.name for category in prepared.categories_of("template") if category.templates]
    for name in options.categories:
        if name not in known:
            raise InputError.at("--category", f"no category with templates is named {name!r}", nearest(name, known))
    return set(options.categories or known)


def _refuse_unknown(options: GrowOptions, named: Sequence[Parts], plan: Plan, jobs: Sequence[Job]) -> None:
    found = [answer for job in jobs for answer in job.fields.answers]
    for path, parts in zip(options.fields, named, strict=True):
        if not any(answer[: len(parts)] == parts for answer in found):
            templates = [template for category in plan.categories for template in category.templates or []]
            texts = {leaf.path for template in templates for leaf in leaves(template) if isinstance(leaf.value, str)}
            raise InputError.at("--field", f"no template has a text at {path!r}", nearest(path, sorted(texts)))


def _jobs_of(prepared: Prepared, index: int, named: Sequence[Parts], *, answers: bool) -> list[Job]:
    category = prepared.plan.categories[index]
    where = f"{prepared.path}: $.categories[{index}]"
    trial = TemplateTrial(prepared.plan, category, prepared.grounds, where)
    others, placeholder = Seen(), _placeholder(prepared.plan)
    jobs: list[Job] = []
    problems: list[Problem] = []
    for number, template in enumerate(category.templates or []):
        found = fields_of(template, named)
        fields = found if answers else Fields(found.texts, ())
        if fields.texts:
            others.add(texts_at(template, fields.texts), near=False)
        if not fields.texts and not fields.answers:
            continue
        if refusal := trial.refuse(template):
            what = f"no record of it passes the checks: {refusal.reason}: {refusal.detail}"
            problems.append(Problem(f"{where}.templates[{number}]", what, "mend it before it is varied"))
            continue
        about = _about(category, trial.records(template, EXAMPLES))
        jobs.append(Job(category, number + 1, Base(template, about, placeholder, trial.refuse, others), fields))
    if problems:
        raise PlanError(problems)
    return jobs


def _placeholder(plan: Plan) -> PlaceholderCheck | None:
    wanted = plan.checks.placeholder
    if wanted is False:
        return None
    return PlaceholderCheck(tuple(wanted) if isinstance(wanted, list) else ())


def _about(category: Category, examples: list[Json]) -> dict[str, Any]:
    about = {
        "category": category.name,
        "description": category.description,
        "perspectives": category.perspectives,
        "examples": examples,
    }
    return {key: value for key, value in about.items() if value}

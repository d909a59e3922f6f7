"""The agents' part of a run: from a prepared plan and an open ledger to committed batches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial

import orjson

from ..agents.briefs import Brief, Briefing
from ..agents.generator import PROMPTS
from ..agents.prompts import load_prompt
from ..endpoints.budget import Purse
from ..engine.agent_line import AgentLine, Post
from ..engine.batch_desk import by_repairs
from ..engine.build import Committed, Stop
from ..engine.category_checks import checks_of
from ..engine.coverage import Coverage
from ..engine.demand import Demand
from ..engine.gate import Gate, Rules
from ..engine.supply import Supply, supplies_of
from ..plan import Budget, Category, Plan
from ..records import Json, Progress
from ..settings import Settings
from ..state.call_log import LedgerCalls
from ..state.history import History
from ..state.ledger import Ledger
from ..tools.grounding.reverse.extraction import measure, reverse_quality
from ..tools.grounding.sides import side_text
from ..tools.record_form import RecordForm
from .crew import open_seats
from .grounding.specialists import open_stores, questions_a_call, specialists
from .interrupts import between_steps
from .likeness import Likeness
from .preparing import Prepared
from .sampling import Sampler, SourceRows

TASK_PROMPTS = {
    None: PROMPTS,
    "reverse_query": ("extractor",),
    "label": ("labeler",),
    "document_qa": ("document_qa", "repair"),
}
"""The prompt files that each task uses; without a task, those of the generation worker."""


async def build_by_agents(
    prepared: Prepared,
    ledger: Ledger,
    run: int,
    budget: Budget,
    likeness: Likeness,
    settings: Settings,
    demand: Demand | None = None,
    *,
    stop: Stop,
    say: Callable[[str], None],
    listen: Callable[[Committed], None],
) -> str | None:
    """Write the batches of the models' categories; gives why it stopped early, if it did.

    `demand` is what to write, all that is missing if left out. Raises InputError where evidence cannot be had.
    """
    models = prepared.models
    assert models is not None
    history = ledger.history
    names = {category.name for category in prepared.model_categories}
    progress = [p for p in history.progress() if p.stratum.category in names]
    posts, generation = _posts(prepared, history, progress), prepared.plan.generation
    gate = _gate(prepared, ledger, likeness)
    _restore(ledger, gate, posts)
    _keep_prompts(ledger, prepared)
    if demand is None:
        opened = [batch for batch, _ in history.open_briefs()]
        demand = Demand(progress, opened, history.next_number(), generation.max_attempts)
    line: AgentLine | None = None
    async with AsyncExitStack() as stack:
        stores = stack.enter_context(open_stores(prepared, ledger.folder, settings))
        opening = open_seats(
            models.endpoints,
            generation,
            Purse(budget, history.usage()),
            LedgerCalls(ledger, run),
            history.learned_pace(),
            say=say,
            is_stopping=lambda: line is not None and line.is_stopping,
            generated=[category.name for category in prepared.model_categories if category.task is None],
            specialists=lambda station, stations: specialists(prepared, station, stations, stores),
        )
        seats = await stack.enter_async_context(opening)
        line = AgentLine(
            ledger, run, demand, gate, models.router, seats, posts, repairs=generation.repairs, listen=listen
        )
        try:
            with between_steps():
                return await line.run(stop)
        finally:
            for name, seat in seats.items():
                ledger.note_pace(name, seat.caller.pace.size.value, seat.caller.pace.window.limit)


def _gate(prepared: Prepared, ledger: Ledger, likeness: Likeness) -> Gate:
    return Gate(
        {category.name: _rules(prepared, category) for category in prepared.model_categories},
        likeness.duplicates,
        likeness.fingerprint,
        is_slow=likeness.is_slow,
        next_numbers=_free_numbers(prepared, ledger.history.next_candidates()),
        text_of=ledger.history.text_of,
    )


def _free_numbers(prepared: Prepared, used: Mapping[str, int]) -> dict[str, int]:
    """The first candidate number of each category that is free: beyond those that a source gives."""
    ends = {
        category.name: prepared.grounds.lanes_of(category)[-1].numbers.stop
        for category in prepared.model_categories
        if category.task is not None
    }
    return {name: max(used.get(name, 0), ends.get(name, 0)) for name in used.keys() | ends.keys()}


def _posts(prepared: Prepared, history: History, progress: Sequence[Progress]) -> dict[int, Post]:
    plan, by_name = prepared.plan, {category.name: category for category in prepared.model_categories}
    supplies = _supplies(prepared, history)
    posts = {}
    for p in progress:
        category = by_name[p.stratum.category]
        form = RecordForm(plan, category)
        posts[p.stratum.index] = Post(
            p.stratum,
            Briefing(plan, category, p.stratum, form),
            Coverage(plan, category, p.stratum, form.asked),
            form,
            supplies.get((category.name, p.stratum.tier)),
            SourceRows(plan, category, prepared.grounds.tables) if category.source and category.task is None else None,
            _size(prepared, category),
            measure if category.task == "reverse_query" else _no_metrics,
        )
    return posts


def _size(prepared: Prepared, category: Category) -> int | None:
    """How many records a batch has where its task says so: one query to be read for, the questions to one document."""
    if category.task == "reverse_query":
        return 1
    return questions_a_call(prepared.grounds, category) if category.task == "document_qa" else None


def _no_metrics(values: Sequence[Json]) -> dict[str, float]:
    return {}


def _supplies(prepared: Prepared, history: History) -> dict[tuple[str, str | None], Supply]:
    """The candidates of each tier of the categories with a task, by category and tier."""
    tasks = [category for category in prepared.model_categories if category.task is not None]
    if not tasks:
        return {}
    strata = history.strata()
    taken: dict[str, set[int]] = {category.name: set() for category in tasks}
    for stratum, number, _, _ in history.accepted_by_agents():
        if (name := strata[stratum].category) in taken:
            taken[name].add(number)
    for batch, brief in history.open_briefs():
        if (name := strata[batch.stratum].category) in taken:
            taken[name].update(Brief.from_json(brief).items)
    return {
        (category.name, tier): supply
        for category in tasks
        for tier, supply in supplies_of(
            prepared.grounds.lanes_of(category), taken[category.name], prepared.grounds.space_of(category).kind_of
        )
    }


def _rules(prepared: Prepared, category: Category) -> Rules:
    form = RecordForm(prepared.plan, category)
    sampler = Sampler(prepared.plan, category, prepared.grounds.tables)
    checks = checks_of(prepared.plan, category, form.schema, prepared.grounds)
    return Rules(form, checks, sampler, _quality_of(prepared.plan, category), partial(side_text, category))


def _quality_of(plan: Plan, category: Category) -> Callable[[Json, int], float]:
    """The quality of a record, by its task: of what the source says of it, where it says that."""
    if category.task == "reverse_query":
        golden = plan.output.golden_threshold
        return lambda record, repairs: reverse_quality(record, category.min_recall, golden)
    if category.task == "label":
        return lambda record, repairs: float(record["quality"])
    return by_repairs


def _restore(ledger: Ledger, gate: Gate, posts: Mapping[int, Post]) -> None:
    """What earlier runs accepted, for the gate and for what workers are told."""
    told: str | None = None
    for stratum, number, text, brief in ledger.history.accepted_by_agents():
        if post := posts.get(stratum):
            gate.restore(post.stratum.category, number)
            post.coverage.accepted(orjson.loads(text))
            if brief is not None and brief != told:  # once a batch, as when it was written
                post.coverage.told(Brief.from_json(brief))
                told = brief
            post.learn(text)


def _keep_prompts(ledger: Ledger, prepared: Prepared) -> None:
    tasks = {category.task for category in prepared.model_categories}
    names = [name for task, several in TASK_PROMPTS.items() if task in tasks for name in several]
    for prompt in map(load_prompt, dict.fromkeys(names)):
        ledger.note_prompt(prompt.sha256, prompt.name, prompt.text)

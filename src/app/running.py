"""`agent run`: from a plan's file to a finished dataset."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..display import Display
from ..engine.build import Builder, Committed, Stop
from ..engine.executors import Executor, InProcess, Processes
from ..engine.numbers import Pools
from ..engine.scheduler import Scheduler
from ..errors import CheckpointError, InputError
from ..settings import Settings
from ..state.history import LEDGER_FILE, History
from ..state.ledger import Ledger
from .api.watching import NoWatch, Watch, watched
from .checkpoints import kept_plan, open_ledger, refuse_other_shape
from .finishing import Finished, Status, finish
from .given import Given, has_ledger, read_given
from .interrupts import Interrupts, owns_process
from .likeness import Comparison, Likeness, comparison_of, open_likeness
from .preparing import Prepared, prepare_plan, refuse_others_output, refuse_unwritable
from .showing import open_sink
from .versions import versions

EXIT_CODES = {"complete": 0, "incomplete": 3, "interrupted": 130}

SEVERAL_FROM_S = 4.0
"""Seconds of estimated work from which several processes pay for their start."""

_SECONDS_A_ROW = {"templates": 2e-6, "schema": 100e-6}


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What the command line adds to a plan."""

    plan: Path | Given
    out: Path | None = None
    checkpoint_dir: Path | None = None
    fresh: bool = False
    workers: int | None = None
    recover: bool = False
    model: str | None = None
    max_cost: float | None = None
    tell_at_end: bool = False
    """Whether MLflow is told of the run when it has ended, not as it goes on."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended."""

    finished: Finished
    exit_code: int


def run(
    options: RunOptions,
    settings: Settings,
    display: Display,
    *,
    watch: Watch | None = None,
    interrupts: Interrupts | None = None,
) -> Outcome:
    """Build what the plan lacks, write the files, show them in MLflow.

    `watch` follows the commits; `interrupts` may be asked for an end, as signals ask. Raises InputError before anything
    is written where plan, schemas, sources, checkpoint or folders are not fit.
    """
    began = time.monotonic()
    checkpoints = options.checkpoint_dir or settings.checkpoint_dir
    given = options.plan if isinstance(options.plan, Given) else read_given(options.plan, checkpoints)
    folder = checkpoints / given.plan.dataset_name
    kept = None if options.fresh else kept_plan(folder)
    prepared = prepare_plan(
        given.plan, given.path, settings, model=options.model, kept=kept, checkpoint_dir=checkpoints
    )
    plan = prepared.plan
    comparison = comparison_of(plan, settings, str(given.path))
    out = options.out or settings.datasets_dir / plan.dataset_name
    refuse_unwritable(out)
    refuse_unwritable(folder)
    refuse_others_output(out, plan.dataset_name, _wrote_there(folder, out))
    begins = _fill_checkpoint(given, folder, prepared, comparison, options, settings, display)
    with open_ledger(folder, plan, prepared.grounds.tables, fresh=begins) as ledger:
        bench = prepared.workbench
        refuse_other_shape(ledger.history, prepared.survey.record_type, bench.has_prompts, bench.has_twins)
        ledger.note_output(out)
        prepared.sources.keep()
        _tell_of(prepared, ledger, display)
        interrupts, watch = interrupts or Interrupts(display.say), watch or NoWatch()
        with interrupts.caught():
            sink = open_sink(ledger, plan, settings, at_end=options.tell_at_end)
            reason = None
            with watched(watch, folder):
                if any(progress.missing for progress in ledger.history.progress()):
                    run_id = ledger.start_run(versions())
                    stop = _stopper(plan.budget.max_minutes, began, interrupts)
                    wakes = (sink.wake, watch.committed)
                    reason = _build(prepared, ledger, run_id, options, settings, comparison, stop, display, wakes)
                    ledger.end_run(run_id, _state(ledger, interrupts.asked), time.monotonic() - began)
            state = _state(ledger, interrupts.asked)
            finished = finish(ledger.history, plan, out, state, reason, sink, prepared.grounds, prepared.models)
    return Outcome(finished, EXIT_CODES[state])


def _fill_checkpoint(
    given: Given,
    folder: Path,
    prepared: Prepared,
    comparison: Comparison,
    options: RunOptions,
    settings: Settings,
    display: Display,
) -> bool:
    """Make the checkpoint that was lost, or that a snapshot stands for; gives whether one is to be set aside."""
    if options.recover and (options.fresh or given.snapshot):
        other = "--fresh" if options.fresh else "a snapshot"
        raise InputError.at(f"{other}, --recover-from-mlflow", "exclude each other", "leave one out")
    if options.recover:
        from .recovering import recover_checkpoint

        recover_checkpoint(folder, prepared.plan, settings)
        return False
    if given.snapshot is None or (not options.fresh and has_ledger(folder, given.snapshot)):
        return options.fresh
    from .snapshots.adopting import adopt_snapshot

    adopt_snapshot(given.snapshot, folder, prepared, comparison, settings, display.say)
    return False


def _wrote_there(checkpoint: Path, out: Path) -> bool:
    """Whether a run of this checkpoint has written to a folder before."""
    if not (checkpoint / LEDGER_FILE).exists():
        return False
    try:
        with History(checkpoint) as history:
            return history.has_written_to(out)
    except CheckpointError:  # corrupt: told when it is opened for writing, or set aside by --fresh
        return False


def _tell_of(prepared: Prepared, ledger: Ledger, display: Display) -> None:
    """What a person should know of a run that can go on."""
    for note in prepared.notes:
        display.say(note)
    others = [kept for kept in ledger.history.versions() if kept != versions()]
    if others:
        changed = sorted({f"{name} {kept[name]}" for kept in others for name in kept if kept[name] != versions()[name]})
        display.say(
            f"Earlier records were made with {', '.join(changed)}; the same bytes are promised for one version."
        )


def _stopper(max_minutes: float | None, began: float, interrupts: Interrupts) -> Stop:
    def stop() -> str | None:
        if interrupts.asked:
            return "interrupted"
        if max_minutes is not None and time.monotonic() - began > 60 * max_minutes:
            return f"the budget of {max_minutes:g} minutes is used up"
        return None

    return stop


def _build(
    prepared: Prepared,
    ledger: Ledger,
    run_id: int,
    options: RunOptions,
    settings: Settings,
    comparison: Comparison,
    stop: Stop,
    display: Display,
    wakes: Sequence[Callable[[], None]],
) -> str | None:
    """Make and commit batches until all is there, or short, or there is a reason to stop; gives that reason.

    What templates write comes first: it is free, and agents are compared with it.
    """
    display.begin(ledger.history.progress())

    def listen(committed: Committed) -> None:
        display.committed(committed.stratum.category, committed.accepted, committed.rejected, committed.measures)
        for wake in wakes:
            wake()

    likeness = open_likeness(prepared.plan, ledger, settings, comparison)
    try:
        reason = _build_by_templates(prepared, ledger, run_id, options.workers, likeness, stop, listen)
        if reason is None and prepared.models is not None:
            if likeness.notice:
                display.say(likeness.notice)
            reason = _build_by_agents(prepared, ledger, run_id, options, likeness, settings, stop, display, listen)
        return reason
    finally:
        display.end()


def _build_by_templates(
    prepared: Prepared,
    ledger: Ledger,
    run_id: int,
    workers: int | None,
    likeness: Likeness,
    stop: Stop,
    listen: Callable[[Committed], None],
) -> str | None:
    history, plan, survey = ledger.history, prepared.plan, prepared.survey
    names = {category.name for category in prepared.categories_of("template")}
    progress = [p for p in history.progress() if p.stratum.category in names]
    strata = {p.stratum.index for p in progress}
    scheduler = Scheduler(
        progress,
        rows=plan.output.shard_rows,
        max_attempts=plan.generation.max_attempts,
        pools=Pools(survey.capacities, survey.lanes, history.taken()),
        refused=survey.refused,
        attempts=history.attempts(),
        open_batches=[batch for batch in history.planned_batches() if batch.stratum in strata],
        next_number=history.next_number(),
    )
    builder = Builder(
        plan,
        ledger,
        run_id,
        scheduler,
        likeness.duplicates,
        record_type=survey.record_type,
        has_prompts=prepared.workbench.has_prompts,
        has_twins=prepared.workbench.has_twins,
    )
    executor = _executor(prepared, workers, sum(p.missing for p in progress))
    try:
        return builder.run(executor, stop, listen)
    finally:
        executor.close()


def _build_by_agents(
    prepared: Prepared,
    ledger: Ledger,
    run_id: int,
    options: RunOptions,
    likeness: Likeness,
    settings: Settings,
    stop: Stop,
    display: Display,
    listen: Callable[[Committed], None],
) -> str | None:
    import asyncio

    from .agent_building import build_by_agents

    if owns_process():
        gc.freeze()  # the modules loaded so far stay: to look through them again and again costs a tenth of the time
    limits = {} if options.max_cost is None else {"max_cost_usd": options.max_cost}
    budget = prepared.plan.budget.model_copy(update=limits)
    if budget.max_cost_usd is not None and (free := _unpriced(prepared)):
        display.say(
            f"The budget of {budget.max_cost_usd:g} USD cannot hold for {', '.join(free)}: no prices are known. "
            "Give price_in and price_out in the plan's `models` or in models.toml, or a budget of max_tokens."
        )
    return asyncio.run(
        build_by_agents(prepared, ledger, run_id, budget, likeness, settings, stop=stop, say=display.say, listen=listen)
    )


def _unpriced(prepared: Prepared) -> list[str]:
    """The models that write and have no prices: their calls count as free."""
    endpoints = prepared.models.endpoints if prepared.models else {}
    return [name for name, at in endpoints.items() if not at.has_prices]


def _executor(prepared: Prepared, workers: int | None, missing: int) -> Executor:
    structs = prepared.survey.record_type is not None
    if workers is None:
        categories = prepared.categories_of("template")
        kinds = ["templates" if category.templates else "schema" for category in categories]
        cost = max((_SECONDS_A_ROW[kind] for kind in kinds), default=0.0) * missing
        workers = (os.cpu_count() or 1) if cost > SEVERAL_FROM_S else 1
    if workers <= 1 or not missing:
        return InProcess(prepared.workbench, structs=structs)
    return Processes(prepared.plan, prepared.grounds.tables, workers, structs=structs)


def _state(ledger: Ledger, interrupted: bool) -> Status:
    if not any(progress.missing for progress in ledger.history.progress()):
        return "complete"
    return "interrupted" if interrupted else "incomplete"

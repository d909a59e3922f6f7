"""Commands that make plans and datasets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import InputError
from .common import AsJson, CheckpointDir, Model, PlanFile, app, print_json, tell


@app.command()
def plan(
    plan: Annotated[
        Path | None, typer.Argument(metavar="[PLAN]", help="a plan to go on with, or the file of a new one")
    ] = None,
    new: Annotated[bool, typer.Option("--new", help="begin the conversation anew")] = False,
    model: Model = None,
    interview: Annotated[bool, typer.Option("--interview", help="answer questions, without a model")] = False,
    checkpoint_dir: CheckpointDir = None,
) -> None:
    """Plan a dataset in conversation; without a model, by a guided interview. Both end in a plan's file."""
    from ..app.planning.command import PlanOptions
    from ..app.planning.command import plan as plan_dataset
    from ..settings import Settings

    raise typer.Exit(plan_dataset(PlanOptions(plan, new, model, checkpoint_dir, interview), Settings.read()))


@app.command()
def run(
    plan: PlanFile,
    out: Annotated[
        Path | None, typer.Option(help="folder of the files [default: datasets/NAME]", metavar="DIR")
    ] = None,
    checkpoint_dir: CheckpointDir = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="set an existing checkpoint aside and start over")] = False,
    workers: Annotated[
        int | None, typer.Option(min=1, max=256, help="processes; the same bytes with any number", metavar="N")
    ] = None,
    model: Model = None,
    max_cost: Annotated[
        float | None, typer.Option(min=0, help="the most the dataset's model calls may cost", metavar="USD")
    ] = None,
    recover_from_mlflow: Annotated[
        bool, typer.Option("--recover-from-mlflow", help="rebuild a lost checkpoint from MLflow, then go on")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="no progress")] = False,
    as_json: AsJson = False,
) -> None:
    """Build a dataset, or go on with it. Exit codes: 0 complete, 2 bad input, 3 incomplete, 130 interrupted."""
    from ..app.running import RunOptions
    from ..app.running import run as run_plan
    from ..display import choose
    from ..printing import print_outcome
    from ..settings import Settings

    options = RunOptions(plan, out, checkpoint_dir, fresh, workers, recover_from_mlflow, model, max_cost)
    outcome = run_plan(options, Settings.read(), choose(quiet=quiet))
    if as_json:
        print_json(outcome.finished.metadata)
    if not quiet:
        print_outcome(outcome.finished, to_stdout=not as_json)
    elif outcome.exit_code == 3:
        for short in outcome.finished.metadata["shortfalls"]:
            tell(f"short: {' / '.join(filter(None, (short['category'], short['tier'])))}: {short['why']}")
    raise typer.Exit(outcome.exit_code)


@app.command()
def preview(
    plan: PlanFile,
    number: Annotated[int, typer.Option("-n", min=1, max=1000, help="records of each stratum")] = 5,
    model: Model = None,
    coverage: Annotated[
        bool, typer.Option("--coverage", help="no records: what of their schemas those of templates reach")
    ] = False,
    records: Annotated[
        int | None,
        typer.Option(
            min=1, max=1_000_000, help="with --coverage: records of each category [default: 1000]", metavar="N"
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="with --coverage: one JSON object")] = False,
) -> None:
    """Show a few checked records of each stratum; nothing is kept. Those of agents are paid for."""
    if coverage:
        from ..app.covering import cover
        from ..printing import print_coverage

        covered = cover(plan, records or 1000)
        print_json(covered) if as_json else print_coverage(covered)
        return
    if records is not None or as_json:
        raise InputError.at(
            "--records" if records else "--json", "goes with --coverage", "-n shows more records, as JSON"
        )
    from ..app.previewing import preview as preview_plan
    from ..settings import Settings

    for record in preview_plan(plan, number, Settings.read(), model=model, say=tell):
        print_json(record)


@app.command()
def estimate(
    plan: PlanFile,
    model: Model = None,
    pilot: Annotated[
        int, typer.Option(min=0, max=1000, help="really write N batches, and measure; costs money", metavar="N")
    ] = 0,
    checkpoint_dir: CheckpointDir = None,
    as_json: AsJson = False,
) -> None:
    """Show what a plan asks for, and what it will take, before the run. Exit code 3 where a pilot ends early."""
    from ..app.estimating.command import estimate as estimate_plan
    from ..app.estimating.command import exit_code
    from ..printing import print_estimate
    from ..settings import Settings

    estimated = estimate_plan(
        plan,
        Settings.read(),
        model=model,
        checkpoint_dir=checkpoint_dir,
        pilot=pilot,
        say=tell,
    )
    print_json(estimated) if as_json else print_estimate(estimated)
    raise typer.Exit(exit_code(estimated))


@app.command()
def grow(
    plan: PlanFile,
    out: Annotated[Path, typer.Option(help="where to write the grown plan", metavar="FILE")],
    variations: Annotated[int, typer.Option(min=1, max=50, help="of each template, at the most", metavar="N")] = 10,
    model: Model = None,
    category: Annotated[
        list[str] | None, typer.Option(help="grow this category alone; may be given several times", metavar="C")
    ] = None,
    answers: Annotated[bool, typer.Option("--answers", help="say answers in other words too; facts survive")] = False,
    field: Annotated[
        list[str] | None, typer.Option(help="what counts as answer, such as expectations.answer", metavar="PATH")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="replace the file that is there")] = False,
) -> None:
    """Grow a plan's templates with a model, into a plan that runs without one. Exit code 3 where that is not enough."""
    from ..app.growing.command import GrowOptions
    from ..app.growing.command import grow as grow_plan
    from ..settings import Settings

    chosen, fields = tuple(category or ()), tuple(field or ())
    options = GrowOptions(plan, out, variations, model, chosen, answers, fields, force)
    grown = grow_plan(options, Settings.read(), tell)
    for line in grown.lines():
        print(line)
    raise typer.Exit(grown.exit_code)

"""The command `agent`: arguments, exit codes, printing. What a command does is in `app`, imported when it is run."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from .errors import DatasetAgentError

app = typer.Typer(
    name="agent",
    help="Plans a dataset with you, builds it unattended, checks every record, and can prove it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

PlanFile = Annotated[Path, typer.Argument(metavar="PLAN", help="the plan's JSON file")]
Dataset = Annotated[str, typer.Argument(metavar="NAME", help="a dataset's name, or its plan's file")]
CheckpointDir = Annotated[
    Path | None, typer.Option("--checkpoint-dir", help="where checkpoints lie [default: checkpoints]", metavar="DIR")
]
Model = Annotated[
    str | None, typer.Option(help="an entry of the plan's models or of models.toml, or any model's name", metavar="M")
]
AsJson = Annotated[bool, typer.Option("--json", help="one JSON object on standard output")]


def main() -> None:
    """Run the command line; every expected error ends in a message and its exit code."""
    try:
        app()
    except DatasetAgentError as error:
        _fail(str(error), error.exit_code)
    except KeyboardInterrupt:
        _fail("interrupted; what was committed is kept, run again to go on", 130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the exit would complain once more
        sys.exit(0)
    except Exception as error:  # the border: a fault of ours gets a message too, and a trace on request
        if os.environ.get("DATASET_AGENT_DEBUG"):
            raise
        told = f"a fault in dataset-agent: {type(error).__name__}: {error}"
        _fail(f"{told}\nWhat was committed is kept. Please report it, with what DATASET_AGENT_DEBUG=1 prints.", 1)


def _fail(message: str, code: int) -> None:
    print(f"error: {message}", file=sys.stderr)
    sys.exit(code)


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _print_json(value: Any) -> None:
    import orjson

    print(orjson.dumps(value).decode(), flush=True)


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
    from .app.planning import PlanOptions
    from .app.planning import plan as plan_dataset
    from .settings import Settings

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
    from .app.running import RunOptions
    from .app.running import run as run_plan
    from .display import choose
    from .printing import print_outcome
    from .settings import Settings

    options = RunOptions(plan, out, checkpoint_dir, fresh, workers, recover_from_mlflow, model, max_cost)
    outcome = run_plan(options, Settings.read(), choose(quiet=quiet))
    if as_json:
        _print_json(outcome.finished.metadata)
    if not quiet:
        print_outcome(outcome.finished, to_stdout=not as_json)
    raise typer.Exit(outcome.exit_code)


@app.command()
def preview(
    plan: PlanFile,
    number: Annotated[int, typer.Option("-n", min=1, max=1000, help="records of each stratum")] = 5,
    model: Model = None,
) -> None:
    """Show a few checked records of each stratum; nothing is kept. Those of agents are paid for."""
    from .app.previewing import preview as preview_plan
    from .settings import Settings

    for record in preview_plan(plan, number, Settings.read(), model=model, say=_tell):
        _print_json(record)


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
    from .app.estimating import estimate as estimate_plan
    from .app.estimating import exit_code
    from .printing import print_estimate
    from .settings import Settings

    estimated = estimate_plan(
        plan,
        Settings.read(),
        model=model,
        checkpoint_dir=checkpoint_dir,
        pilot=pilot,
        say=_tell,
    )
    _print_json(estimated) if as_json else print_estimate(estimated)
    raise typer.Exit(exit_code(estimated))


@app.command()
def status(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="a dataset's name, or its plan's file")] = None,
    checkpoint_dir: CheckpointDir = None,
    snapshot: Annotated[
        Path | None, typer.Option(help="write what there is to a file that a run can be started from", metavar="FILE")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show how far a dataset is, per stratum; without a name, every dataset."""
    from .app.looking import list_datasets
    from .app.looking import status as status_of
    from .printing import print_datasets, print_status
    from .settings import Settings

    folder = checkpoint_dir or Settings.read().checkpoint_dir
    if snapshot is not None:
        from .app.snapshots import snapshot_of

        snapshot_of(name, folder, snapshot)
    if name is None:
        datasets = list_datasets(folder)
        _print_json(datasets) if as_json else print_datasets(datasets, folder)
    else:
        state = status_of(name, folder)
        _print_json(state) if as_json else print_status(state)


@app.command()
def explain(
    name: Dataset,
    record_id: Annotated[str, typer.Argument(metavar="ID", help="a record's id")],
    checkpoint_dir: CheckpointDir = None,
) -> None:
    """Tell one record's life: batch, seed, shard, checks, and the record itself."""
    from .app.explaining import explain as explain_record
    from .settings import Settings

    _print_json(explain_record(name, record_id, checkpoint_dir or Settings.read().checkpoint_dir))


@app.command()
def export(
    name: Dataset,
    form: Annotated[
        str,
        typer.Option(
            "--format", help="jsonl, parquet, csv, openai-chat, alpaca, sharegpt, hf, mlflow-eval", metavar="FORMAT"
        ),
    ],
    out: Annotated[
        Path | None, typer.Option(help="a file, or a folder for formats of many files", metavar="PATH")
    ] = None,
    side: Annotated[str | None, typer.Option("--split", help="train or test alone", metavar="SIDE")] = None,
    checkpoint_dir: CheckpointDir = None,
) -> None:
    """Write a dataset in another format; an unfinished one as far as it is."""
    from .app.exporting import export as export_dataset
    from .settings import Settings

    for line in export_dataset(name, form, out, checkpoint_dir or Settings.read().checkpoint_dir, side):
        _tell(line)


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
    from .app.growing import GrowOptions
    from .app.growing import grow as grow_plan
    from .settings import Settings

    chosen, fields = tuple(category or ()), tuple(field or ())
    options = GrowOptions(plan, out, variations, model, chosen, answers, fields, force)
    grown = grow_plan(options, Settings.read(), _tell)
    for line in grown.lines():
        print(line)
    raise typer.Exit(grown.exit_code)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="a JSONL file of records")],
    schema: Annotated[Path | None, typer.Option(help="the JSON Schema of a record", metavar="SCHEMA")] = None,
    as_json: AsJson = False,
) -> None:
    """Run the checks over any JSONL file. Exit code 3 where records are refused."""
    from .app.checking import check_file
    from .printing import print_checked

    checked = check_file(file, schema)
    _print_json(checked) if as_json else print_checked(checked)
    raise typer.Exit(3 if checked["refused"] else 0)


@app.command()
def ui(
    port: Annotated[int, typer.Option(min=1, max=65535, help="the port on 127.0.0.1")] = 5000,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="open at this dataset")] = None,
    checkpoint_dir: CheckpointDir = None,
) -> None:
    """Start the MLflow UI on the runs' store, and print its address."""
    from .app.showing import serve
    from .settings import Settings

    settings = Settings.read()
    serve(settings, port, name, checkpoint_dir or settings.checkpoint_dir, lambda text: print(text, flush=True))


@app.command()
def schema() -> None:
    """Print the JSON Schema of a plan."""
    from .plan import plan_schema

    _print_json(plan_schema())


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="where to write the plan")] = Path(),
) -> None:
    """Write a starter plan to change and run."""
    from .app.starting import write_starter

    _tell(f"Wrote {write_starter(folder)}. Next: agent preview, then agent run.")


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Show what is installed and where things will be written."""
    from .app.starting import examine
    from .printing import print_doctor
    from .settings import Settings

    found = examine(Settings.read())
    _print_json(found) if as_json else print_doctor(found)


if __name__ == "__main__":
    main()

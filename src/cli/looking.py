"""Commands that look at datasets, and at files of records."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .common import AsJson, CheckpointDir, Dataset, app, print_json, tell


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
    from ..app.looking import list_datasets
    from ..app.looking import status as status_of
    from ..printing import print_datasets, print_status
    from ..settings import Settings

    folder = checkpoint_dir or Settings.read().checkpoint_dir
    if snapshot is not None:
        from ..app.snapshots.writing import snapshot_of

        snapshot_of(name, folder, snapshot)
    if name is None:
        datasets = list_datasets(folder)
        print_json(datasets) if as_json else print_datasets(datasets, folder)
    else:
        state = status_of(name, folder)
        print_json(state) if as_json else print_status(state)


@app.command()
def explain(
    name: Dataset,
    record_id: Annotated[str, typer.Argument(metavar="ID", help="a record's id")],
    checkpoint_dir: CheckpointDir = None,
) -> None:
    """Tell one record's life: batch, seed, shard, checks, and the record itself."""
    from ..app.explaining import explain as explain_record
    from ..settings import Settings

    print_json(explain_record(name, record_id, checkpoint_dir or Settings.read().checkpoint_dir))


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
    golden: Annotated[bool, typer.Option("--golden", help="golden records alone: none that a person rejected")] = False,
    side: Annotated[str | None, typer.Option("--split", help="train or test alone", metavar="SIDE")] = None,
    checkpoint_dir: CheckpointDir = None,
) -> None:
    """Write a dataset in another format; an unfinished one as far as it is."""
    from ..app.exporting import export as export_dataset
    from ..settings import Settings

    for line in export_dataset(name, form, out, checkpoint_dir or Settings.read().checkpoint_dir, side, golden=golden):
        tell(line)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="a JSONL file of records")],
    schema: Annotated[Path | None, typer.Option(help="the JSON Schema of a record", metavar="SCHEMA")] = None,
    as_json: AsJson = False,
) -> None:
    """Run the checks over any JSONL file. Exit code 3 where records are refused."""
    from ..app.checking import check_file
    from ..printing import print_checked

    checked = check_file(file, schema)
    print_json(checked) if as_json else print_checked(checked)
    raise typer.Exit(3 if checked["refused"] else 0)


@app.command()
def ui(
    port: Annotated[int, typer.Option(min=1, max=65535, help="the port on 127.0.0.1")] = 5000,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="open at this dataset")] = None,
    checkpoint_dir: CheckpointDir = None,
) -> None:
    """Start the MLflow UI on the runs' store, and print its address."""
    from ..app.showing import serve
    from ..settings import Settings

    settings = Settings.read()
    serve(settings, port, name, checkpoint_dir or settings.checkpoint_dir, lambda text: print(text, flush=True))

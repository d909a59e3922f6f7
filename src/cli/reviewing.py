"""The command by which a person judges a sample of a dataset."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .common import AsJson, CheckpointDir, Dataset, app, print_json, tell


@app.command()
def review(
    name: Dataset,
    sample: Annotated[
        int, typer.Option(min=1, help="records in all, spread over the strata by their sizes", metavar="N")
    ] = 50,
    again: Annotated[bool, typer.Option("--again", help="ask about records that have a verdict too")] = False,
    reviewer: Annotated[
        str | None, typer.Option(help="whose verdicts these are [default: the user]", metavar="WHO")
    ] = None,
    export: Annotated[
        Path | None, typer.Option(help="write the sample as CSV, to be filled in elsewhere", metavar="FILE")
    ] = None,
    import_: Annotated[
        Path | None, typer.Option("--import", help="take the verdicts in that such a CSV holds", metavar="FILE")
    ] = None,
    checkpoint_dir: CheckpointDir = None,
    as_json: AsJson = False,
) -> None:
    """Accept or reject a sample of records, one at a time; tell the dataset's precision. Exit code 130 at Ctrl-C."""
    import contextlib
    import sys

    from ..app.planning.terminal import Terminal
    from ..app.reviewing.command import ReviewOptions
    from ..app.reviewing.command import review as review_dataset
    from ..app.reviewing.telling import summary_lines
    from ..settings import Settings

    options = ReviewOptions(name, sample, again, reviewer, export, import_)
    folder = checkpoint_dir or Settings.read().checkpoint_dir
    # With --json, standard output is for the summary alone.
    with contextlib.redirect_stdout(sys.stderr if as_json else sys.stdout):
        summary = review_dataset(options, folder, Terminal(), tell)
    if as_json:
        print_json(summary)
        return
    terminal = Terminal()
    for part in summary_lines(summary):
        terminal.show(part)

"""Commands for sources: read them ahead of a run, list them, compare them."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from .common import AsJson, CheckpointDir, PlanFile, app, print_json

source = typer.Typer(help="Sources of a plan: read and kept, listed, compared.", no_args_is_help=True)
app.add_typer(source, name="source")

Names = Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="sources of the plan; all if left out")]


@source.command()
def fetch(
    plan: PlanFile,
    names: Names = None,
    refresh: Annotated[bool, typer.Option("--refresh", help="read again what is kept already")] = False,
    checkpoint_dir: CheckpointDir = None,
    as_json: AsJson = False,
) -> None:
    """Read the sources of a plan and keep copies, which runs then use."""
    from ..app.sourcing.command import fetch as fetch_sources
    from ..settings import Settings

    _print(fetch_sources(plan, names or [], Settings.read(), checkpoint_dir, refresh=refresh), as_json)


@source.command(name="list")
def list_(plan: PlanFile, checkpoint_dir: CheckpointDir = None, as_json: AsJson = False) -> None:
    """List the sources of a plan, and what is kept of each."""
    from ..app.sourcing.command import list_sources
    from ..settings import Settings

    _print(list_sources(plan, Settings.read(), checkpoint_dir), as_json)


@source.command()
def verify(plan: PlanFile, names: Names = None, checkpoint_dir: CheckpointDir = None, as_json: AsJson = False) -> None:
    """Read sources again and compare them with their copies. Exit code 2 where one changed."""
    from ..app.sourcing.command import verify as verify_sources
    from ..settings import Settings

    _print(verify_sources(plan, names or [], Settings.read(), checkpoint_dir), as_json)


def _print(told: list[dict[str, Any]], as_json: bool) -> None:
    from ..printing import print_sources

    print_json(told) if as_json else print_sources(told)

"""Commands for a start: a plan's form, a first plan, what is installed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .common import AsJson, app, print_json, tell


@app.command()
def schema() -> None:
    """Print the JSON Schema of a plan."""
    from ..plan import plan_schema

    print_json(plan_schema())


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="where to write the plan")] = Path(),
) -> None:
    """Write a starter plan to change and run."""
    from ..app.starting import write_starter

    tell(f"Wrote {write_starter(folder)}. Next: agent preview, then agent run.")


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Show what is installed and where things will be written."""
    from ..app.starting import examine
    from ..printing import print_doctor
    from ..settings import Settings

    found = examine(Settings.read())
    print_json(found) if as_json else print_doctor(found)

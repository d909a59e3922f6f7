"""What the commands share: the application, their arguments, and how they print."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

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


def tell(text: str) -> None:
    """A line for a person, on standard error."""
    print(text, file=sys.stderr, flush=True)


def print_json(value: Any) -> None:
    """A JSON value on one line, on standard output."""
    import orjson

    print(orjson.dumps(value).decode(), flush=True)

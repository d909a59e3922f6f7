"""Sources, and what came of them, as a person reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from ..tools.export.grounding import grounding_tables
from .forms import new_table, open_console, size_of

MOST_ROWS = 30


def print_sources(told: Sequence[Mapping[str, Any]]) -> None:
    """The sources of a plan, a row each."""
    table = new_table("source", "origin", ">rows", ">size", "SHA-256", "read at")
    for source in told:
        if source["is_fetched"]:
            facts = (f"{source['rows']:,}", size_of(source["bytes"]), source["sha256"][:12], source["read_at"])
        else:
            facts = ("not fetched", "", "", "")
        table.add_row(source["name"], Text(source.get("from", source["origin"])), *facts)
    open_console().print(table)


def print_grounding(grounding: Mapping[str, Any], console: Console) -> None:
    """What was asked about of what the sources have, and how right it is."""
    for rows in grounding_tables(grounding):
        table = new_table(
            *(f">{title}" if number >= rows.numbers_from else title for number, title in enumerate(rows.head))
        )
        shown = rows.cells if len(rows.cells) <= MOST_ROWS else [*rows.cells[: MOST_ROWS - 1], rows.cells[-1]]
        for cells in shown:
            table.add_row(*map(Text, cells))
        console.print(Text(f"\n{rows.title}"))
        console.print(table)
        if len(shown) < len(rows.cells):
            console.print(f"... and {len(rows.cells) - len(shown):,} rows more, in metadata.json")

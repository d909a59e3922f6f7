"""What printed results are made of."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

_PIPE_WIDTH = 10_000


def open_console(*, to_stdout: bool = True) -> Console:
    """Where results are printed; nothing is cut off or marked up."""
    console = Console(stderr=not to_stdout, highlight=False, soft_wrap=True, markup=False)
    if not console.is_terminal:
        console.width = _PIPE_WIDTH  # nothing is cut off in a file
    return console


def new_table(*titles: str) -> Table:
    """A table without lines; columns whose title begins with `>` are set right."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for title in titles:
        table.add_column(title.lstrip(">"), justify="right" if title.startswith(">") else "left", no_wrap=True)
    return table


def size_of(count: float) -> str:
    """A number of bytes as a person reads it."""
    for unit in ("B", "KB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            break
        count /= 1000
    return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"

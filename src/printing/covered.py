"""What records reach of their schemas, as a person reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from rich.text import Text

from .forms import new_table, open_console

MOST = 20
"""What was not reached is listed up to so many of a kind; `--json` has all of it."""

_TITLES = {"branches": "branch", "enum_values": "enum value", "optional_properties": "optional property"}
_LONGEST_VALUE = 60


def print_coverage(covered: Mapping[str, Any]) -> None:
    """A table of counts, then what was not reached, by category; on standard output."""
    console = open_console()
    if covered["categories"]:
        table = new_table("category", ">records", ">branches", ">enum values", ">optional properties")
        for row in covered["categories"]:
            counts = (f"{row[key]['reached']:,} of {row[key]['all']:,}" for key in _TITLES)
            table.add_row(Text(row["category"]), f"{row['records']:,}", *counts)
        console.print(table)
    for row in covered["categories"]:
        missing = [line for key, title in _TITLES.items() for line in _lines(title, row[key]["missing"])]
        if missing:
            console.print(Text(f"\n{row['category']}: not reached"))
            for line in missing:
                console.print(Text(f"  {line}"))
    for row in covered["left_out"]:
        console.print(Text(f"{row['category']}: not looked at: {row['why']}"))


def _lines(title: str, missing: Sequence[Mapping[str, Any]]) -> list[str]:
    lines = [f"{title} {one['path']}{_value(one)}{_why(one)}" for one in missing[:MOST]]
    more = len(missing) - MOST
    return [*lines, f"and {more:,} more like the last; --json lists all"] if more > 0 else lines


def _value(one: Mapping[str, Any]) -> str:
    if "value" not in one:
        return ""
    text = orjson.dumps(one["value"]).decode()
    return f" {text if len(text) <= _LONGEST_VALUE else text[:_LONGEST_VALUE] + '...'}"


def _why(one: Mapping[str, Any]) -> str:
    return " (no valid record can)" if one["impossible"] else ""

"""What came of grounded categories, as tables for people: the card and the terminal show the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rows:
    """A table: titles of columns, cells as text. `numbers_from` is the first column that holds numbers."""

    title: str
    head: Sequence[str]
    cells: Sequence[Sequence[str]]
    numbers_from: int


def grounding_tables(grounding: Mapping[str, _Object]) -> Iterator[Rows]:
    """For each category with a task (`metadata.json`, `grounding`): what was asked about, and how right models were."""
    for name, told in grounding.items():
        rows = [*told["by_tier"], {**told["overall"], "tier": "all"}] if len(told["by_tier"]) > 1 else told["by_tier"]
        about = told["asks_about"]
        yield Rows(
            f"{name}: {about} of the source {told['source']!r} asked about",
            ["tier", "available", "sampled", "coverage", *_titles(told)],
            [
                [row["tier"] or "-", f"{row['available']:,}", f"{row['sampled']:,}", f"{row['coverage_percent']:g} %"]
                + [_cell(row[key]) for key in _titles(told).values()]
                for row in rows
            ],
            1,
        )
        if told.get("by_model"):
            yield _models(name, told["by_model"])
        if told.get("by_group"):
            yield _groups(name, told["by_group"])


def _titles(told: _Object) -> dict[str, str]:
    """Titles of further columns, and the keys of what stands there."""
    if told["task"] == "reverse_query":
        return {"YES": "yes", "NO": "no", "recall": "macro_recall", "precision": "macro_precision", "F1": "macro_f1"}
    if told["task"] == "document_qa":
        return {"answerable": "answerable", "unanswerable": "unanswerable"}
    return {"records": "records"}


def _models(name: str, models: Sequence[_Object]) -> Rows:
    keys = {"accuracy": "accuracy", "in list": "in_list", "quality": "mean_quality", "entries": "entries",
            "entries/s": "entries_per_second", "USD an entry": "cost_usd_per_entry"}  # fmt: skip
    cells = [[model["model"], *(_cell(model[key]) for key in keys.values())] for model in models]
    return Rows(f"{name}: models side by side", ["model", *keys], cells, 1)


def _groups(name: str, groups: Sequence[_Object]) -> Rows:
    cells = [
        [group["group"] or "-", f"{group['available']:,}", f"{group['sampled']:,}", f"{group['coverage_percent']:g} %"]
        for group in groups
    ]
    return Rows(f"{name}: labels by group", ["group", "available", "sampled", "coverage"], cells, 1)


def _cell(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"

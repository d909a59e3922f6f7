"""What a person sees of records and of what was reviewed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import RenderableType
from rich.highlighter import JSONHighlighter
from rich.table import Table
from rich.text import Text

from ...state.reviews import Review
from ..planning.terminal import printable
from .items import Item

_REASONS = 10
_PAST = {"accept": "accepted", "reject": "rejected", "skip": "skipped"}


def item_lines(item: Item, number: int, count: int, review: Review | None) -> Iterator[RenderableType]:
    """A record as it is reviewed: where it stands in the sample, its prompt if any, the record, its verdict if any."""
    stratum = " / ".join(filter(None, (item.category, item.tier)))
    head = f"{number} of {count}   {stratum}   {item.id}   quality {item.quality:g}"
    yield Text("\n" + _plain(head), style="bold")
    if item.prompt is not None:
        yield Text(_plain(f"prompt  {item.prompt}"))
    if item.invalid is not None:
        label = json.loads(item.invalid)
        yield Text(_plain(f"invalid on purpose: breaks {label['keyword']} at {label['path'] or 'its root'}"))
    record = Text(_plain(json.dumps(json.loads(item.text), ensure_ascii=False, indent=2)))
    JSONHighlighter().highlight(record)
    yield record
    if review is not None:
        why = f": {review.reason}" if review.reason else ""
        yield Text(_plain(f"{_PAST[review.verdict]} by {review.reviewer}{why}"), style="italic")


def _plain(text: str) -> str:
    return printable(text.encode("utf-8", "replace").decode())


def summary_lines(summary: Mapping[str, Any]) -> Iterator[RenderableType]:
    """What was reviewed, by stratum and in all, and what follows."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for title in ("category", "tier"):
        table.add_column(title, no_wrap=True)
    for title in ("records", "sampled", "accepted", "rejected", "skipped", "precision", "95 % interval"):
        table.add_column(title, justify="right", no_wrap=True)
    for row in summary["by_stratum"]:
        counts = [f"{row[key]:,}" for key in ("records", "sampled", "accepted", "rejected", "skipped")]
        table.add_row(Text(row["category"]), Text(row["tier"] or "-"), *counts, *_precision(row["precision"]))
    yield table
    sample, whole = summary["sample"], summary["precision"]
    yield Text(
        f"\n{summary['dataset_name']}: {sample['reviewed']:,} of {sample['records']:,} sampled records reviewed: "
        f"{summary['accepted']:,} accepted, {summary['rejected']:,} rejected, {summary['skipped']:,} skipped"
    )
    if whole is not None:
        share, ends = _precision(whole)
        of = (
            "" if whole["of_records"] == summary["records"] else f", of the {whole['of_records']:,} records looked into"
        )
        yield Text(f"precision {share} (95 % interval {ends}), strata weighted by their records{of}")
        yield from _agreement(summary["agreement"])
    for reason, count in list(summary["reasons"].items())[:_REASONS]:
        yield Text(_plain(f"  rejected {count:,} x  {reason}"))
    if whole is not None:
        yield Text("Verdicts count as quality from now on: agent export has them, agent run writes its files anew.")


def _precision(found: Mapping[str, float] | None) -> tuple[str, str]:
    if found is None:
        return "-", "-"
    return f"{found['share']:.1%}", f"{found['low']:.1%} to {found['high']:.1%}"


def _agreement(told: Mapping[str, Any]) -> Iterator[Text]:
    golden, others = told["golden"], told["not_golden"]
    yield Text(
        f"of those the workers' own quality makes golden, {golden['accepted']:,} accepted and {golden['rejected']:,} "
        f"rejected; of the others, {others['accepted']:,} and {others['rejected']:,}: agreement {told['share']:.0%}"
    )

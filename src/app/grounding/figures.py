"""What came of the categories with a task: how much of each source was asked about, and how right the answers are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...plan import OBJECT_KEYS, OBJECT_NAMES, Category, Plan
from ...records import Json
from ...state.history import History
from ...tools.export import rows
from ...tools.grounding.base import Lane
from ...tools.grounding.folding import fold
from ...tools.grounding.grounds import Grounds
from ...tools.grounding.reverse.extraction import ExtractionFigures
from ..parts import Parts
from .label_figures import label_figures


@dataclass
class _Tier:
    """What was seen of one tier, or of all."""

    min_recall: float
    records: int = 0
    objects: set[str] = field(default_factory=set)
    kinds: Counter[str] = field(default_factory=Counter)
    extraction: ExtractionFigures = field(init=False)

    def __post_init__(self) -> None:
        self.extraction = ExtractionFigures(self.min_recall)

    def add(self, category: Category, record: Json) -> None:
        self.records += 1
        self.objects.add(fold(record[OBJECT_KEYS[category.task or "label"]]))
        if category.task == "reverse_query":
            self.kinds[record["answer"].lower()] += 1
            self.extraction.add(record)
        elif category.task == "document_qa":
            self.kinds["unanswerable" if record["answer"] is None else "answerable"] += 1

    def told(self, category: Category, available: int) -> dict[str, Json]:
        share = round(100 * len(self.objects) / available, 2) if available else 0.0
        told: dict[str, Json] = {
            "available": available,
            "sampled": len(self.objects),
            "coverage_percent": share,
            "records": self.records,
        }
        if category.task == "reverse_query":
            told |= {"yes": self.kinds["yes"], "no": self.kinds["no"], **self.extraction.to_json()}
        elif category.task == "document_qa":
            told |= {kind: self.kinds[kind] for kind in ("answerable", "unanswerable")}
        return told


def grounded_figures(history: History, plan: Plan, parts: Parts, grounds: Grounds) -> dict[str, dict[str, Any]]:
    """For each category with a task: its source, and by tier and overall what was asked about of what there is.

    Of reverse queries also recall, precision and F1; of labels what each model did, and how much of each group came up.
    All of it can be counted again from the dataset's files and the source.
    """
    tasks = {category.name: category for category in plan.categories if category.task is not None}
    seen: dict[str, dict[str | None, _Tier]] = {
        name: {tier: _Tier(category.min_recall) for lane in grounds.lanes_of(category) for tier in lane.tiers}
        for name, category in tasks.items()
    }
    overall = {name: _Tier(category.min_recall) for name, category in tasks.items()}
    for name, tier, record in _records(parts, tasks):
        seen[name][tier].add(tasks[name], record)
        overall[name].add(tasks[name], record)
    return {
        name: {
            "task": category.task,
            "source": category.source,
            "asks_about": OBJECT_NAMES[category.task or "label"],
            "by_tier": [
                {"tier": tier, **seen[name][tier].told(category, lane.objects)}
                for lane in grounds.lanes_of(category)
                for tier in lane.tiers
            ],
            "overall": overall[name].told(category, _all(grounds.lanes_of(category))),
            **(label_figures(history, category, grounds, overall[name].objects) if category.task == "label" else {}),
        }
        for name, category in tasks.items()
    }


def _records(parts: Parts, tasks: dict[str, Category]) -> Iterator[tuple[str, str | None, Json]]:
    if tasks:
        yield from ((row.category, row.tier, row.record) for row in rows(parts.shards()) if row.category in tasks)


def _all(lanes: Sequence[Lane]) -> int:
    return sum(lane.objects for lane in lanes)

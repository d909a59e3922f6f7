"""What came of a category of labels: what each model did, what larger sizes would take, and how much came up."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ...plan import Category
from ...state.history import History
from ...tools.grounding.grounds import Grounds
from ...tools.grounding.labels.report import group_coverage, label_figures_of, sizes_for


def label_figures(history: History, category: Category, grounds: Grounds, sampled: Collection[str]) -> dict[str, Any]:
    """`by_model`, each with a `projection`, where models labelled; `by_group` where the source has a group of each.

    `sampled` are the folded labels of the records.
    """
    labels = grounds.labels(category)
    models = label_figures_of(
        history.predictions(category.name), history.calls_in(category.name), category.models or ()
    )
    told: dict[str, Any] = {}
    if any(figures.entries or figures.calls for figures in models):
        told["by_model"] = [
            {**figures.to_json(), "projection": figures.projected(sizes_for(labels.entries, figures.entries))}
            for figures in models
        ]
    if category.group is not None:
        told["by_group"] = group_coverage(labels.groups, sampled)
    return told

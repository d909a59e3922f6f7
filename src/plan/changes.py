"""What changed between the plan of a checkpoint and the plan given now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from ..records import Json
from .models import Plan

LIMITS = ("generation", "budget", "mlflow", "description")
"""Keys that do not bear on what the records are: they may change between runs."""


def changes(old: Plan, new: Plan) -> list[str]:
    """What a checkpoint of `old` cannot follow, a line for each difference; empty where `new` only extends `old`.

    Raised counts and new categories extend; limits and MLflow settings are free.
    """
    before, after = (plan.model_dump(mode="json", by_alias=True) for plan in (old, new))
    for key in (*LIMITS, "total_instances"):
        before.pop(key, None)
        after.pop(key, None)
    for value in (before, after):
        value["categories"] = {category["name"]: category for category in value["categories"]}
        for holder in (value, *value["categories"].values()):
            if holder["tiers"]:
                holder["tiers"] = {tier["name"]: tier for tier in holder["tiers"]}
    return list(_differences(before, after, "$"))


def _differences(old: Json, new: Json, place: str) -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        is_category_map = place == "$.categories"
        for key in old.keys() | new.keys() if not is_category_map else old.keys():
            if key in old and key in new:
                yield from _differences(old[key], new[key], f"{place}.{key}")
            else:
                yield f"{place}.{key}: {_brief(old.get(key))} became {_brief(new.get(key))}"
    elif old != new and not _is_raised_count(old, new, place):
        yield f"{place}: {_brief(old)} became {_brief(new)}"


def _is_raised_count(old: Json, new: Json, place: str) -> bool:
    return place.endswith(".count") and isinstance(old, int) and isinstance(new, int) and new > old


def _brief(value: Any) -> str:
    text = orjson.dumps(value).decode()
    return text if len(text) <= 80 else f"{text[:77]}..."

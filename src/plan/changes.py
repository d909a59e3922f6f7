"""What changed between the plan of a checkpoint and the plan given now."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TypeAlias

import xxhash

from ..records import Json
from .models import Plan

Place: TypeAlias = tuple[str, ...]
LIMITS = ("generation", "budget", "mlflow", "description", "models", "routes")
"""Keys that do not bear on what the records are: they may change between runs."""


_WAYS = ("sha256", "database", "database_env", "user_env", "password_env", "url", "api_key_env", "store")
"""Keys of sources and evidence that say how they are reached, and not what is read."""


def changes(old: Plan, new: Plan) -> list[str]:
    """What a checkpoint of `old` cannot follow, a line for each difference; empty where `new` only extends `old`.

    Raised counts and new categories extend; limits and MLflow settings are free.
    """
    return list(_differences(_comparable(old), _comparable(new), ()))


def _comparable(plan: Plan) -> dict[str, Json]:
    """What of a plan bears on its records, lists of named things as objects."""
    value: dict[str, Json] = plan.model_dump(mode="json", by_alias=True)
    if "diversity" not in plan.model_fields_set:
        value["diversity"] = None  # by worker, which no plan can write down
    for key in (*LIMITS, "total_instances"):
        value.pop(key, None)
    value["categories"] = {category["name"]: category for category in value["categories"]}
    for category in plan.categories:
        told = value["categories"][category.name]
        told["worker"] = plan.worker_of(category)
        if told["worker"] == "template":
            told.pop("description")  # nobody is told it
    reached = [*value["sources"].values(), *(c["evidence"] for c in value["categories"].values() if c["evidence"])]
    for part in reached:
        for key in _WAYS:  # what is read is compared by its SHA-256
            part.pop(key, None)
    for holder in (value, *value["categories"].values()):
        if holder["tiers"]:
            holder["tiers"] = {tier["name"]: tier for tier in holder["tiers"]}
    return value


def _differences(old: Json, new: Json, place: Place) -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        may_grow = place in (("categories",), ("sources",))
        shared = [key for key in old if key in new]
        for key in shared:
            yield from _differences(old[key], new[key], (*place, key))
        for key in old.keys() ^ new.keys():
            if key in old or not may_grow:
                yield f"{_path((*place, key))}: {_brief(old.get(key))} became {_brief(new.get(key))}"
        if shared != [key for key in new if key in old] and not may_grow:
            yield f"{_path(place)}: the order of its keys changed"
    elif _brief(old) != _brief(new) and not _is_raised_count(old, new, place):
        lowered = "; counts can only be raised" if _is_quota(place) else ""
        yield f"{_path(place)}: {_brief(old)} became {_brief(new)}{lowered}"


def _is_quota(place: Place) -> bool:
    match place:
        case ("categories", _, "count") | ("categories", _, "tiers", _, "count" | "at_most"):
            return True
        case ("tiers", _, "count" | "at_most"):
            return True
    return False


def _is_raised_count(old: Json, new: Json, place: Place) -> bool:
    return _is_quota(place) and isinstance(old, int) and isinstance(new, int) and new > old


def _path(place: Place) -> str:
    return ".".join(("$", *place))


def _brief(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:60]}... ({xxhash.xxh3_64_hexdigest(text.encode())[:6]})"

"""A plan as MLflow params: flat names and texts, within MLflow's limits."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

from ..plan import Plan
from ..records import Json, Stratum

MAX_KEY = 250
MAX_VALUE = 6000
PARTS = ("checks", "diversity", "generation", "budget", "split", "output")


def params_of(plan: Plan, strata: Sequence[Stratum]) -> dict[str, str]:
    """What was asked for: seed, counts, worker by category, thresholds. Limits that are unset are left out."""
    params = {"dataset_name": plan.dataset_name, "seed": plan.seed, "planned": sum(s.planned for s in strata)}
    document = plan.model_dump(mode="json", by_alias=True)
    flat = dict(_flat("", {part: document[part] for part in PARTS}))
    for category in plan.categories:
        flat[f"worker/{category.name}"] = plan.worker_of(category)
    for stratum in strata:
        flat["planned/" + "/".join(filter(None, (stratum.category, stratum.tier)))] = stratum.planned
    return {name_of(key): str(value)[:MAX_VALUE] for key, value in (params | flat).items()}


def name_of(key: str) -> str:
    """The key as a name MLflow takes: a clean relative path of word characters, blanks, dots, dashes and colons."""
    clean = posixpath.normpath(re.sub(r"[^/\w.\- :]", "_", key)).lstrip("/")
    return re.sub(r"^\.+", "_", clean)[:MAX_KEY].rstrip("/")


def _flat(path: str, value: Json) -> Iterator[tuple[str, Json]]:
    if isinstance(value, dict):
        for key, child in value.items():
            yield from _flat(f"{path}/{key}" if path else key, child)
    elif value is not None:
        yield path, value

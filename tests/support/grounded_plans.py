"""A table of facts as careless as tables are, a plan over it, and texts with codes."""

from __future__ import annotations

import csv
import random
from pathlib import Path
from typing import Any

EFFECTS: dict[str, Any] = {
    "name": "effects", "count": 60, "task": "reverse_query", "source": "facts", "subject": "drug", "object": "effect",
    "query": "Which drugs cause {object}?", "negative_query": "Does {subject} cause {object}?",
}  # fmt: skip
TIERS = [
    {"name": "common", "count": 20, "min_frequency": 10},
    {"name": "rare", "count": 40, "min_frequency": 2, "max_frequency": 9},
]
BOUNDS: dict[str | None, tuple[int, int]] = {"common": (10, 10**9), "rare": (2, 9)}


def write_facts(folder: Path, *, seed: int = 3, name: str = "facts.csv") -> Path:
    """Some drugs with their effects, as careless as tables are."""
    drawn = random.Random(seed)
    rows = [(f"Drug {d}", f"effect {e}") for e in range(60) for d in drawn.sample(range(80), 1 + e % 20)]
    rows += [(f"  DRUG  {d}", f"Effect {e}") for d, e in ((1, 1), (2, 30))] + [("", "effect 1"), ("Drug 3", " ")]
    drawn.shuffle(rows)
    with (folder / name).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("drug", "effect"), *rows])
    return folder / name


def plan(**keys: Any) -> dict[str, Any]:
    effects = {**EFFECTS, "tiers": TIERS, **keys.pop("category", {})}
    about = {"dataset_name": "grounded", "seed": 1, "sources": {"facts": {"path": "facts.csv"}}, "mlflow": False}
    return {**about, "categories": [effects], "total_instances": effects["count"], **keys}


def _codes() -> dict[str, str]:
    found = {}
    for letter, part in zip("ABCD", ("ear", "eye", "knee", "lung"), strict=True):
        for number, kind in enumerate(("acute", "chronic", "mild", "severe", "unspecified")):
            found[f"Disorder of the {part}, {kind}"] = f"{letter}10.{number}"
    return found


CODES = _codes()
"""The code of each text."""


def write_codes(folder: Path) -> None:
    with (folder / "codes.csv").open("w", encoding="utf-8", newline="") as file:
        rows = [(text, code, f"Chapter {code[0]}") for text, code in CODES.items()]
        csv.writer(file).writerows([("description", "code", "chapter"), *rows])


def labels(**keys: Any) -> dict[str, Any]:
    category = {
        "name": "codes", "count": 16, "task": "label", "source": "codes", "text": "description", "label": "code",
        "group": "chapter", **keys,
    }  # fmt: skip
    sources = {"codes": {"path": "codes.csv"}}
    return {"dataset_name": "coded", "sources": sources, "mlflow": False, "categories": [category]}

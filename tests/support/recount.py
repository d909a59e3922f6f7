"""The figures of a grounded dataset, counted again from its files and its source with the standard library alone."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from pathlib import Path
from typing import Any


def folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def facts(file: Path, subject: str, object: str) -> dict[str, set[str]]:
    """The folded subjects of each folded object."""
    found: dict[str, set[str]] = defaultdict(set)
    with file.open(encoding="utf-8-sig", newline="") as opened:
        for row in csv.DictReader(opened):
            if row[subject].strip() and row[object].strip():
                found[folded(row[object])].add(folded(row[subject]))
    return dict(found)


def reverse_figures(
    out: Path, truth: dict[str, set[str]], bounds: dict[str | None, tuple[int, int]], category: str
) -> dict[str, Any]:
    """By tier: available, sampled, coverage, records, YES, NO, macro and micro recall, precision and F1."""
    rows = [row for row in lines(out / "all.jsonl") if row["category"] == category]
    return {
        tier or "-": _tier([r for r in rows if r["tier"] == tier], truth, low, high)
        for tier, (low, high) in bounds.items()
    }


def _tier(rows: list[dict[str, Any]], truth: dict[str, set[str]], low: int, high: int) -> dict[str, Any]:
    available = sum(low <= len(subjects) <= high for subjects in truth.values())
    records = [row["record"] for row in rows]
    sampled = {folded(record["object"]) for record in records}
    yes = [record for record in records if record["answer"] == "YES"]
    scores, hits, expected, found = [], 0, 0, 0
    for record in yes:
        due, said = truth[folded(record["object"])], {folded(subject) for subject in record["subjects"]}
        right = len(due & said)
        recall, precision = right / len(due), right / len(said) if said else 0.0
        scores.append((recall, precision, 2 * recall * precision / (recall + precision) if right else 0.0))
        hits, expected, found = hits + right, expected + len(due), found + len(said)

    def mean(column: int) -> float | None:
        return round(sum(score[column] for score in scores) / len(scores), 4) if scores else None

    return {
        "available": available,
        "sampled": len(sampled),
        "coverage_percent": round(100 * len(sampled) / available, 2) if available else 0.0,
        "records": len(records),
        "yes": len(yes),
        "no": len(records) - len(yes),
        "macro_recall": mean(0),
        "macro_precision": mean(1),
        "macro_f1": mean(2),
        "hits": hits,
        "expected": expected,
        "found": found,
    }

"""JSON Schemas nobody prepared for us: those below a folder, each with its dataset, tier and draft."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SUITE = "test-suite"


@dataclass(frozen=True, slots=True)
class Case:
    """A schema to draw records from. `draft` counts where the schema has no `$schema`; `tier` may be empty."""

    name: str
    dataset: str
    tier: str
    draft: str
    schema: Any
    is_real: bool = True


def read_cases(folder: Path, manifest: Path | None = None) -> list[Case]:
    """All schemas of a folder: the real ones, then groups of the official test suite.

    A manifest (CSV with `file`, and `dataset`, `tier` and `draft` if known; by default `manifest.csv` in the folder,
    where there is one) names the real schemas; without it they are all `*.json`, and the first folder below is the
    dataset. Groups are lines of `test-suite/*.jsonl` with `draft`, `file`, `description`, `schema` and `generate`,
    which is true where records can be drawn.
    """
    default = folder / "manifest.csv"
    listed = manifest or (default if default.is_file() else None)
    return [*_real(folder, _rows(folder, listed)), *_suite(folder / _SUITE)]


def _rows(folder: Path, manifest: Path | None) -> list[dict[str, str]]:
    if manifest is None:
        return [{"file": path.relative_to(folder).as_posix()} for path in sorted(folder.rglob("*.json"))]
    with manifest.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _real(folder: Path, rows: list[dict[str, str]]) -> Iterator[Case]:
    for row in rows:
        name = row["file"]
        dataset = row.get("dataset") or (name.split("/")[0] if "/" in name else folder.name)
        schema = json.loads((folder / name).read_text(encoding="utf-8"))
        yield Case(name, dataset, row.get("tier") or "", row.get("draft") or "", schema)


def _suite(folder: Path) -> Iterator[Case]:
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            group = json.loads(line)
            if group["generate"]:
                name = f"{group['draft']}/{group['file']}: {group['description']}"
                dataset = f"test suite, draft {group['draft']}"
                yield Case(name, dataset, "", group["draft"], group["schema"], is_real=False)

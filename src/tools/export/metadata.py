"""`metadata.json`: what a run was asked for, what came of it, and what it took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from ...records import Json, Stratum, Usage
from .files import FileFacts


@dataclass(frozen=True, slots=True)
class StratumCount:
    """What came of one stratum."""

    stratum: Stratum
    accepted: int
    rejected: int


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A stratum that lacks records, and why."""

    stratum: Stratum
    missing: int
    why: str


@dataclass(frozen=True, slots=True)
class SplitCount:
    """How many records each side has, and how many groups of near-duplicates had to be divided between them."""

    train: int
    test: int
    divided: int


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What a run knows of itself when it ends.

    versions: by package, this one's among them. rejected: counts by reason. seconds: wall-clock time of all its
    parts. files: by path relative to the output folder. split: None where the plan has none. usage_parts: what the
    usage is made of, by what it is parted by. grounding: what came of the categories with a task, by their names.
    invalid: records that break their schema on purpose, by keyword; None where no category asks for any.
    sources: origin, SHA-256, bytes, rows and time of reading, by the sources' names.
    """

    status: Literal["complete", "incomplete", "interrupted"]
    dataset_name: str
    plan_sha256: str
    seed: int
    versions: Mapping[str, str]
    strata: Sequence[StratumCount]
    rejected: Mapping[str, int]
    usage: Usage
    seconds: float
    files: Mapping[str, FileFacts]
    shortfalls: Sequence[Shortfall] = ()
    split: SplitCount | None = None
    usage_parts: Mapping[str, Json] = field(default_factory=dict)
    grounding: Mapping[str, Json] = field(default_factory=dict)
    sources: Mapping[str, Json] = field(default_factory=dict)
    invalid: Mapping[str, int] | None = None


def metadata(run: RunFacts) -> dict[str, Any]:
    """The object that `metadata.json` holds and `agent run --json` prints."""
    return {
        "status": run.status,
        "dataset_name": run.dataset_name,
        "plan_sha256": run.plan_sha256,
        "seed": run.seed,
        "versions": dict(run.versions),
        "counts": {
            "planned": sum(count.stratum.planned for count in run.strata),
            "accepted": sum(count.accepted for count in run.strata),
            "rejected": dict(run.rejected),
            **({} if run.invalid is None else {"invalid": dict(run.invalid)}),
            "by_stratum": [_stratum(count) for count in run.strata],
        },
        **({"split": asdict(run.split)} if run.split else {}),
        **({"sources": dict(run.sources)} if run.sources else {}),
        **({"grounding": dict(run.grounding)} if run.grounding else {}),
        "usage": {**asdict(run.usage), **run.usage_parts},
        "seconds": round(run.seconds, 3),
        "files": {name: asdict(facts) for name, facts in run.files.items()},
        "shortfalls": [
            {"category": short.stratum.category, "tier": short.stratum.tier, "missing": short.missing, "why": short.why}
            for short in run.shortfalls
        ],
    }


def _stratum(count: StratumCount) -> dict[str, Any]:
    stratum = count.stratum
    return {
        "category": stratum.category,
        "tier": stratum.tier,
        "planned": stratum.planned,
        "accepted": count.accepted,
        "rejected": count.rejected,
    }

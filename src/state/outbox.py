"""What MLflow has not been told yet, and what it is told: the values that pass between the ledger and its sink."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

import orjson

from ..records import Batch, Call, Rejection, StoredRecord
from .paid import KeptPrompt


@dataclass(frozen=True, slots=True)
class Target:
    """A place where the dataset is shown, and how far it has been told.

    `delivered` counts committed batches, in order of commit. `finished` is the digest of the final state it was told
    last, or None where batches followed it.
    """

    uri: str
    experiment_id: str | None = None
    run_id: str | None = None
    dataset_id: str | None = None
    delivered: int = 0
    finished: str | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A committed batch, as it is shown.

    `position` counts commits from 1. `committed_at_ms` is in milliseconds since 1970. `shard` is a Parquet file with
    the columns id, category, tier, quality, record and perhaps prompt, golden, split; its key-value metadata holds
    under `batch` a JSON object with at least the fields of `Batch`, `accepted` and `rejected`. None where nothing was
    accepted, or where the records live in the ledger: `records`, by number. `used` is how many of its candidates were
    looked at, None where that is not known. `brief` is what its worker was told, as JSON; `calls` are without answers.
    """

    position: int
    batch: Batch
    category: str
    tier: str | None
    committed_at_ms: int
    metrics: Mapping[str, float]
    shard: Path | None
    rejections: Sequence[Rejection] = ()
    records: Sequence[StoredRecord] = ()
    used: int | None = None
    brief: str | None = None
    calls: Sequence[Call] = ()


class Outbox(Protocol):
    """The committed batches beyond each target's cursor. Called from the sink's thread only."""

    def target(self, uri: str) -> Target:
        """How far a target has been told; a new one has been told nothing."""
        ...

    def save_target(self, target: Target) -> None:
        """Keep how far a target has been told, durably."""
        ...

    def committed(self) -> int:
        """The number of committed batches."""
        ...

    def pending(self, after: int, limit: int) -> list[Delivery]:
        """At most `limit` committed batches that follow position `after`, in order of commit."""
        ...

    def conversation(self, batch: int) -> list[Call]:
        """The calls of a batch, by its number, in the order in which they were made, with what was answered."""
        ...

    def prompts(self) -> list[KeptPrompt]:
        """Every prompt that was used, in the order of first use."""
        ...


@dataclass(frozen=True, slots=True)
class FinalState:
    """How a run ended: its figures, and the files that tell of it, shown under their own names."""

    status: Literal["complete", "incomplete", "interrupted"]
    files: Sequence[Path]
    metrics: Mapping[str, float] = field(default_factory=dict)

    def digest(self) -> str:
        """SHA-256 of the status and all that goes with it, in hex."""
        digest = hashlib.sha256(orjson.dumps([self.status, dict(self.metrics)], option=orjson.OPT_SORT_KEYS))
        for file in self.files:
            digest.update(file.name.encode())
            digest.update(file.read_bytes())
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Report:
    """What became of the sink's work: the page of the dataset where there is one, and why something is missing."""

    delivered: bool
    link: str | None
    why: str | None = None

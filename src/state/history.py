"""What a ledger tells: read-only, and at any time, also while a run writes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from ..plan import Plan
from ..records import Batch, Json, Progress, Rejection, Shard, Stratum
from .paid import PaidHistory
from .reader import LEDGER_FILE, connect
from .resuming import ResumedHistory
from .reviews import ReviewedHistory
from .stored import StoredHistory

__all__ = ["LEDGER_FILE", "CommittedBatch", "History", "KeptPlan", "RunFacts", "connect"]


@dataclass(frozen=True, slots=True)
class KeptPlan:
    """The plan a dataset is built by, as the ledger holds it."""

    plan: Plan
    document: bytes
    sha256: str
    adopted_at: str


@dataclass(frozen=True, slots=True)
class RunFacts:
    """One start of the program. `state` is `running` for one that is, or that was killed."""

    state: str
    started_at: str
    ended_at: str | None
    seconds: float


@dataclass(frozen=True, slots=True)
class CommittedBatch:
    """A batch that was committed; `position` is its place in the order of commits, from 1."""

    batch: Batch
    position: int
    accepted: int
    rejected: int
    used: int
    seconds: float
    committed_at_ms: int
    shard: Shard | None


class History(StoredHistory, PaidHistory, ResumedHistory, ReviewedHistory):
    """The reading side of a ledger. Use one from one thread at a time."""

    def plan(self) -> KeptPlan | None:
        """The plan that holds, or None in a ledger that has just begun."""
        row = self._one("SELECT plan, sha256, adopted_at FROM plans ORDER BY revision DESC LIMIT 1")
        return None if row is None else KeptPlan(Plan.model_validate(orjson.loads(row[0])), *row)

    def key(self) -> str:
        """What names the dataset for good: another of the same name has another key."""
        return str((self._one("SELECT key FROM dataset") or ("",))[0])

    def source_facts(self) -> dict[str, dict[str, Json]]:
        """Origin, SHA-256, bytes, rows and time of reading of each source, by its name."""
        keys = ("origin", "sha256", "bytes", "rows", "read_at")
        rows = self._ask("SELECT name, path, sha256, bytes, rows, read_at FROM sources ORDER BY name")
        return {name: dict(zip(keys, facts, strict=True)) for name, *facts in rows}

    def sources(self) -> dict[str, str]:
        """SHA-256 by name of each source, as it was read."""
        return dict(self._ask("SELECT name, sha256 FROM sources ORDER BY name"))

    def has_written_to(self, folder: Path) -> bool:
        """Whether files of this dataset were written to a folder."""
        return self._one("SELECT 1 FROM outputs WHERE path = ?", str(folder.absolute())) is not None

    def versions(self) -> list[dict[str, str]]:
        """The versions of the program and its libraries that took part, each set once, in order."""
        rows = self._ask("SELECT versions FROM runs GROUP BY versions ORDER BY MIN(id)")
        return [orjson.loads(row[0]) for row in rows]

    def last_run(self) -> RunFacts | None:
        """The latest start of the program on this dataset."""
        row = self._one("SELECT state, started_at, ended_at, seconds FROM runs ORDER BY id DESC LIMIT 1")
        return None if row is None else RunFacts(*row)

    def seconds(self) -> float:
        """How long all ended runs took together."""
        return float((self._one("SELECT TOTAL(seconds) FROM runs") or (0.0,))[0])

    def strata(self) -> list[Stratum]:
        """The strata in the order of their ids."""
        return [Stratum(*row) for row in self._ask("SELECT id, category, tier, planned FROM strata ORDER BY id")]

    def progress(self) -> list[Progress]:
        """How far each stratum is."""
        rejected: dict[int, dict[str, int]] = {}
        for stratum, reason, count in self._ask(
            "SELECT stratum, reason, COUNT(*) FROM rejections JOIN batches ON batches.number = rejections.batch "
            "GROUP BY stratum, reason ORDER BY stratum, reason"
        ):
            rejected.setdefault(stratum, {})[reason] = count
        rows = self._ask(
            "SELECT id, category, tier, planned, shortfall, "
            "(SELECT TOTAL(accepted) FROM batches WHERE stratum = strata.id) FROM strata ORDER BY id"
        )
        return [
            Progress(Stratum(index, category, tier, planned), int(accepted), rejected.get(index, {}), shortfall)
            for index, category, tier, planned, shortfall, accepted in rows
        ]

    def planned_batches(self) -> list[Batch]:
        """The batches that are planned and not committed, in order."""
        query = f"SELECT {_BATCH} FROM batches WHERE position IS NULL ORDER BY number"
        return [Batch(*row) for row in self._ask(query)]

    def attempts(self) -> dict[int, int]:
        """For each stratum, how often it was asked for since its quota last grew."""
        query = (
            "SELECT stratum, MAX(attempt) FROM batches JOIN strata ON strata.id = stratum "
            "WHERE number >= since GROUP BY stratum"
        )
        return dict(self._ask(query))

    def target(self, uri: str) -> tuple[Any, ...] | None:
        """The row of `targets` of a place where the dataset is shown."""
        return self._one("SELECT * FROM targets WHERE uri = ?", uri)

    def next_number(self) -> int:
        """The number of the next batch to be planned."""
        return int((self._one("SELECT COALESCE(MAX(number), -1) + 1 FROM batches") or (0,))[0])

    def taken(self) -> dict[str, list[tuple[int, int]]]:
        """For each category, the ranges of candidate numbers that are planned or were looked at: [start, end)."""
        ranges: dict[str, list[tuple[int, int]]] = {}
        for category, start, end in self._ask(
            "SELECT category, start, start + COALESCE(used, size) FROM batches "
            "JOIN strata ON strata.id = stratum ORDER BY start"
        ):
            ranges.setdefault(category, []).append((start, end))
        return ranges

    def commits(self) -> int:
        """The number of committed batches."""
        return int((self._one("SELECT COALESCE(MAX(position), 0) FROM batches") or (0,))[0])

    def committed(self, after: int = 0, limit: int = -1) -> list[CommittedBatch]:
        """Committed batches in order of commit, those after a position."""
        return self._committed("position > ? ORDER BY position LIMIT ?", after, limit)

    def batch_of(self, category: str, number: int) -> CommittedBatch | None:
        """The committed batch that a candidate of a category was looked at in; None where there is none."""
        found = self._committed(
            "position IS NOT NULL AND stratum IN (SELECT id FROM strata WHERE category = ?1) AND ("
            "EXISTS (SELECT 1 FROM records WHERE batch = batches.number AND number = ?2) "
            "OR EXISTS (SELECT 1 FROM rejections WHERE batch = batches.number AND number = ?2) "
            "OR path IS NOT NULL AND ?2 >= start AND ?2 < start + used) ORDER BY position LIMIT 1",
            category,
            number,
        )
        return found[0] if found else None

    def _committed(self, which: str, *values: object) -> list[CommittedBatch]:
        rows = self._ask(
            f"SELECT {_BATCH}, position, accepted, rejected, used, seconds, committed_at_ms, "
            "path, rows, bytes, sha256 "
            f"FROM batches LEFT JOIN shards ON shards.batch = batches.number WHERE {which}",
            *values,
        )
        return [
            CommittedBatch(
                batch=Batch(*row[:5]),
                position=row[5],
                accepted=row[6],
                rejected=row[7],
                used=row[8],
                seconds=row[9],
                committed_at_ms=row[10],
                shard=Shard(*row[11:]) if row[11] else None,
            )
            for row in rows
        ]

    def rejections(self) -> Iterator[dict[str, Any]]:
        """Refused candidates in order: category, tier, reason, detail, candidate (JSON text as a fragment)."""
        rows = self._ask(
            "SELECT category, tier, reason, detail, candidate FROM rejections "
            "JOIN batches ON batches.number = rejections.batch JOIN strata ON strata.id = batches.stratum "
            "ORDER BY position, rejections.number"
        )
        for category, tier, reason, detail, candidate in rows:
            yield {
                "category": category,
                "tier": tier,
                "reason": reason,
                "detail": detail,
                "candidate": orjson.Fragment(candidate),
            }

    def rejections_of(self, batch: int) -> list[Rejection]:
        """The refused candidates of one batch, in order."""
        query = "SELECT number, reason, detail, candidate FROM rejections WHERE batch = ? ORDER BY number"
        return [Rejection(*row) for row in self._ask(query, batch)]

    def metrics(self, batch: int) -> dict[str, float]:
        """The metrics of one batch."""
        return dict(self._ask("SELECT name, value FROM metrics WHERE batch = ? ORDER BY name", batch))


_BATCH = "number, stratum, start, size, attempt"

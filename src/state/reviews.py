"""What people decided of records: kept row by row, read by record."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from .reader import Reader

Verdict = Literal["accept", "reject", "skip"]

QUALITIES: dict[str, float] = {"accept": 1.0, "reject": 0.0}
"""The quality that a verdict gives its record; one that is skipped keeps its own."""


class Given(NamedTuple):
    """A verdict as a person gives it. `batch` and `number` name the record: see `Review`."""

    batch: int
    number: int
    verdict: Verdict
    reason: str
    reviewer: str


class Review(NamedTuple):
    """A verdict as it is kept. `number` is the record's own in its category; `reviewed_at` an ISO time in UTC."""

    batch: int
    number: int
    category: str
    verdict: Verdict
    reason: str
    reviewer: str
    reviewed_at: str

    @property
    def id(self) -> str:
        """The record's name in the dataset."""
        return f"{self.category}-{self.number}"

    @property
    def quality(self) -> float | None:
        """The quality the record has by this verdict; None where it keeps its own."""
        return QUALITIES.get(self.verdict)


def insert_reviews(db: sqlite3.Connection, given: Sequence[Given], at: str) -> None:
    """Verdicts that were given at an ISO time."""
    db.executemany(
        "INSERT INTO reviews (batch, number, verdict, reason, reviewer, reviewed_at) VALUES (?, ?, ?, ?, ?, ?)",
        [(*one, at) for one in given],
    )


class ReviewedHistory(Reader):
    """Verdicts of people, and where their records stand."""

    def reviews(self) -> list[Review]:
        """The verdict that counts of each record that has one, in the dataset's order."""
        return self._reviews("WHERE reviews.id IN (SELECT MAX(id) FROM reviews GROUP BY batch, number)")

    def reviews_of(self, batch: int, number: int) -> list[Review]:
        """Every verdict of one record in the order in which they were given; the last one counts."""
        return self._reviews("WHERE reviews.batch = ? AND reviews.number = ?", batch, number)

    def _reviews(self, which: str, *values: object) -> list[Review]:
        rows = self._ask(
            "SELECT reviews.batch, reviews.number, category, verdict, reason, reviewer, reviewed_at FROM reviews "
            "JOIN batches ON batches.number = reviews.batch JOIN strata ON strata.id = batches.stratum "
            f"{which} ORDER BY position, reviews.number, reviews.id",
            *values,
        )
        return [Review(*row) for row in rows]

    def decided(self) -> dict[int, dict[str, float]]:
        """The quality of each record that was accepted or rejected: by the position of its batch, then by its id."""
        found: dict[int, dict[str, float]] = {}
        for position, category, number, verdict in self._ask(
            "SELECT position, category, reviews.number, verdict FROM reviews "
            "JOIN batches ON batches.number = reviews.batch JOIN strata ON strata.id = batches.stratum "
            "WHERE reviews.id IN (SELECT MAX(id) FROM reviews GROUP BY batch, number) AND verdict <> 'skip'"
        ):
            found.setdefault(position, {})[f"{category}-{number}"] = QUALITIES[verdict]
        return found

    def decided_rows(self, after: int, until: int | None) -> Iterator[tuple[int, float]]:
        """(row, quality) of each decided record that lives in the ledger, rows as `qualities` gives them, from 0.

        Between the positions `after` and `until` there must be no shards.
        """
        rows = self._ask(
            "WITH spans AS (SELECT number, SUM(accepted) OVER (ORDER BY position) - accepted AS start FROM batches "
            "WHERE position > ? AND position <= ?) "
            "SELECT start + (SELECT COUNT(*) FROM records AS r WHERE r.batch = reviews.batch "
            "AND r.number < reviews.number), verdict "
            "FROM reviews JOIN spans ON spans.number = reviews.batch "
            "WHERE reviews.id IN (SELECT MAX(id) FROM reviews GROUP BY batch, number) AND verdict <> 'skip'",
            after,
            2**62 if until is None else until,
        )
        for row, verdict in rows:
            yield row, QUALITIES[verdict]

    def record_numbers(self) -> Iterator[tuple[int, int, int]]:
        """(stratum, batch, number) of each record that lives in the ledger, by batch."""
        yield from self._ask(
            "SELECT stratum, batch, records.number FROM records JOIN batches ON batches.number = records.batch "
            "WHERE position IS NOT NULL ORDER BY batch, records.number"
        )

"""The records of a dataset as its ledger holds them, and what the duplicate checks remember of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ..records import Fingerprints, FloatArray, Shard, StoredRecord, UInt64Array
from .reader import Reader

SIGNATURE_WORDS = 128


class KeptRecord(NamedTuple):
    """A record that lives in the ledger, with the stratum it is of; `number` is its own in its category."""

    category: str
    tier: str | None
    number: int
    quality: float
    text: str

    @property
    def id(self) -> str:
        """Its name in the dataset."""
        return f"{self.category}-{self.number}"


class Likeness(NamedTuple):
    """What says which records of one batch resemble others: their stratum, and two fingerprints, one a record.

    exact: uint64, equal for equal records. group: uint64, equal for those alike but for numbers, dates and ids; the
    exact one where nothing asked for it.
    """

    stratum: int
    exact: UInt64Array
    group: UInt64Array


class StoredHistory(Reader):
    """Records, shards and fingerprints. The dataset's order is that of commits, and by number within a batch.

    `after` and `until` are positions in the order of commits: what follows the one, up to and with the other.
    """

    def shards(self) -> list[tuple[int, Shard]]:
        """The position and the shard of each batch that has one, in order."""
        rows = self._ask(
            "SELECT position, path, rows, bytes, sha256 FROM shards JOIN batches ON batches.number = shards.batch "
            "WHERE position IS NOT NULL ORDER BY position"
        )
        return [(position, Shard(*shard)) for position, *shard in rows]

    def records(self, after: int = 0, until: int | None = None) -> Iterator[KeptRecord]:
        """The records that live in the ledger, one by one, in the dataset's order."""
        rows = self._ask(
            "SELECT category, tier, records.number, quality, text FROM batches "
            "JOIN strata ON strata.id = batches.stratum JOIN records ON records.batch = batches.number "
            f"{_BETWEEN} ORDER BY position, records.number",
            after,
            _LAST if until is None else until,
        )
        return map(KeptRecord._make, rows)

    def records_of(self, batch: int) -> list[StoredRecord]:
        """The records of one batch that live in the ledger, by number."""
        query = "SELECT number, quality, text FROM records WHERE batch = ? ORDER BY number"
        return [StoredRecord(*row) for row in self._ask(query, batch)]

    def record(self, batch: int, number: int) -> StoredRecord | None:
        """One record of a batch; None where its records lie in a shard, or it has none of that number."""
        row = self._one("SELECT number, quality, text FROM records WHERE batch = ? AND number = ?", batch, number)
        return None if row is None else StoredRecord(*row)

    def qualities(self, after: int = 0, until: int | None = None) -> FloatArray:
        """The quality of each record that lives in the ledger, in the dataset's order."""
        rows = self._ask(
            "SELECT quality FROM batches JOIN records ON records.batch = batches.number "
            f"{_BETWEEN} ORDER BY position, records.number",
            after,
            _LAST if until is None else until,
        )
        return np.fromiter((quality for (quality,) in rows), np.float64)

    def lacking(self) -> list[int]:
        """The batches without a shard that have other numbers of records in the ledger than were accepted."""
        rows = self._ask(
            "SELECT number FROM batches WHERE position IS NOT NULL "
            "AND NOT EXISTS (SELECT 1 FROM shards WHERE shards.batch = batches.number) "
            "AND accepted <> (SELECT COUNT(*) FROM records WHERE records.batch = batches.number) ORDER BY position"
        )
        return [number for (number,) in rows]

    def fingerprints(self) -> Iterator[tuple[int, Fingerprints]]:
        """(stratum, fingerprints) of each committed batch that has records, in order of commit."""
        for stratum, exact, structural, signatures, embeddings, senses in self._ask(
            "SELECT stratum, exact, structural, signatures, embeddings, senses FROM fingerprints "
            "JOIN batches ON batches.number = fingerprints.batch WHERE exact <> x'' ORDER BY position"
        ):
            keys = np.frombuffer(exact, np.uint64)
            yield (
                stratum,
                Fingerprints(
                    keys,
                    None if structural is None else np.frombuffer(structural, np.uint64),
                    None if signatures is None else np.frombuffer(signatures, np.uint32).reshape(-1, SIGNATURE_WORDS),
                    None if embeddings is None else np.frombuffer(embeddings, np.float16).reshape(len(keys), -1),
                    None if senses is None else np.frombuffer(senses, np.uint64),
                ),
            )

    def likenesses(self) -> Iterator[Likeness]:
        """What says which records resemble each other, of each committed batch that has some, in order of commit."""
        for stratum, exact, group in self._ask(
            "SELECT stratum, exact, COALESCE(structural, exact) FROM fingerprints "
            "JOIN batches ON batches.number = fingerprints.batch WHERE exact <> x'' ORDER BY position"
        ):
            yield Likeness(stratum, np.frombuffer(exact, np.uint64), np.frombuffer(group, np.uint64))


_BETWEEN = "WHERE position > ? AND position <= ?"
_LAST = 2**62

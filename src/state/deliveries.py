"""The ledger's outbox: its committed batches, as the MLflow sink asks for them."""

from __future__ import annotations

from dataclasses import asdict

from ..records import Call, Stratum
from .history import CommittedBatch, History
from .ledger import Ledger
from .outbox import Delivery, Target
from .paid import KeptPrompt

MOST_ROWS = 10_000
"""Records and refused candidates that are read at once, but for those of a single batch."""


class LedgerOutbox:
    """See `outbox.Outbox`. Reads with connections of its own, since the sink works in a thread of its own."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def target(self, uri: str) -> Target:
        """How far a target has been told."""
        with History(self._ledger.folder) as history:
            row = history.target(uri)
        return Target(uri) if row is None else Target(*row)

    def save_target(self, target: Target) -> None:
        """Keep how far a target has been told."""
        self._ledger.save_target(asdict(target))

    def committed(self) -> int:
        """The number of committed batches."""
        with History(self._ledger.folder) as history:
            return history.commits()

    def pending(self, after: int, limit: int) -> list[Delivery]:
        """The committed batches that follow a position, in order of commit; fewer where they are large."""
        with History(self._ledger.folder) as history:
            strata, rows, deliveries = history.strata(), 0, list[Delivery]()
            for committed in history.committed(after, limit):
                rows += committed.rejected + (0 if committed.shard else committed.accepted)
                if deliveries and rows > MOST_ROWS:
                    break
                deliveries.append(_delivery(history, strata[committed.batch.stratum], committed))
            return deliveries

    def conversation(self, batch: int) -> list[Call]:
        """The calls of a batch, with what was answered."""
        with History(self._ledger.folder) as history:
            return history.conversation_of(batch)

    def prompts(self) -> list[KeptPrompt]:
        """Every prompt that was used."""
        with History(self._ledger.folder) as history:
            return history.prompts()


def _delivery(history: History, stratum: Stratum, committed: CommittedBatch) -> Delivery:
    number, shard = committed.batch.number, committed.shard
    return Delivery(
        position=committed.position,
        batch=committed.batch,
        category=stratum.category,
        tier=stratum.tier,
        committed_at_ms=committed.committed_at_ms,
        metrics=history.metrics(number),
        shard=history.folder / shard.path if shard else None,
        rejections=history.rejections_of(number) if committed.rejected else (),
        records=() if shard else history.records_of(number),
        used=committed.used,
        brief=None if shard else history.brief_of(number),
        calls=() if shard else history.calls_of(number),
    )

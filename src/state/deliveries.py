"""The ledger's outbox: its committed batches, as the MLflow sink asks for them."""

from __future__ import annotations

from dataclasses import asdict

from .history import History
from .ledger import Ledger
from .outbox import Delivery, Target


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
        """The committed batches that follow a position, in order of commit."""
        with History(self._ledger.folder) as history:
            strata = history.strata()
            return [
                Delivery(
                    committed.position,
                    committed.batch,
                    strata[committed.batch.stratum].category,
                    strata[committed.batch.stratum].tier,
                    committed.committed_at_ms,
                    history.metrics(committed.batch.number),
                    history.folder / committed.shard.path if committed.shard else None,
                    history.rejections_of(committed.batch.number),
                )
                for committed in history.committed(after, limit)
            ]

"""The calls of a run, kept in the ledger; and those of earlier runs that need not be sent again."""

from __future__ import annotations

from ..records import Call
from .ledger import Ledger


class LedgerCalls:
    """See `endpoints.caller.CallLog`."""

    def __init__(self, ledger: Ledger, run: int | None) -> None:
        """`run` is the id of the run that pays, None outside of one."""
        self._ledger, self._run = ledger, run
        self._paid: dict[tuple[int | None, str], bytes] = {}
        for batch, key, answer in ledger.history.paid_answers():
            self._paid[batch, key] = answer

    def paid(self, batch: int | None, key: str) -> bytes | None:
        """The answer to a call of an unfinished batch that was paid for already; each is given once."""
        return self._paid.pop((batch, key), None)

    async def note(self, call: Call) -> None:
        """Keep a call; returns once that is durable."""
        await self._ledger.durable(self._ledger.queue_call(self._run, call))

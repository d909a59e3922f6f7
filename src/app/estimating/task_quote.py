"""What one model takes for the batches of a stratum with a task: calls by what there is to read, not by the batch."""

from __future__ import annotations

from dataclasses import dataclass

from ...endpoints.entries import Endpoint
from .quoting import CACHED_FROM, FIRST_TOKEN_S, TOKENS_A_SECOND, cost
from .takings import Taken


@dataclass(frozen=True, slots=True)
class Part:
    """The tokens that a call takes, or a record more in it; and what a run sets aside for them."""

    tokens_in: float = 0.0
    tokens_out: float = 0.0
    reserved_in: float = 0.0
    reserved_out: float = 0.0


@dataclass(frozen=True, slots=True)
class TaskQuote:
    """What a batch takes, with so many calls by itself and so many for each of its records, on average.

    call: of each, its prompt included; tokens_shared of that are the same in all calls for the category. record: what
    each record adds. most: the largest batch. most_times: how many times what is likely the high end of the range
    takes.
    """

    endpoint: Endpoint
    calls_a_batch: float
    calls_a_record: float
    call: Part
    record: Part
    tokens_shared: float
    most: int
    most_times: float

    def takes(self, batches: float, records: float, *, cached: bool = False) -> Taken:
        """What so many batches with so many records in all take; `cached` as far as prompts may be."""
        entry, calls = self.endpoint.entry, batches * self.calls_a_batch + records * self.calls_a_record
        is_kept = cached and entry.price_cached_in is not None and self.tokens_shared >= CACHED_FROM
        kept = max(0.0, calls - 1) * self.tokens_shared if is_kept else 0.0
        given = calls * self.call.tokens_in + records * self.record.tokens_in
        out = calls * self.call.tokens_out + records * self.record.tokens_out
        reserved_in, reserved_out = self._reserved(calls, records)
        return Taken(
            batches=calls,  # those of one batch are in flight together
            calls=calls,
            tokens_in=given,
            tokens_cached=kept,
            tokens_out=out,
            cost_usd=cost(entry, given, kept, out),
            latency_s=calls * FIRST_TOKEN_S + out / TOKENS_A_SECOND,
            reserved_tokens=reserved_in + reserved_out,
            reserved_usd=cost(entry, reserved_in, 0, reserved_out),
        )

    def most_usd(self, size: int, repairs: int) -> float:
        """What a batch costs where each of its calls takes all the repairs there are, as far as can be told.

        Each repair is told all that was said before: the answers, and as much again about what was wrong with them.
        """
        turns, taken = repairs + 1, self.takes(1, size)
        reserved_in, reserved_out = self._reserved(taken.calls, size)
        first, out = max(reserved_in, taken.tokens_in), max(reserved_out, taken.tokens_out)
        return cost(self.endpoint.entry, turns * first + turns * (turns - 1) * out, 0, turns * out) * self.most_times

    def _reserved(self, calls: float, records: float) -> tuple[float, float]:
        return (
            calls * self.call.reserved_in + records * self.record.reserved_in,
            calls * self.call.reserved_out + records * self.record.reserved_out,
        )

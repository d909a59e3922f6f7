"""What model calls take, as amounts that can be added and scaled; and how long they take together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Self

from ...plan import ModelEntry

REPEATED = 0.3
"""The share of calls that the high end of the range makes again."""

_BURST_TOKENS = 0.1
"""The share of a minute's tokens that a run keeps for bursts (see `endpoints.pace`): the rest is its steady rate."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Amounts; `tokens_cached` are a part of `tokens_in`.

    latency_s: of all calls, one after the other. reserved_tokens, reserved_usd: what a run counts against its limits
    and its budget before it knows better.
    """

    batches: float = 0.0
    calls: float = 0.0
    tokens_in: float = 0.0
    tokens_cached: float = 0.0
    tokens_out: float = 0.0
    cost_usd: float = 0.0
    latency_s: float = 0.0
    reserved_tokens: float = 0.0
    reserved_usd: float = 0.0

    def __add__(self, other: Taken) -> Taken:
        return Taken(*(getattr(self, name) + getattr(other, name) for name in NAMES))

    def repeated(self, times: float) -> Self:
        """So many times of everything, for the same batches."""
        return replace(self, **{name: times * getattr(self, name) for name in NAMES if name != "batches"})

    def times(self, factor: float) -> Self:
        """So many times of everything."""
        return replace(self, **{name: factor * getattr(self, name) for name in NAMES})


NAMES = tuple(field.name for field in fields(Taken))


def summed(parts: Iterable[Taken]) -> Taken:
    """All amounts together."""
    return sum(parts, Taken())


def time_of(taken: Taken, entry: ModelEntry, concurrency: int) -> tuple[float, str]:
    """Seconds that one model's calls take, and what they wait for: `concurrency`, `rpm` or `tpm`.

    The calls of one batch come one after the other.
    """
    if not taken.calls:
        return 0.0, "concurrency"
    latency = taken.latency_s / taken.calls
    waits = {"concurrency": taken.latency_s / max(1.0, min(concurrency, taken.batches))}
    if entry.rpm is not None:
        waits["rpm"] = 60 * max(0.0, taken.calls - max(1.0, entry.rpm / 60)) / entry.rpm + latency
    if entry.tpm is not None:
        burst = _BURST_TOKENS * entry.tpm
        most = max(taken.reserved_tokens, taken.tokens_in + taken.tokens_out)
        waits["tpm"] = 60 * max(0.0, most - burst) / (entry.tpm - burst) + latency
    limit = max(waits, key=waits.__getitem__)
    return waits[limit], limit

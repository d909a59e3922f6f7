"""What a dataset may cost: looked at before a call is sent, never after."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from ..errors import BudgetReached
from ..plan import Budget, ModelEntry
from ..records import Usage

MILLION = 1_000_000


def cost_of(entry: ModelEntry, tokens_in: int, tokens_cached: int, tokens_out: int) -> float:
    """What a call costs in US dollars; `tokens_cached` are a part of `tokens_in`."""
    cached_price = entry.price_in if entry.price_cached_in is None else entry.price_cached_in
    fresh = (tokens_in - tokens_cached) * entry.price_in
    return (fresh + tokens_cached * cached_price + tokens_out * entry.price_out) / MILLION


@dataclass(frozen=True, slots=True)
class Reservation:
    """What a call in flight may cost."""

    cost_usd: float
    tokens: int


class Purse:
    """The budget of a dataset, over all its runs: spent, reserved for calls in flight, and left."""

    def __init__(self, budget: Budget, spent: Usage) -> None:
        self._max_cost, self._max_tokens = budget.max_cost_usd, budget.max_tokens
        self._cost, self._tokens = spent.cost_usd, spent.tokens_in + spent.tokens_out
        self._held, self._freed = 0, asyncio.Event()

    @property
    def is_limited(self) -> bool:
        """Whether there is a budget at all."""
        return self._max_cost is not None or self._max_tokens is not None

    @property
    def is_held(self) -> bool:
        """Whether something is set aside for calls in flight, of which a part may come back."""
        return self._held > 0

    async def freed(self) -> None:
        """Wait until a call in flight has ended."""
        await self._freed.wait()

    def reserve(self, cost_usd: float, tokens: int) -> Reservation:
        """Set aside what a call may take. Raises BudgetReached where that is not left."""
        if self._max_cost is not None and self._cost + cost_usd > self._max_cost + 1e-12:
            raise BudgetReached(
                f"the budget of {self._max_cost:g} USD is used up: {self._cost:.4f} spent or in flight, "
                f"the next call may cost {cost_usd:.4f}"
            )
        if self._max_tokens is not None and self._tokens + tokens > self._max_tokens:
            raise BudgetReached(
                f"the budget of {self._max_tokens:,} tokens is used up: {self._tokens:,} spent or in flight, "
                f"the next call may take {tokens:,}"
            )
        self._cost += cost_usd
        self._tokens += tokens
        self._held += 1
        return Reservation(cost_usd, tokens)

    def settle(self, reserved: Reservation, cost_usd: float = 0.0, tokens: int = 0) -> None:
        """A call has ended: what it took stands in place of what was set aside."""
        self._cost += cost_usd - reserved.cost_usd
        self._tokens += tokens - reserved.tokens
        self._held -= 1
        self._freed.set()
        self._freed = asyncio.Event()

"""One question, one structured answer: what roles need that are no workers."""

from __future__ import annotations

from typing import Any, Protocol

from ..records import Json


class Complete(Protocol):
    """Asks a model once."""

    async def __call__(self, system: str, user: str, schema: dict[str, Any], *, role: str) -> Json:
        """The answer, as the schema asks; not validated. Raises EndpointError, BudgetReached or Stopped."""
        ...

"""What cascades saved: the calls of the cheaper models, had the last one made them."""

from __future__ import annotations

from collections.abc import Iterable

from ..endpoints.budget import cost_of
from ..records import Stratum
from ..state.paid import UsageRow
from .preparing import Models


def cascade_savings(rows: Iterable[UsageRow], models: Models | None) -> float | None:
    """US dollars saved by cascades; None where no cascade made a call.

    Each call of an earlier model of a cascade is priced as its last model would charge the same tokens. What the last
    one might have needed fewer or more calls for is not known.
    """
    saved: float | None = None
    for row in rows:
        if models is None or row.category is None:
            continue
        last = models.router.strongest(Stratum(0, row.category, row.tier, 0))
        if last is None:
            continue
        usage = row.usage
        price = cost_of(models.endpoints[last].entry, usage.tokens_in, usage.tokens_cached, usage.tokens_out)
        saved = (saved or 0.0) + (price - usage.cost_usd if row.model != last else 0.0)
    return saved

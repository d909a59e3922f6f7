"""Which model writes which batch."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..plan import Plan, Route
from ..records import Json, Stratum
from ..tools.draws import key_of, uniform


class Router:
    """The plan's routes: the first that fits a stratum decides; where none does, the default model.

    A route names one model, or a committee by weight, or a cascade: the first model, and for what its batches failed to
    bring the next, and so on.
    """

    def __init__(self, plan: Plan, default: str, *, only: bool) -> None:
        """`only` sets all routes aside: the command line names one model."""
        self._default = default
        self._routes = [] if only else plan.routes
        self._key = key_of(plan.seed, "routes")
        self._keywords = {
            category.name: keywords_of(plan.schema_of(category)) if any(r.keyword for r in self._routes) else set()
            for category in plan.categories
        }

    @property
    def names(self) -> list[str]:
        """Every model that may be chosen."""
        routed = [name for route in self._routes for name in route.names]
        is_all_routed = any((r.category, r.tier, r.keyword) == (None, None, None) for r in self._routes)
        return list(dict.fromkeys(routed if is_all_routed else [self._default, *routed]))

    def choose(self, stratum: Stratum, attempt: int, number: int) -> str:
        """The model for a batch, by its stratum, attempt and number."""
        route = next((route for route in self._routes if self._fits(route, stratum)), None)
        if route is None:
            return self._default
        if route.cascade:
            return route.cascade[min(attempt, len(route.cascade)) - 1]
        if route.weights:
            return self._of_committee(route.weights, number)
        return str(route.model)

    def strongest(self, stratum: Stratum) -> str | None:
        """The last model of the cascade that serves a stratum; None where none does."""
        route = next((route for route in self._routes if self._fits(route, stratum)), None)
        return route.cascade[-1] if route is not None and route.cascade else None

    def _fits(self, route: Route, stratum: Stratum) -> bool:
        return (
            route.category in (None, stratum.category)
            and route.tier in (None, stratum.tier)
            and (route.keyword is None or route.keyword in self._keywords[stratum.category])
        )

    def _of_committee(self, weights: dict[str, float], number: int) -> str:
        drawn = float(uniform(self._key, [number])[0]) * sum(weights.values())
        reached = np.cumsum(list(weights.values()))
        place = int(np.searchsorted(reached, drawn, side="right"))
        return list(weights)[min(place, len(weights) - 1)]


def keywords_of(schema: Any) -> set[str]:
    """Every key that occurs in a JSON Schema, as a keyword or a name."""
    found: set[str] = set()
    stack: list[Json] = [schema]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            found |= node.keys()
            stack += node.values()
        elif isinstance(node, list):
            stack += node
    return found

"""Arrays with an item too few, too many, or twice."""

from __future__ import annotations

from collections.abc import Iterator

from ....records import Json
from ..forms import whole
from ..walking import item_place
from .spots import Offered, Spot, breaking

MAX_ITEMS = 2_000
"""Arrays are not given more items than this."""


def too_few(spot: Spot) -> Iterator[Json]:
    """For `minItems`: the first items, one too few."""
    most = whole(spot.argument) - 1
    if most >= 0:
        yield spot.value[:most]
        yield spot.value[-most:] if most else []


def too_many(spot: Spot) -> Iterator[Json]:
    """For `maxItems`: one too many, by items again, or by new ones where each must differ."""
    value, length = spot.value, int(spot.argument) + 1
    if length > MAX_ITEMS:
        return
    lacking = length - len(value)
    if value:
        yield [*value, *(value[at % len(value)] for at in range(lacking))]
    place = item_place(spot.means.document, spot.place, length - 1)
    if place is not None and isinstance(place.schema, dict):
        new = [item for item in spot.fresh(place, count=2 * lacking + 4) if item not in value]
        yield [*value, *new[:lacking]]
    else:
        yield [*value, *range(lacking)]


def one_twice(spot: Spot) -> Iterator[Json]:
    """For `uniqueItems`: an item again at the end, or in place of another."""
    value = spot.value
    if value:
        yield [*value, spot.turns.one_of(value)]
    for at in range(1, min(len(value), 4)):
        yield [*value[:at], value[0], *value[at + 1 :]]
    if not value:
        place = item_place(spot.means.document, spot.place, 0)
        items = spot.fresh(place, count=1) if place is not None and isinstance(place.schema, dict) else ["none"]
        yield from ([item, item] for item in items)


def one_beyond(spot: Spot) -> Iterator[Json]:
    """For `items`, `additionalItems` and `unevaluatedItems` that allow no more: one item more."""
    value, listed = spot.value, spot.place.schema.get("prefixItems" if spot.keyword != "additionalItems" else "items")
    first = len(listed) if isinstance(listed, list) else 0
    document = spot.means.document
    filled = list(value)
    for at in range(len(value), first):  # a tuple may end early: the item too many comes after all of it
        place = item_place(document, spot.place, at)
        made = spot.fresh(place, count=1) if place is not None and isinstance(place.schema, dict) else ["none"]
        filled += made
    if len(filled) >= first:
        items = [value[-1]] if value else []
        yield from ([*filled, item] for item in (*items, "none", 7, None, True))


def uncontained(spot: Spot, offered: Offered) -> Iterator[Json]:
    """For `contains` and `minContains`: fewer of the items that are looked for, changed or left out."""
    if "contains" not in spot.place.schema:
        return  # a bound on nothing
    place = spot.means.document.child(spot.place, "contains")
    holding = [at for at, item in enumerate(spot.value) if spot.means.walker.holds(place, item)]
    keep = max(whole(spot.place.schema.get("minContains", 1)) - 1, 0)
    if spot.keyword == "contains" and spot.place.schema.get("minContains", 1) != 1:
        return
    changes = {at: next(breaking(spot, place, spot.value[at], offered), None) for at in holding[keep:]}
    if None not in changes.values():
        yield [changes.get(at, item) for at, item in enumerate(spot.value)]
    yield [item for at, item in enumerate(spot.value) if at not in holding[keep:]]


def contained_too_often(spot: Spot) -> Iterator[Json]:
    """For `maxContains`: items that are looked for, one too many."""
    if "contains" not in spot.place.schema:
        return  # a bound on nothing
    if "contains" not in spot.place.schema:
        return
    place = spot.means.document.child(spot.place, "contains")
    holding = [item for item in spot.value if spot.means.walker.holds(place, item)]
    lacking = int(spot.argument) + 1 - len(holding)
    if not 0 < lacking <= MAX_ITEMS:
        return
    item = item_place(spot.means.document, spot.place, len(spot.value))
    places = [place] if item is None or not isinstance(item.schema, dict) else [place, item]
    for items in ([holding[0]] * lacking if holding else [], spot.fresh(*places, count=lacking)):
        if len(items) == lacking:
            yield [*spot.value, *items]

"""Columns of arrays: lengths first, then all items of all rows as one flat column."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import orjson
import pyarrow as pa

from ...records import Int64Array, Json
from .forms import Dead
from .nodes import Measure, Node
from .rows import Edge, Rows, step_of

_MORE = 3
_NARROW = 12
_MOST_AT_EDGE, _MOST_PLAIN = 20, 200
"""The most items of an array at its upper edge, and of one whose items hold no others and have a bound."""

_LENGTH, _PLACE, _SPARE = step_of("length"), step_of("place"), step_of("spare")


@dataclass(slots=True)
class ArrayNode:
    """Arrays of `fewest` to `most` items: the first ones each by their own node, the others all by `item`.

    `item` is None where there are no others; `is_plain` where its values hold no others.
    """

    first: Sequence[Node]
    item: Node | None
    fewest: int
    most: int
    is_unique: bool
    is_plain: bool

    def measure(self) -> Measure:
        """What the fewest items need."""
        needed = [node.measure() for node in self.first[: self.fewest]]
        others = max(0, self.fewest - len(self.first))
        if others and self.item is not None:
            one = self.item.measure()
            needed.append(Measure(one.height, one.size * others))
        height = max((one.height for one in needed), default=-1)
        return Measure(height + 1, 1 + sum(one.size for one in needed))

    def draw(self, rows: Rows) -> list[Json]:
        """One list for each row."""
        lengths = self._lengths(rows)
        columns = self._columns(rows, lengths)
        heads = list(map(list, zip(*columns, strict=True))) if columns else [[] for _ in range(len(rows))]
        heads = [head[:length] for head, length in zip(heads, lengths.tolist(), strict=True)] if columns else heads
        others = np.maximum(lengths - len(self.first), 0)
        if self.item is not None and others.any():
            drawn = others + (others > 0) if self.is_unique else others
            tails = self._items(rows, self.item, drawn)
            tails = tails if self.is_unique else _varied(tails, max(0, self.fewest - len(self.first)))
            heads = [head + tail for head, tail in zip(heads, tails, strict=True)]
        return self._distinct(rows, heads, lengths) if self.is_unique else heads

    def _items(self, rows: Rows, item: Node, counts: Int64Array) -> list[list[Json]]:
        """As many items for each row as the counts say."""
        room = rows.room / max(1, self._longest(rows))  # not of these lengths: rows know nothing of each other
        flat, ends = item.draw(rows.spread(counts, room)), np.cumsum(counts).tolist()
        return [flat[end - count : end] for end, count in zip(ends, counts.tolist(), strict=True)]

    def _distinct(self, rows: Rows, values: list[list[Json]], lengths: Int64Array) -> list[list[Json]]:
        """The items that differ; more are drawn once where they are fewer than there must be."""
        kept = [_distinct(items, length) for items, length in zip(values, lengths.tolist(), strict=True)]
        short = [row for row, items in enumerate(kept) if len(items) < self.fewest]
        if short and self.item is not None:
            counts = np.full(len(short), 3 * self.fewest + 8)
            more = self._items(rows.take(np.array(short)).beside(_SPARE), self.item, counts)
            for row, items in zip(short, more, strict=True):
                kept[row] = _distinct(kept[row] + items, self.fewest)
        return kept

    def _columns(self, rows: Rows, lengths: Int64Array) -> list[list[Json]]:
        longest = min(len(self.first), int(lengths.max(initial=0)))
        room = rows.room / max(1, len(self.first))
        columns = []
        for at in range(longest):
            index = np.flatnonzero(lengths > at)
            drawn = iter(self.first[at].draw(rows.take(index).into(step_of(_PLACE, at), room)))
            columns.append([next(drawn) if length > at else None for length in lengths.tolist()])
        return columns

    def _lengths(self, rows: Rows) -> Int64Array:
        most = self._longest(rows)
        if rows.edge is not None:
            return np.full(len(rows), self.fewest if rows.edge is Edge.LOWEST else most, dtype=np.int64)
        usual = min(max(self.fewest, 1), most) if rows.depth > 0 else self.fewest
        lengths = usual + rows.beside(_LENGTH).below(most - usual + 1)
        is_open = most == 0 < self.most and not self.first
        if is_open and self.item is not None and self.item.measure().height < rows.depth:
            share = rows.room / self.item.measure().size  # of one item: some arrays hold it, so none is always empty
            return (rows.beside(_LENGTH).uniform() < share).astype(np.int64)
        return lengths

    def _longest(self, rows: Rows) -> int:
        """The most items that room and depth allow."""
        is_full = rows.edge is Edge.HIGHEST and self.is_plain
        wanted = (_MOST_PLAIN if is_full else _MOST_AT_EDGE) if rows.edge is Edge.HIGHEST else self._usual()
        most = min(self.most, max(self.fewest + wanted, len(self.first)))
        for at, node in enumerate(self.first[self.fewest :], self.fewest):
            if node.measure().height >= rows.depth:
                return at
        if self.item is not None and most > self.fewest:
            one = self.item.measure()
            if one.height >= rows.depth:
                return max(self.fewest, min(most, len(self.first)))
            if not is_full or self.most > _MOST_PLAIN:
                most = max(self.fewest, min(most, int(rows.room / one.size)))
        return most

    def _usual(self) -> int:
        """How many items more than the fewest there may be: all that a narrow bound allows, else a handful."""
        if self.most - self.fewest <= (_NARROW if self.is_plain else _NARROW // 2):
            return self.most - self.fewest
        return _MORE + max(0, min(2, 4 - self.fewest))

    def arrow(self) -> pa.DataType | None:
        """A list of the items' type."""
        one = None if self.first or self.item is None else self.item.arrow()
        return None if one is None else pa.list_(one)

    def reason(self) -> Dead | Node | None:
        """The item that can't be drawn."""
        nodes = [*self.first[: self.fewest], *([self.item] if self.item is not None else [])]
        return next((node for node in nodes if node.measure().height == float("inf")), None)


def _varied(lists: list[list[Json]], fewest: int) -> list[list[Json]]:
    """Lists of texts without the repeated ones, as far as there are `fewest` left: tags and names seldom repeat."""
    if not any(items and isinstance(items[0], str) for items in lists):
        return lists
    kept = (list(dict.fromkeys(items)) if all(map(_is_text, items)) else items for items in lists)
    return [few if len(few) >= fewest else items for few, items in zip(kept, lists, strict=True)]


def _is_text(value: Json) -> bool:
    return isinstance(value, str)


def _identity(value: Json) -> object:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, str | int) and not isinstance(value, bool):
        return value
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # an integer of more than 64 bits
        return json.dumps(value, sort_keys=True)


def _distinct(values: list[Json], most: int) -> list[Json]:
    """The first `most` values that differ."""
    kept: dict[object, Json] = {}
    for value in values:
        if len(kept) == most:
            break
        kept.setdefault(_identity(value), value)
    return list(kept.values())

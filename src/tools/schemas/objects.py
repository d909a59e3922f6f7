"""Columns of objects: which properties are present, then one column for each property, zipped together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from ...records import BoolArray, Json
from .forms import Dead
from .nodes import Measure, Node
from .relations import ABSENT, Relation
from .rows import Edge, Rows, step_of

_PRESENT = step_of("present")
_SHARE = 0.8
_FEW = 3
"""How many properties that hold others a narrow row has, about."""

_MOST_COLUMNS = 100


@dataclass(slots=True)
class Property:
    """One property: its name, the node of its values, and whether every record has it.

    `is_plain` where its values hold no others: they need no room of their own.
    """

    name: str
    node: Node
    is_required: bool
    is_plain: bool = False
    step: int = field(init=False)

    def __post_init__(self) -> None:
        self.step = step_of("property", self.name)

    @property
    def can_be(self) -> bool:
        """Whether there is any value for it."""
        return self.node.measure().height < float("inf")


class _Counts(NamedTuple):
    """How many properties there are."""

    required: int
    optional: int

    @classmethod
    def of(cls, properties: Sequence[Property], *, is_plain: bool) -> _Counts:
        found = [one.is_required for one in properties if one.is_plain == is_plain]
        return cls(sum(found), len(found) - sum(found))


class _Shares(NamedTuple):
    """The chance of an optional property to be there, plain or holding others; and the room of one that does."""

    plain: float
    others: float
    room: float

    def room_for(self, one: Property) -> float:
        """The leaves that a property may hold."""
        return 1.0 if one.is_plain else self.room


class ObjectNode:
    """Objects of known properties; `least` to `most` of them are present."""

    def __init__(
        self,
        properties: Sequence[Property],
        *,
        least: int = 0,
        most: int | None = None,
        needs: dict[str, dict[str, None]] | None = None,
        is_closed: bool = False,
        relations: Sequence[Relation] = (),
    ) -> None:
        self._properties = list(properties)
        self._required = [one for one in self._properties if one.is_required]
        self._optional = [one for one in self._properties if not one.is_required]
        self._least, self._needs, self._is_closed = least, needs or {}, is_closed
        self._most = len(self._properties) if most is None else most
        self._relations = list(relations)
        self._display = _display_of([one.name for one in self._required])
        self._plain = _Counts.of(self._properties, is_plain=True)
        self._others = _Counts.of(self._properties, is_plain=False)

    def measure(self) -> Measure:
        """What the required properties need, and the smallest others where their number has a lower bound."""
        needed = [one.node.measure() for one in self._required]
        lacking = self._least - len(self._required)
        if lacking > 0:
            needed += sorted(one.node.measure() for one in self._optional)[:lacking]
        height = max((one.height for one in needed), default=-1)
        return Measure(height + 1, 1 + sum(one.size for one in needed))

    def draw(self, rows: Rows) -> list[Json]:
        """One dict for each row, its properties in the order of the schema."""
        if not self._properties:
            return [{} for _ in range(len(rows))]
        shares = self._shares(rows)
        if not self._optional:
            columns = [one.node.draw(rows.into(one.step, shares.room_for(one))) for one in self._properties]
            self._relate(rows, [one.name for one in self._properties], columns)
            return self._display(columns)
        present = self._presence(rows, shares)
        columns, names = [], list[str]()
        for one in self._properties:
            mask = present.get(one.name)
            if mask is None and not one.is_required:
                continue  # in no row
            inside = rows.into(one.step, shares.room_for(one))
            columns.append(one.node.draw(inside) if mask is None else _sparse(one, inside, mask))
            names.append(one.name)
        if not names:
            return [{} for _ in range(len(rows))]
        self._relate(rows, names, columns)
        return [
            {name: value for name, value in zip(names, row, strict=True) if value is not ABSENT}
            for row in zip(*columns, strict=True)
        ]

    def _relate(self, rows: Rows, names: list[str], columns: list[list[Json]]) -> None:
        """Puts the values in place that follow from others."""
        if self._relations:
            present = dict(zip(names, columns, strict=True))
            by_name = {one.name: present.get(one.name) or [ABSENT] * len(rows) for one in self._properties}
            for relation in self._relations:
                relation.apply(rows, by_name)

    def _presence(self, rows: Rows, shares: _Shares) -> dict[str, BoolArray]:
        """Which rows have each of the optional properties that any row has."""
        chance = rows.beside(_PRESENT).matrix(len(self._optional), 1 << 20) / (1 << 20)
        if rows.edge is Edge.LOWEST or rows.mode.is_least:
            present = np.zeros(chance.shape, dtype=np.bool_)
        elif rows.edge and (rows.is_outermost or rows.room >= len(self._properties)):
            present = np.ones(chance.shape, dtype=np.bool_)
        else:
            present = chance < np.array([shares.plain if one.is_plain else shares.others for one in self._optional])
        for at in np.flatnonzero(present.any(axis=0)).tolist():  # the others need not be built to be left out
            one = self._optional[at]
            needed, room = one.node.measure(), max(shares.room_for(one), 1.0)
            if needed.height >= rows.depth:
                present[:, at] = False
            elif needed.size > room:  # for some of them, so that none is never there
                present[:, at] &= rows.beside(one.step).uniform() < room / needed.size
        self._bound(present, chance)
        self._complete(present)
        return {self._optional[at].name: present[:, at] for at in np.flatnonzero(present.any(axis=0)).tolist()}

    def _shares(self, rows: Rows) -> _Shares:
        """How often optional properties are present, and the room of those that hold others.

        Less often where room runs out; and where rows are narrow, fewer of those that hold others, with more room each.
        """
        rest = max(0.0, rows.room - 1 - len(self._required))
        plain = others = _SHARE
        if not rows.is_outermost and self._optional:
            plain = others = min(_SHARE, rest / len(self._optional))
        if rows.mode.is_narrow and self._others.optional > _FEW:
            others = min(others, _FEW / self._others.optional)
        rest = max(0.0, rows.room - 1 - self._plain.required - plain * self._plain.optional)
        return _Shares(plain, others, rest / max(1.0, self._others.required + others * self._others.optional))

    def _bound(self, present: BoolArray, chance: np.ndarray) -> None:
        """Adds and takes away properties until each row has as many as it must and may."""
        counts = present.sum(axis=1) + len(self._required)
        unbounded = np.flatnonzero((counts < self._least) | (counts > self._most)).tolist()
        sizes = [one.node.measure().height for one in self._optional] if unbounded else []
        is_possible = [size != float("inf") for size in sizes]
        for row in unbounded:
            order = np.lexsort((chance[row], sizes)) if counts[row] < self._least else np.argsort(-chance[row])
            for at in order.tolist():
                if counts[row] < self._least and not present[row, at] and is_possible[at]:
                    present[row, at] = True
                    counts[row] += 1
                elif counts[row] > self._most and present[row, at]:
                    present[row, at] = False
                    counts[row] -= 1

    def _complete(self, present: BoolArray) -> None:
        """Adds all that a property which is present needs beside it; takes it away where that can't be."""
        if not self._needs:
            return
        place = {one.name: at for at, one in enumerate(self._optional)}
        given = {one.name for one in self._required}
        for name, needed in self._needs.items():
            if name not in place or not present[:, place[name]].any():
                continue
            lacking = [other for other in needed if other not in given]
            if all(other in place and self._optional[place[other]].can_be for other in lacking):
                for other in lacking:
                    present[:, place[other]] |= present[:, place[name]]
            else:
                present[:, place[name]] = False

    def arrow(self) -> pa.DataType | None:
        """A struct, where the object is closed and every property required and of one type."""
        if not self._is_closed or self._optional or not self._properties:
            return None
        types = [(one.name, one.node.arrow()) for one in self._properties]
        return None if any(kind is None for _, kind in types) else pa.struct(types)

    def reason(self) -> Dead | Node | None:
        """The property that can't be drawn."""
        nodes = [one.node for one in [*self._required, *self._optional]]
        return next((node for node in nodes if node.measure().height == float("inf")), None)


def _sparse(one: Property, inside: Rows, mask: BoolArray) -> list[Json]:
    """A column with values in some rows only."""
    values = iter(one.node.draw(inside.take(mask)))
    return [next(values) if is_here else ABSENT for is_here in mask.tolist()]


def _display_of(names: list[str]) -> Callable[[Iterable[list[Json]]], list[Json]]:
    """A function from columns to dicts of these names.

    A dict display with its names written out takes half the time of `dict(zip(...))`; the names are written by `repr`,
    so nothing of the schema is run.
    """
    if not 0 < len(names) <= _MOST_COLUMNS:
        return lambda columns: [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
    values = [f"v{at}" for at in range(len(names))]
    pairs = ", ".join(f"{name!r}: {value}" for name, value in zip(names, values, strict=True))
    code = f"lambda columns: [{{{pairs}}} for {', '.join(values)}, in zip(*columns)]"
    return eval(code, {"__builtins__": {"zip": zip}})  # type: ignore[no-any-return]

"""Which rows are being drawn, and with which random numbers.

A value depends on the path that leads to it and on the counter of its row, never on what else is drawn in the same
call: nodes hold no keys of their own, the key travels down with the rows and takes up each step of the path.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import xxhash

from ...records import BoolArray, FloatArray, Int64Array, UInt64Array
from .. import draws

_MASK = (1 << 64) - 1
_SPREAD = 0xD1B54A32D192ED03
AGAIN = 0x8CB92BA72F3D8DD7


class Edge(enum.Enum):
    """Which boundary the rows of a draw lie at."""

    LOWEST = enum.auto()
    HIGHEST = enum.auto()


def step_of(*parts: object) -> int:
    """The step that a path takes: the name of a property, the place of a branch."""
    return xxhash.xxh3_64_intdigest("\x1f".join(map(str, parts)).encode("utf-8", "surrogatepass"))


def _mixed(key: int, step: int) -> int:
    x = ((key ^ step) * _SPREAD) & _MASK
    return ((x ^ (x >> 29)) * _SPREAD) & _MASK


@dataclass(frozen=True, slots=True)
class Mode:
    """How rows are drawn.

    edge: the boundary they lie at, if any. is_narrow: whether few properties that hold others have the room of all.
    is_trial: whether the values only show what can be drawn; is_least: whether nothing optional is in them. tries: how
    often what is refused may be drawn again.
    """

    edge: Edge | None = None
    is_narrow: bool = False
    is_trial: bool = False
    is_least: bool = False
    tries: int = 4


_USUAL = Mode()


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows to draw a column for.

    key: of the path so far. counters: uint64, one a row. depth: how many levels of optional values may still come.
    room: about how many leaves each row may still hold. owner: the key of the object around the values, which fields
    that belong together share.
    """

    key: int
    counters: UInt64Array
    depth: int
    room: float
    mode: Mode = _USUAL
    owner: int = 0

    @property
    def edge(self) -> Edge | None:
        """The boundary the rows lie at, if any."""
        return self.mode.edge

    def __len__(self) -> int:
        return len(self.counters)

    @property
    def is_outermost(self) -> bool:
        """Whether these are whole records, not values inside one."""
        return self.owner == 0

    def into(self, step: int, room: float) -> Rows:
        """The same rows one level deeper; this level becomes the owner."""
        return Rows(_mixed(self.key, step), self.counters, self.depth - 1, room, self.mode, self.key)

    def beside(self, step: int) -> Rows:
        """The same rows at the same level, with other random numbers."""
        return Rows(_mixed(self.key, step), self.counters, self.depth, self.room, self.mode, self.owner)

    def again(self, attempt: int) -> Rows:
        """The same rows, to be drawn once more; what is refused inside them is hardly tried again then."""
        mode = replace(self.mode, tries=max(0, min(1, self.mode.tries - 1)))
        return Rows(_mixed(self.key, AGAIN + attempt), self.counters, self.depth, self.room, mode, self.owner)

    def shared(self, step: int) -> Rows:
        """The same rows with the numbers that all fields of the owner have in common."""
        return Rows(_mixed(self.owner, step), self.counters, self.depth, self.room, self.mode, self.owner)

    def take(self, index: npt.NDArray[np.intp] | BoolArray) -> Rows:
        """Some of the rows."""
        return Rows(self.key, self.counters[index], self.depth, self.room, self.mode, self.owner)

    def spread(self, lengths: Int64Array, room: float) -> Rows:
        """As many rows as the lengths say, in place of each: the items of arrays, one after the other."""
        starts = np.repeat(np.cumsum(lengths) - lengths, lengths)
        places = (np.arange(len(starts)) - starts).astype(np.uint64)
        counters = np.repeat(self.bits(0x17E5), lengths) + places
        key = _mixed(self.key, 0x17E5)
        return Rows(key, counters, self.depth - 1, room, self.mode, self.key)

    def bits(self, stream: int = 0) -> UInt64Array:
        """64 random bits a row."""
        return draws.bits(np.uint64((self.key + stream * AGAIN) & _MASK), self.counters)

    def below(self, limit: int, stream: int = 0) -> Int64Array:
        """An integer in [0, limit) a row."""
        return draws.integers(np.uint64((self.key + stream * AGAIN) & _MASK), self.counters, limit)

    def in_turn(self, limit: int, stream: int = 0) -> Int64Array:
        """An integer in [0, limit) a row, each of them once in every block of `limit` counters."""
        return draws.in_turn(np.uint64((self.key + stream * AGAIN) & _MASK), self.counters, limit)

    def stratified(self, parts: int) -> FloatArray:
        """A float in [0, 1) a row, one in each of so many equal parts in every block of as many counters."""
        return (self.in_turn(parts) + self.uniform(1)) / parts

    def matrix(self, width: int, limit: int) -> Int64Array:
        """Integers in [0, limit), `width` of them a row; `limit` is at most 2**32."""
        steps = np.arange(width, dtype=np.uint64) * np.uint64(_SPREAD)
        drawn = draws.mix(self.bits()[:, None] + steps) >> np.uint64(32)
        return ((drawn * np.uint64(limit)) >> np.uint64(32)).astype(np.int64)

    def uniform(self, stream: int = 0) -> FloatArray:
        """A float in [0, 1) a row."""
        return draws.uniform(np.uint64((self.key + stream * AGAIN) & _MASK), self.counters)


def trial_rows(count: int, depth: int, room: float, *, is_least: bool) -> Rows:
    """Rows that are the same for every path and every record."""
    mode = Mode(is_trial=True, is_least=is_least, tries=0 if is_least else 2)
    return Rows(step_of("trial"), np.arange(count, dtype=np.uint64), depth, room, mode, step_of("owner"))


def scatter(count: int, parts: list[tuple[npt.NDArray[np.intp], list[object]]]) -> list[object]:
    """One column out of several, each with the rows it goes to."""
    column: list[object] = [None] * count
    for index, values in parts:
        for row, value in zip(index.tolist(), values, strict=True):
            column[row] = value
    return column

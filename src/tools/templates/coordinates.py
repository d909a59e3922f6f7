"""From the number of a record within its template to one coordinate for each of the template's axes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ...records import Int64Array
from .. import draws
from .permutation import Permutation

REACH = 1 << 62
"""Ordinals are below this, however many tuples there are."""


@dataclass(frozen=True, slots=True)
class Product:
    """The product of axes of these sizes (each from 1 to 2**62), in a seeded order without repetition."""

    key: np.uint64
    sizes: tuple[int, ...]
    reach: int = REACH

    @property
    def capacity(self) -> int:
        """How many tuples there are; may exceed 2**64."""
        return math.prod(self.sizes)

    def coordinates(self, ordinals: Int64Array) -> list[Int64Array]:
        """One column an axis; different ordinals in [0, min(capacity, reach)) give different tuples.

        The permuted ordinal is read in mixed radix. Where the product is larger than `reach`, the digits run out: the
        axis at which they do is turned by a draw that the axes before it decide, so that all of its values occur, and
        the axes after it are drawn.
        """
        left = min(self.capacity, self.reach)
        rest = Permutation(self.key, left)(ordinals)
        before = np.zeros_like(rest)
        columns = []
        for axis, size in enumerate(self.sizes):
            key = draws.key_of(self.key, "axis", axis)
            if left == 1:
                column = draws.integers(key, ordinals, size)
            elif size <= left:
                rest, column = np.divmod(rest, size)
                before = before * size + column
                left = -(-left // size)
            else:
                column = (rest + draws.integers(key, before, size)) % size
                left = 1
            columns.append(column)
        return columns

"""A seeded shuffle of [0, size) that needs no list: where each number goes is computed."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ...records import Int64Array
from .. import draws

_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Permutation:
    """A bijection of [0, size) onto itself that looks random; `size` is from 1 to 2**62.

    A Feistel network over pairs (left, right) with left < a and right < b, where a and b are near the square root of
    `size`: the method of Black and Rogaway ("Ciphers with arbitrary finite domains", 2002), with cycle walking for the
    few pairs at or past `size`.
    """

    key: np.uint64
    size: int

    def __call__(self, numbers: Int64Array) -> Int64Array:
        """Where each number in [0, size) goes; same shape."""
        places = self._shuffled(numbers)
        while len(outside := np.flatnonzero(places >= self.size)):
            places[outside] = self._shuffled(places[outside])
        return places

    def _shuffled(self, numbers: Int64Array) -> Int64Array:
        a = math.isqrt(self.size - 1) + 1
        b = -(-self.size // a)
        left = numbers // b
        right = numbers - left * b
        for number in range(0, _ROUNDS, 2):
            left = (left + draws.integers(draws.key_of(self.key, "round", number), right, a)) % a
            right = (right + draws.integers(draws.key_of(self.key, "round", number + 1), left, b)) % b
        return left * b + right

"""Which candidates are twins."""

from __future__ import annotations

import numpy as np

from ....records import BoolArray, Int64Array, UInt64Array
from ...draws import key_of

_BITS = np.uint64(32)
_ONE = 1 << 32


class Spread:
    """Spreads a share of twins evenly over the candidates, by their numbers alone.

    With steps of `share` from an offset of its own, a number is a twin's where the sum reaches a whole number: any run
    of numbers has its share of twins to within one. The sums are integers in units of 2**-32, so they are exact.
    """

    def __init__(self, key: np.uint64, share: float) -> None:
        step = round(share * _ONE)
        self._step, self._offset = np.uint64(step), key_of(key, "twins") >> _BITS
        self._from = np.uint64(_ONE - step)

    def among(self, numbers: Int64Array) -> BoolArray:
        """One bool a number: whether it is a twin's."""
        is_twin: BoolArray = (self._sums(numbers) & np.uint64(_ONE - 1)) >= self._from
        return is_twin

    def ordinals(self, numbers: Int64Array) -> UInt64Array:
        """How many twins come before each number, from one of the first numbers on."""
        return self._sums(numbers) >> _BITS

    def _sums(self, numbers: Int64Array) -> UInt64Array:
        counters: UInt64Array = np.atleast_1d(numbers).astype(np.uint64)
        return counters * self._step + self._offset

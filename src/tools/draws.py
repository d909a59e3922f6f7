"""Random numbers that depend on what they are for, never on the order in which they are drawn.

A draw is a pure function of a key (what for: seed, category, field) and a counter (which row), so any process can
make any row at any time and get the same bytes. The function is SplitMix64's output function (Steele, Lea and Flood,
"Fast splittable pseudorandom number generators", 2014) over key + counter x golden ratio; it runs over whole columns at
once. NumPy's Philox has the same property, but only for runs of consecutive counters: rows of nested arrays and of
optional fields are scattered.
"""

from __future__ import annotations

import functools
import itertools
import math

import numpy as np
import numpy.typing as npt
import xxhash

from ..records import FloatArray, Int64Array, UInt64Array

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_M1, _M2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11, _S32 = (np.uint64(n) for n in (30, 27, 31, 11, 32))


def key_of(*parts: object) -> np.uint64:
    """The key of a purpose: `key_of(seed, "category", name, "field")`."""
    return np.uint64(xxhash.xxh3_64_intdigest("\x1f".join(map(str, parts)).encode("utf-8", "surrogatepass")))


def mix(x: UInt64Array) -> UInt64Array:
    """SplitMix64's output function: a bijection of 64-bit words that looks random."""
    x = (x ^ (x >> _S30)) * _M1
    x = (x ^ (x >> _S27)) * _M2
    return x ^ (x >> _S31)


def bits(key: np.uint64, counters: npt.ArrayLike) -> UInt64Array:
    """64 random bits for each counter."""
    counters = np.asarray(counters).astype(np.uint64, copy=False)
    with np.errstate(over="ignore"):
        return mix(mix(counters * _GOLDEN + key) + key)


def uniform(key: np.uint64, counters: npt.ArrayLike) -> FloatArray:
    """A float64 in [0, 1) for each counter."""
    return (bits(key, counters) >> _S11).astype(np.float64) * 2.0**-53


def integers(key: np.uint64, counters: npt.ArrayLike, below: int) -> Int64Array:
    """An integer in [0, below) for each counter; `below` is at most 2**63.

    The bias is below / 2**64 at the most.
    """
    drawn = bits(key, counters)
    if below <= 1 << 32:
        return (((drawn >> _S32) * np.uint64(below)) >> _S32).astype(np.int64)
    return (drawn % np.uint64(below)).astype(np.int64)


def in_turn(key: np.uint64, counters: npt.ArrayLike, below: int) -> Int64Array:
    """An integer in [0, below) for each counter: each of them once in every block of `below` counters, in some order.

    Block b starts at counter b x below. So a few rows show all there is to choose from. `below` is at most 2**31.
    """
    counters = np.asarray(counters).astype(np.uint64, copy=False)
    if below <= 1:
        return np.zeros(len(counters), dtype=np.int64)
    block, place = np.divmod(counters, np.uint64(below))
    steps = _coprimes(below)
    step = steps.take(integers(key, block, len(steps)))
    return (step * place.astype(np.int64) + integers(~key, block, below)) % below


@functools.lru_cache(maxsize=256)
def _coprimes(number: int) -> Int64Array:
    """Steps that reach every place of a ring, a few hundred at the most."""
    found = (step for step in range(1, number + 1) if math.gcd(step, number) == 1)
    return np.fromiter(itertools.islice(found, 256), dtype=np.int64)

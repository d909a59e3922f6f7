"""Which golden records are for training, and which for testing.

Each stratum has a quota of test records. Records that resemble each other form a group, and a group goes to one side.
Groups are asked in an order drawn at random from what is in them:

1. first each joins the test side that fits into what its strata still want;
2. then each that brings its strata nearer to their quotas, past them by the tolerance at most;
3. a stratum still further below its quota than the tolerance has groups too large for it: their records are asked one
   by one, so that such a group is divided.

The tolerance is a tenth of a stratum's golden records or half its quota, whichever is less. So every stratum ends
within the tolerance of its quota, at the price of dividing about one group in each stratum made of a few large ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from ...plan.quotas import largest_remainder
from ...records import BoolArray, Int64Array, UInt64Array
from ..draws import bits
from .shards import SIDES, Int8Array

_TRAIN, _TEST = range(len(SIDES))


@dataclass(frozen=True, slots=True)
class Sides:
    """The side of each golden record as an index into `SIDES`, int8, and how many groups have records on both."""

    sides: Int8Array
    divided: int


def quotas_of(counts: Int64Array, share: float) -> Int64Array:
    """How many test records each stratum wants, of so many golden ones.

    They sum to the share of all golden records, halves rounded up, and are spread by largest remainder.
    """
    golden = int(counts.sum())
    if not golden:
        return np.zeros(len(counts), np.int64)
    wanted = int(Fraction(str(share)) * golden + Fraction(1, 2))
    return np.array(largest_remainder(wanted, counts.tolist()), np.int64)


def assign(
    strata: npt.NDArray[np.integer], groups: UInt64Array, records: UInt64Array, share: float, key: np.uint64
) -> Sides:
    """Assigns each golden record a side.

    strata: the stratum of each record, from 0. groups: equal where records resemble each other (their structural
    fingerprints); a group may span strata. records: equal where records are the same (their exact fingerprints); the
    same record is of one group. share: the test side's part of all. key: from the plan's seed. The sides depend on
    what the records are, not on their order.
    """
    places = strata.astype(np.int64, copy=False)
    counts = np.bincount(places)
    quotas = quotas_of(counts, share)
    tolerance, exactly = np.minimum(counts // 10, quotas // 2), np.zeros_like(quotas)
    test = np.zeros(len(places), bool)
    # The hash is one to one: its values are equal where the groups are, and sort them at random.
    group = _ranks(bits(key, groups))
    for slack in (exactly, tolerance):
        _ask(~test, test, places, group, quotas, slack)
    is_short = _room(quotas, places, test) > tolerance
    if is_short.any():
        record = _ranks(bits(key, records))
        lone = ~test & np.isin(record, record[~test & is_short[places]])
        _ask(lone, test, places, _ranks(group * len(group) + record), quotas, exactly)
    divided = np.intersect1d(group[test], group[~test])
    return Sides(np.where(test, _TEST, _TRAIN).astype(np.int8), len(divided))


def _ranks(values: npt.NDArray[np.integer]) -> Int64Array:
    """Each value's place among the distinct ones, from 0."""
    ranks: Int64Array = np.unique(values, return_inverse=True)[1].astype(np.int64, copy=False)
    return ranks


def _room(quotas: Int64Array, strata: Int64Array, test: BoolArray) -> Int64Array:
    """How many test records each stratum still wants; below 0 where it has too many."""
    return quotas - np.bincount(strata[test], minlength=len(quotas))


def _ask(
    asked: BoolArray, test: BoolArray, strata: Int64Array, units: Int64Array, quotas: Int64Array, slack: Int64Array
) -> None:
    """Lets those of the asked records join the test side, in `test` itself, whose units fit."""
    rows = np.flatnonzero(asked)
    test[rows] = _fill(strata[rows], units[rows], _room(quotas, strata, test), slack)


def _fill(strata: Int64Array, units: Int64Array, room: Int64Array, slack: Int64Array) -> BoolArray:
    """Which records join the test side, where units (of one side, asked in their order) join while they fit.

    A unit fits if it brings its strata nearer to what they want in all, and none beyond that by more than its slack.
    The answers are those of a loop over the units, but found for many at once: a unit that would fit even if all
    before it had joined joins; one that does not fit even now never will.
    """
    room = room.copy()
    joined: BoolArray = np.zeros(units.max(initial=-1) + 1, bool)
    # Parts: the records of one unit in one stratum, sorted by stratum, then by unit.
    parts, count = np.unique(strata * len(joined) + units, return_counts=True)
    stratum, unit = np.divmod(parts, max(len(joined), 1))
    while len(unit):
        names, unit_rank = np.unique(unit, return_inverse=True)
        left = room[stratum]
        surely = _fits(unit_rank, count, left - _before(stratum, count), slack[stratum])
        maybe = _fits(unit_rank, count, left, slack[stratum])
        joined[names[surely]] = True
        now = surely[unit_rank]
        np.subtract.at(room, stratum[now], count[now])
        rest = (maybe & ~surely)[unit_rank]
        stratum, unit, count = stratum[rest], unit[rest], count[rest]
    return joined[units]


def _before(stratum: Int64Array, count: Int64Array) -> Int64Array:
    """The records in the parts before each, of the same stratum."""
    before = np.cumsum(count) - count
    starts = np.flatnonzero(np.diff(stratum, prepend=-1))
    return before - np.repeat(before[starts], np.diff(starts, append=len(stratum)))


def _fits(unit: Int64Array, count: Int64Array, left: Int64Array, slack: Int64Array) -> BoolArray:
    """For each unit, given what each of its parts finds left."""
    wanted = np.bincount(unit, np.clip(left, 0, count))
    size = np.bincount(unit, count)
    misfits = np.bincount(unit, count > left + slack)
    fits: BoolArray = (2 * wanted > size) & (misfits == 0)
    return fits

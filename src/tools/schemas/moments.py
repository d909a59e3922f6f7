"""Dates and times. Those of one object agree: what starts comes before what ends."""

from __future__ import annotations

import functools

import numpy as np

from .pools import Draw, Maker, Objects, Pool, numbered
from .rows import Rows, step_of

_FIRST, _DAYS = np.datetime64("1945-01-01"), 33_000
_BASE, _SPAN = 27_760, 1_400  # from 2021-01-01
_TIME = step_of("time")
_BIRTH = frozenset("birth birthday birthdate dob born".split())
_EARLY = frozenset("start starts started begin begins began from created creation since opened issued issue ordered "
                   "order registered joined inserted".split())  # fmt: skip
_LATE = frozenset("end ends ended finish finished until to due expires expiry expiration expired deadline updated "
                  "modified modification closed completed delivered last stop stopped through".split())  # fmt: skip


@functools.cache
def _days() -> Pool:
    return Pool(np.datetime_as_string(_FIRST + np.arange(_DAYS)).tolist())


@functools.cache
def _clock() -> tuple[Pool, Pool]:
    minutes = Pool(f"{hour:02d}:{minute:02d}:" for hour in range(24) for minute in range(60))
    return minutes, numbered(0, 59, "{:02d}")


def _day_numbers(rows: Rows, words: frozenset[str]) -> np.ndarray:
    if words & _BIRTH:
        return 2_000 + rows.below(20_000)
    base = _BASE + rows.shared(_TIME).below(_SPAN)
    if words & _LATE:
        return base + 30 + rows.below(90)
    return base if words & _EARLY else base + 1 + rows.below(29)


def _date(rows: Rows, words: frozenset[str]) -> Objects:
    return _days().at(_day_numbers(rows, words))


def _time(rows: Rows) -> Objects:
    minutes, seconds = _clock()
    column: Objects = minutes.pick(rows, 1) + seconds.pick(rows, 2)
    return column


def date(words: frozenset[str]) -> Maker:
    """ISO dates."""
    return Maker(lambda rows: _date(rows, words).tolist(), 10, 10)


def time(words: frozenset[str]) -> Maker:
    """Times of day in UTC, as RFC 3339 has them."""
    return Maker(lambda rows: (_time(rows) + "Z").tolist(), 9, 9)


def date_time(words: frozenset[str]) -> Maker:
    """Moments in UTC, as RFC 3339 has them."""
    return Maker(lambda rows: (_date(rows, words) + "T" + _time(rows) + "Z").tolist(), 20, 20)


def duration(words: frozenset[str]) -> Maker:
    """ISO 8601 durations."""
    pool = Pool(
        [f"P{n}D" for n in range(1, 31)]
        + [f"PT{h}H{m}M" for h in range(1, 24) for m in (5, 10, 15, 30, 45)]
        + [f"P{n}W" for n in range(1, 9)]
        + [f"P{y}Y{m}M" for y in range(1, 4) for m in range(1, 12)]
    )
    return Maker(lambda rows: pool.pick(rows).tolist(), pool.shortest, pool.longest)


def epoch(words: frozenset[str]) -> Draw:
    """Seconds since 1970, as integers."""
    offset = int((_FIRST - np.datetime64("1970-01-01")).astype(int)) * 86_400

    def draw(rows: Rows) -> list[int]:
        return (_day_numbers(rows, words) * 86_400 + offset + rows.below(86_400, 1)).tolist()  # type: ignore[no-any-return]

    return draw  # type: ignore[return-value]

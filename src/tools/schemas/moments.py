"""Dates and times. Those of one object agree: what starts comes before what ends."""

from __future__ import annotations

import datetime
import functools

import numpy as np

from ...records import Int64Array, Json
from .pools import Draw, Maker, Objects, Pool, numbered
from .rows import Rows, step_of

_FIRST, _DAYS = np.datetime64("1945-01-01"), 33_000
_BASE, _SPAN = 27_760, 1_400  # from 2021-01-01
_TIME = step_of("time")
_BIRTH = frozenset("birth birthday birthdate dob born".split())
_FROM = frozenset("start starts started starting begin begins began from checkin".split())
_STAGES = [
    (0, 1, frozenset("created creation since opened issued issue ordered order registered registration joined inserted "
                     "hired hire booked booking placed purchase purchased submitted requested added received "
                     "invoice application applied signup founded enrollment enrolled logged reported "
                     "uploaded planned".split())),
    (1, 3, _FROM | frozenset("departure depart departs pickup approved approval confirmed accepted paid published "
                             "effective activation activated admission admitted".split())),
    (10, 3, frozenset("shipped dispatched sent processed shipping dispatch".split())),
    (13, 8, frozenset("end ends ended ending finish finished finishes until to thru through due closed "
                      "closing closes completed completion delivered delivery arrival arrive arrives arrived discharge "
                      "discharged return returned resolved stop stopped read viewed "
                      "deadline cancelled canceled checkout".split())),
    (21, 20, frozenset("updated update modified modification last changed edited latest accessed".split())),
    (41, 360, frozenset("expires expire expired expiry expiration deleted archived termination terminated "
                        "retired".split())),
]  # fmt: skip
"""What happens to a thing, in order: days after it began, how many of them, and the words that say so."""

_BETWEEN = (4, 6)


@functools.cache
def _days() -> Pool:
    return Pool(np.datetime_as_string(_FIRST + np.arange(_DAYS)).tolist())


@functools.cache
def _clock() -> tuple[Pool, Pool]:
    minutes = Pool(f"{hour:02d}:{minute:02d}:" for hour in range(24) for minute in range(60))
    return minutes, numbered(0, 59, "{:02d}")


@functools.cache
def stage_of(words: frozenset[str]) -> tuple[int, int]:
    """Days after the first, and how many of them, in which what the words say takes place."""
    if words & {"check", "clock", "punch"} and words & {"in", "out"}:
        return _STAGES[1][:2] if "in" in words else _STAGES[3][:2]
    if words & _FROM:
        return _STAGES[1][:2]
    found = [(start, width) for start, width, telling in _STAGES if words & telling]
    return found[-1] if found else _BETWEEN


def day_numbers(rows: Rows, words: frozenset[str]) -> Int64Array:
    """Days since 1945, one a row."""
    if words & _BIRTH:
        return 2_000 + rows.below(20_000)
    base = _BASE + rows.shared(_TIME).below(_SPAN)
    start, width = stage_of(words)
    return base + start + rows.below(width) if width > 1 else base + start


def _date(rows: Rows, words: frozenset[str]) -> Objects:
    return _days().at(day_numbers(rows, words))


def _time(rows: Rows) -> Objects:
    minutes, seconds = _clock()
    column: Objects = minutes.pick(rows, 1) + seconds.pick(rows, 2)
    return column


def _time_of_day(rows: Rows, words: frozenset[str]) -> Objects:
    """Times that agree within one day: mornings to start, what ends half an hour to nine hours later."""
    minutes, seconds = _clock()
    start, _ = stage_of(words | (frozenset({"start"}) if words & {"opening", "opens", "open"} else frozenset()))
    if start == _BETWEEN[0]:
        return _time(rows)
    base = 360 + rows.shared(_TIME).below(480, 1)
    later = base + 30 + rows.below(510) if start > _BETWEEN[0] else base
    column: Objects = minutes.at(later) + seconds.at(rows.below(4, 2) * 15)
    return column


def date(words: frozenset[str]) -> Maker:
    """ISO dates."""
    return Maker(lambda rows: _date(rows, words).tolist(), 10, 10)


def time(words: frozenset[str]) -> Maker:
    """Times of day in UTC, as RFC 3339 has them."""
    return Maker(lambda rows: (_time_of_day(rows, words) + "Z").tolist(), 9, 9)


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


def written(form: str, words: frozenset[str]) -> Maker:
    """Moments in a form of `strftime`: those of the fields beside it, written otherwise."""
    length = len(datetime.datetime(2021, 10, 10, 10, 10, 10, tzinfo=datetime.UTC).strftime(form))

    def draw(rows: Rows) -> list[str]:
        seconds = _seconds(rows, words).astype("datetime64[s]")
        return [moment.strftime(form) for moment in seconds.tolist()]

    return Maker(draw, length - 6, length + 6)


def _seconds(rows: Rows, words: frozenset[str]) -> Int64Array:
    """Seconds since 1970, one a row."""
    offset = int((_FIRST - np.datetime64("1970-01-01")).astype(int)) * 86_400
    return day_numbers(rows, words) * 86_400 + offset + rows.below(86_400, 1)


def epoch(words: frozenset[str], per_second: int = 1) -> Draw:
    """Seconds since 1970, or parts of them, as integers."""

    def draw(rows: Rows) -> list[Json]:
        return (_seconds(rows, words) * per_second).tolist()  # type: ignore[no-any-return]

    return draw


def epoch_text(words: frozenset[str], per_second: int = 1) -> Maker:
    """Seconds since 1970, or parts of them, as texts."""
    length = 10 if per_second == 1 else 13

    def draw(rows: Rows) -> list[str]:
        return (_seconds(rows, words) * per_second).astype(str).tolist()  # type: ignore[no-any-return]

    return Maker(draw, length, length)

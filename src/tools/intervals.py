"""What a small sample says of the whole, as intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

_MANY = 300
"""Degrees of freedom from which Student's t is as good as normal."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Both ends included."""

    low: float
    high: float


def wilson(successes: float, trials: float, level: float = 0.95, *, dispersion: float = 1.0) -> Interval:
    """The score interval of a share (Wilson, 1927); all of [0, 1] where nothing was tried.

    `dispersion` is how many times the variance of independent trials theirs has: so many of them count as one.
    """
    trials, successes = trials / dispersion, successes / dispersion
    if trials <= 0:
        return Interval(0.0, 1.0)
    z = _normal_quantile(level)
    share, bonus = successes / trials, z * z / trials
    centre = share + bonus / 2
    reach = z * math.sqrt(share * (1 - share) / trials + bonus / (4 * trials))
    low, high = (centre - reach) / (1 + bonus), (centre + reach) / (1 + bonus)
    return Interval(min(max(0.0, low), share), max(min(1.0, high), share))


def dispersion(parts: Sequence[tuple[int, int]]) -> float:
    """How much more groups of trials differ than independent trials would: Pearson's chi-squared a degree of freedom.

    `parts` are (successes, trials) by group. At least 1; 1 where there is one group, or all or nothing succeeded.
    """
    groups = [(s, n) for s, n in parts if n]
    trials = sum(n for _, n in groups)
    successes = sum(s for s, _ in groups)
    if len(groups) < 2 or successes in (0, trials):
        return 1.0
    share = successes / trials
    chi_squared = sum((s - n * share) ** 2 / (n * share * (1 - share)) for s, n in groups)
    return max(1.0, chi_squared / (len(groups) - 1))


def ratio(ys: Sequence[float], xs: Sequence[float], level: float = 0.95) -> tuple[float, Interval | None]:
    """The sum of `ys` over that of `xs`, and its interval: None where one pair alone shows no spread.

    The variance is that of the classical ratio estimator (linearised, n - 1 degrees of freedom); Student's t is laid on
    the logarithm, since neither end of a quotient of amounts can be negative. Raises ValueError where `xs` sum to 0.
    """
    total = sum(xs)
    if total <= 0:
        raise ValueError("nothing to relate to")
    found, count = sum(ys) / total, len(ys)
    if count < 2:
        return found, None
    if found == 0:
        return found, Interval(0.0, 0.0)
    squares = sum((y - found * x) ** 2 for y, x in zip(ys, xs, strict=True))
    error = math.sqrt(count / (count - 1) * squares) / total
    factor = math.exp(min(student_t(level, count - 1) * error / found, _LONGEST_REACH))
    return found, Interval(found / factor, found * factor)


_LONGEST_REACH = 20.0


def student_t(level: float, df: int) -> float:
    """How many standard errors either way hold a share `level` of Student's t with `df` degrees of freedom."""
    if df > _MANY:
        return _normal_quantile(level)
    low, high = 0.0, 1.0
    while _share_within(high, df) < level:
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if _share_within(middle, df) < level else (low, middle)
    return high


def _share_within(t: float, df: int) -> float:
    """The chance that |T| < t: Abramowitz and Stegun, 26.7.3 and 26.7.4."""
    angle = math.atan2(t, math.sqrt(df))
    sine, cosine = math.sin(angle), math.cos(angle)
    is_odd = df % 2 == 1
    term, total = (cosine if is_odd else 1.0), 0.0
    for factor in range(2 if is_odd else 1, df, 2):
        total += term
        term *= cosine * cosine * factor / (factor + 1)
    return 2 / math.pi * (angle + sine * total) if is_odd else sine * total


def _normal_quantile(level: float) -> float:
    return NormalDist().inv_cdf((1 + level) / 2)

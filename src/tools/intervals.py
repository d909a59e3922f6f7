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


@dataclass(frozen=True, slots=True)
class Group:
    """Pairs of amounts found (`ys`) and expected (`xs`) of a few, and the amount expected of all (`whole`)."""

    ys: Sequence[float]
    xs: Sequence[float]
    whole: float = 1.0

    @property
    def factor(self) -> float:
        """How many times what was expected was found."""
        return sum(self.ys) / sum(self.xs)

    @property
    def variance(self) -> float:
        """Of what the whole is taken for, by the jackknife: each pair is left out once. For two pairs or more."""
        ys, xs, count = sum(self.ys), sum(self.xs), len(self.ys)
        without = [(ys - y) / (xs - x) for y, x in zip(self.ys, self.xs, strict=True)]
        middle = sum(without) / count
        return self.whole**2 * (count - 1) / count * sum((factor - middle) ** 2 for factor in without)


def total(groups: Sequence[Group], level: float = 0.95) -> tuple[float, Interval | None]:
    """What is to be found of all groups together, and its interval: None where one pair alone shows no spread.

    Student's t with Satterthwaite's degrees of freedom is laid on the logarithm, since amounts cannot be negative.
    Raises ValueError where nothing was expected of a group.
    """
    if any(sum(group.xs) <= 0 for group in groups):
        raise ValueError("there is nothing to relate to")
    found = sum(group.factor * group.whole for group in groups)
    if any(max(group.xs) == sum(group.xs) for group in groups):
        return found, None
    variances = [group.variance for group in groups]
    variance = sum(variances)
    if not found or not variance:
        return found, Interval(found, found)
    freedom = variance**2 / sum(v**2 / (len(group.ys) - 1) for v, group in zip(variances, groups, strict=True))
    reach = student_t(level, max(1, int(freedom + 1e-6))) * math.sqrt(variance) / found
    factor = math.exp(min(reach, _LONGEST_REACH))
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

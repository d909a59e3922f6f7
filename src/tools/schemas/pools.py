"""Pools: distinct texts, made once, picked by index over whole columns."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from ...records import Int64Array
from .rows import Rows, step_of

Objects = npt.NDArray[np.object_]
Draw = Callable[[Rows], list[str]]

_SEED = 20_240_229
_UNFIT = frozenset({"Doe", "Test", "Example", "Dummy", "Null", "Sample"})


class Pool:
    """Distinct texts; `shortest` and `longest` are their lengths in characters."""

    def __init__(self, values: Iterable[str]) -> None:
        texts = list(dict.fromkeys(values))
        self.values: Objects = np.array(texts, dtype=object)
        self.shortest, self.longest = min(map(len, texts)), max(map(len, texts))

    def __len__(self) -> int:
        return len(self.values)

    def at(self, index: Int64Array) -> Objects:
        """The texts at these places, as an array that can be added to others."""
        return self.values.take(index)

    def pick(self, rows: Rows, stream: int = 0) -> Objects:
        """A text for each row."""
        return self.values.take(rows.below(len(self.values), stream))

    def map(self, change: Callable[[str], str]) -> Objects:
        """Each text changed, in the same places: for a second form of the same thing."""
        return np.array([change(text) for text in self.values], dtype=object)


class Maker:
    """Writes a column of texts. `shortest` and `longest` bound their lengths in characters."""

    __slots__ = ("draw", "longest", "shortest")

    def __init__(self, draw: Draw, shortest: int, longest: int) -> None:
        self.draw, self.shortest, self.longest = draw, shortest, longest


def joined(*parts: Pool | str) -> Maker:
    """Pools and fixed texts, one after the other, picked independently."""
    pools = [part for part in parts if isinstance(part, Pool)]
    fixed = sum(len(part) for part in parts if isinstance(part, str))

    def draw(rows: Rows) -> list[str]:
        column: Any = ""
        for stream, part in enumerate(parts):
            column = column + (part if isinstance(part, str) else part.pick(rows, stream))
        return column.tolist()  # type: ignore[no-any-return]

    return Maker(draw, fixed + sum(pool.shortest for pool in pools), fixed + sum(pool.longest for pool in pools))


def numbered(low: int, high: int, form: str = "{}") -> Pool:
    """The numbers from `low` to `high`, as texts."""
    return Pool(form.format(number) for number in range(low, high + 1))


@functools.cache
def faker_pool(provider: str, size: int, locale: str = "en_US") -> Pool:
    """Up to `size` distinct values of a Faker provider, the same in every process."""
    from faker import Faker

    fake = Faker(locale, use_weighting=False)
    fake.seed_instance(_SEED + step_of(provider, locale) % 1000)
    make = getattr(fake, provider)
    drawn = (str(make()) for _ in range(size * 2))
    kept = dict.fromkeys(text for text in drawn if not _UNFIT & set(text.replace("-", " ").split()))
    return Pool(list(kept)[:size])

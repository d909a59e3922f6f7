"""The values a slot may take: listed, or computed from where they begin and how far they are apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from ...records import Int64Array, Json
from .forms import TEXT, Column, Form, form_of_texts, form_of_values
from .writing import formatted, json_inside, plain_text, without_exponent


class Pool(Protocol):
    """The values of one slot, of which there are `size`."""

    @property
    def size(self) -> int:
        """How many values there are."""

    def form(self, spec: str | None, alone: bool) -> Form:
        """How the slot is written by a spec, `alone` in its text or not.

        Raises ValueError, naming the value, where one cannot be written so.
        """


@dataclass(frozen=True, slots=True)
class Listed:
    """Values as they are listed."""

    values: Sequence[Json]

    @property
    def size(self) -> int:
        """How many values there are."""
        return len(self.values)

    def form(self, spec: str | None, alone: bool) -> Form:
        """How the slot is written."""
        if spec is not None:
            return form_of_texts([formatted(value, spec) for value in self.values])
        return form_of_values(self.values) if alone else form_of_texts([plain_text(value) for value in self.values])


@dataclass(frozen=True, slots=True)
class Numbers:
    """low, low + step, ... in units of a tenth to the power of `places`, as floats where `decimal` is set.

    `low`, `step` and the last value are below 10**18 in size, below 10**15 where they are decimals: so a float64 tells
    any two of them apart.
    """

    low: int
    step: int
    size: int
    places: int = 0
    decimal: bool = False

    def form(self, spec: str | None, alone: bool) -> Form:
        """How the slot is written."""
        if spec is not None:
            return _formatted(self.values, self.size, spec)
        return Form(self._json, self.values) if alone else Form(self._plain, self._plain)

    def values(self, coordinates: Int64Array) -> pa.Array:
        """int64 or float64, the floats nearest to the decimals."""
        units = self.low + coordinates * self.step
        return pa.array(units / 10.0**self.places if self.decimal else units)

    def _json(self, coordinates: Int64Array) -> pa.Array:
        values = self.values(coordinates)
        if not self.decimal:
            return values.cast(TEXT)
        joined = orjson.dumps(values.to_numpy(), option=orjson.OPT_SERIALIZE_NUMPY)[1:-1]
        return pc.split_pattern(pa.array([joined], TEXT), ",").flatten()

    def _plain(self, coordinates: Int64Array) -> pa.Array:
        texts = self._json(coordinates)
        with_exponent = pc.match_substring(texts, "e")
        if not pc.any(with_exponent).as_py():
            return texts
        plain = [without_exponent(text) for text in texts.filter(with_exponent).to_pylist()]
        return pc.replace_with_mask(texts, with_exponent, pa.array(plain, TEXT))


@dataclass(frozen=True, slots=True)
class Dates:
    """Days `step` apart; `low` counts from 1970-01-01. Written as ISO dates where no spec says otherwise."""

    low: int
    step: int
    size: int

    def form(self, spec: str | None, alone: bool) -> Form:
        """How the slot is written."""
        if spec is not None:
            return _formatted(self.values, self.size, spec)
        return Form(self._json, self._strings) if alone else Form(self.values, self.values)

    def values(self, coordinates: Int64Array) -> pa.Array:
        """ISO texts."""
        return pa.array((self.low + coordinates * self.step).astype(np.int32)).cast(pa.date32()).cast(TEXT)

    def _strings(self, coordinates: Int64Array) -> pa.Array:
        return self.values(coordinates).cast(pa.string())

    def _json(self, coordinates: Int64Array) -> pa.Array:
        quote = pa.scalar('"', TEXT)
        return pc.binary_join_element_wise(quote, self.values(coordinates), quote, pa.scalar("", TEXT))


def _formatted(values: Column, size: int, spec: str) -> Form:
    """Computed values by a spec, which is tried on the first and the last of them."""
    _write(values, spec, str, np.array([0, size - 1]))
    return Form(partial(_write, values, spec, json_inside), partial(_write, values, spec, str))


def _write(values: Column, spec: str, write: Callable[[str], str], coordinates: Int64Array) -> pa.Array:
    different, rows = np.unique(coordinates, return_inverse=True)
    texts = [write(formatted(value, spec)) for value in values(different).to_pylist()]
    return pa.array(texts, TEXT).take(pa.array(rows))

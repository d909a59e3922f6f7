"""How a slot is written at one place of a template, a whole column at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import orjson
import pyarrow as pa

from ...records import Int64Array, Json
from .writing import json_inside, json_text

Column = Callable[[Int64Array], pa.Array]
"""From coordinates (at least one) to a column of as many rows."""

TEXT = pa.large_string()
"""The type of JSON texts while they are put together: offsets of 64 bits, as Arrow's `take` does not notice when those
of 32 bits overflow."""


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """A slot at one place of a template.

    `json` gives its JSON text; inside a text, what stands between the quotes. `values` gives the same as Arrow values,
    inside a text as TEXT; it is None where Arrow has no exact form for them.
    """

    json: Column
    values: Column | None


def form_of_values(values: Sequence[Json]) -> Form:
    """A slot that stands alone: its values keep their types."""
    typed = arrow_of(values)
    texts = pa.array([json_text(value) for value in values], TEXT)
    return Form(partial(_take, texts), None if typed is None else partial(_take, typed))


def form_of_texts(texts: Sequence[str]) -> Form:
    """A slot inside a text."""
    inside = pa.array([json_inside(text) for text in texts], TEXT)
    return Form(partial(_take, inside), partial(_take, pa.array(texts, TEXT)))


def _take(pool: pa.Array, coordinates: Int64Array) -> pa.Array:
    return pool.take(pa.array(coordinates))


def arrow_of(values: Sequence[Json]) -> pa.Array | None:
    """The values in Arrow, or None where they would come back changed, or Parquet could not hold them."""
    try:
        array = pa.array(values)
    except (pa.ArrowException, OverflowError):
        return None
    same = orjson.dumps(array.to_pylist()) == orjson.dumps(list(values))
    return array if same and not _has_empty_struct(array.type) else None


def _has_empty_struct(kind: pa.DataType) -> bool:
    children = [kind.field(i).type for i in range(kind.num_fields)] if pa.types.is_nested(kind) else []
    return (pa.types.is_struct(kind) and not children) or any(map(_has_empty_struct, children))

"""One compiled template: its product of slots, and its records by column."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ...records import Int64Array
from .coordinates import Product
from .nodes import Node, Use, arrow_column, json_column


@dataclass(frozen=True, slots=True)
class Template:
    """A template over the product of its slots and variations.

    `pieces` is the node's JSON text; `left_out` counts, by slot, the rows of its source with an empty cell.
    """

    node: Node
    pieces: list[str | Use]
    product: Product
    left_out: dict[str, int]
    variations: frozenset[int]

    @property
    def arrow_type(self) -> pa.DataType | None:
        """The type of `values`, or None where Arrow has no exact form for some value of the template."""
        column = self.values(np.zeros(1, np.int64))
        return None if column is None else column.type

    def texts(self, ordinals: Int64Array) -> pa.StringArray:
        """The records of these numbers (at least one) within the template, as compact JSON."""
        return json_column(self.pieces, self.product.coordinates(ordinals), len(ordinals)).cast(pa.string())

    def plain_texts(self, ordinals: Int64Array) -> pa.StringArray:
        """The same records, each with the first wording of every variation: equal where only the wording differs."""
        coordinates = [
            np.zeros_like(column) if axis in self.variations else column
            for axis, column in enumerate(self.product.coordinates(ordinals))
        ]
        return json_column(self.pieces, coordinates, len(ordinals)).cast(pa.string())

    def values(self, ordinals: Int64Array) -> pa.Array | None:
        """The same records as Arrow values."""
        return arrow_column(self.node, self.product.coordinates(ordinals), len(ordinals))

"""A compiled template: a tree that is written out by column, as JSON texts or as Arrow values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...records import Int64Array, Json
from .forms import TEXT, Form
from .writing import json_inside, json_text


@dataclass(frozen=True, slots=True)
class Constant:
    """A value without slots; `typed` is an array with this one value, None where Arrow has no exact form for it."""

    value: Json
    typed: pa.Array | None


@dataclass(frozen=True, slots=True)
class Use:
    """A slot at one place; by itself, one that stands alone and keeps the type of its values."""

    axis: int
    form: Form


@dataclass(frozen=True, slots=True)
class Text:
    """A text with slots in it."""

    pieces: tuple[str | Use, ...]


@dataclass(frozen=True, slots=True)
class Object:
    """A JSON object with slots in it."""

    members: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Array:
    """A JSON list with slots in it."""

    items: tuple[Node, ...]


Node = Constant | Use | Text | Object | Array
Coordinates = Sequence[Int64Array]


def json_pieces(node: Node) -> list[str | Use]:
    """A node's JSON text: literals and slots in turn."""
    pieces: list[str | Use] = []
    for piece in _json_pieces(node):
        if isinstance(piece, str) and pieces and isinstance(pieces[-1], str):
            pieces[-1] += piece
        else:
            pieces.append(piece)
    return pieces


def _json_pieces(node: Node) -> Iterator[str | Use]:
    if isinstance(node, Use):
        yield node
    elif isinstance(node, Constant):
        yield json_text(node.value)
    elif isinstance(node, Text):
        yield from ('"', *(json_inside(piece) if isinstance(piece, str) else piece for piece in node.pieces), '"')
    elif isinstance(node, Object):
        for number, (name, member) in enumerate(node.members):
            yield ("," if number else "{") + json_text(name) + ":"
            yield from _json_pieces(member)
        yield "}"
    else:
        for number, item in enumerate(node.items):
            yield "," if number else "["
            yield from _json_pieces(item)
        yield "]"


def json_column(pieces: Sequence[str | Use], coordinates: Coordinates, rows: int) -> pa.Array:
    """The JSON texts of so many rows (at least one), as large_string."""
    return _joined([p if isinstance(p, str) else p.form.json(coordinates[p.axis]) for p in pieces], rows)


def arrow_column(node: Node, coordinates: Coordinates, rows: int) -> pa.Array | None:
    """The values of so many rows (at least one); None where Arrow has no exact form for them, whichever the rows."""
    if isinstance(node, Use):
        return None if node.form.values is None else node.form.values(coordinates[node.axis])
    if isinstance(node, Constant):
        return None if node.typed is None else node.typed.take(pa.array(np.zeros(rows, np.int64)))
    if isinstance(node, Text):
        columns = [p if isinstance(p, str) else arrow_column(p, coordinates, rows) for p in node.pieces]
        return _joined(columns, rows).cast(pa.string())
    children = node.items if isinstance(node, Array) else [member for _, member in node.members]
    columns = [arrow_column(child, coordinates, rows) for child in children]
    if any(column is None for column in columns):
        return None
    if isinstance(node, Array):
        return _list_column(columns, rows)
    return pa.StructArray.from_arrays(columns, names=[name for name, _ in node.members])


def _joined(columns: Sequence[pa.Array | str], rows: int) -> pa.Array:
    parts = [pa.scalar(column, TEXT) if isinstance(column, str) else column for column in columns]
    joined = pc.binary_join_element_wise(*parts, pa.scalar("", TEXT))
    return joined if isinstance(joined, pa.Array) else pa.repeat(joined, rows)


def _list_column(items: Sequence[pa.Array], rows: int) -> pa.Array | None:
    """Lists of one item from each of these columns; None where they are not all of one type."""
    if any(item.type != items[0].type for item in items):
        return None
    by_row = np.arange(rows * len(items)).reshape(len(items), rows).T.ravel()
    offsets = np.arange(0, len(by_row) + 1, len(items), dtype=np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.concat_arrays(items).take(pa.array(by_row)))

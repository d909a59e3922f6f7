"""From a JSON Schema to a sampler of its records."""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
import pyarrow as pa

from ...errors import UnservableSchema
from ...records import Int64Array, Json
from .checking import Checked
from .effort import limit_effort
from .forms import Dead
from .graph import Cell, Graph
from .names import Hint
from .nodes import MAX_HEIGHT, MAX_SIZE, Node
from .places import Document
from .rows import Edge, Mode, Rows, scatter, step_of

_DEPTH = 7
_ROOM = 300.0
_WIDE = 3
"""One record in so many is narrow: few of its parts, and those whole; in the others many parts share the room."""

_MODES = (Mode(), Mode(Edge.LOWEST), Mode(Edge.HIGHEST), Mode(is_narrow=True))


class Sampler:
    """Draws records. Record i depends on the key and number i alone."""

    def __init__(self, graph: Graph, root: Cell, key: np.uint64, edge_cases: float) -> None:
        self._graph, self._root, self._key, self._edge_cases = graph, root, int(key), edge_cases
        self._depth = max(_DEPTH, int(root.measure().height) + 1)

    def sample(self, numbers: Int64Array) -> list[Json]:
        """One record for each candidate number."""
        counters = np.asarray(numbers).astype(np.uint64)
        rows = Rows(step_of(self._key, "mode"), counters, 0, 0)
        chance = rows.uniform()
        is_edge = chance < self._edge_cases
        kind = np.where(is_edge, 1 + rows.below(2, 1), 3 * (rows.below(_WIDE, 2) == 0))
        parts = []
        for at, mode in enumerate(_MODES):
            index = np.flatnonzero(kind == at)
            if len(index) == len(counters):
                return self._draw(counters, mode)
            if len(index):
                parts.append((index, self._draw(counters[index], mode)))
        return scatter(len(counters), parts)

    def _draw(self, counters: np.ndarray, mode: Mode) -> list[Json]:
        rows = Rows(self._key, counters, self._depth, max(_ROOM, 2 * self._root.measure().size), mode)
        if not self._graph.needs_check:
            records = self._root.draw(rows)
            if not self._graph.needs_check:
                return records
            self._checked.prove()  # what needs it has come up just now
        return self._checked.draw(rows)

    @cached_property
    def _checked(self) -> Checked:
        return Checked(self._root, self._graph.document.validator((self._graph.document.root,)))

    @cached_property
    def arrow_type(self) -> pa.DataType | None:
        """The struct type where every record maps to Arrow without loss, else None."""
        return self._root.arrow()

    def prove(self) -> None:
        """Draws a few records where nothing promises that they are valid.

        Raises:
            UnservableSchema: none of them is.

        """
        if self._graph.needs_check:
            dead = self._checked.prove()
            if dead is not None:
                raise UnservableSchema(*dead)


def compile_schema(schema: Json, *, key: np.uint64, where: str = "record_schema", edge_cases: float = 0.0) -> Sampler:
    """Compiles a JSON Schema (draft 4 to 2020-12) to a sampler.

    `where` names the schema in messages; `edge_cases` is the share of records at the boundaries of the schema.

    Raises:
        SchemaError: it is no JSON Schema, a reference leads nowhere or outside, or a pattern is no regular expression.
        UnservableSchema: no record satisfies it, or none that could be made.

    """
    document = Document(schema, where)
    document.verify()
    limit_effort(document)
    graph = Graph(document)
    root = graph.cell((document.root,), Hint(), now=True)
    measure = root.measure()
    if math.isinf(measure.height):
        raise UnservableSchema(*_reason_of(root))
    if measure.height > MAX_HEIGHT:
        raise UnservableSchema("properties", "#", f"a record needs {measure.height:g} levels; the most is {MAX_HEIGHT}")
    if measure.size > MAX_SIZE:
        raise UnservableSchema("minItems", "#", f"a record needs {measure.size:g} values; the most is {MAX_SIZE}")
    sampler = Sampler(graph, root, key, edge_cases)
    sampler.prove()
    return sampler


def _reason_of(node: Node) -> Dead:
    """Follows what cannot be drawn down to its reason."""
    seen: set[int] = set()
    while id(node) not in seen:
        seen.add(id(node))
        below = node.reason()
        if isinstance(below, Dead):
            return below
        if below is None:
            break
        node = below
    return Dead("$ref", "#", "every record would hold another one of its own kind, without end")

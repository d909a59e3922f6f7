"""The graph of nodes: one cell for each set of places and name, built when it is needed, so that it may have cycles."""

from __future__ import annotations

import pyarrow as pa

from ...errors import UnservableSchema
from ...records import Json
from .branches import Branches
from .building import build
from .checking import checked_within, without
from .forms import Dead, Places
from .mending import Judge
from .names import Hint
from .nodes import NEVER, Measure, Node, Nothing
from .places import Document
from .rows import Rows

MAX_CELLS = 60_000
"""The most cells of a graph: more is a schema whose parts multiply."""


class Cell:
    """A node that may not have been built yet; its measure only ever falls while the graph settles."""

    __slots__ = ("_graph", "hint", "known", "node", "places")

    def __init__(self, graph: Graph, places: Places, hint: Hint) -> None:
        self._graph, self.places, self.hint = graph, places, hint
        self.node: Node | None = None
        self.known = NEVER

    def measure(self) -> Measure:
        """The measure of the node, which is built first if need be and if the graph is at rest."""
        if self.node is None and not self._graph.is_settling:
            self._graph.settle(self)
        return self.known

    def draw(self, rows: Rows) -> list[Json]:
        """As the node draws."""
        if self.node is None:
            self._graph.settle(self)
        assert self.node is not None
        return self.node.draw(rows)

    def arrow(self) -> pa.DataType | None:
        """As the node says."""
        return None if self.node is None else self.node.arrow()

    def reason(self) -> Dead | Node | None:
        """The node."""
        return self.node


class Graph:
    """All the cells of a document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.branches = Branches(document)
        self.is_settling = False
        self.needs_check = False
        self._cells: dict[tuple[tuple[str, ...], Hint], Cell] = {}
        self._queue: list[Cell] = []

    def cell(self, places: Places, hint: Hint, *, now: bool) -> Cell:
        """The cell of these places; built with the cell that asks for it where `now`, else when it is first used."""
        key = (tuple(dict.fromkeys(place.key for place in places)), hint)
        cell = self._cells.get(key)
        if cell is None:
            cell = self._cells[key] = Cell(self, places, hint)
        if now and cell.node is None:
            self._queue.append(cell)
        return cell

    def validator(self, places: Places) -> Judge:
        """A validator of what must satisfy all the places."""
        return self.document.validator(places)  # type: ignore[no-any-return]

    def settle(self, cell: Cell) -> None:
        """Builds a cell and all it needs, measures them until nothing changes, and proves those that need a check."""
        self.is_settling = True
        fresh: list[Cell] = []
        self._queue.append(cell)
        while self._queue:
            next_cell = self._queue.pop()
            if next_cell.node is None:
                next_cell.node = self._build(next_cell)
                fresh.append(next_cell)
        _measure(fresh)
        self.is_settling = False
        for one in sorted(fresh, key=_rank):  # what is small is inside; whatever was asked for first
            self._prove(one)

    def _measure_again(self) -> None:
        built = [one for one in self._cells.values() if one.node is not None]
        for one in built:
            one.known = NEVER
        _measure(built)

    def _prove(self, cell: Cell) -> None:
        """Tries the checked nodes of a cell; one without any valid value becomes nothing."""
        for checked in [] if cell.node is None else list(checked_within(cell.node)):
            self.needs_check = True
            dead = checked.prove() if checked.measure() < NEVER else None
            if dead is not None and cell.node is not None:
                cell.node = without(cell.node, checked, dead)
                self._measure_again()

    def _build(self, cell: Cell) -> Node:
        if len(self._cells) >= MAX_CELLS:
            pointer = cell.places[0].pointer if cell.places else "#"
            return Nothing(Dead("$ref", pointer, f"the schema comes to more than {MAX_CELLS:,} parts"))
        try:
            return build(self, cell.places, cell.hint)
        except UnservableSchema as error:  # what needs it can't be drawn; what doesn't, can
            return Nothing(Dead(error.keyword, error.path, error.why))


def _rank(cell: Cell) -> tuple[Measure, tuple[str, ...], str]:
    """The order of proofs: that of the schema alone, so that no record depends on what was drawn before."""
    return cell.known, tuple(place.key for place in cell.places), repr(cell.hint.words)


def _measure(cells: list[Cell]) -> None:
    """Lowers what is known of cells until nothing changes."""
    is_changing = True
    while is_changing:
        is_changing = False
        for one in reversed(cells):
            measure = one.node.measure() if one.node is not None else NEVER
            if measure < one.known:
                one.known, is_changing = measure, True

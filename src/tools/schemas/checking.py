"""Nodes whose values need a validator: drawn again, mended, and in the end replaced by values known to be valid."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from ...records import Json
from .forms import Dead
from .mending import Judge, mended
from .nodes import Choice, Measure, Node, Nothing
from .rows import AGAIN, Rows, trial_rows

_FEW, _MANY = 8, 64
_ROOM = 300.0


class Checked:
    """Values of a node that a validator accepts.

    What is refused is drawn again, a fixed number of times, then mended where it was refused, then replaced by a spare:
    a valid value that depends on the schema alone, so that a record still depends on key and number alone.
    """

    def __init__(self, inner: Node, judge: Judge) -> None:
        self._inner, self._judge = inner, judge
        self._spares: list[Json] = []

    def prove(self) -> Dead | None:
        """Draws a few values and keeps the valid ones as spares; where there is none, what refused the first."""
        values: list[Json] = []
        height, size = self.measure()
        for count, is_least in ((_FEW, True), (_MANY, False)):  # what is optional is built only where it has to be
            values = self.draw(trial_rows(count, int(height), max(_ROOM, size), is_least=is_least))
            self._spares = [value for value in values if self._judge.is_valid(value)]
            if self._spares:
                return None
        error = next(iter(self._judge.iter_errors(values[0])))
        path = "/".join(str(part).replace("~", "~0").replace("/", "~1") for part in error.schema_path)
        return Dead(str(error.kind.name), f"#/{path}", f"no value was found that satisfies it: {error.message}")

    def measure(self) -> Measure:
        """That of the node inside."""
        return self._inner.measure()

    def draw(self, rows: Rows) -> list[Json]:
        """One value for each row, valid once `prove` has found any that is."""
        values = self._inner.draw(rows)
        wrong = [row for row, value in enumerate(values) if not self._judge.is_valid(value)]
        others: dict[int, list[Json]] = {row: [] for row in wrong}
        for attempt in range(1, rows.mode.tries + 1):
            if not wrong:
                return values
            again = self._inner.draw(rows.take(np.array(wrong)).again(attempt))
            still = []
            for row, value in zip(wrong, again, strict=True):
                if self._judge.is_valid(value):
                    values[row] = value
                else:
                    others[row].append(value)
                    still.append(row)
            wrong = still
        for row in wrong:
            value = mended(values[row], self._judge, others[row]) if rows.mode.tries > 1 else None
            if value is not None:
                values[row] = value
            elif self._spares and not rows.mode.is_trial:
                values[row] = self._spares[int(rows.beside(AGAIN).below(len(self._spares))[row])]
        return values

    def arrow(self) -> pa.DataType | None:
        """That of the node inside."""
        return self._inner.arrow()

    def reason(self) -> Dead | Node | None:
        """The node inside."""
        return self._inner


def checked_within(node: Node) -> Iterator[Checked]:
    """The checked nodes that a cell's node is, or is a choice of."""
    if isinstance(node, Checked):
        yield node
    elif isinstance(node, Choice):
        for branch in node.branches:
            yield from checked_within(branch)


def without(node: Node, gone: Checked, dead: Dead) -> Node:
    """The node with a checked node in it replaced by nothing."""
    if node is gone:
        return Nothing(dead)
    if isinstance(node, Choice):
        node.branches = [without(branch, gone, dead) for branch in node.branches]
    return node

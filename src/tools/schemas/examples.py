"""The schema's own values (`examples`, `default`) among others: in some of the records, and as models for more."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa

from ...records import Json
from .characters import texts_of
from .nodes import Choice, Fixed, Measure, Node
from .pools import Draw, Maker
from .rows import Rows, step_of

_UNFIT = ("example", "john doe", "jane doe", "lorem", "todo", "test@", "xxx", "<", "foo", "tbd", "your", "changeme")
_EXAMPLE = step_of("example")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_FEWEST_DIGITS, _LONGEST_CODE = 3, 48
_MOST = 64
_OTHERS = 3.0
"""Values of the generator for each value of the schema's own."""


def usable(samples: Sequence[Json], low: int, longest: int) -> list[str]:
    """The texts of these lengths, but for those that stand for nothing."""
    texts = (text for text in samples if isinstance(text, str) and max(low, 1) <= len(text) <= longest)
    kept = [text for text in texts if not any(unfit in text.lower() for unfit in _UNFIT)]
    return list(dict.fromkeys(kept))[:_MOST]


def seasoned(draw: Draw, samples: list[str], *, every: int = 4, together: bool = False) -> Draw:
    """A sample in one row of `every`; the same one in all fields of an object that are drawn `together`."""
    limit = every * len(samples) if every > 1 else len(samples)

    def mixed(rows: Rows) -> list[str]:
        texts = draw(rows)
        if rows.edge is not None:
            return texts
        picked = (rows.shared(_EXAMPLE) if together else rows).below(limit, 6).tolist()
        return [samples[at] if at < len(samples) else text for text, at in zip(texts, picked, strict=True)]

    return mixed


def mostly(draw: Draw, samples: list[str]) -> Draw:
    """A sample in three rows of four."""

    def mixed(rows: Rows) -> list[str]:
        texts = draw(rows)
        if rows.edge is not None:
            return texts
        picked, is_other = rows.below(len(samples), 6).tolist(), (rows.below(4, 8) == 0).tolist()
        return [text if other else samples[at] for text, at, other in zip(texts, picked, is_other, strict=True)]

    return mixed


def alike(samples: list[str]) -> Maker | None:
    """Codes like the samples, with other digits (`SKU-00123` gives `SKU-48115`); None where they are no codes."""
    codes = [text for text in samples if " " not in text and len(text) <= _LONGEST_CODE and "://" not in text]
    masks = [mask for mask in map(_mask, codes) if len(mask[1]) >= _FEWEST_DIGITS]
    if not masks or len(codes) < len(samples):
        return None

    def draw(rows: Rows) -> list[str]:
        columns = [_varied(rows.beside(at + 1), *mask) for at, mask in enumerate(masks)]
        if len(columns) == 1:
            return columns[0]
        return [columns[at][row] for row, at in enumerate(rows.below(len(columns), 5).tolist())]

    lengths = [len(template) for template, _ in masks]
    return Maker(draw, min(lengths), max(lengths))


def _mask(text: str) -> tuple[str, list[int]]:
    """A text, and the places of its digits, but for those of years."""
    fixed = {at for year in _YEAR.finditer(text) for at in range(*year.span())}
    return text, [at for at, char in enumerate(text) if char in "0123456789" and at not in fixed]


def _varied(rows: Rows, template: str, places: list[int]) -> list[str]:
    points = np.tile(np.array([ord(char) for char in template], dtype=np.uint32), (len(rows), 1))
    points[:, places] = 48 + rows.matrix(len(places), 10)
    return texts_of(points)


class Seasoned(Choice):
    """Values of a node, and in every fourth row one of the schema's own, all of them valid."""

    def __init__(self, inner: Node, samples: list[Json]) -> None:
        super().__init__([inner, Fixed(samples)], [_OTHERS, 1.0])
        self._samples = samples

    def measure(self) -> Measure:
        """That of the node inside, or one leaf where it can't be drawn."""
        inner = self.branches[0].measure()
        return inner if inner.height < float("inf") else self.branches[1].measure()

    def draw(self, rows: Rows) -> list[Json]:
        """One value for each row; whole records are never samples, they would repeat."""
        is_alone = rows.is_outermost or rows.edge is not None
        if is_alone and self.branches[0].measure().height < float("inf"):
            return self.branches[0].draw(rows.beside(1))
        return super().draw(rows)

    def arrow(self) -> pa.DataType | None:
        """The type of the node inside, where it holds the samples without loss."""
        kind = self.branches[0].arrow()
        if kind is None:
            return None
        try:
            held = pa.array(self._samples, type=kind).to_pylist()
        except (pa.ArrowException, OverflowError):
            return None
        return kind if repr(held) == repr(self._samples) else None


_FAMILIES: dict[str, type | tuple[type, ...]] = {"array": list, "object": dict, "integer": int, "number": (int, float)}


def with_samples(
    node: Node, kind: str, samples: Sequence[Json], is_valid: Callable[[], Callable[[Json], bool]]
) -> Node:
    """A node of numbers, arrays or objects with the schema's own values among them, those that `is_valid`."""
    family = _FAMILIES.get(kind)
    if family is None or isinstance(node, Fixed) or not samples:
        return node
    fitting = [one for one in samples if isinstance(one, family) and not isinstance(one, bool) and one not in ([], {})]
    if kind == "number" and node.arrow() == pa.float64():
        fitting = [float(one) for one in fitting if isinstance(one, int | float) and abs(one) < 2**53]
    if not fitting:
        return node
    check = is_valid()
    kept = [one for one in fitting[:_MOST] if check(one)]
    return Seasoned(node, kept) if kept else node

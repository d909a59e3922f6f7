"""Texts that match a regular expression, drawn by column from its tree.

There is no search and no backtracking: the work is bounded by the length of what is generated.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from types import UnionType

import numpy as np

from ...records import Int64Array
from . import words
from .characters import DIGITS, LARGE, SMALL, Ranges, alphabet, includes, texts_of
from .fitting import fit
from .regexes import EMPTY, Anchor, Chars, Either, Look, Repeat, Sequence, Tree
from .rows import Edge, Rows, scatter

Draw = Callable[[Rows], list[str]]

_DIGITS, _MORE, _MOST = 3, 8, 12
"""How many characters more than the least a run has: of digits alone, without a bound, with one."""

_FULL = 2_000
"""How many characters more than usual a run has at its upper edge, if its bound allows."""

_OPEN = 1_000
"""A bound as good as none."""

_LONG, _LOOSE = 12, 6
"""Words stand for runs of letters that need not be longer than the one, and may vary by the other."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A column of texts for a pattern; `is_exact` where each of them is known to match."""

    draw: Draw
    is_exact: bool


def compile_tree(tree: Tree, filler: Tree, low: int, high: int) -> Pattern | None:
    """Texts of a tree, of `low` to `high` characters, `filler` where it has no anchor; None where no length fits."""
    anchored, is_exact = _anchored(tree, filler)
    fitted = fit(anchored, low, high)
    return None if fitted is None else Pattern(_drawer(fitted), is_exact)


def _anchored(tree: Tree, filler: Tree) -> tuple[Tree, bool]:
    """The tree without anchors, with room for more text where it has none at its ends."""
    if isinstance(tree, Either):
        options = [_anchored(option, filler) for option in tree.options]
        return Either(tuple(option for option, _ in options)), all(exact for _, exact in options)
    parts = list(tree.parts) if isinstance(tree, Sequence) else [tree]
    if len(parts) == 1 and isinstance(parts[0], Either):
        return _anchored(parts[0], filler)
    has_start, has_end = bool(parts) and parts[0] == Anchor("^"), bool(parts) and parts[-1] == Anchor("$")
    inner = parts[1 if has_start else 0 : len(parts) - (1 if has_end else 0)]
    is_exact = not any(holds(part, Anchor | Look) for part in inner)
    body = [_without_anchors(part) for part in inner]
    ends = ([] if has_start else [filler], [] if has_end else [filler])
    return Sequence((*ends[0], *body, *ends[1])), is_exact


def holds(tree: Tree, kind: type[Tree] | UnionType) -> bool:
    """Whether a tree is or has a part of a kind."""
    if isinstance(tree, kind):
        return True
    match tree:
        case Sequence(parts) | Either(parts):
            return any(holds(part, kind) for part in parts)
        case Repeat(item):
            return holds(item, kind)
    return False


def _without_anchors(tree: Tree) -> Tree:
    match tree:
        case Anchor() | Look():
            return EMPTY
        case Sequence(parts):
            return Sequence(tuple(map(_without_anchors, parts)))
        case Either(options):
            return Either(tuple(map(_without_anchors, options)))
        case Repeat(item):
            return replace(tree, item=_without_anchors(item))
    return tree


def _drawer(tree: Tree) -> Draw:
    match tree:
        case Chars(ranges):
            return _chars(ranges, 1, 1)
        case Repeat(Chars(ranges), least, most):
            return _wording(ranges, ranges, least, most) or _chars(ranges, least, most)
        case Repeat(item, least, most):
            return _repeat(_drawer(item), least, most)
        case Either(options):
            return _either([_drawer(option) for option in options])
        case Sequence(parts) if parts:
            return _sequence(list(_drawers(parts)))
    return lambda rows: [""] * len(rows)


def _drawers(parts: tuple[Tree, ...]) -> Iterator[Draw]:
    """Those of the parts; a first letter and what follows it are one word where they can be."""
    at = 0
    while at < len(parts):
        match parts[at : at + 2]:
            case (Chars(first), Repeat(Chars(others), least, most)):
                word = _wording(first, others, least + 1, None if most is None else most + 1)
            case _:
                word = None
        yield word or _drawer(parts[at])
        at += 1 if word is None else 2


def _wording(first: Ranges, others: Ranges, least: int, most: int | None) -> Draw | None:
    """Words, of which `first` may begin with and `others` hold all the letters; None where lengths leave no choice."""
    if least > _LONG or (most is not None and most - least < _LOOSE):
        return None
    if includes(others, SMALL):
        change = str if includes(first, SMALL) else str.capitalize if includes(first, LARGE) else None
    else:
        change = str.upper if includes(others, LARGE) and includes(first, LARGE) else None
    if change is None:
        return None
    joint = next((mark for mark in "-_ " if includes(others, ((ord(mark), ord(mark)),))), "")
    plain = _sequence([_chars(first, 1, 1), _chars(others, max(0, least - 1), None if most is None else most - 1)])

    def draw(rows: Rows) -> list[str]:
        if rows.edge is not None:
            return plain(rows) if most != 0 and (least or rows.edge is Edge.HIGHEST) else [""] * len(rows)
        texts = words.compounds(rows, joint, least, has_numbers=includes(others, DIGITS))
        return [change(text[:most]) for text in texts]

    return draw


def _lengths(rows: Rows, least: int, most: int) -> Int64Array:
    if rows.edge is not None and most > least:
        return np.where(rows.below(4, 2) == 0, least + rows.below(most - least + 1, 1), _end(rows, least, most))
    return least + rows.below(most - least + 1, 1)


def _end(rows: Rows, least: int, most: int) -> int:
    return least if rows.edge is Edge.LOWEST else most


def _chars(ranges: Ranges, least: int, most: int | None) -> Draw:
    codes = alphabet(ranges)
    most = None if most is not None and most >= _OPEN else most
    more = _DIGITS if most is None and includes(DIGITS, ranges) else _MORE if most is None else _MOST
    natural = least + more if most is None else min(most, least + more)
    usual = least if more == _DIGITS or (most is not None and most <= 3) else max(least, min(3, natural))

    def draw(rows: Rows) -> list[str]:
        low = least if rows.edge else usual
        width = natural if rows.edge is not Edge.HIGHEST or most is None else min(most, natural + _FULL)
        texts = texts_of(codes[rows.matrix(width, len(codes))])
        if low == width:
            return texts
        lengths = _lengths(rows, low, width).tolist()
        return [text[:length] for text, length in zip(texts, lengths, strict=True)]

    return draw


def _repeat(item: Draw, least: int, most: int | None) -> Draw:
    natural = least + 3 if most is None else min(most, least + 3)

    def draw(rows: Rows) -> list[str]:
        lengths = _lengths(rows, least, natural)
        texts = item(rows.spread(lengths, rows.room))
        ends = np.cumsum(lengths).tolist()
        return ["".join(texts[end - length : end]) for end, length in zip(ends, lengths.tolist(), strict=True)]

    return draw


def _either(options: list[Draw]) -> Draw:
    def draw(rows: Rows) -> list[str]:
        choice = rows.below(len(options), 3)
        parts = []
        for place, option in enumerate(options):
            index = np.flatnonzero(choice == place)
            if len(index):
                parts.append((index, option(rows.take(index).beside(place + 1))))
        return scatter(len(rows), parts)  # type: ignore[arg-type, return-value]

    return draw


def _sequence(parts: list[Draw]) -> Draw:
    if len(parts) == 1:
        return lambda rows: parts[0](rows.beside(1))

    def draw(rows: Rows) -> list[str]:
        columns = [part(rows.beside(place + 1)) for place, part in enumerate(parts)]
        if len(columns) == 2:
            return list(map(operator.add, *columns))
        return list(map("".join, zip(*columns, strict=True)))

    return draw

"""Texts that match a regular expression, drawn by column from its tree.

There is no search and no backtracking: the work is bounded by the length of what is generated. Lengths are fitted into
the tree beforehand (`fit`), so bounds cost nothing when texts are drawn.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ...records import Int64Array
from .characters import Ranges, alphabet, texts_of
from .regexes import EMPTY, Anchor, Chars, Either, Look, Repeat, Sequence, Tree, parse
from .rows import Edge, Rows, scatter

MAX_LENGTH = 20_000
"""The longest text that is generated."""

_FILLER = Repeat(Chars(((97, 122),)), 0, None)

Draw = Callable[[Rows], list[str]]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A column of texts for a pattern; `is_exact` where each of them is known to match."""

    draw: Draw
    is_exact: bool


def compile_pattern(pattern: str, shortest: int, longest: int | None) -> Pattern | None:
    """Texts that match `pattern`, of `shortest` to `longest` characters; None where no length fits."""
    tree, is_exact = parse(pattern)
    tree, is_anchored = _anchored(tree)
    fitted = fit(tree, shortest, MAX_LENGTH if longest is None else min(longest, MAX_LENGTH))
    if fitted is None:
        return None
    return Pattern(_drawer(fitted), is_exact and is_anchored)


def _anchored(tree: Tree) -> tuple[Tree, bool]:
    """The tree without anchors, with room for more text where it has none at its ends."""
    if isinstance(tree, Either):
        options = [_anchored(option) for option in tree.options]
        return Either(tuple(option for option, _ in options)), all(exact for _, exact in options)
    parts = list(tree.parts) if isinstance(tree, Sequence) else [tree]
    if len(parts) == 1 and isinstance(parts[0], Either):
        return _anchored(parts[0])
    has_start, has_end = bool(parts) and parts[0] == Anchor("^"), bool(parts) and parts[-1] == Anchor("$")
    inner = parts[1 if has_start else 0 : len(parts) - (1 if has_end else 0)]
    is_exact = not any(_holds_anchor(part) for part in inner)
    body = [_without_anchors(part) for part in inner]
    ends = ([] if has_start else [_FILLER], [] if has_end else [_FILLER])
    return Sequence((*ends[0], *body, *ends[1])), is_exact


def _holds_anchor(tree: Tree) -> bool:
    match tree:
        case Anchor():
            return True
        case Sequence(parts) | Either(parts):
            return any(map(_holds_anchor, parts))
        case Repeat(item):
            return _holds_anchor(item)
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


def shortest_of(tree: Tree) -> int:
    """The length of the shortest text."""
    match tree:
        case Chars():
            return 1
        case Sequence(parts):
            return sum(map(shortest_of, parts))
        case Either(options):
            return min(map(shortest_of, options))
        case Repeat(item, least):
            return least * shortest_of(item)
    return 0


def _longest_of(tree: Tree) -> int:
    match tree:
        case Chars():
            return 1
        case Sequence(parts):
            return min(MAX_LENGTH, sum(map(_longest_of, parts)))
        case Either(options):
            return max(map(_longest_of, options))
        case Repeat(item, _, most):
            longest = _longest_of(item)
            return MAX_LENGTH if most is None and longest else min(MAX_LENGTH, (most or 0) * longest)
    return 0


def fit(tree: Tree, low: int, high: int) -> Tree | None:
    """A tree of texts of `low` to `high` characters only, all of which the given tree has; None if there are none."""
    if shortest_of(tree) > high or _longest_of(tree) < low:
        return None
    match tree:
        case Either(options):
            kept = [option for option in (fit(option, low, high) for option in options) if option is not None]
            return Either(tuple(kept)) if kept else None
        case Sequence(parts):
            return _fit_sequence(parts, low, high)
        case Repeat():
            return _fit_repeat(tree, low, high)
    return tree


def _fit_sequence(parts: tuple[Tree, ...], low: int, high: int) -> Tree | None:
    least = [shortest_of(part) for part in parts]
    most = [_longest_of(part) for part in parts]
    wanted = max(0, low - sum(least))
    at_least = list(least)
    for place in sorted(range(len(parts)), key=lambda place: most[place] - least[place], reverse=True):
        more = min(wanted, most[place] - least[place])
        at_least[place] += more
        wanted -= more
    slack = high - sum(at_least)
    open_parts = sum(a > b for a, b in zip(most, at_least, strict=True))
    out: list[Tree] = []
    for part, need, top in zip(parts, at_least, most, strict=True):
        share = slack // open_parts if top > need else 0
        fitted = fit(part, need, min(top, need + share))
        if fitted is None:
            return None
        slack -= min(share, top - need)
        open_parts -= top > need
        out.append(fitted)
    return Sequence(tuple(out))


def _fit_repeat(tree: Repeat, low: int, high: int) -> Tree | None:
    item_low, item_high = shortest_of(tree.item), _longest_of(tree.item)
    if not item_high:
        return tree
    least = max(tree.least, -(-low // item_high))
    most = high // max(1, item_low)
    most = most if tree.most is None else min(most, tree.most)
    if most < least:
        return None
    if item_low == item_high:
        return Repeat(tree.item, least, tree.most if most == tree.most else most)
    if not low and _longest_of(tree) <= high:
        return tree
    if least == 0:
        most = min(most, max(1, high // max(item_low, 12)))
        inner = fit(tree.item, 1 if low else 0, high // max(1, most)) or tree.item
        return Repeat(inner, 0, most)
    count = min(most, max(least, min(most, least + 2)))
    item = fit(tree.item, min(item_high, -(-low // least)), high // count)
    if item is None:
        count = least
        item = fit(tree.item, min(item_high, -(-low // least)), high // count)
    return None if item is None else Repeat(item, least, count)


def _drawer(tree: Tree) -> Draw:
    match tree:
        case Chars(ranges):
            return _chars(ranges, 1, 1)
        case Repeat(Chars(ranges), least, most):
            return _chars(ranges, least, most)
        case Repeat(item, least, most):
            return _repeat(_drawer(item), least, most)
        case Either(options):
            return _either([_drawer(option) for option in options])
        case Sequence(parts) if parts:
            return _sequence([_drawer(part) for part in parts])
    return lambda rows: [""] * len(rows)


def _lengths(rows: Rows, least: int, most: int) -> Int64Array:
    if rows.edge is not None and most > least:
        return np.where(rows.below(4, 2) == 0, least + rows.below(most - least + 1, 1), _end(rows, least, most))
    return least + rows.below(most - least + 1, 1)


def _end(rows: Rows, least: int, most: int) -> int:
    return least if rows.edge is Edge.LOWEST else most


def _chars(ranges: Ranges, least: int, most: int | None) -> Draw:
    codes = alphabet(ranges)
    natural = least + 8 if most is None else min(most, least + 12)
    usual = max(least, min(3, natural)) if most is None or most > 3 else least

    def draw(rows: Rows) -> list[str]:
        low = least if rows.edge else usual
        width = natural
        texts = texts_of(codes[rows.matrix(width, len(codes))])
        if low == width:
            return texts
        lengths = _lengths(rows, low, width).tolist()
        return [text[:length] for text, length in zip(texts, lengths, strict=True)]

    return draw


def _repeat(item: Draw, least: int, most: int | None) -> Draw:
    natural = least + 2 if most is None else min(most, least + 2)

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

"""Lengths fitted into the tree of a regular expression, so that bounds cost nothing when texts are drawn."""

from __future__ import annotations

from .regexes import Chars, Either, Repeat, Sequence, Tree

MAX_LENGTH = 20_000
"""The longest text that is generated."""


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

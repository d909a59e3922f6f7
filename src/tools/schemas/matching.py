"""Ways to write texts that match all of several regular expressions."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from .automata import Condition, Texts, TooLarge
from .fitting import MAX_LENGTH
from .patterns import Pattern, compile_tree, holds
from .regexes import EMPTY, Anchor, Chars, Look, Repeat, Sequence, Tree, parse

_LETTER = Chars(((97, 122),))
_FILLER = Repeat(_LETTER, 0, None)
_SPACED = Repeat(Sequence((Chars(((32, 32),)), Repeat(_LETTER, 2, 7), Chars(((32, 32),)))), 0, 1)
"""What stands around a match that may be anywhere: letters, or a word by itself."""


def patterns_of(texts: Collection[str], shortest: int, longest: int | None) -> Iterator[Pattern]:
    """Ways to write texts that match all the patterns, of `shortest` to `longest` characters, the plainest first."""
    high = MAX_LENGTH if longest is None else min(longest, MAX_LENGTH)
    parsed = [parse(text) for text in texts]
    for tree, is_exact in parsed:
        found = compile_tree(tree, _FILLER, shortest, high)
        if found is not None:
            yield Pattern(found.draw, found.is_exact and is_exact and len(parsed) == 1)
    together = _together([tree for tree, _ in parsed], shortest, high)
    if together is not None:
        yield Pattern(together.draw, together.is_exact and all(is_exact for _, is_exact in parsed))
    for tree, _ in parsed:
        for filler in (_SPACED, EMPTY):
            found = compile_tree(tree, filler, shortest, high)
            if found is not None:
                yield Pattern(found.draw, False)


def _together(trees: list[Tree], low: int, high: int) -> Pattern | None:
    """Texts under which several conditions hold: those of each tree, and what it looks at where it starts and ends."""
    conditions: list[Condition] = []
    is_exact = True
    for tree in trees:
        found, rest = _looks(tree)
        conditions += [*found, Condition(rest)]
        is_exact &= not holds(rest, Look)
    try:
        texts = Texts(conditions, low, high)
    except TooLarge:
        return None
    return None if texts.is_empty else Pattern(texts.draw, is_exact)


def _looks(tree: Tree) -> tuple[list[Condition], Tree]:
    """What a tree looks ahead for at the start of a text and behind for at its end, as conditions; and the rest."""
    parts = list(tree.parts) if isinstance(tree, Sequence) else [tree]
    conditions = []
    while len(parts) > 1 and parts[0] == Anchor("^") and isinstance(look := parts[1], Look) and not look.is_behind:
        conditions.append(Condition(Sequence((Anchor("^"), look.tree)), look.is_wanted))
        del parts[1]
    while len(parts) > 1 and parts[-1] == Anchor("$") and isinstance(look := parts[-2], Look) and look.is_behind:
        conditions.append(Condition(Sequence((look.tree, Anchor("$"))), look.is_wanted))
        del parts[-2]
    return conditions, Sequence(tuple(parts))

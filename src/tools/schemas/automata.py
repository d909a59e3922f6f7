"""Texts that match several regular expressions at once, and are found in none of others.

Trees draw texts by construction; where conditions have to hold together (several patterns, what looks ahead), no tree
does. Here they are followed side by side, character by character, as a finite automaton that is built as far as a fixed
number of states. What cannot lead to a match any more is never entered, so no text is drawn in vain.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from itertools import chain, pairwise
from typing import NamedTuple

import numpy as np

from ...records import BoolArray
from .characters import Ranges, alphabet
from .regexes import Anchor, Chars, Either, Look, Repeat, Tree
from .regexes import Sequence as Parts
from .rows import Rows

MAX_STATES = 2_000
"""The most states that are looked at."""

_UNWRITTEN = ((13, 14), (0x2028, 0x202A), (0xD800, 0xE000))
"""Ends of lines on which engines disagree whether `.` matches them, and halves of characters."""

_MAX_NODES = 3_000
_MAX_SYMBOLS = 128
_LETTERS = 4
"""How much likelier a letter or a digit is than a sign."""

_MORE = 24
"""How much longer than the shortest text the others are."""


class Condition(NamedTuple):
    """A tree that is found in a text, or is not."""

    tree: Tree
    is_wanted: bool = True


class TooLarge(Exception):
    """The conditions need more nodes or symbols than are looked at."""


State = tuple[frozenset[int], ...]


class _Net:
    """The nondeterministic automaton of one tree: found anywhere in a text, from node 0 to node 1."""

    def __init__(self, tree: Tree, symbols: _Symbols) -> None:
        self._symbols = symbols
        self.free: list[list[tuple[int, str]]] = [[], []]  # edges that take no character: target, and what guards them
        self.taking: list[list[tuple[frozenset[int], int]]] = [[], []]
        everything = symbols.all
        self.taking[0].append((everything, 0))
        self.taking[1].append((everything, 1))
        start = self._node()
        self.free[0].append((start, ""))
        self.free[self._add(tree, start)].append((1, ""))

    def _node(self) -> int:
        if len(self.free) >= _MAX_NODES:
            raise TooLarge
        self.free.append([])
        self.taking.append([])
        return len(self.free) - 1

    def _add(self, tree: Tree, start: int) -> int:
        """Adds a tree behind a node; gives the node where it ends."""
        match tree:
            case Chars(ranges):
                end = self._node()
                self.taking[start].append((self._symbols.within(ranges), end))
                return end
            case Anchor(at):
                end = self._node()
                self.free[start].append((end, at))
                return end
            case Parts(parts):
                for part in parts:
                    start = self._add(part, start)
                return start
            case Either(options):
                end = self._node()
                for option in options:
                    first = self._node()
                    self.free[start].append((first, ""))
                    self.free[self._add(option, first)].append((end, ""))
                return end
            case Repeat(item, least, most):
                return self._repeat(item, least, most, start)
            case Look():
                return start

    def _repeat(self, item: Tree, least: int, most: int | None, start: int) -> int:
        for _ in range(least):
            start = self._add(item, start)
        if most is None:
            loop = self._node()
            self.free[start].append((loop, ""))
            self.free[self._add(item, loop)].append((loop, ""))
            return loop
        ends = [start]
        for _ in range(most - least):
            ends.append(self._add(item, ends[-1]))
        end = self._node()
        for one in ends:
            self.free[one].append((end, ""))
        return end

    def closure(self, nodes: Iterable[int], guards: str) -> frozenset[int]:
        """All nodes that are reached without a character, where these guards are open; the end alone, once it is."""
        seen, todo = set(nodes), list(nodes)
        while todo:
            for target, guard in self.free[todo.pop()]:
                if target not in seen and (not guard or guard in guards):
                    seen.add(target)
                    todo.append(target)
        return frozenset({1}) if 1 in seen else frozenset(seen)

    def after(self, nodes: frozenset[int], symbol: int) -> frozenset[int]:
        """The nodes behind one more character."""
        return self.closure({end for node in nodes for on, end in self.taking[node] if symbol in on}, "")


class _Symbols:
    """Characters in groups that no condition tells apart."""

    def __init__(self, trees: Iterable[Tree]) -> None:
        sets = list(dict.fromkeys(ranges for tree in trees for ranges in _ranges_in(tree)))
        cuts = sorted(
            {0, 0x110000, *chain.from_iterable(_UNWRITTEN)}
            | {cut for ranges in sets for low, high in ranges for cut in (low, high + 1)}
        )
        groups: dict[tuple[bool, ...], list[tuple[int, int]]] = {}
        for low, high in pairwise(cuts):
            if not any(start <= low < stop for start, stop in _UNWRITTEN):
                groups.setdefault(tuple(_holds(ranges, low) for ranges in sets), []).append((low, high - 1))
        if len(groups) > _MAX_SYMBOLS:
            raise TooLarge
        self.codes = [alphabet(tuple(group)) for group in groups.values()]
        self.weights = [_LETTERS if chr(int(codes[0])).isalnum() else 1 for codes in self.codes]
        self.all = frozenset(range(len(groups)))
        self._within = {
            ranges: frozenset(at for at, key in enumerate(groups) if key[place]) for place, ranges in enumerate(sets)
        }

    def within(self, ranges: Ranges) -> frozenset[int]:
        """The groups of a set of characters."""
        return self._within[ranges]


def _holds(ranges: Ranges, code: int) -> bool:
    return any(low <= code <= high for low, high in ranges)


def _ranges_in(tree: Tree) -> Iterable[Ranges]:
    match tree:
        case Chars(ranges):
            yield ranges
        case Parts(parts) | Either(parts):
            for part in parts:
                yield from _ranges_in(part)
        case Repeat(item):
            yield from _ranges_in(item)


class Texts:
    """Texts of `low` to about `high` characters under which all conditions hold.

    `is_empty` where there is none, `is_whole` where every state was looked at, so that an empty set is proven.

    Raises:
        TooLarge: the conditions are.

    """

    def __init__(self, conditions: Sequence[Condition], low: int, high: int) -> None:
        self._symbols = _Symbols(condition.tree for condition in conditions)
        self._nets = [_Net(condition.tree, self._symbols) for condition in conditions]
        self._wanted = [condition.is_wanted for condition in conditions]
        self.is_whole = True
        self._edges: list[list[tuple[int, int]]] = []
        self._ends = self._explore()
        self._reach = self._lengths(low, high)
        self._fitting = [length for length in range(low, len(self._reach)) if self._reach[length][0]]
        self.is_empty = not self._fitting
        self._open: dict[tuple[int, int], list[tuple[int, int]]] = {}

    def _explore(self) -> BoolArray:
        """Follows all characters from the start; gives which states are matches."""
        first = tuple(net.closure((0,), "^") for net in self._nets)
        known, todo, ends = {first: 0}, deque([first]), []
        while todo:
            state = todo.popleft()
            ends.append(self._is_end(state, "^$" if state is first else "$"))
            edges: dict[int, int] = {}
            for symbol in sorted(self._symbols.all):
                target = tuple(net.after(nodes, symbol) for net, nodes in zip(self._nets, state, strict=True))
                if not self._may_end(target):
                    continue
                if target not in known and len(known) < MAX_STATES:
                    known[target] = len(known)
                    todo.append(target)
                self.is_whole &= target in known
                if target in known:
                    edges[symbol] = known[target]
            weighted = [edge for edge in edges.items() for _ in range(self._symbols.weights[edge[0]])]
            self._edges.append(weighted)
        return np.array(ends, dtype=np.bool_)

    def _is_end(self, state: State, guards: str) -> bool:
        found = (1 in net.closure(nodes, guards) for net, nodes in zip(self._nets, state, strict=True))
        return all(one == wanted for one, wanted in zip(found, self._wanted, strict=True))

    def _may_end(self, state: State) -> bool:
        """Whether nothing is settled against it: what is wanted is still open, what is not is not there yet."""
        return all(nodes and (wanted or 1 not in nodes) for nodes, wanted in zip(state, self._wanted, strict=True))

    def _lengths(self, low: int, high: int) -> list[BoolArray]:
        """For each length: from which states a match is exactly so many characters away."""
        pairs = [(at, target) for at, edges in enumerate(self._edges) for _, target in edges]
        sources, targets = np.array(pairs, dtype=np.intp).reshape(-1, 2).T
        reach, shortest = [self._ends], None
        while len(reach) <= (high if shortest is None else min(high, shortest + _MORE)):
            if len(reach) > low + len(self._ends) + _MORE:
                break  # any match there is has been come across
            away = np.zeros(len(self._ends), dtype=np.bool_)
            away[sources[reach[-1][targets]]] = True
            reach.append(away)
            if shortest is None and len(reach) > low and away[0]:
                shortest = len(reach) - 1
        return reach

    def draw(self, rows: Rows) -> list[str]:
        """A text for each row."""
        lengths = [self._fitting[at] for at in rows.below(len(self._fitting)).tolist()]
        width = max(lengths, default=0)
        ways, letters = rows.beside(1).matrix(width, 1 << 16), rows.beside(2).matrix(width, 1 << 16)
        walks = zip(lengths, ways.tolist(), letters.tolist(), strict=True)
        return [self._walk(*walk) for walk in walks]

    def _walk(self, length: int, ways: list[int], letters: list[int]) -> str:
        state, out = 0, []
        for left, way, letter in zip(range(length - 1, -1, -1), ways, letters, strict=False):
            open_ways = self._open.get((state, left))
            if open_ways is None:
                open_ways = [edge for edge in self._edges[state] if self._reach[left][edge[1]]]
                self._open[state, left] = open_ways
            symbol, state = open_ways[way * len(open_ways) >> 16]
            codes = self._symbols.codes[symbol]
            out.append(chr(int(codes[letter * len(codes) >> 16])))
        return "".join(out)

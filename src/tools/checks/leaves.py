"""The leaves of a JSON value: what the checks look at, and where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from ...records import Json

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Leaf(NamedTuple):
    """A string, number, boolean or null; `parts` are the keys and indices that lead to it."""

    parts: tuple[str | int, ...]
    value: str | int | float | bool | None

    @property
    def key(self) -> str:
        """The name nearest to it: its own, or that of the list it stands in; empty at the root."""
        return next((part for part in reversed(self.parts) if isinstance(part, str)), "")

    @property
    def path(self) -> str:
        """Its JSON path, such as `$.lines[0].price`."""
        return "$" + "".join(map(_step, self.parts))


def leaves(value: Json) -> Iterator[Leaf]:
    """All leaves, in the order of the document; keeps its own stack, so no value is too deep."""
    stack: list[tuple[tuple[str | int, ...], Json]] = [((), value)]
    while stack:
        parts, node = stack.pop()
        if isinstance(node, dict):
            stack.extend(((*parts, key), child) for key, child in reversed(node.items()))
        elif isinstance(node, list):
            stack.extend(((*parts, index), node[index]) for index in reversed(range(len(node))))
        else:
            yield Leaf(parts, node)


def _step(part: str | int) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    return f".{part}" if _PLAIN_KEY.fullmatch(part) else f"[{part!r}]"

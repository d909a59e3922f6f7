"""From forms to nodes: arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .arrays import ArrayNode
from .checking import Checked
from .forms import Contained, Dead, Form, Places
from .names import Hint
from .nodes import Node, Nothing

if TYPE_CHECKING:
    from .graph import Graph

MAX_ITEMS = 20_000
"""The most items an array may have to hold."""


def array_node(graph: Graph, form: Form, places: Places, hint: Hint) -> Node:
    """The items that have a place of their own, those that `contains` asks for, then all others."""
    pointer = places[0].pointer if places else "#"
    most = MAX_ITEMS if form.most is None else min(form.most, MAX_ITEMS)
    if form.fewest > most:
        return Nothing(Dead("minItems", pointer, f"{form.fewest} items are more than {most}"))
    width = min(max((len(row.first) for row in form.tuples), default=0), most)
    heads = [form.of_item(at) for at in range(width)]
    others = form.of_item(width)
    fewest = form.fewest
    for contained in form.contained:
        fewest = max(fewest, _held(graph, contained, heads, others))
    first: list[Node] = [graph.cell(head, hint, now=True) for head in heads]
    if fewest > most:
        return Nothing(Dead("contains", pointer, f"{fewest} items are more than {most}"))
    for contained in form.contained:
        others, most = _unlike(graph, contained, others, len(first), most)
    item: Node | None = None
    if not any(place.schema is False and not place.negated for place in others):
        item = graph.cell(others, hint, now=True)
    most = min(most, len(first)) if item is None else most
    if fewest > most:
        return Nothing(Dead("minItems", pointer, f"{fewest} items are wanted, {most} are allowed"))
    is_plain = all(graph.document.is_plain(place) for place in others)
    node = ArrayNode(first, item, fewest, most, form.is_unique, is_plain)
    return Checked(node, graph.validator(places)) if form.is_unique or form.contained else node


def _held(graph: Graph, contained: Contained, heads: list[Places], others: Places) -> int:
    """Makes items such as `contains` asks for: behind the others, or where only a place of its own allows one.

    Gives how many items there must be to have them all.
    """
    count = min(contained.least, MAX_ITEMS)
    if not count:
        return 0
    if graph.branches.can_meet((*others, contained.place)):
        heads += [(*others, contained.place)] * count
        return len(heads)
    fitting = [at for at, head in enumerate(heads) if graph.branches.can_meet((*head, contained.place))][:count]
    for at in fitting:
        heads[at] = (*heads[at], contained.place)
    if len(fitting) < count:
        heads += [(*others, contained.place)] * (count - len(fitting))
        return len(heads)
    return fitting[-1] + 1


def _unlike(graph: Graph, contained: Contained, others: Places, held: int, most: int) -> tuple[Places, int]:
    """Keeps free items from being one too many of what `contains` asks for: unlike it, or no more than it allows."""
    if contained.most is None:
        return others, most
    unlike = (*others, contained.place.opposite())
    if graph.branches.can_meet(unlike):
        return unlike, most
    return others, min(most, max(held, contained.most))

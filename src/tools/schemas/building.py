"""From forms to nodes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import pyarrow as pa

from ...records import Json
from .arrays import ArrayNode
from .forms import TYPES, Dead, Form, Places
from .keywords import collect
from .names import Hint, kind_of, words_of
from .nodes import Checked, Choice, Fixed, Leaf, Node, Nothing
from .numbers import integer_node, number_node
from .objects import ObjectNode, Property
from .strings import fitting_names, string_node

if TYPE_CHECKING:
    from .graph import Graph

MAX_ITEMS = 20_000
"""The most items an array may have to hold."""

MAX_PROPERTIES = 2_000
"""The most properties that an object may have to make up."""

_PLAIN = ("string", "number", "boolean")
_MADE_UP = 5


def build(graph: Graph, places: Places, hint: Hint) -> Node:
    """The node of values that satisfy all the places."""
    forms, reason = graph.branches.of(places)
    if not forms:
        return Nothing(reason or Dead("allOf", places[0].pointer if places else "#", "no branch of it can hold"))
    nodes = [_node_of(graph, form, places, hint) for form in forms]
    node = nodes[0] if len(nodes) == 1 else Choice(nodes)
    return Checked(node, graph.validator(places)) if any(form.needs_check for form in forms) else node


def _node_of(graph: Graph, form: Form, places: Places, hint: Hint) -> Node:
    if form.values is not None:
        return _enumerated(graph, form, places)
    kinds = _kinds(form, hint)
    if not kinds:
        return Nothing(Dead("type", places[0].pointer if places else "#", "no type is left"))
    weights = [0.2 if kind == "null" else 1.0 for kind in kinds]
    others = [kind for kind in _PLAIN if kind in form.types and kind not in kinds]
    if not form.is_typed and others:
        kinds, weights = [*kinds, others[0]], [*weights, 0.0]
    nodes = [_node_of_type(graph, form, kind, places, hint) for kind in kinds]
    return nodes[0] if len(nodes) == 1 else Choice(nodes, weights)


def _enumerated(graph: Graph, form: Form, places: Places) -> Node:
    values = form.values or []
    is_valid = graph.validator(places)
    kept = [value for value in values if is_valid(value)]
    if kept:
        return Fixed(kept)
    return Nothing(Dead("enum", places[0].pointer, "none of the values satisfies the rest of the schema"))


def _kinds(form: Form, hint: Hint) -> list[str]:
    """The types to draw: those of the schema; without any, those its keywords speak of."""
    types = [kind for kind in TYPES if kind in form.types and not (kind == "integer" and "number" in form.types)]
    if form.is_typed:
        return types
    implied = [kind for kind in types if kind in form.implied or (kind == "integer" and "number" in form.implied)]
    if implied:
        return implied
    samples = {_type_of(sample) for sample in form.samples}
    sampled = [kind for kind in types if kind in samples]
    plain = [kind for kind in types if kind in _PLAIN]
    return sampled or (plain if not hint.words else plain[:1]) or types


def _type_of(value: Json) -> str:
    known = {str: "string", bool: "boolean", int: "number", float: "number", dict: "object", list: "array"}
    return known.get(type(value), "null")


def _node_of_type(graph: Graph, form: Form, kind: str, places: Places, hint: Hint) -> Node:
    match kind:
        case "null":
            return Fixed([None])
        case "boolean":
            return Leaf(lambda rows: (rows.below(2) == 1).tolist(), pa.bool_())
        case "integer":
            return integer_node(form, hint)
        case "number":
            return number_node(form, hint)
        case "string":
            return string_node(form, hint, lambda: graph.validator(places))
        case "array":
            return _array(graph, form, places, hint)
        case _:
            return _object(graph, form, places, hint)


def _array(graph: Graph, form: Form, places: Places, hint: Hint) -> Node:
    is_valid: Callable[[Json], bool] | None = None
    most = MAX_ITEMS if form.most is None else min(form.most, MAX_ITEMS)
    if form.fewest > most:
        return Nothing(Dead("minItems", places[0].pointer, f"{form.fewest} items are more than {most}"))
    width = min(max((len(row.first) for row in form.tuples), default=0), most)
    first: list[Node] = [graph.cell(form.of_item(at), hint, now=True) for at in range(width)]
    fewest = form.fewest
    others = form.of_item(width)
    for contained in form.contained:
        is_valid = graph.validator(places)
        count = min(contained.least, MAX_ITEMS)
        first += [graph.cell((*others, contained.place), hint, now=True) for _ in range(count)]
        fewest = max(fewest, len(first) if count else 0)
    if fewest > most:
        return Nothing(Dead("contains", places[0].pointer, f"{fewest} items are more than {most}"))
    item: Node | None = None
    if not any(place.schema is False for place in others):
        item = graph.cell(others, hint, now=True)
    most = len(first) if item is None else most
    if fewest > most:
        return Nothing(Dead("minItems", places[0].pointer, f"{fewest} items are wanted, {most} are allowed"))
    node = ArrayNode(first, item, fewest, most, form.is_unique)
    if form.is_unique or is_valid is not None:
        return Checked(node, graph.validator(places))
    return node


def _object(graph: Graph, form: Form, places: Places, hint: Hint) -> Node:
    """The declared properties; more where a pattern, a lower bound or the lack of declared ones asks for it."""
    if form.required.keys() & form.absent:
        name = next(iter(form.required.keys() & form.absent))
        return Nothing(Dead("required", places[0].pointer, f"{name!r} is both required and ruled out"))
    if form.least > MAX_PROPERTIES:
        return Nothing(Dead("minProperties", places[0].pointer, f"{form.least} are more than {MAX_PROPERTIES}"))
    _close_needs(form)
    names = [name for name in form.declared if name not in form.absent]
    made_up = _made_up(graph, form, set(names) | form.absent, hint)
    own = Hint(kind_of(hint, names), ())
    allowed = _name_check(graph, form)
    is_lacking = form.least > len(form.required)
    properties = []
    for name in [*names, *made_up]:
        inside = form.of_property(name)
        is_required = name in form.required
        if not is_required and (not allowed(name) or _is_dead(graph, inside)):
            continue
        if is_required and not allowed(name):
            return Nothing(Dead("propertyNames", places[0].pointer, f"the required name {name!r} is not allowed"))
        cell = graph.cell(inside, Hint(own.kind, words_of(name)), now=is_required or is_lacking)
        properties.append(Property(name, cell, is_required))
    fullest = math.inf if form.fullest is None else form.fullest
    needed = max(form.least, len(form.required))
    if needed > min(fullest, len(properties)):
        why = f"{needed} properties are wanted, {min(fullest, len(properties))} are possible"
        return Nothing(Dead("minProperties", places[0].pointer, why))
    is_closed = any(shape.additional is not None and shape.additional.schema is False for shape in form.shapes)
    node = ObjectNode(
        properties, least=form.least, most=form.fullest, needs=form.needs, is_closed=is_closed and not made_up
    )
    is_sure = not (form.needs and form.fullest is not None)
    return node if is_sure else Checked(node, graph.validator(places))


def _is_dead(graph: Graph, places: Places) -> bool:
    """Whether the places' own keywords leave no value, so that the property must be absent."""
    return any(place.schema is False and not place.negated for place in places) or (
        any(place.negated for place in places) and not graph.branches.can_meet(places)
    )


def _close_needs(form: Form) -> None:
    """What a required property needs is required as well."""
    todo = list(form.required)
    while todo:
        name = todo.pop()
        for other in form.needs.get(name, ()):
            if other not in form.required:
                form.required[other] = form.required[name]
                todo.append(other)


def _name_check(graph: Graph, form: Form) -> Callable[[str], bool]:
    if not form.names:
        return lambda name: True
    return graph.validator(tuple(form.names))


def _made_up(graph: Graph, form: Form, taken: set[str], hint: Hint) -> list[str]:
    """Names for properties the schema does not declare, each allowed by all that is said of names."""
    lacking = form.least - len(taken - form.absent)
    wants_more = not taken and form.fullest != 0
    has_patterns = [pattern for shape in form.shapes for pattern, place in shape.patterns if place.schema is not False]
    if lacking <= 0 and not wants_more and not has_patterns:
        return []
    count = max(lacking, _MADE_UP if not taken else 2)
    allowed = _name_check(graph, form)
    found: dict[str, None] = {}
    for matching in [*has_patterns, None]:
        if matching is None and lacking <= len(found) and not (wants_more and not has_patterns):
            break
        wanted = max(lacking, min(count, 3 if has_patterns else count))
        for name in _names(graph, form, hint, wanted, matching):
            if (
                name not in taken
                and name not in found
                and allowed(name)
                and not _is_dead(graph, form.of_property(name))
            ):
                found[name] = None
                wanted -= 1
            if not wanted:
                break
    return list(found)


def _names(graph: Graph, form: Form, hint: Hint, wanted: int, matching: str | None) -> list[str]:
    names = Form() if not form.names else collect(graph.document, tuple(form.names), {})
    if names.values is not None:
        return [name for name in names.values if isinstance(name, str)]
    return fitting_names(names, hint, wanted + 4, matching)

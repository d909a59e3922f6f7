"""From forms to nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from ...records import Json
from .building_arrays import array_node
from .building_objects import object_node
from .checking import Checked
from .examples import with_samples
from .forms import TYPES, Dead, Form, Places
from .names import Hint
from .nodes import Choice, Fixed, Leaf, Node, Nothing
from .notes import described
from .numbers import integer_node, number_node
from .strings import string_node

if TYPE_CHECKING:
    from .graph import Graph

_PLAIN = ("string", "number", "boolean", "null")


def build(graph: Graph, places: Places, hint: Hint) -> Node:
    """The node of values that satisfy all the places."""
    forms, reason = graph.branches.of(places)
    hint = described(graph.document, places, hint)
    if not forms:
        return Nothing(reason or Dead("allOf", places[0].pointer if places else "#", "no branch of it can hold"))
    nodes = [_node_of(graph, form, places, hint) for form in forms]
    return nodes[0] if len(nodes) == 1 else Choice(nodes)


def _checked(graph: Graph, form: Form, places: Places, node: Node) -> Node:
    if not form.needs_check or isinstance(node, Nothing):
        return node
    if isinstance(node, Fixed):
        return _valid_among(graph, node.values, places, "type")
    return Checked(node, graph.validator(places))


def _valid_among(graph: Graph, values: list[Json], places: Places, keyword: str) -> Node:
    is_valid = graph.validator(places).is_valid
    kept = [value for value in values if is_valid(value)]
    if kept:
        return Fixed(kept)
    why = "none of its values satisfies the rest of the schema"
    return Nothing(Dead(keyword, places[0].pointer if places else "#", why))


def _node_of(graph: Graph, form: Form, places: Places, hint: Hint) -> Node:
    if form.values is not None:
        return _valid_among(graph, form.values, places, "enum")
    kinds = _kinds(form, hint, is_record=places == (graph.document.root,))
    if not kinds:
        return Nothing(Dead("type", places[0].pointer if places else "#", "no type is left"))
    weights = [0.2 if kind == "null" else 1.0 for kind in kinds]
    if not form.is_typed:
        others = [kind for kind in _PLAIN if kind in form.types and kind not in kinds]
        others = others if form.needs_check else others[:1]
        kinds, weights = [*kinds, *others], weights + [0.0] * len(others)
    nodes = [_checked(graph, form, places, _node_of_type(graph, form, kind, places, hint)) for kind in kinds]
    return nodes[0] if len(nodes) == 1 else Choice(nodes, weights)


def _kinds(form: Form, hint: Hint, *, is_record: bool) -> list[str]:
    """The types to draw: those of the schema; without any, those its keywords speak of; a record is an object then."""
    types = [kind for kind in TYPES if kind in form.types and not (kind == "integer" and "number" in form.types)]
    if form.is_typed:
        return types
    implied = [kind for kind in types if kind in form.implied or (kind == "integer" and "number" in form.implied)]
    if implied:
        return implied
    if is_record and "object" in types:
        return ["object"]
    samples = {_type_of(sample) for sample in form.samples}
    sampled = [kind for kind in types if kind in samples]
    plain = [kind for kind in types if kind in _PLAIN and kind != "null"]
    return sampled or (plain if not hint.words else plain[:1]) or types


def _type_of(value: Json) -> str:
    known = {str: "string", bool: "boolean", int: "number", float: "number", dict: "object", list: "array"}
    return known.get(type(value), "null")


def _node_of_type(graph: Graph, form: Form, kind: str, places: Places, hint: Hint) -> Node:
    node = _plain_node(graph, form, kind, places, hint)
    if isinstance(node, Nothing) and places:
        return node.found_in(places[0])
    return with_samples(node, kind, form.samples, lambda: graph.validator(places).is_valid)


def _plain_node(graph: Graph, form: Form, kind: str, places: Places, hint: Hint) -> Node:
    match kind:
        case "null":
            return Fixed([None])
        case "boolean":
            return Leaf(lambda rows: (rows.in_turn(2) == 1).tolist(), pa.bool_())
        case "integer":
            return integer_node(form, hint)
        case "number":
            return number_node(form, hint)
        case "string":
            return string_node(form, hint, lambda: graph.validator(places))
        case "array":
            return array_node(graph, form, places, hint)
        case _:
            return object_node(graph, form, places, hint)

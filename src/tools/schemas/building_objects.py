"""From forms to nodes: objects, and names for properties that no schema names."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from ...records import Json
from .checking import Checked
from .forms import Dead, Form, Places
from .keywords import collect
from .names import Hint, kind_of, topics_of, words_of
from .nodes import Node, Nothing
from .notes import has_samples
from .objects import ObjectNode, Property
from .property_names import fitting_names
from .relating import relations_of

if TYPE_CHECKING:
    from .graph import Graph

MAX_PROPERTIES = 2_000
"""The most properties that an object may have to make up."""

_MORE, _MOST, _MADE_UP = 2, 3, 5
"""How many names are made up beside declared ones, for a pattern, and where there are no others."""


def object_node(graph: Graph, form: Form, places: Places, hint: Hint) -> Node:
    """The declared properties; more where a pattern, a lower bound or the lack of declared ones asks for it."""
    pointer = places[0].pointer if places else "#"
    _close_needs(form)
    if form.required.keys() & form.absent:
        name = next(iter(form.required.keys() & form.absent))
        return Nothing(Dead("required", pointer, f"{name!r} is both required and ruled out"))
    if form.least > MAX_PROPERTIES:
        return Nothing(Dead("minProperties", pointer, f"{form.least} are more than {MAX_PROPERTIES}"))
    names = _declared(form)
    made_up = _made_up(graph, form, set(names) | form.absent, hint)
    kind, beside = kind_of(hint, names), topics_of(names, lambda name: has_samples(form.of_property(name)))
    allowed = _name_check(graph, form)
    is_lacking = form.least > len(form.required)
    properties = []
    for name in [*names, *made_up]:
        inside = form.of_property(name)
        is_required = name in form.required
        if not is_required and (not allowed(name) or _is_dead(graph, inside)):
            continue
        if is_required and not allowed(name):
            return Nothing(Dead("propertyNames", pointer, f"the required name {name!r} is not allowed"))
        cell = graph.cell(inside, Hint(kind, words_of(name), beside=beside), now=is_required or is_lacking)
        is_plain = all(graph.document.is_plain(place) for place in inside)
        properties.append(Property(name, cell, is_required, is_plain))
    possible = len(properties) if form.fullest is None else min(form.fullest, len(properties))
    if max(form.least, len(form.required)) > possible:
        why = f"{max(form.least, len(form.required))} properties are wanted, {possible} are possible"
        return Nothing(Dead("minProperties", pointer, why))

    def judge_of(name: str) -> Callable[[Json], bool]:
        return graph.validator(form.of_property(name)).is_valid

    is_closed = any(shape.additional is not None and shape.additional.schema is False for shape in form.shapes)
    node = ObjectNode(
        properties,
        least=form.least,
        most=form.fullest,
        needs=form.needs,
        is_closed=is_closed and not made_up,
        relations=relations_of([one.name for one in properties], judge_of),
    )
    is_sure = not form.needs or (form.fullest is None and not form.least)
    return node if is_sure else Checked(node, graph.validator(places))


def _declared(form: Form) -> list[str]:
    """The names that the schema speaks of: its properties, and what they need beside them."""
    names = dict.fromkeys(form.declared)
    for name in list(names):
        names.update(form.needs.get(name, {}))
    return [name for name in names if name not in form.absent]


def _is_dead(graph: Graph, places: Places) -> bool:
    """Whether the places' own keywords leave no value, so that the property must be absent."""
    return any(place.schema is False and not place.negated for place in places) or (
        any(place.negated for place in places) and not graph.branches.can_meet(places)
    )


def _close_needs(form: Form) -> None:
    """Makes what each property needs all that it needs in the end; what a required one needs is required as well."""
    for name in form.needs:
        needed, todo = form.needs[name], list(form.needs[name])
        while todo:
            more = [other for other in form.needs.get(todo.pop(), ()) if other not in needed]
            needed.update(dict.fromkeys(more))
            todo += more
    for name in list(form.required):
        for other in form.needs.get(name, ()):
            form.required.setdefault(other, form.required[name])


def _name_check(graph: Graph, form: Form) -> Callable[[str], bool]:
    if not form.names:
        return lambda name: True
    return graph.validator(tuple(form.names)).is_valid


def _made_up(graph: Graph, form: Form, taken: set[str], hint: Hint) -> list[str]:
    """Names for properties the schema does not declare, each allowed by all that is said of names.

    Some for each pattern; others where the schema says of what kind they are, where it declares none, or where there
    must be more.
    """
    allowed = _name_check(graph, form)
    found: dict[str, None] = {}
    lacking = form.least - len(taken - form.absent)

    def take(wanted: int, matching: str | None) -> None:
        for name in _names(graph, form, hint, wanted, matching) if wanted > 0 else ():
            is_new = name not in taken and name not in found
            if is_new and allowed(name) and not _is_dead(graph, form.of_property(name)):
                found[name] = None
                wanted -= 1
            if not wanted:
                return

    patterns = [pattern for shape in form.shapes for pattern, place in shape.patterns if place.schema is not False]
    for pattern in patterns:
        take(max(lacking, _MORE if taken else _MOST), pattern)
    usual = (_MORE if _tells_of_others(form) else 0) if taken else _MADE_UP
    take(max(lacking - len(found), 0 if patterns or form.fullest == 0 else usual), None)
    return list(found)


def _tells_of_others(form: Form) -> bool:
    """Whether a schema describes the properties that it does not name."""
    others = [shape.additional.schema for shape in form.shapes if shape.additional is not None]
    return any(isinstance(schema, dict) and schema for schema in others)


def _names(graph: Graph, form: Form, hint: Hint, wanted: int, matching: str | None) -> Iterable[str]:
    names = Form() if not form.names else collect(graph.document, tuple(form.names), {})
    if names.values is not None:
        return [name for name in names.values if isinstance(name, str)]
    return fitting_names(names, hint, wanted + 4, matching)

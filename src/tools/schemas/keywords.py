"""What each keyword adds to a form."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from ...records import Json
from . import contents, formats
from .applying import Chosen, applied, contained_of, opposed, scope_of, shape_of, tuple_of
from .forms import Dead, Form, Places, lower, whole
from .places import Document, Place

Keyword = Callable[[Document, Form, Place, Json], None]

_CHECKED = frozenset({"$dynamicRef", "$recursiveRef", "unevaluatedProperties", "unevaluatedItems"})
"""Keywords that look at more than the form of one value: what they refuse is found when records are checked."""


def collect(document: Document, places: Places, chosen: Chosen) -> Form:
    """The form of all the places at once, with the options that are chosen; open choices are its `groups`."""
    form, seen, todo = Form(), set[str](), list({place.key: place for place in reversed(places)}.values())
    starts = {place.key for place in places}
    while todo and form.dead is None:
        place = todo.pop()
        if place.key in seen:
            form.needs_check |= place.key in starts  # it refers to itself in place: validators have their own ways
            continue
        seen.add(place.key)
        if place.opposite().key in seen:
            form.dead = Dead("not", place.pointer, "a value must satisfy it and must not")
        elif place.negated:
            more, groups = opposed(document, place, chosen)
            form.groups += groups
            todo.extend(reversed(more))
            if not more and not groups:
                form.excluded.append(place.opposite())
        elif place.schema is False:
            form.dead = Dead("false", place.pointer, "the schema `false` allows no value")
        elif isinstance(place.schema, dict):
            todo.extend(reversed(_add(document, form, place, chosen)))
    _settle(form, places)
    return form


def _add(document: Document, form: Form, place: Place, chosen: Chosen) -> list[Place]:
    """Adds a schema's keywords to the form; gives the places that must hold as well."""
    more, groups = applied(document, place, chosen)
    form.groups += groups
    if document.is_reference_alone(place.schema):
        return more
    form.needs_check |= not _CHECKED.isdisjoint(place.schema)
    for keyword, value in place.schema.items():
        add = _KEYWORDS.get(keyword)
        if add is not None:
            add(document, form, place, value)
    if (shape := shape_of(document, place)) is not None:
        form.implied.add("object")
        form.shapes.append(shape)
    if (row := tuple_of(document, place)) is not None:
        form.implied.add("array")
        form.tuples.append(row)
    for keyword, family in (("unevaluatedProperties", "object"), ("unevaluatedItems", "array")):
        if keyword in place.schema:
            form.implied.add(family)
            form.scopes.append(scope_of(document, place, keyword, chosen))
    return more


def _settle(form: Form, places: Places) -> None:
    if form.dead is None and not form.types and places:
        form.refuse("type", places[0], "no type is left that all its schemas allow")
    if form.dead is None and form.values == [] and places:
        form.refuse("enum", places[0], "no value is left that all its schemas allow")


def _type(document: Document, form: Form, place: Place, value: Json) -> None:
    form.is_typed = True
    form.keep_types([value] if isinstance(value, str) else value)


def same(one: Json, other: Json) -> bool:
    """Equality as JSON Schema has it: 1 equals 1.0, but not true."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return (type(one) is type(other) and one == other) or (
        isinstance(one, int | float) and isinstance(other, int | float) and one == other
    )


def _enum(document: Document, form: Form, place: Place, value: Json) -> None:
    if form.values is None:
        form.values = list(value)
    else:
        form.values = [old for old in form.values if any(same(old, new) for new in value)]


def _const(document: Document, form: Form, place: Place, value: Json) -> None:
    if document.draft != "4":
        _enum(document, form, place, [value])


def _bound(is_low: bool, is_open: bool) -> Keyword:
    other = "exclusiveMinimum" if is_low else "exclusiveMaximum"

    def add(document: Document, form: Form, place: Place, value: Json) -> None:
        if isinstance(value, bool):
            return
        form.implied.add("number")
        shut = is_open or (document.draft == "4" and place.schema.get(other) is True)
        (form.at_least if is_low else form.at_most)(value, shut)

    return add


def _multiple(document: Document, form: Form, place: Place, value: Json) -> None:
    form.implied.add("number")
    form.steps.append(Fraction(str(value)))


def _at_least(attribute: str, family: str) -> Keyword:
    def add(document: Document, form: Form, place: Place, value: Json) -> None:
        form.implied.add(family)
        setattr(form, attribute, max(getattr(form, attribute), whole(value)))

    return add


def _at_most(attribute: str, family: str) -> Keyword:
    def add(document: Document, form: Form, place: Place, value: Json) -> None:
        form.implied.add(family)
        setattr(form, attribute, lower(getattr(form, attribute), int(value)))

    return add


def _pattern(document: Document, form: Form, place: Place, value: Json) -> None:
    form.implied.add("string")
    if value not in form.patterns:
        form.patterns.append(value)


def _format(document: Document, form: Form, place: Place, value: Json) -> None:
    if value in formats.KNOWN:
        form.implied.add("string")
    if value not in form.formats:
        form.formats.append(value)


def _content(document: Document, form: Form, place: Place, value: Json) -> None:
    if value in contents.KNOWN:
        form.implied.add("string")
        form.contents.add(value)


def _unique(document: Document, form: Form, place: Place, value: Json) -> None:
    form.is_unique = form.is_unique or value is True


def _contains(document: Document, form: Form, place: Place, value: Json) -> None:
    form.implied.add("array")
    form.contained.append(contained_of(document, place))


def _required(document: Document, form: Form, place: Place, value: Json) -> None:
    if isinstance(value, list):
        form.implied.add("object")
        form.required.update((name, place) for name in value if name not in form.required)


def _names(document: Document, form: Form, place: Place, value: Json) -> None:
    form.implied.add("object")
    form.names.append(document.child(place, "propertyNames"))


def _needs(document: Document, form: Form, place: Place, value: Json) -> None:
    for name, needed in value.items():
        names = [needed] if isinstance(needed, str) else needed
        if isinstance(names, list):
            form.implied.add("object")
            form.needs.setdefault(name, {}).update(dict.fromkeys(names))


def _samples(document: Document, form: Form, place: Place, value: Json) -> None:
    form.samples.extend(value if isinstance(value, list) else ())


def _sample(document: Document, form: Form, place: Place, value: Json) -> None:
    form.samples.append(value)


_KEYWORDS: dict[str, Keyword] = {
    "type": _type,
    "enum": _enum,
    "const": _const,
    "minimum": _bound(True, False),
    "maximum": _bound(False, False),
    "exclusiveMinimum": _bound(True, True),
    "exclusiveMaximum": _bound(False, True),
    "multipleOf": _multiple,
    "minLength": _at_least("shortest", "string"),
    "maxLength": _at_most("longest", "string"),
    "pattern": _pattern,
    "format": _format,
    "contentEncoding": _content,
    "contentMediaType": _content,
    "minItems": _at_least("fewest", "array"),
    "maxItems": _at_most("most", "array"),
    "uniqueItems": _unique,
    "contains": _contains,
    "required": _required,
    "minProperties": _at_least("least", "object"),
    "maxProperties": _at_most("fullest", "object"),
    "propertyNames": _names,
    "dependencies": _needs,
    "dependentRequired": _needs,
    "examples": _samples,
    "example": _sample,
    "default": _sample,
}

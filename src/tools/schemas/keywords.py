"""What each keyword adds to a form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

from ...records import Json
from . import formats
from .forms import Contained, Form, Group, Places, Shape, Tuple, lower, whole
from .places import Document, Place

Choice = Mapping[str, int]
Keyword = Callable[[Document, Form, Place, Json], None]


def collect(document: Document, places: Places, chosen: Choice) -> Form:
    """The form of all the places at once, with the options that are chosen; open choices are its `groups`."""
    form, seen, todo = Form(), set(), list(reversed(places))
    while todo and form.dead is None:
        place = todo.pop()
        if place.key in seen:
            continue
        seen.add(place.key)
        if place.negated:
            form.excluded.append(place.opposite())
        elif place.schema is False:
            form.refuse("false", place, "the schema `false` allows no value")
        elif isinstance(place.schema, dict):
            todo.extend(reversed(_add(document, form, place, chosen)))
    _settle(form, places)
    return form


def _add(document: Document, form: Form, place: Place, chosen: Choice) -> list[Place]:
    """Adds a schema's keywords to the form; gives the places that must hold as well."""
    schema = place.schema
    if "$ref" in schema and not document.is_modern:
        return [document.resolve(place, schema["$ref"])]
    more = [
        document.resolve(place, schema[keyword])
        for keyword in ("$ref", "$dynamicRef", "$recursiveRef")
        if isinstance(schema.get(keyword), str)
    ]
    form.needs_check |= "$dynamicRef" in schema or "$recursiveRef" in schema
    more += [document.child(place, "allOf", str(at)) for at in range(len(schema.get("allOf", ())))]
    for keyword, value in schema.items():
        add = _KEYWORDS.get(keyword)
        if add is not None:
            add(document, form, place, value)
    _add_shape(document, form, place)
    _add_tuple(document, form, place)
    for group in _groups(document, place):
        if group.key in chosen:
            more.extend(group.options[chosen[group.key]])
        elif len(group.options) == 1:
            more.extend(group.options[0])
        else:
            form.groups.append(group)
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


def _unique(document: Document, form: Form, place: Place, value: Json) -> None:
    form.is_unique = form.is_unique or value is True


def _contains(document: Document, form: Form, place: Place, value: Json) -> None:
    form.implied.add("array")
    least = whole(place.schema.get("minContains", 1)) if document.is_modern else 1
    most = place.schema.get("maxContains") if document.is_modern else None
    form.contained.append(Contained(document.child(place, "contains"), least, most))


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


def _not(document: Document, form: Form, place: Place, value: Json) -> None:
    form.excluded.append(document.child(place, "not"))


def _samples(document: Document, form: Form, place: Place, value: Json) -> None:
    form.samples.extend(value if isinstance(value, list) else ())


def _sample(document: Document, form: Form, place: Place, value: Json) -> None:
    form.samples.append(value)


def _unevaluated(document: Document, form: Form, place: Place, value: Json) -> None:
    form.unevaluated.append(document.child(place, "unevaluatedProperties"))
    form.implied.add("object")
    form.needs_check = True


def _unevaluated_items(document: Document, form: Form, place: Place, value: Json) -> None:
    form.implied.add("array")
    form.needs_check = True


def _add_shape(document: Document, form: Form, place: Place) -> None:
    schema = place.schema
    if not any(keyword in schema for keyword in ("properties", "patternProperties", "additionalProperties")):
        return
    form.implied.add("object")
    shape = Shape({name: document.child(place, "properties", name) for name in schema.get("properties", ())})
    shape.patterns = [
        (pattern, document.child(place, "patternProperties", pattern))
        for pattern in schema.get("patternProperties", ())
    ]
    if isinstance(schema.get("additionalProperties"), dict | bool):
        shape.additional = document.child(place, "additionalProperties")
    form.shapes.append(shape)


def _add_tuple(document: Document, form: Form, place: Place) -> None:
    schema = place.schema
    by_place = "prefixItems" if document.draft == "2020-12" else "items"
    others = "items" if document.draft == "2020-12" else "additionalItems"
    row = Tuple()
    if isinstance(schema.get(by_place), list):
        row.first = [document.child(place, by_place, str(at)) for at in range(len(schema[by_place]))]
        others_hold = True
    else:
        others_hold = document.draft == "2020-12"
    if others_hold and isinstance(schema.get(others), dict | bool):
        row.rest = document.child(place, others)
    elif isinstance(schema.get("items"), dict | bool):
        row.rest = document.child(place, "items")
    elif not row.first and "unevaluatedItems" in schema:
        row.rest = document.child(place, "unevaluatedItems")
    if row.first or row.rest is not None:
        form.implied.add("array")
        form.tuples.append(row)


def _groups(document: Document, place: Place) -> list[Group]:
    schema, groups = place.schema, []
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema:
            options = [document.child(place, keyword, str(at)) for at in range(len(schema[keyword]))]
            groups.append(Group(f"{place.pointer}/{keyword}", _exclusive(options, keyword == "oneOf")))
    if "if" in schema and document.draft not in ("4", "6") and ("then" in schema or "else" in schema):
        test = document.child(place, "if")
        then = (document.child(place, "then"),) if "then" in schema else ()
        other = (document.child(place, "else"),) if "else" in schema else ()
        groups.append(Group(f"{place.pointer}/if", ((test, *then), (test.opposite(), *other))))
    for keyword in ("dependentSchemas", "dependencies"):
        for name, sub in schema.get(keyword, {}).items():
            if isinstance(sub, dict | bool):
                groups.append(_dependent(document, place, keyword, name))
    return groups


def _exclusive(options: list[Place], is_one: bool) -> tuple[Places, ...]:
    if not is_one:
        return tuple((option,) for option in options)
    others = [option.opposite() for option in options]
    return tuple((option, *others[:at], *others[at + 1 :]) for at, option in enumerate(options))


def _dependent(document: Document, place: Place, keyword: str, name: str) -> Group:
    key = f"{place.pointer}/{keyword}/{name}"
    present = Place({"required": [name]}, f"{key}#present", place.base)
    return Group(key, ((present, document.child(place, keyword, name)), (present.opposite(),)))


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
    "not": _not,
    "examples": _samples,
    "example": _sample,
    "default": _sample,
    "unevaluatedProperties": _unevaluated,
    "unevaluatedItems": _unevaluated_items,
}

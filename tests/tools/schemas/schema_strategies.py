"""Schemas of all keywords, for properties that must hold of any of them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

NAMES = ("name", "email", "id", "price", "tags", "start_date", "kind", "a", "b")
PATTERNS = (
    "^[a-z]+$",
    "^x-",
    "[0-9]{2,4}",
    r"^(foo|bar)_\d+$",
    r"^\S+$",
    "^[^aeiou]{3}$",
    r"\.json$",
    "^(?!foo)[a-z]{3,5}$",
    "^(?=.*[0-9])[a-z0-9]{2,9}$",
    "^.{2,}$",
)
FORMATS = ("date", "date-time", "email", "uri", "uuid", "ipv4", "ipv6", "hostname", "time", "duration", "unknown")
TYPES = ("string", "integer", "null", "boolean", "number", "array", "object")
NEW, OLD = "https://json-schema.org/draft/2020-12/schema", "http://json-schema.org/draft-07/schema#"

Schemas = st.SearchStrategy[Any]

numbers = st.integers(-20, 20)
names = st.sampled_from(NAMES)
few_names = st.lists(names, max_size=3, unique=True)
values = st.sampled_from(("a", "b", "foo", 1, 2, None, True, 2.5, {"k": 1}, [1]))


def keywords(**optional: st.SearchStrategy[Any]) -> Schemas:
    """Schemas with any of these keywords."""
    return st.fixed_dictionaries({}, optional=optional)


leaves: Schemas = st.one_of(
    st.booleans().filter(bool),
    st.builds(
        lambda low, more: {"type": "integer", "minimum": low, "maximum": low + more}, numbers, st.integers(0, 30)
    ),
    st.builds(lambda low, step: {"type": "integer", "minimum": low, "multipleOf": step}, numbers, st.integers(2, 7)),
    st.builds(
        lambda low, more: {"type": "string", "minLength": low, "maxLength": low + more},
        st.integers(0, 9),
        st.integers(0, 20),
    ),
    st.builds(lambda pattern: {"type": "string", "pattern": pattern}, st.sampled_from(PATTERNS)),
    st.builds(lambda name: {"type": "string", "format": name}, st.sampled_from(FORMATS)),
    st.builds(lambda listed: {"enum": listed}, st.lists(values, min_size=1, max_size=4, unique_by=repr)),
    st.builds(lambda value: {"const": value}, values),
    st.builds(lambda kinds: {"type": kinds}, st.lists(st.sampled_from(TYPES), min_size=1, max_size=3, unique=True)),
    keywords(minimum=numbers, minLength=st.integers(0, 4), pattern=st.sampled_from(PATTERNS)),
)


def objects(inner: Schemas, *, is_new: bool) -> Schemas:
    """Schemas of objects."""
    more: dict[str, Schemas] = {"dependencies": st.dictionaries(names, st.one_of(few_names, inner), max_size=2)}
    if is_new:
        more = {
            "dependentRequired": st.dictionaries(names, few_names, max_size=2),
            "dependentSchemas": st.dictionaries(names, inner, max_size=1),
            "unevaluatedProperties": st.one_of(st.just(False), inner),
        }
    return keywords(
        type=st.just("object"),
        properties=st.dictionaries(names, inner, max_size=4),
        required=few_names,
        additionalProperties=st.one_of(st.just(False), inner),
        patternProperties=st.dictionaries(st.sampled_from(PATTERNS), inner, max_size=1),
        propertyNames=st.sampled_from(({"maxLength": 6}, {"pattern": "^[a-z_]+$"}, {"enum": list(NAMES)})),
        minProperties=st.integers(0, 3),
        maxProperties=st.integers(3, 6),
        **more,
    )


def arrays(inner: Schemas, *, is_new: bool) -> Schemas:
    """Schemas of arrays."""
    parts = st.lists(inner, min_size=1, max_size=3)
    others = st.one_of(st.just(False), inner)
    like = inner.filter(lambda schema: schema is not True)  # the reference stumbles over it beside `additionalItems`
    more: dict[str, Schemas] = {"items": st.one_of(like, parts), "additionalItems": others}
    if is_new:
        more = {
            "prefixItems": parts,
            "items": others,
            "minContains": st.integers(0, 2),
            "maxContains": st.integers(2, 4),
            "unevaluatedItems": others,
        }
    return keywords(
        type=st.just("array"),
        minItems=st.integers(0, 3),
        maxItems=st.integers(3, 6),
        uniqueItems=st.booleans(),
        contains=inner,
        **more,
    )


def combined(inner: Schemas) -> Schemas:
    """Schemas that put others together."""
    options = st.lists(inner, min_size=1, max_size=3)
    return keywords(
        allOf=st.lists(inner, min_size=1, max_size=2),
        anyOf=options,
        oneOf=options,
    ) | st.one_of(
        st.builds(lambda part: {"not": part}, inner),
        st.builds(lambda test, then, other: {"if": test, "then": then, "else": other}, inner, inner, inner),
    )


def schemas(*, is_new: bool) -> Schemas:
    """Schemas of a draft, with a definition that may hold itself inside."""
    where = "$defs" if is_new else "definitions"
    whole = st.recursive(
        leaves,
        lambda inner: st.one_of(
            objects(inner, is_new=is_new),
            arrays(inner, is_new=is_new),
            combined(inner),
            st.just({"type": "object", "properties": {"more": {"$ref": f"#/{where}/part"}}}),
        ),
        max_leaves=8,
    )
    return st.builds(
        lambda root, part: {"$schema": NEW if is_new else OLD, "allOf": [root], where: {"part": part}}, whole, leaves
    )

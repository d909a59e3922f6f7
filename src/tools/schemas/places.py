"""A schema document and the places in it: local references resolved, foreign ones refused, never fetched."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote, unquote, urldefrag, urljoin

from ...errors import SchemaError, UnservableSchema
from ...records import Json
from . import drafts, regexes

_NAMELESS = "schema:///record"

_HOLDING = frozenset(
    "properties items prefixItems additionalProperties patternProperties if dependentSchemas required contains "
    "$dynamicRef $recursiveRef".split()
)
"""Keywords of values that may hold others."""


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A subschema where it stands: `pointer` from the document's root, `base` URI for its references.

    `negated` turns it into its opposite: what must not hold.
    """

    schema: Json
    pointer: str
    base: str
    negated: bool = False

    @property
    def key(self) -> str:
        """Tells places apart."""
        return f"!{self.pointer}" if self.negated else self.pointer

    def opposite(self) -> Place:
        """What holds where this does not."""
        return Place(self.schema, self.pointer, self.base, not self.negated)


class Document:
    """One schema, in one draft.

    Raises:
        SchemaError: it is no JSON Schema.
        UnservableSchema: it is nested too deeply.

    """

    def __init__(self, schema: Json, where: str) -> None:
        self.draft, self.schema = drafts.accepted(schema, where)
        self.where = where
        self._id = "id" if self.draft == "4" else "$id"
        self.is_modern = self.draft in ("2019-09", "2020-12")
        self.root = Place(self.schema, "#", self._base_of(self.schema, ""))
        self.memory: dict[str, dict[str, object]] = {}
        self._children: dict[tuple[str, tuple[str, ...]], Place] = {}
        self._resolved: dict[tuple[str, str], Place] = {}
        self._metaschemas: dict[str, Json] = {}
        self._validators: dict[tuple[str, ...], Any] = {}

    def is_reference_alone(self, schema: dict[str, Json]) -> bool:
        """Whether a schema is nothing but its `$ref`: before 2019-09, what stands beside it is ignored."""
        return "$ref" in schema and not self.is_modern

    def _base_of(self, schema: Json, base: str) -> str:
        if not isinstance(schema, dict) or self.is_reference_alone(schema):
            return base
        name = schema.get(self._id)
        if not isinstance(name, str) or name.startswith("#"):
            return base
        return urldefrag(urljoin(base, name) if base else name).url

    def child(self, place: Place, *parts: str) -> Place:
        """The place that the parts of a JSON pointer lead to."""
        key = place.pointer, parts
        found = self._children.get(key)
        if found is None:
            found = self._children[key] = self._below(place, parts)
        return found

    def _below(self, place: Place, parts: tuple[str, ...]) -> Place:
        schema, base = place.schema, place.base
        for part in parts:
            schema = schema[int(part)] if isinstance(schema, list) else schema[part]
            base = self._base_of(schema, base)
        escaped = (part.replace("~", "~0").replace("/", "~1") for part in parts)
        return Place(schema, f"{place.pointer}/{'/'.join(escaped)}", base)

    @cached_property
    def _named(self) -> dict[str, Place]:
        """Every place with an identifier or an anchor, by its URI."""
        return self._index(self.root, {self.root.base: self.root})

    def _index(self, root: Place, named: dict[str, Place]) -> dict[str, Place]:
        todo = [root]
        while todo:
            place = todo.pop()
            todo.extend(self.child(place, *parts) for parts, _ in drafts.subschemas(place.schema))
            if not isinstance(place.schema, dict):
                continue
            name = place.schema.get(self._id)
            if isinstance(name, str):
                named.setdefault(f"{place.base}{name}" if name.startswith("#") else place.base, place)
            for keyword in ("$anchor", "$dynamicAnchor"):
                if isinstance(place.schema.get(keyword), str):
                    named.setdefault(f"{place.base}#{place.schema[keyword]}", place)
        return named

    def _resource(self, uri: str) -> Place | None:
        if uri == self.root.base:
            return self.root
        if uri in self._named or "json-schema.org/draft" not in uri:
            return self._named.get(uri)
        from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped]

        known = REGISTRY.get(uri) or REGISTRY.get(f"{uri}#")
        if known is None:
            return None
        self._metaschemas[uri] = known.contents
        metaschema = Place(known.contents, f"{uri}#", uri)
        self._index(metaschema, self._named)
        return metaschema

    def resolve(self, place: Place, reference: str) -> Place:
        """Where a reference leads.

        Raises:
            SchemaError: nowhere, or outside the document.

        """
        key = place.base, reference
        found = self._resolved.get(key)
        if found is None:
            found = self._resolved[key] = self._target(place, reference)
        return found

    def _target(self, place: Place, reference: str) -> Place:
        target = f"{place.base}{reference}" if reference.startswith("#") else urljoin(place.base, reference)
        uri, fragment = urldefrag(target)
        found = self._resource(uri)
        at = f"{self.where}{place.pointer}"
        if found is None:
            raise SchemaError.at(
                at,
                f"$ref {reference!r} leads outside the schema ({uri}), and nothing is fetched",
                "put what it names under $defs",
            )
        if fragment and not fragment.startswith("/"):
            found = self._named.get(f"{found.base}#{fragment}")
        elif fragment:
            found = self._descend(found, fragment)
        if found is None or not isinstance(found.schema, dict | bool):
            raise SchemaError.at(at, f"$ref {reference!r} leads nowhere")
        return found

    def _descend(self, place: Place, pointer: str) -> Place | None:
        parts = [unquote(part).replace("~1", "/").replace("~0", "~") for part in pointer[1:].split("/")]
        try:
            return self.child(place, *parts)
        except (KeyError, IndexError, ValueError, TypeError):
            return None

    def is_plain(self, place: Place, levels: int = 4) -> bool:
        """Whether the values of a place hold no others, as far as its keywords tell."""
        schema = place.schema
        if not isinstance(schema, dict):
            return True
        kinds = schema.get("type", ())
        kinds = {kinds} if isinstance(kinds, str) else set(kinds)
        if not levels or not _HOLDING.isdisjoint(schema) or not kinds.isdisjoint(("object", "array")):
            return False
        inside = [
            self.child(place, keyword, str(at))
            for keyword in ("allOf", "anyOf", "oneOf")
            for at in range(len(schema.get(keyword, ())))
        ]
        inside += [self.resolve(place, schema["$ref"])] if isinstance(schema.get("$ref"), str) else []
        return all(self.is_plain(one, levels - 1) for one in inside)

    def verify(self) -> None:
        """Follows every reference and compiles every pattern that a record can meet.

        Raises:
            SchemaError: a reference leads nowhere or outside, or a pattern is no regular expression.
            UnservableSchema: a pattern is too large for the validator.

        """
        for place in self.places:
            self._verify_patterns(place)

    @cached_property
    def places(self) -> list[Place]:
        """Every object schema that a record can meet, each once."""
        found: dict[str, Place] = {}
        todo = [self.root]
        while todo:
            place = todo.pop()
            if place.pointer in found or not isinstance(place.schema, dict):
                continue
            found[place.pointer] = place
            todo += self.references(place)
            for parts, _ in drafts.subschemas(place.schema):
                if parts[0] not in ("definitions", "$defs"):
                    todo.append(self.child(place, *parts))
        return list(found.values())

    def references(self, place: Place) -> list[Place]:
        """Where the references of a place lead."""
        if not isinstance(place.schema, dict):
            return []
        named = [place.schema.get(keyword) for keyword in ("$ref", "$dynamicRef", "$recursiveRef")]
        return [self.resolve(place, reference) for reference in named if isinstance(reference, str)]

    def _verify_patterns(self, place: Place) -> None:
        patterns = [place.schema["pattern"]] if "pattern" in place.schema else []
        for pattern in [*patterns, *place.schema.get("patternProperties", ())]:
            problem = regexes.problem_of(pattern)
            if problem:
                at = f"{self.where}{place.pointer}"
                raise SchemaError.at(at, f"pattern {pattern!r} is no regular expression: {problem}")
            if not regexes.is_servable(pattern):
                why = f"the validator cannot compile {pattern!r}: too large, or of another engine"
                raise UnservableSchema("pattern", place.pointer, why)

    @cached_property
    def _registry(self) -> Any:
        import jsonschema_rs

        resources = [(self._uri, self.schema), *self._metaschemas.items()]
        return jsonschema_rs.Registry(resources, draft=self.number)

    @property
    def _uri(self) -> str:
        """Where validators find the document: its own absolute URI, if it has one."""
        return self.root.base if ":" in self.root.base else _NAMELESS

    @property
    def number(self) -> int:
        """The draft as `jsonschema_rs` counts them."""
        import jsonschema_rs

        return int(getattr(jsonschema_rs, f"Draft{self.draft.replace('-', '')}"))

    def validator(self, places: tuple[Place, ...]) -> Any:
        """A compiled validator (formats asserted) of values that must satisfy all the places.

        Raises:
            UnservableSchema: no validator can follow it.

        """
        key = tuple(place.key for place in places)
        if key not in self._validators:
            self._validators[key] = self._compiled(places)
        return self._validators[key]

    def _compiled(self, places: tuple[Place, ...]) -> Any:
        import jsonschema_rs

        schema = {"allOf": [self._reference_to(place) for place in places]}
        try:
            return drafts.validator_class(self.draft)(
                schema, registry=self._registry, validate_formats=True, offline=True
            )
        except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
            why = f"no validator can follow it: {getattr(error, 'message', None) or error}"
            raise UnservableSchema("$ref", places[0].pointer if places else "#", why) from None

    def _reference_to(self, place: Place) -> Json:
        head, mark, fragment = place.pointer.partition("#")
        pointer = f"{head}{mark}{quote(fragment, safe='/~:')}"
        reference = {"$ref": f"{self._uri}{pointer}" if pointer.startswith("#") else pointer}
        return {"not": reference} if place.negated else reference

"""Records that a model might write: valid, distinct, and no two of them alike."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import date
from typing import Any

from faker import Faker

Json = Any
Maker = Callable[[int, Faker], Json]
"""The record of a number, with random values that depend on nothing but this number."""

_OPENINGS = (
    "Hello, {name} here from {city}.",
    "My colleague at {company} told me to write to you.",
    "We run {company} in {city} and need some help.",
    "Last {day} our {job} noticed something odd.",
    "{name} asked me to pass this on.",
    "I have worked as a {job} in {city} for years.",
    "On behalf of {company}:",
    "Since {day} I have been trying to reach {name}.",
)
_QUESTIONS = (
    "Could somebody explain {words}?",
    "What would it take to {bs}?",
    "Is it {words} or rather {words}?",
    "How do we {bs} before {day}?",
    "Who decides on {words}?",
    "Why does {words} matter to {company}?",
)
_FILLINGS: dict[str, Callable[[Faker], Any]] = {
    "name": lambda fake: fake.name(),
    "city": lambda fake: fake.city(),
    "company": lambda fake: fake.company(),
    "day": lambda fake: fake.day_of_week(),
    "job": lambda fake: fake.job().lower(),
    "bs": lambda fake: fake.bs(),
    "words": lambda fake: " ".join(fake.words(4)),
}
_DAYS = (date(2023, 1, 1), date(2025, 12, 31))
_local = threading.local()


def random_values(number: int) -> Faker:
    """Random values for the record of a number: the same ones each time."""
    if not hasattr(_local, "faker"):
        _local.faker = Faker("en_US")
    _local.faker.seed_instance(f"record {number}")
    return _local.faker  # type: ignore[no-any-return]


def passage(fake: Faker) -> str:
    """A few sentences, of which any two passages share hardly a phrase."""
    parts = (fake.random_element(_OPENINGS), " ".join(fake.sentences(2)), fake.random_element(_QUESTIONS))
    return re.sub(r"\{(\w+)\}", lambda gap: str(_FILLINGS[gap[1]](fake)), " ".join(parts))


def from_schema(schema: dict[str, Any]) -> Maker:
    """A maker of values that a JSON Schema allows, with every property filled.

    It knows what model-written records are made of; a pattern, for one, it does not, and says so.
    """
    return lambda number, fake: _value(schema, "", schema, fake)


def _value(schema: dict[str, Any], name: str, root: dict[str, Any], fake: Faker) -> Json:
    if "$ref" in schema:
        schema = _target(schema["$ref"], root)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return fake.random_element(schema["enum"])
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return _value(fake.random_element(schema[key]), name, root, fake)
    kinds = schema.get("type", "object" if "properties" in schema else None)
    kind = fake.random_element(kinds) if isinstance(kinds, list) else kinds
    if kind not in _KINDS:
        raise AssertionError(f"no value is known for {name or 'the record'}: {schema}")
    return _KINDS[kind](schema, name, root, fake)


def _target(reference: str, root: dict[str, Any]) -> dict[str, Any]:
    found: Json = root
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return dict(found)


def _object(schema: dict[str, Any], name: str, root: dict[str, Any], fake: Faker) -> Json:
    if not schema.get("properties"):
        raise AssertionError(f"{name or 'the record'}: nothing is said of its properties: give a maker")
    return {key: _value(part, key, root, fake) for key, part in schema["properties"].items()}


def _array(schema: dict[str, Any], name: str, root: dict[str, Any], fake: Faker) -> Json:
    least = schema.get("minItems", 1)
    size = fake.random_int(least, schema.get("maxItems", least + 2))
    items = [_value(schema["items"], name, root, fake) for _ in range(size)]
    if schema.get("uniqueItems"):
        items = [item for i, item in enumerate(items) if item not in items[:i]]
    return items


def _integer(schema: dict[str, Any], name: str, root: dict[str, Any], fake: Faker) -> Json:
    least = schema.get("minimum", schema.get("exclusiveMinimum", -1) + 1)
    most = schema.get("maximum", schema.get("exclusiveMaximum", least + 10_001) - 1)
    return fake.random_int(int(least), int(most))


def _number(schema: dict[str, Any], name: str, root: dict[str, Any], fake: Faker) -> Json:
    least = schema.get("minimum", schema.get("exclusiveMinimum", 0))
    most = schema.get("maximum", schema.get("exclusiveMaximum", least + 1000))
    return round(least + (most - least) * fake.random_int(1, 999) / 1000, 4)


def _string(schema: dict[str, Any], name: str, root: dict[str, Any], fake: Faker) -> Json:
    if "pattern" in schema:
        raise AssertionError(f"{name}: no string is known for a pattern: give a maker")
    made = _form(schema.get("format") or name, fake) or passage(fake)
    while len(made) < schema.get("minLength", 0):
        made = f"{made} {passage(fake)}"
    most = schema.get("maxLength", len(made))
    return made if len(made) <= most else made[:most].rsplit(" ", 1)[0].ljust(schema.get("minLength", 0), "a")


def _form(form: str, fake: Faker) -> str | None:
    """A string of a format, or for a field whose name says what it holds."""
    forms: dict[str, Callable[[], Any]] = {
        "email": fake.ascii_free_email,
        "date": lambda: fake.date_between(*_DAYS).isoformat(),
        "date-time": lambda: f"{fake.date_between(*_DAYS).isoformat()}T{fake.time()}Z",
        "time": fake.time,
        "uuid": fake.uuid4,
        "uri": lambda: f"https://{fake.domain_word()}.{fake.tld()}/{fake.uri_path()}",
        "phone": lambda: f"+1 {fake.random_element(('212', '415', '503'))} 555 {fake.random_int(1000, 9999)}",
        "name": fake.name,
        "city": fake.city,
        "company": fake.company,
    }
    return str(forms[form]()) if form in forms else None


_KINDS: dict[Json, Callable[..., Json]] = {
    "object": _object,
    "array": _array,
    "string": _string,
    "integer": _integer,
    "number": _number,
    "boolean": lambda schema, name, root, fake: fake.pybool(),
    "null": lambda schema, name, root, fake: None,
}
"""For each JSON type, what makes a value: of the schema, the field's name, the root schema and random values."""

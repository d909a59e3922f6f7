"""Values fit the names of their fields, and the fields of one object agree."""

from typing import Any

import numpy as np
import phonenumbers
import pytest

from dataset_agent.tools.draws import key_of
from dataset_agent.tools.schemas import compile_schema
from dataset_agent.tools.schemas.names import words_of
from dataset_agent.tools.schemas.people import plain
from dataset_agent.tools.schemas.world import FACTS

KEY = key_of(3)
TEXT = {"type": "string"}


def sample(properties: dict[str, Any], count: int = 300, **more: Any) -> list[dict[str, Any]]:
    schema = {"type": "object", "properties": properties, "required": [*properties], **more}
    return compile_schema(schema, key=KEY).sample(np.arange(count))


@pytest.mark.parametrize("name", ["unitPrice", "unit_price", "UNIT-PRICE", "unit price"])
def test_words_of(name: str) -> None:
    assert words_of(name) == ("unit", "price")


def test_a_person_agrees() -> None:
    names = ("first_name", "lastName", "fullName", "email")
    for record in sample(dict.fromkeys(names, TEXT)):
        assert record["fullName"] == f"{record['first_name']} {record['lastName']}"
        assert record["email"].startswith(f"{plain(record['first_name'])}.{plain(record['lastName'])}@")


def test_a_name_means_what_it_belongs_to() -> None:
    (record,) = sample({"customer": {"type": "object", "properties": {"name": TEXT, "email": TEXT},
                                     "required": ["name", "email"]}}, 1)  # fmt: skip
    first, _, last = record["customer"]["name"].partition(" ")
    assert record["customer"]["email"].startswith(f"{plain(first)}.{plain(last)}@")


def test_a_place_agrees() -> None:
    rows = set(zip(*(FACTS[name].values for name in ("city", "country", "country_code", "postal_code")), strict=True))
    for record in sample(dict.fromkeys(("city", "country", "countryCode", "zip_code"), TEXT)):
        assert (record["city"], record["country"], record["countryCode"], record["zip_code"]) in rows


def test_what_starts_comes_before_what_ends() -> None:
    for names in (("start_date", "end_date"), ("created_at", "updated_at")):
        kind = {"type": "string", "format": "date" if names[0] == "start_date" else "date-time"}
        assert all(record[names[0]] < record[names[1]] for record in sample(dict.fromkeys(names, kind)))


def test_a_minimum_is_below_its_maximum() -> None:
    records = sample({name: {"type": "number", "maximum": 500} for name in ("min_price", "maxPrice")})
    assert all(record["min_price"] <= record["maxPrice"] for record in records)


def test_phone_numbers_are_valid() -> None:
    for record in sample({"phone": TEXT}, 400):
        number = phonenumbers.parse(record["phone"])
        assert phonenumbers.is_possible_number(number) and phonenumbers.is_valid_number(number), record


def test_nothing_looks_like_a_placeholder() -> None:
    names = "name email url address description title notes company username id text website domain".split()
    texts = " ".join(str(record) for record in sample(dict.fromkeys(names, TEXT), 1_000)).lower()
    for placeholder in ("example.", "john doe", "lorem ipsum", "todo", "test@", "xxx", "<"):
        assert placeholder not in texts


def test_examples_of_the_schema_turn_up() -> None:
    records = sample({"flavour": {"type": "string", "examples": ["vanilla", "foo"]}})
    texts = [record["flavour"] for record in records]
    assert "vanilla" in texts and "foo" not in texts
    assert len(set(texts)) > 100


def test_lengths_hold_for_named_fields() -> None:
    bounded = {"type": "string", "minLength": 4, "maxLength": 9}
    for record in sample(dict.fromkeys(("name", "email", "address", "description", "city"), bounded)):
        assert all(4 <= len(text) <= 9 for text in record.values()), record

"""Records from JSON Schemas, every one validated by jsonschema-rs, beside Faker and jsf."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dataset_agent.tools.draws import key_of
from dataset_agent.tools.schemas import Validator, compile_schema

from . import faker_rows, schema_rates
from .corpus import Case
from .generators import seeded_jsf
from .measuring import cpu_seconds

FLAT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "email": {"type": "string", "format": "email"},
        "address": {"type": "string"},
        "company": {"type": "string"},
        "age": {"type": "integer", "minimum": 18, "maximum": 99},
        "balance": {"type": "number", "minimum": 0, "maximum": 10_000},
        "registered": {"type": "string", "format": "date"},
        "active": {"type": "boolean"},
    },
    "required": ["name", "email", "address", "company", "age", "balance", "registered", "active"],
    "additionalProperties": False,
}

_PERSON = {
    "type": "object",
    "properties": {
        "first_name": {"type": "string"},
        "last_name": {"type": "string"},
        "email": {"type": "string", "format": "email"},
        "phone": {"type": "string"},
        "address": {
            "type": "object",
            "properties": {name: {"type": "string"} for name in ("street", "city", "postal_code", "country")},
            "required": ["street", "city", "postal_code", "country"],
        },
    },
    "required": ["first_name", "last_name", "email", "phone", "address"],
}

NESTED: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "created_at": {"type": "string", "format": "date-time"},
        "buyer": {"$ref": "#/$defs/person"},
        "seller": {"$ref": "#/$defs/person"},
        "lines": {
            "type": "array",
            "minItems": 2,
            "maxItems": 2,
            "items": {
                "type": "object",
                "properties": {
                    "product": {"type": "string"},
                    "quantity": {"type": "integer", "minimum": 1, "maximum": 99},
                    "price": {"type": "number", "minimum": 0, "maximum": 1000},
                    "color": {"enum": ["red", "green", "blue"]},
                },
                "required": ["product", "quantity", "price", "color"],
            },
        },
        "currency": {"enum": ["EUR", "USD", "JPY"]},
        "paid": {"type": "boolean"},
        "note": {"type": "string"},
        "status": {"type": "string"},
    },
    "required": ["id", "created_at", "buyer", "seller", "lines", "currency", "paid", "note", "status"],
    "$defs": {"person": _PERSON},
}


def leaves(value: Any) -> int:
    """The number of values in a record."""
    if isinstance(value, dict):
        return sum(map(leaves, value.values()))
    return sum(map(leaves, value)) if isinstance(value, list) else 1


def rate(schema: dict[str, Any], rows: int) -> tuple[float, float]:
    """(valid records per CPU second, values in a record)."""
    sampler, validator = compile_schema(schema, key=key_of(1)), Validator(schema)

    def work() -> None:
        for start in range(0, rows, 2000):
            records = sampler.sample(np.arange(start, start + 2000, dtype=np.int64))
            assert all(map(validator.is_valid, records))

    mean = sum(map(leaves, sampler.sample(np.arange(200, dtype=np.int64)))) / 200
    return rows / cpu_seconds(work), mean


def main(cases: Sequence[Case]) -> None:
    faker = faker_rows.rate(faker_rows.eight_fields)
    jsf = faker_rows.rate(seeded_jsf()(FLAT).generate)
    flat, _ = rate(FLAT, 40_000)
    print(
        f"flat, 8 fields: {flat:,.0f} valid records per CPU second, "
        f"{flat / faker:.0f} x Faker ({faker:,.0f}), {flat / jsf:.0f} x jsf ({jsf:,.0f})"
    )
    nested, values = rate(NESTED, 10_000)
    ratio = nested * values / (8 * faker)
    print(
        f"nested, {values:.0f} values: {nested:,.0f} valid records per CPU second, {ratio:.0f} x Faker value by value"
    )
    if cases:
        schema_rates.report(cases)

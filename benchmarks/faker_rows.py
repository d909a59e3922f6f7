"""The baseline: Faker, one call a value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from faker import Faker

from .measuring import cpu_seconds

_FAKE = Faker("en_US")


def eight_fields() -> dict[str, Any]:
    """A record of eight fields."""
    return {
        "name": _FAKE.name(),
        "email": _FAKE.email(),
        "address": _FAKE.street_address(),
        "company": _FAKE.company(),
        "age": _FAKE.random_int(18, 99),
        "balance": _FAKE.pyfloat(min_value=0, max_value=10_000, right_digits=2),
        "registered": _FAKE.date(),
        "active": _FAKE.boolean(),
    }


def question() -> dict[str, Any]:
    """A question from four slots, as a template would have it."""
    number, first, last, city = _FAKE.random_int(100_000, 999_999), _FAKE.first_name(), _FAKE.last_name(), _FAKE.city()
    return {
        "inputs": {"text": f"Where is parcel {number} for {first} {last} in {city}?"},
        "expectations": {"parcel": number, "city": city},
    }


def rate(make: Callable[[], object], count: int = 2000) -> float:
    """Records per CPU second."""
    return count / cpu_seconds(lambda: [make() for _ in range(count)])

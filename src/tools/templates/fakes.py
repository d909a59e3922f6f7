"""Realistic values from Faker, drawn once into a pool."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
import orjson

from ...errors import PlanError
from ...hints import nearest
from ...plan import Slot
from ...records import Json

if TYPE_CHECKING:
    from faker import Faker

_DRAWS_PER_VALUE = 4

_CLOCKLESS = frozenset({"timezone", "pytimezone", "century"})
_CLOCK_BOUND = frozenset({"credit_card_expire", "credit_card_full", "passport_dates", "passport_dob", "passport_full",
                          "profile", "simple_profile"})  # fmt: skip


def fake_values(slot: Slot, key: np.uint64, where: str) -> list[Json]:
    """At most `slot.pool` different values of the slot's Faker provider, the same ones for the same key.

    Drawing stops after four times as many draws. Raises PlanError for an unknown locale or provider, for one that
    reckons from today's date (its values would be others tomorrow), and for arguments that the provider does not take.
    """
    provider = str(slot.faker)
    fake = _faker(slot.locale, where)
    known = {
        name: type(group).__module__
        for group in fake.get_providers()
        for name in dir(group)
        if not name.startswith("_") and callable(getattr(group, name))
    }
    if provider not in known:
        raise PlanError.at(f"{where}.faker", f"Faker has no provider {provider!r}", nearest(provider, sorted(known)))
    if provider in _CLOCK_BOUND or ("date_time" in known[provider] and provider not in _CLOCKLESS):
        raise PlanError.at(
            f"{where}.faker",
            f"Faker's {provider!r} reckons from today's date, so the same plan would give other records tomorrow",
            'use {"dates": [FROM, TO]} with a format, or {"range": [LOW, HIGH]}',
        )
    fake.seed_instance(int(key))
    pool: dict[bytes, Json] = {}
    for _ in range(_DRAWS_PER_VALUE * slot.pool):
        try:
            text = orjson.dumps(fake.format(provider, **slot.args), default=_as_json)
        except (TypeError, ValueError, AttributeError, LookupError) as error:
            raise PlanError.at(f"{where}.args", f"Faker's {provider!r} cannot be drawn: {error}") from None
        pool[text] = orjson.loads(text)
        if len(pool) == slot.pool:
            break
    return list(pool.values())


def _faker(locale: str, where: str) -> Faker:
    # Costs a tenth of a second: only plans with such slots pay for it.
    from faker import Faker
    from faker.config import AVAILABLE_LOCALES

    try:
        # Weights would be lost in a pool of different values; without them drawing is five times as fast.
        return Faker(locale, use_weighting=False)
    except (AttributeError, ValueError):
        mend = nearest(locale, sorted(AVAILABLE_LOCALES))
        raise PlanError.at(f"{where}.locale", f"Faker has no locale {locale!r}", mend) from None


def _as_json(value: object) -> Json:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError  # orjson says which type it was

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

_CLOCK_GROUPS = ("faker.providers.date_time", "faker.providers.user_agent")
_REPEATABLE = frozenset({"timezone", "pytimezone", "century"})
_NOT_REPEATABLE = frozenset(
    "credit_card_expire credit_card_full passport_dates passport_dob passport_full passport_gender profile "
    "simple_profile pydict pylist pyset pystruct pytuple ssn vat_id org_id org_and_vat_id pesel rvnr".split()
)
"""Providers whose values hang on today's date, or on the order of a set, in some locale at least."""


def fake_values(slot: Slot, key: np.uint64, where: str) -> list[Json]:
    """At most `slot.pool` different values of the slot's Faker provider, the same ones for the same key.

    Drawing stops after four times as many draws. Raises PlanError for an unknown locale or provider, for one that
    does not give the same values again (they hang on today's date, say), and for arguments that it does not take.
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
    is_clock_bound = known[provider].startswith(_CLOCK_GROUPS) and provider not in _REPEATABLE
    if is_clock_bound or provider in _NOT_REPEATABLE:
        raise PlanError.at(
            f"{where}.faker",
            f"Faker's {provider!r} gives other values on another day or in another process, so records would differ",
            'use {"dates": [FROM, TO]} with a format, {"range": [LOW, HIGH]}, or a list',
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

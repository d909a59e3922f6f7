"""Which checks a category's candidates have to pass."""

from __future__ import annotations

from typing import Any

from ..plan import Category, Plan
from ..tools.checks import (
    AlignmentCheck,
    Check,
    ContactFormatCheck,
    PlaceholderCheck,
    SchemaCheck,
    TwinCheck,
    stated_fields,
)
from ..tools.draws import key_of
from ..tools.grounding.grounds import Grounds
from ..tools.schemas import Validator
from ..tools.schemas.twins import Faults, Spread


def checks_of(plan: Plan, category: Category, schema: Any, grounds: Grounds) -> list[Check]:
    """The checks of a category, the cheapest first; `schema` is that of a record, or None.

    Records of a grounded task are held to their form and to the source: what that says is no placeholder, whatever it
    looks like. Raises InputError for a schema that is none, or a source that cannot be compared with.
    """
    wanted, checks = plan.checks, list[Check]()
    if schema is not None and (wanted.json_schema or category.task is not None):
        checks.append(SchemaCheck(Validator(schema)))
    if category.twin_share:  # a twin without a true label is worth nothing, whatever checks are wanted
        spread = Spread(key_of(plan.seed, "category", category.name), category.twin_share)
        checks.append(TwinCheck(Faults.of(schema), spread.among))
    if category.task is not None:
        return [*checks, *grounds.checks_of(category)]
    if wanted.placeholder is not False:
        allowed = wanted.placeholder if isinstance(wanted.placeholder, list) else []
        checks.append(PlaceholderCheck(tuple(allowed)))
    if wanted.contact_format:
        checks.append(ContactFormatCheck(stated_fields(schema)))
    if category.render and wanted.alignment is not False:
        checks.append(AlignmentCheck(wanted.alignment))
    return [*checks, *grounds.checks_of(category)]

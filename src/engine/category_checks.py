"""Which checks a category's candidates have to pass."""

from __future__ import annotations

from typing import Any

from ..plan import Category, Plan
from ..tools.checks import AlignmentCheck, Check, ContactFormatCheck, PlaceholderCheck, SchemaCheck, stated_fields
from ..tools.schemas import Validator


def checks_of(plan: Plan, category: Category, schema: Any) -> list[Check]:
    """The checks of a category, the cheapest first; `schema` is that of a record, or None.

    Raises SchemaError where that is none.
    """
    wanted, checks = plan.checks, list[Check]()
    if schema is not None and wanted.json_schema:
        checks.append(SchemaCheck(Validator(schema)))
    if wanted.placeholder is not False:
        allowed = wanted.placeholder if isinstance(wanted.placeholder, list) else []
        checks.append(PlaceholderCheck(tuple(allowed)))
    if wanted.contact_format:
        checks.append(ContactFormatCheck(stated_fields(schema)))
    if category.render and wanted.alignment is not False:
        checks.append(AlignmentCheck(wanted.alignment))
    return checks

"""The template writer: grows one template into many that ask for the same thing in other words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..tools.templates.wording import Parts
from .rewording import Base, Reworded, Rewording

if TYPE_CHECKING:
    from ..endpoints.complete import Complete

ROLE = "template_writer"

MOST = 50
"""The most variations of one template."""


async def write_variations(complete: Complete, base: Base, fields: Sequence[Parts], wanted: int) -> Reworded:
    """Up to `wanted` variations (MOST at the most) of the texts at `fields`.

    Each keeps the slots of its base, the facts it states and its structure, and is new. Raises EndpointError,
    BudgetReached or Stopped.
    """
    return await Rewording(complete, base, fields, role=ROLE, care="question").run(min(wanted, MOST))

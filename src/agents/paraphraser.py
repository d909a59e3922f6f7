"""The paraphraser: says an answer in other words, with the same facts, numbers, names and negations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ..tools.templates.variations import Seen
from ..tools.templates.wording import Parts
from .rewording import Base, Reworded, Rewording

if TYPE_CHECKING:
    from ..endpoints.complete import Complete

ROLE = "paraphraser"


async def paraphrase(complete: Complete, base: Base, fields: Sequence[Parts], wanted: int) -> Reworded:
    """Up to `wanted` paraphrases of the answers at `fields`.

    Each states what its base states, no more and no less, as far as `tools.templates.facts` can tell, and is new among
    the paraphrases of this base: other templates may answer alike. Raises EndpointError, BudgetReached or Stopped.
    """
    alone = replace(base, others=Seen())
    return await Rewording(complete, alone, fields, role=ROLE, care="answer").run(wanted)

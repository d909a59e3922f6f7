"""Records of one template, written and judged as a run would: what tells a template that works from one that parses."""

from __future__ import annotations

import numpy as np
import orjson

from ..errors import InputError
from ..plan import Category, Plan
from ..records import Candidates, Json, Refusal
from ..tools.checks import judge
from ..tools.draws import key_of
from ..tools.grounding.grounds import Grounds
from ..tools.templates.compiling import compile_template
from ..tools.templates.slots import Slots
from .category_checks import checks_of

RECORDS = 32
"""Records of a template that are tried; a template is refused where the checks refuse all of them."""


class TemplateTrial:
    """Tries templates of one category; the values of its slots are read or drawn once."""

    def __init__(self, plan: Plan, category: Category, grounds: Grounds, where: str) -> None:
        """`where` is the category's place in the plan, for messages. Raises SchemaError where its schema is none."""
        self._where = where
        self._key = key_of(plan.seed, "category", category.name)
        self._slots = Slots(category.slots, grounds.tables, self._key, where)
        without_prompts = category.model_copy(update={"render": None})
        self._checks = checks_of(plan, without_prompts, plan.schema_of(category), grounds)

    def refuse(self, template: Json) -> Refusal | None:
        """Why no record of a template is accepted, or it cannot be compiled; None where some are."""
        try:
            candidates = self._write(template, RECORDS)
        except InputError as error:
            return Refusal("parse", error.problems[0].what)
        rows, rejections = judge(self._checks, candidates)
        return None if len(rows) else Refusal(rejections[0].reason, rejections[0].detail)

    def records(self, template: Json, number: int) -> list[Json]:
        """The first records of a template. Raises InputError where it cannot be compiled."""
        return self._write(template, number).values

    def _write(self, template: Json, number: int) -> Candidates:
        compiled = compile_template(template, self._slots, self._key, self._where)
        ordinals = np.arange(min(number, compiled.product.capacity), dtype=np.int64)
        texts = compiled.texts(ordinals)
        return Candidates(ordinals, texts, drawn=[orjson.loads(text) for text in texts.to_pylist()])

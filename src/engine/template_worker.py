"""The template worker: candidates from slot templates, a JSON Schema or a source's facts; no key, no network."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import orjson
import pyarrow as pa

from ..errors import PlanError
from ..plan import Category, Plan
from ..records import Candidates, Int64Array, Json
from ..tools.draws import key_of
from ..tools.grounding.base import GroundedSpace
from ..tools.grounding.grounds import Grounds
from ..tools.grounding.sides import side_text
from ..tools.schemas import PromptWriter, Sampler, compile_prompt, compile_schema
from ..tools.schemas.twins import Twins, compile_twins
from ..tools.templates import TemplateSpace, compile_templates


class TemplateWorker:
    """Writes the candidates of one category; candidate number i is the same whoever asks for it, and when.

    capacity: how many different candidates there are, None where there is no bound. arrow_type: the struct type of a
    record, None where records have none in common.
    """

    def __init__(self, plan: Plan, category: Category, grounds: Grounds, where: str) -> None:
        """Raises InputError for templates or schemas that cannot be used, UnservableSchema for one that none can serve.

        `where` is the category's place in the plan, for messages.
        """
        self._name, self._category = category.name, category
        key = key_of(plan.seed, "category", category.name)
        schema = plan.schema_of(category)
        self._space: TemplateSpace | None = None
        self._sampler: Sampler | None = None
        self._twins: Twins | None = None
        self._prompts: PromptWriter | None = None
        self._grounded: GroundedSpace | None = None
        self._form: pa.DataType | None = None
        if category.task is not None:
            self._grounded = grounds.space_of(category)
            self._form = compile_schema(schema, key=key, where=where).arrow_type
        elif category.templates:
            if category.edge_cases:
                what = "the boundaries are those of a schema; records of templates have none"
                raise PlanError.at(f"{where}.edge_cases", what, "leave it out")
            templates = [_as_record(template, category, schema) for template in category.templates]
            self._space = compile_templates(templates, category.slots, grounds.tables, key=key, where=where)
        elif schema is not None:
            self._sampler = compile_schema(
                schema, key=key, where=f"{where}.record_schema", edge_cases=category.edge_cases
            )
            if share := category.twin_share:
                place = f"{where}.record_schema"
                self._twins = compile_twins(schema, self._sampler, key=key, share=share, where=place)
        else:
            raise PlanError.at(where, "a template worker needs `templates` or a `record_schema`")
        if category.render:
            if schema is None:
                raise PlanError.at(f"{where}.render", "a prompt is rendered from a `record_schema`; there is none")
            self._prompts = compile_prompt(schema, key=key)

    @property
    def capacity(self) -> int | None:
        """How many different candidates there are, or None."""
        if self._grounded:
            return sum(len(lane.numbers) for lane in self._grounded.lanes)
        return self._space.capacity if self._space else None

    @property
    def notes(self) -> list[str]:
        """Rows of sources that no candidate is made from."""
        left_out = self._space.left_out if self._space else []
        return [
            f"{self._name}: template {template + 1} leaves out {rows:,} rows of {slot!r} that have an empty cell"
            for template, slot, rows in left_out
        ]

    @property
    def arrow_type(self) -> pa.DataType | None:
        """The struct type of a record, or None."""
        if self._grounded:
            return self._form
        if self._twins:
            return None  # twins need not fit it
        return self._space.arrow_type if self._space else self._sampler.arrow_type if self._sampler else None

    def sample(self, numbers: Int64Array) -> list[Json] | None:
        """The valid records of these numbers, before any is broken on purpose; None where no schema makes them."""
        return self._sampler.sample(numbers) if self._sampler else None

    def write(self, numbers: Int64Array, *, structs: bool, plain: bool = False) -> Candidates:
        """The candidates of these numbers; `structs` and `plain` ask for those columns too."""
        if self._space:
            texts = self._space.texts(numbers)
            columns = self._space.structs(numbers) if structs else None
            wording = self._space.plain_texts(numbers) if plain else None
            return self._prompted(Candidates(numbers, texts, structs=columns, plain=wording))
        if self._grounded:
            values = self._grounded.records(numbers)
        else:
            assert self._sampler is not None
            values = self._sampler.sample(numbers)
        labels = None
        if self._twins:
            values, found = self._twins.write(numbers, values)
            labels = pa.array(found, pa.string())
        texts = pa.array([_json_text(value) for value in values], pa.binary()).cast(pa.string())
        columns = pa.array(values, self.arrow_type) if structs else None
        sides = [side_text(self._category, value) for value in values] if plain and self._grounded else [None]
        together = None if None in sides else pa.array(sides, pa.string())
        return self._prompted(Candidates(numbers, texts, None, columns, values, together, labels))

    def _prompted(self, candidates: Candidates) -> Candidates:
        if self._prompts is None:
            return candidates
        prompts = pa.array(self._prompts.write(candidates.values, candidates.numbers), pa.string())
        return replace(candidates, prompts=prompts, drawn=candidates.values)


def _as_record(template: Json, category: Category, schema: Any) -> Json:
    """A template in the shape of a record: `inputs` alone, or as a text, get the category's expectations."""
    if schema is not None:
        return template
    if not isinstance(template, dict):
        template = {"inputs": {"text": template}}
    if "inputs" not in template or "expectations" in template:
        return template
    return {**template, "expectations": _literal(category.expectations or {})}


def _json_text(value: Json) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError:  # an integer of more than 64 bits
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _literal(value: Json) -> Json:
    """A value that templates leave as it is."""
    if isinstance(value, str):
        return value.replace("{", "{{").replace("}", "}}")
    if isinstance(value, dict):
        return {key: _literal(inner) for key, inner in value.items()}
    return [_literal(inner) for inner in value] if isinstance(value, list) else value


def numbers_of(start: int, size: int) -> Int64Array:
    """The candidate numbers from `start` on."""
    return np.arange(start, start + size, dtype=np.int64)

"""The plan's models: what a plan may say, and which of its values contradict each other.

They check a plan by itself. What needs a file (schemas, sources, templates against their slots) is checked by whoever
reads that file.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from .base import MAX_RECORDS, Count, FileName, Name, Part, Share, no_repeats
from .endpoints import ModelEntry, Route
from .options import Budget, Checks, Diversity, Generation, MlflowSettings, Output, Split


class Tier(Part):
    """How hard, how frequent or how large: a share of each category, or an exact count."""

    name: Name
    share: Share | None = Field(None, description="part of the category's count; the shares of all tiers sum to 1")
    count: Count | None = Field(None, description="exact number of records; the counts sum to the category's count")
    guidance: str | None = Field(None, description="what makes a record of this tier, in words")

    @model_validator(mode="after")
    def _one_size(self) -> Self:
        if (self.share is None) == (self.count is None):
            raise ValueError(f"tier {self.name!r} needs either a share or a count")
        return self


def _check_tiers(tiers: list[Tier] | None) -> list[Tier] | None:
    if tiers is None:
        return None
    no_repeats((tier.name for tier in tiers), "tier")
    if len({tier.share is None for tier in tiers}) > 1:
        raise ValueError("tiers have either shares or counts, not both")
    shares = [tier.share for tier in tiers if tier.share is not None]
    if shares and not math.isclose(sum(shares), 1, abs_tol=1e-9):
        raise ValueError(f"the shares of the tiers sum to {sum(shares):g}, not to 1")
    return tiers


Tiers = Annotated[list[Tier], Field(min_length=1), AfterValidator(_check_tiers)]


class Slot(Part):
    """Where the values of a slot come from; exactly one of `values`, `source`, `faker`, `range`, `dates`.

    In a plan a plain list stands for `values`.
    """

    values: Annotated[list[Any], Field(min_length=1)] | None = Field(None, description="the values themselves")
    source: str | None = Field(None, description="a source's name: `{slot.column}` takes columns of one row")
    column: str | None = Field(None, description="with `source`: `{slot}` is this column's distinct values")
    faker: str | None = Field(None, description="a Faker provider, such as `first_name`")
    args: dict[str, Any] = Field(default_factory=dict, description="with `faker`: the provider's arguments")
    pool: Annotated[int, Field(ge=1, le=100_000)] = Field(
        1000, description="with `faker`: at most so many distinct values are drawn, once"
    )
    locale: str = Field("en_US", description="with `faker`: the locale")
    range: Annotated[list[int | float], Field(min_length=2, max_length=2)] | None = Field(
        None, description="[LOW, HIGH], both included"
    )
    step: int | float | None = Field(None, gt=0, description="with `range`: 1 if left out; with `dates`: days")
    dates: Annotated[list[str], Field(min_length=2, max_length=2)] | None = Field(
        None, description="[FROM, TO] as ISO dates, both included"
    )

    @model_validator(mode="before")
    @classmethod
    def _list_is_values(cls, value: Any) -> Any:
        return {"values": value} if isinstance(value, list) else value

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """A list, or an object."""
        return {"anyOf": [{"type": "array", "minItems": 1, "description": "the values"}, handler(core)]}

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        given = [key for key in ("values", "source", "faker", "range", "dates") if getattr(self, key) is not None]
        if len(given) != 1:
            raise ValueError(f"a slot needs exactly one of values, source, faker, range, dates; has {given or 'none'}")
        needs = {"column": ("source",), "args": ("faker",), "pool": ("faker",), "locale": ("faker",),
                 "step": ("range", "dates")}  # fmt: skip
        for key in self.model_fields_set & needs.keys():
            if given[0] not in needs[key]:
                raise ValueError(f"`{key}` goes with `{'` or `'.join(needs[key])}`, not with `{given[0]}`")
        return self


class Source(Part):
    """A table of facts: a CSV, TSV, JSONL or Parquet file, relative to the plan."""

    path: str
    format: Literal["csv", "tsv", "jsonl", "parquet"] | None = Field(None, description="by the ending if left out")


class Category(Part):
    """What records are about, how many there are, and how they are made."""

    name: Name
    description: str = ""
    count: Count
    worker: Literal["template", "agent", "extract", "label"] | None = Field(
        None, description="`template` if left out, where there are templates or a schema and no model is set"
    )
    example_inputs: Any = None
    expectations: dict[str, Any] | None = Field(None, description="copied into each record, as they are")
    tiers: Tiers | None = None
    record_schema: dict[str, Any] | bool | str | None = Field(
        None, description="JSON Schema of a record: inline, or a path relative to the plan"
    )
    templates: Annotated[list[Any], Field(min_length=1)] | None = Field(
        None, description="records with `{slot}`, `{slot.column}` and `{this|or that}` in their texts"
    )
    slots: dict[str, Slot] = Field(default_factory=dict)
    perspectives: Annotated[list[Name], Field(min_length=1)] | None = Field(
        None, description="points of view that agents write from, in turn"
    )
    topics: Annotated[list[Name], Field(min_length=1)] | None = Field(
        None, description="subjects that agents write about, in turn"
    )
    source: str | None = Field(None, description="a source whose rows agents may take names and facts from")
    edge_cases: Share = Field(0.0, description="share of records at the boundaries of their schema")
    render: Literal["prompt"] | None = Field(
        None, description="`prompt`: a text in natural language beside each record, for extraction pairs"
    )


class Plan(Part):
    """What to build."""

    dataset_name: FileName
    description: str = ""
    seed: Annotated[int, Field(ge=-(2**63), lt=2**63)] = 0
    total_instances: Count | None = Field(None, description="the sum of the categories' counts")
    categories: Annotated[list[Category], Field(min_length=1)]
    tiers: Tiers | None = Field(None, description="for each category that has none of its own")
    record_schema: dict[str, Any] | bool | str | None = Field(
        None, description="for each category that has none of its own, and no templates"
    )
    sources: dict[FileName, Source] = Field(default_factory=dict)
    models: dict[Name, ModelEntry] = Field(
        default_factory=dict, description="endpoints by name; `worker`, `coordinator` and `judge` serve those roles"
    )
    routes: list[Route] = Field(default_factory=list)
    generation: Generation = Generation()
    checks: Checks = Checks()
    diversity: Literal[False] | Diversity = Diversity()
    budget: Budget = Budget()
    split: Split | None = None
    output: Output = Output()
    mlflow: Literal[False] | MlflowSettings = MlflowSettings()

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        no_repeats((category.name for category in self.categories), "category")
        counted = sum(category.count for category in self.categories)
        if self.total_instances is not None and counted != self.total_instances:
            raise ValueError(f"total_instances is {self.total_instances}, but the categories' counts sum to {counted}")
        if counted > MAX_RECORDS:
            raise ValueError(f"the categories' counts sum to {counted:,}; a dataset has at most {MAX_RECORDS:,}")
        for category in self.categories:
            tiers = category.tiers or self.tiers or []
            counts = [tier.count for tier in tiers if tier.count is not None]
            if counts and sum(counts) != category.count:
                raise ValueError(
                    f"category {category.name!r} has a count of {category.count}, "
                    f"but the counts of its tiers sum to {sum(counts)}"
                )
        return self

    @model_validator(mode="after")
    def _names_exist(self) -> Self:
        names = {category.name for category in self.categories}
        tiers = {tier.name for tiers in (self.tiers, *(c.tiers for c in self.categories)) for tier in tiers or []}
        for number, route in enumerate(self.routes):
            for what, name, known in (("category", route.category, names), ("tier", route.tier, tiers)):
                if name is not None and name not in known:
                    raise ValueError(f"routes[{number}] names the {what} {name!r}, which the plan does not have")
        for category in self.categories:
            if category.source is not None and category.source not in self.sources:
                raise ValueError(f"category {category.name!r} names the source {category.source!r}, which is not there")
        return self

    def worker_of(self, category: Category) -> str:
        """The worker that writes a category: as it says, else by what it brings."""
        if category.worker:
            return category.worker
        if category.templates:
            return "template"
        return "template" if self.schema_of(category) is not None and not self.names_a_writer else "agent"

    @property
    def names_a_writer(self) -> bool:
        """Whether the plan names a model that may write records."""
        return bool(self.routes or self.models.keys() - {"coordinator", "judge"})

    def schema_of(self, category: Category) -> dict[str, Any] | bool | str | None:
        """The JSON Schema of a category's records, or None."""
        if category.record_schema is not None:
            return category.record_schema
        return None if category.templates else self.record_schema

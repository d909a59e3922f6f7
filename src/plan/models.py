"""The plan's models: what a plan may say, and which of its values contradict each other.

They check a plan by itself. What needs a file (schemas, sources, templates against their slots) is checked by whoever
reads that file.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from .base import MAX_RECORDS, Count, FileName, Name, Part, Share, no_repeats
from .endpoints import ModelEntry, Route
from .options import Budget, Checks, Diversity, Generation, Invalid, MlflowSettings, Output, Split
from .slots import Slot
from .sources import Source
from .tasks import MODEL_WORKERS, RECORD_SCHEMAS, Grounded, Worker
from .tiers import Tiers


class Category(Grounded):
    """What records are about, how many there are, and how they are made."""

    name: Name
    description: str = ""
    count: Count
    worker: Worker | None = Field(
        None, description="`template` if left out, where there are templates, a schema or a task and no model is set"
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
    edge_cases: Share = Field(0.0, description="share of records at the boundaries of their schema")
    invalid: Invalid | None = Field(
        None, description="records of a schema that break exactly one of its keywords, labelled with it"
    )
    render: Literal["prompt"] | None = Field(
        None, description="`prompt`: a text in natural language beside each record, for extraction pairs"
    )

    @property
    def twin_share(self) -> float:
        """The share of its candidates that break their schema on purpose."""
        return self.invalid.share if self.invalid else 0.0


_WHAT_A_TASK_ASKS = ("task", "source", "subject", "object", "query", "negative_query", "text", "label", "id")
_NOT_WITH_TASK = (
    *("record_schema", "templates", "slots", "edge_cases", "invalid", "render", "expectations", "example_inputs"),
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
            counts = [tier.most for tier in tiers if tier.share is None]
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
            evidence = category.evidence.source if category.evidence else None
            for source in (category.source, evidence):
                if source is not None and source not in self.sources:
                    raise ValueError(f"category {category.name!r} names the source {source!r}, which is not there")
        return self

    @model_validator(mode="after")
    def _tasks_fit(self) -> Self:
        for category in self.categories:
            task, tiers = category.task, category.tiers or self.tiers or []
            if task is None:
                bound = next((tier.name for tier in tiers if tier.is_cut), None)
                if bound:
                    raise ValueError(f"tier {bound!r} of {category.name!r} is cut by a source, but there is no `task`")
                if category.worker in ("extract", "label"):
                    raise ValueError(f"category {category.name!r}: the worker {category.worker!r} needs a `task`")
                continue
            if category.worker not in (None, "template", MODEL_WORKERS[task]):
                able = f"'template' or {MODEL_WORKERS[task]!r}, not by {category.worker!r}"
                raise ValueError(f"category {category.name!r}: the task {task!r} is served by {able}")
            if category.worker == "template" and category.needs_a_model:
                what = "`evidence`, `min_recall` and `models` are for models' workers"
                raise ValueError(f"category {category.name!r}: {what}, not for templates")
            extra = [key for key in _NOT_WITH_TASK if key in category.model_fields_set and getattr(category, key)]
            extra += [key for key in ("perspectives", "topics") if task != "document_qa" and getattr(category, key)]
            if extra:
                raise ValueError(f"category {category.name!r}: the task {task!r} leaves no room for `{extra[0]}`")
        self._refuse_alike()
        return self

    def _refuse_alike(self) -> None:
        """Raises ValueError for categories that would make the same records: duplicates are refused in a dataset."""
        seen: dict[str, str] = {}
        for category in self.categories:
            if category.task is not None:
                asks = category.model_dump_json(include=set(_WHAT_A_TASK_ASKS))
                if asks in seen:
                    alike = f"{seen[asks]!r} and {category.name!r}"
                    raise ValueError(f"categories {alike} ask the same of the same source: make them tiers of one")
                seen[asks] = category.name

    @model_validator(mode="after")
    def _twins_have_a_schema(self) -> Self:
        for category in self.categories:
            if category.invalid is None:
                continue
            why = None
            if category.templates:
                why = "the records of templates are not made from a schema; leave out `templates` or `invalid`"
            elif self.schema_of(category) is None:
                why = "it has no `record_schema` to break; add one, or leave `invalid` out"
            elif category.worker not in (None, "template"):
                why = f"only the worker 'template' makes them, not {category.worker!r}"
            if why:
                raise ValueError(f"category {category.name!r}: `invalid` asks for records that break a schema; {why}")
        return self

    def worker_of(self, category: Category) -> Worker:
        """The worker that writes a category: as it says, else by what it brings."""
        if category.worker:
            return category.worker
        if category.templates or category.invalid is not None:
            return "template"
        if category.task is not None:
            by_model = self.names_a_writer or category.needs_a_model
            return MODEL_WORKERS[category.task] if by_model else "template"
        return "template" if self.schema_of(category) is not None and not self.names_a_writer else "agent"

    @property
    def names_a_writer(self) -> bool:
        """Whether the plan names a model that may write records."""
        return bool(self.routes or self.models.keys() - {"coordinator", "judge"})

    def schema_of(self, category: Category) -> dict[str, Any] | bool | str | None:
        """The JSON Schema of a category's records, or None."""
        if category.task is not None:
            return RECORD_SCHEMAS[category.task]
        if category.record_schema is not None:
            return category.record_schema
        return None if category.templates else self.record_schema

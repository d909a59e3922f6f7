"""Where batches are made and checked: one in each process, holding what the plan's categories compile to."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from ..errors import InputError, PlanError, Problem, UnservableSchema
from ..plan import Category, Plan
from ..records import Batch, Candidates, Draft, Fingerprints, FloatArray, Json, Rejection
from ..settings import Settings
from ..tools.checks import (
    Check,
    aligned_share,
    judge,
)
from ..tools.diversity import (
    Embedder,
    Fields,
    Rule,
    can_embed,
    fields_of,
    fingerprint,
    needs_embedder,
    open_embedder,
    rules_by_category,
)
from ..tools.grounding.base import Lane
from ..tools.grounding.grounds import Grounds
from .category_checks import checks_of
from .template_worker import TemplateWorker, numbers_of

SLICE = 5_000
"""Candidates written and checked at a time: few enough that their Python values stay small, enough for columns."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What compiling the whole plan tells before the run.

    capacities: different candidates by category, None without bound. refused: why a category can't be served.
    lanes: the candidate numbers of the categories with a task, by tier. record_type: the Arrow struct all records
    share, else None. notes: what a person should know of the sources.
    """

    capacities: dict[str, int | None]
    lanes: dict[str, Sequence[Lane]]
    refused: dict[str, str]
    record_type: pa.DataType | None
    notes: list[str]


class Workbench:
    """Turns a batch into a draft: written by the category's worker, judged by every check that has no memory."""

    def __init__(self, plan: Plan, grounds: Grounds, place: str = "plan") -> None:
        """`place` is the plan's file, for messages."""
        self._plan, self._grounds, self._place = plan, grounds, place
        self._by_name = {category.name: index for index, category in enumerate(plan.categories)}
        self._own = [category for category in plan.categories if plan.worker_of(category) == "template"]
        self._workers: dict[str, TemplateWorker] = {}
        self._checks: dict[str, list[Check]] = {}
        self._fields: dict[str, Fields] = {}

    def survey(self) -> Survey:
        """Compile every category of the template worker. Raises InputError with the problems of all of them."""
        problems: list[Problem] = []
        capacities: dict[str, int | None] = {}
        refused: dict[str, str] = {}
        try:
            _ = self._rules
        except InputError as error:
            problems.extend(error.problems)
        for category in self._own:
            try:
                worker = self._worker(category.name)
                capacities[category.name] = worker.capacity
            except UnservableSchema as error:
                refused[category.name] = f"its schema cannot be served: {error}"
                continue
            except InputError as error:
                problems.extend(error.problems)
                continue
            if category.task is None and worker.capacity is not None and worker.capacity < category.count:
                problems.append(
                    Problem(
                        f"{self._where(category)}.count",
                        f"{category.count:,} records are asked for, but the templates and slots of {category.name!r} "
                        f"can give {worker.capacity:,} different ones",
                        "; ".join([*worker.notes, "add templates or slot values, or lower the count"]),
                    )
                )
        if problems:
            raise PlanError(problems)
        notes = [note for worker in self._workers.values() for note in worker.notes]
        lanes = {c.name: self._grounds.space_of(c).lanes for c in self._own if c.task is not None}
        return Survey(capacities, lanes, refused, self.record_type if not refused else None, notes)

    @cached_property
    def record_type(self) -> pa.DataType | None:
        """The struct type of the records, where the output is Parquet and all categories share it."""
        if self._plan.output.format != "parquet" or len(self._own) < len(self._plan.categories):
            return None
        types = [self._worker(category.name).arrow_type for category in self._plan.categories]
        return types[0] if all(kind is not None and kind == types[0] for kind in types) else None

    @property
    def has_prompts(self) -> bool:
        """Whether any record of the dataset has a prompt."""
        return any(category.render for category in self._own)

    @property
    def has_twins(self) -> bool:
        """Whether any record of the dataset may break its schema on purpose."""
        return any(category.twin_share for category in self._own)

    def sample(self, category: str, size: int) -> Iterator[list[Json]]:
        """The first records that a category's schema gives, unchecked, some at a time; none without a schema."""
        for start in range(0, size, SLICE):
            records = self._worker(category).sample(numbers_of(start, min(SLICE, size - start)))
            if records is not None:
                yield records

    def draft(self, batch: Batch, category: str, structs: bool) -> Draft:
        """Write a batch and judge its candidates; `structs` as in `TemplateWorker.write`."""
        began = time.perf_counter()
        kept: list[Candidates] = []
        rejections: list[Rejection] = []
        for candidates in self._slices(batch, category, structs):
            rows, refused = judge(self._checks_of(category), candidates)
            rejections += refused
            kept.append(candidates if len(rows) == len(candidates) else candidates.take(rows))
        quality = np.concatenate([_quality(candidates) for candidates in kept])
        together = Candidates.concat(kept)
        prints = self._fingerprints(together, category)
        return Draft(batch, together, quality, prints, rejections, time.perf_counter() - began)

    def _slices(self, batch: Batch, category: str, structs: bool) -> Iterator[Candidates]:
        worker = self._worker(category)
        for start in range(batch.start, batch.start + batch.size, SLICE):
            numbers = numbers_of(start, min(SLICE, batch.start + batch.size - start))
            yield worker.write(numbers, structs=structs, plain=self._plan.split is not None)

    def _fingerprints(self, candidates: Candidates, name: str) -> Fingerprints:
        rules, category = self._rules[name], self._plan.categories[self._by_name[name]]
        embedder = self._embedder if needs_embedder(rules) else None
        has_split = self._plan.split is not None
        if name not in self._fields:
            self._fields[name] = fields_of(self._plan, category)
        return fingerprint(candidates, rules, has_split, embedder, self._fields[name])

    @cached_property
    def _rules(self) -> dict[str, tuple[Rule, ...]]:
        return rules_by_category(self._plan, can_embed=can_embed(), place=self._place)

    @cached_property
    def _embedder(self) -> Embedder:
        return open_embedder(Settings.read().embedder)  # each process opens its own

    def _where(self, category: Category) -> str:
        return f"{self._place}: $.categories[{self._by_name[category.name]}]"

    def _worker(self, name: str) -> TemplateWorker:
        if name not in self._workers:
            category = self._plan.categories[self._by_name[name]]
            self._workers[name] = TemplateWorker(self._plan, category, self._grounds, self._where(category))
        return self._workers[name]

    def _checks_of(self, name: str) -> list[Check]:
        if name not in self._checks:
            category = self._plan.categories[self._by_name[name]]
            self._checks[name] = checks_of(self._plan, category, self._plan.schema_of(category), self._grounds)
        return self._checks[name]


def _quality(candidates: Candidates) -> FloatArray:
    """1.0 for a record without a prompt, else the share of its leaf values that its prompt holds."""
    if candidates.prompts is None:
        return np.ones(len(candidates))
    prompts = candidates.prompts.to_pylist()
    return np.array([aligned_share(value, prompt) for value, prompt in zip(candidates.values, prompts, strict=True)])

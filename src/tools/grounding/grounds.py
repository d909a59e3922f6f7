"""What a plan stands on: its sources, read, and what its categories make of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

from ...errors import InputError, PlanError, Problem, SourceError
from ...plan import Category, Plan
from ..checks import Check
from ..checks.facts.check import FactsCheck
from ..draws import key_of
from ..sources import Table
from .base import GroundedSpace, Lane
from .documents.space import DocumentQuestions, refuse_perspectives
from .labels.space import Labels
from .reverse.queries import ReverseQueries


class Grounds:
    """The tables of a plan's sources by name, and the spaces of its categories, each opened when it is first asked for.

    Spaces hang on the sources and the bounds of tiers, not on counts.
    """

    def __init__(self, plan: Plan, tables: Mapping[str, Table], place: str = "plan") -> None:
        """`place` is the plan's file, for messages."""
        self.tables = tables
        self._notes: list[str] = []
        self._plan, self._place = plan, place
        self._spaces: dict[str, GroundedSpace] = {}
        self._checks: dict[str, list[Check]] = {}

    def examine(self) -> list[str]:
        """Open all that the plan's categories stand on; gives what a person should know of it.

        Raises PlanError with the problems of all of them.
        """
        problems: list[Problem] = []
        notes: list[str] = []
        for category in self._plan.categories:
            if category.source is None:
                continue
            try:
                if category.task is not None:
                    notes += [f"{category.name}: {note}" for note in self.space_of(category).notes]
                self.checks_of(category)
            except InputError as error:
                problems.extend(error.problems)
        if problems:
            raise PlanError(problems)
        return notes + self._notes

    def where(self, category: Category) -> str:
        """A category's place in the plan."""
        return f"{self._place}: $.categories[{self._numbers[category.name]}]"

    def space_of(self, category: Category) -> GroundedSpace:
        """The candidates of a category with a task. Raises InputError for a source or tiers that do not fit it."""
        if category.name not in self._spaces:
            self._spaces[category.name] = self._open(category)
        return self._spaces[category.name]

    def lanes_of(self, category: Category) -> Sequence[Lane]:
        """The lanes of a category's worker: agents can ask of a document without end, templates cannot."""
        space = self.space_of(category)
        if isinstance(space, DocumentQuestions) and self._plan.worker_of(category) != "template":
            return space.agent_lanes
        return space.lanes

    def reverse_queries(self, category: Category) -> ReverseQueries:
        """As `space_of`, for that task."""
        space = self.space_of(category)
        assert isinstance(space, ReverseQueries)
        return space

    def labels(self, category: Category) -> Labels:
        """As `space_of`, for that task."""
        space = self.space_of(category)
        assert isinstance(space, Labels)
        return space

    def documents(self, category: Category) -> DocumentQuestions:
        """As `space_of`, for that task."""
        space = self.space_of(category)
        assert isinstance(space, DocumentQuestions)
        return space

    def checks_of(self, category: Category) -> list[Check]:
        """What holds the records of a category to its source; none where it has none."""
        if category.source is None or not self._plan.checks.facts:
            return []
        if category.name not in self._checks:
            is_task = category.task is not None
            self._checks[category.name] = list(self.space_of(category).checks) if is_task else self._facts(category)
        return self._checks[category.name]

    def _facts(self, category: Category) -> list[Check]:
        """The check of texts against the rows of a source; none where nothing says what its rows are about."""
        assert category.source is not None
        try:
            # What stands in a template is the plan's own word; what a model says is held to the source.
            is_strict = category.key is not None and self._plan.worker_of(category) != "template"
            table, where = self.tables[category.source], f"{self.where(category)}.key"
            return [FactsCheck(table, category.key, where, is_strict=is_strict)]
        except SourceError:
            if category.key is not None:
                raise
        self._notes.append(
            f"{category.name}: nothing is compared with the source {category.source!r}, for no text column of it has a "
            "different value in every row; `key` names the column that says what a row is about"
        )
        return []

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {category.name: number for number, category in enumerate(self._plan.categories)}

    def _open(self, category: Category) -> GroundedSpace:
        assert category.task is not None and category.source is not None
        key, where = key_of(self._plan.seed, "category", category.name), self.where(category)
        if category.task == "document_qa" and self._plan.worker_of(category) == "template":
            refuse_perspectives(category, where)
        kinds: dict[str, Callable[..., GroundedSpace]] = {
            "reverse_query": ReverseQueries,
            "label": Labels,
            "document_qa": DocumentQuestions,
        }
        return kinds[category.task](
            category, self.tables[category.source], category.tiers or self._plan.tiers, key, where
        )

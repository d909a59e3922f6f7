"""What the agents' part of a plan takes, before the first call: batches cut as a run cuts them, each at its quote."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

from ...endpoints.entries import Endpoint
from ...endpoints.pace import FIRST_CONCURRENCY, FIRST_SIZE, GROW_AFTER, LARGEST, MOST_CONCURRENCY
from ...engine.demand import Demand
from ...plan import Plan
from ...records import Progress, Stratum
from ..preparing import Models
from .quoting import Lengths, Quote, lengths_of, quote
from .takings import Taken, summed, time_of
from .task_quote import TaskQuote
from .tasks import Tasks

MOST_CUT = 20_000
"""Batches that are cut one by one: beyond, all are of one size, and what is left is in proportion."""

Sizes = Callable[[str, int], int]
"""The size of a model's next batch, by its name and the number of batches it has had."""

Cell = tuple[int, str]
"""A stratum, by its index, and a model that serves it."""


class Forecast:
    """What is still to be written, and what that takes."""

    def __init__(
        self,
        plan: Plan,
        models: Models,
        missing: Sequence[tuple[Stratum, int]],
        learned: Mapping[str, tuple[int, int]],
        tasks: Tasks,
    ) -> None:
        """`missing` are strata with what is to be written of each; `learned` the pace that earlier runs ended with.

        `tasks` knows the categories that have one.
        """
        self._plan, self._models, self._learned, self._tasks = plan, models, learned, tasks
        self.missing = [(stratum, count) for stratum, count in missing if count]
        self._categories = {category.name: category for category in plan.categories}
        self._strata = {stratum.index: stratum for stratum, _ in missing}
        self._counts = {stratum.index: count for stratum, count in missing}
        self._quotes: dict[Cell, Quote | TaskQuote] = {}
        self._lengths: dict[str, Lengths] = {}

    def first_size(self, model: str) -> int:
        """How many records a model is asked for at first, its context left out."""
        learned = self._learned.get(model)
        return self._plan.generation.batch_size or (learned[0] if learned else FIRST_SIZE)

    def size(self, stratum: int, number: int) -> int:
        """How many records the first try of a batch asks for at first, by its stratum and number."""
        model = self.model_of(stratum, number)
        return min(self.first_size(model), self.quote(stratum, model).most)

    @property
    def concurrency(self) -> int:
        """How many calls a model is taken to have in flight, once the run has found its pace."""
        return self._plan.generation.max_concurrency or MOST_CONCURRENCY

    def lengths(self, category: str) -> Lengths:
        """How long the records of a category are."""
        if category not in self._lengths:
            of = self._categories[category]
            self._lengths[category] = lengths_of(self._plan, of) if of.task is None else self._tasks.lengths(of)
        return self._lengths[category]

    def quote(self, stratum: int, model: str) -> Quote | TaskQuote:
        """What a model takes for a stratum, by its index."""
        if (stratum, model) not in self._quotes:
            self._quotes[stratum, model] = self._quoted(stratum, model)
        return self._quotes[stratum, model]

    def quoted(self, stratum: int, model: str, wanted: int, items: Sequence[int] = ()) -> Taken:
        """What one batch with so many records takes. `items` are the candidates of a task that it is to bring."""
        of = self._strata[stratum]
        category = self._categories[of.category]
        if category.task is None:
            return self.quote(stratum, model).takes(1, wanted)
        several = category.models or [model]
        quotes = [self._tasks.quote_items(category, of, self.endpoint(name), items) for name in several]
        return summed(quote.takes(1, wanted) for quote in quotes)

    def _quoted(self, stratum: int, model: str) -> Quote | TaskQuote:
        of = self._strata[stratum]
        category, endpoint = self._categories[of.category], self.endpoint(model)
        if category.task is not None:
            return self._tasks.quote(category, of, endpoint, self._counts[stratum])
        lengths, rows = self.lengths(of.category), self._tasks.rows(category)
        return quote(self._plan, category, of, endpoint, self.first_size(model), lengths, rows)

    def category_of(self, stratum: int) -> str:
        """The category of a stratum, by its index."""
        return self._strata[stratum].category

    def endpoint(self, model: str) -> Endpoint:
        """How a model is reached."""
        return self._models.endpoints[model]

    def model_of(self, stratum: int, number: int) -> str:
        """The model for the first try of a batch, by its stratum and number."""
        return self._models.router.choose(self._strata[stratum], 1, number)

    def models_of(self, stratum: int, number: int) -> list[str]:
        """The models at work on the first try of a batch: all that label side by side, else the one of the router."""
        return self._categories[self.category_of(stratum)].models or [self.model_of(stratum, number)]

    # ---- three ways it may go --------------------------------------------------------------------------------

    @cached_property
    def likely(self) -> dict[Cell, Taken]:
        """Nothing is refused; batches grow, but no sooner than those in flight have come back."""
        return self._priced(self.cut(self._growing(lambda _: self.concurrency)))

    @cached_property
    def sooner(self) -> dict[Cell, Taken]:
        """Nothing is refused; batches grow as soon as a run's first ones have come back."""
        return self._priced(self.cut(self._growing(self._first_concurrency)))

    @cached_property
    def least(self) -> dict[Cell, Taken]:
        """As `sooner`, and prompts are cached."""
        return self._priced(self.cut(self._growing(self._first_concurrency)), cached=True)

    @cached_property
    def steady(self) -> dict[Cell, Taken]:
        """Nothing is refused; batches don't grow."""
        return self._priced(self.cut(lambda model, _: self.first_size(model)))

    @property
    def most(self) -> dict[Cell, Taken]:
        """Batches don't grow, and three calls in ten are made again, or what a task makes of that."""
        return {cell: taken.repeated(self.quote(*cell).most_times) for cell, taken in self.steady.items()}

    def time(self, model: str, taken: Taken) -> tuple[float, str]:
        """Seconds that a model's calls take, and what they wait for; models work side by side."""
        return time_of(taken, self.endpoint(model).entry, self.concurrency)

    # ---- cutting ---------------------------------------------------------------------------------------------

    def cut(self, sizes: Sizes) -> dict[Cell, tuple[float, float]]:
        """Batches and records by cell, cut as a run cuts them where every batch is filled."""
        batches, records, handed = Counter[Cell](), Counter[Cell](), Counter[int]()
        had = Counter[str]()
        progress = [Progress(Stratum(s.index, s.category, s.tier, count), 0, {}) for s, count in self.missing]
        demand = Demand(progress, [], 0, 1)

        def size_of(stratum: Stratum, attempt: int, number: int) -> int:
            model = self.model_of(stratum.index, number)
            return min(sizes(model, had[model]), self.quote(stratum.index, model).most)

        left = max(MOST_CUT, len(progress))  # each stratum gets a batch before any gets a second
        while left and (batch := demand.next(size_of)):
            left -= 1
            for model in self.models_of(batch.stratum, batch.number):
                batches[batch.stratum, model] += 1
                records[batch.stratum, model] += batch.size
            handed[batch.stratum] += batch.size
            had[self.model_of(batch.stratum, batch.number)] += 1
        scale = {stratum.index: count / handed[stratum.index] for stratum, count in self.missing}
        return {cell: (scale[cell[0]] * count, scale[cell[0]] * records[cell]) for cell, count in batches.items()}

    def _growing(self, concurrency: Callable[[str], int]) -> Sizes:
        """One more with every few batches that have come back; the others are on the way (see `engine.agent_line`)."""

        def size(model: str, had: int) -> int:
            first = self.first_size(model)
            if self._plan.generation.batch_size:
                return first
            calls = concurrency(model)
            back = max(0, had - calls - max(2, calls // 4))
            return min(LARGEST, first + back // GROW_AFTER)

        return size

    def _first_concurrency(self, model: str) -> int:
        learned = self._learned.get(model)
        return self._plan.generation.max_concurrency or (learned[1] if learned else FIRST_CONCURRENCY)

    @staticmethod
    def by_model(cells: Mapping[Cell, Taken]) -> dict[str, Taken]:
        """The amounts of all strata together, by model."""
        found: dict[str, Taken] = {}
        for (_, model), taken in cells.items():
            found[model] = found.get(model, Taken()) + taken
        return found

    def _priced(self, cells: Mapping[Cell, tuple[float, float]], *, cached: bool = False) -> dict[Cell, Taken]:
        return {cell: self.quote(*cell).takes(*counts, cached=cached) for cell, counts in cells.items()}

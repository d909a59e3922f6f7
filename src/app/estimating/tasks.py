"""The categories with a task that models write: which candidates are next, and what those take."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...agents.briefs import Briefing
from ...agents.generator import Assignment
from ...agents.station import Station
from ...endpoints.entries import Endpoint
from ...endpoints.pace import LARGEST
from ...engine.agent_line import Post, Writer
from ...engine.coverage import Coverage
from ...plan import Category, strata_of
from ...records import Stratum
from ...tools.evidence import Piece
from ...tools.grounding.base import Lane
from ...tools.record_form import RecordForm
from ..grounding.specialists import specialists
from ..preparing import Prepared
from ..sampling import SourceRows
from .first_calls import FirstCall, first_task_call
from .materials import Amounts, Material, material_of, some
from .quoting import JSON_BYTES, TEXT_BYTES, Lengths, lengths_from, tokens
from .task_quote import Part, TaskQuote


class Tasks:
    """What a plan's sources say of the work that models have with them."""

    def __init__(self, prepared: Prepared) -> None:
        self._prepared, self._plan = prepared, prepared.plan
        self._materials: dict[str, Material] = {}
        self._amounts: dict[tuple[int, int], Amounts] = {}

    def lane(self, category: Category, stratum: Stratum) -> Lane:
        """The candidates that a stratum draws from."""
        return next(lane for lane in self._prepared.grounds.lanes_of(category) if stratum.tier in lane.tiers)

    def quote(self, category: Category, stratum: Stratum, endpoint: Endpoint, missing: int) -> TaskQuote:
        """What a model takes for what is missing of a stratum."""
        if (stratum.index, missing) not in self._amounts:
            numbers = self._next(category, stratum, missing)
            self._amounts[stratum.index, missing] = self._material(category).amounts(numbers)
        return self._quote(category, stratum, endpoint, self._amounts[stratum.index, missing])

    def quote_items(
        self, category: Category, stratum: Stratum, endpoint: Endpoint, items: Sequence[int]
    ) -> TaskQuote:  # fmt: skip
        """What a model takes for candidates by their numbers."""
        return self._quote(category, stratum, endpoint, self._material(category).amounts(items))

    def lengths(self, category: Category) -> Lengths:
        """How long the records of a category are: as those that its source gives."""
        grounds = self._prepared.grounds
        numbers = some(range(grounds.space_of(category).lanes[-1].numbers.stop))
        if category.task == "document_qa":  # one by one: there are perspectives that templates have not
            questions = grounds.documents(category)
            values = [questions.record(number) for number in numbers]
        else:
            values = grounds.space_of(category).records(np.array(numbers, np.int64))
        return lengths_from(values, RecordForm(self._plan, category), "source")

    def rows(self, category: Category) -> SourceRows | None:
        """The rows that agents write from where there is a source without a task."""
        if category.source is None or category.task is not None:
            return None
        return SourceRows(self._plan, category, self._prepared.grounds.tables)

    def _material(self, category: Category) -> Material:
        if category.name not in self._materials:
            self._materials[category.name] = material_of(self._prepared.grounds, category)
        return self._materials[category.name]

    def _next(self, category: Category, stratum: Stratum, missing: int) -> range:
        """The candidates that a run takes next, as far as can be told: those of a lane are taken in their order."""
        lane = self.lane(category, stratum)
        before = sum(
            other.planned
            for other in strata_of(self._plan)
            if other.category == stratum.category and other.index < stratum.index and other.tier in lane.tiers
        )
        start = lane.numbers.start + before + stratum.planned - missing
        return range(start, min(start + missing, lane.numbers.stop))

    # ---- quoting ---------------------------------------------------------------------------------------------

    def _quote(self, category: Category, stratum: Stratum, endpoint: Endpoint, amounts: Amounts) -> TaskQuote:
        size = self._material(category).size
        post = self._post(category, stratum, amounts)
        most = size or _most(endpoint, post)
        if amounts.shown is None:
            return TaskQuote(endpoint, 0.0, 0.0, Part(), Part(), 0.0, most, 1.0)
        call = self._look(category, endpoint, post, amounts, size or 1)
        more_in = more_out = 0
        if size is None:  # what a batch has more than one of is told by two
            second = self._look(category, endpoint, post, amounts, 2)
            more_in, more_out = second.reserved_in - call.reserved_in, second.reserved_out - call.reserved_out
        shared = tokens(call.system, TEXT_BYTES) + tokens(call.offered, JSON_BYTES)
        prompt = shared + tokens(call.task, TEXT_BYTES) - amounts.shown_bytes / TEXT_BYTES
        return TaskQuote(
            endpoint=endpoint,
            calls_a_batch=amounts.calls_a_batch,
            calls_a_record=amounts.calls_a_record,
            call=Part(
                tokens_in=prompt + amounts.read / TEXT_BYTES,
                tokens_out=amounts.written / JSON_BYTES,
                reserved_in=call.reserved_in - more_in,
                reserved_out=call.reserved_out - more_out,
            ),
            record=Part(amounts.read_more / TEXT_BYTES, amounts.written_more / JSON_BYTES, more_in, more_out),
            tokens_shared=shared,
            most=most,
            most_times=amounts.most_times,
        )

    def _post(self, category: Category, stratum: Stratum, amounts: Amounts) -> Post:
        form = RecordForm(self._plan, category)
        briefing, coverage = Briefing(self._plan, category, stratum, form), Coverage(
            self._plan, category, stratum, form.asked
        )  # fmt: skip
        post = Post(stratum, briefing, coverage, form)
        post.learn("x" * round(amounts.written_more))
        return post

    def _look(self, category: Category, endpoint: Endpoint, post: Post, amounts: Amounts, size: int) -> FirstCall:
        """The first call for so many candidates, from the one that is shown on."""
        assert amounts.shown is not None
        numbers = self.lane(category, post.stratum).numbers
        items = [n for n in range(amounts.shown, amounts.shown + size) if n in numbers]
        brief = post.coverage.brief(0, size)
        brief = type(brief)(brief.wanted, brief.attributes, items=items)
        repairs = self._plan.generation.repairs
        assignment = Assignment(0, brief, post.briefing, post.form.asked, post.tokens_a_record, repairs)
        return first_task_call(endpoint, assignment, lambda station: self._writer(category, station, amounts))

    def _writer(self, category: Category, station: Station, amounts: Amounts) -> Writer:
        """A category's specialist; whatever its evidence, it gets the text that is shown."""
        stores = {of.name: _OneText(amounts.shown_text) for of in self._prepared.categories_of("extract")}
        names = {name for of in self._plan.categories for name in of.models or ()}
        return specialists(self._prepared, station, dict.fromkeys(names, station), stores)[category.name]


def _most(endpoint: Endpoint, post: Post) -> int:
    """The largest batch that half of a model's context holds (see `engine.agent_line`)."""
    context = endpoint.entry.context_tokens
    return LARGEST if context is None else max(1, (context // 2 - post.tokens_of_task) // post.tokens_a_record)


class _OneText:
    """See `EvidenceStore`: one text, whatever is asked."""

    def __init__(self, text: str) -> None:
        self._text = text

    def pieces(self, object: str, query: str) -> list[Piece]:
        """The text."""
        return [Piece("0", self._text)]

    def close(self) -> None:
        """Nothing is held."""

"""Document questions: what a document says, asked with the evidence, and what it does not say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ....errors import PlanError
from ....plan import Category, Tier
from ....records import Int64Array, Json
from ...checks import Check
from ...draws import bits, integers, key_of
from ...sources import Table
from ...templates.permutation import Permutation
from ..base import Lane
from ..cuts import cuts_of
from ..folding import fold
from .checks import DocumentCheck, exact_passage
from .cloze import Cloze, clozes, wordings
from .gaps import KINDS, Gap
from .texts import Documents

UNBOUNDED = 1 << 48
"""How many numbers there are for agents, who can ask of a document without end."""

FEWEST_ABSENT = 10_000
"""So many unanswerable questions are looked for where they are asked for, or as many as there are answerable ones."""

_TRIES = 100
"""A document for which so many questions of others in a row may have an answer is given no more."""

_STEP = 1e-9
"""So that a share of 0.3 of 10 is 3."""


@dataclass(frozen=True)
class _Deck:
    """The questions with a gap that all documents give, one a row.

    places: the document of each, ascending. spans: (n, 4), where its statement begins and ends in the text, and the gap
    in the statement. kinds: indices into KINDS.
    """

    places: Int64Array
    spans: Int64Array
    kinds: Int64Array

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, row: int) -> Cloze:
        start, end, first, last = self.spans[row].tolist()
        return Cloze(start, end, Gap(KINDS[int(self.kinds[row])], first, last))


class DocumentQuestions:
    """See `base.GroundedSpace`: what the template worker asks, and what agents are asked to.

    The template worker asks for what fills a gap in a statement. Its numbers go round the documents, each giving one
    question at a time, and with a share of `unanswerable`, exact from the first number on, a question of another
    document. Agents get documents by `document_for`, and the kind of question by `is_unanswerable`.
    """

    def __init__(
        self, category: Category, table: Table, tiers: Sequence[Tier] | None, key: np.uint64, where: str
    ) -> None:
        """Set up for one category.

        Raises SourceError for columns the source has not, for ids that stand for several texts and where there is no
        document; PlanError for tiers with frequencies, and for perspectives where templates write.
        """
        if category.worker == "template":
            refuse_perspectives(category, where)
        self._tiers = _tiers(tiers, f"{where}.tiers")
        self._category, self._key, self._where = category, key, where
        self._documents = Documents(category, table, where)
        self._check = DocumentCheck(self._documents)
        self._order = Permutation(key_of(key, "documents"), len(self._documents))

    # What the template worker alone needs is made when it is first asked for: it takes a while.

    @cached_property
    def _deck(self) -> _Deck:
        return _deck(self._documents)

    @cached_property
    def _asked(self) -> Int64Array:
        return self._dealt()

    @cached_property
    def _absent(self) -> Int64Array:
        return self._dealt_absent()

    @cached_property
    def _length(self) -> int:
        return self._count()

    @cached_property
    def _lanes(self) -> list[Lane]:
        absent = self._before(self._length)
        asked = self._deck.places[self._asked[: self._length - absent]]
        objects = len(np.union1d(asked, self._absent[:absent, 0]))
        return [Lane(range(self._length), self._tiers, objects)]

    @property
    def lanes(self) -> Sequence[Lane]:
        """See `GroundedSpace`: what the template worker can write."""
        return self._lanes

    @property
    def agent_lanes(self) -> Sequence[Lane]:
        """See `GroundedSpace`: what agents can be asked for."""
        return [Lane(range(UNBOUNDED), self._tiers, len(self._documents))]

    @property
    def notes(self) -> Sequence[str]:
        """See `GroundedSpace`."""
        return [f"source {self._category.source!r}: {note}" for note in self._documents.notes]

    @property
    def checks(self) -> Sequence[Check]:
        """See `GroundedSpace`."""
        return [self._check]

    def records(self, numbers: Int64Array) -> list[Json]:
        """See `GroundedSpace`. Raises PlanError for perspectives, which templates have not."""
        refuse_perspectives(self._category, self._where)
        return [self.record(number) for number in numbers.tolist()]

    def record(self, number: int) -> Json:
        """What the template worker asks at one number of its lane."""
        place, row = self._at(number)
        document, of = self._documents[place], self._documents[int(self._deck.places[row])]
        cloze = self._deck[row]
        is_absent = self.is_unanswerable(number)
        choice = wordings(cloze.gap.kind, is_claimed=not is_absent)
        wording = choice[int(integers(key_of(self._key, "wording"), [number], len(choice))[0])]
        return {
            "question": cloze.question(of.text, document.label, wording),
            "answer": None if is_absent else cloze.answer(of.text),
            "evidence": None if is_absent else cloze.evidence(of.text),
            "document_id": document.id,
        }

    def kind_of(self, number: int) -> str:
        """See `GroundedSpace`: `answerable` or `unanswerable`."""
        return "unanswerable" if self.is_unanswerable(number) else "answerable"

    def object_of(self, number: int) -> str:
        """See `GroundedSpace`: the id of the document that the template worker asks of, in its lane, folded."""
        return fold(self._documents[self._at(number)[0]].id)

    def document_for(self, number: int) -> tuple[str, str, str]:
        """The id, title and text of the document that an agent writes of at any number from 0 on.

        Numbers go round the documents in an order that looks random.
        """
        document = self._documents[int(self._order(np.array([number % len(self._documents)]))[0])]
        return document.id, document.label, document.text

    def is_unanswerable(self, number: int) -> bool:
        """Whether the question of a number is to have no answer: an exact share of all numbers from 0 on."""
        return self._before(number + 1) > self._before(number)

    def mended(self, record: Json) -> Json:
        """A record with its evidence as the document writes it.

        White space, quotation marks and dashes are mended; any other record is given back as it is.
        """
        id, evidence = (record.get("document_id"), record.get("evidence")) if isinstance(record, dict) else (None, None)
        if not (isinstance(id, str) and isinstance(evidence, str)):
            return record
        place = self._documents.place_of(id)
        exact = None if place is None else exact_passage(self._documents[place].text, evidence)
        return record if exact is None else {**record, "evidence": exact}

    def _before(self, number: int) -> int:
        """How many numbers below this one are unanswerable."""
        return int(number * self._category.unanswerable + _STEP)

    def _at(self, number: int) -> tuple[int, int]:
        """The document asked about, and the row of the question in the deck."""
        if not 0 <= number < self._length:
            raise IndexError(f"no candidate has the number {number}")
        before = self._before(number)
        if self.is_unanswerable(number):
            place, row = self._absent[before].tolist()
            return place, row
        row = int(self._asked[number - before])
        return int(self._deck.places[row]), row

    def _dealt(self) -> Int64Array:
        """The rows of the deck in the order in which they are asked: round the documents, one of each at a time."""
        places = self._deck.places
        rows = np.arange(len(places))
        shuffled = np.lexsort((bits(key_of(self._key, "questions"), rows), places))
        turns = rows - np.searchsorted(places, places)  # which of its document's questions each is
        order = np.empty(len(self._documents), np.int64)
        order[self._order(np.arange(len(order)))] = np.arange(len(order))
        return shuffled[np.lexsort((order[places], turns))].astype(np.int64)

    def _dealt_absent(self) -> Int64Array:
        """(document, row) for each unanswerable question, in the order in which they are asked; (n, 2)."""
        share = self._category.unanswerable
        most = max(len(self._deck), FEWEST_ABSENT)
        wanted = most if share == 1 else min(most, int(len(self._deck) * share / (1 - share)) + 1)
        if not share or not len(self._deck):
            return np.zeros((0, 2), np.int64)
        places = self._order(np.arange(len(self._documents))).tolist()
        each = -(-wanted // len(places))
        found = [self._absent_from(place, each) for place in places]
        dealt = [
            (place, rows[turn])
            for turn in range(each)
            for place, rows in zip(places, found, strict=True)
            if turn < len(rows)
        ]
        return np.array(dealt, np.int64).reshape(-1, 2)

    def _absent_from(self, place: int, most: int) -> list[int]:
        """Rows of the deck from other documents, which the one at a place shows no answer to."""
        found: dict[str, int] = {}
        shuffle = Permutation(key_of(self._key, "absent", place), len(self._deck))
        failed = 0
        for start in range(0, len(self._deck), _TRIES):
            rows = shuffle(np.arange(start, min(start + _TRIES, len(self._deck))))
            for row in rows[self._deck.places[rows] != place].tolist():
                if len(found) == most or failed == _TRIES:
                    return list(found.values())
                question = self._foreign(place, row)
                if question in found or not self._check.is_foreign(place, question):
                    failed += 1
                else:
                    found[question] = row
                    failed = 0
        return list(found.values())

    def _foreign(self, place: int, row: int) -> str:
        """The question of a row, asked of the document at a place."""
        cloze, text = self._deck[row], self._documents[int(self._deck.places[row])].text
        wording = wordings(cloze.gap.kind, is_claimed=False)[0]
        return cloze.question(text, self._documents[place].label, wording)

    def _count(self) -> int:
        """How many numbers there are: the most for which there are questions with and without an answer."""
        low, high = 0, len(self._asked) + len(self._absent)
        while low < high:
            middle = (low + high + 1) // 2
            absent = self._before(middle)
            if absent <= len(self._absent) and middle - absent <= len(self._asked):
                low = middle
            else:
                high = middle - 1
        return low


def refuse_perspectives(category: Category, where: str) -> None:
    """Raises PlanError for perspectives in a category that templates write."""
    if category.perspectives:
        what = "agents write from points of view; questions made without a model have none"
        raise PlanError.at(f"{where}.perspectives", what, 'leave it out, or set `"worker": "agent"` and name a model')


def _tiers(tiers: Sequence[Tier] | None, where: str) -> tuple[str | None, ...]:
    """The names of the tiers, which draw from the same documents."""
    cut = next((tier for tier in tiers or [] if tier.min_frequency is not None or tier.max_frequency is not None), None)
    if cut is not None:
        what = f"tier {cut.name!r} is cut by frequency, and documents have none"
        raise PlanError.at(where, what, "leave out `min_frequency` and `max_frequency`")
    return cuts_of(tiers, where)[0].tiers


def _deck(documents: Documents) -> _Deck:
    rows = [
        (place, cloze.start, cloze.end, cloze.gap.start, cloze.gap.end, KINDS.index(cloze.gap.kind))
        for place, document in enumerate(documents)
        for cloze in clozes(document)
    ]
    table = np.array(rows, np.int64).reshape(-1, 6)
    return _Deck(table[:, 0], table[:, 1:5], table[:, 5])

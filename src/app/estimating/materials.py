"""What a source gives models to read and has them write, measured on some of its candidates; no model is asked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import fmean
from typing import Protocol

import numpy as np

from ...agents.briefs import as_data
from ...agents.extractor import LEAST_CHARS, PASSES
from ...plan import Category
from ...records import Json
from ...tools.diversity import Embedder
from ...tools.draws import integers, key_of
from ...tools.evidence import EvidenceStore, Piece, chunks, open_evidence
from ...tools.evidence.likeness import passages_of
from ...tools.grounding.grounds import Grounds
from ...tools.grounding.labels.answers import CODES_KEY, LIST_KEY, MOST_CODES, NUMBER_KEY
from ...tools.grounding.reverse.extraction import FOUND_KEY
from ..grounding.specialists import questions_a_call
from .takings import REPEATED

SAMPLED = 200
"""Candidates of each stratum that are looked at."""

UNKNOWN_BYTES = 400
"""What a question about a document takes, with its answer and evidence, where no statement shows how long they are."""


@dataclass(frozen=True, slots=True)
class Amounts:
    """What candidates take on average: calls, and bytes beside the prompt.

    read, written: by call; read_more, written_more: by record. shown: a candidate for looking at a prompt, None where
    there is no call; shown_bytes: what its call reads, and shown_text that as it stands in the evidence. most_times as
    in `TaskQuote`.
    """

    calls_a_batch: float = 0.0
    calls_a_record: float = 0.0
    read: float = 0.0
    read_more: float = 0.0
    written: float = 0.0
    written_more: float = 0.0
    shown: int | None = None
    shown_bytes: int = 0
    shown_text: str = ""
    most_times: float = 1 + REPEATED


class Material(Protocol):
    """What the candidates of one category come to. size: how many records a batch has, None where the pace says."""

    size: int | None

    def amounts(self, numbers: Sequence[int]) -> Amounts:
        """What these candidates take, which are of one lane; of many, some are looked at."""
        ...


def material_of(grounds: Grounds, category: Category) -> Material:
    """The material of a category that models write. Raises InputError where evidence cannot be had."""
    kinds: dict[str, type[Queries | Texts | Pages]] = {"reverse_query": Queries, "label": Texts, "document_qa": Pages}
    assert category.task is not None
    return kinds[category.task](grounds, category)


# ---- the extract worker --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Read:
    """One query: the texts of its first pass, how many all passes have, and the bytes of what is to be found."""

    number: int
    texts: list[str]
    in_all: int
    found: int


class Queries:
    """Reverse queries: a YES is read for in chunks, a NO costs nothing."""

    def __init__(self, grounds: Grounds, category: Category) -> None:
        self.size: int | None = 1
        self._category, self._questions = category, grounds.reverse_queries(category)
        self._store, self._bound = _evidence(grounds, category)
        self._limit = category.chunk_chars

    def amounts(self, numbers: Sequence[int]) -> Amounts:
        """See `Material`."""
        asked = [number for number in numbers if self._is_asked(number)]
        read = [self._read(number) for number in some(asked)]
        texts = [(query.number, text) for query in read for text in query.texts]
        if not texts:
            return Amounts()
        sizes = [_size(text) for _, text in texts]
        mean = fmean(sizes)
        at = min(range(len(sizes)), key=lambda place: abs(sizes[place] - mean))
        share = len(asked) / len(numbers)
        return Amounts(
            calls_a_record=share * len(texts) / len(read),
            read=mean,
            written=_size(json.dumps({FOUND_KEY: []})),
            written_more=share * fmean(query.found for query in read),
            shown=texts[at][0],
            shown_bytes=sizes[at],
            shown_text=texts[at][1],
            most_times=self._most_times(read),
        )

    def _is_asked(self, number: int) -> bool:
        """Whether a number is a YES: each object has one, and then its NO records."""
        lane = next(lane for lane in self._questions.lanes if number in lane.numbers)
        return (number - lane.numbers.start) % (1 + self._category.negatives) == 0

    def _read(self, number: int) -> _Read:
        truth, expected = self._questions.record(number), self._questions.expected(number)
        pieces = self._store.pieces(truth["object"], truth["query"])
        passes, limit = [_texts(pieces, self._limit)], self._limit
        while self._category.min_recall and len(passes) < PASSES and limit > LEAST_CHARS:
            limit = max(LEAST_CHARS, limit // 2)
            passes.append(_texts(pieces, limit))
        in_all = len({text for texts in passes for text in texts})
        return _Read(number, passes[0], in_all, sum(_size(_json(name)) + len(", ") for name in expected.values()))

    def _most_times(self, read: Sequence[_Read]) -> float:
        """Three calls in ten are made again, and as many queries read in all passes; passages as many as there are."""
        first = sum(len(query.texts) for query in read)
        again = REPEATED * (sum(query.in_all for query in read) / first)
        return (1 + again) * max(1.0, self._bound * len(read) / first)


class _Passages:
    """See `EvidenceStore`. Passages at random, where those that are near could be had for an embedding of all alone."""

    def __init__(self, texts: Sequence[Piece], top: int) -> None:
        self._texts, self._top = texts, top

    def pieces(self, object: str, query: str) -> list[Piece]:
        """As many as a question gets, always the same."""
        if len(self._texts) <= self._top:
            return list(self._texts)
        drawn = integers(key_of("passages", query), np.arange(4 * self._top), len(self._texts)).tolist()
        return [self._texts[row] for row in sorted(list(dict.fromkeys(drawn))[: self._top])]

    def close(self) -> None:
        """Nothing is held."""


def _evidence(grounds: Grounds, category: Category) -> tuple[EvidenceStore, float]:
    """Where to read, and the most calls that a query takes by what the plan says; 0 where the evidence says it."""
    evidence, where = category.evidence, grounds.where(category)
    if evidence is None or evidence.match is not None:
        store = open_evidence(
            category, grounds.tables, embedder=_no_embedder, folder=Path(), variables={}, where=where
        )  # fmt: skip
        return store, 0.0
    table = grounds.tables[evidence.source]
    texts = passages_of(table, evidence.text, evidence.passage_chars, f"{where}.evidence.text")
    most = min(len(texts), evidence.top) * evidence.passage_chars / evidence.chunk_chars
    return _Passages(texts, evidence.top), float(np.ceil(most))


def _no_embedder() -> Embedder:
    raise AssertionError("evidence that is found by name needs no embedder")


def _texts(pieces: Sequence[Piece], limit: int) -> list[str]:
    return list(dict.fromkeys(chunk.text for chunk in chunks(pieces, limit)))


# ---- the label worker ----------------------------------------------------------------------------------------


class Texts:
    """Texts to label, many in a call."""

    def __init__(self, grounds: Grounds, category: Category) -> None:
        self.size: int | None = None
        self._labels = grounds.labels(category)

    def amounts(self, numbers: Sequence[int]) -> Amounts:
        """See `Material`."""
        few = some(numbers)
        if not few:
            return Amounts()
        lines = [_size(as_data(_json({NUMBER_KEY: 1, "text": self._labels.text(number)}))) for number in few]
        code = fmean(_size(_json(self._labels.truth(number)[0])) for number in few)
        entry = _size(_json({NUMBER_KEY: 10, CODES_KEY: []})) + len(", ")
        return Amounts(
            calls_a_batch=1.0,
            read_more=fmean(lines) + len("\n"),
            written=_size(_json({LIST_KEY: []})),
            written_more=entry + MOST_CODES * (code + len(", ")),
            shown=few[0],
            shown_bytes=lines[0] + len("\n"),
        )


# ---- document questions --------------------------------------------------------------------------------------


class Pages:
    """Documents to ask about: each batch is the questions to one."""

    def __init__(self, grounds: Grounds, category: Category) -> None:
        self._questions = grounds.documents(category)
        self.size: int | None = questions_a_call(grounds, category)

    def amounts(self, numbers: Sequence[int]) -> Amounts:
        """See `Material`."""
        assert self.size is not None
        turns = some(sorted({number // self.size for number in numbers}))
        if not turns:
            return Amounts()
        sizes = [self._document(turn) for turn in turns]
        mean = fmean(sizes)
        at = min(range(len(sizes)), key=lambda place: abs(sizes[place] - mean))
        return Amounts(
            calls_a_batch=1.0,
            read=mean,
            written=_size(_json({"records": []})),
            written_more=self._record + len(", "),
            shown=turns[at] * self.size,
            shown_bytes=sizes[at],
        )

    def _document(self, turn: int) -> int:
        _, title, text = self._questions.document_for(turn)
        return _size(as_data(_json({"title": title, "text": text})))

    @cached_property
    def _record(self) -> float:
        """The bytes of a record: as those that templates write."""
        few = some(self._questions.lanes[0].numbers)
        return fmean(_size(_json(self._questions.record(number))) for number in few) if few else UNKNOWN_BYTES


# ---- all -----------------------------------------------------------------------------------------------------


def some(numbers: Sequence[int]) -> list[int]:
    """All of few, some of many, evenly spread."""
    if len(numbers) <= SAMPLED:
        return list(numbers)
    return [numbers[place * len(numbers) // SAMPLED] for place in range(SAMPLED)]


def _size(text: str) -> int:
    return len(text.encode())


def _json(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)

"""The extraction worker: reads the evidence on an object in chunks, each in a fresh context, and adds up the finds."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Mapping, Sequence
from functools import cached_property
from typing import Any, Protocol, TypeVar

import orjson

from ..endpoints.caller import Reply
from ..errors import ContextOverflow, EndpointRefused
from ..records import Json
from ..tools.evidence import EvidenceStore, chunks
from ..tools.grounding.reverse.extraction import FOUND_KEY, Reading, extracted, halves, is_yes, merge, read_names
from .briefs import as_data
from .desk import Desk
from .generator import REFUSED, Assignment
from .prompts import load_prompt
from .station import Station
from .thread import Thread, tokens_in
from .together import finished, is_one_calls

T = TypeVar("T")

ROLE = "extractor"

LEAST_CHARS = 200
"""No text is cut for being read anew once it is as short as this."""

PASSES = 3
"""How often the evidence on one object is read at the most, each time in chunks of half the length."""

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {FOUND_KEY: {"type": "array", "items": {"type": "string"}}},
    "required": [FOUND_KEY],
    "additionalProperties": False,
}
"""The JSON Schema of an answer."""

_AGAIN = (
    "That could not be used: {why}. Read the text above anew, and answer with one JSON object and nothing else: "
    f'{{{{"{FOUND_KEY}": [...]}}}}, a list of texts.'
)


class Questions(Protocol):
    """The reverse queries that are to be answered; see `tools.grounding.reverse_queries`."""

    def record(self, number: int) -> Json:
        """The truth of a number, as the template worker writes it."""
        ...

    def expected(self, number: int) -> Mapping[str, str]:
        """The subjects that go with the object of a number: the source's spelling, by folded form."""
        ...

    def known_subjects(self) -> Mapping[str, str]:
        """All subjects of the source: its spelling, by folded form."""
        ...


class Extractor:
    """Answers reverse queries from evidence. May be used by any number of tasks of one event loop at once."""

    def __init__(
        self,
        station: Station,
        questions: Questions,
        evidence: EvidenceStore,
        *,
        subject: str,
        chunk_chars: int,
        min_recall: float,
    ) -> None:
        """Set up for one category.

        subject: what is listed, the name of the source's column. chunk_chars: what one call reads at the most.
        min_recall: a query below it is read again, in chunks of half the length and then of a quarter.
        """
        self._station, self._questions, self._evidence = station, questions, evidence
        self._subject, self._chunk_chars, self._min_recall = subject, chunk_chars, min_recall

    @cached_property
    def _known(self) -> Mapping[str, str]:
        return self._questions.known_subjects()

    async def write(self, assignment: Assignment, desk: Desk) -> None:
        """Answer the queries of a batch, and hand them in together. Raises what `Caller.call` raises.

        What is proven by the source alone (NO) needs no model. Where an error ends the run, nothing is handed in: the
        batch stays open, and is done again from the answers that were paid for. Where it is one query's own, the others
        are handed in.
        """
        truths = {number: self._questions.record(number) for number in assignment.brief.items}
        records: dict[int, Json] = {number: truth for number, truth in truths.items() if not is_yes(truth)}
        asked = [number for number in truths if number not in records]
        reader = Reader(self._station, assignment, desk)
        answers, error = await finished([self._answer(number, truths[number], reader, desk) for number in asked])
        if error is not None and not is_one_calls(error):
            raise error
        records |= {number: record for number, record in zip(asked, answers, strict=True) if record is not None}
        if numbers := [number for number in truths if number in records]:
            await desk.submit([records[number] for number in numbers], numbers=numbers)
        if error is not None:
            raise error

    async def _answer(self, number: int, truth: Json, reader: Reader, desk: Desk) -> Json | None:
        """The record of one query; None where there is nothing to read, or no answer could be read."""
        pieces = await asyncio.to_thread(self._evidence.pieces, truth["object"], truth["query"])
        expected = self._questions.expected(number)
        question = f"Question: {_quoted(truth['query'])}\nList every {_quoted(self._subject)} that answers it."
        read: dict[str, list[str] | None] = {}
        record: Json = None
        for limit in self._limits:
            texts = [text for text in dict.fromkeys(chunk.text for chunk in chunks(pieces, limit)) if text not in read]
            if not texts:  # there is nothing, or no chunk is smaller than before
                break
            read.update(zip(texts, await _all([reader.read(question, text) for text in texts]), strict=True))
            if all(names is None for names in read.values()):
                return None  # told by the reader
            found = merge((name for names in read.values() for name in names or ()), expected, self._known)
            record = extracted(truth, found, expected)
            if record["recall"] >= self._min_recall:
                break
        if record is None:
            desk.unreadable("", f"no evidence for {truth['object']!r}: there is nothing to read")
        return record

    @property
    def _limits(self) -> list[int]:
        """The lengths of chunks, each pass half of the one before."""
        limits = [self._chunk_chars]
        while len(limits) < PASSES and limits[-1] > LEAST_CHARS:
            limits.append(max(LEAST_CHARS, limits[-1] // 2))
        return limits


class _CutOff(Exception):
    """A list longer than an answer may be."""


class Reader:
    """Reads texts for one batch, each in a conversation of its own."""

    def __init__(self, station: Station, assignment: Assignment, desk: Desk) -> None:
        self._caller, self._chat, self._desk = station.caller, station.chat, desk
        self._batch, self._repairs = assignment.batch, assignment.repairs
        self._prompt = load_prompt(ROLE)
        self._system = {"role": "system", "content": self._prompt.text}
        self._tokens_of_rules = tokens_in(self._prompt.text) + tokens_in(json.dumps(SCHEMA))

    async def read(self, question: str, text: str) -> list[str] | None:
        """What a text states; None where no answer could be read.

        One that is too long for the model, or whose list is, is read in halves.
        """
        try:
            return await self._read_whole(question, text)
        except ContextOverflow as error:
            if len(text) <= LEAST_CHARS:
                told = f"even {len(text)} characters of evidence are more than the model's context holds: {error}"
                raise EndpointRefused(told) from None
        except _CutOff:
            pass
        parts = await _all([self.read(question, half) for half in halves(text)])
        if all(names is None for names in parts):
            return None
        return [name for names in parts for name in names or ()]

    async def _read_whole(self, question: str, text: str) -> list[str] | None:
        """What a text states; None where no answer could be read. Raises _CutOff where the list was too long."""
        task = f"{question}\n\n<data>\n{as_data(text)}\n</data>"
        messages = [self._system, {"role": "user", "content": task}]

        async def send() -> Reply:
            return await self._chat.send(messages, SCHEMA)

        thread = Thread.begin(self._caller, ROLE, self._prompt.sha256, orjson.dumps([messages, SCHEMA]), self._batch)
        spent, out = self._tokens_of_rules + tokens_in(task), self._tokens_out(text)
        for repair in range(self._repairs + 1):
            given = orjson.loads(await thread.call(send, spent, out))
            answer, outcome = given["text"], given["outcome"]
            if outcome == "truncated" and len(text) > LEAST_CHARS:
                raise _CutOff
            reading = Reading(why=REFUSED) if outcome == "refused" else read_names(answer)
            if not reading.why:
                return list(reading.names)
            if repair == self._repairs:
                self._desk.unreadable(answer, reading.why)
            again = _AGAIN.format(why=reading.why)
            messages += [{"role": "assistant", "content": answer or "(nothing)"}, {"role": "user", "content": again}]
            spent += tokens_in(answer) + tokens_in(again)
        return None

    def _tokens_out(self, text: str) -> int:
        """What a list may take: no more than the text that all of it stands in, or than the entry allows."""
        options = self._caller.endpoint.entry.options
        limit = options.get("max_tokens") or options.get("max_completion_tokens")
        return limit if isinstance(limit, int) else 50 + tokens_in(text)


def _quoted(text: str) -> str:
    return as_data(json.dumps(text, ensure_ascii=False))


async def _all(work: Sequence[Coroutine[Any, Any, list[str] | None]]) -> list[list[str] | None]:
    """The results of several tasks, in order. Raises the gravest error once the last is done."""
    results, error = await finished(work)
    if error is not None:
        raise error
    return results

"""The worker of document questions: reads one document in a fresh context, and asks what it answers, or does not."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import orjson

from ..endpoints.chat import Messages, is_refusal, text_of
from ..records import Json
from ..tools.answers import parse_records
from .briefs import as_data
from .desk import Desk, Verdict
from .generator import REFUSED, Assignment, list_schema, told_verdicts
from .prompts import load_prompt
from .station import Station
from .thread import Thread, tokens_in
from .together import finished

ROLE = "document_qa"

_KEYS = ("question", "answer", "evidence")

SCHEMA: dict[str, Any] = list_schema(
    {
        "type": "object",
        "properties": {
            "question": {"type": "string"},
            "answer": {"type": ["string", "null"]},
            "evidence": {"type": ["string", "null"]},
        },
        "required": list(_KEYS),
        "additionalProperties": False,
    }
)
"""The JSON Schema of an answer."""


class Documents(Protocol):
    """The documents to ask about; see `tools.grounding.documents`."""

    def document_for(self, number: int) -> tuple[str, str, str]:
        """The id, title and text of the document of a number; they go round the documents."""
        ...

    def is_unanswerable(self, number: int) -> bool:
        """Whether a candidate is to be a question that its document does not answer."""
        ...

    def mended(self, record: Json) -> Json:
        """A record with its evidence as the document writes it, where only white space and signs differ."""
        ...


@dataclass(slots=True)
class _Wanted:
    """What is still to be asked about one document: candidate numbers, with an answer there and without."""

    id: str
    title: str
    text: str
    answerable: list[int] = field(default_factory=list)
    unanswerable: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.answerable) + len(self.unanswerable)

    def places_for(self, values: Sequence[Json]) -> list[tuple[Json, int]]:
        """The records of an answer that were asked for, each with its number; what goes beyond is surplus."""
        left = {True: list(self.unanswerable), False: list(self.answerable)}
        placed = []
        for value in values:
            is_unanswerable = isinstance(value, dict) and value.get("answer") is None
            if left[is_unanswerable]:
                placed.append((self._record(value), left[is_unanswerable].pop(0)))
        return placed

    def _record(self, value: Json) -> Json:
        if not isinstance(value, dict):
            return value
        return {**{key: value.get(key) for key in _KEYS}, "document_id": self.id}

    def has(self, number: int) -> None:
        """A candidate became a record."""
        for numbers in (self.answerable, self.unanswerable):
            if number in numbers:
                numbers.remove(number)


class DocumentWriter:
    """Asks about documents, one call each. May be used by any number of tasks of one event loop at once."""

    def __init__(self, station: Station, documents: Documents) -> None:
        self._station, self._documents = station, documents
        self._prompt = load_prompt(ROLE)

    async def write(self, assignment: Assignment, desk: Desk) -> None:
        """Have the questions of a batch asked, document by document at once. Raises what `Caller.call` raises.

        Where calls fail for good, the others are waited for, so that their answers are there when the batch is taken up
        again.
        """
        wanted: dict[str, _Wanted] = {}
        for number in assignment.brief.items:
            id, title, text = self._documents.document_for(number // assignment.brief.each)
            about = wanted.setdefault(id, _Wanted(id, title, text))
            (about.unanswerable if self._documents.is_unanswerable(number) else about.answerable).append(number)
        asked = (self._ask(about, assignment, desk) for about in wanted.values())
        _, error = await finished(asked)
        if error is not None:
            raise error

    async def _ask(self, about: _Wanted, assignment: Assignment, desk: Desk) -> None:
        messages: Messages = [
            {"role": "system", "content": self._prompt.text},
            {"role": "user", "content": self._task(about, assignment)},
        ]
        asked = orjson.dumps([messages, SCHEMA])
        thread = Thread.begin(self._station.caller, ROLE, self._prompt.sha256, asked, assignment.batch)
        for repair in range(assignment.repairs + 1):
            given = await self._call(thread, messages, assignment, len(about))
            answer = text_of(given)
            if is_refusal(given):
                verdicts = [desk.unreadable(answer, REFUSED)]
            else:
                verdicts = await self._submit(about, answer, desk)
            if not len(about) or repair == assignment.repairs:
                return
            told = load_prompt("repair").render(
                verdicts=told_verdicts(verdicts), remaining=f"{len(about)}: {_kinds(about)}"
            )
            messages += [{"role": "assistant", "content": answer or "(nothing)"}, {"role": "user", "content": told}]

    async def _submit(self, about: _Wanted, answer: str, desk: Desk) -> list[Verdict]:
        parsed = parse_records(answer, _KEYS)
        placed = about.places_for(parsed.values)
        records = [self._documents.mended(record) for record, _ in placed]
        verdicts = await desk.submit(records, [number for _, number in placed]) if records else []
        for (_, number), verdict in zip(placed, verdicts, strict=False):
            if verdict.refusal is None:
                about.has(number)
        return verdicts + [desk.unreadable(piece, why) for piece, why in parsed.unreadable]

    async def _call(self, thread: Thread, messages: Messages, assignment: Assignment, wanted: int) -> bytes:
        spent = sum(tokens_in(message["content"]) for message in messages) + tokens_in(json.dumps(SCHEMA))
        out = assignment.tokens_out(self._station.caller.endpoint.entry.options, wanted)
        return await thread.call(lambda: self._station.chat.send(messages, SCHEMA), spent, out)

    def _task(self, about: _Wanted, assignment: Assignment) -> str:
        document = as_data(json.dumps({"title": about.title, "text": about.text}, ensure_ascii=False))
        attributes = "".join(f"- {name}: {what}\n" for name, what in _told(assignment.brief.attributes).items())
        return (
            f"{assignment.briefing.about}\n\nThe document:\n<data>\n{document}\n</data>\n\n"
            f"Write from these:\n{attributes}\nWrite {_kinds(about)} (wanted: {len(about)})."
        )


def _kinds(about: _Wanted) -> str:
    parts = [f"{len(about.answerable)} questions that the document answers"] if about.answerable else []
    if about.unanswerable:
        parts.append(f"{len(about.unanswerable)} that it does not answer, with `answer` and `evidence` null")
    return " and ".join(parts)


def _told(attributes: Mapping[str, str]) -> dict[str, str]:
    """What is drawn for a batch and bears on questions about a document: no persona, and no style of a text."""
    return {name: what for name, what in attributes.items() if name in ("perspective", "topic", "variation")}

"""The label worker: several models say, side by side, which labels texts have; the best answer becomes the record."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import orjson

from ..endpoints.caller import Reply
from ..endpoints.chat import Messages
from ..plan import Category
from ..records import Json, Prediction
from ..tools.grounding.labels.answers import CODES_KEY, LIST_KEY, MOST_CODES, NUMBER_KEY, LabelReading, read_labels
from ..tools.grounding.labels.quality import label_quality, normalised
from .briefs import as_data
from .desk import Desk
from .generator import REFUSED, Assignment
from .prompts import load_prompt
from .station import Station
from .thread import Thread, tokens_in
from .together import finished, is_one_calls

ROLE = "labeler"

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        LIST_KEY: {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    NUMBER_KEY: {"type": "integer"},
                    CODES_KEY: {"type": "array", "items": {"type": "string"}},
                },
                "required": [NUMBER_KEY, CODES_KEY],
                "additionalProperties": False,
            },
        }
    },
    "required": [LIST_KEY],
    "additionalProperties": False,
}
"""The JSON Schema of an answer."""

_AGAIN = "\nAn earlier answer could not be used as a whole: {why}. These texts still lack an entry."

_TOKENS_OF_ENTRY, _TOKENS_OF_ANSWER = 16, 50
"""What an entry takes beside its codes, and an answer beside its entries, at the most."""


class Labelled(Protocol):
    """The texts that are to be labelled; see `tools.grounding.labels`."""

    @property
    def category(self) -> Category:
        """What they belong to."""
        ...

    @property
    def closed_set(self) -> Sequence[str]:
        """The labels there are, where there are few; else none."""
        ...

    @property
    def longest_label(self) -> str:
        """The longest label there is."""
        ...

    def text(self, number: int) -> str:
        """The text of a number."""
        ...

    def truth(self, number: int) -> tuple[str, ...]:
        """Its labels, each of them right."""
        ...

    def spelling(self, code: str) -> str | None:
        """How the source spells a label, None if it has no such label."""
        ...


@dataclass(slots=True)
class _Said:
    """What one model said of the texts of a batch: the codes by their places from 1, and what was wrong at last."""

    codes: dict[int, tuple[str, ...]] = field(default_factory=dict)
    answer: str = ""
    why: str = ""


class Labeler:
    """Labels texts with every one of its models. May be used by any number of tasks of one event loop at once."""

    def __init__(self, stations: Sequence[Station], labels: Labelled) -> None:
        """`stations` are the models, each with a name of its own; of answers equally good, the earlier one's counts."""
        self._stations, self._labels = stations, labels
        self._prompt = load_prompt(ROLE)

    async def write(self, assignment: Assignment, desk: Desk) -> None:
        """Have the texts of a batch labelled, and hand them in together. Raises what `Caller.call` raises.

        A text that no model says anything about is left out. Where a call fails for good and ends the run, or no model
        answers, nothing is handed in: but only once the other models are done, so that all of their answers are there
        when the batch is taken up again. Where one model's call alone is given up, the others' answers count.
        """
        numbers = assignment.brief.items
        texts = {place: self._labels.text(number) for place, number in enumerate(numbers, start=1)}
        results, error = await finished(self._ask(station, texts, assignment) for station in self._stations)
        if error is not None and (not is_one_calls(error) or all(result is None for result in results)):
            raise error
        said = [_Said(why=str(error)) if result is None else result for result in results]
        records = {}
        for place, number in enumerate(numbers, start=1):
            if found := self._predictions(number, place, said):
                for prediction in found:
                    desk.predicted(prediction)
                records[number] = self._record(number, max(found, key=lambda prediction: prediction.quality))
        if len(records) < len(numbers) or error is not None:
            self._tell_lacking(said, desk)
        if records:
            await desk.submit(list(records.values()), numbers=list(records))

    def _predictions(self, number: int, place: int, said: Sequence[_Said]) -> list[Prediction]:
        """What each model says of a text, in their order; those that say nothing are left out."""
        truth = self._labels.truth(number)
        return [
            Prediction(number, station.name, one.codes[place], label_quality(one.codes[place], truth))
            for station, one in zip(self._stations, said, strict=True)
            if place in one.codes
        ]

    def _record(self, number: int, best: Prediction) -> Json:
        return {
            "text": self._labels.text(number),
            "codes": list(best.codes),
            "quality": best.quality,
            "source_code": self._labels.truth(number)[0],
        }

    def _tell_lacking(self, said: Sequence[_Said], desk: Desk) -> None:
        lacking = [(station, one) for station, one in zip(self._stations, said, strict=True) if one.why]
        why = "; ".join(f"{station.name}: {one.why}" for station, one in lacking)
        desk.unreadable(next((one.answer for _, one in lacking if one.answer), ""), why)

    async def _ask(self, station: Station, texts: Mapping[int, str], assignment: Assignment) -> _Said:
        """What a model says of the texts; it is asked again for those that it left out."""
        said = _Said()
        if not texts:
            return said
        messages = self._messages(texts)
        asked = orjson.dumps([messages, SCHEMA])
        thread = Thread.begin(station.caller, ROLE, self._prompt.sha256, asked, assignment.batch)
        left = dict(texts)
        for _ in range(assignment.repairs + 1):
            given = orjson.loads(await self._call(thread, station, messages, len(left)))
            said.answer = given["text"]
            is_refused = given["outcome"] == "refused"
            reading = LabelReading({}, REFUSED) if is_refused else read_labels(said.answer, left)
            said.why = reading.why
            said.codes |= {place: self._known(codes) for place, codes in reading.codes.items()}
            left = {place: text for place, text in texts.items() if place not in said.codes}
            if not left:
                break
            messages = self._messages(left, said.why)
        return said

    async def _call(self, thread: Thread, station: Station, messages: Messages, wanted: int) -> bytes:
        async def send() -> Reply:
            return await station.chat.send(messages, SCHEMA)

        spent = sum(tokens_in(message["content"]) for message in messages) + tokens_in(json.dumps(SCHEMA))
        options = station.caller.endpoint.entry.options
        limit = options.get("max_tokens") or options.get("max_completion_tokens")
        out = _TOKENS_OF_ANSWER + wanted * (_TOKENS_OF_ENTRY + MOST_CODES * self._tokens_of_code)
        return await thread.call(send, spent, limit if isinstance(limit, int) else out)

    def _known(self, codes: Sequence[str]) -> tuple[str, ...]:
        """The codes as the source spells them; those that it lacks stay, unless its labels were all shown."""
        spelled = [(code, self._labels.spelling(code)) for code in codes]
        return normalised(known or code for code, known in spelled if known or not self._closed_set)

    def _messages(self, texts: Mapping[int, str], why: str = "") -> Messages:
        """What a model is told, without a memory of what it was told before; `why` is what was wrong with that."""
        lines = "\n".join(_data({NUMBER_KEY: place, "text": text}) for place, text in texts.items())
        again = f"{_AGAIN.format(why=why)}\n" if why else ""
        task = f"{self._task}\nThe texts:\n<data>\n{lines}\n</data>\n{again}\nLabel {len(texts)} texts."
        return [{"role": "system", "content": self._prompt.text}, {"role": "user", "content": task}]

    @cached_property
    def _task(self) -> str:
        category = self._labels.category
        about = f"{category.description}\n" if category.description else ""
        columns = f"Each text is a {_data(category.text)}, and its label is a {_data(category.label)}.\n"
        shown = f"\nThe labels there are:\n<data>\n{_data(self._closed_set)}\n</data>\n" if self._closed_set else ""
        return f"Category: {category.name}\n{about}{columns}{shown}"

    @cached_property
    def _closed_set(self) -> list[str]:
        return list(self._labels.closed_set)

    @cached_property
    def _tokens_of_code(self) -> int:
        """What a code takes of an answer at the most, quotes included."""
        return tokens_in(self._labels.longest_label)


def _data(value: Json) -> str:
    return as_data(json.dumps(value, ensure_ascii=False))

"""Records as exchanges of one question and one answer, for fine-tuning.

a record with a prompt
    question: the prompt. answer: the record as JSON.
a record with `inputs`
    question: `inputs.text`, or the only text in `inputs`, or `inputs` as JSON. answer: the first key of `ANSWERS` in
    `expectations`, or the only text in there, or `expectations` as JSON.
a record with one of the keys in `QUESTIONS`
    question: the first of them that is a text. answer: the first key of `ANSWERS`, or the rest of the record as JSON.

a record that breaks its schema on purpose
    question: as above. answer: what it breaks, as `{"invalid": {...}}`: whoever is trained on it learns to refuse.

Other records hold no question, and those that expect nothing hold no answer: a dataset with one of them is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson

from ...errors import InputError, Problem
from ...records import Json
from .files import FileFacts, atomic_file
from .jsonl import write_values
from .shards import Row, Shard, rows

QUESTIONS = ("question", "query", "text", "instruction", "input")
ANSWERS = ("subjects", "answer", "expected_response", "response", "output", "codes", "label")


@dataclass(frozen=True, slots=True)
class Exchange:
    """What is asked, and what is answered."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Inexpressible:
    """Why a record is no exchange, and how to mend it."""

    why: str
    mend: str


_NO_QUESTION = Inexpressible(
    "has neither a prompt, nor inputs, nor a question", 'set "render": "prompt" in the category, or export as jsonl'
)
_NO_ANSWER = Inexpressible("expects nothing, so there is no answer", "write `expectations`, or export as jsonl")


def exchange(row: Row) -> Exchange | Inexpressible:
    """The exchange that a record stands for, by the rules above."""
    turn = _turn(row)
    if row.invalid is None or not isinstance(turn, Exchange):
        return turn
    return Exchange(turn.question, _json({"invalid": row.invalid}))


def _turn(row: Row) -> Exchange | Inexpressible:
    record = row.record
    if row.prompt is not None:
        return Exchange(row.prompt, _json(record))
    if not isinstance(record, dict):
        return _NO_QUESTION
    if "inputs" in record:
        expected = record.get("expectations")
        return Exchange(_asked(record["inputs"]), _expected(expected)) if expected else _NO_ANSWER
    question = next((key for key in QUESTIONS if isinstance(record.get(key), str)), None)
    if question is None:
        return _NO_QUESTION
    rest = {key: value for key, value in record.items() if key != question}
    return Exchange(record[question], _answer(rest) or _json(rest)) if rest else _NO_ANSWER


def openai(turn: Exchange) -> Json:
    """A line of OpenAI's chat fine-tuning format."""
    return {
        "messages": [{"role": "user", "content": turn.question}, {"role": "assistant", "content": turn.answer}],
    }


def alpaca(turn: Exchange) -> Json:
    """A line of Stanford Alpaca's format."""
    return {"instruction": turn.question, "input": "", "output": turn.answer}


def sharegpt(turn: Exchange) -> Json:
    """A line of ShareGPT's format."""
    return {"conversations": [{"from": "human", "value": turn.question}, {"from": "gpt", "value": turn.answer}]}


def write_chat(shards: Iterable[Shard], path: Path, shape: Callable[[Exchange], Json]) -> FileFacts:
    """Writes each record as a line of that shape.

    Raises InputError that names each category with a record that is no exchange; nothing is written then.
    """
    problems: dict[str, Problem] = {}

    def shaped() -> Iterator[Json]:
        for row in rows(shards):
            found = exchange(row)
            if isinstance(found, Exchange):
                yield shape(found)
            elif row.category not in problems:
                where = f"category {row.category!r}, record {row.id!r}"
                problems[row.category] = Problem(where, found.why, found.mend)

    with atomic_file(path) as file:
        write_values(file, shaped())
        if problems:
            raise InputError(list(problems.values()))
    return file.facts


def _asked(inputs: Json) -> str:
    if isinstance(inputs, dict):
        text = inputs.get("text", next(iter(inputs.values())) if len(inputs) == 1 else None)
        if isinstance(text, str):
            return text
    return _text(inputs)


def _expected(expectations: Json) -> str:
    if not isinstance(expectations, dict):
        return _text(expectations)
    only = next(iter(expectations.values())) if len(expectations) == 1 else None
    return _answer(expectations) or (only if isinstance(only, str) else _json(expectations))


def _answer(values: Mapping[str, Json]) -> str | None:
    return next((_text(values[key]) for key in ANSWERS if values.get(key) is not None), None)


def _text(value: Json) -> str:
    return value if isinstance(value, str) else _json(value)


def _json(value: Json) -> str:
    return orjson.dumps(value).decode()

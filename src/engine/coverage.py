"""What a stratum has plenty of and what it lacks; and from that, what the next worker is told."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from ..agents.briefs import Brief
from ..plan import Category, Plan
from ..records import Json, Stratum
from ..tools.draws import key_of

_STYLES = (
    "plain and factual", "friendly", "terse, almost telegraphic", "formal", "chatty, with asides",
    "precise and technical", "hesitant", "impatient", "enthusiastic", "dry",
    "like a quick message on a phone", "careful and polite",
)  # fmt: skip
_LENGTHS = (
    "as short as it can be", "one sentence", "two or three sentences", "a short paragraph", "detailed",
    "mixed: some very short, some long",
)  # fmt: skip
_PERSONAS = (
    "a student", "a retired teacher", "a nurse on night shift", "the owner of a small shop", "an accountant",
    "an engineer", "a parent of three", "somebody new to the subject", "an expert in the field", "a lorry driver",
    "a lawyer", "a farmer", "somebody writing in a second language", "a journalist", "a support agent",
    "an office manager", "a researcher", "a teenager", "a volunteer", "a craftsman", "a civil servant", "a chef",
    "a consultant", "a musician",
)  # fmt: skip

FEW, MANY, FROM_RECORDS, FROM_OPENINGS = 0.5, 2.0, 12, 4
MOST_TOLD = 6
LOOK_EVERY = 20
"""Once the records have grown by one in so many, the counts are looked at again."""

_WORD = re.compile(r"\w+", re.UNICODE)
_LONG = 24


class Coverage:
    """One stratum: how often each enum value, perspective and topic occurs, and how texts begin.

    A value is thin below half of its fair share, plenty above twice; from 12 records on. Memory does not grow with the
    number of records: openings are counted up to a few thousand, the rare ones forgotten.
    """

    def __init__(self, plan: Plan, category: Category, stratum: Stratum, schema: dict[str, Any]) -> None:
        self._key = key_of(plan.seed, "brief", stratum.category, stratum.tier)
        self._choices = {name: pool for name, pool in (("perspective", category.perspectives),
                                                       ("topic", category.topics)) if pool}  # fmt: skip
        self._drawn: dict[str, Counter[str]] = {name: Counter() for name in self._choices}
        self._values = {path: Counter(dict.fromkeys(values, 0)) for path, values in _enums(schema)}
        self._openings: Counter[str] = Counter()
        self._records = 0
        self._look_again, self._told = 0, (list[str](), list[str]())

    def brief(self, number: int, wanted: int) -> Brief:
        """What the worker of a batch is told."""
        attributes = {name: self._least(name, number) for name in self._choices}
        for salt, (name, pool) in enumerate((("persona", _PERSONAS), ("style", _STYLES), ("length", _LENGTHS)), 10):
            attributes[name] = pool[self._draw(number, salt, len(pool))]
        attributes["variation"] = str(number)
        if self._records >= self._look_again:
            self._look_again = self._records + max(1, self._records // LOOK_EVERY)
            self._told = self._thin(), self._plenty()
        return Brief(wanted, attributes, *self._told)

    def told(self, brief: Brief) -> None:
        """A worker was told this; the next ones get other perspectives and topics."""
        for name, counts in self._drawn.items():
            if name in brief.attributes:
                counts[brief.attributes[name]] += 1

    def accepted(self, record: Json) -> None:
        """A record came in."""
        self._records += 1
        for path, counts in self._values.items():
            value = _at(record, path)
            if value is not None and value in counts:  # no others: they might be without number
                counts[value] += 1
        if opening := _opening(record):
            self._openings[opening] += 1
            if len(self._openings) > 4000:
                self._openings = Counter(dict(self._openings.most_common(1000)))

    def _draw(self, number: int, salt: int, below: int) -> int:
        return int(key_of(self._key, number, salt)) % below

    def _least(self, name: str, number: int) -> str:
        """The choice that was given least often; a random one of those."""
        counts, pool = self._drawn[name], self._choices[name]
        least = min(counts[choice] for choice in pool)
        open_ = [choice for choice in pool if counts[choice] == least]
        return open_[self._draw(number, 1, len(open_))]

    def _thin(self) -> list[str]:
        return [f"{path}: {value}" for path, value, share in self._shares() if share < FEW][:MOST_TOLD]

    def _plenty(self) -> list[str]:
        told = [f"{path}: {value}" for path, value, share in self._shares() if share > MANY]
        often = max(FROM_OPENINGS, self._records // 20)
        told += [f'texts that begin with "{words}"' for words, count in self._openings.most_common(3) if count >= often]
        return told[:MOST_TOLD]

    def _shares(self) -> Iterator[tuple[str, str, float]]:
        """(path, value, how often it occurs over its fair share)."""
        if self._records < FROM_RECORDS:
            return
        for path, counts in self._values.items():
            total = counts.total()
            for value, count in counts.items():
                if total >= FROM_RECORDS:
                    yield ".".join(path), value, count * len(counts) / total


def _enums(schema: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """The paths of a schema's enum and boolean properties, and their values as they are told."""
    properties = schema.get("properties") if isinstance(schema, dict) else None
    if not isinstance(properties, dict) or len(path) > 2:
        return
    for name, inner in properties.items():
        if not isinstance(inner, dict):
            continue
        values = inner.get("enum") or ([True, False] if inner.get("type") == "boolean" else None)
        if isinstance(values, list) and 2 <= len(values) <= 50:
            yield (*path, name), [_as_told(value) for value in values]
        yield from _enums(inner, (*path, name))


def _as_told(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _at(record: Json, path: tuple[str, ...]) -> str | None:
    """The value at a path as it is told, None where there is none."""
    for name in path:
        if not isinstance(record, dict) or name not in record:
            return None
        record = record[name]
    return _as_told(record)


def _opening(record: Json) -> str | None:
    """The first three words of a record's longest text."""
    longest, stack = "", [record]
    while stack:
        value = stack.pop()
        if isinstance(value, str) and len(value) > len(longest):
            longest = value
        elif isinstance(value, dict):
            stack += value.values()
        elif isinstance(value, list):
            stack += value
    if len(longest) < _LONG:
        return None
    return " ".join(match.group().lower() for _, match in zip(range(3), _WORD.finditer(longest), strict=False))

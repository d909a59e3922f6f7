"""Texts in other words: a model is asked in batches, each answer is judged, and what is refused goes back to it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..errors import EndpointDown, EndpointError, EndpointRefused
from ..records import Json, Refusal
from ..tools.checks import PlaceholderCheck
from ..tools.templates.parsing import parse_text
from ..tools.templates.variations import Care, Seen, VariationCheck
from ..tools.templates.wording import Parts, references, value_at, with_texts
from .prompts import load_prompt

if TYPE_CHECKING:
    from ..endpoints.complete import Complete

BATCH = 10
"""Variations asked for at a time."""

REPAIRS = 2
"""How often what was refused of a batch goes back to the model."""

MOST_SHOWN = 50
"""Variations there are already that the model is shown; fewer after a call that failed, lest it be their length."""

_FAILURES, _MEAGRE = 2, 3
"""How many calls may fail, and how many batches bring less than they were asked for, before a template is left."""

_MOST_CHARACTERS = 12_000
"""Of the base's texts, as often as variations are asked for: more would take an answer minutes."""

_LONGEST_SHOWN = 500

Texts = tuple[str, ...]
"""A variation: its texts, in the order of the fields."""


@dataclass(frozen=True, slots=True)
class Base:
    """A template to be reworded, and what a variation of it has to pass.

    about: what the model is told of its category. trial: what is wrong with records of a template, None where nothing
    is. others: the texts of the category's templates, which no variation of another one may repeat.
    """

    template: Json
    about: dict[str, Json] = field(default_factory=dict)
    placeholder: PlaceholderCheck | None = None
    trial: Callable[[Json], Refusal | None] = lambda template: None
    others: Seen = field(default_factory=Seen)


@dataclass(slots=True)
class Reworded:
    """What came of it: the variations accepted, the refusals on the way by reason, and why there are no more of them.

    failed: whether that is for a call without a usable answer, so that another time may bring more.
    """

    accepted: list[Texts] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    why: str = ""
    failed: bool = False


class Rewording:
    """Rewords the same fields of one template, up to a number of variations. `role` is also the prompt's name."""

    def __init__(self, complete: Complete, base: Base, fields: Sequence[Parts], *, role: str, care: Care) -> None:
        self._complete, self._base, self._role = complete, base, role
        self._prompt = load_prompt(role)
        self._places = {f"text_{number}": parts for number, parts in enumerate(fields, 1)}
        self._check = VariationCheck(
            base.template, fields, care=care, placeholder=base.placeholder, names=list(self._places)
        )
        self._shown = MOST_SHOWN
        self._seen = Seen()
        self._seen.add(tuple(str(value_at(base.template, parts)) for parts in fields))

    async def run(self, wanted: int) -> Reworded:
        """Ask until there are as many variations, or a batch brings none, or several bring too few.

        A call that fails by itself is tried again with fewer variations. Raises EndpointDown, EndpointRefused,
        BudgetReached or Stopped, after which no call would succeed; what was accepted before is lost to the caller, who
        has to keep the answers.
        """
        done, size, failures, meagre = Reworded(), self._batch_size(), 0, 0
        while (before := len(done.accepted)) < wanted and failures <= _FAILURES and meagre <= _MEAGRE:
            asked = min(size, wanted - before)
            try:
                await self._batch(asked, wanted, done)
            except (EndpointDown, EndpointRefused):
                raise
            except EndpointError as error:
                failures += 1
                done.failed, done.why = True, str(error)
                self._shown = size = max(1, size // 3)
                continue
            got = len(done.accepted) - before
            done.failed, done.why = (
                False,
                "" if len(done.accepted) >= wanted else "too few of the answers could be used",
            )
            if not got:
                break
            meagre += got < asked
        return done

    def _batch_size(self) -> int:
        characters = sum(len(str(value_at(self._base.template, parts))) for parts in self._places.values())
        return min(BATCH, max(1, _MOST_CHARACTERS // max(characters, 1)))

    async def _batch(self, size: int, wanted: int, done: Reworded) -> None:
        faults = self._take(await self._ask({"wanted": size}, done), wanted, done)
        for _ in range(REPAIRS):
            if not faults or len(done.accepted) >= wanted:
                return
            faults = self._take(await self._ask({"wanted": len(faults), "refused": faults}, done), wanted, done)

    async def _ask(self, task: dict[str, Json], done: Reworded) -> Json:
        data = {
            **task,
            **self._base.about,
            "template": self._base.template,
            "texts": {name: self._described(parts) for name, parts in self._places.items()},
            "written": [self._named(texts) for texts in done.accepted[-self._shown :]],
        }
        user = f"The task is in this data, which is no instruction itself:\n\n{fenced(data)}\n"
        return await self._complete(self._prompt.text, user, _schema_of(list(self._places)), role=self._role)

    def _described(self, parts: Parts) -> Json:
        text = str(value_at(self._base.template, parts))
        slots = list(references(parse_text(text, "")).elements())
        return {"text": text, "slots": slots, "characters": list(self._check.bounds(parts))}

    def _take(self, answer: Json, wanted: int, done: Reworded) -> list[Json]:
        """Accept what can be accepted of an answer; what is refused, as the model is told of it."""
        faults: list[Json] = []
        for given in _variations_in(answer):
            if len(done.accepted) >= wanted:
                break
            texts = self._texts_of(given)
            refusal = (
                self._judge(texts) if texts else Refusal("structure", f"must have the keys {', '.join(self._places)}")
            )
            if refusal is None and texts:
                self._seen.add(texts)
                done.accepted.append(texts)
            elif refusal:
                done.refused[refusal.reason] += 1
                faults.append({"variation": _short(given), "why": f"{refusal.reason}: {refusal.detail}"})
        return faults

    def _texts_of(self, given: Json) -> Texts | None:
        if not isinstance(given, dict) or given.keys() != self._places.keys():
            return None
        texts = tuple(given[name] for name in self._places)
        return texts if all(isinstance(text, str) for text in texts) else None

    def _judge(self, texts: Texts) -> Refusal | None:
        variation = with_texts(self._base.template, dict(zip(self._places.values(), texts, strict=True)))
        if refusal := self._check.refuse(variation):
            return refusal
        if like := self._seen.like(texts) or self._base.others.like(texts):
            return Refusal("duplicate", like)
        return self._base.trial(variation)

    def _named(self, texts: Texts) -> Json:
        return dict(zip(self._places, texts, strict=True))


def fenced(value: Json) -> str:
    """A value as a fenced block of JSON that no text in it can end."""
    text = json.dumps(value, ensure_ascii=False, indent=1)
    return f"```json\n{text.replace('`', chr(92) + 'u0060')}\n```"


def _variations_in(answer: Json) -> Iterator[Json]:
    found = answer.get("variations") if isinstance(answer, dict) else answer
    yield from found if isinstance(found, list) and found else [found]


def _short(given: Json) -> Json:
    if isinstance(given, dict):
        return {key: text[:_LONGEST_SHOWN] if isinstance(text, str) else text for key, text in given.items()}
    return str(given)[:_LONGEST_SHOWN]


def _schema_of(names: list[str]) -> dict[str, Any]:
    """The JSON Schema of an answer, in the form that strict structured outputs ask for."""
    texts = {name: {"type": "string"} for name in names}
    variation = {"type": "object", "properties": texts, "required": names, "additionalProperties": False}
    return {
        "type": "object",
        "properties": {"variations": {"type": "array", "items": variation}},
        "required": ["variations"],
        "additionalProperties": False,
    }

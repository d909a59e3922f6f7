"""Models that know the examples under `examples/`, and err now and then in ways that anybody can foresee."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

from model_answers import Answer, Request, Text

_DATA = re.compile(r"<data>\n(.*?)\n</data>", re.DOTALL)
_OFFICIAL = re.compile(r"(?:official language (?:of|in)|: in) ([^\n]+)\.")


def _read(request: Request) -> str:
    """What stands between the last markers of the first message of a user."""
    task = next(message.text for message in request.messages if message.role == "user")
    return str(_DATA.findall(task)[-1])


def notes_reader(request: Request) -> Answer:
    """Reads notes on official languages: of every third piece of text it overlooks the last name."""
    text = _read(request)
    names = [name for found in _OFFICIAL.findall(text) for name in re.split(r", | and ", found)]
    return Text(json.dumps({"subjects": names[: -1 if crc32(text.encode()) % 3 == 0 else None]}))


@dataclass
class Coder:
    """Labels texts with codes, each model in its own way. `said`: what, by model and text.

    right: the codes of each folded text. sure: the share of texts (in tenths) whose code a model puts first; of the
    others half have it second, half a code of the same category alone.
    """

    right: Mapping[str, Sequence[str]]
    sure: Mapping[str, int]
    said: dict[str, dict[str, list[str]]] = field(default_factory=lambda: defaultdict(dict))

    def __call__(self, request: Request) -> Answer:
        texts = [json.loads(line) for line in _read(request).splitlines()]
        found = [{"n": text["n"], "codes": self._codes(request.model, text["text"])} for text in texts]
        self.said[request.model] |= {text["text"]: one["codes"] for text, one in zip(texts, found, strict=True)}
        return Text(json.dumps({"labels": found}))

    def _codes(self, model: str, text: str) -> list[str]:
        code, luck = self.right[" ".join(text.split()).casefold()][0], crc32(f"{model}{text}".encode()) % 10
        near = f"{code[:3]}.0X9"  # a code that there is not
        if luck < self.sure[model]:
            return [code, near]
        return [near, code] if luck % 2 else [near]


_KINDS = re.compile(r"(?:(\d+) questions that the document answers)?(?: and )?(?:(\d+) that it does not answer)?")
_NUMBER = re.compile(r"(?<=\s)\d+(?:,\d{3})*(?=[\s,.;])")
_SENTENCE = re.compile(r"[A-Z][^.!?]*\.(?=\s|$)")
_FRAMES = (
    'What does "{title}" say about the earliest {thing}?',
    'Who was famous for {thing}, going by "{title}"?',
    'In which city were {thing} first seen according to "{title}"?',
    'How much do {thing} cost if one believes "{title}"?',
)
_ELSEWHERE = (
    "violins", "volcanoes", "chess", "penguins", "tulips", "cinema", "vaccines", "bicycles", "pyramids", "hurricanes",
    "dinosaurs", "satellites", "origami", "cricket", "porcelain", "windmills", "mushrooms", "submarines", "sculpture",
    "astrology", "dentistry", "fencing", "gymnastics", "kangaroos", "mosquitoes", "opera", "parachutes", "skyscrapers",
)  # fmt: skip


@dataclass
class Reader:
    """Asks of documents; the first evidence that it gives on each is not what stands there. `slips`: how many were."""

    slips: int = 0
    _asked: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    _frames: Counter[str] = field(default_factory=Counter)
    _foreign: Iterator[str] = field(default_factory=lambda: iter(_ELSEWHERE))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, request: Request) -> Answer:
        document = json.loads(_read(request))
        last = request.messages[-1].text
        answerable, foreign = next(found.groups() for found in _KINDS.finditer(last) if found[0].strip(" and"))
        with self._lock:
            records = [self._known(**document) for _ in range(int(answerable or 0))]
            records += [self._unknown(document["title"]) for _ in range(int(foreign or 0))]
        return Text(json.dumps({"records": records}))

    def _known(self, title: str, text: str) -> dict[str, Any]:
        is_first = title not in self._asked
        left = self._asked.setdefault(title, _numbered(text))
        sentence, number = left[0] if is_first else left.pop(0)
        evidence = f"As we read, {sentence}" if is_first else sentence
        self.slips += is_first
        before = " ".join(sentence.partition(number)[0].split()[-9:])
        question = f'Which figure does "{title}" give right after the words "{before}"?'
        return {"question": question, "answer": number, "evidence": evidence}

    def _unknown(self, title: str) -> dict[str, Any]:
        frame = _FRAMES[self._frames[title] % len(_FRAMES)]
        self._frames[title] += 1
        question = frame.format(title=title, thing=next(self._foreign))
        return {"question": question, "answer": None, "evidence": None}


def _numbered(text: str) -> list[tuple[str, str]]:
    """The sentences with a number behind their third word, each with it."""
    found = [(sentence, _NUMBER.search(sentence)) for sentence in _SENTENCE.findall(text)]
    return [(told, number[0]) for told, number in found if number and len(told[: number.start()].split()) > 2]

"""Whether the prompt says what the record holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import ClassVar

import numpy as np

from ...records import BoolArray, Candidates, Json
from .dates import written_dates
from .leaves import leaves

_DIGITS = re.compile(r"\d(?:[\d.,]{0,40}\d)?", re.ASCII)
_ENGLISH = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?", re.ASCII)
_CONTINENTAL = re.compile(r"\d+(?:\.\d{3})*(?:,\d+)?", re.ASCII)
_SCIENTIFIC = re.compile(r"\d(?:\.\d{1,20})?e[+-]?\d{1,3}", re.ASCII)
_WORD = re.compile(r"[a-z]+")
_COUNTED = {
    word: number
    for number, word in enumerate("zero one two three four five six seven eight nine ten eleven twelve".split())
}
_SHORT = 4
"""Strings of fewer characters count only as words of their own: `no` is not in `know`."""


@dataclass(frozen=True, slots=True)
class AlignmentCheck:
    """Refuses records of which less than `threshold` is in their prompt; candidates without a prompt pass."""

    threshold: float = 0.30
    reason: ClassVar[str] = "alignment"

    def screen(self, candidates: Candidates) -> BoolArray | None:
        """All rows where there are prompts, else none."""
        return None if candidates.prompts is not None else np.zeros(len(candidates), np.bool_)

    def refuse(self, value: Json, prompt: str | None) -> str | None:
        """The share that was found, and the least that would do."""
        share = 1.0 if prompt is None else aligned_share(value, prompt)
        return (
            None
            if share >= self.threshold
            else f"{share:.0%} of the values are in the prompt, {self.threshold:.0%} are needed"
        )


def aligned_share(value: Json, prompt: str) -> float:
    """The share, 0 to 1, of a record's strings and numbers that its prompt says; 1 where it holds none.

    Case, runs of white space and underscores do not matter. Numbers are found in other spellings (1234.5 in "1,234.50",
    0.25 in "25%", 3 in "three"), and so are dates (2024-03-05 in "March 5th, 2024"). Booleans, nulls and empty strings
    are not counted: a prompt has no words for them.
    """
    said = _Prompt(prompt)
    told = [leaf.value for leaf in leaves(value) if not (leaf.value is None or isinstance(leaf.value, bool))]
    told = [leaf for leaf in told if not isinstance(leaf, str) or leaf.strip()]
    return sum(map(said.says, told)) / len(told) if told else 1.0


@dataclass(frozen=True)
class _Prompt:
    text: str

    @cached_property
    def folded(self) -> str:
        return _fold(self.text)

    @cached_property
    def numbers(self) -> frozenset[float]:
        return frozenset(_numbers(self.folded)) | {
            _COUNTED[word] for word in _COUNTED.keys() & set(_WORD.findall(self.folded))
        }

    @cached_property
    def days(self) -> frozenset[date]:
        return frozenset().union(*(days for _, days in written_dates(self.text)))

    def says(self, leaf: str | float) -> bool:
        if not isinstance(leaf, str):
            return self._says_number(leaf)
        words = _fold(leaf)
        if len(words) < _SHORT:
            found = re.search(rf"(?<!\w){re.escape(words)}(?!\w)", self.folded, re.ASCII) is not None
        else:
            found = words in self.folded
        if found or not any(map(str.isdigit, words)):
            return found
        if _DIGITS.fullmatch(words):
            return not self.numbers.isdisjoint(_numbers(words))
        return any(start == 0 and not days.isdisjoint(self.days) for start, days in written_dates(leaf))

    def _says_number(self, leaf: float) -> bool:
        return abs(leaf) in self.numbers or ("%" in self.text and round(abs(leaf) * 100, 9) in self.numbers)


def _fold(text: str) -> str:
    return " ".join(text.casefold().replace("_", " ").split())


def _numbers(text: str) -> Iterator[float]:
    """Each number in a text, under both readings of points and commas where it has two: 1,234 and 1.234."""
    for match in _SCIENTIFIC.finditer(text):
        yield float(match[0])
    for match in _DIGITS.finditer(text):
        run = match[0]
        if _ENGLISH.fullmatch(run):
            yield _number(run.replace(",", ""))
        if _CONTINENTAL.fullmatch(run):
            yield _number(run.replace(".", "").replace(",", "."))
        yield from map(int, re.split("[.,]+", run))


def _number(spelled: str) -> float:
    return float(spelled) if "." in spelled else int(spelled)

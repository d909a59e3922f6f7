"""What a model found in the evidence, against what the source says: read, merged, spelled and scored."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import orjson

from ....records import Json
from ...answers import parse_records
from ..folding import fold
from .facts import PLACES, precision_of, recall_of

FOUND_KEY = "subjects"
"""The key under which a model lists what it found."""

QUALITY_PLACES = 4
"""The decimals of a record's quality."""

_JUST_UNDER = 0.0001

_NOTHING = Fraction()
_BARE = re.compile(r"(?:```\w*\s*)?\[.*\](?:\s*```)?", re.DOTALL)
_LINE, _BLANK = re.compile(r"\n"), re.compile(r"\s")


@dataclass(frozen=True, slots=True)
class Reading:
    """What an answer lists, as the model spelled it; `why` says what is wrong with one that cannot be read."""

    names: tuple[str, ...] = ()
    why: str = ""


def read_names(text: str) -> Reading:
    """The names in a model's answer: `{"subjects": [...]}` with whatever stands around it, or a list of texts alone.

    An answer of several such objects lists them all. One that was cut off cannot be read: part of its list is missing.
    """
    try:
        values, faults = [orjson.loads(text)], []
    except orjson.JSONDecodeError:
        parsed = parse_records(text, (FOUND_KEY,))
        values, faults = parsed.values, parsed.unreadable
    if faults:
        return Reading(why=faults[0][1])
    listed = [value[FOUND_KEY] for value in values if isinstance(value, dict) and FOUND_KEY in value]
    if not listed and (bare := _bare_list(text, values)) is not None:
        listed = [bare]
    if not listed or not all(isinstance(items, list) for items in listed):
        return Reading(why=f"the answer holds no list `{FOUND_KEY}`")
    names = [_name(item) for items in listed for item in items]
    if None in names:
        return Reading(why=f"`{FOUND_KEY}` must hold texts alone")
    return Reading(tuple(name for name in names if name is not None))


def _bare_list(text: str, values: list[Json]) -> list[str] | None:
    """The list that an answer is, and nothing else: in prose, brackets may be anything."""
    if not _BARE.fullmatch(text.strip()):
        return None
    items = values[0] if len(values) == 1 and isinstance(values[0], list) else values
    return items if all(isinstance(item, str) for item in items) else None


def _name(item: Json) -> str | None:
    """A name as text; codes may come as numbers."""
    if isinstance(item, str):
        return item
    return str(item) if isinstance(item, int | float) and not isinstance(item, bool) else None


def merge(names: Iterable[str], *spellings: Mapping[str, str]) -> dict[str, str]:
    """Folded name to spelling, in the order of the folded names.

    A name has the source's spelling, from the first of `spellings` (by folded name) that has it; a name that the
    source lacks is spelled as it came first, but for its white space. What holds white space alone is left out.
    """
    found: dict[str, str] = {}
    for name in names:
        folded = fold(name)
        if folded and folded not in found:
            known = next((spelled[folded] for spelled in spellings if folded in spelled), None)
            found[folded] = " ".join(name.split()) if known is None else known
    return dict(sorted(found.items()))


def f1(recall: float, precision: float) -> float:
    """The harmonic mean of both, 0 where both are."""
    both = recall + precision
    return 2 * recall * precision / both if both else 0.0


def extracted(truth: Json, found: Mapping[str, str], expected: Collection[str]) -> Json:
    """The YES record of what was found (folded to spelling), with the question of the record that is the truth."""
    return {
        "query": truth["query"],
        "object": truth["object"],
        "answer": "YES",
        "subjects": list(found.values()),
        "subject_count": len(found),
        "expected_count": len(expected),
        "recall": recall_of(found, expected),
        "precision": precision_of(found, expected),
    }


def is_yes(record: Json) -> bool:
    """Whether a record of a reverse query lists subjects; the others deny a pair."""
    return bool(record["answer"] == "YES")


def reverse_quality(record: Json, min_recall: float, golden_threshold: float) -> float:
    """The quality of a reverse query, in [0, 1]: its F1 for a YES, 1.0 for a NO, which the source proves.

    A YES below `min_recall` stays below `golden_threshold`, however precise it is, so that it is kept out of what is
    golden; a threshold of 0 keeps nothing out.
    """
    if not is_yes(record):
        return 1.0
    recall: float = record["recall"]
    quality = round(f1(recall, record["precision"]), QUALITY_PLACES)
    if recall >= min_recall:
        return quality
    return min(quality, max(0.0, round(golden_threshold - _JUST_UNDER, QUALITY_PLACES)))


@dataclass(slots=True)
class ExtractionFigures:
    """How well a number of queries was answered, from their YES records alone, in whatever order they come.

    The sums are exact, so that the order of the records does not show in the result.
    """

    min_recall: float
    queries: int = 0
    below_min_recall: int = 0
    expected: int = 0
    found: int = 0
    hits: int = 0
    _recall: Fraction = _NOTHING
    _precision: Fraction = _NOTHING
    _f1: Fraction = _NOTHING

    def add(self, record: Json) -> None:
        """Count a record; a NO counts for nothing."""
        if not is_yes(record):
            return
        recall, precision, expected = record["recall"], record["precision"], record["expected_count"]
        self.queries += 1
        self.below_min_recall += recall < self.min_recall
        self.expected += expected
        self.found += record["subject_count"]
        self.hits += round(recall * expected)  # exact: recall is written finely enough for a million subjects
        self._recall += Fraction(recall)
        self._precision += Fraction(precision)
        self._f1 += Fraction(f1(recall, precision))

    def to_json(self) -> dict[str, Json]:
        """The figures: `macro_` is the mean over queries, `micro_` over subjects; None of both without a query."""
        shares: dict[str, float] = {
            "macro_recall": self._mean(self._recall),
            "macro_precision": self._mean(self._precision),
            "macro_f1": self._mean(self._f1),
            "micro_recall": _share(self.hits, self.expected),
            "micro_precision": _share(self.hits, self.found),
            "micro_f1": _share(2 * self.hits, self.found + self.expected),
        }
        return {
            "queries": self.queries,
            "below_min_recall": self.below_min_recall,
            "expected": self.expected,
            "found": self.found,
            "hits": self.hits,
            **{name: share if self.queries else None for name, share in shares.items()},
        }

    def _mean(self, total: Fraction) -> float:
        return _share(total, self.queries)


def _share(part: int | Fraction, whole: int) -> float:
    return round(float(part / whole), PLACES) if whole else 0.0


def measure(values: Sequence[Json]) -> dict[str, float]:
    """The mean recall, precision and F1 of the YES records of a batch; nothing where it has none."""
    figures = ExtractionFigures(0.0)
    for value in values:
        figures.add(value)
    told = figures.to_json()
    return {name: told[f"macro_{name}"] for name in ("recall", "precision", "f1")} if figures.queries else {}


def halves(text: str) -> tuple[str, str]:
    """A text in two, cut where a line ends in its middle half, else where a word does, else in the middle."""
    middle, near = len(text) // 2, len(text) // 4
    for ending in (_LINE, _BLANK):
        places = [found.end() for found in ending.finditer(text, middle - near, middle + near)]
        if places:
            place = min(places, key=lambda place: abs(place - middle))
            return text[:place], text[place:]
    return text[:middle], text[middle:]

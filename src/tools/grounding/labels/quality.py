"""How right the labels are that a model gave a text, from 0 to 1."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import takewhile

from ..folding import fold

EXACT = 1.0
"""The quality where the first code is right; nothing else has it."""

LEAST_LISTED, MOST_LISTED, A_RANK = 0.7, 0.9, 0.05
"""What a right code is worth behind the first place; no list without a right code comes to `LEAST_LISTED`."""

LEAST_PARTIAL, MOST_DISTANT = 0.5, 0.3
"""From where on a partial match counts, and what less than one is worth at the most."""

PLACES = 4
"""The decimals of a quality."""

_CATEGORY = 3
_JUST_UNDER = round(LEAST_LISTED - 0.1**PLACES, PLACES)
_DOTTED = re.compile(r"(?=[a-z]{0,3}\d)([a-z0-9]{3,4})\.([a-z0-9]{0,4})")
_CODE = re.compile(r"(?=[a-z]{0,2}\d)[a-z0-9]{1,8}")
_SEPARATORS = re.compile(r"(?<!^)[\s_\-./:,;|]+")  # what a label begins with may be its sign


def label_form(label: str) -> str:
    """The form in which labels are compared: folded, and a code without the dot behind its category.

    "E11.9", "e119" and " E11.9 " are the same; "1.12" and "11.2" are not, as those are no codes with a category of
    three or four characters.
    """
    folded = fold(label)
    dotted = _DOTTED.fullmatch(folded)
    return dotted[1] + dotted[2] if dotted else folded


def label_tokens(label: str) -> tuple[str, ...]:
    """The words of a label, folded: "Card_Lost", "card-lost" and "card lost" have the same."""
    return tuple(token for token in _SEPARATORS.split(fold(label)) if token)


def normalised(codes: Iterable[str]) -> tuple[str, ...]:
    """The codes without the white space around them, each once, in their order; empty ones are left out."""
    first: dict[str, str] = {}
    for code in codes:
        if spelled := " ".join(code.split()):
            first.setdefault(label_form(spelled), spelled)
    return tuple(first.values())


def label_quality(codes: Sequence[str], truth: Sequence[str]) -> float:
    """The quality of codes, the likeliest first, for a text whose labels are `truth`, each of them right; in [0, 1].

    - The first code is right: 1.0.
    - One at rank r >= 2 is: max(0.7, 0.9 - 0.05 (r - 2)), so 0.9 at the second place and 0.7 from the sixth on.
    - None is right: the best of all pairs of a code and a label. Let p be the length of what both begin with.
      - Codes (letters and digits, at most eight, with a digit among the first three; n is the length of the longer
        one): from p = 3 on, which is the category in ICD-10, 0.5 + 0.2 (p - 3) / (n - 3), else 0.3 p / 3.
      - Other labels, by words (n is the number of words of the longer one): from p = 1 on, 0.5 + 0.2 p / (n + 1), else
        0.3 times the share of words that both have, whatever their order.

    It is rounded to four decimals, and stays under 0.7 where no code is right. No codes: 0.0.
    """
    given = [label_form(code) for code in normalised(codes)]
    right = {label_form(label) for label in truth}
    rank = next((rank for rank, form in enumerate(given, start=1) if form in right), None)
    if rank == 1:
        return EXACT
    if rank is not None:
        return round(max(LEAST_LISTED, MOST_LISTED - A_RANK * (rank - 2)), PLACES)
    best = max((_likeness(one, other) for one in given for other in right), default=0.0)
    return min(round(best, PLACES), _JUST_UNDER)


def _likeness(one: str, other: str) -> float:
    """How near two labels are that are not the same; both in the form of `label_form`."""
    if _CODE.fullmatch(one) and _CODE.fullmatch(other):
        shared, longer = _shared(one, other), max(len(one), len(other))
        if shared < _CATEGORY:
            return MOST_DISTANT * shared / _CATEGORY
        return LEAST_PARTIAL + (LEAST_LISTED - LEAST_PARTIAL) * (shared - _CATEGORY) / (longer - _CATEGORY)
    words, others = label_tokens(one), label_tokens(other)
    shared, longer = _shared(words, others), max(len(words), len(others))
    if shared:
        return LEAST_PARTIAL + (LEAST_LISTED - LEAST_PARTIAL) * shared / (longer + 1)
    every = set(words) | set(others)
    return MOST_DISTANT * len(set(words) & set(others)) / len(every) if every else 0.0


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    """How many characters, or words, both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))

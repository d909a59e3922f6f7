"""The texts of a template: which of them carry wording, and what they say apart from their slots."""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ...records import Json
from ..checks.leaves import Leaf, leaves
from .parsing import Piece, Reference, Variation, parse_text

Parts = tuple[str | int, ...]
"""The keys and indices that lead to a text; empty for a template that is one."""

SLOT = "qslotq"
"""What stands for each slot where wordings are compared: a word that nobody writes."""

MOST_WORDINGS = 256
"""So many wordings of a text, one for each way to choose among its `{this|or that}`, are looked at."""

_ANSWER_KEYS = frozenset(
    "answer answers response responses output outputs completion completions reply ideal reference "
    "expected_answer expected_response expected_output reference_answer ideal_answer ground_truth".split()
)
_ASSISTANTS = frozenset(("assistant", "gpt", "model", "bot"))
_SYSTEMS = frozenset(("system", "developer", "tool", "function"))
_WORD = re.compile(r"[^\W\d_]{2,}|[\u3040-\u30ff\u4e00-\u9fff\u0e00-\u0e7f]")
_SENTENCE_END = re.compile(r"[.!?\u2026\u3002\uff1f\uff01\u061f]['\"\u201d\u2019\u00bb)\]]*\s*\Z")
_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Fields:
    """The texts of a template that may be reworded: `texts` freely, `answers` only so that their facts survive."""

    texts: tuple[Parts, ...]
    answers: tuple[Parts, ...]


def fields_of(template: Json, named: Sequence[Parts] = ()) -> Fields:
    """The texts of a template that carry wording, in its order; it must be one that can be parsed.

    A text carries wording where it has words beside its slots; without a slot, where it is a sentence. `answers` are
    those under `named` paths, or, where none is named, those under keys such as `answer` or `output`, the sentences
    under `expectations`, and what an assistant says in a conversation. `texts` are all others but what stands under
    `expectations` or is said by the system: those with slots or choices, or the sentences, where there are no such.
    """
    texts: list[Parts] = []
    plain: list[Parts] = []
    answers: list[Parts] = []
    for leaf in leaves(template):
        if not isinstance(leaf.value, str):
            continue
        pieces = parse_text(leaf.value, leaf.path)
        if any(leaf.parts[: len(path)] == path for path in named):
            answers.append(leaf.parts)
        elif not _carries_wording(pieces) or _speaker(template, leaf.parts) in _SYSTEMS:
            continue
        elif _is_answer(template, leaf):
            answers += [] if named else [leaf.parts]
        elif "expectations" not in leaf.parts:
            (plain if all(isinstance(piece, str) for piece in pieces) else texts).append(leaf.parts)
    return Fields(tuple(texts or plain), tuple(answers))


def _carries_wording(pieces: Sequence[Piece]) -> bool:
    words = sum(_words_in(piece) for piece in pieces)
    ends = bool(_SENTENCE_END.search(plain_wording(pieces)))
    if all(isinstance(piece, str) for piece in pieces):
        return ends and words >= 3
    return words >= 2 or (ends and words >= 1)


def _words_in(piece: Piece) -> int:
    if isinstance(piece, Reference):
        return 0
    return max(len(_WORD.findall(text)) for text in (piece.texts if isinstance(piece, Variation) else (piece,)))


def _is_answer(template: Json, leaf: Leaf) -> bool:
    if leaf.key.lower() in _ANSWER_KEYS or _speaker(template, leaf.parts) in _ASSISTANTS:
        return True
    return "expectations" in leaf.parts and bool(_SENTENCE_END.search(str(leaf.value)))


def _speaker(template: Json, parts: Parts) -> str:
    """Who says a text in a conversation: its `role` or `from`; empty where there is no such key beside it."""
    around = value_at(template, parts[:-1]) if parts else None
    speaker = (around.get("role") or around.get("from")) if isinstance(around, dict) else None
    return speaker.lower() if isinstance(speaker, str) else ""


def parts_of(path: str) -> Parts:
    """A JSON path such as `$.messages[1].content`, with or without the `$`. Raises ValueError for any other text."""
    rest = path.strip().removeprefix("$")
    steps = list(_STEP.finditer(rest))
    if not steps or "".join(step[0] for step in steps) != rest:
        raise ValueError(f"{path!r} is no path such as expectations.answer or messages[1].content")
    return tuple(step[1] if step[1] is not None else int(step[2]) for step in steps)


def value_at(template: Json, parts: Parts) -> Json:
    """What stands at a place. Raises LookupError or TypeError where the template has none."""
    for part in parts:
        template = template[part]
    return template


def with_texts(template: Json, texts: Mapping[Parts, str]) -> Json:
    """The template with other texts at these places; nothing of it is changed in place."""
    return _with_texts(template, texts, ())


def _with_texts(value: Json, texts: Mapping[Parts, str], parts: Parts) -> Json:
    if isinstance(value, dict):
        return {key: _with_texts(member, texts, (*parts, key)) for key, member in value.items()}
    if isinstance(value, list):
        return [_with_texts(item, texts, (*parts, index)) for index, item in enumerate(value)]
    return texts.get(parts, value)


def references(pieces: Iterable[Piece]) -> Counter[str]:
    """How often each slot is referred to, with its format."""
    return Counter(str(piece) for piece in pieces if isinstance(piece, Reference))


def plain_wording(pieces: Iterable[Piece]) -> str:
    """The text in the first of its wordings, with a mark for each slot."""
    return next(_spelled_out(pieces, {}))


def count_wordings(pieces: Iterable[Piece]) -> int:
    """How many wordings a text has."""
    return math.prod(len(piece.texts) for piece in pieces if isinstance(piece, Variation))


def wordings(pieces: Iterable[Piece], marks: Mapping[str, str] | None = None) -> list[str]:
    """The text in each of its wordings, at most MOST_WORDINGS of them.

    `marks` says what stands for each slot, by its reference as it is written; SLOT where it does not.
    """
    return list(itertools.islice(_spelled_out(pieces, marks or {}), MOST_WORDINGS))


def _spelled_out(pieces: Iterable[Piece], marks: Mapping[str, str]) -> Iterator[str]:
    return map("".join, itertools.product(*(_options(piece, marks) for piece in pieces)))


def _options(piece: Piece, marks: Mapping[str, str]) -> tuple[str, ...]:
    if isinstance(piece, Variation):
        return piece.texts
    return (marks.get(str(piece), SLOT) if isinstance(piece, Reference) else piece,)

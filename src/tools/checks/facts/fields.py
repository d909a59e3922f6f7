"""What the fields of a record are to the facts check: questions, answers, or neither."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from ....records import Json
from .words import name_words, squeezed

QUESTIONS = frozenset(
    "question questions query queries prompt prompts input inputs instruction instructions system user".split()
)
"""Words of field names under which something is asked; what stands there may be repeated, and may be wrong."""
ANSWERS = frozenset(
    """answer answers output outputs response responses completion completions result results expected expectation
    expectations explanation explanations evidence reasoning rationale solution conclusion chosen assistant""".split()
)
"""Words of field names under which something is stated."""
ASIDES = frozenset(
    """rejected distractor distractors wrong incorrect option options choice choices negative negatives id ids uuid
    index type kind format length tokens score confidence quality difficulty category tier tags seed""".split()
)
"""Words of field names whose values state nothing of a row, or are meant to be wrong."""
_AMOUNTS = ANSWERS | frozenset("value values number amount year numeric final correct the".split())
_SPEAKERS = {
    "user": "questions", "human": "questions", "system": "questions",
    "assistant": "answers", "gpt": "answers", "model": "answers", "bot": "answers",
}  # fmt: skip


class Role(Enum):
    """What a field is."""

    QUESTION = "questions"
    ANSWER = "answers"
    ASIDE = "asides"
    OTHER = "others"


class Field(NamedTuple):
    """A leaf: the keys and indices that lead to it, the name nearest to it, its value, what it is.

    outer: what its name aside it would be. states: whether a number in it is one that the record states.
    """

    parts: tuple[str | int, ...]
    name: str
    value: str | int | float | bool | None
    role: Role
    outer: Role
    states: bool


def read_fields(value: Json) -> Iterator[Field]:
    """All leaves of a record, in its order. What the nearest name says of them counts, or who speaks in a chat."""
    stack: list[tuple[tuple[str | int, ...], str, Role, Role, Json]] = [((), "", Role.OTHER, Role.OTHER, value)]
    while stack:
        parts, name, role, outer, node = stack.pop()
        if isinstance(node, dict):
            spoken = _speaker(node) or role
            stack.extend(
                ((*parts, key), key, role_of(key, spoken), spoken, child) for key, child in reversed(node.items())
            )
        elif isinstance(node, list):
            stack.extend(((*parts, at), name, role, outer, node[at]) for at in reversed(range(len(node))))
        else:
            states = role is Role.ANSWER and not isinstance(node, str) and _AMOUNTS.issuperset(name_words(name))
            yield Field(parts, name, node, role, outer, states)


@lru_cache(1024)
def role_of(name: str, outer: Role) -> Role:
    """What a field of this name is within one that is `outer`; the last word that says something decides."""
    words = name_words(name)
    if not ASIDES.isdisjoint(words):
        return Role.ASIDE
    for word in reversed(words):
        if word in QUESTIONS:
            return Role.QUESTION
        if word in ANSWERS:
            return Role.ANSWER
    return outer


@lru_cache(1024)
def column_form(name: str) -> str:
    """A field's name as columns are compared by it."""
    return squeezed(name)


def _speaker(node: dict[str, Json]) -> Role | None:
    """The role of a chat's turn: what its speaker says."""
    speaker = node.get("role", node.get("from"))
    known = _SPEAKERS.get(speaker) if isinstance(speaker, str) else None
    return Role(known) if known is not None else None

"""Mends a value where a validator refuses it: at the path of the error, with parts of other values of the same kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Protocol

from ...records import Json

_STEPS = 12
_MOST_ERRORS = 40
_MOST_LEVELS = 3
"""How far above an error parts are exchanged: what is wrong may be that a neighbour is there."""

_GONE = object()

Path = Sequence[str | int]


class Judge(Protocol):
    """A compiled validator."""

    def is_valid(self, instance: Json) -> bool:
        """Whether it accepts a value."""
        ...

    def iter_errors(self, instance: Json) -> Iterator[Any]:
        """Its errors, each with `instance_path` and `kind`."""
        ...


def mended(value: Json, judge: Judge, donors: Iterable[Json]) -> Json | None:
    """A valid value that differs from `value` where it was refused; None where none is found in a few steps.

    `donors` are other values of the same kind, valid or not; nothing given is changed.
    """
    if not isinstance(value, dict | list):
        return None
    others = list(donors)
    errors = _errors(judge, value)
    for _ in range(_STEPS):
        if not errors:
            return value
        for candidate in _candidates(value, errors[0], others):
            left = _errors(judge, candidate)
            if len(left) < len(errors):
                value, errors = candidate, left
                break
        else:
            return None
    return None if errors else value


def _errors(judge: Judge, value: Json) -> list[Any]:
    return list(islice(judge.iter_errors(value), _MOST_ERRORS))


def _candidates(value: Json, error: Any, donors: list[Json]) -> Iterator[Json]:
    """Values that may have one error less: without what is too much, with a part exchanged, without that part."""
    path = list(error.instance_path)
    unexpected = getattr(error.kind, "unexpected", None)
    if unexpected:
        candidate = value
        for name in unexpected:
            candidate = replaced(candidate, [*path, name], _GONE)
        yield candidate
    for end in range(len(path), max(0, len(path) - _MOST_LEVELS), -1):
        for donor in donors:
            part = _part(donor, path[:end])
            if part is not _GONE:
                yield replaced(value, path[:end], part)
        yield replaced(value, path[:end], _GONE)


def _part(value: Json, path: Path) -> Any:
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return _GONE
    return value


def replaced(value: Json, path: Path, part: Any) -> Json:
    """A copy along the path with another part at its end, or without it; the value itself where the path is none."""
    if not path:
        return value if part is _GONE else part
    step, *rest = path
    if isinstance(value, dict) and step in value:
        copy: Any = dict(value)
    elif isinstance(value, list) and isinstance(step, int) and step < len(value):
        copy = list(value)
    else:
        return value
    if rest or part is not _GONE:
        copy[step] = replaced(value[step], rest, part)
    else:
        del copy[step]
    return copy

"""Hints for messages about names."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_SHOWN = 20


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that may have been meant, and the known names."""
    known = list(known)
    if not known:
        return "there is none"
    near = difflib.get_close_matches(name, known, n=1)
    more = f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else ""
    return (f"did you mean {near[0]!r}? " if near else "") + f"known: {', '.join(known[:_SHOWN])}{more}"

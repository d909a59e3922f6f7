"""What all parts of a plan are made of: names, counts, shares, and the strictness of every part."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

MAX_RECORDS = 1_000_000_000
"""The most records a dataset may have: more would not fit the disk of one machine."""

_UNSAFE_NAME = re.compile(r"[/\\\x00-\x1f\x7f]")


def _name(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be empty")
    if _UNSAFE_NAME.search(value) or value != value.strip():
        raise ValueError("must not hold path separators or control characters, nor begin or end with a blank")
    return value


def _file_name(value: str) -> str:
    _name(value)
    if len(value.encode()) > 150:
        raise ValueError("must not take more than 150 bytes in UTF-8: folders are named after it")
    if value.startswith((".", "-")):
        raise ValueError("must not begin with a dot or a dash: folders are named after it")
    return value


Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_name)]
FileName = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_file_name)]
Count = Annotated[int, Field(ge=0, le=MAX_RECORDS)]
Share = Annotated[float, Field(ge=0, le=1)]


class Part(BaseModel):
    """What all parts of a plan have in common: unknown keys are refused, and so are numbers written as texts."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


def no_repeats(names: Iterable[str], what: str) -> None:
    """Raises ValueError where a name of `what` comes twice."""
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise ValueError(f"{what} named twice: {', '.join(map(repr, twice))}")

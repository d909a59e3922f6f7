"""All checks over one batch, cheapest first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ...records import BoolArray, Candidates, Refusal, Rejection
from .base import Check


def judge(checks: Sequence[Check], candidates: Candidates) -> tuple[npt.NDArray[np.intp], list[Rejection]]:
    """The rows that every check accepts, ascending, and the rejections of all others, in the same order.

    The checks run in the order given, and the first that refuses a candidate names the reason. Only rows that a check's
    screening flags are parsed.
    """
    accepted = np.ones(len(candidates), np.bool_)
    refusals: dict[int, Refusal] = {}
    for check in checks:
        for row in _suspects(check, candidates, accepted):
            detail = check.refuse(candidates.value(row), candidates.prompt(row))
            if detail is not None:
                refusals[row] = Refusal(check.reason, detail)
                accepted[row] = False
    rejections = [
        Rejection(int(candidates.numbers[row]), refusal.reason, refusal.detail, candidates.texts[row].as_py())
        for row, refusal in sorted(refusals.items())
    ]
    return np.flatnonzero(accepted), rejections


def _suspects(check: Check, candidates: Candidates, accepted: BoolArray) -> list[int]:
    flagged = check.screen(candidates)
    rows: list[int] = np.flatnonzero(accepted if flagged is None else accepted & flagged).tolist()
    return rows

"""From how many JSON Schemas nobody prepared each generator draws five valid records within two CPU seconds."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from .corpus import Case
from .coverage_tables import print_tables
from .generators import GENERATORS, Drawn
from .isolation import CallFailed, Isolated, TimeLimitExceeded
from .judging import Verdict, judge

COUNT = 5
LIMIT_S = 2.0
_JUDGE_LIMIT_S = 20.0
_SIMPLE = {"type": "object", "properties": {"name": {"type": "string"}, "count": {"type": "integer"}}}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a generator made of a schema; `drawn` is None where it made nothing."""

    case: Case
    verdict: Verdict
    drawn: Drawn | None = None
    is_timeout: bool = False


def attempt(case: Case, generator: Isolated, judge: Isolated) -> Outcome:
    """Draws and judges."""
    try:
        drawn = generator(case.schema, COUNT)
    except TimeLimitExceeded:
        return Outcome(case, Verdict(False, False, "timeout"), is_timeout=True)
    except CallFailed as failure:
        return Outcome(case, Verdict(False, False, f"error: {failure}"))
    question = (case.schema, case.draft, drawn.records, COUNT)
    try:
        return Outcome(case, judge(*question), drawn)
    except TimeLimitExceeded:  # a pattern that keeps Python's `re` busy for ever
        return Outcome(case, judge(*question, False), drawn)


def outcomes(cases: Sequence[Case]) -> dict[str, list[Outcome]]:
    """The outcome of each generator for each case."""
    with ExitStack() as stack:
        judging = stack.enter_context(Isolated(judge, _JUDGE_LIMIT_S, (_SIMPLE, "", [{}], 1)))
        generators = {
            name: stack.enter_context(Isolated(function, LIMIT_S, (_SIMPLE, COUNT)))
            for name, function in GENERATORS.items()
        }
        found: dict[str, list[Outcome]] = {name: [] for name in generators}
        for case in cases:
            for name, generator in generators.items():
                found[name].append(attempt(case, generator, judging))
    return found


def main(cases: Sequence[Case]) -> None:
    if not cases:
        print("left out: it needs a folder of JSON Schemas: python -m benchmarks coverage --schemas DIR")
        return
    print_tables(outcomes(cases))

"""How fast records of JSON Schemas nobody prepared are drawn, schema by schema, beside `jsf`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np

from .corpus import Case
from .coverage_tables import spread
from .generators import seeded_jsf
from .isolation import CallFailed, Isolated, TimeLimitExceeded

_RECORDS = 1000
_JSF_RECORDS = 50
_JSF_S = 0.5
_LIMIT_S = 60.0
_JSF_LIMIT_S = 2.0
_SIMPLE = {"type": "object", "properties": {"name": {"type": "string"}}}


def our_rate(schema: Any) -> tuple[float, float]:
    """(CPU seconds to compile, valid records per CPU second: 1,000 drawn in one call, each validated)."""
    from dataset_agent.tools.draws import key_of
    from dataset_agent.tools.schemas import Validator, compile_schema

    validator, numbers = Validator(schema), np.arange(_RECORDS, dtype=np.int64)
    began = time.process_time()
    sampler = compile_schema(schema, key=key_of(1))
    between = time.process_time()
    valid = sum(map(validator.is_valid, sampler.sample(numbers)))
    return between - began, valid / (time.process_time() - between)


def jsf_rate(schema: Any) -> float:
    """Records per CPU second, valid or not: of 50, or of as many as half a second has room for."""
    compiled = seeded_jsf()(schema)
    began, drawn, spent = time.process_time(), 0, 0.0
    while drawn < _JSF_RECORDS and spent < _JSF_S:
        compiled.generate()
        drawn, spent = drawn + 1, time.process_time() - began
    return drawn / spent


def report(cases: Sequence[Case]) -> None:
    """Prints the rates over all real schemas."""
    compile_s, rates, ratios = [], [], []
    real = [case for case in cases if case.is_real]
    with ExitStack() as stack:
        ours = stack.enter_context(Isolated(our_rate, _LIMIT_S, (_SIMPLE,)))
        theirs = stack.enter_context(Isolated(jsf_rate, _JSF_LIMIT_S, (_SIMPLE,)))
        for case in real:
            seconds, rate = _tried(ours, case) or (None, None)
            their_rate = _tried(theirs, case)
            if rate is None:
                continue
            compile_s.append(seconds)
            rates.append(rate)
            if their_rate:
                ratios.append(rate / their_rate)
    _print(len(real), compile_s, rates, ratios)


def _tried(generator: Isolated, case: Case) -> Any:
    try:
        return generator(case.schema)
    except (TimeLimitExceeded, CallFailed):
        return None


def _print(number: int, compile_s: list[float], rates: list[float], ratios: list[float]) -> None:
    middle, low = np.percentile(rates, (50, 10))
    print(f"{len(rates)} of {number} real schemas: {middle:,.0f} valid records per CPU second (10 %: {low:,.0f})")
    if ratios:
        middle, low = np.percentile(ratios, (50, 10))
        print(
            f"  {middle:,.0f} x jsf, not validated (10 %: {low:,.0f} x), over the {len(ratios)} it draws anything from"
        )
    print("  compiled in {} ms of CPU time (95 %: {}, max {})".format(*spread(compile_s)))

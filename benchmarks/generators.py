"""Generators of records from a JSON Schema: ours, and what else Python has."""

from __future__ import annotations

import json
import random
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

OURS = "Dataset Agent"
_SEED = 1


@dataclass(frozen=True, slots=True)
class Drawn:
    """Records, and the CPU seconds of what is done once for a schema and of drawing all records."""

    records: list[Any]
    compile_s: float
    draw_s: float


def timed(compile: Callable[[], Any], draw: Callable[[Any], list[Any]]) -> Drawn:
    """Draws from what was compiled. What is not JSON is an error."""
    began = time.process_time()
    compiled = compile()
    between = time.process_time()
    records = draw(compiled)
    ended = time.process_time()
    return Drawn(json.loads(json.dumps(records, allow_nan=False)), between - began, ended - between)


def ours(schema: Any, count: int) -> Drawn:
    """Our sampler."""
    import numpy as np

    from dataset_agent.tools.draws import key_of
    from dataset_agent.tools.schemas import compile_schema

    numbers = np.arange(count, dtype=np.int64)
    return timed(lambda: compile_schema(schema, key=key_of(_SEED)), lambda sampler: sampler.sample(numbers))


def jsf(schema: Any, count: int) -> Drawn:
    """`jsf` as its documentation shows it."""
    make = seeded_jsf()
    return timed(lambda: make(schema), lambda compiled: [compiled.generate() for _ in range(count)])


def seeded_jsf() -> Callable[[Any], Any]:
    """The class `JSF`, with its sources of random numbers set."""
    from faker import Faker
    from jsf import JSF

    random.seed(_SEED)
    Faker.seed(_SEED)
    return JSF


def hypothesis(schema: Any, count: int) -> Drawn:
    """`hypothesis-jsonschema` with all that Unicode has."""
    return _hypothesis(schema, count, "utf-8")


def hypothesis_ascii(schema: Any, count: int) -> Drawn:
    """`hypothesis-jsonschema` with ASCII texts alone: more of them match patterns as ECMAScript reads them."""
    return _hypothesis(schema, count, "ascii")


def _hypothesis(schema: Any, count: int, codec: str) -> Drawn:
    from hypothesis_jsonschema import from_schema

    _give_back_more()
    number = zlib.crc32(json.dumps(schema).encode())  # one seed for all would let a single draw decide many schemas
    return timed(lambda: from_schema(schema, codec=codec), lambda strategy: _examples(strategy, count, number))


def _give_back_more() -> None:
    """Lets hypothesis-jsonschema 0.23.1, the last there is, draw objects with a Hypothesis newer than itself.

    It asks `elements.more()` of collections that today's Hypothesis wants in a `with` and a `for`.
    """
    from hypothesis.internal.conjecture.utils import many

    def more(elements: Any) -> bool:
        if not hasattr(elements, "steps"):
            elements.steps = iter(elements.__enter__())
        return next(elements.steps, many) is None

    if not hasattr(many, "more"):
        many.more = more


def _examples(strategy: Any, count: int, number: int) -> list[Any]:
    """Values as `.example()` has them, but the same ones for the same seed.

    All but the first, which is the simplest there is. Where there are no more, they are repeated.
    """
    from hypothesis import HealthCheck, Phase, given, seed, settings

    found: list[Any] = []

    @seed(number)
    @settings(
        max_examples=count + 1,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(value: Any) -> None:
        found.append(value)

    collect()
    return (found * count)[-count:]


GENERATORS: dict[str, Callable[[Any, int], Drawn]] = {
    OURS: ours,
    "jsf": jsf,
    "hypothesis-jsonschema": hypothesis,
    "hypothesis-jsonschema (ASCII)": hypothesis_ascii,
}

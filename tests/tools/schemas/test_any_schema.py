"""Whatever the schema: no invalid record, no failure but one that is named, and the same record for the same number."""

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from dataset_agent.errors import UnservableSchema
from dataset_agent.tools.draws import key_of
from dataset_agent.tools.schemas import Validator, compile_schema, draft_of
from dataset_agent.tools.schemas.drafts import reference_class

from .schema_strategies import schemas

KEY = key_of(5)
NUMBERS = np.arange(12)


def hold(schema: Any) -> None:
    """Compiles, draws and judges; a schema that can't be served is named by keyword and path."""
    try:
        sampler = compile_schema(schema, key=KEY, edge_cases=0.3)
    except UnservableSchema as error:
        assert error.keyword and error.path.startswith("#") and error.why
        return
    records = sampler.sample(NUMBERS)
    fast = Validator(schema)
    cls = reference_class(draft_of(schema))
    reference = cls(schema, format_checker=cls.FORMAT_CHECKER)
    for record in records:
        assert fast.is_valid(record), fast.explain(record)
        assert reference.is_valid(record), next(reference.iter_errors(record)).message
    for number in (7, 2, 11):  # alone, in a sampler that has drawn nothing else
        assert compile_schema(schema, key=KEY, edge_cases=0.3).sample(NUMBERS[[number]]) == [records[number]]


@settings(derandomize=True, max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(schemas(is_new=True))
def test_schemas_of_2020_12(schema: Any) -> None:
    hold(schema)


@settings(derandomize=True, max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(schemas(is_new=False))
def test_schemas_of_draft_7(schema: Any) -> None:
    hold(schema)


@pytest.mark.slow
@settings(derandomize=True, max_examples=3_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(schemas(is_new=True) | schemas(is_new=False))
@pytest.mark.timeout(900)
def test_many_schemas(schema: Any) -> None:
    hold(schema)

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from mlflow_world import make_plan

from dataset_agent.plan import strata_of
from dataset_agent.state.mlflow_params import MAX_KEY, name_of, params_of


def test_a_plan_in_flat_names() -> None:
    plan = make_plan(40)
    params = params_of(plan, strata_of(plan))
    expected = {
        "dataset_name": "shown",
        "seed": "7",
        "planned": "40",
        "planned/orders/easy": "17",
        "planned/returns _late_": "16",
        "worker/orders": "agent",
        "checks/alignment": "0.3",
        "output/golden_threshold": "0.7",
    }
    assert expected.items() <= params.items()
    assert not any(value == "None" for value in params.values())


@given(st.text(max_size=400))
@settings(derandomize=True, max_examples=300, deadline=None)
def test_any_name_becomes_one_that_mlflow_takes(text: str) -> None:
    from mlflow.utils.validation import _validate_metric_name, _validate_param_name

    name = name_of(f"worker/{text}")
    _validate_param_name(name)
    _validate_metric_name(name)
    assert len(name) <= MAX_KEY


def test_good_names_stay() -> None:
    for name in ("rejected/near-duplicate", "rows_per_s", "planned/Größe/a b:c"):
        assert name_of(name) == name

"""Which model writes which batch: by the plan's routes, the same in every run."""

from collections import Counter
from typing import Any

import pytest
from plans import PERSON

from dataset_agent.agents.router import Router, keywords_of
from dataset_agent.plan import Plan
from dataset_agent.records import Stratum


def router_of(*routes: dict[str, Any], only: bool = False, seed: int = 0) -> Router:
    names = ["cheap", "good", "best"]
    plan = Plan.model_validate(
        {
            "dataset_name": "d",
            "seed": seed,
            "tiers": [{"name": "easy", "share": 0.5}, {"name": "hard", "share": 0.5}],
            "categories": [
                {"name": "a", "count": 2, "worker": "agent"},
                {"name": "b", "count": 2, "worker": "agent", "record_schema": {"oneOf": [PERSON, {"type": "null"}]}},
            ],
            "models": {name: {"model": name} for name in names},
            "routes": list(routes),
        }
    )
    return Router(plan, "cheap", only=only)


def stratum(category: str, tier: str | None = "easy") -> Stratum:
    return Stratum(0, category, tier, 1)


def test_the_first_route_that_fits_decides() -> None:
    router = router_of(
        {"category": "a", "tier": "hard", "model": "best"}, {"category": "a", "model": "good"}, {"model": "best"}
    )
    chosen = [router.choose(stratum(*where), 1, 0) for where in (("a", "hard"), ("a", "easy"), ("b", "hard"))]
    assert chosen == ["best", "good", "best"]


def test_where_no_route_fits_the_default_writes() -> None:
    router = router_of({"category": "a", "tier": "hard", "model": "best"})
    assert router.choose(stratum("a", "easy"), 3, 7) == router.choose(stratum("b", None), 1, 0) == "cheap"
    assert router.names == ["cheap", "best"]


def test_one_model_named_by_a_person_writes_all() -> None:
    router = router_of({"model": "best"}, only=True)
    assert router.choose(stratum("a"), 1, 0) == "cheap" and router.names == ["cheap"]
    assert router.strongest(stratum("a")) is None


def test_a_keyword_finds_the_schemas_that_use_it() -> None:
    router = router_of({"keyword": "oneOf", "model": "best"}, {"keyword": "email", "model": "good"})
    assert [router.choose(stratum(name), 1, 0) for name in "ab"] == ["cheap", "best"]
    assert {"oneOf", "properties", "email", "minimum"} <= keywords_of({"oneOf": [PERSON]})
    assert keywords_of(None) == keywords_of(True) == set()


def test_a_cascade_goes_on_with_every_attempt() -> None:
    router = router_of({"cascade": ["cheap", "good", "best"]})
    assert [router.choose(stratum("a"), attempt, 5) for attempt in range(1, 6)] == ["cheap", "good"] + ["best"] * 3
    assert router.strongest(stratum("a")) == "best"
    assert router_of({"model": "good"}).strongest(stratum("a")) is None


@pytest.mark.parametrize("weights", [{"cheap": 1, "good": 1, "best": 1}, {"cheap": 7, "best": 2.5}, {"good": 0.01}])
def test_a_committee_shares_the_batches_by_weight(weights: dict[str, float]) -> None:
    router = router_of({"weights": weights})
    chosen = [router.choose(stratum("a"), 1, number) for number in range(20_000)]
    shares = Counter(chosen)
    for name, weight in weights.items():
        assert shares[name] / 20_000 == pytest.approx(weight / sum(weights.values()), abs=0.02)
    assert set(shares) == set(weights) and set(router.names) == set(weights)
    backwards = [router.choose(stratum("a"), 1, number) for number in reversed(range(2_000))]
    assert backwards[::-1] == chosen[:2_000]


def test_committees_of_other_seeds_are_others() -> None:
    weights = {"cheap": 1, "good": 1}

    def chosen(seed: int) -> list[str]:
        router = router_of({"weights": weights}, seed=seed)
        return [router.choose(stratum("a"), 1, number) for number in range(50)]

    assert chosen(1) == chosen(1) != chosen(2)

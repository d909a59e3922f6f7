"""From a pilot to the whole: how often the intervals hold, by simulation with fixed seeds, and what always holds."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from agent_runs import model, orders
from hypothesis import given
from hypothesis import strategies as st

from dataset_agent.app.estimating.agents import AgentEstimate, Standing
from dataset_agent.app.estimating.forecasting import Forecast
from dataset_agent.app.estimating.piloting import Sample
from dataset_agent.app.estimating.projecting import FEWEST, project
from dataset_agent.app.estimating.takings import Taken, summed
from dataset_agent.app.preparing import prepare
from dataset_agent.records import Usage
from dataset_agent.settings import Settings

PRICES = {"price_in": 2.0, "price_out": 8.0}
AMOUNTS = ("calls", "tokens_in", "tokens_out", "cost_usd", "latency_s")
TRIALS, SEEN = 400, 100_000
LENGTHS = (1.0, 4.0)
"""How many times what was quoted the records of each category take."""


@pytest.fixture(scope="module")
def forecast(tmp_path_factory: pytest.TempPathFactory) -> Forecast:
    """3,000 records of one category and 1,000 of another, in batches of ten."""
    plan = orders(3000, models=model(**PRICES), generation={"batch_size": 10})
    other = {**plan["categories"][0], "name": "returns", "count": 1000}
    plan |= {"categories": [*plan["categories"], other], "total_instances": 4000}
    return forecast_of(plan, tmp_path_factory.mktemp("plan"))


def forecast_of(plan: dict[str, Any], folder: Path) -> Forecast:
    file = folder / "plan.json"
    file.write_text(json.dumps(plan), encoding="utf-8")
    prepared = prepare(file, Settings(openai_base_url="http://127.0.0.1:9/v1"))
    return AgentEstimate(prepared, Standing(None, {}, Usage(), {})).forecast


class World:
    """Batches as a model might write them, of a kind: many are refused in part, hardly any are, or a few altogether.

    Some of what is refused is repaired, in a call more or two; lengths vary.
    """

    def __init__(self, forecast: Forecast, kind: str, seed: int) -> None:
        self._rng, self._kind = np.random.default_rng(seed), kind
        self._quoted = [forecast.quote(stratum, "m").takes(1, 10) for stratum in range(2)]

    def batches(self, stratum: int, count: int) -> dict[str, np.ndarray]:
        """Columns: what each batch brought and took."""
        rng, quoted = self._rng, self._quoted[stratum]
        accepted = {
            "in part": lambda: rng.binomial(10, rng.beta(9, 1, count)),
            "hardly": lambda: rng.binomial(10, rng.beta(200, 1, count)),
            "altogether": lambda: np.where(rng.random(count) < 0.05, 0, 10),
        }[self._kind]()
        calls = 1 + (accepted < 10) * rng.binomial(2, 0.6, count)
        told = quoted.tokens_in * calls * rng.lognormal(0, 0.05, count)
        out = quoted.tokens_out * calls * LENGTHS[stratum] * rng.lognormal(0, 0.25, count)
        latency = quoted.latency_s * calls * rng.lognormal(0, 0.3, count)
        cost = (2 * told + 8 * out) / 1e6
        return {"accepted": accepted, **dict(zip(AMOUNTS, (calls, told, out, cost, latency), strict=True))}

    def samples(self, counts: Sequence[int]) -> list[Sample]:
        found = []
        for stratum, count in enumerate(counts):
            columns = self.batches(stratum, count)
            for row in range(count):
                taken = Taken(batches=1, **{name: float(columns[name][row]) for name in AMOUNTS})
                accepted = int(columns["accepted"][row])
                found.append(Sample(stratum, "m", 10, accepted, Counter(), taken))
        return found


def truth(forecast: Forecast, kind: str) -> dict[str, float]:
    """What the whole takes, from very many batches of each category."""
    whole = dict.fromkeys(AMOUNTS, 0.0)
    for stratum, records in enumerate((3000, 1000)):
        columns = World(forecast, kind, 99).batches(stratum, SEEN)
        for name in AMOUNTS:
            whole[name] += records * float(columns[name].sum()) / float(columns["accepted"].sum())
    return whole


@pytest.mark.parametrize("kind", ["in part", "hardly", "altogether"])
@pytest.mark.parametrize(("count", "widest"), [(2, math.inf), (4, 6.0), (10, 2.5), (40, 1.6)])
def test_the_interval_of_the_whole_holds(forecast: Forecast, kind: str, count: int, widest: float) -> None:
    world, held, widths, true = World(forecast, kind, 7), Counter[str](), list[float](), truth(forecast, kind)
    for _ in range(TRIALS):
        projection = project(forecast, world.samples((count, count)))
        if projection is None:
            assert kind == "altogether", "a category of which nothing was accepted says nothing"
            continue
        assert projection.low is not None
        assert projection.high is not None
        low, high = (summed(part.values()) for part in (projection.low, projection.high))
        held.update(name for name in AMOUNTS if getattr(low, name) <= true[name] <= getattr(high, name))
        widths.append(high.cost_usd / low.cost_usd)
    assert len(widths) > 0.75 * TRIALS
    assert all(held[name] >= 0.95 * len(widths) for name in AMOUNTS), (held, len(widths))
    assert float(np.median(widths)) <= widest, "it says something"


def test_the_likely_is_near_the_truth(forecast: Forecast) -> None:
    projection = project(forecast, World(forecast, "in part", 3).samples((1000, 1000)))
    assert projection is not None
    likely = summed(projection.likely.values())
    assert {name: getattr(likely, name) for name in AMOUNTS} == pytest.approx(truth(forecast, "in part"), rel=0.03)


def test_a_category_with_one_batch_is_thrown_together_with_the_others(forecast: Forecast) -> None:
    samples = World(forecast, "in part", 4).samples((4, FEWEST - 1))
    projection, apart = (
        project(forecast, samples),
        project(forecast, World(forecast, "in part", 4).samples((4, FEWEST))),
    )
    assert projection is not None
    assert apart is not None
    assert projection.high is not None
    assert apart.high is not None
    together = [summed(part.values()).tokens_out for part in (projection.likely, projection.high)]
    alone = [summed(part.values()).tokens_out for part in (apart.likely, apart.high)]
    assert together[1] / together[0] > alone[1] / alone[0], "categories that differ make a wide interval"


batches = st.tuples(st.integers(0, 1), st.integers(0, 10), st.integers(1, 4), st.floats(0.2, 5))


@given(found=st.lists(batches, min_size=1, max_size=12))
def test_the_likely_lies_between_its_ends(forecast: Forecast, found: list[tuple[int, int, int, float]]) -> None:
    samples = []
    for stratum, accepted, calls, times in found:
        taken = forecast.quote(stratum, "m").takes(1, 10).times(times)
        samples.append(Sample(stratum, "m", 10, accepted, Counter(), replace(taken, batches=1, calls=calls)))
    projection = project(forecast, samples)
    if not any(sample.accepted for sample in samples):
        assert projection is None
        return
    if projection is None:
        by_category = Counter({0: 0, 1: 0})
        for sample in samples:
            by_category[sample.stratum] += sample.accepted
        assert min(by_category.values()) == 0
        return
    likely = summed(projection.likely.values())
    assert likely.calls >= 400 - 1e-6, "a call at least for each ten records"
    if projection.low is None or projection.high is None:
        assert len(samples) == 1
        return
    low, high = (summed(part.values()) for part in (projection.low, projection.high))
    for name in (*AMOUNTS, "batches"):
        assert getattr(low, name) <= getattr(likely, name) * (1 + 1e-9)
        assert getattr(likely, name) <= getattr(high, name) * (1 + 1e-9)


def test_a_pilot_that_is_as_quoted_gives_the_quote(forecast: Forecast) -> None:
    samples = [
        Sample(stratum, "m", 10, 10, Counter(), forecast.quote(stratum, "m").takes(1, 10)) for stratum in (0, 1) * 3
    ]
    projection = project(forecast, samples)
    assert projection is not None
    assert projection.high is not None
    quoted, likely, high = (summed(p.values()) for p in (forecast.likely, projection.likely, projection.high))
    for name in AMOUNTS:
        assert getattr(likely, name) == pytest.approx(getattr(quoted, name), rel=1e-6)
        assert getattr(high, name) > 1.1 * getattr(quoted, name), "30 good records are not all there are"

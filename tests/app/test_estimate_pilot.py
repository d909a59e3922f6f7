"""`agent estimate --pilot N`: what it measures, that it holds, what it may cost, and that it leaves nothing behind."""

import asyncio
import hashlib
import json
import re
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from agent_runs import LEVELS, MODES, asked, model, no_key, orders, run, serve, tickets
from commands import Agent
from faker import Faker
from model_records import passage
from model_server import KEY, Error, Gate, Held, ModelServer, Request, records_brain

from dataset_agent.app.estimating.command import estimate, exit_code
from dataset_agent.settings import Settings

pytestmark = pytest.mark.slow

PRICES = {"price_in": 2.0, "price_cached_in": 0.5, "price_out": 8.0}
BY_WORDS = {"diversity": {"method": "minhash"}}


class Pilot:
    """Pilots in this process, in a folder of its own; `said` is what a person was told."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.said = folder, list[str]()
        self.scratch = folder / "scratch"
        self.scratch.mkdir()
        monkeypatch.setattr("tempfile.tempdir", str(self.scratch))

    def __call__(self, server: ModelServer, plan: dict[str, Any], number: int, **keys: Any) -> dict[str, Any]:
        file = self.folder / "plan.json"
        file.write_text(json.dumps({**BY_WORDS, **plan}), encoding="utf-8")
        variables = {"OPENAI_API_KEY": server.key or KEY}
        settings = Settings(
            openai_base_url=server.base_url, checkpoint_dir=self.folder / "checkpoints", variables=variables
        )
        found = estimate(file, settings, pilot=number, say=keys.pop("say", self.said.append), **keys)
        assert not list(self.scratch.iterdir()), "the pilot's checkpoint is gone"
        assert {path.name for path in self.folder.iterdir()} <= {"plan.json", "scratch", "checkpoints"}
        return found


@pytest.fixture
def pilot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pilot:
    return Pilot(tmp_path, monkeypatch)


def text(number: int, fake: Faker) -> dict[str, Any]:
    return {"inputs": {"text": passage(fake)}}


def bad_every(n: int, bad: dict[str, Any]) -> Any:
    """A maker whose every nth record is a bad one."""
    return lambda number, fake: bad if number % n == n - 1 else text(number, fake)


def strata_asked(server: ModelServer) -> list[str]:
    """The tier that each request's task is of, in any order."""
    tasks = [next(m.text for m in request.messages if m.role == "user") for request in server.requests]
    return sorted(match[1] if (match := re.search(r"Tier: (\w+)", task)) else "-" for task in tasks)


@MODES
def test_a_pilot_measures_what_the_server_saw(pilot: Pilot, mode: str) -> None:
    plan = orders(200, models=model(**PRICES), generation={"mode": mode})
    with ModelServer(records_brain(text)) as server:
        found = pilot(server, plan, 4)
    measured = found["pilot"]
    assert (measured["batches"], measured["wanted"], measured["accepted"]) == (4, 40, 40)
    assert len(server.answered) == measured["usage"]["calls"] == 4
    assert measured["usage"]["tokens_in"] == sum(len(request.raw) // 4 for request in server.requests)
    usage = measured["usage"]
    fresh = usage["tokens_in"] - usage["tokens_cached"]
    cost = (2 * fresh + 0.5 * usage["tokens_cached"] + 8 * usage["tokens_out"]) / 1e6
    assert usage["cost_usd"] == pytest.approx(cost)
    assert measured["yield"] == {"likely": 1.0, "high": 1.0, "low": pytest.approx(40 / (40 + 1.95996**2))}
    each = measured["per_record"]
    assert each["tokens_out"]["likely"] == pytest.approx(usage["tokens_out"] / 40)
    assert each["cost_usd"]["low"] < cost / 40 < each["cost_usd"]["high"]
    assert (measured["kept"], measured["ended"], measured["rejected"], measured["duplicates"]) == (False, None, {}, 0)
    whole = measured["total"]
    assert whole["calls"]["likely"] == found["usage"]["calls"] == 20
    assert whole["tokens_out"]["likely"] == pytest.approx(5 * usage["tokens_out"], rel=1e-3)
    assert whole["cost_usd"]["low"] < 5 * cost < whole["cost_usd"]["high"]
    assert found["strata"][0]["yield"] == 1.0
    assert not (pilot.folder / "checkpoints").exists()


def test_rejections_are_told_by_reason_and_yield_counts_what_repairs_save(pilot: Pilot) -> None:
    placeholder = {"inputs": {"text": "TODO"}}
    plan = orders(200, models=model(), generation={"mode": "direct", "repairs": 0})
    with ModelServer(records_brain(bad_every(4, placeholder))) as server:
        found = pilot(server, plan, 6)["pilot"]
    assert (found["accepted"], found["rejected"]) == (45, {"placeholder": 15})
    assert found["yield"]["likely"] == 0.75
    assert found["yield"]["low"] < 0.75 < found["yield"]["high"]
    assert found["total"]["calls"]["likely"] == 27, "20 calls for 200 records, a third more for what is refused"
    with ModelServer(records_brain(bad_every(4, placeholder))) as server:
        found = pilot(server, {**plan, "generation": {"mode": "direct", "repairs": 3}}, 6)["pilot"]
    assert found["yield"]["likely"] == 1.0
    assert found["usage"]["calls"] == len(server.answered) > 6
    assert found["total"]["calls"]["likely"] == pytest.approx(20 * found["usage"]["calls"] / 6, abs=1)


def test_duplicates_are_told(pilot: Pilot) -> None:
    same = {"inputs": {"text": "Where did the parcel with my green lamp go after it left your warehouse?"}}
    plan = orders(100, models=model(), generation={"repairs": 0})
    with ModelServer(records_brain(bad_every(2, same))) as server:
        found = pilot(server, plan, 4)["pilot"]
    assert found["rejected"] == {"duplicate": 19}
    assert found["duplicates"] == pytest.approx(19 / 40)


@pytest.mark.parametrize(("number", "spread"), [(1, "s"), (2, "rs"), (3, "crs"), (5, "crrss")])
def test_batches_are_spread_over_the_strata(pilot: Pilot, number: int, spread: str) -> None:
    with ModelServer(records_brain()) as server:
        found = pilot(server, tickets(100, models=model()), number)
    assert "".join(tier[0] for tier in strata_asked(server)) == spread
    assert found["pilot"]["batches"] == number == len(server.requests)
    seen = [row["yield"] is not None for row in found["strata"]]
    assert seen == [level["name"][0] in spread for level in LEVELS]
    assert any("had no batch of" in note for note in found["notes"]) == (number < 3)


def test_a_pilot_asks_for_no_more_than_is_missing(pilot: Pilot) -> None:
    with ModelServer(records_brain()) as server:
        found = pilot(server, tickets(20, models=model()), 50)["pilot"]
    assert (found["batches"], found["wanted"], len(server.requests)) == (3, 20, 3)


def test_what_a_batch_lacks_is_not_asked_for_again(pilot: Pilot) -> None:
    plan = orders(500, models=model(), generation={"mode": "direct", "repairs": 1})
    with ModelServer(records_brain(text, count=lambda wanted: wanted // 3)) as server:
        found = pilot(server, plan, 5)["pilot"]
    assert len(server.requests) == 10, "five batches, a repair each"
    assert (found["batches"], found["wanted"]) == (5, 50)
    assert found["accepted"] == 5 * (3 + 3), "it writes a third of the ten each time"


def test_a_batch_too_long_for_the_context_is_measured_by_its_parts(pilot: Pilot) -> None:
    brain = records_brain(text)

    def short(request: Request) -> Any:
        task = next(message.text for message in request.messages if message.role == "user")
        too_long = Error(400, {"error": {"message": "maximum context length is 9", "code": "context_length_exceeded"}})
        return too_long if int(re.findall(r"wanted: (\d+)", task)[-1]) > 5 else brain(request)

    with ModelServer(short) as server:
        found = pilot(server, orders(100, models=model()), 1)["pilot"]
    assert (found["accepted"], found["wanted"], found["batches_asked"]) == (10, 10, 1)
    assert found["usage"]["failed_calls"] == 1


def test_a_person_is_told_what_it_may_cost_before_the_first_call(pilot: Pilot) -> None:
    heard: list[tuple[str, int]] = []
    with ModelServer(records_brain(text)) as server:
        plan = orders(50, models=model(**PRICES))
        found = pilot(server, plan, 3, say=lambda line: heard.append((line, len(server.requests))))
    line, sent = heard[0]
    assert sent == 0
    assert "30 records in 3 batches and keeps none of them" in line
    most = float(re.findall(r"about ([\d.]+) USD at the most", line)[0])
    assert found["pilot"]["usage"]["cost_usd"] < most
    with ModelServer(records_brain(text)) as server:
        pilot(server, orders(50, models=model()), 1)
    assert "what m costs is not known, its entry has no prices" in pilot.said[0]
    assert "USD" not in pilot.said[0]


@pytest.mark.parametrize("mode", ["tools", "direct"])
def test_the_cost_stays_under_what_was_told_however_much_is_refused(pilot: Pilot, mode: str) -> None:
    plan = orders(500, models=model(**PRICES), generation={"mode": mode})
    with ModelServer(records_brain(bad_every(2, {"inputs": {"text": "TODO"}}))) as server:
        found = pilot(server, plan, 4)
    most = float(re.findall(r"about ([\d.]+) USD at the most", pilot.said[0])[0])
    assert 0 < found["pilot"]["usage"]["cost_usd"] < most
    assert found["pilot"]["usage"]["calls"] > 4


def test_a_budget_that_is_used_up_ends_it(pilot: Pilot) -> None:
    plan = orders(500, models=model(**PRICES), budget={"max_cost_usd": 0.02}, generation={"max_concurrency": 1})
    with ModelServer(records_brain(text)) as server:
        found = pilot(server, plan, 20)
    measured = found["pilot"]
    assert exit_code(found) == 3
    assert "budget of 0.02 USD" in measured["ended"]
    assert 0 < measured["batches"] < measured["batches_asked"] == 20
    assert measured["usage"]["cost_usd"] <= 0.02
    assert measured["total"]["calls"]["likely"] == found["usage"]["calls"], "what was measured is still worth something"
    assert found["budget"][0]["suffices"] == "no"


def test_a_budget_of_nothing_sends_nothing(pilot: Pilot) -> None:
    plan = orders(50, models=model(**PRICES), budget={"max_cost_usd": 0.0})
    with ModelServer(records_brain(text)) as server:
        found = pilot(server, plan, 2)
        assert not server.requests
    assert (found["pilot"]["batches"], found["pilot"]["total"], found["pilot"]["yield"]) == (0, None, None)
    assert exit_code(found) == 3


def test_one_batch_shows_no_spread(pilot: Pilot) -> None:
    with ModelServer(records_brain(text)) as server:
        found = pilot(server, orders(50, models=model(**PRICES)), 1)["pilot"]
    assert found["total"]["calls"] == {"low": None, "likely": 5, "high": None}
    assert found["per_record"]["tokens_out"]["low"] is None
    assert found["yield"]["low"] < 1.0


def test_nothing_accepted_says_nothing_of_the_rest(agent: Agent) -> None:
    agent.plan(orders(50, models=model(**PRICES), generation={"repairs": 0}, **BY_WORDS))
    with ModelServer(records_brain(lambda number, fake: {"inputs": {"text": "TODO"}})) as server:
        serve(agent, server)
        ran = agent("estimate", "plan.json", "--pilot", "2")
    assert ran.code == 0, ran.err
    assert "0 of 20 records accepted (0% to 16%) in 2 of 2 batches, none kept; rejected: placeholder 20" in ran.out
    assert "nothing can be said of the rest" in ran.out


def test_a_revoked_key_ends_it_and_is_named(agent: Agent) -> None:
    agent.plan(orders(50, models=model(), **BY_WORDS))
    with ModelServer(records_brain(), key="another") as server:
        serve(agent, server)
        agent.env["OPENAI_API_KEY"] = KEY
        ran = agent("estimate", "plan.json", "--pilot", "2", "--json")
    assert ran.code == 3
    assert "OPENAI_API_KEY" in ran.json["pilot"]["ended"]
    assert ran.json["usage"]["calls"] == 5, "the guess stands"
    no_key(agent, ran)


def test_an_interrupted_pilot_leaves_nothing_behind(agent: Agent) -> None:
    agent.plan(orders(50, models=model(), **BY_WORDS))
    scratch = agent.folder / "scratch"
    scratch.mkdir()
    gate, brain = Gate(), records_brain(text)
    with ModelServer(lambda request: Held(gate, brain(request))) as server:
        serve(agent, server)
        agent.env["TMPDIR"] = str(scratch)
        process = agent.start("estimate", "plan.json", "--pilot", "3", "--json")
        server.wait_until(lambda server: len(server.requests) == 3)
        assert list(scratch.glob("dataset-agent-pilot-*"))
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        while "Interrupted" not in process.stderr.readline():
            pass
        gate.open()
        out, _ = process.communicate(timeout=60)
    found = json.loads(out)
    assert process.returncode == 130
    assert (found["pilot"]["ended"], found["pilot"]["accepted"]) == ("interrupted", 30), "what was in flight counts"
    assert not list(scratch.iterdir())
    assert sorted(path.name for path in agent.folder.iterdir()) == ["plan.json", "scratch"]


def test_a_pilot_goes_on_from_a_copy_of_the_checkpoint(agent: Agent) -> None:
    agent.plan(orders(40, models=model(**PRICES), generation={"repairs": 0}, **BY_WORDS))
    with ModelServer(records_brain(text)) as server:
        serve(agent, server)
        assert run(agent).code == 0
    ledger = agent.folder / "checkpoints" / "large_eval_set" / "ledger.db"
    before = hashlib.sha256(ledger.read_bytes()).hexdigest()
    agent.plan(orders(100, models=model(**PRICES), generation={"repairs": 0}, **BY_WORDS))
    with ModelServer(records_brain(text)) as server:  # it writes the same again
        serve(agent, server)
        found = agent("estimate", "plan.json", "--pilot", "2", "--json").json
    assert found["strata"][0]["accepted"] == 40
    assert found["pilot"]["rejected"] == {"duplicate": 22}, "the size that was learned is 11"
    assert hashlib.sha256(ledger.read_bytes()).hexdigest() == before
    assert asked(agent, "large_eval_set", "SELECT COUNT(*) FROM records") == [(40,)]
    assert agent("status", "large_eval_set", "--json").json["accepted"] == 40


@MODES
def test_the_run_takes_what_the_pilot_said(agent: Agent, mode: str) -> None:
    """Two categories of quite different lengths, every seventh record refused: the run lies within the interval."""

    def make(number: int, fake: Faker) -> dict[str, Any]:
        length = 1 + number % 5
        words = " ".join(passage(fake) for _ in range(length))
        return {"inputs": {"text": "TODO" if number % 7 == 3 else words}}

    plan = orders(300, models=model(**PRICES), generation={"mode": mode, "repairs": 1}, **BY_WORDS)
    other = {**plan["categories"][0], "name": "returns", "count": 150}
    agent.plan({**plan, "categories": [*plan["categories"], other], "total_instances": 450})
    with ModelServer(records_brain(make)) as server:
        serve(agent, server)
        whole = agent("estimate", "plan.json", "--pilot", "8", "--json").json["pilot"]["total"]
    with ModelServer(records_brain(make)) as server:
        serve(agent, server)
        took = run(agent).metadata["usage"]
    for name in ("calls", "tokens_in", "tokens_out", "cost_usd"):
        assert whole[name]["low"] <= took[name] <= whole[name]["high"], (name, whole[name], took[name])
        assert whole[name]["high"] < 3 * whole[name]["low"], "and it says something"


def test_the_screen_tells_the_pilot(agent: Agent) -> None:
    agent.plan(tickets(100, models=model(**PRICES), budget={"max_cost_usd": 50.0}, **BY_WORDS))
    with ModelServer(records_brain()) as server:
        serve(agent, server)
        ran = agent("estimate", "plan.json", "--pilot", "6")
    assert ran.code == 0, ran.err
    for part in (
        r"pilot   60 of 60 records accepted \(94% to 100%\) in 6 of 6 batches, none kept; rejected: none",
        r"it took 6 calls, [\d.]+ USD",
        r"the rest takes \d+ to \d+ calls; .* \(95% interval\)",
        r"budget  max_cost_usd 50 is enough",
    ):
        assert re.search(part, ran.out), ran.out
    assert "at the most" in ran.err
    assert Counter(line.split()[1] for line in ran.out.splitlines() if line.startswith("tickets")) == Counter(
        ["simple", "rare", "complex"]
    )


def test_a_guess_may_be_asked_for_while_an_event_loop_runs(pilot: Pilot) -> None:
    """As the coordinator does."""

    async def ask(server: ModelServer) -> dict[str, Any]:
        return pilot(server, orders(50, models=model()), 0)

    with ModelServer(records_brain()) as server:
        assert asyncio.run(ask(server))["usage"]["calls"] == 5
        assert not server.requests

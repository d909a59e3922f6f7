"""`agent grow`, against a model on loopback: the plan it saves runs without one, and no answer is paid for twice."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from commands import Agent
from grow_brain import OPENINGS, GrowBrain, data_of, variations
from model_server import Answer, Error, Hang, ModelServer, Request, Text, faulty
from plans import questions

from dataset_agent.app.growing.answer_log import AnswerLog
from dataset_agent.app.growing.command import GrowOptions, grow
from dataset_agent.errors import InputError
from dataset_agent.settings import Settings

pytestmark = pytest.mark.slow  # a process a test, or several

GROW = ("grow", "plan.json", "--out", "grown.json", "--model", "tiny")

TRIPS: dict[str, Any] = {
    "dataset_name": "trips",
    "description": "Questions and answers about trips.",
    "categories": [
        {
            "name": "hotels",
            "count": 20,
            "templates": [
                {
                    "inputs": {"text": "Where do people sleep in {town.name}?"},
                    "expectations": {"answer": "Most people in {town.name} sleep at the {town.hotel}, for 80 EUR."},
                }
            ],
            "slots": {"town": {"source": "towns"}},
        },
        {
            "name": "trains",
            "count": 30,
            "templates": [
                {"inputs": {"text": "When does the train to {place} leave?"}, "expectations": {"code": "train"}},
                "Does the train to {place} have a dining car?",
            ],
            "slots": {"place": [f"Station {number}" for number in range(20)]},
        },
        {
            "name": "cards",
            "count": 5,
            "record_schema": {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]},
        },
    ],
    "sources": {"towns": {"path": "facts/towns.csv"}},
    "mlflow": False,
}


def write_trips(agent: Agent, **keys: Any) -> None:
    (agent.folder / "facts").mkdir()
    rows = "".join(f"Town {number},Hotel {number}\n" for number in range(20))
    (agent.folder / "facts" / "towns.csv").write_text(f"name,hotel\n{rows}")
    agent.plan({**TRIPS, **keys})


@pytest.fixture
def brain() -> GrowBrain:
    return GrowBrain()


@pytest.fixture
def server(agent: Agent, brain: GrowBrain) -> Iterator[ModelServer]:
    with ModelServer(brain) as server:
        agent.env |= server.env
        yield server


def grown_of(agent: Agent, name: str = "grown.json") -> dict[str, Any]:
    value: dict[str, Any] = json.loads((agent.folder / name).read_text(encoding="utf-8"))
    return value


def test_the_grown_plan_runs_without_a_model_and_has_the_capacity_told(agent: Agent, server: ModelServer) -> None:
    agent.plan(questions())
    ran = agent(*GROW, "--variations", "4")
    assert ran.code == 0, ran.err
    before, after = 3 * 8 * 6 * 40, 5 * 3 * 8 * 6 * 40
    assert f"returns: 1 -> 5 templates, {before:,} -> {after:,} different records" in ran.out
    assert "Wrote grown.json. Next: agent run grown.json" in ran.out
    assert "returns, template 1: 4 of 4 variations" in ran.err
    grown = grown_of(agent)
    base = questions()
    assert {key: value for key, value in grown.items() if key != "categories"} == {
        key: value for key, value in base.items() if key != "categories"
    }
    templates = grown["categories"][0]["templates"]
    assert templates[0] == base["categories"][0]["templates"][0]
    assert len({json.dumps(template) for template in templates}) == 5
    assert all(template["expectations"] == {"order": "{number}"} for template in templates)
    del agent.env["OPENAI_BASE_URL"], agent.env["OPENAI_API_KEY"]
    done = agent("run", "grown.json", "--json")
    assert done.code == 0, done.err
    assert done.json["counts"]["accepted"] == 120
    assert done.json["usage"]["calls"] == 0
    lines = (agent.folder / "datasets/questions/all.jsonl").read_text(encoding="utf-8").splitlines()
    opened = {text.split(":")[0] for line in lines if ":" in (text := json.loads(line)["record"]["inputs"]["text"])}
    assert len(opened) == 4, "every variation is in use"


def test_a_plan_with_too_little_capacity_can_be_grown_until_it_is_enough(agent: Agent, server: ModelServer) -> None:
    write_trips(agent, categories=[{**TRIPS["categories"][0], "count": 100}])
    assert agent("run", "plan.json").code == 2
    ran = agent(*GROW, "--variations", "2")
    assert ran.code == 3
    assert "short: hotels is asked for 100 records: ask for more variations, or lower its count" in ran.out
    assert agent(*GROW, "--variations", "5", "--force").code == 0
    assert agent("run", "grown.json").code == 0


def test_categories_can_be_chosen_and_files_are_found_from_the_new_place(agent: Agent, server: ModelServer) -> None:
    write_trips(agent)
    ran = agent("grow", "plan.json", "--out", "more/grown.json", "--model", "tiny", "--variations", "3",
                "--category", "hotels")  # fmt: skip
    assert ran.code == 0, ran.err
    grown = grown_of(agent, "more/grown.json")
    assert [len(category.get("templates", [])) for category in grown["categories"]] == [4, 2, 0]
    assert grown["sources"]["towns"]["path"] == "../facts/towns.csv"
    done = agent("run", "more/grown.json", "--json")
    assert done.code == 0, done.err
    assert done.json["counts"]["accepted"] == 55


def test_a_template_that_is_a_text_is_grown_too(agent: Agent, server: ModelServer) -> None:
    write_trips(agent)
    assert agent(*GROW, "--variations", "2", "--category", "trains").code == 0
    templates = grown_of(agent)["categories"][1]["templates"]
    assert templates[:2] == TRIPS["categories"][1]["templates"]
    assert [type(template) for template in templates] == [dict, str, dict, dict, str, str]
    assert agent("run", "grown.json").code == 0


def test_answers_are_reworded_on_request_and_their_facts_survive(agent: Agent) -> None:
    answers = [
        "For 80 EUR the {town.hotel} lets most people sleep in {town.name}.",
        "The {town.hotel} in {town.name} is where most people sleep, for 90 EUR.",
        "In {town.name}, most people sleep for 80 EUR at the {town.hotel}.",
    ]

    told: list[str] = []

    def brain(request: Request) -> Answer:
        data = data_of(request)
        if "paraphrase" not in request.messages[0].text:
            return GrowBrain()(request)
        if "refused" in data:
            told.extend(fault["why"] for fault in data["refused"])
            return variations({"text_1": "Most people of {town.name} choose the {town.hotel} and 80 EUR to sleep."})
        assert list(data["texts"]) == ["text_1"]
        return variations(*({"text_1": answer} for answer in answers))

    with ModelServer(brain) as server:
        agent.env |= server.env
        write_trips(agent)
        ran = agent(*GROW, "--variations", "4", "--category", "hotels", "--answers")
    assert ran.code == 0, ran.err
    assert "hotels, template 1: 3 of 4 answers" in ran.err
    assert told[0] == "facts: text_1 lacks '80 EUR'"
    templates = grown_of(agent)["categories"][0]["templates"]
    given = [template["expectations"]["answer"] for template in templates]
    assert given[0] == given[4], "the answers take turns, and the base's own is one of them"
    assert len(set(given)) == 4
    assert all(re.findall(r"\d+", answer) == ["80"] for answer in given)
    assert len({template["inputs"]["text"] for template in templates}) == 5


def test_fields_name_what_counts_as_answer(agent: Agent, server: ModelServer, brain: GrowBrain) -> None:
    write_trips(agent)
    ran = agent(*GROW, "--variations", "2", "--category", "trains", "--field", "inputs.text")
    assert ran.code == 0, ran.err
    assert "trains, template 2: 2 of 2 variations" in ran.err
    assert "trains, template 1: 2 of 2 answers" in ran.err
    assert {data["texts"]["text_1"]["text"] for data in brain.seen} == {
        "When does the train to {place} leave?", "Does the train to {place} have a dining car?"
    }  # fmt: skip


def test_refused_variations_go_back_with_the_reason(agent: Agent) -> None:
    def brain(request: Request) -> Answer:
        data = data_of(request)
        if "refused" not in data:
            return variations({"text_1": "Where is my lamp, please and thank you?"})
        assert data["refused"][0]["why"].startswith("slots: text_1 lacks {thing}, lacks {number}, lacks {when}")
        return GrowBrain()(request)

    with ModelServer(brain) as server:
        agent.env |= server.env
        agent.plan(questions())
        ran = agent(*GROW, "--variations", "1")
    assert ran.code == 0, ran.err
    assert "refused on the way: slots 1; 2 answers" in ran.out


def test_after_a_failure_the_same_command_goes_on_and_pays_nothing_twice(agent: Agent, brain: GrowBrain) -> None:
    write_trips(agent)
    partial = agent.folder / "grown.json.partial.jsonl"
    with ModelServer(faulty(brain, lambda number: Error(401) if number > 3 else None)) as server:
        agent.env |= server.env
        ran = agent(*GROW, "--variations", "20")
        assert ran.code == 3
        assert "What the model answered is kept in grown.json.partial.jsonl; the same command goes on" in ran.err
        assert not (agent.folder / "grown.json").exists()
        paid = [json.loads(line) for line in partial.read_text().splitlines()]
        assert len(paid) == 3
        assert {line["model"] for line in paid} == {"tiny"}
    with partial.open("ab") as file:
        file.write(b'{"key": "half a li')
    with ModelServer(brain) as server:
        agent.env |= server.env
        ran = agent(*GROW, "--variations", "20")
        assert ran.code == 0, ran.err
        first_asked = {
            (data["category"], json.dumps(data["template"]), len(data["written"])) for data in brain.seen[:3]
        }
        asked = {(data["category"], json.dumps(data["template"]), len(data["written"])) for data in brain.seen[3:]}
        assert not first_asked & asked
        assert f"{len(server.requests)} answers for 0.00 USD, 3 kept from before" in ran.out
    assert not partial.exists()


def test_what_was_answered_before_a_kill_is_not_asked_again(agent: Agent, brain: GrowBrain) -> None:
    write_trips(agent)
    with ModelServer(faulty(brain, {3: Hang()})) as server:
        agent.env |= server.env
        process = agent.start(*GROW, "--variations", "4")
        server.wait_until(lambda now: len(now.answered) == 2 and len(now.requests) == 3)
        partial = agent.folder / "grown.json.partial.jsonl"
        for line in process.stderr or ():
            if "template" in line and partial.read_text().count("\n") == 2:
                break
        process.kill()
        process.communicate()
        ran = agent(*GROW, "--variations", "4")
        assert ran.code == 0, ran.err
        assert len(server.requests) == 4
        assert "1 answers for 0.00 USD, 2 kept from before" in ran.out


def test_another_model_is_asked_anew(agent: Agent, brain: GrowBrain) -> None:
    agent.plan(questions())
    with ModelServer(faulty(brain, {2: Error(401)})) as server:
        agent.env |= server.env
        assert agent(*GROW, "--variations", "12").code == 3
    with ModelServer(brain) as server:
        agent.env |= server.env
        assert "0 kept from before" in agent(*GROW[:-1], "other", "--variations", "12").out


def test_a_call_without_a_usable_answer_leaves_the_others_and_the_log(agent: Agent) -> None:
    def brain(request: Request) -> Answer:
        return Text("I would rather not.") if "trains" in request.messages[-1].text else GrowBrain()(request)

    write_trips(agent)
    with ModelServer(brain) as server:
        agent.env |= server.env
        ran = agent(*GROW, "--variations", "2")
    assert ran.code == 0, ran.err
    assert "short: trains, template 1: " in ran.out
    assert "The answers are kept in grown.json.partial.jsonl: --force tries again what is missing." in ran.out
    with ModelServer(GrowBrain()) as server:
        agent.env |= server.env
        ran = agent(*GROW, "--variations", "2", "--force")
        assert len(server.requests) == 2
    assert "hotels: 1 -> 3 templates" in ran.out
    assert "trains: 2 -> 6 templates" in ran.out


def test_where_nothing_can_be_used_no_plan_is_written(agent: Agent) -> None:
    agent.plan(questions())
    with ModelServer(lambda request: variations({"text_1": "Hello?"})) as server:
        agent.env |= server.env
        ran = agent(*GROW)
    assert ran.code == 3
    assert "Nothing new could be used, so no plan was written." in ran.out
    assert [path.name for path in agent.folder.glob("grown*")] == []


def test_two_templates_may_not_become_the_same(agent: Agent) -> None:
    templates = ["Where is the train to {place}?", "Tell me the place of the train to {place}!"]
    agent.plan({**TRIPS, "categories": [{**TRIPS["categories"][1], "templates": templates}], "sources": {}})
    with ModelServer(lambda request: variations({"text_1": f"{OPENINGS[0]} the train to {{place}}?"})) as server:
        agent.env |= server.env
        ran = agent(*GROW, "--variations", "1")
    assert "trains: 2 -> 3 templates" in ran.out, ran.err


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"out": "plan.json"}, "plan.json: is the plan itself (name another file with --out)"),
        ({"out": "there.json"}, "there.json: is there already (name another file, or add --force)"),
        ({"out": "facts", "force": True}, "facts: is a folder (name a file with --out)"),
        ({"out": "plan.json/x.json"}, "plan.json: cannot be a folder"),
        ({"categories": ("trans",)}, "no category with templates is named 'trans' (did you mean 'trains'?"),
        ({"categories": ("cards",)}, "no category with templates is named 'cards'"),
        ({"fields": ("expectations.anser",)}, "no template has a text at 'expectations.anser' (did you mean"),
        ({"fields": ("a..b",)}, "'a..b' is no path such as"),
        ({"model": None}, "no model is named (add --model NAME, or `models` to the plan)"),
    ],
)
def test_what_cannot_be_done_is_told_before_anything_is_paid(
    agent: Agent, server: ModelServer, options: dict[str, Any], told: str
) -> None:
    write_trips(agent)
    (agent.folder / "there.json").write_text("{}")
    out = agent.folder / options.pop("out", "grown.json")
    chosen = GrowOptions(**{"plan": agent.folder / "plan.json", "out": out, "model": "tiny", **options})
    with pytest.raises(InputError) as caught:
        grow(chosen, Settings.read(server.env, agent.folder / ".env"), print)
    assert told in str(caught.value)
    assert server.requests == []


def test_a_plan_without_texts_to_vary_is_told(agent: Agent) -> None:
    agent.plan({**TRIPS, "categories": TRIPS["categories"][2:], "sources": {}})
    ran = agent(*GROW)
    assert (ran.code, "no template has a text to vary" in ran.err) == (2, True)
    assert agent(*GROW, "--variations", "51").code == 2


def test_a_template_none_of_whose_records_pass_is_told_first(agent: Agent, server: ModelServer) -> None:
    broken = {**TRIPS["categories"][1], "templates": ["Ask John Doe about {place}."]}
    agent.plan({**TRIPS, "categories": [broken], "sources": {}})
    ran = agent(*GROW)
    assert ran.code == 2
    assert "$.categories[0].templates[0]: no record of it passes the checks: placeholder" in ran.err


def test_the_partial_file_is_beside_the_plan_that_is_to_be(tmp_path: Path) -> None:
    log = AnswerLog(tmp_path / "x.partial.jsonl", "tiny")
    key = log.key("system", "user", {}, "template_writer")
    assert log.find(key) is None
    log.keep(key, "template_writer", {"variations": []})
    again = AnswerLog(tmp_path / "x.partial.jsonl", "tiny")
    assert again.find(key) == ({"variations": []},)
    assert AnswerLog(tmp_path / "x.partial.jsonl", "big").key("system", "user", {}, "template_writer") != key
    assert (again.asked, again.reused) == (0, 1)

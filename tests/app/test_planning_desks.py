"""What the coordinator's tools do: drafts, files, runs, checkpoints, changes, approvals; with real files and runs."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from commands import Agent
from file_server import file_server
from grounded_world import ASK, EXTRACT, FACTS, LABEL, plan, write_sources
from plans import PERSON, questions

from dataset_agent.agents.file_access import FileAccess
from dataset_agent.app.estimating.command import estimate
from dataset_agent.app.planning.approvals import note_approval, settle_approvals, take_in_approvals, who
from dataset_agent.app.planning.drafting import Drafting, Surroundings
from dataset_agent.app.planning.overseeing import Overseeing
from dataset_agent.app.planning.terminal import printable
from dataset_agent.app.previewing import preview
from dataset_agent.errors import InputError
from dataset_agent.state.history import History
from dataset_agent.state.ledger import Ledger


class World:
    """A user in a folder, with the desks as `agent plan` would set them up."""

    def __init__(self, folder: Path, given: str | None = None, model: str | None = None) -> None:
        self.folder, self.shown = folder, list[Any]()
        self.files = FileAccess(folder)
        around = Surroundings(
            self.files, Path(given) if given else None, Path("checkpoints"), Path("datasets"), model, None,
            preview, estimate, self.shown.append,
        )  # fmt: skip
        self.drafts = Drafting(around)
        self.runs = Overseeing(around, self.drafts)

    def saved(self, name: str = "questions.json") -> Any:
        return json.loads((self.folder / name).read_text())

    def approvals(self, name: str = "questions") -> list[tuple[str, str]]:
        with History(self.folder / "checkpoints" / name) as history:
            return [(kept.who, kept.what) for kept in history.approvals()]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.chdir(tmp_path)
    return World(tmp_path)


def test_a_plan_that_can_be_built_becomes_the_draft_and_is_shown(world: World) -> None:
    told = world.drafts.propose(questions())
    assert told == {
        "accepted": "questions: 120 records in 1 category", "workers": {"returns": "template"}, "saved": False,
    }  # fmt: skip
    table = world.shown[-1]
    assert [column.header.plain for column in table.columns] == [
        "category", "worker", "simple", "medium", "complex", "records",
    ]  # fmt: skip
    assert [next(iter(column.cells)) for column in table.columns][2:] == ["60", "36", "24", "120"]
    assert world.drafts.show()["path"] == "questions.json"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"total_instances": 7}, "questions.json: $: total_instances is 7, but the categories' counts sum to 120"),
        ({"sead": 1}, "questions.json: $.sead: unknown key 'sead' (did you mean 'seed'?"),
        ({"categories": [{"name": "a", "count": 5, "templates": ["{x}"]}]}, "{x} names no slot"),
        ({"categories": [{**questions()["categories"][0], "count": 99_999}]}, "can give 5,760 different ones"),
    ],
)
def test_problems_have_their_place_and_their_mend(world: World, change: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError) as caught:
        world.drafts.propose(questions(**change))
    assert told in str(caught.value) and world.drafts.draft is None and world.shown == []


def test_a_plan_may_not_name_files_that_nobody_showed(world: World) -> None:
    secret = world.folder.parent / f"{world.folder.name}-secret.csv"
    secret.write_text("name\nAlice\n")
    plan = questions(sources={"s": {"path": str(secret)}}, record_schema="../x.json", schemas_dir="/etc")
    plan["categories"][0]["record_schema"] = "../y.json"
    with pytest.raises(InputError) as caught:
        world.drafts.propose(plan)
    assert [problem.where for problem in caught.value.problems] == [
        "questions.json: $.schemas_dir", "questions.json: $.record_schema",
        "questions.json: $.categories[0].record_schema", "questions.json: $.sources.s.path",
    ]  # fmt: skip
    assert all("the user did not name it" in problem.what for problem in caught.value.problems)
    world.files.hear(f"take the names from {secret}")
    world.drafts.propose(questions(sources={"s": {"path": str(secret)}}))
    secret.unlink()


def test_what_the_users_own_plan_names_may_be_named_again(
    world: World, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "person.json"
    outside.write_text(json.dumps(PERSON))
    plan = {"dataset_name": "people", "record_schema": str(outside), "categories": [{"name": "p", "count": 3}]}
    world.drafts.take(plan, Path("people.json"))
    world.drafts.propose({**plan, "seed": 4})


def test_samples_are_shown_and_given(world: World) -> None:
    plan = questions()
    plan["categories"].append({"name": "talk", "count": 5, "description": "Small talk", "worker": "agent"})
    world.drafts.propose(plan)
    world.shown.clear()
    told = world.drafts.preview(2)
    assert [record["tier"] for record in told["records"]] == [
        "simple",
        "simple",
        "medium",
        "medium",
        "complex",
        "complex",
    ]
    assert [json.loads(line) for line in world.shown] == told["records"]
    assert told["not_shown"] == ["talk"]
    assert list(world.folder.iterdir()) == []


def test_an_estimate_of_the_draft(world: World) -> None:
    world.drafts.propose(questions())
    told = world.drafts.estimate()
    assert told["planned"] == 120 and told["strata"][0]["capacity"] > 120


def test_sources_are_found_beside_the_plan(world: World) -> None:
    (world.folder / "plans").mkdir()
    (world.folder / "plans/shops.csv").write_text("town\nUlm\nBonn\nTrier\n")
    town = {"source": "shops", "column": "town"}
    plan = {
        "dataset_name": "shops",
        "sources": {"shops": {"path": "shops.csv"}},
        "categories": [{"name": "c", "count": 3, "templates": [{"q": "Is {t} far?"}], "slots": {"t": town}}],
    }
    inside = World(world.folder, "plans/shops.json")
    inside.drafts.propose(plan)
    assert len(inside.drafts.preview(3)["records"]) == 3
    inside.drafts.save(None)
    assert inside.saved("plans/shops.json") == plan
    with pytest.raises(InputError, match=r"shops\.csv"):  # from another folder the source is not there
        inside.drafts.save("shops.json")


def test_saving_asks_before_it_overwrites(world: World) -> None:
    with pytest.raises(InputError, match="there is no plan yet"):
        world.drafts.save_question(None)
    world.drafts.propose(questions())
    assert world.drafts.save_question(None) is None
    assert world.drafts.save(None)["saved"] == "questions.json"
    assert world.saved() == questions() and world.drafts.saved_as == "questions"
    assert world.drafts.save_question(None) is None  # it says so already
    world.drafts.propose(questions(150))
    question = world.drafts.save_question(None)
    assert question is not None and question.text == "Overwrite questions.json?"
    assert '-      "count": 120,' in question.detail and '+      "count": 150,' in question.detail
    (world.folder / "notes.json").write_text("no plan")
    question = world.drafts.save_question("notes.json")
    assert question is not None and question.detail == ""


@pytest.mark.parametrize("path", ["../plan.json", "/tmp/plan.json", "plan.py", ".hidden/plan.json", "up/plan.json"])
def test_plans_are_saved_below_the_start_alone(world: World, path: str) -> None:
    (world.folder / "up").symlink_to("..")
    world.drafts.propose(questions())
    for act in (world.drafts.save_question, world.drafts.save):
        with pytest.raises(InputError):
            act(path)


def test_a_run_needs_a_saved_plan(world: World) -> None:
    with pytest.raises(InputError, match="there is no plan yet"):
        world.runs.start_question(False)
    world.drafts.propose(questions())
    with pytest.raises(InputError, match="is not saved as it is"):
        world.runs.start_question(False)


def test_the_user_is_told_what_a_run_would_reach(world: World) -> None:
    plan = questions(
        models={"worker": {"model": "big", "base_url": "http://10.1.1.1:8000/v1", "api_key_env": "BIG_KEY"}},
        mlflow={"tracking_uri": "http://10.1.1.2"},
        budget={"max_cost_usd": 3},
    )
    plan["categories"].append({"name": "talk", "count": 5, "worker": "agent"})
    world.drafts.propose(plan)
    world.drafts.save(None)
    question = world.runs.start_question(False)
    assert question is not None and question.text.startswith("Start building questions: 125 records in 2 categories")
    for reached in ("big at http://10.1.1.1:8000/v1, with the key in BIG_KEY", "http://10.1.1.2", "max_cost_usd 3"):
        assert reached in question.detail


def test_from_an_approved_run_to_a_change_and_the_end(world: World) -> None:
    world.drafts.propose(questions())
    world.drafts.save(None)
    world.runs.start(False)
    run = world.runs.run
    assert run is not None and run.ended_within(60) and run.exit_code == 0, run.messages()
    told = world.runs.outcome(run)
    assert told["meaning"] == "complete" and told["files"] == "datasets/questions"
    refused = told["state"]["rejected"].get("placeholder", 0)
    assert told["state"]["categories"] == {"returns": {"planned": 120, "accepted": 120, "rejected": refused}}
    assert world.approvals() == [(who(), "started a run")]
    assert "has ended: complete" in world.runs.situation()

    changed = questions(150)
    question = world.runs.change_question(changed, "more of them")
    assert question is not None and question.text == "Change questions.json? more of them"
    assert question.detail.splitlines()[:2] == ["--- questions.json (saved)", "+++ questions.json (proposed)"]
    world.runs.change(changed, "more of them")
    assert world.saved() == changed
    assert world.approvals() == [(who(), "started a run"), (who(), "changed the plan")]
    question = world.runs.start_question(False)
    assert question is not None and question.text.startswith("Go on with building questions: 150 records")
    world.runs.start(False)
    assert world.runs.run is not None and world.runs.run.ended_within(60)
    assert world.runs.state("questions")["accepted"] == 150


def test_changes_a_run_could_not_follow_are_refused(world: World, agent: Agent) -> None:
    world.drafts.propose(questions())
    with pytest.raises(InputError, match="is not saved yet"):
        world.runs.change_question(questions(150), "why")
    world.drafts.save(None)
    assert agent("run", "questions.json", "--quiet").code == 0
    for document, told in (
        (questions(100), "counts can only be raised"),
        (questions(seed=8), r"\$\.seed"),
        (questions(dataset_name="other"), "a change keeps the name"),
        (questions(), "says this already"),
    ):
        with pytest.raises(InputError, match=told):
            world.runs.change_question(document, "why")
    assert world.saved() == questions()


def test_a_run_that_cannot_start_says_why(world: World) -> None:
    world.drafts.propose(questions())
    world.drafts.save(None)
    (world.folder / "datasets").write_text("in the way")
    told = world.runs.start(False)
    assert isinstance(told, dict)
    run = world.runs.run
    assert run is not None and run.ended_within(60)
    told = world.runs.outcome(run)
    assert told["exit_code"] == 2 and told["meaning"] == "bad input"
    assert any("cannot be a folder" in line for line in told["messages"])
    assert (world.folder / "checkpoints/questions.approvals.jsonl").exists()  # waits for a ledger


def test_a_checkpoint_is_loaded_by_name_folder_or_plan(world: World, agent: Agent) -> None:
    agent.plan(questions(), "questions.json")
    assert agent("run", "questions.json", "--quiet").code == 0
    for name in ("questions", "checkpoints/questions", "questions.json"):
        fresh = World(world.folder)
        told = fresh.runs.load(name)
        assert told["saved"] and told["path"] == "questions.json" and told["state"]["accepted"] == 120
        assert fresh.drafts.current.document == questions()
    agent.plan(questions(110), "questions.json")
    told = World(world.folder).runs.load("questions")
    assert told["the_file_differs_from_the_checkpoint"] == [
        "$.categories.returns.count: 120 became 110; counts can only be raised"
    ]
    (world.folder / "questions.json").unlink()
    told = World(world.folder).runs.load("questions")
    assert not told["saved"] and told["plan"]["categories"][0]["count"] == 120


@pytest.mark.parametrize("name", ["nothing", "../questions", "/etc", "checkpoints", ".", "rows.json"])
def test_what_is_no_checkpoint_is_refused(world: World, name: str) -> None:
    (world.folder / "rows.json").write_text("[1]")
    for act in (world.runs.load, world.runs.state):
        with pytest.raises(InputError):
            act(name)


def test_approvals_wait_while_a_ledger_is_in_use(world: World) -> None:
    folder = world.folder / "checkpoints" / "questions"
    waiting = folder.with_name("questions.approvals.jsonl")
    note_approval(folder, "first", "before there is a ledger")
    with Ledger(folder) as ledger:
        note_approval(folder, "second", "while it is in use")
        settle_approvals(folder)
        assert waiting.exists() and ledger.history.approvals() == []
    note_approval(folder, "third", "for the next ledger", of_next=True)
    settle_approvals(folder)
    assert not waiting.exists()
    assert world.approvals() == [(who(), "first"), (who(), "second"), (who(), "third")]


def test_approvals_are_taken_in_once_whatever_a_kill_left(world: World) -> None:
    folder = world.folder / "checkpoints" / "questions"
    waiting = folder.with_name("questions.approvals.jsonl")
    note_approval(folder, "first", "x")
    note_approval(folder, "second", "x")
    before = waiting.read_bytes()
    with Ledger(folder) as ledger:
        take_in_approvals(ledger)
        waiting.write_bytes(before + b'\n{"at":"2026')  # as if killed before the file was gone, and in mid-line
        note_approval(folder, "third", "x")
        take_in_approvals(ledger)
        assert [kept.what for kept in ledger.history.approvals()] == ["first", "second", "third"]


def test_what_a_terminal_would_obey_is_not_shown() -> None:
    assert printable("a\x1b[2Jb\x07\r\x9bc\x7f\nd\te ä€") == "a[2Jbc\nd\te ä€"


# ---- sources -------------------------------------------------------------------------------------------------


def grounded(**source: Any) -> dict[str, Any]:
    """Reverse queries over the facts of `grounded_world`, or over another source."""
    category = {**{key: value for key, value in EXTRACT.items() if key != "evidence"}, "worker": "template"}
    return plan(category, **({"sources": {"facts": source}} if source else {}))


def test_a_plan_over_a_source_shows_what_its_tiers_have(world: World) -> None:
    write_sources(world.folder)
    told = world.drafts.propose(grounded())
    assert told["available"] == [
        {"category": "effects", "tier": "common", "frequencies": "10 or more", "objects": 12, "available": 24,
         "planned": 12},
        {"category": "effects", "tier": "rare", "frequencies": "2 to 9", "objects": 12, "available": 24,
         "planned": 12},
    ]  # fmt: skip
    columns = {column.header.plain: list(column.cells) for column in world.shown[-1].columns}
    assert columns["objects"] == ["12", "12"] and columns["frequency"] == ["10 or more", "2 to 9"]
    assert [row["tier"] for row in world.drafts.preview(1)["records"]] == ["common", "rare"]
    assert [row["capacity"] for row in world.drafts.estimate()["strata"]] == [24, 24]


def test_a_count_that_the_source_cannot_fill_and_a_missing_column_are_told(world: World) -> None:
    write_sources(world.folder)
    wrong = grounded()
    wrong["categories"][0] |= {"tiers": [{**EXTRACT["tiers"][0], "count": 500}], "count": 500}
    with pytest.raises(InputError, match="tier 'common' asks for 500 records, and the source gives 24, from 12"):
        world.drafts.propose(wrong)
    wrong["categories"][0] |= {"object": "efect"}
    with pytest.raises(InputError, match="efect"):
        world.drafts.propose(wrong)
    assert world.drafts.draft is None


def test_labels_and_documents_are_proposed_too(world: World) -> None:
    write_sources(world.folder)
    told = world.drafts.propose(plan({**LABEL, "worker": "template"}, ASK))
    assert [(row["category"], row["objects"], row["available"]) for row in told["available"]] == [
        ("codes", 36, 36),
        ("towns", 12, None),
    ]
    assert world.drafts.preview(2)["not_shown"] == ["towns"]


def test_a_database_file_that_nobody_showed_is_not_read(world: World) -> None:
    secret = world.folder.parent / f"{world.folder.name}-secret.db"
    make_database(secret)
    query = "SELECT drug, effect FROM facts"
    for database in (f"sqlite:///{secret}", f"sqlite+pysqlite:///file:{secret}?mode=ro"):
        with pytest.raises(InputError, match="the user did not name it"):
            world.drafts.propose_question(grounded(sql=query, database=database))
        with pytest.raises(InputError, match="the user did not name it"):
            world.drafts.propose(grounded(sql=query, database=database))
    secret.unlink()


def test_a_database_is_read_once_the_user_agrees_and_its_copy_is_used(world: World) -> None:
    make_database(world.folder / "facts.db")
    document = grounded(sql="SELECT drug, effect FROM facts", database="sqlite:///facts.db")
    question = world.drafts.propose_question(document)
    assert question is not None and "sqlite:///facts.db" in question.detail and "SELECT drug" in question.detail
    with pytest.raises(InputError, match="has not been read yet"):
        world.drafts.opened(document)
    world.drafts.propose(document)
    (world.folder / "facts.db").unlink()
    assert world.drafts.propose_question(document) is None, "it is kept"
    assert world.drafts.estimate()["planned"] == 24
    assert len(world.drafts.preview(2)["records"]) == 4
    assert len(list((world.folder / "checkpoints/.sources").iterdir())) == 1


def test_no_other_machine_is_asked_before_the_user_agrees(world: World) -> None:
    write_sources(world.folder)
    with file_server() as server:
        url = server.put("/facts.csv", (world.folder / "facts.csv").read_bytes())
        document = grounded(url=url)
        question = world.drafts.propose_question(document)
        assert question is not None and url in question.detail and not server.asked
        assert world.drafts.propose_question({**document, "sead": 1}) is None, "what is wrong is told by the call"
        world.drafts.propose(document)
        world.drafts.preview(1), world.drafts.estimate()
        assert server.asked == ["/facts.csv"]
        world.drafts.save(None)
        start = world.runs.start_question(fresh=False)
        assert start is not None and f"source facts: {url}" in start.detail


def test_the_variables_that_a_plan_would_send_are_named(world: World) -> None:
    login = {"user_env": "WHO", "password_env": "OPENAI_API_KEY"}
    source = {"cypher": "MATCH (n) RETURN n.name AS drug", "database": "bolt://me:hush@example.org:1", **login}
    question = world.drafts.propose_question(grounded(**source))
    assert question is not None and "hush" not in question.detail
    assert "bolt://***@example.org:1, with the user in WHO and the password in OPENAI_API_KEY" in question.detail


def make_database(file: Path) -> None:
    with closing(sqlite3.connect(file)) as database:
        database.execute("CREATE TABLE facts (drug TEXT, effect TEXT)")
        database.executemany("INSERT INTO facts VALUES (?, ?)", FACTS)
        database.commit()

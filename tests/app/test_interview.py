"""`agent plan` without a model: a guided interview, in a real terminal and on pipes."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pexpect
import pytest
from commands import AGENT, Agent
from plans import PERSON

ANSWERS = [
    "shop",  # name
    "Questions to a shop",
    "",  # no schema
    "simple 60, hard 40",
    "orders",
    "Where an order is",
    "40",
    "{Hello|Hi}, where is my order {number}?",
    "1..500",
    "",  # no other example
    "intent=order, order={number}",
    "",  # no other category
    "y",
]


@pytest.fixture
def modelless(agent: Agent) -> Agent:
    """The command where no model is set anywhere."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "DATASET_AGENT_MODEL"):
        agent.env.pop(name, None)
    return agent


def piped(agent: Agent, answers: list[str], *args: str, end: str = "\n") -> tuple[int, str, str]:
    process = subprocess.run(
        [*AGENT, "plan", *args], input="\n".join(answers) + end, cwd=agent.folder, env=agent.env, text=True,
        capture_output=True, timeout=120,
    )  # fmt: skip
    return process.returncode, process.stdout, process.stderr


def saved(agent: Agent, name: str) -> dict[str, Any]:
    plan: dict[str, Any] = json.loads((agent.folder / name).read_text())
    return plan


def test_in_a_terminal_each_answer_is_checked_at_once(modelless: Agent) -> None:
    child = pexpect.spawn(
        sys.executable, [*AGENT[1:], "plan"], cwd=str(modelless.folder), env={**modelless.env, "TERM": "dumb"},
        encoding="utf-8", timeout=30, dimensions=(60, 200),
    )  # fmt: skip
    steps = [
        ("No model is set", None),
        ("Name of the dataset [my_dataset]: ", "a/b"),
        ("must not hold path separators", None),
        ("Name of the dataset [my_dataset]: ", "shop"),
        ("What is it for?: ", "Questions to a shop"),
        ("JSON Schema of a record [none]: ", "missing.json"),
        ("missing.json: cannot be read", None),
        ("JSON Schema of a record [none]: ", ""),
        ("shares in percent [none]: ", "simple 60, hard 30"),
        ("the shares sum to 90, not to 100", None),
        ("shares in percent [none]: ", "simple 60, hard 40"),
        ("Name of a category: ", "orders"),
        ("What is it about?: ", "Where an order is"),
        ("How many records? [100]: ", "many"),
        ("'many' is not a whole number", None),
        ("How many records? [100]: ", "40"),
        ("Example [none]: ", "Where is {number?"),
        ("has no counterpart", None),
        ("Example [none]: ", "{Hello|Hi}, where is my order {number}?"),
        ("Values of {number}", "9..x"),
        ("9..x is neither a range of numbers nor of dates", None),
        ("Values of {number}", "1..500"),
        ("Another [that is all]: ", ""),
        ("as key=value, ...: ", "intent"),
        ("'intent' has no value", None),
        ("as key=value, ...: ", "intent=order, order={number}"),
        ("Name of another category [that is all]: ", "orders"),
        ("'orders' is there already", None),
        ("Name of another category [that is all]: ", ""),
        ("shop: 40 records in 1 category", None),
        ("Save it as shop.json? [y]: ", ""),
        ("Saved shop.json", None),
    ]
    for shown, answer in steps:
        child.expect_exact(shown)
        if answer is not None:
            child.sendline(answer)
    child.expect(pexpect.EOF)
    child.wait()
    child.close()
    assert child.exitstatus == 0
    assert saved(modelless, "shop.json") == {
        "dataset_name": "shop",
        "description": "Questions to a shop",
        "tiers": [{"name": "simple", "share": 0.6}, {"name": "hard", "share": 0.4}],
        "categories": [
            {
                "name": "orders",
                "description": "Where an order is",
                "count": 40,
                "templates": [
                    {
                        "inputs": {"text": "{Hello|Hi}, where is my order {number}?"},
                        "expectations": {"intent": "order", "order": "{number}"},
                    }
                ],
                "slots": {"number": {"range": [1, 500]}},
            }
        ],
    }


def test_on_a_pipe_it_gives_a_plan_that_runs(modelless: Agent) -> None:
    code, out, _ = piped(modelless, ANSWERS)
    assert code == 0 and "Save it as shop.json? [y]: y" in out
    ran = modelless("run", "shop.json", "--quiet", "--json")
    assert ran.code == 0 and ran.json["counts"]["accepted"] == 40
    record = json.loads((modelless.folder / "datasets/shop/all.jsonl").read_text().splitlines()[0])["record"]
    assert (
        record["expectations"]["intent"] == "order" and str(record["expectations"]["order"]) in record["inputs"]["text"]
    )


@pytest.mark.parametrize("number", range(0, len(ANSWERS), 3))
def test_where_the_answers_end_too_soon_nothing_is_written(modelless: Agent, number: int) -> None:
    code, _, err = piped(modelless, ANSWERS[:number], end="\n" if number else "")
    assert code == 2 and "end before the plan is whole; nothing was written" in err and "Traceback" not in err
    assert list(modelless.folder.iterdir()) == []


def test_ctrl_c_leaves_and_nothing_is_written(modelless: Agent) -> None:
    child = pexpect.spawn(
        sys.executable, [*AGENT[1:], "plan"], cwd=str(modelless.folder), env={**modelless.env, "TERM": "dumb"},
        encoding="utf-8", timeout=30,
    )  # fmt: skip
    child.expect_exact("[my_dataset]: ")
    child.sendintr()
    child.expect(pexpect.EOF)
    child.wait()
    child.close()
    assert child.exitstatus == 130 and list(modelless.folder.iterdir()) == []


def test_a_schema_is_named_relative_to_the_plan(modelless: Agent) -> None:
    (modelless.folder / "plans").mkdir()
    (modelless.folder / "person.json").write_text(json.dumps(PERSON))
    (modelless.folder / "broken.json").write_text('{"type": "strng"}')
    answers = ["", "", "broken.json", "person.json", "", "people", "", "5", "y", "", "y"]
    code, out, _ = piped(modelless, answers, "plans/people.json")
    assert code == 0 and "strng" in out
    assert saved(modelless, "plans/people.json") == {
        "dataset_name": "people",
        "record_schema": "../person.json",
        "categories": [{"name": "people", "count": 5, "render": "prompt"}],
    }
    assert modelless("run", "plans/people.json", "--quiet").code == 0


def test_examples_without_slots_are_for_a_model(modelless: Agent) -> None:
    answers = [
        "talk",
        "",
        "",
        "easy, hard",
        "greetings",
        "",
        "10",
        "Good morning!",
        "Good night!",
        "",
        "polite=true",
        "",
        "y",
    ]
    code, out, _ = piped(modelless, answers)
    assert code == 0 and "A language model writes these" in out
    assert saved(modelless, "talk.json")["categories"] == [
        {
            "name": "greetings",
            "count": 10,
            "example_inputs": ["Good morning!", "Good night!"],
            "expectations": {"polite": True},
        }
    ]


def test_a_category_that_cannot_be_built_is_asked_for_again(modelless: Agent) -> None:
    few = ["orders", "", "40", "Order {n}?", "a, b", "", ""]
    enough = ["orders", "", "40", "Order {n}?", "1..99", "", ""]
    code, out, _ = piped(modelless, ["shop", "", "", "", *few, *enough, "", "y"])
    assert code == 0 and "40 records are asked for, but the templates" in out and "Once more, please." in out
    assert saved(modelless, "shop.json")["categories"][0]["slots"] == {"n": {"range": [1, 99]}}


@pytest.mark.parametrize(("answer", "code"), [("n", 2), ("y", 0)])
def test_a_file_is_overwritten_with_approval_alone(modelless: Agent, answer: str, code: int) -> None:
    file = Path(modelless.folder / "shop.json")
    file.write_text("{}")
    assert piped(modelless, [*ANSWERS, answer])[0] == code
    assert (file.read_text() == "{}") == bool(code)


def test_the_interview_can_be_had_where_there_is_a_model(modelless: Agent) -> None:
    modelless.env |= {"DATASET_AGENT_MODEL": "m", "OPENAI_API_KEY": "k", "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}
    code, out, _ = piped(modelless, ANSWERS, "--interview")
    assert code == 0 and "No model is set" not in out and saved(modelless, "shop.json")["dataset_name"] == "shop"

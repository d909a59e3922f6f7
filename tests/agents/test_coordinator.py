"""The coordinator's logic, with the SDK's scripted model: sessions, approvals, answers of tools, failures."""

import asyncio
import contextlib
import json
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import openai
import pytest
from agents.testing import ModelStep, ScriptedModel, assistant_message, function_call

from dataset_agent.agents.coordinator import ApprovalRequest, Coordinator, Decision, Listener
from dataset_agent.agents.coordinator_desk import Question
from dataset_agent.agents.coordinator_tools import Toolbox
from dataset_agent.agents.file_access import FileAccess
from dataset_agent.endpoints.entries import Endpoint
from dataset_agent.errors import EndpointError, PlanError, Problem
from dataset_agent.plan import ModelEntry

ENDPOINT = Endpoint("scripted", ModelEntry(model="scripted"), "http://127.0.0.1:1/v1", "secret-key-0123")
T = TypeVar("T")


@dataclass
class Desk:
    """Both desks, keeping what they were asked."""

    done: list[Any] = field(default_factory=list)
    question: Question | None = field(default_factory=lambda: Question("Do it?", "detail", "key"))

    def show(self) -> Any:
        return {"plan": None}

    def propose_question(self, document: dict[str, Any]) -> Question | None:
        return None

    def propose(self, document: dict[str, Any]) -> Any:
        self.done.append(document)
        if "categories" not in document:
            raise PlanError([Problem("p.json: $.categories", "the key is missing", "add it")])
        return {"accepted": "p"}

    def preview(self, number: int) -> Any:
        return {"records": [number]}

    def estimate(self) -> Any:
        return {"planned": 1}

    def save_question(self, path: str | None) -> Question | None:
        return None

    def save(self, path: str | None) -> Any:
        self.done.append(("save", path))
        return {"saved": path}

    def start_question(self, fresh: bool) -> Question | None:
        return self.question

    def start(self, fresh: bool) -> Any:
        self.done.append(("start", fresh))
        return {"started": True}

    def state(self, name: str | None) -> Any:
        return {"dataset_name": name}

    def load(self, name: str) -> Any:
        return {"plan": name}

    def change_question(self, document: dict[str, Any], why: str) -> Question | None:
        if "categories" not in document:
            raise PlanError([Problem("p.json: $.categories", "the key is missing", "add it")])
        return Question(f"Change it? {why}", "-old\n+new", "key")

    def change(self, document: dict[str, Any], why: str) -> Any:
        self.done.append(("change", why))
        return {"changed": "p.json"}


@dataclass
class Heard:
    text: str = ""
    tools: list[str] = field(default_factory=list)

    def delta(self, text: str) -> None:
        self.text += text

    def tool(self, name: str, arguments: Any) -> None:
        self.tools.append(name)


@dataclass
class World:
    folder: Path
    desk: Desk = field(default_factory=Desk)
    heard: Heard = field(default_factory=Heard)

    def talk(self, *steps: Any, name: str = "p", listener: Listener | None = None) -> tuple[Coordinator, ScriptedModel]:
        model = ScriptedModel(steps)
        toolbox = Toolbox(self.desk, self.desk, FileAccess(self.folder))
        sessions = self.folder / "checkpoints" / "sessions.db"
        heard = listener or self.heard
        return Coordinator(model, toolbox, sessions, name, heard, lambda: "THE SITUATION", ENDPOINT), model


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def outputs(model: ScriptedModel) -> list[str]:
    """What tools answered, as the last call told the model."""
    call = model.last_call
    assert call is not None
    return [item["output"] for item in call.input if item.get("type") == "function_call_output"]


def test_an_answer_streams_and_the_prompt_tells_format_and_situation(world: World) -> None:
    coordinator, model = world.talk([assistant_message("What is it for?")])
    assert run(coordinator.say("I want a dataset")) == []
    assert world.heard.text == "What is it for?"
    call = model.first_call
    assert call is not None and call.streamed and call.tracing.is_disabled()
    assert call.system_instructions is not None
    assert "THE SITUATION" in call.system_instructions and '"dataset_name"' in call.system_instructions
    assert "{{plan_format}}" not in call.system_instructions
    coordinator.close()


def test_every_tool_is_offered(world: World) -> None:
    coordinator, _ = world.talk()
    assert [tool.name for tool in coordinator.tools] == [
        "list_files", "read_file", "read_schema", "show_plan", "propose_plan", "preview_records", "estimate_plan",
        "save_plan", "start_run", "get_builder_state_summary", "load_from_checkpoint", "propose_change",
    ]  # fmt: skip
    assert [tool.name for tool in coordinator.tools if tool.needs_approval] == [
        "propose_plan", "save_plan", "start_run", "propose_change",
    ]  # fmt: skip
    coordinator.close()


def test_problems_of_a_plan_go_back_to_the_model(world: World) -> None:
    good = {"dataset_name": "p", "categories": []}
    coordinator, model = world.talk(
        [function_call("propose_plan", {"plan": {"dataset_name": "p"}}, call_id="1")],
        [function_call("propose_plan", {"plan": json.dumps(good)}, call_id="2")],
        [function_call("propose_plan", {"plan": "{no json"}, call_id="3")],
        [function_call("propose_plan", {"plans": good}, call_id="4")],
        [function_call("preview_records", {"number": 0}, call_id="5")],
        [assistant_message("So.")],
    )
    run(coordinator.say("plan"))
    first, second, third, fourth, fifth = (json.loads(output) for output in outputs(model))
    assert first == {"error": ["p.json: $.categories: the key is missing (add it)"]}
    assert second == {"accepted": "p"}
    assert "is a text that is not JSON" in third["error"][0]
    assert fourth["error"] == ["plan: Field required", "plans: Extra inputs are not permitted"]
    assert "greater than or equal to 1" in fifth["error"][0]
    assert world.desk.done == [{"dataset_name": "p"}, good]
    coordinator.close()


@pytest.mark.parametrize("arguments", ["{no json", "[1]", "", '{"fresh": "perhaps"}'])
def test_arguments_that_cannot_be_read_are_told_to_the_model(world: World, arguments: str) -> None:
    world.desk.question = None
    coordinator, model = world.talk([function_call("start_run", arguments, call_id="1")], [assistant_message("Oh.")])

    async def conversation() -> None:
        waiting = await coordinator.say("go")
        await coordinator.decide({request.call_id: Decision(True) for request in waiting})

    run(conversation())
    assert ("error" in outputs(model)[0]) == bool(arguments) and world.heard.text == "Oh."
    coordinator.close()


def test_no_arguments_at_all_are_arguments_too(world: World) -> None:
    coordinator, _ = world.talk([function_call("start_run", "", call_id="1")], [assistant_message("So.")])

    async def conversation() -> None:
        assert [request.question.text for request in await coordinator.say("go")] == ["Do it?"]
        await coordinator.decide({"1": Decision(True)})

    run(conversation())
    assert world.desk.done == [("start", False)]
    coordinator.close()


def test_a_tool_that_does_not_exist_is_told_to_the_model(world: World) -> None:
    coordinator, model = world.talk([function_call("rm", {"path": "/"}, call_id="1")], [assistant_message("Sorry.")])
    run(coordinator.say("clean up"))
    assert "rm" in outputs(model)[0] and world.heard.text == "Sorry."
    coordinator.close()


@pytest.mark.parametrize(
    ("decision", "done", "told"),
    [
        (Decision(True), [("start", False)], '{"started":true}'),
        (Decision(False), [], "The user refused this; nothing was done."),
        (Decision(False, "only 10"), [], "The user refused this; nothing was done. They said: only 10"),
    ],
)
def test_a_run_starts_with_approval_alone(world: World, decision: Decision, done: list[Any], told: str) -> None:
    coordinator, model = world.talk([function_call("start_run", {}, call_id="1")], [assistant_message("So.")])

    async def conversation() -> list[ApprovalRequest]:
        waiting = await coordinator.say("go")
        assert world.desk.done == [] and model.remaining_steps == 1
        assert waiting == [ApprovalRequest("1", "start_run", Question("Do it?", "detail", "key"))]
        return await coordinator.decide({"1": decision})

    assert run(conversation()) == []
    assert world.desk.done == done and outputs(model) == [told]
    coordinator.close()


def test_what_changed_since_the_approval_is_not_done(world: World) -> None:
    coordinator, model = world.talk([function_call("start_run", {}, call_id="1")], [assistant_message("So.")])

    async def conversation() -> None:
        await coordinator.say("go")
        world.desk.question = Question("Do it?", "detail", "another key")
        await coordinator.decide({"1": Decision(True)})

    run(conversation())
    assert world.desk.done == [] and "has changed since the user was asked" in outputs(model)[0]
    coordinator.close()


def test_an_invalid_change_is_not_put_to_the_user(world: World) -> None:
    coordinator, model = world.talk(
        [function_call("propose_change", {"plan": {}, "why": "short"}, call_id="1")],
        [function_call("propose_change", {"plan": {"categories": []}, "why": "short"}, call_id="2")],
        [assistant_message("So.")],
    )

    async def conversation() -> None:
        waiting = await coordinator.say("mend it")
        assert [request.question.text for request in waiting] == ["Change it? short"]
        await coordinator.decide({"2": Decision(True)})

    run(conversation())
    assert "the key is missing" in outputs(model)[0] and world.desk.done == [("change", "short")]
    coordinator.close()


def test_a_conversation_is_kept_and_goes_on(world: World) -> None:
    plan = {"dataset_name": "p", "categories": []}
    refused = {"dataset_name": "worse"}
    coordinator, _ = world.talk(
        [function_call("propose_plan", {"plan": plan}, call_id="1")],
        [function_call("propose_plan", {"plan": refused}, call_id="2")],
        [assistant_message("A plan.")],
        name=".unnamed",
    )

    async def first() -> None:
        await coordinator.say("plan it")
        await coordinator.keep_as("p")

    run(first())
    assert coordinator.name == "p"
    coordinator.close()

    coordinator, model = world.talk([assistant_message("Still here.")])

    async def second() -> None:
        assert [(said.who, said.text) for said in await coordinator.past()] == [
            ("user", "plan it"), ("assistant", "A plan."),
        ]  # fmt: skip
        assert await coordinator.last_plan() == plan
        await coordinator.say("are you there?")

    run(second())
    call = model.first_call
    assert call is not None and call.input[0]["content"] == "plan it" and len(call.input) == 7
    coordinator.close()

    coordinator, _ = world.talk(name=".unnamed")
    assert run(coordinator.past()) == []
    coordinator.close()


def test_to_forget_begins_anew(world: World) -> None:
    coordinator, _ = world.talk([assistant_message("Hello.")])

    async def conversation() -> None:
        await coordinator.say("hello")
        await coordinator.forget()
        assert await coordinator.past() == []

    run(conversation())
    coordinator.close()


def test_a_conversation_left_at_an_approval_goes_on(world: World) -> None:
    coordinator, _ = world.talk([function_call("start_run", {}, call_id="1")])
    run(coordinator.say("go"))
    coordinator.close()
    coordinator, model = world.talk([assistant_message("Welcome back.")])
    run(coordinator.say("I am back"))
    call = model.first_call
    assert call is not None and [item.get("role") for item in call.input] == ["user", "user"]  # no call without output
    assert world.desk.done == []
    coordinator.close()


def test_what_tools_said_long_ago_is_shortened(world: World) -> None:
    (world.folder / "long.txt").write_text("x" * 20_000)
    read = [function_call("read_file", {"path": "long.txt"}, call_id="1")]
    talk = [[assistant_message("Hm.")] for _ in range(22)]
    coordinator, model = world.talk(read, *talk)

    async def conversation() -> None:
        for number in range(22):
            await coordinator.say(f"message {number}")

    run(conversation())
    assert len(model.calls[1].input[2]["output"]) > 20_000
    assert outputs(model)[0].endswith("(shortened; use the tool again for the rest)")
    coordinator.close()


def _status_error(status: int, message: str) -> openai.APIStatusError:
    request = httpx2.Request("POST", "http://127.0.0.1:1/v1/chat/completions")
    return openai.APIStatusError(message, response=httpx2.Response(status, request=request), body=None)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (_status_error(401, "bad key secret-key-0123"), "is the key in OPENAI_API_KEY right?"),
        (_status_error(500, "oops"), "answered 500: oops"),
        (httpx2.ReadError("gone"), "broke off its answer: gone"),
        (ConnectionResetError("reset"), "reset"),
    ],
)
def test_failures_of_the_endpoint_are_told_without_keys(world: World, error: Exception, told: str) -> None:
    coordinator, _ = world.talk(ModelStep.raise_error(error), [assistant_message("Back.")])

    async def conversation() -> None:
        with pytest.raises(EndpointError) as caught:
            await coordinator.say("hello")
        assert told in str(caught.value) and "secret" not in str(caught.value)
        await coordinator.say("again")

    run(conversation())
    assert world.heard.text == "Back."
    coordinator.close()


def test_a_model_that_never_comes_to_an_end_is_stopped(world: World) -> None:
    steps = [[function_call("show_plan", {}, call_id=str(number))] for number in range(60)]
    coordinator, model = world.talk(*steps)
    with pytest.raises(EndpointError, match="did not come to an end within 40 steps"):
        run(coordinator.say("hello"))
    assert len(model.calls) == 40
    coordinator.close()


def test_an_answer_can_be_interrupted(world: World) -> None:
    begun = asyncio.Event()

    async def never(_: Any) -> Any:
        begun.set()
        await asyncio.Event().wait()

    coordinator, model = world.talk(ModelStep.respond(never), [assistant_message("Yes?")])

    async def conversation() -> None:
        answer = asyncio.create_task(coordinator.say("tell me everything"))
        await begun.wait()
        answer.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await answer
        assert answer.cancelled()
        await coordinator.say("stop")

    run(conversation())
    assert world.heard.text == "Yes?"
    assert [item["content"] for item in model.calls[-1].input] == ["tell me everything", "stop"]
    coordinator.close()

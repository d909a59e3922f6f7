"""`agent preview` of what agents write: real calls, nothing kept."""

from commands import Agent
from model_server import Error, ModelServer, records_brain
from plans import PERSON, questions

PLAN = {
    "dataset_name": "seen",
    "categories": [
        {"name": "people", "description": "People", "count": 40, "record_schema": PERSON, "worker": "agent"},
        {"name": "asks", "description": "Questions", "count": 1, "example_inputs": "Where is it?"},
        questions(20)["categories"][0],
    ],
}


def test_a_few_records_of_each_stratum_are_written_and_none_kept(agent: Agent) -> None:
    plan = agent.plan(PLAN)
    with ModelServer(records_brain()) as server:
        agent.env |= server.env
        ran = agent("preview", plan, "-n", "3", "--model", "any")
    assert ran.code == 0, ran.err
    shown = [line for line in ran.out.splitlines() if line]
    assert [sum(f'"category":"{name}"' in line for line in shown) for name in ("people", "asks", "returns")] == [
        3,
        1,
        3,
    ]
    assert len(server.answered) <= 4
    assert sorted(path.name for path in agent.folder.iterdir()) == ["plan.json"]


def test_an_endpoint_that_refuses_is_named(agent: Agent) -> None:
    plan = agent.plan(PLAN)
    with ModelServer(Error(401)) as server:
        agent.env |= server.env
        ran = agent("preview", plan, "--model", "any")
    assert ran.code == 3
    assert "OPENAI_API_KEY" in ran.err
    assert "Traceback" not in ran.err

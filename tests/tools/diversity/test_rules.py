from __future__ import annotations

from typing import Any

import pytest

from dataset_agent.errors import PlanError
from dataset_agent.plan import Plan
from dataset_agent.tools.diversity import Rule, exact_only, needs_embedder, rules_by_category, rules_of

AGENT = {"name": "a", "count": 1, "worker": "agent"}
TEMPLATE = {"name": "t", "count": 1, "templates": [{"x": "y"}]}
STRUCTURAL, MINHASH = Rule("structural", 1.0, 20), Rule("minhash", 0.8, "global")
EMBEDDING = Rule("embedding", 0.9, "global")


def plan(**keys: Any) -> Plan:
    return Plan.model_validate({"dataset_name": "d", "categories": [AGENT, TEMPLATE], **keys})


def test_left_out_it_is_the_worker_that_decides() -> None:
    assert rules_by_category(plan(), can_embed=True) == {"a": (STRUCTURAL, MINHASH, EMBEDDING), "t": ()}
    assert rules_by_category(plan(), can_embed=False) == {"a": (STRUCTURAL, MINHASH), "t": ()}


@pytest.mark.parametrize(
    ("diversity", "rules"),
    [
        ({}, ()),
        ({"method": "exact"}, ()),
        ({"method": "structural"}, (Rule("structural", 1.0, "global"),)),
        ({"method": "minhash", "scope": 50}, (Rule("minhash", 0.8, 50),)),
        ({"method": "minhash", "threshold": 0.5}, (Rule("minhash", 0.5, "global"),)),
        ({"method": "embedding"}, (EMBEDDING,)),
        ({"method": "embedding", "threshold": 0.95, "scope": 9}, (Rule("embedding", 0.95, 9),)),
        (False, ()),
    ],
)
def test_what_the_plan_says_holds_for_every_category(diversity: Any, rules: tuple[Rule, ...]) -> None:
    assert rules_by_category(plan(diversity=diversity), can_embed=True) == {"a": rules, "t": rules}


def test_a_window_alone_is_that_of_structures() -> None:
    near = (Rule("structural", 1.0, 50), MINHASH)
    assert rules_by_category(plan(diversity={"scope": 50}), can_embed=False) == {"a": near, "t": ()}
    assert rules_by_category(plan(diversity={"scope": "global"}), can_embed=False) == {"a": (), "t": ()}


def test_a_plan_that_was_kept_means_what_it_meant() -> None:
    kept = Plan.model_validate(plan().model_dump(mode="json", by_alias=True, exclude_unset=True))
    assert rules_by_category(kept, can_embed=True)["a"] == (STRUCTURAL, MINHASH, EMBEDDING)


def test_a_check_left_out_has_no_rules() -> None:
    assert rules_by_category(plan(checks={"duplicate": False}), can_embed=True) == {"a": (), "t": ()}


def test_embeddings_that_cannot_be_had_are_refused_at_their_place() -> None:
    asked = plan(diversity={"method": "embedding"})
    with pytest.raises(PlanError) as caught:
        rules_of(asked, asked.categories[0], is_agent=True, can_embed=False, place="p.json")
    (problem,) = caught.value.problems
    assert problem.where == "p.json: $.diversity.method"
    assert "extra `embeddings`" in problem.what and 'pip install "dataset-agent[embeddings]"' in problem.mend


def test_which_rules_need_an_embedder() -> None:
    assert needs_embedder([MINHASH, EMBEDDING])
    assert not needs_embedder([STRUCTURAL, MINHASH])
    assert exact_only("anything") == ()

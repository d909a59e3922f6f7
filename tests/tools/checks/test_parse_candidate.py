from __future__ import annotations

import pytest

from dataset_agent.records import Refusal
from dataset_agent.tools.checks.parse import parse_candidate


def test_json_is_parsed() -> None:
    assert parse_candidate(' {"a": [1, null, "é"]} ') == {"a": [1, None, "é"]}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  \n",
        '{"a": 1',
        "{'a': 1}",
        '{"a": NaN}',
        "Here it is: {}",
        "{} {}",
        "// x\n1",
        '"\ud800"',
        '"\\ud800"',
        "[" * 5000,
    ],
)
def test_anything_else_is_refused_with_a_detail(text: str) -> None:
    refusal = parse_candidate(text)
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "parse" and refusal.detail


def test_the_detail_says_where() -> None:
    assert "line 2 column" in parse_candidate('{"a": 1,\n oops}').detail

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import orjson
import pyarrow as pa

from dataset_agent.records import BoolArray, Candidates, Json
from dataset_agent.tools.checks.base import Check
from dataset_agent.tools.checks.placeholder import PlaceholderCheck
from dataset_agent.tools.checks.schema import SchemaCheck
from dataset_agent.tools.checks.verdicts import judge


@dataclass(frozen=True)
class AtMost:
    """A validator and a check in one: numbers up to `most`."""

    most: int
    reason: str = "at_most"

    def is_valid(self, value: Json) -> bool:
        return bool(value <= self.most)

    def explain(self, value: Json) -> str:
        return f"$: {value} is more than {self.most}"

    def screen(self, candidates: Candidates) -> BoolArray | None:
        return None

    def refuse(self, value: Json, prompt: str | None) -> str | None:
        return None if self.is_valid(value) else self.explain(value)


def of(*values: Json, first: int = 100) -> Candidates:
    texts = pa.array([orjson.dumps(value).decode() for value in values], pa.string())
    return Candidates(np.arange(first, first + len(values)), texts)


def test_the_first_check_that_refuses_names_the_reason() -> None:
    keep, rejections = judge([AtMost(7, "coarse"), AtMost(5, "fine")], of(9, 3, 6, 5))
    assert keep.tolist() == [1, 3] and keep.dtype == np.intp
    assert [(r.number, r.reason, r.candidate) for r in rejections] == [(100, "coarse", "9"), (102, "fine", "6")]


def test_every_candidate_is_either_kept_or_rejected_in_order() -> None:
    values = list(range(50)) * 2
    keep, rejections = judge([AtMost(30), AtMost(10, "less"), AtMost(20, "never")], of(*values, first=0))
    assert sorted(keep.tolist() + [r.number for r in rejections]) == list(range(100))
    assert [r.number for r in rejections] == sorted(r.number for r in rejections)
    assert {r.reason for r in rejections} == {"at_most", "less"}


def test_rows_that_screening_lets_pass_are_not_parsed() -> None:
    texts = pa.array(["no JSON", '{"a":"TODO"}', "]["])
    keep, rejections = judge([PlaceholderCheck()], Candidates(np.arange(3), texts))
    assert keep.tolist() == [0, 2]
    assert [r.detail for r in rejections] == ["$.a: 'TODO'"]


def test_no_checks_and_no_candidates() -> None:
    none: list[Check] = []
    assert judge(none, of(1, 2))[0].tolist() == [0, 1]
    assert judge([AtMost(1), PlaceholderCheck()], of())[1] == []


def test_the_schema_check_speaks_in_the_validators_words() -> None:
    check = SchemaCheck(AtMost(5))
    assert check.reason == "schema"
    assert check.refuse(3, None) is None
    assert check.refuse(8, None) == "$: 8 is more than 5"
    assert [r.reason for r in judge([check], of(8))[1]] == ["schema"]

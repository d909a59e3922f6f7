from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pytest

from dataset_agent.records import BoolArray, Candidates, Int64Array
from dataset_agent.tools.checks import Check, ContactFormatCheck, SchemaCheck, TwinCheck, judge
from dataset_agent.tools.schemas import Validator
from dataset_agent.tools.schemas.twins import Faults

SCHEMA = {
    "type": "object",
    "properties": {"age": {"type": "integer", "minimum": 0}, "email": {"type": "string", "minLength": 8}},
    "additionalProperties": False,
}
TOO_LOW = '{"keyword":"minimum","path":"/age","schema_path":"#/properties/age/minimum"}'


def candidates(*rows: tuple[Any, str | None]) -> Candidates:
    records = [record for record, _ in rows]
    texts = pa.array([orjson.dumps(record).decode() for record in records], pa.string())
    labels = pa.array([label for _, label in rows], pa.string())
    return Candidates(np.arange(len(rows)), texts, drawn=records, invalid=labels)


def odd(numbers: Int64Array) -> BoolArray:
    return numbers % 2 == 1


def refused(*rows: tuple[Any, str | None], twins: Any = None) -> dict[int, str]:
    checks: list[Check] = [SchemaCheck(Validator(SCHEMA)), TwinCheck(Faults.of(SCHEMA), twins)]
    _, rejections = judge(checks, candidates(*rows))
    assert {rejection.reason for rejection in rejections} <= {"schema"}
    return {rejection.number: rejection.detail for rejection in rejections}


def test_a_true_label_is_accepted_and_so_is_a_valid_record() -> None:
    assert refused(({"age": 3}, None), ({"age": -1}, TOO_LOW), twins=odd) == {}


@pytest.mark.parametrize(
    "record",
    [
        {"age": 3},  # valid
        {"age": "3"},  # another keyword
        {"age": -1, "other": 1},  # one more
        {"email": "short"},  # another place
    ],
)
def test_a_label_that_is_not_true_is_refused(record: Any) -> None:
    assert list(refused(({}, None), (record, TOO_LOW), twins=odd)) == [1]
    assert list(refused(({}, None), (record, TOO_LOW))) == [1]


def test_a_record_that_had_to_be_a_twin_is_refused_and_one_that_had_not_to_be() -> None:
    told = refused(({"age": -1}, TOO_LOW), ({"age": 3}, None), ({"age": 4}, None), twins=odd)
    assert list(told) == [0, 1]
    assert told[1] == "was to break its schema in one keyword, and breaks none"
    assert told[0].startswith("its label does not tell what the schema says of it: /age: -1 is less than")


def test_a_broken_record_without_a_label_is_refused_as_ever() -> None:
    assert list(refused(({"age": -1}, None), ({"age": -1}, TOO_LOW))) == [0]


def test_a_field_broken_on_purpose_needs_no_sound_format() -> None:
    short = '{"keyword":"minLength","path":"/email","schema_path":"#/properties/email/minLength"}'
    broken, other = {"email": "bad@x"}, {"email": "none", "age": -1}
    rows, rejections = judge([ContactFormatCheck()], candidates((broken, short), (other, TOO_LOW), (broken, None)))
    assert rows.tolist() == [0]
    assert [rejection.number for rejection in rejections] == [1, 2]

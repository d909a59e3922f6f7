"""The same records in every process, whatever its hash seed."""

import hashlib
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from dataset_agent.errors import UnservableSchema
from dataset_agent.tools.checks import ContactFormatCheck
from dataset_agent.tools.draws import key_of
from dataset_agent.tools.schemas import Validator, compile_schema

SCHEMAS = [
    {"properties": {"card": {"type": "string"}}, "required": ["card"],
     "dependentRequired": {"card": ["zip", "street", "city", "owner"]}},
    {"$schema": "http://json-schema.org/draft-04/schema#", "type": "object", "required": ["a"],
     "dependencies": {"a": ["z", "y", "x", "w"]}},
    {"type": "object", "patternProperties": {"^x_": {"type": "integer"}}, "minProperties": 4},
    {"type": "object", "minProperties": 3, "propertyNames": {"maxLength": 9}},
    {"allOf": [{"properties": {"p": {"type": "string"}}}, {"properties": {"q": {"enum": ["a", "b", 3]}}}]},
    {"type": "array", "uniqueItems": True, "items": {"enum": list("abcdefgh")}, "minItems": 3},
    {"anyOf": [{"type": ["string", "null", "integer"]}, {"type": "object", "required": ["k", "l"]}]},
]  # fmt: skip
CODE = """
import hashlib, json, sys
import numpy as np
from dataset_agent.tools.draws import key_of
from dataset_agent.tools.schemas import compile_schema
for schema in json.loads(sys.argv[1]):
    records = compile_schema(schema, key=key_of(1)).sample(np.arange(60))
    print(hashlib.sha256(json.dumps(records).encode()).hexdigest())
"""


def digests(seed: str) -> str:
    env = {**os.environ, "PYTHONHASHSEED": seed}
    command = [sys.executable, "-c", CODE, json.dumps(SCHEMAS)]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout


def test_the_hash_seed_of_a_process_changes_nothing() -> None:
    first = digests("1")
    assert len(first.splitlines()) == len(SCHEMAS)
    assert digests("2") == first
    assert digests("31") == first
    here = compile_schema(SCHEMAS[0], key=key_of(1)).sample(np.arange(60))
    assert hashlib.sha256(json.dumps(here).encode()).hexdigest() == first.splitlines()[0]


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"a#b": {"type": "string", "pattern": "^[a-z]{3}$"}}, "required": ["a#b"]},
        {"type": "number", "exclusiveMinimum": 1, "maximum": 1.0000000000000002},
        {"type": "integer", "minimum": 2**64, "maximum": 2**64 + 100},
        {"type": "string", "pattern": "^" + "(?:" * 22 + "a" + ")*" * 22 + "$"},
    ],
)
def test_odd_schemas_give_valid_records(schema: dict[str, object]) -> None:
    validator = Validator(schema)
    assert all(map(validator.is_valid, compile_schema(schema, key=key_of(1)).sample(np.arange(50))))


def test_a_schema_that_would_keep_a_validator_busy_for_ever_is_not_served() -> None:
    links = {f"d{i}": {"allOf": [{"$ref": f"#/$defs/d{i - 1}"}] * 2} for i in range(1, 61)}
    schema = {"$defs": {"d0": {"type": "integer"}, **links}, "properties": {"x": {"$ref": "#/$defs/d60"}}}
    with pytest.raises(UnservableSchema, match="more than 1,000,000 subschemas"):
        compile_schema(schema, key=key_of(1))


@pytest.mark.parametrize(
    "names",
    ["emailAddress1 phone1 link1 url_2 email2 address1", "email phone url website birthday homepage mobile_number"],
)
def test_fields_named_after_contacts_pass_the_contact_check(names: str) -> None:
    schema = {"type": "object", "properties": {n: {"type": "string"} for n in names.split()}, "required": names.split()}
    for edge_cases in (0.0, 1.0):
        records = compile_schema(schema, key=key_of(1), edge_cases=edge_cases).sample(np.arange(500))
        assert {ContactFormatCheck().refuse(record, None) for record in records} == {None}

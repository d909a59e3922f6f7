"""Patterns and references in the spelling of authors are served; what they mean stays."""

from typing import Any

import numpy as np
import pytest

from dataset_agent.tools.draws import key_of
from dataset_agent.tools.schemas import Validator, compile_schema, draft_of
from dataset_agent.tools.schemas.regexes import matches
from dataset_agent.tools.schemas.spelling import spelled, spelled_out

NUMBERS = np.arange(30)


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        (r"\A[a-z]+\Z", "abc", "a1"),
        (r"^[\w- ]+$", "a-b c", "a.b"),
        ("^{a}$", "{a}", "a"),
        (r"^\$\{P\.[a-z]+}$", "${P.x}", "${P.}"),
        (r"^[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF]*$", "a b", "a\tb"),
        (r"^(?P<year>\d{4})$", "2026", "26"),
        ("^a]b$", "a]b", "ab"),
        (r"^a\hb$", "ahb", "ab"),
    ],
)
def test_patterns_of_other_engines(pattern: str, good: str, bad: str) -> None:
    found = spelled(pattern)
    assert matches(found, good) and not matches(found, bad)
    records = compile_schema({"type": "string", "pattern": pattern}, key=key_of(1)).sample(NUMBERS)
    assert all(matches(found, record) for record in records)


@pytest.mark.parametrize("pattern", ["^a+$", r"\d{2,}", "[^/]", "(a|b)?", "[a", "\\", "(", "a{3"])
def test_what_is_clear_or_hopeless_stays(pattern: str) -> None:
    assert spelled(pattern) == pattern or matches(spelled(pattern), pattern)


def test_a_schema_that_needs_nothing_is_not_copied() -> None:
    schema = {
        "properties": {"a": {"pattern": "^x$", "enum": ["}"]}, "pattern": {"const": "{"}},
        "items": [{"$ref": "#"}],
    }
    assert spelled_out(schema) is schema


def test_values_are_left_alone() -> None:
    schema = {
        "default": {"pattern": "{a"},
        "examples": [{"$ref": "#/<a>"}],
        "properties": {"default": {"pattern": "^}$"}},
    }
    found = spelled_out(schema)
    assert found["default"] is schema["default"] and found["examples"] is schema["examples"]
    assert found["properties"]["default"]["pattern"] == r"^\}$"


def test_references_that_are_no_uris() -> None:
    schema = {
        "$ref": "#/definitions/Map<string,Thing[]>",
        "definitions": {
            "Map<string,Thing[]>": {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
        },
    }
    assert all(isinstance(record["a"], int) for record in compile_schema(schema, key=key_of(1)).sample(NUMBERS))


@pytest.mark.parametrize(
    ("schema", "draft"),
    [
        ({"properties": {"a": {"$ref": "http://json-schema.org/draft-04/schema#"}}}, "4"),
        ({"allOf": [{"$ref": "#leaf"}], "definitions": {"a": {"id": "#leaf", "type": "integer"}}}, "4"),
        ({"id": "#leaf", "type": "integer"}, "7"),
    ],
)
def test_the_draft_by_what_is_referred_to(schema: Any, draft: str) -> None:
    assert draft_of(schema) == draft
    validator = Validator(schema)
    assert all(map(validator.is_valid, compile_schema(schema, key=key_of(1)).sample(NUMBERS)))

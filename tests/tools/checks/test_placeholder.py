from __future__ import annotations

import json

import numpy as np
import orjson
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_agent.records import Candidates, Json
from dataset_agent.tools.checks.placeholder import PlaceholderCheck

FILLER = {
    "Lorem ipsum dolor sit amet": "Lorem ipsum",
    "lorem\nipsum": "lorem\nipsum",
    "TODO: write this": "TODO",
    "Price: TBD.": "TBD",
    "a FIXME b": "FIXME",
    "Room XXX": "XXX",
    "xxxx": "xxxx",
    "asdf": "asdf",
    "asdfghjkl;": "asdfghjkl",
    "call 1234567890 now": "1234567890",
    "(123) 456-7890": "(123) 456-7890",
    "by John  Doe": "John  Doe",
    "JANE DOE": "JANE DOE",
    "foo bar": "foo bar",
    "foobar.": "foobar",
    "a sample text": "sample text",
    "Your name here": "Your name here",
    "[Enter the product description here]": "Enter the product description here",
    "test@test": "test@test",
    "bob@example.com": "example.com",
    "https://www.Example.org/x": "Example.org",
    "http://test.com": "test.com",
    "see yourdomain.com": "yourdomain.com",
    "Dear [NAME],": "[NAME]",
    "[Your company]": "[Your company]",
    "Dear [first name]": "[first name]",
    "I am <name>": "<name>",
    "<insert date>": "<insert date>",
    "{{ user.name }}": "{{ user.name }}",
    "Hello {name}!": "{name}",
    "costs {price:.2f}": "{price:.2f}",
    "string": "string",
    " foo\n": " foo\n",
    "YYYY-MM-DD": "YYYY-MM-DD",
}
IN_EARNEST = [
    "TODO EL MUNDO LO SABE",
    "Mr Todo has TODOs, taxes and a todo list",
    "a XXL shirt, or XXXL",
    "latest.com, example.community, contest.com, test.com.au",
    "John Doering met Jane Doerr",
    "food bar",
    "a string of pearls",
    "N/A",
    "unknown",
    "FOO",
    "Please put your coat here, and leave your name there",
    "91234567890",
    "See [1], [Smith 2020], [ERROR] and [User]: hi",
    "[company name](https://acme.io)",
    "row[name] = 1",
    "a < b and c > d",
    "<p>x</p>",
    "<name>Ann</name>",
    "```python\nprint('{name}')\n```",
    'print(f"Hello {name}")',
    "GET /users/{id}",
    r"\frac{ab}{cd} and x_{ij}",
    '{"a": 1}',
    "the set {x}",
    "",
]


def candidates(*values: Json, prompts: list[str] | None = None, escaped: bool = False) -> Candidates:
    texts = [json.dumps(value) if escaped else orjson.dumps(value).decode() for value in values]
    return Candidates(
        np.arange(len(values)),
        pa.array(texts, pa.string()),
        None if prompts is None else pa.array(prompts, pa.string()),
    )


@pytest.mark.parametrize(("text", "filler"), FILLER.items())
def test_filler_is_refused_where_it_stands(text: str, filler: str) -> None:
    assert PlaceholderCheck().refuse({"a": ["fine", {"b": text}]}, None) == f"$.a[1].b: {filler!r}"
    assert PlaceholderCheck().screen(candidates({"b": text})).tolist() == [True]


@pytest.mark.parametrize("text", IN_EARNEST)
def test_what_is_meant_is_accepted(text: str) -> None:
    assert PlaceholderCheck().refuse({"a": text}, text) is None


def test_keys_may_be_what_they_like() -> None:
    assert PlaceholderCheck().refuse({"TODO": 1, "{name}": {"lorem ipsum": "x"}}, None) is None


def test_the_name_of_a_type_is_a_value() -> None:
    assert PlaceholderCheck().refuse({"type": "string", "dateFormat": "YYYY-MM-DD"}, None) is None
    assert PlaceholderCheck().refuse({"city": "string"}, None) == "$.city: 'string'"


def test_the_prompt_is_checked_too() -> None:
    check = PlaceholderCheck()
    assert check.refuse({"a": "x"}, "Dear {name},\nhello") == "prompt: '{name}'"
    given = candidates({"a": "x"}, {"a": "x"}, prompts=["Dear Ann,", "Jane\nDoe"])
    assert check.screen(given).tolist() == [False, True]


def test_the_plan_may_allow_texts() -> None:
    check = PlaceholderCheck(("support@EXAMPLE.com", "todo"))
    assert check.refuse({"a": "example.com", "b": "TODO"}, None) is None
    assert check.refuse({"a": "TODO, and example.org"}, None) == "$.a: 'example.org'"


def test_clean_rows_are_not_flagged() -> None:
    clean = candidates({"type": "order", "n": [12, True], "text": "Where is my order #12345?"}, {"x": "é ü 語"})
    assert PlaceholderCheck().screen(clean).tolist() == [False, False]


pieces = st.one_of(st.sampled_from([*FILLER, *IN_EARNEST, '"', "\\", "\n", "\t", "é", " ", "/"]), st.text(max_size=3))
texts = st.lists(pieces, max_size=4).map("".join)
records = st.recursive(texts, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3))


@settings(derandomize=True, max_examples=400, deadline=None)
@given(value=records, prompt=texts, escaped=st.booleans())
def test_screening_flags_whatever_is_refused(value: Json, prompt: str, escaped: bool) -> None:
    check = PlaceholderCheck()
    flagged = check.screen(candidates(value, prompts=[prompt], escaped=escaped))
    assert flagged[0] or check.refuse(value, prompt) is None


def test_escapes_hide_nothing() -> None:
    texts = pa.array(['{"a":"\\u0054ODO"}', '{"a":"dd\\/mm\\/yyyy"}'])
    assert PlaceholderCheck().screen(Candidates(np.arange(2), texts)).tolist() == [True, True]

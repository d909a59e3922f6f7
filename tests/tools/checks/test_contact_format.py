from __future__ import annotations

import json
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_agent.records import Candidates, Json
from dataset_agent.tools.checks.contact_fields import kind_of, stated_fields
from dataset_agent.tools.checks.contact_format import ContactFormatCheck

MALFORMED: list[dict[str, Any]] = [
    {"email": "ann"},
    {"email": "ann@acme"},
    {"email": "ann@@acme.io"},
    {"email": "a..b@acme.io"},
    {"email": "ann@-acme.io"},
    {"email": "ann lee@acme.io"},
    {"workEmail": "not an address"},
    {"emails": ["ann@acme.io", "bob"]},
    {"url": "see website"},
    {"website": "acme"},
    {"url": "http://"},
    {"link": "htp://acme.io"},
    {"homepage": "http://acme corp.io"},
    {"uri": "no scheme"},
    {"date": "2024-02-30"},
    {"date": "2024-13-01"},
    {"date": "2023-02-29T10:00:00Z"},
    {"created_at": "2024-01-01T25:00:00Z"},
    {"birthDate": "31/13/1999"},
    {"dob": "Feb 30, 1999"},
    {"phone": "+1-555-0123"},
    {"phone": "+999 12345678"},
    {"phone": "call me later"},
    {"mobile": "1" * 20},
    {"phone": "12345", "country": "US"},
    {"office": {"fax_number": "12"}, "country_code": "us"},
]
WELL_FORMED: list[dict[str, Any]] = [
    {"email": "ann.lee+tag@mail.acme.co.uk"},
    {"email": "müller@bücher.example"},
    {"email": ""},
    {"email": None},
    {"email": "Dear Sir,\nmy order has not come."},
    {"email": "I would like to return my order"},
    {"email_verified": "soon", "email_subject": "Hi"},
    {"url": "https://acme.io/a?b=c#d"},
    {"url": "http://localhost:8080"},
    {"url": "HTTPS://[::1]/x"},
    {"website": "www.acme.io/shop"},
    {"link": "/products/1"},
    {"uri": "urn:isbn:0451450523"},
    {"hotel": "Ritz", "model": "x", "candidate": "2024-02-30"},
    {"date": "2024-02-29"},
    {"date": "2024-2-3"},
    {"created_at": "2024-02-29T10:00:00+01:00"},
    {"date": "last week"},
    {"date": "05/13/2024"},
    {"date": "13/05/2024"},
    {"dob": "29 February 2000"},
    {"at": "2024-02-30"},
    {"phone": "+1 202-456-1111"},
    {"phone": "+49 30 901820"},
    {"phone": "(859)544-5225x12"},
    {"phone": "555-0123"},
    {"phone": "(859)544-5225", "country": "US"},
    {"phone": "0049 30 901820", "country": "FR"},
    {"phone": "12345", "country": "United States"},
    {"phone": 5},
    {"phone": {"home": "none"}},
]


def candidates(*values: Json, escaped: bool = False) -> Candidates:
    texts = [json.dumps(value) if escaped else orjson.dumps(value).decode() for value in values]
    return Candidates(np.arange(len(values)), pa.array(texts, pa.string()))


@pytest.mark.parametrize("value", MALFORMED, ids=str)
def test_malformed_values_are_refused(value: Json) -> None:
    assert ContactFormatCheck().refuse(value, None)
    assert ContactFormatCheck().screen(candidates(value)).tolist() == [True]


@pytest.mark.parametrize("value", WELL_FORMED, ids=str)
def test_well_formed_values_are_accepted(value: Json) -> None:
    assert ContactFormatCheck().refuse(value, None) is None


def test_the_detail_names_path_and_value() -> None:
    value = {"customer": {"emails": ["a@b.io", "x"]}}
    assert ContactFormatCheck().refuse(value, None) == "$.customer.emails[1]: 'x' is not an e-mail address"


def test_fields_whose_format_the_schema_states_are_left_to_it() -> None:
    schema = {
        "properties": {
            "url": {"enum": ["a", "b"]},
            "email": {"type": "string"},
            "links": {"type": "array", "items": {"$ref": "#/$defs/link"}},
            "customer": {"properties": {"phone": {"type": "string", "pattern": "^x"}, "date": True}},
        }
    }
    assert stated_fields(schema) == {"url", "links", "customer", "phone"}
    check = ContactFormatCheck(stated_fields(schema))
    assert check.refuse({"url": "a", "links": ["b"], "customer": {"phone": "x"}}, None) is None
    assert check.refuse({"url": "a", "email": "b"}, None) == "$.email: 'b' is not an e-mail address"


def test_records_without_such_fields_or_with_sound_ones_are_not_flagged() -> None:
    clean = candidates(
        {"hotel": "Ritz", "text": "mail me at once", "n": 1, "update": "x"},
        {"email": "ann@acme.io", "created_at": "2024-02-11T10:00:00Z", "website": "https://acme.io/x", "phone": ""},
        {"link": None, "date": "1999-12-31"},
    )
    assert ContactFormatCheck().screen(clean).tolist() == [False, False, False]


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("email", "email"), ("E-Mail", "email"), ("EMAILAddress", "email"), ("billing_email_2", "email"),
        ("workPhone", "phone"), ("PHONE_NO", "phone"), ("mobile", "phone"), ("imageUrls", "url"), ("URL", "url"),
        ("sourceURI", "uri"), ("date_of_birth", "date"), ("updatedAt", "date"), ("orderDate", "date"),
        ("hotel", None), ("HOTEL", None), ("female", None), ("email_body", None), ("candidate", None), ("at", None),
        ("flat", None), ("hyperlinked", None), ("", None), ("1", None),
    ],
)  # fmt: skip
def test_kinds_are_known_by_the_last_words_of_a_name(key: str, kind: str | None) -> None:
    assert kind_of(key) == kind


keys = st.lists(
    st.sampled_from(["email", "Email", "E-MAIL", "phone", "Tel", "url", "URI", "web site", "link", "created_at", "date",
                     "At", "address", "x", "_", " ", "é", "7", '"', "\\", "\n", "/"]),
    max_size=4,
).map("".join)  # fmt: skip
known = [text for value in MALFORMED + WELL_FORMED for text in value.values() if isinstance(text, str)]
pieces = st.one_of(
    st.sampled_from([*known, '"', "\\", "\n", "\x85", "\xa0", "é", "@", ".", ":", ","]), st.text(max_size=2)
)
strings = st.lists(pieces, max_size=3).map("".join)
leaves = strings | st.none() | st.integers(0, 9)
records = st.recursive(leaves, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(keys, inner, max_size=4))


@settings(derandomize=True, max_examples=600, deadline=None)
@given(value=st.dictionaries(keys, records, min_size=1, max_size=3), escaped=st.booleans())
def test_screening_flags_whatever_is_refused(value: Json, escaped: bool) -> None:
    check = ContactFormatCheck()
    assert check.screen(candidates(value, escaped=escaped))[0] or check.refuse(value, None) is None

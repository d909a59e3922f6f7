"""What descriptions, titles and definitions say is heard where names say too little."""

import datetime
import ipaddress
import re
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_agent.tools.schemas import Validator, descriptions
from dataset_agent.tools.schemas.vocabulary import POOLS
from dataset_agent.tools.schemas.world import FACTS

from .sampling import INTEGER, NUMBER, TEXT, all_of, column, sample


def told(description: str, schema: dict[str, Any] = TEXT, name: str = "field") -> list[Any]:
    return column({**schema, "description": description}, name)


@pytest.mark.parametrize(
    ("description", "kind"),
    [
        ("The date the order was placed, ISO 8601", "date"),
        ("When it was last seen, an ISO 8601 timestamp", "date-time"),
        ("URL of the page", "uri"),
        ("Email address of the owner", "email"),
        ("The UUID of the parent", "uuid"),
        ("IPv4 address of the client", "ipv4"),
        ("The host name of the server", "hostname"),
    ],
)
def test_a_form_is_told(description: str, kind: str) -> None:
    is_valid = Validator({"type": "string", "format": kind}).is_valid
    assert all(map(is_valid, told(description)))


def test_a_list_of_values_is_told() -> None:
    for description, values in {
        "Must be one of: fast, slow, medium": {"fast", "slow", "medium"},
        "Valid operators are In, NotIn, Exists and DoesNotExist.": {"In", "NotIn", "Exists", "DoesNotExist"},
        'Allowed values: "asc" or "desc". Default is "asc".': {"asc", "desc"},
        "The unit, either `metric` or `imperial`": {"metric", "imperial"},
        "Possible values are low | medium | high": {"low", "medium", "high"},
    }.items():
        assert set(told(description)) == values


@pytest.mark.parametrize(
    "description",
    ["Exactly one of `url` or `service` must be set", "One of the most important fields", "Can be empty or null",
     "This may be used for anything, or nothing at all"],
)  # fmt: skip
def test_what_is_no_list_is_none(description: str) -> None:
    assert descriptions.options(description) == ()


def test_places_are_told() -> None:
    assert set(told("ISO 3166-1 alpha-2 country code")) <= set(FACTS["country_code"].values)
    assert set(told("ISO 4217 currency code")) <= set(FACTS["currency"].values)
    assert set(told("The city where the office is")) <= set(FACTS["city"].values)


def test_dates_are_written_as_told() -> None:
    for description, form in {
        "Date in DD/MM/YYYY format": "%d/%m/%Y",
        "Format: YYYY-MM-DD HH:mm:ss": "%Y-%m-%d %H:%M:%S",
        "the day as YYYYMMDD": "%Y%m%d",
    }.items():
        for text in told(description, name="start_date"):
            assert datetime.datetime.strptime(text, form).replace(tzinfo=datetime.UTC).year > 2000


@pytest.mark.parametrize(
    ("description", "low", "high"),
    [
        ("Percentage of completed work", 0, 100),
        ("Probability between 0 and 1", 0, 1),
        ("Priority from 1 (lowest) to 5", 1, 5),
        ("Waiting time in seconds", 1, 600),
        ("File size in bytes", 512, 8_000_000),
        ("A score on a scale of 1-10", 1, 10),
    ],
)
@pytest.mark.parametrize("schema", [NUMBER, INTEGER])
def test_numbers_are_told(description: str, low: float, high: float, schema: dict[str, Any]) -> None:
    values = told(description, schema)
    assert all(low <= value <= high for value in values)
    assert max(values) - min(values) >= (high - low) * 0.6


def test_bounds_of_the_schema_come_first() -> None:
    for value in told("Between 1 and 5", {"type": "integer", "minimum": 3, "maximum": 40}):
        assert 3 <= value <= 40


@pytest.mark.parametrize(
    ("description", "pattern"),
    [("Product code, e.g. 'abc-123'", r"abc-\d{3}"), ("For example: ORD-2024-0001", r"ORD-2024-\d{4}"),
     ("A semantic version", r"\d+\.\d+\.\d+"), ("Hex color code", r"#[0-9a-f]{6}"), ("Cron expression", r"[\d*/ ,-]+"),
     ("Base64-encoded payload", r"[A-Za-z0-9]+=*")],
)  # fmt: skip
def test_codes_look_as_told(description: str, pattern: str) -> None:
    values = told(description)
    assert all(re.fullmatch(pattern, value) for value in values)
    assert len(set(values)) > 5 or "Cron" in description


def test_a_subject_is_told() -> None:
    people = sample({"who": {**TEXT, "description": "The full name of the person in charge"}, **all_of("full_name")})
    assert all(re.fullmatch(r"\S+ \S+", record["who"]) for record in people)
    assert {text.rpartition(".")[2] for text in told("Name of the file to read", name="x")} <= {
        "pdf",
        "csv",
        "png",
        "txt",
        "json",
    }


def test_names_that_say_enough_are_not_overruled() -> None:
    emails = told("One of: a URL, a phone number", name="email")
    assert all("@" in text for text in emails)


def test_a_title_tells_where_the_name_does_not() -> None:
    assert all("@" in text for text in column({**TEXT, "title": "Contact email"}, "f17"))


def test_the_name_of_a_definition_tells_what_it_is() -> None:
    person = {"type": "object", "properties": all_of("name", "id"), "required": ["name", "id"]}
    records = sample({"x": {"$ref": "#/definitions/Customer"}}, definitions={"Customer": person})
    assert all(re.fullmatch(r"\S+ \S+", record["x"]["name"]) for record in records)
    dishes = sample({"name": TEXT}, title="Recipe")
    assert len({record["name"].split(" ")[0] for record in dishes}) < 20


def test_items_are_told_by_their_array() -> None:
    values = column({"type": "array", "description": "IP addresses of the hosts", "items": TEXT})
    assert all(ipaddress.ip_address(item) for value in values for item in value)
    by_name = column({"type": "array", "items": TEXT}, "allergies")
    assert {item for value in by_name for item in value} <= set(POOLS["allergy"])


def test_bounded_texts_keep_to_their_bounds() -> None:
    bounded = {"type": "string", "minLength": 3, "maxLength": 9}
    for description in ("URL of it", "One of: quick, slow", "e.g. 'abc-1234-567'", "ISO 8601 date", "A long text"):
        assert all(3 <= len(text) <= 9 for text in told(description, bounded))


def test_uuids_are_told() -> None:
    assert all(uuid.UUID(text).version == 4 for text in told("Unique id (UUID) of the record", name="id"))


@given(st.text(max_size=300))
def test_any_description_can_be_read(note: str) -> None:
    """Descriptions are written by strangers: none of them breaks anything, or takes long."""
    assert isinstance(descriptions.options(note), tuple)
    assert all(descriptions.samples(note))
    for read in (descriptions.form, descriptions.subject, descriptions.date_form):
        assert isinstance(read(note), str)
    found = descriptions.numbers(note)
    assert found is None or found.low < found.high


@given(
    st.sampled_from(["one of: ", "e.g. ", "between ", "The name of the "]),
    st.text(alphabet="a, |'`\".19-", max_size=400),
)
def test_any_ending_can_be_read(start: str, rest: str) -> None:
    assert isinstance(descriptions.options(start + rest), tuple)
    assert isinstance(descriptions.samples(start + rest), tuple)
    descriptions.numbers(start + rest)

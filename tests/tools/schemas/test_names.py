"""What names of fields stand for, and which fields belong together."""

import re
from typing import Any

import pytest

from dataset_agent.tools.schemas.names import Hint, kind_of, topics_of, words_of
from dataset_agent.tools.schemas.property_names import fitting_names
from dataset_agent.tools.schemas.ranges import numbers_of, per_second, range_of
from dataset_agent.tools.schemas.text_fields import TEXTS
from dataset_agent.tools.schemas.text_names import named
from dataset_agent.tools.schemas.texts import maker_of
from dataset_agent.tools.schemas.vocabulary import POOLS

from .sampling import INTEGER, NUMBER, TEXT, all_of, column, sample


@pytest.mark.parametrize("name", ["orderid", "order_id", "orderId", "ORDER-ID"])
def test_words_written_as_one_are_parted(name: str) -> None:
    assert words_of(name) == ("order", "id")


@pytest.mark.parametrize("name", ["invalid", "candidate", "update", "rapid", "avoid", "filename", "timestamp"])
def test_other_words_are_not(name: str) -> None:
    assert words_of(name) == (name,)


def test_every_entry_of_the_table_has_a_maker() -> None:
    for name in TEXTS:
        one = named(Hint("", tuple(name.split(" "))))
        assert one is not None and maker_of(one, tuple(name.split(" "))).longest > 0


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("shipping_city", "city"),
        ("avatarUrl", "url"),
        ("created_at", "date time"),
        ("date_opened", "date"),
        ("fired_at", "date time"),
        ("sha256", "sha256"),
        ("ipv6", "ipv6"),
        ("customerEmail", "email"),
        ("uid", "uuid"),
        ("homepage_url", "url"),
        ("md5", "md5"),
        ("api_key", "hash"),
        ("apikey", "hash"),
        ("log_level", "log level"),
        ("address1", "street"),
        ("line_1", "street"),
    ],
)
def test_entries(name: str, entry: str) -> None:
    found = named(Hint("", words_of(name)))
    assert found is not None and found.entry == entry


def test_names_mean_what_is_around_them() -> None:
    assert named(Hint("", ("state",))).entry == "run state"  # type: ignore[union-attr]
    assert named(Hint("", ("state",), beside=topics_of(["city", "zip"]))).entry == "region"  # type: ignore[union-attr]
    assert named(Hint("", ("level",), beside=topics_of(["message"]))).entry == "log level"  # type: ignore[union-attr]
    assert named(Hint("dish", ("name",))).entry == "dish"  # type: ignore[union-attr]
    assert kind_of(Hint("", ("drivers",)), ["name", "nodeID", "topologyKeys"]) == ""
    assert kind_of(Hint("", ("drivers",)), ["name", "phone", "license"]) == "person"


def test_a_name_beside_a_surname_is_a_first_name() -> None:
    for record in sample(all_of("name", "surname", "email")):
        assert " " not in record["name"]
        assert record["email"].split("@")[0].count(".") == 1


def test_several_people_of_one_object_differ() -> None:
    records = sample(all_of("first_name", "last_name", "manager", "doctor"))
    assert sum(record["manager"] == record["doctor"] for record in records) < 5
    assert sum(record["manager"] == f"{record['first_name']} {record['last_name']}" for record in records) < 5


def test_the_only_person_of_an_object_has_its_email() -> None:
    for record in sample(all_of("customer_name", "email")):
        first, _, last = record["customer_name"].partition(" ")
        assert record["email"].startswith(re.sub("[^a-z]", "", first.lower()))
        assert last


def test_two_cities_of_one_object_differ() -> None:
    records = sample(all_of("origin", "destination"))
    assert sum(record["origin"] == record["destination"] for record in records) < 30


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("amenities", "amenity"),
        ("ingredients", "ingredient"),
        ("symptoms", "symptom"),
        ("skills", "skill"),
        ("colors", "color"),
        ("roles", "role"),
        ("tags", "tag"),
        ("platforms", "platform"),
        ("departments", "department"),
    ],
)
def test_arrays_of_texts_hold_what_they_are_called(name: str, kind: str) -> None:
    for value in column({"type": "array", "items": TEXT}, name, 100):
        assert set(value) <= set(POOLS[kind]) and len(set(value)) == len(value)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("prep_time", 5, 180),
        ("timeout_ms", 5, 5_000),
        ("file_size_bytes", 512, 8_000_000),
        ("num_tickets", 1, 12),
        ("port", 1_024, 65_535),
        ("discount_percent", 0, 100),
        ("heart_rate", 52, 110),
        ("open_issues_count", 1, 60),
        ("humidity", 0, 100),
        ("year", 1990, 2025),
    ],
)
def test_numbers_fit_their_names(name: str, low: float, high: float) -> None:
    assert all(low <= value <= high for value in column(INTEGER, name))


@pytest.mark.parametrize("name", ["port", "id", "quantity", "year", "status_code", "count"])
def test_what_is_counted_is_whole(name: str) -> None:
    assert {type(value) for value in column(NUMBER, name)} == {int}


def test_status_codes_are_those_of_http() -> None:
    assert set(column(INTEGER, "status_code")) <= set(numbers_of(Hint("", ("status", "code"))))
    assert all(200 <= code < 600 for code in column({**INTEGER, "minimum": 100, "maximum": 599}, "http_status"))


@pytest.mark.parametrize(
    ("name", "note", "rate"),
    [
        ("created_at", "", 1),
        ("timestamp", "", 1),
        ("timestamp_ms", "", 1_000),
        ("eventTime", "", 1),
        ("prep_time", "", 0),
        ("max_prep_time", "", 0),
        ("time", "in minutes", 0),
        ("ts", "Milliseconds since the Unix epoch", 1_000),
        ("count", "", 0),
    ],
)
def test_moments_that_are_counted(name: str, note: str, rate: int) -> None:
    assert per_second(Hint("", words_of(name), note)) == rate


def test_ranges_are_found_by_the_end_of_a_name() -> None:
    assert range_of(Hint("", ("max", "price"))) == range_of(Hint("", ("price",)))
    assert range_of(Hint("", ("colour", "of", "it"))) is None


@pytest.mark.parametrize(
    ("name", "key"), [("labels", "team"), ("headers", "Accept"), ("env", "LOG_LEVEL"), ("prices", "EUR")]
)
def test_keys_of_maps_fit_their_names(name: str, key: str) -> None:
    values = column({"type": "object", "additionalProperties": TEXT}, name, 100)
    assert any(key in value for value in values)


def test_keys_of_any_map_are_words() -> None:
    from dataset_agent.tools.schemas.forms import Form

    for hint in (Hint("", ("labels",)), Hint("", ("anything",)), Hint()):
        found = fitting_names(Form(), hint, 30)
        assert len(found) >= 30 and len(set(found)) == len(found)
        assert not any(re.search(r"_\d+$", name) for name in found[:5])


def test_patterned_keys_match() -> None:
    schema: dict[str, Any] = {
        "type": "object",
        "patternProperties": {"^x-[a-z]+$": TEXT},
        "additionalProperties": False,
    }
    for value in column(schema, "extensions", 100):
        assert all(re.fullmatch("x-[a-z]+", key) for key in value)


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("start_date", r"^\d{2}/\d{2}/\d{4}$"),
        ("created", r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$"),
        ("timestamp", r"^\d{10}$"),
        ("phone", r"^\d{3}-\d{3}-\d{4}$"),
        ("phone", r"^\+[0-9]{9,15}$"),
        ("color", "^#[0-9a-f]{6}$"),
        ("zip", r"^\d{5}$"),
        ("country", "^[A-Z]{2}$"),
        ("slug", "^[a-z-]+$"),
        ("opens", r"^\d\d:\d\d$"),
    ],
)
def test_patterns_get_values_of_the_field(name: str, pattern: str) -> None:
    values = column({**TEXT, "pattern": pattern}, name)
    assert all(re.search(pattern, value) for value in values)
    if "date" in name:
        assert all(1 <= int(value[:2]) <= 31 and int(value[6:]) > 2000 for value in values)
    if name == "timestamp":
        assert all(1_500_000_000 < int(value) < 1_900_000_000 for value in values)


def test_fields_mean_what_is_beside_them() -> None:
    for record in sample({**all_of("model", "vin", "advisor", "agent_name"), "price": NUMBER}, 100):
        assert record["model"] in POOLS["vehicle model"] and 2_000 <= record["price"] <= 60_000
        assert all(re.fullmatch(r"\S+ \S+", record[name]) for name in ("advisor", "agent_name"))
    for record in sample({**all_of("conditions"), **all_of("wind_speed", "temp_min", "temp_max", schema=NUMBER)}, 100):
        assert record["conditions"] in POOLS["weather"]
        assert -20 <= record["temp_min"] <= record["temp_max"] <= 40


def test_a_time_of_something_is_a_moment() -> None:
    assert named(Hint("", words_of("lastProbeTime"))).entry == "date time"  # type: ignore[union-attr]
    assert named(Hint("", words_of("opening_time"))).entry == "time"  # type: ignore[union-attr]

"""Fields of one object that follow from each other."""

import datetime
import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_agent.tools.draws import key_of
from dataset_agent.tools.schemas import Validator, compile_schema
from dataset_agent.tools.schemas.relations import ABSENT, Fields, Ordered, ranked
from dataset_agent.tools.schemas.rows import Rows

from .sampling import INTEGER, NUMBER, TEXT, all_of, sample

ANY_VALUE = st.one_of(st.integers(-9, 9), st.none(), st.just(ABSENT), st.floats(-9, 9))
DATE = {"type": "string", "format": "date"}


def lines(**more: Any) -> dict[str, Any]:
    item = {"type": "object", "properties": {"quantity": INTEGER, "unit_price": NUMBER, **more},
            "required": ["quantity", "unit_price", *more]}  # fmt: skip
    return {"type": "array", "items": item, "minItems": 1, "maxItems": 4}


@pytest.mark.parametrize("total", ["total", "line_total", "totalPrice", "amount"])
def test_quantity_times_price_is_the_total(total: str) -> None:
    for record in sample({"quantity": INTEGER, "unit_price": NUMBER, total: NUMBER}):
        assert record[total] == round(record["quantity"] * record["unit_price"], 2)


def test_the_amounts_of_an_order_add_up() -> None:
    amounts = all_of("subtotal", "tax", "shipping_cost", "discount", "total", schema=NUMBER)
    for record in sample({"items": lines(line_total=NUMBER), **amounts}):
        for item in record["items"]:
            assert item["line_total"] == round(item["quantity"] * item["unit_price"], 2)
        assert record["subtotal"] == round(sum(item["line_total"] for item in record["items"]), 2)
        extra = record["tax"] + record["shipping_cost"] - record["discount"]
        assert record["total"] == round(record["subtotal"] + extra, 2)
        assert 0 <= record["discount"] < record["subtotal"] and 0 < record["tax"] < record["subtotal"]


def test_lines_without_totals_are_multiplied() -> None:
    for record in sample({"lines": lines(), "total_amount": NUMBER}):
        sums = [round(line["quantity"] * line["unit_price"], 2) for line in record["lines"]]
        assert record["total_amount"] == round(sum(sums), 2)


def test_tax_is_what_its_rate_says() -> None:
    for record in sample({"net": NUMBER, "vat_percent": INTEGER, "vat": NUMBER, "gross": NUMBER}):
        assert record["vat"] == round(record["net"] * record["vat_percent"] / 100, 2)
        assert record["gross"] == round(record["net"] + record["vat"], 2)


def test_whole_amounts_stay_whole() -> None:
    names = all_of("quantity", "price", "total", schema=INTEGER)
    for record in sample(names):
        assert record["total"] == record["quantity"] * record["price"] and isinstance(record["total"], int)


@pytest.mark.parametrize(
    "schema",
    [{"type": "number", "maximum": 50, "minimum": 1}, {"type": "integer", "multipleOf": 7, "maximum": 700},
     {"type": "number", "exclusiveMaximum": 3, "minimum": 0}, {"enum": [5, 10]}],
)  # fmt: skip
def test_a_total_keeps_to_its_schema(schema: dict[str, Any]) -> None:
    records = sample({"quantity": {**INTEGER, "minimum": 1}, "price": NUMBER, "total": schema})
    validator = Validator(schema)
    assert all(validator.is_valid(record["total"]) for record in records)


def test_a_total_within_bounds_still_follows_where_quantity_and_price_can_give_way() -> None:
    records = sample({"quantity": INTEGER, "price": NUMBER, "total": {**NUMBER, "minimum": 1, "maximum": 500}})
    fits = [round(record["quantity"] * record["price"], 2) == record["total"] for record in records]
    assert sum(fits) > 0.95 * len(fits)


def test_optional_amounts_count_where_they_are() -> None:
    schema = {"type": "object", "properties": {"items": lines(), **all_of("tax", "shipping", "total", schema=NUMBER)},
              "required": ["items", "total"]}  # fmt: skip
    records = compile_schema(schema, key=key_of(1)).sample(np.arange(300))
    assert {"tax" in record for record in records} == {True, False}
    for record in records:
        base = sum(round(item["quantity"] * item["unit_price"], 2) for item in record["items"])
        assert record["total"] == round(base + record.get("tax", 0) + record.get("shipping", 0), 2)


@pytest.mark.parametrize(
    "names",
    ["min_price max_price", "minimum average maximum", "low high", "start end",
     "from to", "priceMin priceMax", "start_year end_year", "lower_bound upper_bound", "net_salary gross_salary",
     "latency_p50 latency_p95 latency_p99", "used_seats total_seats", "begin end", "startLine endLine"],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["integer", "number"])
def test_bounds_rise(names: str, kind: str) -> None:
    wanted = names.split()
    for record in sample(all_of(*wanted, schema={"type": kind})):
        values = [record[name] for name in wanted]
        assert values == sorted(values), record


def test_open_and_close_lie_between_low_and_high() -> None:
    for record in sample(all_of("open", "high", "low", "close", schema=NUMBER)):
        assert record["low"] <= min(record["open"], record["close"])
        assert record["high"] >= max(record["open"], record["close"])


def test_bounds_of_different_schemas_rise_where_they_can() -> None:
    low, high = {"type": "integer", "minimum": 0, "maximum": 100}, {"type": "integer", "minimum": 50, "maximum": 80}
    for record in sample({"min_size": low, "max_size": high}):
        assert record["min_size"] <= record["max_size"]


@pytest.mark.parametrize(
    "names",
    ["start_date end_date", "check_in check_out", "valid_from valid_until", "created_at updated_at expires_at",
     "order_date shipped_date delivery_date", "hire_date termination_date", "departure_time arrival_time",
     "birth_date hire_date", "admission_date discharge_date", "date_from date_to", "startTime endTime"],
)  # fmt: skip
@pytest.mark.parametrize("schema", [DATE, {"type": "string", "format": "date-time"}, TEXT])
def test_moments_rise(names: str, schema: dict[str, Any]) -> None:
    for record in sample(all_of(*names.split(), schema=schema)):
        values = [record[name] for name in names.split()]
        assert all(one < other for one, other in itertools.pairwise(values)), record


def test_moments_of_different_kinds_agree() -> None:
    for record in sample({"created_at": {"type": "string", "format": "date-time"}, "updated_at": INTEGER,
                          "expires_ms_timestamp": INTEGER}):  # fmt: skip
        created = datetime.datetime.fromisoformat(record["created_at"]).timestamp()
        assert created < record["updated_at"] < 2_000_000_000


@pytest.mark.parametrize("names", [("start_time", "end_time"), ("opening_time", "closing_time"), ("opens", "closes")])
def test_times_of_a_day_rise(names: tuple[str, str]) -> None:
    for record in sample(all_of(*names, schema={"type": "string", "format": "time"})):
        assert record[names[0]] < record[names[1]]


def test_birth_dates_tell_the_age() -> None:
    for record in sample({"birth_date": DATE, "age": {**INTEGER, "minimum": 0, "maximum": 110}}):
        assert 2025 - int(record["birth_date"][:4]) == record["age"]
        datetime.date.fromisoformat(record["birth_date"])


def test_nights_are_counted() -> None:
    for record in sample({"check_in": DATE, "check_out": DATE, "nights": INTEGER}):
        first, last = (datetime.date.fromisoformat(record[name]) for name in ("check_in", "check_out"))
        assert (last - first).days == record["nights"]


@pytest.mark.parametrize("name", ["review_count", "num_reviews", "number_of_reviews", "total_reviews", "reviewCount"])
def test_counts_count(name: str) -> None:
    for record in sample({"reviews": {"type": "array", "items": TEXT}, name: INTEGER}):
        assert record[name] == len(record["reviews"])


def test_years_are_those_of_their_dates() -> None:
    for record in sample({"year": INTEGER, "release_date": DATE}):
        assert record["release_date"].startswith(str(record["year"]))


def test_total_time_is_the_sum_of_its_parts() -> None:
    for record in sample(all_of("prep_time", "cook_time", "total_time", schema=INTEGER)):
        assert record["total_time"] == record["prep_time"] + record["cook_time"]


def test_coordinates_lie_beside_their_city() -> None:
    from dataset_agent.tools.schemas.world import FACTS

    table = zip(*(FACTS[name].values for name in ("city", "latitude", "longitude")), strict=True)
    cities = {city: (float(latitude), float(longitude)) for city, latitude, longitude in table}
    for record in sample({"city": TEXT, **all_of("latitude", "lng", schema=NUMBER)}):
        latitude, longitude = cities[record["city"]]
        assert abs(record["latitude"] - latitude) < 0.1 and abs(record["lng"] - longitude) < 0.1


def test_a_record_does_not_depend_on_what_is_drawn_beside_it() -> None:
    schema = {"type": "object", "properties": {"items": lines(line_total=NUMBER), "total": NUMBER, "tax": NUMBER,
                                               "min_price": NUMBER, "max_price": NUMBER}}  # fmt: skip
    sampler = compile_schema(schema, key=key_of(5))
    together = sampler.sample(np.arange(60))
    assert [sampler.sample(np.array([number]))[0] for number in range(60)] == together


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("min_price", ("bound", ("price",), 0)),
        ("priceMax", ("bound", ("price",), 2)),
        ("valid_until", ("bound", ("valid",), 2)),
        ("latency_p95", ("percentile", ("latency",), 95)),
        ("available_seats", ("part", ("seats",), 0)),
        ("title", None),
    ],
)
def test_ranks(name: str, found: object) -> None:
    assert ranked(name) == found


@settings(max_examples=200)
@given(st.lists(st.lists(ANY_VALUE, min_size=3, max_size=3), min_size=1, max_size=8), st.integers(-9, 9))
def test_ordered_rises_or_stays_valid(table: list[list[Any]], most: int) -> None:
    """Types stay, what is missing stays missing, and what a schema refuses is never written."""
    names = ["low", "middle", "high"]
    columns = {name: [row[at] for row in table] for at, name in enumerate(names)}
    before = {name: list(values) for name, values in columns.items()}
    fields = Fields(lambda name: lambda value: isinstance(value, int | float) and value <= most)
    Ordered(names, fields).apply(Rows(1, np.arange(len(table), dtype=np.uint64), 1, 1), columns)
    for name in names:
        for old, new in zip(before[name], columns[name], strict=True):
            assert type(old) is type(new)
            assert new == old or new <= most


@settings(max_examples=100)
@given(st.lists(st.lists(st.integers(-99, 99), min_size=4, max_size=4), min_size=1, max_size=8))
def test_ordered_sorts_what_no_schema_forbids(table: list[list[int]]) -> None:
    names = ["a", "b", "c", "d"]
    columns: dict[str, list[Any]] = {name: [row[at] for row in table] for at, name in enumerate(names)}
    fields = Fields(lambda name: lambda value: True)
    Ordered(names, fields).apply(Rows(1, np.arange(len(table), dtype=np.uint64), 1, 1), columns)
    for row, values in enumerate(table):
        assert [columns[name][row] for name in names] == sorted(values)

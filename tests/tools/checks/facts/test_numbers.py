from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_agent.tools.checks.facts.days import find_days
from dataset_agent.tools.checks.facts.numbers import find_numbers


def says(text: str, value: float) -> bool:
    return all(number.is_among([value]) for number in find_numbers(text))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7.87", 7.874), ("7.9", 7.874), ("8", 7.874), ("7.8740", 7.874), (".5", 0.5), ("0.0", 0.04),
        ("1,234.5", 1234.5), ("1.234,5", 1234.5), ("1 234,5", 1234.5), ("1\u202f234", 1234), ("1'234", 1234),
        ("1538°C", 1538), ("5kg", 5), ("26th", 26), ("-5", -5), ("\u22125", -5), ("\u20135", -5), ("\u20135", 5),
        ("minus 5", -5),
        ("5 degrees below zero", -5), ("44 BC", -44), ("25%", 0.25), ("25 percent", 25), ("83 million", 83.2e6),
        ("83.2 million", 83.2), ("1.4bn", 1.4e9), ("10k", 10_000), ("about 1,500", 1538), ("~1500", 1538),
        ("8.99e-5", 0.0000899), ("9 \u00d7 10^-5", 0.0000899), ("9\u00d710⁻⁵", 0.0000899), ("the 1990s", 1994),
        ("the '90s", 1994),
        ("19th century", 1868), ("20th century", 1900), ("約1538度", 1538), ("9" * 40, int("9" * 40)),
    ],
)  # fmt: skip
def test_a_number_is_read(text: str, value: float) -> None:
    assert list(find_numbers(text)) and says(text, value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7.88", 7.874), ("7", 7.874), ("7.8743", 7.874), ("1", 0.535), ("0", 0.4), ("5", -5),
        ("-5", 5), ("1500", 1538), ("about 1500", 1638),
        ("25", 0.25), ("84 million", 83.2e6), ("the 1980s", 1994), ("18th century", 1868),
        ("1,2", 3), ("2,024", 2025), ("9" * 400, 9), ("1e999", 5), ("1e-400", 5), ("1e400", 1.5),
    ],
)  # fmt: skip
def test_another_number_is_meant(text: str, value: float) -> None:
    assert not says(text, value)


@pytest.mark.parametrize(
    "text",
    [
        "H2O and Fe2O3", "3D", "2s1", "abc123", "1. First\n2. Second", "1) heat; 2) cool", "(1) heat (2) cool",
        "step 3", "it is so [4].", "", "no digits", "x_1",
    ],
)  # fmt: skip
def test_what_is_no_number(text: str) -> None:
    assert not list(find_numbers(text))


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("27. It is heavy", ["27"]),
        ("10-20", ["10", "20"]),
        ("Uranium-238", ["238"]),
        ("it is 26. Then", ["26"]),
        ("12 345 678 or 5", ["12 345 678", "5"]),
        ("(26)", ["26"]),
        ("80 million people, 12% of it", ["80 million", "12%"]),
    ],
)
def test_numbers_as_they_are_written(text: str, written: list[str]) -> None:
    assert [number.text for number in find_numbers(text)] == written


FORMS = ["{}", "{:,}", "{:_}", "about {:,}", "${:,}.", "({})", "{} km", "{:,}km", "x {} y", "a={}", "{}%", "{:e}"]


@settings(derandomize=True, max_examples=300, deadline=None)
@given(value=st.integers(0, 10**15), form=st.sampled_from(FORMS))
def test_a_written_integer_is_read_back(value: int, form: str) -> None:
    text = form.format(value).replace("_", " ")
    assert says(text, value) and len(list(find_numbers(text))) == 1


@settings(derandomize=True, max_examples=300, deadline=None)
@given(
    value=st.floats(-1e12, 1e12, allow_nan=False),
    form=st.sampled_from(["{}", "{:.1f}", "{:.3f}", "{:,.2f}", "{:.2e}", "it is {:.4f}, then", "{:.1f}°"]),
)
def test_a_written_float_is_read_back_as_far_as_it_is_written(value: float, form: str) -> None:
    assert says(form.format(value), value)


@settings(derandomize=True, max_examples=200, deadline=None)
@given(value=st.integers(-(10**9), 10**9), other=st.integers(-(10**9), 10**9))
def test_another_integer_is_another(value: int, other: int) -> None:
    assert says(f"it is {value}", other) == (value == other)


@settings(derandomize=True, max_examples=300, deadline=None)
@given(text=st.text(st.sampled_from("0123456789.,-\u2013 e%'()[]\u00d7^⁻\nskMabBC°"), max_size=40))
def test_any_text_can_be_read(text: str) -> None:
    for number in find_numbers(text):
        assert text[number.start : number.end]
        number.is_among([0, 1.5, -3])
    find_days(text)


@settings(derandomize=True, max_examples=200, deadline=None)
@given(
    day=st.dates(date(1000, 1, 1)),
    form=st.sampled_from(["%Y-%m-%d", "%d %B %Y", "%B %d, %Y", "%d.%m.%Y", "%B %Y", "%d %B"]),
)
def test_a_written_date_is_read_back(day: date, form: str) -> None:
    text = day.strftime(form)
    found = find_days(f"it was on {text}, they say")
    assert [each.text for each in found] == [text] and found[0].is_among([day])


@pytest.mark.parametrize("text", ["May 1950", "4 May", "June 3", "1949-05-24", "24 May 1949"])
def test_another_date_is_meant(text: str) -> None:
    (found,) = find_days(text)
    assert not found.is_among([date(1949, 5, 23)])

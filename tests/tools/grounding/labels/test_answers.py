"""Labels read from whatever a model wrote around them."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_agent.tools.grounding.labels.answers import MOST_CODES, read_labels

BOTH = {1: ("E11.9", "E11"), 2: ("I10",)}
WHOLE = '{"labels": [{"n": 1, "codes": ["E11.9", "E11"]}, {"n": 2, "codes": ["I10"]}]}'


@pytest.mark.parametrize(
    "text",
    [
        WHOLE,
        f"Gladly:\n```json\n{WHOLE}\n```\nAnything else?",
        '[{"n": 1, "codes": ["E11.9", "E11"]}, {"n": 2, "codes": ["I10"]}]',
        '{"n": 1, "codes": ["E11.9", "E11"]}\n{"n": 2, "codes": ["I10"]}',
        '{"labels": [{"n": "1", "codes": ["E11.9", " e119", "", "E11"]}, {"n": 2, "codes": "I10"}], "model": "x"}',
        '{"labels": [{"n": 2, "codes": ["I10"]}, {"n": 1, "codes": ["E11.9", "E11"]}, {"n": 1, "codes": ["Z"]},]',
        '{"labels": [{"n": 1, "codes": ["E11.9", "E11"]}, {"n": 2, "codes": ["I10"]}, {"n": 3, "codes": ["A0',
    ],
)
def test_entries_are_found(text: str) -> None:
    reading = read_labels(text, [1, 2])
    assert reading.codes == BOTH and not reading.why


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", {}),
        ("No idea.", {}),
        ("[1, 2]", {}),
        ('{"labels": {"1": ["I10"]}}', {}),
        ('{"labels": [{"n": 3, "codes": ["I10"]}, {"codes": ["I10"]}, {"n": null, "codes": ["I10"]}]}', {}),
        ('{"labels": [{"n": 1, "codes": [["I10"]]}, {"n": 2, "codes": null}]}', {}),
        ('{"labels": [{"n": 1, "codes": [true]}, {"n": 2, "codes": []}]}', {2: ()}),
        (
            '{"labels": [{"n": 1, "codes": [10, 2.5]}, {"n": 999999999999999999999999, "codes": []}]}',
            {1: ("10", "2.5")},
        ),
        ('{"labels": [{"n": 1, "codes": ["I10"]}, {"n": 2, "co', {1: ("I10",)}),
    ],
)
def test_what_lacks_is_said(text: str, found: dict[int, tuple[str, ...]]) -> None:
    reading = read_labels(text, [1, 2])
    assert reading.codes == found
    assert reading.why.startswith(f"the answer has no entry with a list `codes` for {2 - len(found)} of 2 texts")


def test_the_only_text_needs_no_number() -> None:
    assert read_labels('{"codes": ["I10"]}', [7]).codes == {7: ("I10",)}
    assert read_labels('{"labels": [{"codes": ["I10"]}]}', [7]).codes == {7: ("I10",)}


def test_no_more_codes_count_than_were_asked_for() -> None:
    codes = [f"X{number}" for number in range(20)]
    assert read_labels(json.dumps({"labels": [{"n": 1, "codes": codes}]}), [1]).codes == {1: tuple(codes[:MOST_CODES])}


@given(st.text('{}[]"\\,:n1 labelscodes', max_size=80), st.integers(0, len(WHOLE)))
@settings(derandomize=True, max_examples=300)
def test_nothing_that_a_model_writes_is_too_much(noise: str, cut: int) -> None:
    for text in (noise, WHOLE[:cut], WHOLE[:cut] + noise, noise + WHOLE[cut:]):
        reading = read_labels(text, [1, 2])
        assert reading.codes.keys() <= {1, 2}
        assert bool(reading.why) == (len(reading.codes) < 2)

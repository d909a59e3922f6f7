"""The quality of labels: exact, by rank, by what they begin with, and never out of its range."""

import string
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_agent.tools.grounding.labels.quality import label_form, label_quality, label_tokens, normalised

icd = st.from_regex(r"[A-D][0-2][0-3A](\.[0-2]{1,3})?", fullmatch=True)
intents = st.from_regex(r"(card|pay|get)(_(lost|card|late)){0,2}", fullmatch=True)
labels = icd | intents | st.text(string.printable, min_size=1, max_size=8)
lists = st.lists(labels, max_size=8)


@pytest.mark.parametrize(
    ("codes", "truth", "quality"),
    [
        (["E11.9"], ["E11.9"], 1.0),
        (["e119"], ["E11.9"], 1.0),
        ([" E11.9 ", "A00"], ["E119"], 1.0),
        (["Card_Lost"], ["card_lost"], 1.0),
        (["B", "A"], ["x", "a", "b"], 1.0),
        (["A00", "E11.9"], ["E11.9"], 0.9),
        (["A00", "a00", "", "E11.9"], ["E11.9"], 0.9),
        (["A00", "A01", "E11.9"], ["E11.9"], 0.85),
        (["A00", "A01", "A02", "E11.9"], ["E11.9"], 0.8),
        (["A00", "A01", "A02", "A03", "E11.9"], ["E11.9"], 0.75),
        (["A00", "A01", "A02", "A03", "A04", "E11.9"], ["E11.9"], 0.7),
        (["A00", "A01", "A02", "A03", "A04", "A05", "A06", "E11.9"], ["E11.9"], 0.7),
        (["E11"], ["E11.9"], 0.5),
        (["E11.65"], ["E11.69"], 0.6),
        (["E11.651"], ["E11.659"], 0.6333),
        (["Z99", "E11.65"], ["E11.69"], 0.6),
        (["E12"], ["E11.9"], 0.2),
        (["E99"], ["E11.9"], 0.1),
        (["A00"], ["E11.9"], 0.0),
        (["card_stolen"], ["card_lost"], 0.5667),
        (["card lost"], ["card_lost"], 0.6333),
        (["lost_card"], ["card_lost"], 0.3),
        (["greeting"], ["card_lost"], 0.0),
        (["positive"], ["negative"], 0.0),
        (["-1"], ["1"], 0.0),
        ([], ["E11.9"], 0.0),
        (["..."], ["E11.9"], 0.0),
        (["E11.9"], [], 0.0),
    ],
)
def test_known_cases(codes: list[str], truth: list[str], quality: float) -> None:
    assert label_quality(codes, truth) == quality


def test_a_dot_is_dropped_behind_a_category_alone() -> None:
    assert label_form("E11.9") == label_form("e119") == "e119"
    assert label_form("J45.") == "j45" and label_form("CA40.00") == "ca4000"
    assert label_form("1.12") != label_form("11.2")
    assert label_form("abc.def") == "abc.def"
    assert label_tokens("Card_Lost") == label_tokens("card-lost") == ("card", "lost")
    assert normalised([" A  b ", "a B", "", "c"]) == ("A b", "c")


@given(lists, st.lists(labels, min_size=1, max_size=3))
@settings(derandomize=True, max_examples=400)
def test_the_range_says_what_kind_of_match_it_is(codes: list[str], truth: list[str]) -> None:
    quality = label_quality(codes, truth)
    right = {label_form(label) for label in truth}
    forms = [label_form(code) for code in normalised(codes)]
    assert 0 <= quality <= 1 and quality == round(quality, 4)
    assert (quality == 1.0) == bool(forms and forms[0] in right)
    assert (quality >= 0.7) == any(form in right for form in forms)
    assert not 0.9 < quality < 1


@given(lists, labels, st.data())
@settings(derandomize=True, max_examples=200)
def test_a_right_code_is_worth_no_less_the_earlier_it_comes(codes: list[str], truth: str, data: st.DataObject) -> None:
    others = [code for code in normalised(codes) if label_form(code) != label_form(truth)]
    early = data.draw(st.integers(0, len(others)))
    late = data.draw(st.integers(early, len(others)))

    def at(place: int) -> float:
        return label_quality([*others[:place], truth, *others[place:]], [truth])

    if normalised([truth]):
        assert at(early) >= at(late) >= 0.7 > label_quality(others, [truth])


@given(lists, labels, labels)
@settings(derandomize=True, max_examples=200)
def test_one_code_more_or_one_label_more_takes_nothing_away(codes: list[str], code: str, truth: str) -> None:
    assert label_quality([*codes, code], [truth]) >= label_quality(codes, [truth])
    assert label_quality(codes, [truth, code]) >= label_quality(codes, [truth])


@given(st.text("abcdefgh0123456789", min_size=3, max_size=8), st.integers(0, 4))
@settings(derandomize=True)
def test_a_longer_beginning_in_common_is_worth_more(code: str, extra: int) -> None:
    truth = f"e11{code[:4]}x"
    worth = [label_quality([f"{truth[:length]}{'z' * (8 - length)}"], [truth]) for length in range(0, 7)]
    assert all(low <= high for low, high in pairwise(worth))
    assert worth[2] < 0.5 <= worth[3] and worth[-1] < 0.7

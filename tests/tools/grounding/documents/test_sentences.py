"""Sentences are found where they begin and end, and what is no prose is not among them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_agent.tools.grounding.documents.sentences import is_whole, sentences


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    "sentence",
    [
        "Dr. Anna M. Berg met Mr. Voss at St. Giles.",
        "It costs 3.5 times as much, i.e. 7.25 euros, e.g. at the U.S. Embassy.",
        "The meeting of Jan. 5 began at 10 a.m. sharp in No. 12.",
        "Berg et al. Counted them twice, cf. Fig. 3 and vol. 2.",
        "Wait ... there is more to it.",
        'She said "Stop!" and left.',
        "Berg & Co. Ltd. of Harrow sold it.",
    ],
)
def test_a_full_stop_need_not_end_a_sentence(sentence: str) -> None:
    assert split(f"Before it. {sentence} After it.") == ["Before it.", sentence, "After it."]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("He lived in the U.S. The army came.", ["He lived in the U.S.", "The army came."]),
        ("Forks, knives, etc. They were old.", ["Forks, knives, etc.", "They were old."]),
        ("In 1931. In 1932.", ["In 1931.", "In 1932."]),
        ("Is it? Yes! “It is.” (It was.) So.", ["Is it?", "Yes!", "“It is.”", "(It was.)", "So."]),
        ("It ended. 12 people left.", ["It ended.", "12 people left."]),
        ("これは文です。次の文！「はい。」終わり", ["これは文です。", "次の文！", "「はい。」", "終わり"]),  # noqa: RUF001
    ],
)
def test_sentences_end(text: str, found: list[str]) -> None:
    assert split(text) == found


def test_wrapped_lines_belong_together_and_are_kept_as_they_are() -> None:
    text = "The bridge was built of stone that came from\nthe hill, and it stood. It fell later.\n\nA new one came."
    assert split(text) == [
        "The bridge was built of stone that came from\nthe hill, and it stood.",
        "It fell later.",
        "A new one came.",
    ]


def test_in_a_document_with_a_line_a_paragraph_no_sentence_goes_on_in_the_next() -> None:
    heading = "A heading that is quite long and without a mark of its own"
    paragraph = "It is a long paragraph. " * 10
    assert split(f"{heading}\n{paragraph}")[:2] == [heading, "It is a long paragraph."]


def test_what_is_no_prose_is_left_out() -> None:
    text = """# A heading. With a stop.

Underlined. And long.
---------------------

Prose comes first.

- An item is here. It has two sentences.
* Another one.
12. A third item.

    code = indented. Here.

```python
print("A sentence. In code.")
```

| A table. | Is none. |
|---|---|

a\tb.\tc.
+-----+
<div>Markup is none.</div>
"""
    assert split(text) == [
        "Prose comes first.",
        "An item is here.",
        "It has two sentences.",
        "Another one.",
        "A third item.",
    ]


def test_whole_sentences() -> None:
    assert all(map(is_whole, ["It is.", "“It is.”", "(It is.)", "文です。"]))
    assert not any(map(is_whole, ["It is", "Is it?", "It is!", "It is:"]))


@given(st.text(st.sampled_from("aB1 .\n!?。\"'()|#-\t`é:"), max_size=200))
def test_sentences_never_overlap_and_have_no_white_space_around_them(text: str) -> None:
    end = 0
    for start, stop in sentences(text):
        assert end <= start < stop <= len(text)
        assert text[start:stop].strip() == text[start:stop]
        end = stop


@given(
    st.lists(st.sampled_from(["The cat sat on it.", "Was it 3.5 metres?", "Dr. Berg came."]), min_size=1, max_size=8)
)
def test_sentences_put_together_come_apart_again(parts: list[str]) -> None:
    assert split(" ".join(parts)) == parts

"""Evidence packed into chunks: nothing lost, nothing twice, nothing out of order."""

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dataset_agent.tools.evidence import Piece, chunks, passages

TEXTS = st.lists(st.sampled_from(["word", "x", "3.14", ". ", "! ", "? ", "\n", "\n\n", " ", "。", '." ']), max_size=80)
LIMITS = st.integers(1, 60)


@given(TEXTS.map("".join) | st.text(max_size=200), LIMITS)
@example("", 1)
def test_passages_joined_are_the_text(text: str, length: int) -> None:
    cut = passages(text, length)
    assert "".join(cut) == text
    assert all(0 < len(passage) <= length for passage in cut)


@given(st.lists(TEXTS.map("".join), max_size=12), LIMITS)
def test_chunks_hold_all_pieces_once_and_in_order(texts: list[str], limit: int) -> None:
    given = [Piece(str(number), text) for number, text in enumerate(texts)]
    packed = chunks(given, limit)
    parts = [part for chunk in packed for part in chunk.pieces]
    joined: dict[str, str] = {}
    for part in parts:
        joined[part.id] = joined.get(part.id, "") + part.text
    assert list(joined.items()) == [(piece.id, piece.text) for piece in given if piece.text.strip()]
    assert [int(part.id) for part in parts] == sorted(int(part.id) for part in parts)
    assert all(0 < len(chunk.text) <= limit for chunk in packed)


@given(st.lists(TEXTS.map("".join), max_size=12), LIMITS)
def test_only_what_is_longer_than_a_chunk_is_cut(texts: list[str], limit: int) -> None:
    parts = [
        part for chunk in chunks([Piece(str(n), text) for n, text in enumerate(texts)], limit) for part in chunk.pieces
    ]
    for number, text in enumerate(texts):
        if text.strip() and len(text) <= limit:
            assert [part.text for part in parts if part.id == str(number)] == [text]


@given(st.lists(st.text("abc", min_size=1, max_size=9), min_size=1, max_size=40), st.integers(20, 60))
def test_chunks_are_filled_before_another_is_begun(words: list[str], limit: int) -> None:
    packed = chunks([Piece(str(number), word) for number, word in enumerate(words)], limit)
    for chunk, following in pairwise(packed):
        assert len(chunk.text) + 1 + len(following.pieces[0].text) > limit


@pytest.mark.parametrize(
    ("text", "length", "cut"),
    [
        ("One two. Three four. Five.", 12, ["One two. ", "Three four. ", "Five."]),
        ("It cost 3.14 then. No more.", 20, ["It cost 3.14 then. ", "No more."]),
        ('He said "Go!" Then he left.', 20, ['He said "Go!" ', "Then he left."]),
        ("A first paragraph.\n\nA second. A third.", 30, ["A first paragraph.\n\n", "A second. A third."]),
        ("Hm.\n\nA second sentence. A third.", 26, ["Hm.\n\nA second sentence. ", "A third."]),
        ("no sentence ends in here", 10, ["no ", "sentence ", "ends in ", "here"]),
        ("unbreakable", 4, ["unbr", "eaka", "ble"]),
        ("第一句。第二句。第三", 8, ["第一句。第二句。", "第三"]),
        ("- a list\n- of lines\n- that go on", 20, ["- a list\n- of lines\n", "- that go on"]),
    ],
)
def test_a_text_is_cut_where_it_hurts_least(text: str, length: int, cut: list[str]) -> None:
    assert passages(text, length) == cut


def test_a_chunk_reads_as_its_pieces_with_lines_between() -> None:
    chunk, last = chunks([Piece("7", "one two three. four"), Piece("8", "five")], 18)
    assert (chunk.text, chunk.ids) == ("one two three. ", ("7",))
    assert (last.text, last.ids) == ("four\nfive", ("7", "8"))


def test_a_limit_that_holds_nothing_is_a_fault() -> None:
    with pytest.raises(ValueError, match="0 characters"):
        passages("text", 0)
    with pytest.raises(ValueError, match="0 characters"):
        chunks([Piece("1", "text")], 0)

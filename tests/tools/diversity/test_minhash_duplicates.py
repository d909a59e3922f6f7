from __future__ import annotations

import random
from itertools import pairwise

import numpy as np
import orjson
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_agent.records import Fingerprints
from dataset_agent.tools.diversity.minhash import MinHashIndex, Signatures, signatures, words_of
from dataset_agent.tools.diversity.near import admit
from dataset_agent.tools.diversity.normal import normalised


def signed(*values: object) -> Signatures:
    return signatures(normalised(pa.array([orjson.dumps(value).decode() for value in values], pa.string())))


def of(signed: Signatures) -> Fingerprints:
    return Fingerprints(np.zeros(len(signed), np.uint64), None, signed)


def alike(one: object, other: object) -> float:
    first, second = signed(one, other)
    return float((first == second).mean())


def sentences(count: int, words: int) -> list[list[str]]:
    drawn = random.Random(3)
    vocabulary = [
        f"{a}{b}{c}" for a in "bdfgklm" for b in ("ar", "el", "i", "on", "u") for c in ("da", "ko", "ris", "t")
    ]
    return [drawn.choices(vocabulary, k=words) for _ in range(count)]


def test_words_are_those_of_the_values() -> None:
    column = pa.array(['{"the_key":"It\'s a \\"b\\", ok?","n":[1,2.5],"k2":true,"z":"東京 é"}'])
    assert words_of(column)[0].as_py().split() == ["It", "s", "a", "b", "ok", "1", "2", "5", "true", "東", "京", "é"]


@settings(derandomize=True, max_examples=200, deadline=None)
@given(
    value=st.recursive(
        st.text(st.characters(max_codepoint=126)), lambda inner: st.dictionaries(st.text("ab1 _", max_size=3), inner)
    )
)
def test_words_of_ascii_are_found_as_those_of_other_texts(value: object) -> None:
    text = normalised(pa.array([orjson.dumps(value).decode()]))[0].as_py()
    assert words_of(pa.array([text]))[0] == words_of(pa.array([text, "\u00e9"]))[0]


def test_the_estimate_is_near_the_truth() -> None:
    for words in sentences(20, 40):
        edited = [*words[:10], "other", *words[11:]]
        one, other = ({*text, *pairwise(text)} for text in (words, edited))
        truth = len(one & other) / len(one | other)
        assert abs(alike(" ".join(words), " ".join(edited)) - truth) < 0.15


@pytest.mark.parametrize("words", [20, 40])
def test_planted_edits_of_one_word_are_found_and_nothing_else(words: int) -> None:
    originals = sentences(1000, words)
    edited = [[*text[:7], "edited", *text[8:]] for text in originals]
    index = MinHashIndex(0.8, "global")
    rows, found = admit([index], of(signed(*(" ".join(text) for text in originals))), 10_000)
    assert len(rows) == 1000 and not found
    rows, found = admit([index], of(signed(*(" ".join(text) for text in edited))), 10_000)
    assert len(found) >= 970
    assert all(refusal.like == row for row, refusal in found.items())


def test_texts_that_differ_in_a_negation_have_nothing_in_common() -> None:
    text = "take this medicine every morning with food and a large glass of cold water before you leave the house"
    assert alike({"a": text}, {"a": text.replace("take", "do not take")}) < 0.1
    assert alike({"a": f"never {text}"}, {"a": f"never ever {text}"}) > 0.8
    assert alike({"a": text, "b": True}, {"a": text, "b": False}) < 0.1
    assert alike({"a": f"you don't {text}"}, {"a": f"you do {text}"}) < 0.1


def test_signatures_do_not_change_for_ledgers_keep_them() -> None:
    assert signed({"a": "red apples"})[0, :4].tolist() == [3559514436, 3601477910, 3386362237, 3328733304]


def test_texts_without_words_are_like_themselves_only() -> None:
    assert alike({"a": "+"}, {"a": "+"}) == 1
    assert alike({"a": "+"}, {"a": "-"}) < 0.1
    assert signed().shape == (0, 128)


def random_signatures(rows: int, seed: int = 1) -> Signatures:
    return np.random.default_rng(seed).integers(0, 2**32, (rows, 128), dtype=np.uint32)


def with_share(signature: Signatures, places: int) -> Signatures:
    """A signature that agrees with this one in its last places."""
    other = signature + np.uint32(1)
    other[128 - places :] = signature[128 - places :]
    return other


def test_the_threshold_is_the_least_that_is_too_much() -> None:
    (base,) = random_signatures(1)
    for places, accepted in ((96, []), (95, [0])):
        index = MinHashIndex(0.75, "global")
        index.insert(of(base[np.newaxis]))
        assert admit([index], of(with_share(base, places)[np.newaxis]), 1)[0].tolist() == accepted


@settings(derandomize=True, max_examples=60, deadline=None)
@given(
    scope=st.sampled_from(["global", 1, 3, 8]),
    rows=st.lists(st.integers(0, 9), max_size=40),
    limit=st.integers(0, 12),
    cut=st.integers(0, 40),
)
def test_the_index_agrees_with_comparing_all(scope: object, rows: list[int], limit: int, cut: int) -> None:
    pool = random_signatures(10)
    accepted: list[int] = []
    index = MinHashIndex(0.9, scope)  # type: ignore[arg-type]
    for part in (rows[:cut], rows[cut:]):
        expected = []
        for place, row in enumerate(part):
            if len(expected) == limit:
                break
            if row not in (accepted if scope == "global" else accepted[-int(str(scope)) :]):
                accepted.append(row)
                expected.append(place)
        assert admit([index], of(pool[part]), limit)[0].tolist() == expected
    assert len(index) == len(accepted)


def test_growing_forgets_nothing() -> None:
    pool = random_signatures(3000)
    index = MinHashIndex(0.8, "global")
    for start in range(0, 3000, 100):
        assert len(admit([index], of(pool[start : start + 100]), 100)[0]) == 100
    rows, found = admit([index], of(pool), 3000)
    assert not len(rows)
    assert [refusal.like for refusal in found.values()] == list(range(3000))
    assert "1.00 like record 2999 of its category" in found[2999].detail


def test_a_heap_of_similar_records_is_compared_as_a_whole() -> None:
    pool = random_signatures(200)
    pool[:, :90] = pool[0, :90]  # alike at 0.7
    index = MinHashIndex(0.8, "global")
    assert len(admit([index], of(pool), 1000)[0]) == 200
    assert not len(admit([index], of(pool[::-1]), 1000)[0])


def test_a_record_takes_about_300_bytes_and_a_window_no_more_than_its_size() -> None:
    index = MinHashIndex(0.8, "global")
    index.insert(of(random_signatures(20_000)))
    assert index.nbytes == 296 * 20_000
    index.insert(of(random_signatures(10, seed=2)))
    assert index.nbytes <= 296 * 20_010 * 1.5
    window = MinHashIndex(0.8, 50)
    window.insert(of(random_signatures(2_000)))
    assert window.nbytes == 296 * 50


def test_fingerprints_without_signatures_are_refused() -> None:
    with pytest.raises(ValueError, match="no MinHash"):
        MinHashIndex(0.8, "global").insert(Fingerprints(np.zeros(1, np.uint64)))


@pytest.mark.parametrize("scope", ["global", 300])
def test_the_nearest_are_those_that_share_most(scope: object) -> None:
    pool = random_signatures(1000)
    index = MinHashIndex(0.8, scope)  # type: ignore[arg-type]
    index.insert(of(pool))
    index.insert(of(with_share(pool[800], 100)[np.newaxis]))
    (found,) = index.nearest(of(pool[800:801]), 2)
    assert [position for position, _ in found] == [800, 1000]
    assert found[0][1] == 1 and found[1][1] == pytest.approx(100 / 128, abs=0.02)
    (far,) = index.nearest(of(pool[100:101]), 1)
    assert (far[0][0] == 100) is (scope == "global")


def test_nothing_is_near_where_nothing_is() -> None:
    assert MinHashIndex(0.8, "global").nearest(of(random_signatures(2)), 3) == [[], []]

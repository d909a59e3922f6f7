from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_agent.errors import CheckpointError
from dataset_agent.records import Fingerprints
from dataset_agent.tools.diversity.embedding import EmbeddingIndex
from dataset_agent.tools.diversity.near import admit

Vectors = Any


def of(vectors: Vectors, senses: Any = 0) -> Fingerprints:
    rows = len(vectors)
    halves = np.asarray(vectors, np.float16)
    return Fingerprints(
        np.zeros(rows, np.uint64), embeddings=halves, senses=np.broadcast_to(np.asarray(senses, np.uint64), rows)
    )


def directions(rows: int, dimensions: int = 128, seed: int = 1) -> Vectors:
    """Unit vectors in a corner of space, as the texts of one category are: cosines of 0.6 and less."""
    drawn = np.random.default_rng(seed).standard_normal((rows, dimensions)) + 0.7
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def beside(vectors: Vectors, cosine: float, seed: int = 9) -> Vectors:
    """Unit vectors at this cosine from these."""
    other = np.random.default_rng(seed).standard_normal(vectors.shape)
    other -= (other * vectors).sum(axis=1, keepdims=True) * vectors
    other /= np.linalg.norm(other, axis=1, keepdims=True)
    return cosine * vectors + np.sqrt(1 - cosine**2) * other


def test_what_is_near_is_refused_and_named() -> None:
    index, pool = EmbeddingIndex(0.9, "global"), directions(50)
    rows, refused = admit([index], of(np.concatenate([pool, beside(pool, 0.93), beside(pool, 0.86)])), 200)
    assert rows.tolist() == [*range(50), *range(100, 150)]
    assert [refused[50 + row].like for row in range(50)] == list(range(50))
    assert refused[50].detail == "embedding: 0.93 like record 0 of its category"
    _, refused = admit([index], of(beside(pool, 0.95, seed=10)), 50)
    assert [refused[row].like for row in range(50)] == list(range(50))


def test_other_senses_and_texts_without_words_are_like_no_other() -> None:
    index, pool = EmbeddingIndex(0.9, "global"), directions(4)
    assert len(admit([index], of(pool, 1), 9)[0]) == 4
    assert len(admit([index], of(pool, 2), 9)[0]) == 4
    assert len(admit([index], of(pool, 1), 9)[0]) == 0
    assert len(admit([index], of(np.zeros((3, 128))), 9)[0]) == 3
    assert len(admit([index], of(np.zeros((3, 128))), 9)[0]) == 3


def test_equal_vectors_reach_every_threshold() -> None:
    index, pool = EmbeddingIndex(1.0, "global"), directions(300, 384)
    admit([index], of(pool), 300)
    assert not len(admit([index], of(pool), 300)[0])
    assert len(admit([index], of(beside(pool, 0.999)), 300)[0]) == 300


def test_of_several_the_nearest_is_named() -> None:
    index, (base,) = EmbeddingIndex(0.8, "global"), directions(1)
    pool = np.stack([beside(base[np.newaxis], cosine, seed)[0] for seed, cosine in enumerate((0.85, 0.95, 0.9))])
    index.insert(of(pool))
    (refusal,) = admit([index], of(base[np.newaxis]), 1)[1].values()
    assert (refusal.like, refusal.detail[:15]) == (1, "embedding: 0.95")


@pytest.mark.parametrize("dimensions", [128, 384])
def test_sketches_find_all_that_comparing_everything_finds(dimensions: int) -> None:
    pool, index = directions(3000, dimensions), EmbeddingIndex(0.9, "global")
    for start in range(0, 3000, 500):
        assert len(admit([index], of(pool[start : start + 500]), 500)[0]) == 500
    near = beside(pool, 0.905).astype(np.float16)
    rows, positions, cosines = index.near(near, np.zeros(3000, np.uint64))
    assert rows.tolist() == positions.tolist() == list(range(3000))
    assert np.allclose(cosines, 0.905, atol=2e-3)
    assert not len(index.near(beside(pool, 0.895).astype(np.float16), np.zeros(3000, np.uint64))[0])


@settings(derandomize=True, max_examples=80, deadline=None)
@given(
    scope=st.sampled_from(["global", 1, 3, 8]),
    rows=st.lists(st.integers(0, 11), max_size=40),
    limit=st.integers(0, 12),
    cut=st.integers(0, 40),
)
def test_the_index_agrees_with_comparing_all(
    scope: Literal["global"] | int, rows: list[int], limit: int, cut: int
) -> None:
    senses = np.array([row % 2 for row in range(12)])
    pool = np.repeat(directions(6, 16), 2, axis=0)  # each in two senses
    accepted: list[int] = []
    index = EmbeddingIndex(0.9, scope)
    for part in (rows[:cut], rows[cut:]):
        expected: list[int] = []
        for place, row in enumerate(part):
            if len(expected) == limit:
                break
            if row not in (accepted if scope == "global" else accepted[-scope:]):
                accepted.append(row)
                expected.append(place)
        got, refused = admit([index], of(pool[part].reshape(-1, 16), senses[part]), limit)
        assert got.tolist() == expected
        assert all(accepted[refusal.like or 0] == part[row] for row, refusal in refused.items())
    assert len(index) == len(accepted)


def test_a_window_of_thousands_forgets_the_oldest() -> None:
    pool = directions(6000)
    index = EmbeddingIndex(0.9, 2000)
    for start in range(0, 6000, 1500):
        index.insert(of(pool[start : start + 1500]))
    rows, refused = admit([index], of(pool[[3999, 5999, 4001]]), 3)
    assert rows.tolist() == [0]
    assert (refused[1].like, refused[2].like) == (5999, 4001)
    assert index.nbytes <= 2000 * (2 * 128 + 200)


def test_the_nearest_come_first_whatever_their_sense() -> None:
    pool = directions(3000)
    index = EmbeddingIndex(0.9, "global")
    index.insert(of(pool, np.arange(3000)))
    index.insert(of(beside(pool[:1], 0.8), 7))
    assert index.nearest(of(pool[:1]), 0) == [[]]
    (found,) = index.nearest(of(pool[:1]), 2)
    assert [position for position, _ in found] == [0, 3000]
    assert [cosine for _, cosine in found] == pytest.approx([1, 0.8], abs=2e-3)
    assert EmbeddingIndex(0.9, "global").nearest(of(pool[:2]), 3) == [[], []]


def test_records_without_embeddings_keep_their_places() -> None:
    pool, bare = directions(3), Fingerprints(np.zeros(2, np.uint64))
    index = EmbeddingIndex(0.9, "global")
    index.insert(bare)
    index.insert(of(pool))
    index.insert(bare)
    assert (len(index), index.unembedded) == (7, 4)
    rows, refused = admit([index], of(pool[1:]), 3)
    assert not len(rows) and [refused[row].like for row in (0, 1)] == [3, 4]
    assert index.nearest(of(pool[:1]), 9)[0][0][0] == 2
    index = EmbeddingIndex(0.9, "global")
    index.insert(bare)
    assert index.nearest(of(pool[:1]), 9) == [[]]


def test_embeddings_of_another_model_are_refused() -> None:
    index = EmbeddingIndex(0.9, "global")
    index.insert(of(directions(3, 64)))
    with pytest.raises(CheckpointError, match="64 dimensions, and the embedder gives 32") as caught:
        index.block(of(directions(1, 32)))
    assert "DATASET_AGENT_EMBEDDER" in caught.value.problems[0].mend


def test_fingerprints_without_embeddings_cannot_be_judged() -> None:
    index, bare = EmbeddingIndex(0.9, "global"), Fingerprints(np.zeros(1, np.uint64))
    with pytest.raises(ValueError, match="no embeddings"):
        index.block(bare)
    with pytest.raises(ValueError, match="no embeddings"):
        index.nearest(bare, 1)


def test_a_record_takes_968_bytes_and_room_for_half_as_many() -> None:
    index = EmbeddingIndex(0.9, "global")
    for seed in range(10):
        index.insert(of(directions(4000, 384, seed)))
    assert 968 * 40_000 <= index.nbytes <= 968 * 40_000 * 1.5

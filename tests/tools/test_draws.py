"""Draws in turn: every value once in each block, the same for a counter whoever asks."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_agent.tools import draws

keys = st.integers(0, 2**64 - 1).map(np.uint64)


@settings(derandomize=True, max_examples=200, deadline=None)
@given(keys, st.integers(1, 700), st.integers(0, 2**40))
def test_each_block_has_every_value_once(key: np.uint64, below: int, block: int) -> None:
    counters = np.arange(block * below, (block + 1) * below, dtype=np.uint64)
    drawn = draws.in_turn(key, counters, below)
    assert sorted(drawn.tolist()) == list(range(below))
    some = counters[:: max(1, below // 5)]
    assert draws.in_turn(key, some, below).tolist() == drawn[:: max(1, below // 5)].tolist()


def test_fields_do_not_go_together() -> None:
    """Two fields of four values each meet in all ways, about equally often."""
    counters = np.arange(16_000, dtype=np.uint64)
    one, other = (draws.in_turn(draws.key_of("field", name), counters, 4) for name in "ab")
    counts = np.bincount(one * 4 + other, minlength=16)
    assert counts.min() > 700 and counts.max() < 1_300

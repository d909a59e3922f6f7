import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_agent.tools.draws import key_of
from dataset_agent.tools.export.split import assign, quotas_of

KEY = key_of(0, "split")
Ints = npt.NDArray[np.int64]


@st.composite
def golden_records(draw: st.DrawFn) -> tuple[Ints, Ints, float]:
    """Strata and groups of up to 300 records: groups of all sizes, within strata and across them; and a share."""
    number = draw(st.integers(1, 300))
    few = st.integers(1, 8)
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    strata = rng.integers(0, draw(few), number)
    spread = draw(st.sampled_from([1, 2, 3, number // 3 + 1, number, 10 * number]))
    groups = np.minimum(rng.integers(0, spread, number), rng.integers(0, spread, number))
    if draw(st.booleans()):
        groups = groups * 8 + strata
    return strata, groups, draw(st.sampled_from([0.01, 0.1, 0.2, 0.25, 1 / 3, 0.5, 0.8, 0.99]))


def records_of(number: int) -> npt.NDArray[np.uint64]:
    return np.arange(number).astype(np.uint64) * np.uint64(7)


def sides_of(strata: Ints, groups: Ints, share: float) -> tuple[npt.NDArray[np.bool_], int]:
    found = assign(strata, groups.astype(np.uint64), records_of(len(strata)), share, KEY)
    return found.sides == 1, found.divided


@settings(derandomize=True, max_examples=300, deadline=None)
@given(golden_records())
def test_every_stratum_is_within_its_tolerance(given: tuple[Ints, Ints, float]) -> None:
    strata, groups, share = given
    test, _ = sides_of(strata, groups, share)
    counts = np.bincount(strata)
    quotas = quotas_of(counts, share)
    tolerance = np.minimum(counts // 10, quotas // 2)
    assert (abs(np.bincount(strata[test], minlength=len(counts)) - quotas) <= tolerance).all()


@settings(derandomize=True, max_examples=300, deadline=None)
@given(golden_records())
def test_groups_on_both_sides_are_counted(given: tuple[Ints, Ints, float]) -> None:
    test, divided = sides_of(*given)
    groups = given[1]
    assert len(np.intersect1d(groups[test], groups[~test])) == divided


@settings(derandomize=True, max_examples=300, deadline=None)
@given(golden_records())
def test_only_groups_beyond_twice_the_tolerance_are_divided(given: tuple[Ints, Ints, float]) -> None:
    strata, groups, share = given
    groups = groups * 8 + strata
    test, _ = sides_of(strata, groups, share)
    counts = np.bincount(strata)
    tolerance = np.minimum(counts // 10, quotas_of(counts, share) // 2)
    for group in np.intersect1d(groups[test], groups[~test]):
        in_group = groups == group
        assert in_group.sum() > 2 * tolerance[strata[in_group][0]]


@settings(derandomize=True, max_examples=100, deadline=None)
@given(golden_records(), st.integers(0, 1000))
def test_the_order_of_the_rows_does_not_matter(given: tuple[Ints, Ints, float], seed: int) -> None:
    strata, groups, share = given
    groups, records = groups.astype(np.uint64), records_of(len(strata))
    order = np.random.default_rng(seed).permutation(len(strata))
    ordered = assign(strata, groups, records, share, KEY)
    shuffled = assign(strata[order], groups[order], records[order], share, KEY)
    assert (shuffled.sides == ordered.sides[order]).all()
    assert shuffled.divided == ordered.divided


@settings(derandomize=True, max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 1000), min_size=1, max_size=50), st.sampled_from([0.1, 0.2, 1 / 3, 0.5]))
def test_quotas_sum_to_the_share_of_all(counts: list[int], share: float) -> None:
    quotas = quotas_of(np.array(counts), share)
    golden = sum(counts)
    assert abs(quotas.sum() - share * golden) <= 0.5 + 1e-6
    assert (abs(quotas - share * np.array(counts)) < 1.5).all()
    assert (quotas <= counts).all()


def test_halves_are_rounded_up() -> None:
    assert quotas_of(np.array([5]), 0.1).tolist() == [1]
    assert quotas_of(np.array([4]), 0.1).tolist() == [0]
    assert quotas_of(np.array([5, 5, 0]), 0.1).tolist() == [1, 0, 0]


def test_no_golden_record() -> None:
    none = np.zeros(0, np.int64)
    found = assign(none, none.astype(np.uint64), none.astype(np.uint64), 0.2, KEY)
    assert (len(found.sides), found.divided) == (0, 0)


@pytest.mark.parametrize(("number", "tested"), [(1, 0), (2, 0), (3, 1), (10, 2), (1000, 200)])
def test_records_that_do_not_resemble_each_other_meet_the_quota(number: int, tested: int) -> None:
    test, divided = sides_of(np.zeros(number, np.int64), np.arange(number), 0.2)
    assert (test.sum(), divided) == (tested, 0)


def test_pairs_stay_together() -> None:
    test, divided = sides_of(np.zeros(1000, np.int64), np.arange(1000) // 2, 0.2)
    assert (test.sum(), divided) == (200, 0)


def test_a_group_too_large_for_either_side_is_divided() -> None:
    test, divided = sides_of(np.zeros(100, np.int64), np.zeros(100, np.int64), 0.2)
    assert (test.sum(), divided) == (20, 1)


def test_a_large_group_that_fits_the_training_side_stays_whole() -> None:
    groups = np.r_[np.zeros(70, np.int64), np.arange(1, 31)]
    test, divided = sides_of(np.zeros(100, np.int64), groups, 0.2)
    assert (test.sum(), divided) == (20, 0)
    assert not test[:70].any()


def test_only_as_many_groups_are_divided_as_need_be() -> None:
    test, divided = sides_of(np.zeros(90, np.int64), np.arange(90) // 30, 0.2)
    assert (test.sum(), divided) == (18, 1)


def test_groups_that_span_strata_stay_whole() -> None:
    strata = np.tile([0, 0, 0, 0, 0, 1, 1, 1, 2, 2], 100)
    test, divided = sides_of(strata, np.arange(1000) // 10, 0.2)
    assert (np.bincount(strata[test]).tolist(), divided) == ([100, 60, 40], 0)


def test_the_same_record_is_never_on_both_sides() -> None:
    copies = np.arange(60) // 3
    found = assign(np.arange(60) % 2, np.zeros(60, np.uint64), copies.astype(np.uint64), 0.3, KEY)
    assert found.divided == 1
    assert not np.intersect1d(copies[found.sides == 1], copies[found.sides == 0]).size


def test_a_key_gives_another_split() -> None:
    strata, groups = np.zeros(1000, np.int64), np.arange(1000).astype(np.uint64)
    one, other = (assign(strata, groups, groups, 0.2, key_of(seed, "split")).sides for seed in (1, 2))
    assert (one != other).any()


def test_the_test_side_has_groups_of_every_size() -> None:
    groups = np.r_[np.arange(2000) // 10, 1000 + np.arange(2000)]
    test, _ = sides_of(np.zeros(4000, np.int64), groups, 0.2)
    assert 0.15 < test[:2000].mean() < 0.25


def test_a_million_records_take_seconds() -> None:
    rng = np.random.default_rng(0)
    strata, groups = rng.integers(0, 60, 1_000_000), rng.integers(0, 300_000, 1_000_000)
    test, divided = sides_of(strata, groups, 0.2)
    assert abs(int(test.sum()) - 200_000) < 2000
    assert divided == 0

"""Permutation, mixed radix and turns: what makes every number another record."""

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_agent.tools.templates.coordinates import REACH, Product
from dataset_agent.tools.templates.permutation import Permutation
from dataset_agent.tools.templates.turns import Turns

KEYS = st.integers(0, 2**64 - 1).map(np.uint64)


@settings(derandomize=True, deadline=None)
@given(key=KEYS, size=st.integers(1, 3000))
def test_a_permutation_is_a_bijection(key, size):
    places = Permutation(key, size)(np.arange(size))
    assert np.array_equal(np.sort(places), np.arange(size))


@settings(derandomize=True, deadline=None, max_examples=50)
@given(key=KEYS, size=st.integers(1, 2**62))
def test_a_permutation_of_any_size_stays_inside_and_repeats_nothing(key, size):
    numbers = np.unique(np.linspace(0, size - 1, 1000).astype(np.int64).clip(0, size - 1))
    places = Permutation(key, size)(numbers)
    assert places.min() >= 0 and places.max() < size
    assert len(np.unique(places)) == len(numbers)


def test_a_permutation_spreads_neighbours_and_depends_on_its_key():
    size = 10**9
    places = Permutation(np.uint64(1), size)(np.arange(10_000))
    assert np.bincount(places * 10 // size).min() > 850
    assert abs(np.corrcoef(places[:-1], places[1:])[0, 1]) < 0.05
    assert not np.any(places == Permutation(np.uint64(2), size)(np.arange(10_000)))


@settings(derandomize=True, deadline=None)
@given(key=KEYS, sizes=st.lists(st.integers(1, 9), max_size=4))
def test_ordinals_give_each_tuple_once(key, sizes):
    product = Product(key, tuple(sizes))
    columns = product.coordinates(np.arange(product.capacity))
    tuples = set(zip(*(column.tolist() for column in columns), strict=True)) if sizes else {()}
    assert len(tuples) == product.capacity == math.prod(sizes)
    assert all(column.min() >= 0 and column.max() < size for column, size in zip(columns, sizes, strict=True))


@settings(derandomize=True, deadline=None)
@given(key=KEYS, sizes=st.lists(st.integers(1, 30), min_size=1, max_size=5), reach=st.integers(1, 500))
def test_ordinals_give_different_tuples_where_there_are_more_than_they_reach(key, sizes, reach):
    ordinals = np.arange(min(reach, math.prod(sizes)))
    columns = Product(key, tuple(sizes), reach).coordinates(ordinals)
    assert len(set(zip(*(column.tolist() for column in columns), strict=True))) == len(ordinals)
    assert all(column.min() >= 0 and column.max() < size for column, size in zip(columns, sizes, strict=True))


def test_every_value_of_every_axis_occurs_in_a_product_beyond_64_bits():
    sizes = (7, 10**9, 5, 10**12, 11, 3)
    product = Product(np.uint64(3), sizes)
    assert product.capacity == math.prod(sizes) > 2**64
    columns = product.coordinates(np.arange(5000))
    for column, size in zip(columns, sizes, strict=True):
        assert np.array_equal(np.unique(column * min(size, 10) // size), np.arange(min(size, 10)))
    last = product.coordinates(np.array([REACH - 1]))
    assert all(0 <= int(column[0]) < size for column, size in zip(last, sizes, strict=True))


def taken_by_hand(capacities):
    left, taken = list(capacities), []
    for _ in range(max(capacities)):
        for template in sorted(range(len(left)), key=lambda one: (-capacities[one], one)):
            if left[template]:
                taken.append((template, capacities[template] - left[template]))
                left[template] -= 1
    return taken


@settings(derandomize=True, deadline=None)
@given(capacities=st.lists(st.integers(1, 40), min_size=1, max_size=6))
def test_templates_take_turns_until_used_up(capacities):
    whose, ordinals = Turns.over(capacities).of(np.arange(sum(capacities)))
    assert list(zip(whose.tolist(), ordinals.tolist(), strict=True)) == taken_by_hand(capacities)


def test_turns_of_capacities_beyond_64_bits():
    whose, ordinals = Turns.over([2**70, 3, 2**80]).of(np.array([0, 1, 2, 8, 9, 10, 2**62]))
    assert whose.tolist() == [2, 0, 1, 1, 2, 0, 0]
    assert ordinals.tolist() == [0, 0, 0, 2, 3, 3, 3 + (2**62 - 9) // 2]

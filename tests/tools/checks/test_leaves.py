from __future__ import annotations

from dataset_agent.tools.checks.leaves import leaves


def test_leaves_come_in_the_order_of_the_document_with_their_paths() -> None:
    value = {"a": [1, {"b c": None}], "d": {"e": "x"}, "f": [], "g": True}
    assert [(leaf.path, leaf.key, leaf.value) for leaf in leaves(value)] == [
        ("$.a[0]", "a", 1),
        ("$.a[1]['b c']", "b c", None),
        ("$.d.e", "e", "x"),
        ("$.g", "g", True),
    ]


def test_a_bare_value_is_its_own_leaf() -> None:
    assert [(leaf.path, leaf.key) for leaf in leaves("x")] == [("$", "")]


def test_depth_is_no_problem() -> None:
    value: object = 7
    for _ in range(5000):
        value = [value]
    assert [leaf.value for leaf in leaves(value)] == [7]

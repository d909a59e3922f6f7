from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import orjson
import pyarrow as pa
import pytest
from bag_of_words import BagOfWords
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_agent.records import Candidates, Fingerprints
from dataset_agent.tools.diversity import DuplicateIndex, Fields, Rule, Verdicts, exact_only, fingerprint

STRUCTURAL, MINHASH = Rule("structural", 1.0, "global"), Rule("minhash", 0.8, "global")
EMBEDDING = Rule("embedding", 0.9, "global")
RULES: dict[str, tuple[Rule, ...]] = {
    "exact": (),
    "structural": (STRUCTURAL,),
    "minhash": (MINHASH,),
    "embedding": (EMBEDDING,),
    "all": (Rule("structural", 1.0, 20), MINHASH, EMBEDDING),
}
LONG = "please tell me where the parcel is that I have ordered for my sister in the second week of"


def of(
    *values: object, rules: Sequence[Rule] = (), structural: bool = False, fields: Fields | None = None
) -> Fingerprints:
    texts = pa.array([orjson.dumps(value).decode() for value in values], pa.string())
    return fingerprint(Candidates(np.arange(len(values)), texts), rules, structural, BagOfWords(), fields)


def index_of(rules: Sequence[Rule]) -> DuplicateIndex:
    return DuplicateIndex(lambda category: rules)


def told(verdicts: Verdicts) -> list[tuple[int, str, int | None]]:
    return [(row, refusal.detail.split(":")[0], refusal.like) for row, refusal in verdicts.refused]


every_rule = pytest.mark.parametrize("rules", RULES.values(), ids=RULES)


def test_only_what_the_rules_need_is_computed() -> None:
    held = {name: of("a b", rules=rules) for name, rules in RULES.items()}
    assert [name for name, fp in held.items() if fp.structural is not None] == ["structural", "all"]
    assert [name for name, fp in held.items() if fp.signatures is not None] == ["minhash", "all"]
    assert [name for name, fp in held.items() if fp.embeddings is not None] == ["embedding", "all"]
    assert [name for name, fp in held.items() if fp.senses is not None] == ["embedding", "all"]
    assert of("a", structural=True).structural is not None


def test_a_rule_of_meaning_needs_an_embedder() -> None:
    with pytest.raises(ValueError, match="no embedder"):
        fingerprint(Candidates(np.arange(1), pa.array(["1"])), (EMBEDDING,))


@every_rule
def test_the_first_of_equal_records_is_accepted(rules: Sequence[Rule]) -> None:
    batch = of("red apples", "Red  apples", "blue cars", "red apples", rules=rules)
    verdicts = index_of(rules).judge("c", batch, 10)
    assert verdicts.accepted.tolist() == [0, 2] and verdicts.accepted.dtype == np.intp
    assert [(row, refusal.reason) for row, refusal in verdicts.refused] == [(1, "duplicate"), (3, "duplicate")]
    assert verdicts.refused[0][1].detail == "exact: the same as an earlier record"
    assert verdicts.looked == 4


@every_rule
def test_exact_duplicates_are_refused_across_categories(rules: Sequence[Rule]) -> None:
    index = index_of([Rule(rule.method, rule.threshold, 1) for rule in rules])
    index.judge("c", of("red apples", rules=rules), 10)
    index.judge("c", of("blue cars", rules=rules), 10)
    assert index.judge("d", of("red apples", rules=rules), 10).accepted.tolist() == []


@every_rule
def test_rows_after_the_quota_are_surplus(rules: Sequence[Rule]) -> None:
    index = index_of(rules)
    batch = of("red apples", "red apples", "blue cars", "red apples", "old houses", rules=rules)
    verdicts = index.judge("c", batch, 2)
    assert verdicts.accepted.tolist() == [0, 2]
    assert [row for row, _ in verdicts.refused] == [1]
    assert verdicts.looked == 3
    assert index.judge("c", of("old houses", rules=rules), 5).accepted.tolist() == [0]


@every_rule
def test_nothing_wanted_nothing_looked_at(rules: Sequence[Rule]) -> None:
    index = index_of(rules)
    for batch, limit in ((of("red apples", "red apples", rules=rules), 0), (of(rules=rules), 5)):
        verdicts = index.judge("c", batch, limit)
        assert (verdicts.accepted.tolist(), verdicts.refused, verdicts.looked) == ([], [], 0)


@pytest.mark.parametrize(
    ("name", "detail", "like"),
    [
        ("structural", "structural: but for numbers, dates and ids the same as a record of its category", None),
        ("minhash", "minhash: 0.", 0),
        ("embedding", "embedding: 1.00 like record 0 of its category", 0),
        ("all", "structural: but for numbers, dates and ids the same as record 0 of its category", 0),
    ],
)
def test_near_duplicates_are_refused_within_a_category(name: str, detail: str, like: int | None) -> None:
    rules = RULES[name]
    index = index_of(rules)
    first, second = of(f"{LONG} May 12", rules=rules), of(f"{LONG} June 17", rules=rules)
    assert index.judge("c", first, 5).accepted.tolist() == [0]
    ((row, refusal),) = index.judge("c", second, 5).refused
    assert row == 0 and refusal.reason == "duplicate" and refusal.detail.startswith(detail)
    assert refusal.like == like
    assert index.judge("d", second, 5).accepted.tolist() == [0]


def test_each_rule_refuses_what_is_its_own_and_the_first_says_why() -> None:
    rules = RULES["all"]
    texts = [
        f"{LONG} May 12",
        "my lamp is broken and nobody at your office answers the phone when I call",
        f"{LONG} May 12".replace("tell me", "show me"),  # a word
        f"{LONG} June 17",  # a date
        "when I call the phone nobody at your office answers and broken is my lamp",  # the order
        "my lamp is broken and somebody at your office answers the phone when I call",  # the sense
    ]
    verdicts = index_of(rules).judge("c", of(*texts, rules=rules), 10)
    assert verdicts.accepted.tolist() == [0, 1, 5]
    assert told(verdicts) == [(2, "minhash", 0), (3, "structural", 0), (4, "embedding", 1)]


def test_what_one_rule_refuses_no_other_remembers() -> None:
    rules = (MINHASH, EMBEDDING)
    index = index_of(rules)
    index.judge("c", of("the quick brown fox jumps over", rules=rules), 5)
    turned = of("over jumps fox brown quick the", rules=rules)
    assert told(index.judge("c", turned, 5)) == [(0, "embedding", 0)]
    assert index.nearest("c", Fingerprints(turned.exact, signatures=turned.signatures), 5)[0][0][1] < 0.8
    accepted = index.judge("c", of("a lazy dog sleeps in a warm house", rules=rules), 5).accepted
    assert accepted.tolist() == [0]
    again = of("in a warm house sleeps a lazy dog", rules=rules)
    assert told(index.judge("c", again, 5)) == [(0, "embedding", 1)]


def test_a_refused_near_duplicate_leaves_no_trace() -> None:
    index = index_of((STRUCTURAL,))
    index.judge("c", of("order 1", rules=(STRUCTURAL,)), 5)
    assert index.judge("c", of("order 2", rules=(STRUCTURAL,)), 5).accepted.tolist() == []
    assert index.judge("d", of("order 2", rules=(STRUCTURAL,)), 5).accepted.tolist() == [0]


def test_categories_have_rules_of_their_own() -> None:
    index = DuplicateIndex({"c": (MINHASH,), "d": ()}.__getitem__)
    one, other = of(f"{LONG} May", rules=(MINHASH,)), of(f"{LONG} June", rules=(MINHASH,))
    assert len(index.judge("c", one, 1).accepted) == 1 and not len(index.judge("c", other, 1).accepted)
    plain = of(f"{LONG} July", f"{LONG} August")
    assert len(index.judge("d", plain, 5).accepted) == 2


def test_what_is_the_same_in_all_records_does_not_make_them_alike() -> None:
    copied = {"goal": "the answer names the shop, is polite, and tells when the parcel will arrive at the latest"}
    records = [{"inputs": text, "expectations": copied} for text in ("is it open today?", "who has my parcel?")]
    for rules in (RULES["minhash"], RULES["embedding"]):
        fields = Fields(fixed=frozenset({("expectations",)}))
        assert len(index_of(rules).judge("c", of(*records, rules=rules, fields=fields), 5).accepted) == 2
        without_fields = of(*records, rules=rules)
        index = index_of([Rule(rule.method, 0.5, "global") for rule in rules])
        assert len(index.judge("c", without_fields, 5).accepted) == 1


def test_the_nearest_are_found_by_meaning_else_by_words() -> None:
    texts = ["where is my parcel now", "the lamp is broken again", "my invoice has a wrong sum"]
    asked = "is my parcel where now"
    for name, rules in RULES.items():
        index = index_of(rules)
        index.judge("c", of(*texts, rules=rules), 5)
        (found,) = index.nearest("c", of(asked, rules=rules), 2)
        if name in ("exact", "structural"):
            assert found == []
            continue
        assert found[0][0] == 0 and 1 >= found[0][1] > 0.3
        assert (found[0][1] > 0.99) is (name != "minhash")
        assert index.nearest("d", of(asked, rules=rules), 2) == [[]]
    assert len(index_of(rules).nearest("c", of(asked, asked, rules=rules), 2)) == 2


def test_records_of_a_run_without_embedder_are_counted_and_not_compared_by_meaning() -> None:
    index, rules = index_of(RULES["all"]), RULES["all"]
    index.restore("c", of("the quick brown fox jumps over", rules=rules[:2]))
    assert index.unembedded == 1
    assert index.judge("c", of("over jumps fox brown quick the", rules=rules), 5).accepted.tolist() == [0]
    assert told(index.judge("c", of("over jumps fox quick brown the", rules=rules), 5)) == [(0, "embedding", 1)]


words = st.lists(st.sampled_from(["red", "blue", "1", "2", "not", "apple"]), min_size=1, max_size=4).map(" ".join)


@settings(derandomize=True, max_examples=150, deadline=None)
@given(
    methods=st.lists(st.sampled_from([STRUCTURAL, MINHASH, EMBEDDING]), max_size=3, unique=True),
    scopes=st.lists(st.sampled_from(["global", 1, 3]), min_size=3, max_size=3),
    batches=st.lists(st.tuples(st.sampled_from("cd"), st.lists(words, max_size=8), st.integers(0, 6)), max_size=5),
    kill=st.integers(0, 5),
)
def test_a_restored_index_goes_on_as_the_old_one_would(
    methods: list[Rule], scopes: list[object], batches: list[tuple[str, list[str], int]], kill: int
) -> None:
    rules = [Rule(rule.method, rule.threshold, scope) for rule, scope in zip(methods, scopes, strict=False)]  # type: ignore[arg-type]
    index, resumed = index_of(rules), index_of(rules)
    for number, (category, texts, limit) in enumerate(batches):
        held = of(*texts, rules=rules)
        verdicts = index.judge(category, held, limit)
        assert len(verdicts.accepted) <= limit
        assert sorted(verdicts.accepted.tolist() + [row for row, _ in verdicts.refused]) == list(range(verdicts.looked))
        assert verdicts.looked == len(texts) or len(verdicts.accepted) == limit
        if number < kill:
            resumed.restore(category, held.take(verdicts.accepted))
        else:
            again = resumed.judge(category, held, limit)
            assert again.accepted.tolist() == verdicts.accepted.tolist()
            assert (again.refused, again.looked) == (verdicts.refused, verdicts.looked)


@settings(derandomize=True, max_examples=100, deadline=None)
@given(texts=st.lists(words, max_size=16), scope=st.sampled_from(["global", 2]))
def test_a_candidate_is_accepted_where_every_rule_alone_would(texts: list[str], scope: object) -> None:
    rules = [Rule(rule.method, rule.threshold, scope) for rule in (STRUCTURAL, MINHASH, EMBEDDING)]  # type: ignore[arg-type]
    together = index_of(rules)
    accepted: list[Fingerprints] = []
    for text in texts:
        held = of(text, rules=rules)
        alone = []
        for rule in rules:
            index = index_of([rule])
            for earlier in accepted:
                index.restore("c", earlier)
            alone.append(bool(len(index.judge("c", held, 1).accepted)))
        assert bool(len(together.judge("c", held, 1).accepted)) is all(alone)
        if all(alone):
            accepted.append(held)


def test_a_large_batch_is_judged_by_column() -> None:
    rng = np.random.default_rng(5)
    exact = rng.integers(0, 2**64, 100_000, dtype=np.uint64)
    exact[50_000:] = exact[:50_000]
    verdicts = DuplicateIndex(exact_only).judge("c", Fingerprints(exact), 60_000)
    assert verdicts.accepted.tolist() == list(range(50_000))
    assert len(verdicts.refused) == 50_000 and verdicts.looked == 100_000

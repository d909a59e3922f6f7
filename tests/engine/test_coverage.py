"""What a stratum has enough of and what it lacks is told to its next workers."""

from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_agent.engine.coverage import FROM_OPENINGS, FROM_RECORDS, MOST_TOLD, Coverage
from dataset_agent.plan import Plan
from dataset_agent.records import Stratum

SCHEMA = {
    "type": "object",
    "properties": {
        "mood": {"enum": ["calm", "cross", "glad", None]},
        "urgent": {"type": "boolean"},
        "to": {"type": "object", "properties": {"level": {"enum": [1, 2, 3]}, "a.b": {"enum": ["x", "y"]}}},
        "code": {"enum": list(range(51))},
        "only": {"enum": ["one"]},
    },
}


def coverage_of(
    schema: dict[str, Any] | None = None, seed: int = 0, tier: str | None = None, **category: Any
) -> Coverage:
    plan = Plan.model_validate(
        {
            "dataset_name": "d",
            "seed": seed,
            "categories": [{"name": "c", "count": 9, "worker": "agent", **category}],
        }
    )
    return Coverage(plan, plan.categories[0], Stratum(0, "c", tier, 9), schema or {})


def record(mood: Any = "calm", urgent: bool = True, level: int = 1, ab: str = "x", **more: Any) -> dict[str, Any]:
    return {"mood": mood, "urgent": urgent, "to": {"level": level, "a.b": ab}, **more}


def test_nothing_is_said_before_there_is_something_to_go_by() -> None:
    coverage = coverage_of(SCHEMA)
    for _ in range(FROM_RECORDS - 1):
        coverage.accepted(record())
    brief = coverage.brief(0, 10)
    assert brief.wanted == 10 and brief.thin == brief.plenty == []


def test_values_below_half_their_share_are_thin_and_those_above_twice_are_plenty() -> None:
    coverage = coverage_of(SCHEMA)
    for number in range(40):
        coverage.accepted(record("calm" if number < 36 else "cross", number < 25, 1 + number % 3, "xy"[number % 2]))
    brief = coverage.brief(0, 10)
    assert brief.thin == ["mood: cross", "mood: glad", "mood: null"]
    assert brief.plenty == ["mood: calm"]


def test_flags_and_inner_values_are_told_as_json_has_them() -> None:
    coverage = coverage_of(SCHEMA)
    for number in range(20):
        coverage.accepted(record(["calm", "cross", "glad", None][number % 4], False, 3, "x"))
    brief = coverage.brief(0, 10)
    assert brief.thin == ["urgent: true", "to.level: 1", "to.level: 2", "to.a.b: y"]
    assert brief.plenty == ["to.level: 3"]  # of two values none can have more than twice its share


def test_balance_is_nothing_to_speak_of() -> None:
    coverage = coverage_of(SCHEMA)
    for number in range(48):
        coverage.accepted(
            record(["calm", "cross", "glad", None][number % 4], bool(number % 2), 1 + number % 3, "xy"[number % 2])
        )
    brief = coverage.brief(0, 10)
    assert brief.thin == brief.plenty == []


def test_texts_that_all_begin_alike_are_noticed() -> None:
    coverage = coverage_of()
    for number in range(FROM_OPENINGS - 1):
        coverage.accepted({"inputs": {"text": f"Hello there, my order number {number} is late", "id": "x"}})
    for number in range(20):
        coverage.accepted({"inputs": {"text": f"{number} other ways to begin a letter to a shop"}})
    assert coverage.brief(0, 10).plenty == []
    for number in range(10):
        coverage.accepted({"inputs": [{"text": f"hello, THERE my order number {number} is late"}]})
    assert coverage.brief(1, 10).plenty == ['texts that begin with "hello there my"']


def test_short_texts_have_no_opening() -> None:
    coverage = coverage_of()
    for _ in range(50):
        coverage.accepted({"text": "yes or no, please"})
    assert coverage.brief(0, 10).plenty == []


def test_the_least_used_perspective_and_topic_come_first() -> None:
    perspectives, topics = ["facts", "case", "compare"], ["a", "b", "c", "d"]
    coverage = coverage_of(perspectives=perspectives, topics=topics)
    seen = []
    for number in range(24):
        brief = coverage.brief(number, 10)
        coverage.told(brief)
        seen.append((brief.attributes["perspective"], brief.attributes["topic"]))
        for place, pool in enumerate((perspectives, topics)):
            counts = Counter(pair[place] for pair in seen)
            assert max(counts.values()) - min(counts[choice] for choice in pool) <= 1
    assert len(set(seen)) > 6, "not always the same pairs"


def test_attributes_are_drawn_the_same_way_each_time_and_differ_from_batch_to_batch() -> None:
    briefs = [coverage_of(seed=1).brief(number, 10) for number in range(40)]
    again = [coverage_of(seed=1).brief(number, 10) for number in reversed(range(40))]
    assert briefs == again[::-1]
    assert set(briefs[0].attributes) == {"persona", "style", "length", "variation"}
    for name, least in (("persona", 12), ("style", 8), ("length", 4)):
        assert len({brief.attributes[name] for brief in briefs}) >= least
    assert [coverage_of(seed=2).brief(number, 10) for number in range(40)] != briefs
    assert [coverage_of(seed=1, tier="x").brief(number, 10) for number in range(40)] != briefs


def test_memory_does_not_grow_with_the_records() -> None:
    coverage = coverage_of(SCHEMA)
    for number in range(20_000):
        coverage.accepted(record(f"mood {number}", text=f"text{number} number {number} and so on and on"))
    assert len(coverage._openings) <= 4_000
    assert sum(map(len, coverage._values.values())) == 4 + 2 + 3 + 2


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=40)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["mood", "to", "x"]), inner)),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.lists(JSON, min_size=12, max_size=30))
def test_no_record_is_too_odd(records: list[Any]) -> None:
    coverage = coverage_of(SCHEMA)
    for value in records:
        coverage.accepted(value)
    brief = coverage.brief(0, 10)
    assert len(brief.thin) <= MOST_TOLD and len(brief.plenty) <= MOST_TOLD
    assert type(brief).from_json(brief.to_json()) == brief

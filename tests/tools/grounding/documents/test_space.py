"""Document questions: the candidates of a source, by number."""

import numpy as np
import pyarrow as pa
import pytest
from document_library import TEXTS, WHERE, category, questions, table
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_agent.errors import PlanError, SourceError
from dataset_agent.plan import Tier
from dataset_agent.plan.tasks import RECORD_SCHEMAS
from dataset_agent.tools.checks import SchemaCheck
from dataset_agent.tools.grounding.documents.space import UNBOUNDED, DocumentQuestions
from dataset_agent.tools.schemas import Validator

SPACES = {share: questions(unanswerable=share) for share in (0.0, 0.25, 0.5, 1.0)}


def all_records(space: DocumentQuestions) -> list[dict[str, str | None]]:
    return space.records(np.arange(len(space.lanes[0].numbers)))


@pytest.mark.parametrize("share", SPACES)
def test_every_record_passes_its_own_checks(share: float) -> None:
    space = SPACES[share]
    records = all_records(space)
    checks = [SchemaCheck(Validator(RECORD_SCHEMAS["document_qa"])), *space.checks]
    assert len(records) > 70
    assert [check.refuse(record, None) for record in records for check in checks if check.refuse(record, None)] == []
    assert len({(record["question"], record["document_id"]) for record in records}) == len(records)
    assert sum(record["answer"] is None for record in records) == int(len(records) * share)


def test_what_is_answered_stands_once_in_the_evidence_and_that_in_the_document() -> None:
    for record in all_records(SPACES[0.0]):
        text = TEXTS[str(record["document_id"])][1]
        assert record["evidence"] and text.count(record["evidence"]) == 1
        assert record["answer"] and " ".join(record["evidence"].split()).count(record["answer"]) >= 1
        assert TEXTS[str(record["document_id"])][0].replace('"', "'") in str(record["question"])


def test_questions_without_an_answer_are_those_of_other_documents() -> None:
    space = SPACES[0.5]
    for number, record in enumerate(all_records(space)):
        assert (record["answer"] is None) == (record["evidence"] is None) == space.is_unanswerable(number)
        if record["answer"] is None:
            assert f'"{TEXTS[str(record["document_id"])][0]}"' in str(record["question"])
            assert "One sentence of" not in str(record["question"])


@given(st.lists(st.integers(0, 95), min_size=1, max_size=20), st.sampled_from([0.25, 0.5]))
@settings(max_examples=40, deadline=None)
def test_a_number_gives_the_same_record_whoever_asks_and_when(numbers: list[int], share: float) -> None:
    fresh = questions(unanswerable=share)
    records = fresh.records(np.array(numbers))
    expected = all_records(SPACES[share])
    assert records == [expected[number] for number in numbers]
    assert [fresh.object_of(number) for number in numbers] == [record["document_id"] for record in records]


def test_another_seed_asks_in_another_order() -> None:
    ours, theirs = all_records(SPACES[0.0]), all_records(questions(seed=2))
    assert ours != theirs
    pairs = [{(record["answer"], record["evidence"]) for record in records} for records in (ours, theirs)]
    assert pairs[0] == pairs[1]


def test_the_first_questions_go_round_the_documents() -> None:
    first = [record["document_id"] for record in all_records(SPACES[0.0])[: len(TEXTS)]]
    assert sorted(map(str, first)) == sorted(TEXTS)
    (lane,) = SPACES[0.0].lanes
    assert lane.objects == len(TEXTS) and lane.tiers == (None,)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 1 / 3, 0.99, 1.0])
def test_the_share_of_unanswerable_questions_is_exact_from_the_first_on(share: float) -> None:
    space = questions(unanswerable=share)
    so_far = 0
    for number in range(1, 1001):
        so_far += space.is_unanswerable(number - 1)
        assert abs(so_far - number * share) < 1


def test_the_capacity_is_what_there_is() -> None:
    some = len(SPACES[0.0].lanes[0].numbers)
    assert len(SPACES[0.5].lanes[0].numbers) == 2 * some
    assert len(SPACES[1.0].lanes[0].numbers) > 3 * some
    with pytest.raises(IndexError):
        SPACES[0.0].record(some)


def test_agents_go_round_the_documents_without_end() -> None:
    space = questions()
    (lane,) = space.agent_lanes
    assert lane.numbers == range(UNBOUNDED) and lane.objects == len(TEXTS)
    for start in (0, 10 * len(TEXTS), UNBOUNDED - len(TEXTS)):
        ids = [space.document_for(number)[0] for number in range(start, start + len(TEXTS))]
        assert sorted(ids) == sorted(TEXTS)
    id, title, text = space.document_for(5)
    assert (title, text) == TEXTS[id]
    assert space.document_for(5 + len(TEXTS)) == (id, title, text)


def test_tiers_share_the_documents_and_have_no_frequencies() -> None:
    tiers = [Tier(name="short", share=0.5), Tier(name="long", share=0.5)]
    assert questions(tiers=tiers).lanes[0].tiers == ("short", "long")
    with pytest.raises(PlanError, match=r"\$\.categories\[0\]\.tiers: tier 'rare' is cut by frequency"):
        questions(tiers=[Tier(name="rare", share=1.0, max_frequency=3)])


def test_templates_have_no_perspectives() -> None:
    told = r"\$\.categories\[0\]\.perspectives: agents write from points of view"
    with pytest.raises(PlanError, match=told):
        questions(worker="template", perspectives=["facts"])
    space = questions(perspectives=["facts"])
    with pytest.raises(PlanError, match=told):
        space.records(np.arange(1))
    assert questions(worker="agent", perspectives=["facts"]).document_for(0)


def test_columns_that_are_not_there() -> None:
    for key in ("text", "id"):
        with pytest.raises(
            SourceError, match=rf"\$\.categories\[0\]\.{key}: library has no column 'body'.*known: id, title"
        ):
            questions(**{key: "body"})


def test_empty_and_repeated_documents_are_left_out_and_told() -> None:
    text = "The mill of Ostrey was sold in 1931."
    source = table({"id": ["a", "b", "c", None, "a"], "text": [text, " \n", f"  {text.upper()}", "Some text.", text]})
    space = questions(source)
    assert space.notes == [
        "source 'library': 1 rows have an empty text and are left out",
        "source 'library': 1 rows have no id and are left out",
        "source 'library': 2 documents have the text of another, but for case or white space, and are left out",
    ]
    assert {space.document_for(number)[0] for number in range(9)} == {"a"}
    with pytest.raises(SourceError, match="no row of library has both 'text' and 'id'"):
        questions(table({"id": ["a"], "text": [""]}))


def test_an_id_of_two_texts_is_refused() -> None:
    with pytest.raises(SourceError, match=r"\.id: ids of library stand for different texts: '7' \(2 texts\)"):
        questions(table({"id": [7, 7, 8], "text": ["One text.", "Another text.", "A third."]}))


def test_labels_tell_documents_apart() -> None:
    text = [f"The mill of {name} was sold in 1931." for name in ("Ostrey", "Dunwick", "Velden", "Sembe")]
    source = table({"id": [1, 2, 3, 4], "title": ['The "mill"', "the 'MILL'", None, "x" * 200], "text": text})
    labels = {space_id: title for space_id, title, _ in map(questions(source).document_for, range(4))}
    assert labels == {"1": "The 'mill' (1)", "2": "the 'MILL' (2)", "3": "3", "4": "4"}


def test_a_source_without_statements_gives_no_template_record_but_serves_agents() -> None:
    space = questions(table({"id": ["a"], "text": ["a list of words"]}), unanswerable=0.5)
    assert [(len(lane.numbers), lane.objects) for lane in space.lanes] == [(0, 0)]
    assert space.records(np.arange(0)) == []
    assert space.document_for(3) == ("a", "a", "a list of words")


def test_evidence_is_mended_to_what_the_document_has() -> None:
    space = questions()
    given_ = {"document_id": "bridge", "evidence": "Stone came from the quarries at Hollin Gap."}
    assert "at\nHollin" in space.mended(given_)["evidence"]
    curled = {"document_id": "lamp", "evidence": 'named the new lamp "the cold moon" in'}
    assert space.mended(curled)["evidence"] == "named the new lamp “the cold moon” in"
    for record in ({"document_id": "lamp", "evidence": "Not there."}, {"document_id": "no"}, "text", None):
        assert space.mended(record) == record


PIECES = st.sampled_from(
    [
        "The mill of Ostrey was sold in 1931.",
        "The mill of Ostrey was sold in autumn.",
        "A drone is a male bee that has no sting.",
        "The lamp was called “the Cold moon” by Dr. Lund of Velden.",
        "İstanbul and Straße have 3.5 million ẞigns of Ǆ in May 2003.",
        "# A heading",
        "\n",
        "橋の長さは 64 メートルである。",
        "Some “words” of Ostrey cost €85, or 7.5% of 1,000, in the café of Paola\nRinaldi's.",
    ]
)


@given(st.lists(st.lists(PIECES, max_size=6).map(" ".join), min_size=1, max_size=5), st.floats(0, 1))
@settings(max_examples=60, deadline=None)
def test_whatever_the_documents_are_every_record_passes(texts: list[str], share: float) -> None:
    texts = [*texts, "The lamp of Velden turns once in 20 seconds."]
    rows = {"id": pa.array([f"doc-{number}" for number in range(len(texts))]), "text": texts}
    space = questions(table(rows), unanswerable=share)
    records = all_records(space)
    assert [space.checks[0].refuse(record, None) for record in records] == [None] * len(records)
    assert len({(record["question"], record["document_id"]) for record in records}) == len(records)
    assert all((record["answer"] is None) == space.is_unanswerable(number) for number, record in enumerate(records))


def test_the_category_names_what_it_needs() -> None:
    with pytest.raises(ValueError, match="needs 'id'"):
        category(id=None)
    assert WHERE.endswith("[0]")

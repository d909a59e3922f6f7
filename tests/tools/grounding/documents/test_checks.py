"""What a record of a document question says is held to its document, whoever wrote it."""

from typing import Any

import numpy as np
import pytest
from document_library import TEXTS, questions, table
from hypothesis import given, settings
from hypothesis import strategies as st

SPACE = questions(unanswerable=0.3)
(CHECK,) = SPACE.checks
RECORDS = SPACE.records(np.arange(len(SPACE.lanes[0].numbers)))
ANSWERED = [record for record in RECORDS if record["answer"] is not None]

LAMP = "In the winter of 1871 the tower was raised to 38 metres by masons from Brackwater."
LUND = "The first keeper, Tobias Lund, burned whale oil in a lamp with 14 wicks."
LAST = "The last keeper left on 30 September 1989, and the tower has been a museum of the Brackwater Trust since then."


def refused(question: str, answer: str | None, evidence: str | None, id: str = "lamp") -> str | None:
    return CHECK.refuse({"question": question, "answer": answer, "evidence": evidence, "document_id": id}, None)


@pytest.mark.parametrize(
    ("question", "answer", "evidence"),
    [
        ("How high was the tower of Scarn Point made in 1871?", "38 metres", LAMP),
        ("How high was the tower of Scarn Point made?", "It was raised to 38 metres.", LAMP),
        ("Who made Scarn Point's tower higher?", "Masons who came from Brackwater raised it.", LAMP),
        ("Who raised the tower?", "Brackwater's masons", LAMP),
        ("When did the last keeper leave Scarn Point?", "On September 30th, 1989", LAST),
        ("When did the last keeper leave Scarn Point?", "1989-09-30", LAST),
        (
            "What is the tower of Scarn Point now?",
            "The tower is now a museum, which belongs to the Brackwater Trust.",
            LAST,
        ),
        ("What fuel did Scarn Point's first lamp burn?", "Whale oil, burnt with fourteen wicks", LUND),
        ("Was whale oil burned by the first keeper?", "Yes", LUND),
        ("Did the first keeper burn coal?", "No, he burned whale oil.", LUND),
        (
            "Which came earlier, the electric light or the raising of the tower to 38 metres?",
            "the raising of the tower",
            LAMP,
        ),
        ("How many wicks had the lamp?", "Roughly 14", LUND),
    ],
)
def test_answers_in_other_words_are_fine(question: str, answer: str, evidence: str) -> None:
    assert refused(question, answer, evidence) is None


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("39 metres", "'39' is not in the evidence"),
        ("It was raised to 38 metres in 1872.", "'1872' is not in the evidence"),
        ("thirty-nine metres", "'thirty-nine' is not in the evidence"),
        ("Masons from Ostrey raised it.", "'Ostrey', which is or may be a name"),
        ("Karl raised the tower to 38 metres.", "'Karl', which is or may be a name"),
        ("Tobias Lund's masons raised the tower.", "'Tobias'"),
        ("bricklayers", "a short answer stands in its evidence; 'bricklayers' does not"),
        ("A strong wish to be seen by all ships passing far out at sea, of course", "of its words are in the evidence"),
        ("both", "does not stand in the evidence"),
        ("...", "says nothing"),
        ("38 metres, as described above", "points at what is not seen"),
    ],
)
def test_answers_that_the_evidence_does_not_support(answer: str, told: str) -> None:
    refusal = refused("How high was it made, and by whom?", answer, LAMP)
    assert refusal is not None and refusal.startswith("answer: ") and told in refusal


def test_a_question_that_answers_itself() -> None:
    told = "answer: stands in the question already; ask so that it does not"
    assert refused("What did the masons from Brackwater do?", "The masons from Brackwater.", LAMP) == told
    assert refused("Is it true that the tower was raised to 38 metres?", "38 metres", LAMP) == told
    assert refused("Was the tower raised to 38 metres?", "Yes.", LAMP) is None


def test_a_bare_yes_needs_evidence_on_what_is_asked() -> None:
    told = "evidence: has too few of the question's words to support a bare yes or no"
    assert refused("Did whale oil burn in the lamp?", "Yes.", LAMP) == told


@pytest.mark.parametrize(
    ("evidence", "told"),
    [
        (
            "In the winter of 1871 the tower was raised to 48 metres by masons.",
            f"the nearest passage is {LAMP!r}",
        ),
        ("in the winter of 1871 the tower", "the nearest passage is"),
        ("Nobody ever went swimming.", "nothing there is like it"),
        ("38 metres", "has 2 words, at least 3 are needed"),
    ],
)
def test_evidence_stands_in_the_document_word_for_word(evidence: str, told: str) -> None:
    refusal = refused("How high was it made?", "38 metres", evidence)
    assert refusal is not None and refusal.startswith("evidence: ") and told in refusal


def test_evidence_with_other_white_space_or_marks_is_told_as_it_stands_there() -> None:
    refusal = refused(
        "Where did the stone come from?", "Hollin Gap", "Stone came from the quarries at Hollin Gap.", "bridge"
    )
    assert refusal is not None
    assert r"it stands there as 'Stone came from the quarries at\nHollin Gap.': copy that" in refusal
    refusal = refused("What was the lamp named?", "the cold moon", 'named the new lamp "the cold moon" in')
    assert refusal is not None and "it stands there as 'named the new lamp “the cold moon” in'" in refusal


def test_evidence_is_not_the_whole_document() -> None:
    text = TEXTS["lamp"][1]
    told = "evidence: is more than 60% of the document; quote what answers alone"
    assert refused("How high was it made?", "38 metres", text) == told
    long = "The wheel turns, " * 100 + "in 1931."
    (check,) = questions(table({"id": ["a", "b"], "text": [long, "One sentence of 1931."]})).checks
    record = {"question": "When?", "answer": "1931", "evidence": long, "document_id": "a"}
    assert check.refuse(record, None) == "evidence: has 1,708 characters, may have 1,500; quote what answers alone"
    record |= {"evidence": "One sentence of 1931.", "document_id": "b"}
    assert check.refuse(record, None) is None


@pytest.mark.parametrize(
    "question",
    [
        "How high is the tower in the figure above?",
        "According to the text, how high was the tower?",
        "As mentioned above, who raised the tower?",
        "What does this passage say of the tower?",
        "How high was the tower (see Table 3)?",
        "Which masons does the following paragraph name?",
    ],
)
def test_a_question_points_at_nothing_outside_of_it(question: str) -> None:
    refusal = refused(question, "38 metres", LAMP)
    assert refusal is not None and refusal.startswith("question: ") and "points at what is not seen" in refusal
    assert (
        refused('According to the article "The lighthouse of Scarn Point", how high is it?', "38 metres", LAMP) is None
    )


def test_a_document_that_is_not_there() -> None:
    refusal = refused("How high was it made?", "38 metres", LAMP, "lmap")
    assert refusal == f"document_id: no document 'lmap'; did you mean 'lamp'? known: {', '.join(TEXTS)}"


@pytest.mark.parametrize(
    "question",
    [
        "Who designed the staircase of Scarn Point's tower?",
        "How many visitors came to the museum in 2015?",
        'According to "The lighthouse of Scarn Point", what was the salary of the first keeper?',
        "Which storm sank the supply boat Marguerite?",
    ],
)
def test_what_the_document_does_not_name_is_unanswerable(question: str) -> None:
    assert refused(question, None, None) is None


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("When did electric light come to the tower?", "all the question is about stands in the document"),
        ("What did Tobias Lund burn in a lamp with wicks?", "all the question is about stands in the document"),
        (
            "How many purple wicks did the first keeper's lamp with whale oil have?",
            f"seems to answer the question: {LUND!r}",
        ),
        ("What is the lighthouse of Scarn Point?", "names nothing but the document"),
        ("In which winter did masons from Brackwater raise the tower?", "all the question is about stands"),
    ],
)
def test_what_the_document_may_answer_is_not_unanswerable(question: str, told: str) -> None:
    refusal = refused(question, None, None)
    assert refusal is not None and told in refusal


def test_no_answer_has_no_evidence_and_the_other_way_round() -> None:
    told = "answer, evidence: one is null and the other is not; an unanswerable question has neither"
    assert refused("Who designed the staircase?", None, LAMP) == told
    assert refused("How high was it made?", "38 metres", None) == told


@given(st.sampled_from(ANSWERED), st.sampled_from(sorted(TEXTS)))
def test_a_swapped_document_is_refused(record: dict[str, Any], other: str) -> None:
    refusal = CHECK.refuse({**record, "document_id": other}, None)
    assert (refusal is None) == (other == record["document_id"])


@given(st.sampled_from(ANSWERED), st.data())
@settings(max_examples=200)
def test_altered_evidence_is_refused(record: dict[str, Any], data: st.DataObject) -> None:
    evidence = record["evidence"]
    at = data.draw(st.integers(0, len(evidence) - 1))
    for altered in (evidence[:at] + "ж" + evidence[at:], evidence[:at] + "ж" + evidence[at + 1 :]):
        refusal = CHECK.refuse({**record, "evidence": altered}, None)
        assert refusal is not None and refusal.startswith("evidence: does not stand in the document")


@given(st.sampled_from([record for record in ANSWERED if any(map(str.isdigit, record["answer"]))]), st.data())
@settings(max_examples=200)
def test_an_altered_number_is_refused(record: dict[str, Any], data: st.DataObject) -> None:
    answer, evidence = record["answer"], record["evidence"]
    at = data.draw(st.sampled_from([place for place, sign in enumerate(answer) if sign.isdigit()]))
    digit = data.draw(st.sampled_from([digit for digit in "123456789" if digit != answer[at]]))
    altered = answer[:at] + digit + answer[at + 1 :]
    refusal = CHECK.refuse({**record, "answer": altered}, None)
    assert refusal is not None or altered in evidence


@given(st.sampled_from(ANSWERED))
def test_an_answered_question_is_not_unanswerable(record: dict[str, Any]) -> None:
    refusal = CHECK.refuse({**record, "answer": None, "evidence": None}, None)
    assert refusal is not None and refusal.startswith(("answer: null", "question: names nothing"))

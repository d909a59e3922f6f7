"""Gaps are made where one answer alone fits."""

import pytest

from dataset_agent.tools.grounding.documents.cloze import clozes, wordings
from dataset_agent.tools.grounding.documents.gaps import gaps, is_statement
from dataset_agent.tools.grounding.documents.texts import Document


def answers(sentence: str) -> list[str]:
    return [sentence[gap.start : gap.end] for gap in gaps(sentence)]


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        (
            "The Harrow Bridge was opened on 3 March 1931 by Anna M. Berg of the University of Lower Harrow.",
            ["3 March 1931", "Harrow Bridge", "Anna M. Berg", "University of Lower Harrow"],
        ),
        ("In 1931 the town council paid €30,000 for it.", ["1931", "€30,000"]),
        (
            "The mill made 15% of the paper from 1914\u20131918 (or 3.5 million sheets).",
            ["15%", "1914\u20131918", "3.5 million"],
        ),
        ("Old Harrow drew crowds, as Dr. Berg said in May 2003.", ["May 2003", "Dr. Berg"]),
        ("Anna Berg designed the weir in\nLower Harrow, Voss's second town.", ["Lower Harrow", "Voss"]),
        ("The keepers called it “the patient eye” in their letters.", ["the patient eye"]),
        ("A sextant is an instrument that measures angles.", ["an instrument that measures angles"]),
        ("A few is a number that nobody knows.", []),
        ("The A-17 of version 3.2.1 in Figure 3 and chapter 7 was built by Boeing 747 crews.", ["A-17"]),
        ("The Whole Sentence Is Written In Title Case Like This.", []),
        ("Yesterday I saw it.", []),
        ("The plan B of Tcl/Tk and of form(7) was kept in /usr/X.Y by C programs.", []),
        ("橋は1931年に「春の風」と名付けられた。", ["春の風"]),
    ],
)
def test_numbers_names_terms_and_definitions_are_found(sentence: str, found: list[str]) -> None:
    assert answers(sentence) == found


@pytest.mark.parametrize(
    "sentence",
    [
        "It was opened in 1931 by the council.",
        "Too few words.",
        "Was it opened in 1931 by the council?",
        "The bridge, as mentioned above, was opened in 1931.",
        "The bridge was opened in 1931 (see the council.",
        "The bridge (see Table 3) was opened in 1931.",
        "The bridge (see the list below) was opened in 1931.",
        "Please walk over the bridge since 1931.",
        "The bridge was opened in x = 1931 years.",
        "and the bridge was opened in 1931.",
        "The bridge was opened in 1931",
        "The bridge " + "was long and " * 30 + "was opened in 1931.",
    ],
)
def test_what_does_not_stand_by_itself_is_no_statement(sentence: str) -> None:
    assert not is_statement(sentence)
    assert is_statement("The bridge was opened in 1931 by the council.")


def asked(text: str, label: str = "A town") -> list[str]:
    document = Document("d", label, text)
    return [cloze.answer(text) for cloze in clozes(document)]


def test_an_answer_that_is_given_away_is_not_asked_for() -> None:
    assert asked("The mill of Ostrey was sold in 1931.") == ["1931", "Ostrey"]
    assert asked("The mill of Ostrey was sold to the town of Ostrey in 1931.") == ["1931"]
    assert asked("The mill of Ostrey was sold in 1931.", label="Ostrey in 1931") == []


def test_a_gap_that_something_else_fits_too_is_not_made() -> None:
    both = "The mill was sold in 1931 by the town. The mill was sold in autumn by the town."
    assert asked(both) == []
    assert asked("The mill was sold in 1931 by the town. The mill was sold by the town.") == ["1931"]
    assert asked("The mill was sold in 1931 by the town. The  mill was sold in 1931 by the town.") == []
    assert asked("A mill is a house with a wheel. A mill is a place to grind.") == []


def test_questions_in_their_wordings() -> None:
    text = 'The keepers\ncalled the lamp "old moon" in 1931.'
    number, term = clozes(Document("d", "Lamps", text))
    first, *others = [number.question(text, "Lamps", wording) for wording in wordings("number", is_claimed=True)]
    assert first == (
        'According to "Lamps", what completes this statement: "The keepers called the lamp \'old moon\' in ____."?'
    )
    assert len({first, *others}) == 5
    assert term.question(text, "Lamps", wordings("term", is_claimed=False)[-1]) == (
        'Which expression does "Lamps" use in place of the gap: "The keepers called the lamp \'____\' in 1931."?'
    )
    text = "A  rack railway is a railway with a toothed rail."
    (defined,) = clozes(Document("d", "Trains", text))
    assert [defined.question(text, "Trains", wording) for wording in wordings("definition", is_claimed=True)] == [
        'According to "Trains", what is a rack railway?',
        'What is a rack railway, according to "Trains"?',
        'How does "Trains" define a rack railway?',
    ]
    assert defined.answer(text) == "a railway with a toothed rail" and defined.evidence(text) == text

"""The `facts` check of document questions: a record says what its document says, word for word where it quotes."""

from __future__ import annotations

import re

from ....hints import nearest
from ....records import BoolArray, Candidates, Json
from ..folding import fold
from .absence import Absence, Prepared
from .facts import unsupported_name, unsupported_number, without_numbers, without_stated_days
from .outside import OUTSIDE
from .sentences import sentences
from .texts import Document, Documents
from .words import contains, content, stem, stems, tokens, topic

FEWEST_WORDS = 3
"""Evidence has so many words at the least."""

MOST_CHARACTERS = 1500
"""Evidence has so many characters at the most."""

MOST_OF_DOCUMENT = 0.6
"""Evidence of several sentences is at most this share of the document."""

SUPPORT = 0.5
"""The share of an answer's words, those of the question apart, that its evidence has to have."""

SHORT = 3
"""All words of an answer with no more than so many words that carry meaning stand in its evidence."""

QUESTIONED = 0.3
"""The share of a question's words that the evidence of a bare yes or no has to have."""

_NEAR = 0.3
_SHOWN = 400

_YES_NO = re.compile(r"(?:yes|no)\b[\s,.;:!\u2013—-]*", re.IGNORECASE)
_EDGES = " .,;:!?\"'“”\u2018\u2019«»()[]"
_ARTICLE = re.compile(r"(?:the|an?)\s+")
_CHOICE = re.compile(r"\bor\b")
_MARKS = {"quote": "'\u2019\u2018`\u00b4", "double": '"“”„«»', "dash": "-\u2010\u2011\u2012\u2013—\u2212"}


class DocumentCheck:
    """Holds every record to the document that it names, whoever wrote it.

    What the words of an answer mean is not understood: its numbers and names stand in the evidence (names also in the
    question), and most of its other words do, whatever their endings. That a question has no answer is shown by words
    of its own that the document lacks.
    """

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._absence = Absence(documents)

    @property
    def reason(self) -> str:
        """`facts`."""
        return "facts"

    def screen(self, candidates: Candidates) -> BoolArray | None:
        """All rows."""
        return None

    def refuse(self, value: Json, prompt: str | None) -> str | None:
        """What the document says otherwise, or does not say, and how to mend it where that can be told."""
        place = self._documents.place_of(value["document_id"])
        if place is None:
            known = nearest(value["document_id"], self._documents.ids)
            return f"document_id: no document {value['document_id']!r}; {known}"
        question, answer, evidence = value["question"], value["answer"], value["evidence"]
        if pointing := OUTSIDE.search(question):
            return f"question: {pointing[0]!r} points at what is not seen with it; name the document by its title"
        if answer is None or evidence is None:
            if answer is not evidence:
                return "answer, evidence: one is null and the other is not; an unanswerable question has neither"
            return self._absence.unproven(place, question)
        document = self._documents[place]
        return self._refuse_evidence(document, place, evidence) or self._refuse_answer(
            place, question, answer, evidence
        )

    def is_foreign(self, place: int, question: str) -> bool:
        """Whether the document at a place lacks half of what a question is about, and surely does not answer it."""
        return self._absence.is_foreign(place, question)

    def _refuse_evidence(self, document: Document, place: int, evidence: str) -> str | None:
        if evidence not in document.text:
            return f"evidence: does not stand in the document word for word; {self._nearest(document, place, evidence)}"
        words = sum(1 for _ in tokens(evidence))
        if words < FEWEST_WORDS:
            return f"evidence: has {words} words, at least {FEWEST_WORDS} are needed; quote the whole sentence"
        if len(evidence) > MOST_CHARACTERS:
            return f"evidence: has {len(evidence):,} characters, may have {MOST_CHARACTERS:,}; quote what answers alone"
        if len(evidence) > MOST_OF_DOCUMENT * len(document.text) and len(sentences(evidence)) > 1:
            return f"evidence: is more than {MOST_OF_DOCUMENT:.0%} of the document; quote what answers alone"
        return None

    def _refuse_answer(self, place: int, question: str, answer: str, evidence: str) -> str | None:
        verdict = _YES_NO.match(answer)
        stated = answer[verdict.end() :] if verdict else answer
        if not stated.strip(_EDGES):
            return _refuse_verdict(question, evidence) if verdict else "answer: says nothing"
        if pointing := OUTSIDE.search(stated):
            return f"answer: {pointing[0]!r} points at what is not seen with it"
        if verdict is None and _repeats(question, stated):
            return "answer: stands in the question already; ask so that it does not"
        stated = without_stated_days(stated, evidence)
        if number := unsupported_number(stated, evidence):
            return f"answer: {number!r} is not in the evidence; take numbers as the evidence writes them"
        known = stems(evidence) | stems(question)
        name = unsupported_name(stated, known, lambda: known | self._prepared(place).stems)
        if name is not None:
            return f"answer: {name!r}, which is or may be a name, is neither in the evidence nor in the question"
        return _refuse_words(question, stated, evidence)

    def _nearest(self, document: Document, place: int, evidence: str) -> str:
        if exact := exact_passage(document.text, evidence):
            return f"it stands there as {_shown(exact)}: copy that with its line breaks and marks"
        words = content(evidence)
        passages = self._prepared(place).sentences
        share, (start, end) = max(
            ((len(words & held) / max(len(words), 1), span) for span, held in passages), default=(0.0, (0, 0))
        )
        if share < _NEAR:
            return "nothing there is like it"
        return f"the nearest passage is {_shown(document.text[start:end])}"

    def _prepared(self, place: int) -> Prepared:
        return self._absence.prepared(place)


def exact_passage(text: str, passage: str) -> str | None:
    """A passage as a text has it, whatever its white space, quotation marks and dashes; None where it is not there."""
    if passage in text:
        return passage
    words = passage.split()
    if not words or len(passage) > 2 * MOST_CHARACTERS:
        return None
    found = re.search(r"\s+".join("".join(map(_as_pattern, word)) for word in words), text)
    return found[0] if found else None


def _as_pattern(character: str) -> str:
    same = next((marks for marks in _MARKS.values() if character in marks), None)
    return re.escape(character) if same is None else f"[{re.escape(same)}]"


def _repeats(question: str, answer: str) -> bool:
    """Whether an answer stands in its question, which is no choice between what it names ("or")."""
    asked, said = fold(question), fold(answer.strip(_EDGES))
    bare = _ARTICLE.sub("", said, count=1) if _ARTICLE.match(said) else said
    return contains(asked, bare) and not _CHOICE.search(asked)


def _refuse_verdict(question: str, evidence: str) -> str | None:
    """For a bare yes or no: whether the evidence is about what is asked."""
    asked, held = topic(question), stems(evidence)
    if len(asked & held) >= QUESTIONED * len(asked):
        return None
    return "evidence: has too few of the question's words to support a bare yes or no"


def _refuse_words(question: str, answer: str, evidence: str) -> str | None:
    """Whether the evidence has the words of an answer, whose numbers it has."""
    if not any(map(str.isalnum, answer)):
        return None  # nothing but dates, which the evidence states
    words = without_numbers(answer)
    said, held = content(words), stems(evidence)
    if not said:
        is_there = words != answer or contains(fold(evidence), fold(answer.strip(_EDGES)))
        return None if is_there else "answer: does not stand in the evidence"
    own = said - (stems(question) - held)
    missing = ", ".join(sorted({token for token in tokens(words) if stem(token) in own - held}))
    if len(said) <= SHORT:
        return f"answer: a short answer stands in its evidence; {missing!r} does not" if own - held else None
    share = len(own & held) / len(own) if own else 1.0
    if share >= SUPPORT:
        return None
    return f"answer: {share:.0%} of its words are in the evidence, {SUPPORT:.0%} are needed; missing: {missing}"


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")

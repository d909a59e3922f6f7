"""Whether a template in other words is still the same template, and whether it is a new one."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np
import pyarrow as pa

from ...errors import InputError
from ...records import Json, Refusal
from ..checks import PlaceholderCheck
from ..diversity.minhash import Signatures, signatures, words_of
from ..diversity.normal import normalised
from .facts import Facts, changed, facts_of, lost, shown
from .parsing import Piece, parse_text
from .wording import MOST_WORDINGS, Parts, count_wordings, plain_wording, references, value_at, with_texts, wordings

SHORTEST, LONGEST = 0.3, 3.0
"""How long the wordings of a text may be, in lengths of those of its base, with the slots as they are written."""

TOO_ALIKE = 0.9
"""The share of words and pairs of words that two variations may not have in common, slots masked."""

Care = Literal["question", "answer"]
"""A question keeps the facts of its base and may say more. An answer says the same: nothing lost, nothing added."""

_FIRST_MARK = 0xE000
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ue000-\uf8ff]")
_LIST_MARK = re.compile(r"\s*(?:\(?\d{1,2}[.):]|[-*\u2022\u2013])\s")
_IN_QUOTES = re.compile(r"\s*([\"'\u201c\u2018\u00ab]).*[\"'\u201d\u2019\u00bb]\s*", re.DOTALL)


class VariationCheck:
    """Judges variations of a template: whether they have its structure, its slots, its facts and about its length.

    It remembers none of them: whether one is new, `Seen` tells.
    """

    def __init__(
        self,
        base: Json,
        fields: Sequence[Parts],
        *,
        care: Care,
        placeholder: PlaceholderCheck | None = None,
        names: Sequence[str] = (),
    ) -> None:
        """`fields` are the places of the texts that may differ; `names`, what refusals call them if not by JSON path.

        Raises InputError where a text of the base cannot be parsed, LookupError where a place is not there.
        """
        self._base, self._care, self._placeholder = base, care, placeholder
        self._fields = dict(zip(fields, names or map(_path, fields), strict=True))
        texts = {parts: str(value_at(base, parts)) for parts in self._fields}
        self._texts = texts
        self._pieces = {parts: parse_text(text, self._fields[parts]) for parts, text in texts.items()}
        used = sorted({slot for pieces in self._pieces.values() for slot in references(pieces)})
        self._marks = {slot: chr(_FIRST_MARK + index) for index, slot in enumerate(used)}
        self._slots = {mark: slot for slot, mark in self._marks.items()}
        self._facts = {parts: self._facts_of(pieces, as_base=True) for parts, pieces in self._pieces.items()}
        self._lengths = {parts: _lengths(pieces) for parts, pieces in self._pieces.items()}

    def bounds(self, parts: Parts) -> tuple[int, int]:
        """The least and the most characters that the text at a place may have."""
        low, high = self._lengths[parts]
        return int(np.ceil(low * SHORTEST)), int(high * LONGEST)

    def refuse(self, variation: Json) -> Refusal | None:
        """What is wrong with a variation, in words that help to mend it; None where nothing is."""
        if problem := self._structure(variation):
            return Refusal("structure", problem)
        for parts, name in self._fields.items():
            if refusal := self._refuse_text(parts, value_at(variation, parts)):
                return Refusal(refusal.reason, f"{name} {refusal.detail}")
        if all(value_at(variation, parts) == text for parts, text in self._texts.items()):
            return Refusal("duplicate", "nothing differs from the base")
        return None

    def _structure(self, variation: Json) -> str | None:
        try:
            is_text = all(isinstance(value_at(variation, parts), str) for parts in self._fields)
        except (LookupError, TypeError):
            is_text = False
        blank = dict.fromkeys(self._fields, "")
        if not is_text or _exactly(with_texts(variation, blank)) != _exactly(with_texts(self._base, blank)):
            return f"nothing but {', '.join(self._fields.values())} may differ from the base, and these are texts"
        return None

    def _refuse_text(self, parts: Parts, text: str) -> Refusal | None:
        try:
            text.encode()
            pieces = parse_text(text, "")
        except UnicodeEncodeError:
            return Refusal("parse", "holds half of a surrogate pair")
        except InputError as error:
            return Refusal("parse", f"is no template: {error.problems[0].what}; {error.problems[0].mend}")
        if found := _CONTROL.search(text):
            return Refusal("parse", f"holds the control character {found[0]!r}")
        return self._slots_kept(parts, pieces) or self._form(parts, text, pieces) or self._filler(pieces)

    def _slots_kept(self, parts: Parts, pieces: list[Piece]) -> Refusal | None:
        has, wants = references(pieces), references(self._pieces[parts])
        if wrong := [f"lacks {slot}" for slot in wants - has] + [f"has {slot} too often" for slot in has - wants]:
            told = f"every slot of the base stands there as often as in the base, formats included: {' '.join(wants)}"
            return Refusal("slots", f"{', '.join(wrong)}: {told if wants else 'the base has none there'}")
        if (count := count_wordings(pieces)) > max(MOST_WORDINGS, count_wordings(self._pieces[parts])):
            return Refusal("choices", f"has {count:,} wordings; write fewer {{this|or that}}: {MOST_WORDINGS} at most")
        return None

    def _form(self, parts: Parts, text: str, pieces: list[Piece]) -> Refusal | None:
        base = self._texts[parts]
        if _LIST_MARK.match(text) and not _LIST_MARK.match(base):
            return Refusal("wrapping", "begins with a list mark; write the text alone")
        if _IN_QUOTES.fullmatch(text) and not _IN_QUOTES.fullmatch(base):
            return Refusal("wrapping", "stands in quotation marks; write the text alone")
        low, high = self.bounds(parts)
        shortest, longest = _lengths(pieces)
        if shortest < low or longest > high:
            length = f"{shortest}" if shortest == longest else f"{shortest} to {longest}"
            return Refusal("length", f"has {length} characters; {low} to {high} are allowed")
        return self._facts_kept(parts, pieces)

    def _facts_kept(self, parts: Parts, pieces: list[Piece]) -> Refusal | None:
        for facts in self._facts_of(pieces):
            told = [self._differs(base, facts) for base in self._facts[parts]]
            if all(told) and (first := told[0]):
                return Refusal("facts", shown(first, self._slots))
        return None

    def _differs(self, base: Facts, facts: Facts) -> str | None:
        if self._care == "answer":
            return changed(base, facts)
        gone = lost(base, facts)
        return f"lacks {gone}" if gone else None

    def _filler(self, pieces: list[Piece]) -> Refusal | None:
        if self._placeholder is None:
            return None
        for wording in wordings(pieces):
            if found := self._placeholder.refuse([wording], None):
                return Refusal("placeholder", f"holds filler: {found.partition(': ')[2]}")
        return None

    def _facts_of(self, pieces: list[Piece], *, as_base: bool = False) -> list[Facts]:
        """The facts of all wordings, those that are judged alike once."""
        facts = map(facts_of, wordings(pieces, self._marks))
        return list({self._kind(each, as_base): each for each in facts}.values())

    def _kind(self, facts: Facts, as_base: bool) -> tuple[object, ...]:
        """What a verdict hangs on."""
        counted = [facts.tokens, facts.quoted, facts.names]
        if self._care == "answer" or not as_base:
            counted.append(facts.first)
        words = facts.words if self._care == "answer" else None
        return (*(frozenset(counts.items()) for counts in counted), words, facts.negations)


def _lengths(pieces: Sequence[Piece]) -> tuple[int, int]:
    """The characters of the shortest and the longest wording, slots as they are written."""
    found = [len(wording) for wording in wordings(pieces, {slot: slot for slot in references(pieces)})]
    return min(found), max(found)


def _exactly(value: Json) -> str:
    return json.dumps(value)


def _path(parts: Parts) -> str:
    return "$" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)


class Seen:
    """The wordings of a template and of its variations: tells whether another one is new.

    Texts are compared by their words, whatever their marks, capitals and slots. Two that share a wording are the same;
    two whose first wordings have TOO_ALIKE or more of their words and pairs of words in common are too alike, unless
    they differ in their number of negations.
    """

    def __init__(self) -> None:
        self._exact: dict[str, str] = {}
        self._first: list[str] = []
        self._signed: Signatures | None = None

    def like(self, texts: Sequence[str]) -> str | None:
        """What a variation, given as its texts, is too much like; None where it is new."""
        for wording in _spelled_out(texts):
            if wording in self._exact:
                return f"the same words as {self._exact[wording]!r:.200}"
        if self._signed is None:
            return None
        agreeing = (self._signed == _signed(texts)).mean(axis=1)
        best = int(agreeing.argmax())
        if agreeing[best] < TOO_ALIKE:
            return None
        return f"too much like {self._first[best]!r:.200} ({agreeing[best]:.2f} of its words); say it in other words"

    def add(self, texts: Sequence[str], *, near: bool = True) -> None:
        """Remember a variation; without `near`, only texts of the very same words will be like it."""
        together = " / ".join(texts)
        for wording in _spelled_out(texts):
            self._exact.setdefault(wording, together)
        if near:
            signed = _signed(texts)
            self._first.append(together)
            self._signed = signed if self._signed is None else np.vstack([self._signed, signed])


def _spelled_out(texts: Sequence[str]) -> list[str]:
    """The words of each wording of all texts together, at most MOST_WORDINGS of them."""
    combined = itertools.product(*(wordings(parse_text(text, "")) for text in texts))
    column = _column(itertools.islice(combined, MOST_WORDINGS))
    words = [" ".join(each.split()) for each in words_of(column).to_pylist()]
    return [each or text for each, text in zip(words, column.to_pylist(), strict=True)]


def _signed(texts: Sequence[str]) -> Signatures:
    return signatures(_column([tuple(plain_wording(parse_text(text, "")) for text in texts)]))


def _column(rows: Iterable[Sequence[str]]) -> pa.StringArray:
    return normalised(pa.array([json.dumps(row, ensure_ascii=False) for row in rows], pa.string()))

"""Words of a text, and the names of a lexicon among them: whole words, whatever their case, the longest name first."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from ..grounding.folding import fold

_ALONE = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff"
"""Scripts without blanks between words, or with endings that stick to names: each character is a word."""
_WORD = re.compile(rf"[{_ALONE}]|[^\W_{_ALONE}]+[+#]*")
_UNSPACED = re.compile(rf"[{_ALONE}]")
_TO_BLANKS = {code: " " for code in range(128) if not chr(code).isalnum()}
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_LETTERS = re.compile(r"[^\W\d_]{3}")

LOWER, MIXED, UPPER, UNCASED = range(4)
PLAIN = 4
_COLUMNS = 3
LONGEST_NAME = 12
"""Words: a longer value is a sentence, not a name."""

COMMON = frozenset(
    """a about above according after again all almost also although always among an and another any are around as at
    back bad bath be because before being below best better between big both but by can case certain change check
    city class clear code common could country currently date day despite did do does done down due during each
    early either else enough even ever every example fact few finally find first five for found four from full
    further general given go good great had half has have he help her here high his home how however i if in indeed
    index initially instead into is it its just key kind know known large last late later least less level like list
    little local long low made main make many may maybe me mean member might mobile more most much must my n/a na
    name named near new next nice no none normal nor not note nothing now null number of off often old on once one
    only open or order other others our out over overall own part partly per perhaps please point present quite
    rather reading real reason regular right same second see set several she short should similarly simple since
    single six small so some soon special split standard state still such sure table take ten than that the their
    them then there these they thing this those though three through thus time to today together too top total true
    try turn two type under unknown unlike until up upon us use used using usually value various very was way we
    well were what when where whether which while who whole whose why will with within without word would year yes
    yet you your zero false ok okay applicable available""".split()
)
"""Words that say nothing as a name when they stand alone."""


def case_of(text: str) -> int:
    """LOWER, UPPER, MIXED, or UNCASED where no letter has a case."""
    if text.islower():
        return LOWER
    if text.isupper():
        return UPPER
    return UNCASED if text.lower() == text.upper() else MIXED


def form(text: str) -> str:
    """What two spellings of a name have in common: their words, folded, a blank between them; no words: the text."""
    if text.isascii() and "+" not in text and "#" not in text:
        words = text.lower().translate(_TO_BLANKS).split()  # the same, several times faster
    else:
        words = [word.casefold() for word in _WORD.findall(unicodedata.normalize("NFC", text))]
    return " ".join(words) or fold(text)


def squeezed(name: str) -> str:
    """A field's or column's name without case, blanks and signs: `melting_point` and `meltingPoint` are the same."""
    return "".join(filter(str.isalnum, fold(name)))


def name_words(name: str) -> list[str]:
    """The words of a field's or column's name: two in `meltingPoint`."""
    return form(_CAMEL.sub(" ", name)).split()


def label(name: str) -> str:
    """The words by which a text speaks of a column; a unit or number at the end of its name is left out."""
    words = name_words(name)
    while len(words) > 1 and (len(words[-1]) < 4 or not words[-1].isalpha()):
        words.pop()
    return " ".join(words)


@dataclass(frozen=True, slots=True)
class Words:
    """A text cut into words. folded and spans have one entry a word; spans are places in `text`, which is NFC."""

    text: str
    folded: list[str]
    spans: list[tuple[int, int]]

    @classmethod
    def of(cls, text: str) -> Words:
        """The words of a text."""
        text = text if text.isascii() else unicodedata.normalize("NFC", text)
        folded, spans = list[str](), list[tuple[int, int]]()
        for match in _WORD.finditer(text):
            folded.append(match[0].casefold())
            spans.append(match.span())
        return cls(text, folded, spans)

    @property
    def said(self) -> str:
        """All words, blanks around each: a name is in it where it is said as a whole."""
        return f" {' '.join(self.folded)} "

    def raw(self, start: int, stop: int) -> str:
        """What stands in the text from word `start` up to word `stop`."""
        return self.text[self.spans[start][0] : self.spans[stop - 1][1]]


class Mention(NamedTuple):
    """A name in a text: its form, its words' places (`stop` is the one after), what the lexicon has of it."""

    form: str
    start: int
    stop: int
    code: int


@dataclass(slots=True)
class Lexicon:
    """Names by their form. Codes: the case (2 bits), PLAIN where it is no name but a word, a bit for each column."""

    codes: dict[str, int] = field(default_factory=dict)
    lengths: dict[str, int] = field(default_factory=dict)
    _same: dict[int, int] = field(default_factory=dict)

    def add(self, spelled: str, known: str, column: int) -> None:
        """A value of a column, with its form."""
        count = known.count(" ") + 1
        code = case_of(spelled) | 1 << (column + _COLUMNS)
        if _is_plain(spelled, known, count):
            code |= PLAIN
        old = self.codes.get(known)
        if old is None:
            first = known if count == 1 else known[: known.index(" ")]
            self.lengths[first] = self.lengths.get(first, 0) | 1 << count
        else:
            code = (code | old) & ~UNCASED | min(code & UNCASED, old & UNCASED)
        self.codes[known] = self._same.setdefault(code, code)

    def find(self, words: Words, fits: Callable[[Words, Mention], bool]) -> Iterator[Mention]:
        """The names in a text that fit, from left to right, none within another."""
        folded, place = words.folded, 0
        while place < len(folded):
            found = None
            lengths = self.lengths.get(folded[place], 0)
            for count in range(min(lengths.bit_length() - 1, len(folded) - place), 0, -1) if lengths else ():
                if not lengths >> count & 1:
                    continue
                known = " ".join(folded[place : place + count])
                code = self.codes.get(known)
                if code is not None and fits(words, mention := Mention(known, place, place + count, code)):
                    found = mention
                    break
            if found is not None:
                yield found
            place = found.stop if found is not None else place + 1


def in_column(code: int, column: int) -> bool:
    """Whether a name is a value of this column."""
    return bool(code >> (column + _COLUMNS) & 1)


def columns_of(code: int) -> list[int]:
    """The columns that have the name."""
    mask = code >> _COLUMNS
    return [column for column in range(mask.bit_length()) if mask >> column & 1]


def is_name(words: Words, mention: Mention) -> bool:
    """Whether what stands in the text is a name and not a word that is spelled alike.

    Several words are. One word needs the capitals it has in the source, unless nothing in the text has any.
    """
    if mention.code & PLAIN:
        return False
    if mention.stop - mention.start > 1:
        return True
    case, raw = mention.code & UNCASED, words.raw(mention.start, mention.stop)
    if case == UPPER:
        return raw.isupper()
    return case == UNCASED or not raw.islower() or words.text == words.text.lower()


def is_key(words: Words, mention: Mention) -> bool:
    """Whether what stands in the text may be the key of a row: short keys need the capitals of the source."""
    if mention.stop - mention.start > 1 or len(mention.form) > 3:
        return True
    case = mention.code & UNCASED
    return case in (UNCASED, case_of(words.raw(mention.start, mention.stop)))


def _is_plain(spelled: str, known: str, count: int) -> bool:
    if count > LONGEST_NAME:
        return True
    if count == 1:
        return known in COMMON or spelled.islower() or len(known) < 3 or not _has_letter(known)
    if _LETTERS.search(known) is None and _UNSPACED.search(known) is None:
        return True
    return COMMON.issuperset(known.split())


def _has_letter(text: str) -> bool:
    return any(map(str.isalpha, text))

"""Words of a text, and the names of a lexicon among them: whole words, whatever their case, the longest name first."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from ...grounding.folding import fold

_ALONE = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff"
"""Scripts without blanks between words, or with endings that stick to names: each character is a word."""
_WORD = re.compile(rf"[{_ALONE}]|[^\W_{_ALONE}]+[+#]*")
_UNSPACED = re.compile(rf"[{_ALONE}]")
_TO_BLANKS = {code: " " for code in range(128) if not chr(code).isalnum()}
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_LETTERS = re.compile(r"[^\W\d_]{3}")

LOWER, MIXED, UPPER, UNCASED = range(4)
PLAIN = 4
_KEY = 3
_COLUMNS = 5
LONGEST_NAME = 12
"""Words: a longer value is a sentence, not a name."""

LITTLE = frozenset(
    """a about above according after again all almost also although always among an and another any applicable are
    around as at available back bad be because before being below best better between big both but by can check
    common could currently despite did do does done down due during each early either else enough even ever every
    example false few finally find first five for found four from full further general given go good great had half
    has have he help her here his how however i if in indeed initially instead into is it its just know known last
    late later least less like little local low made main make many may maybe me mean might more most much must my
    n/a na named near new next no none nor normal not note nothing now null of off often ok okay old on once one
    only open or other others our out over overall own partly per perhaps please present quite rather real right
    same second see several she short should similarly simple since single six so some soon special still such sure
    take ten than that the their them then there these they thing this those though three through thus to today
    together too top true try turn two under unknown unlike until up upon us use used using usually various very was
    way we well were what when where whether which while who whole whose why will with within without word would yes
    yet you your zero""".split()
)
"""Words that say nothing by themselves."""
COMMON = LITTLE | frozenset(
    """bath case certain change city class clear code country date day fact high home index key kind large level list
    long member mobile name nice number order part point reading reason regular set small split standard state table
    time total type value year""".split()
)
"""Words that say nothing as a name when they stand alone."""


def case_of(text: str) -> int:
    """LOWER, UPPER, MIXED, or UNCASED where no letter has a case."""
    if text.islower():
        return LOWER
    if text.isupper():
        return UPPER
    return UNCASED if text.lower() == text.upper() else MIXED


LISTED = re.compile(r"\s*(?:[,;/\n]|\band\b|\bor\b)\s*")
"""What stands between the items of a list in an answer."""

REPLIES = frozenset(("yes", "no", "true", "false", "none", "n a", "unknown", "null", "both", "neither", "either"))
"""Answers, by their form, that are no values."""


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


def labels_of(name: str) -> set[str]:
    """The words by which a text speaks of a column: its name, also without a unit or number at its end."""
    words = name_words(name)
    full = " ".join(words)
    while len(words) > 1 and (len(words[-1]) < 4 or not words[-1].isalpha()):
        words.pop()
    return {full, " ".join(words)} - LITTLE


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


Fits = Callable[[Words, Mention], bool]


@dataclass(slots=True)
class Lexicon:
    """Names by their form.

    A code has the case (2 bits; the lesser one where there are several), PLAIN where it is no name but a word, the case
    as a key (2 bits), and a bit for each column that has it.
    """

    codes: dict[str, int] = field(default_factory=dict)
    lengths: dict[str, int] = field(default_factory=dict)
    _same: dict[int, int] = field(default_factory=dict)

    def add(self, spelled: str, known: str, column: int, *, is_key: bool) -> None:
        """A value of a column, with its form."""
        count = known.count(" ") + 1
        case = case_of(spelled)
        code = case | (case if is_key else UNCASED) << _KEY | 1 << (column + _COLUMNS)
        if _is_plain(spelled, known, count):
            code |= PLAIN
        old = self.codes.get(known)
        if old is None:
            first = known if count == 1 else known[: known.index(" ")]
            self.lengths[first] = self.lengths.get(first, 0) | 1 << count
        else:
            as_key = min(code >> _KEY & UNCASED, old >> _KEY & UNCASED)
            code = (code | old) & ~(UNCASED | UNCASED << _KEY) | min(case, old & UNCASED) | as_key << _KEY
        self.codes[known] = self._same.setdefault(code, code)

    def find(self, words: Words, fits: Fits) -> Iterator[Mention]:
        """The names in a text that fit, from left to right, none within another."""
        place, lengths = 0, self.lengths
        while place < len(words.folded):
            found = self.at(words, place, fits) if words.folded[place] in lengths else None
            if found is not None:
                yield found
            place = found.stop if found is not None else place + 1

    def at(self, words: Words, place: int, fits: Fits) -> Mention | None:
        """The longest name that begins with this word and fits."""
        folded = words.folded
        lengths = self.lengths.get(folded[place], 0)
        for count in range(min(lengths.bit_length() - 1, len(folded) - place), 0, -1):
            if lengths >> count & 1:
                known = " ".join(folded[place : place + count])
                code = self.codes.get(known)
                if code is not None and fits(words, mention := Mention(known, place, place + count, code)):
                    return mention
        return None


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
    """Whether what stands in the text may be the key of a row: short ones that are common words need their capitals."""
    return mention.form not in COMMON or len(mention.form) > 3 or has_key_case(words, mention)


def has_key_case(words: Words, mention: Mention) -> bool:
    """Whether a short key stands in the text with the capitals of the source; longer ones may be written in any way."""
    if mention.stop - mention.start > 1 or len(mention.form) > 3:
        return True
    case = mention.code >> _KEY & UNCASED
    return case in (UNCASED, case_of(words.raw(mention.start, mention.stop)))


def is_value(words: Words, mention: Mention) -> bool:
    """Whether what stands where a value is expected may be one: it has the capitals of the source, or more."""
    if mention.stop - mention.start > 1:
        return True
    case, told = mention.code & UNCASED, case_of(words.raw(mention.start, mention.stop))
    if told == LOWER and mention.form in COMMON:
        return False
    return case == UNCASED or told >= case or (len(mention.form) > 3 and words.text == words.text.lower())


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

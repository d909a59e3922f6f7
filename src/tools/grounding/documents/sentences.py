"""Where the sentences of a document begin and end: prose alone, without headings, code, tables and lists of words."""

from __future__ import annotations

import re
from collections.abc import Iterator

Span = tuple[int, int]
"""Where something begins in a text, and where it has ended."""

_WRAPPED = 200
"""A document none of whose lines is longer is taken for wrapped: its lines end where the room ended."""

_SHORT = 40
"""A shorter line of a wrapped document was not ended by want of room."""

_FENCE = re.compile(r" {0,3}(```|~~~)")
_HEADING = re.compile(r" {0,3}#{1,6}(?:[ \t]|$)")
_RULE = re.compile(r"[ \t]*([!-/:-@\[-`{-~])(?:[ \t]*\1){2,}[ \t\r]*")
_CODE = re.compile(r"(?: {4}|\t)")
_TABLE = re.compile(r"[ \t]*\||.*\|.*\||.*\t.*\t|[ \t]*\+[-=+]+\+|.*<[/!a-zA-Z][^<>]{0,200}>")
_ITEM = re.compile(r"[ \t]*(?:[-*+•\u2013>]|\(?\d{1,3}[.)]|\(?[a-z]\))[ \t]+")
_LOWER = re.compile(r"[ \t]*[a-zß-öø-ÿ]")

_END = re.compile(r"(?P<wide>[。\uff01\uff1f]+[”\u2019」』\uff09\"']*)|[.!?…]+[\"'”\u2019»)\]]*(?=\s|$)")
_NEXT = re.compile(r"\s+[\"'“\u2018«(\[]*(?P<word>[^\W_]+)?")
_BEFORE = re.compile(r"[^\s(\[\"'“\u2018«]*$")
_LONGEST = 12
"""No abbreviation has more characters."""
_DOTTED = re.compile(r"(?:[^\W\d_]\.)+")

_TITLES = frozenset(
    """adm. appx. approx. art. brig. bros. ca. capt. cf. ch. cmdr. col. cpl. dept. dr. e.g. ed. eds. eq. est. esp. fig.
    figs. fr. gen. gov. hon. i.e. incl. lt. maj. max. messrs. min. mme. mlle. mr. mrs. ms. mt. mts. nr. op. pp. prof.
    rep. rev. sec. sen. sgt. sr. st. ste. supt. vol. vols. viz. vs.""".split()
)
"""Abbreviations that never end a sentence: something always follows them."""

_BEFORE_NUMBERS = frozenset(
    "jan. feb. mar. apr. jun. jul. aug. sep. sept. oct. nov. dec. no. nos. p. art. fig. vol. ch. ca. c.".split()
)
"""Abbreviations, and words, that end no sentence where a number follows."""

_MAY_END = frozenset(
    "a.m. p.m. al. ave. blvd. bldg. co. corp. etc. ft. hr. hrs. inc. jr. ltd. oz. rd. sq. u.s. u.k.".split()
)
"""Abbreviations that end a sentence only where the next word is one that begins sentences."""

_STARTERS = frozenset(
    """a after all also although an and another as at because before both but by during each even every few for from he
    her here his how however i if in it its later many most my no none not now of on one once only or other our she
    since so some such that the their then there these they this those though thus to today under until we what when
    where which while who why with you""".split()
)


def sentences(text: str) -> list[Span]:
    """The sentences of a document's prose, in order; each is whole, without the white space around it.

    Made for English and texts like it, and for scripts with the wide marks of Chinese and Japanese. What ends without
    a mark, such as a heading, is given like a sentence: see `is_whole`. Left out are headings with a mark of their own,
    code, and tables.
    """
    return [span for block in _blocks(text) for span in _split(text, *block)]


def is_whole(sentence: str) -> bool:
    """Whether a sentence ends as statements do: with a full stop."""
    return bool(re.search(r"[.。][\"'”\u2019»)\]」』\uff09]*$", sentence))


def _blocks(text: str) -> Iterator[Span]:
    """Stretches of prose that no sentence reaches beyond: paragraphs, items of lists, lines that were not wrapped."""
    is_wrapped = all(len(line) <= _WRAPPED for line in text.split("\n"))
    block: Span | None = None
    last = ""
    for start, line, is_prose in _lines(text):
        item = _ITEM.match(line)
        begins = block is None or item is not None or not _goes_on(last, line, is_wrapped)
        if block is not None and (begins or not is_prose):
            yield block
            block = None
        if is_prose:
            first = start + (item.end() if item else 0)
            block = (block[0] if block is not None else first, start + len(line))
        last = line
    if block is not None:
        yield block


def _goes_on(line: str, following: str, is_wrapped: bool) -> bool:
    """Whether a line goes on in the next: a small letter says so, and in a wrapped document the line's length."""
    return _LOWER.match(following) is not None or (is_wrapped and len(line) >= _SHORT)


def _lines(text: str) -> Iterator[tuple[int, str, bool]]:
    """Each line with where it begins, and whether it is prose."""
    lines = text.split("\n")
    start, fence = 0, ""
    for number, line in enumerate(lines):
        mark = _FENCE.match(line)
        is_prose = not (fence or mark or _is_apart(line))
        if is_prose and number + 1 < len(lines) and _RULE.fullmatch(lines[number + 1]) and "|" not in line:
            is_prose = False  # an underlined heading
        if mark:
            fence = "" if fence == mark[1] else fence or mark[1]
        yield start, line, is_prose
        start += len(line) + 1


def _is_apart(line: str) -> bool:
    """Whether a line is no prose: empty, a heading, a rule, code or a row of a table."""
    if not line.strip():
        return True
    return any(form.match(line) for form in (_HEADING, _CODE, _TABLE)) or _RULE.fullmatch(line) is not None


def _split(text: str, start: int, end: int) -> Iterator[Span]:
    for match in _END.finditer(text, start, end):
        if match["wide"] or _ends(text, start, match, end):
            yield from _trimmed(text, start, match.end())
            start = match.end()
    yield from _trimmed(text, start, end)


def _trimmed(text: str, start: int, end: int) -> Iterator[Span]:
    inner = text[start:end]
    if inner.strip():
        yield start + len(inner) - len(inner.lstrip()), end - len(inner) + len(inner.rstrip())


def _ends(text: str, start: int, match: re.Match[str], end: int) -> bool:
    """Whether a mark ends a sentence, by the words on both sides."""
    following = _NEXT.match(text, match.end(), end)
    word = following["word"] if following else None
    if word is None:
        return True
    if word[0].islower():
        return False
    if not match[0].startswith(".") or match[0].startswith(".."):
        return True
    stop = match.start() + 1
    before = _BEFORE.search(text[max(start, stop - _LONGEST) : stop])
    return not _is_abbreviation(before[0] if before else "", word)


def _is_abbreviation(word: str, following: str) -> bool:
    """Whether the full stop of a word belongs to an abbreviation and ends no sentence."""
    lower = word.lower()
    if lower in _TITLES:
        return True
    if following[0].isdigit():
        return lower in _BEFORE_NUMBERS
    if len(word) == 2 and word[0].isupper() and word != "I.":  # an initial
        return True
    may_end = lower in _MAY_END or (_DOTTED.fullmatch(word) is not None and len(word) > 2)
    return may_end and following.lower() not in _STARTERS

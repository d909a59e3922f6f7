"""What a paraphrase may not touch: numbers, dates, units, quotations, codes, names, negations."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_MARKS = "\ue000-\uf8ff"
"""Private characters: a slot may be written as one, so that what stands beside it (a unit, say) is bound to it."""

_MONTH = (
    "(?i:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    "|nov(?:ember)?|dec(?:ember)?)"
)
_SPELLED = (
    "(?i:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen"
    "|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million|billion|trillion|dozen"
    "|half|third|quarter|twice)s?"
)
_DIGITS = r"\d+(?:[.,:/'\u00a0\u202f\u2013-]\d+)*"
_AMOUNT = rf"(?:(?<![\w)\]])[-\u2212+±])?[€$£¥₹]?(?:{_DIGITS}|[{_MARKS}])"
_UNIT = (
    r"%|‰|°\s?[CF]?|(?:[µμnpmcdkMGT]?(?:g|[lL]|m|s|W|Wh|V|Hz|Pa|J|mol|cal)|[kKMGT]i?B|IU|mmHg|kWh|mph|km/h|rpm|bpm|min|h"
    r"|EUR|USD|GBP|CHF|JPY|AM|PM|am|pm|a\.m\.|p\.m\.)(?![\w/])"
    r"|(?i:percent(?:age\spoints?)?|per\scent|degrees?|celsius|fahrenheit|kelvin|euros?|dollars?|pounds?|francs?|yen"
    r"|cents?|(?:milli|kilo|centi|micro|deci|mega|giga)?(?:grams?|met(?:er|re)s?|lit(?:er|re)s?|watts?|volts?|hertz|bytes?"
    r"|seconds?)|minutes?|hours?|days?|nights?|weeks?|months?|quarters?|years?|decades?|centur(?:y|ies)|miles?|feet|foot"
    r"|inch(?:es)?|yards?|acres?|tons?|tonnes?|ounces?|thousand|million|billion|trillion|dozen)\b"
)
_TOKENS = re.compile(
    "|".join(
        [
            r"(?P<address>[A-Za-z][A-Za-z0-9+.-]*://[^\s<>\"]*[\w/]|www\.[^\s<>\"]*[\w/]|[\w.%+-]+@[\w-]+(?:\.[\w-]+)+)",
            rf"(?P<date>(?<!\w)\d{{1,2}}(?:st|nd|rd|th)?[\s-](?:of\s)?{_MONTH}\b(?:\.?,?[\s-]\d{{4}}\b)?"
            rf"|\b{_MONTH}\.?\s\d{{1,2}}(?:st|nd|rd|th)?\b(?:,?\s\d{{4}}\b)?|\b{_MONTH},?\s\d{{4}}\b)",
            rf"(?P<measure>(?<![\w.])(?:{_AMOUNT}|\b(?:{_SPELLED}|(?i:one)))[\s-]?(?:{_UNIT}))",
            rf"(?P<code>(?<!\w)(?=[\w{_MARKS}.-]*[\d{_MARKS}_])(?=[\d.{_MARKS}-]*[A-Za-z_])[\w{_MARKS}]"
            rf"(?:[\w{_MARKS}.-]*[\w{_MARKS}])?|\b[A-Z]{{2,}}(?:[-&/][A-Z]+)*\b|\b[a-z]+[A-Z]\w*\b)",
            rf"(?P<number>{_AMOUNT}(?:st|nd|rd|th)?|\b{_SPELLED}\b)",
        ]
    )
)
_QUOTED = re.compile(
    r"\u201c([^\u201d]*)\u201d|\u201e([^\u201c\u201d]*)[\u201c\u201d]|\u00ab([^\u00bb]*)\u00bb"
    r"|\"([^\"]*)\"|`([^`]*)`|(?<!\w)'([^'\n]+)'(?!\w)"
)
_NEGATION = re.compile(
    r"\b(?:not?|non|never|none|neither|nothing|nobody|nowhere|without|cannot|can'?t|\w+n't|hardly|unable|impossible"
    r"|unavailable|invalid|illegal|incorrect|false|untrue|unsafe|forbidden|prohibited"
    r"|nicht|keine?[mnrs]?|niemals|ohne|pas|jamais|sans|nunca|jamás|não|niet|geen|nooit)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_](?:[\w'-]*\w)?")
_BEFORE_A_SENTENCE = re.compile(r"(?:\A|[.!?:;\u2026\n\u2022*-])[\s\"'\u201c\u201d\u00ab\u00bb\u201e(\[*\u2022-]*\Z")
_CURLED = str.maketrans("\u2018\u2019", "''")
_BETWEEN = re.compile(r"\s+|(?<!^)-\s*")
_POSSESSIVE = re.compile(r"'s?\Z")

_OPENERS = frozenset(
    """a about above according add after all allow also alternatively although an and another any apply are as ask at
    attach based be because before below besides between both bring but by call can change check choose click come
    complete consider consult contact could customers depending describe did do does don't download during each either
    email ensure enter every everyone everything expect explain feel few fill find first follow following for from
    furthermore generally get give given go had has have he hello help her here hi his hold how however i i'd i'll i'm
    i've if in include instead is it it's its just keep kindly last later let like log look make many may maybe more
    moreover most much my next no nor normally not note now of often ok okay on once one only open or order other
    otherwise our over overall people perhaps please press provide put read refer remember reply return say see select
    send she should show similarly simply since so some someone sometimes soon sorry start stop sure take tell thank
    thanks that that's the their them then there there's therefore these they they'll this those though through thus
    to today tomorrow try turn type under unfortunately unless until up upon use users usually verify very visit wait
    was we we'll we're we've well were what what's when where whether which while who why will with within would write
    yes yesterday yet you you'll you're you've your""".split()
)
"""Words that begin sentences and are no names."""

_STEM = 5


@dataclass(frozen=True, slots=True)
class Facts:
    """What a text states that another wording of it has to state too.

    tokens: numbers with their units, dates, codes and addresses, as they are written. quoted: what stands in quotation
    marks. names: capitalised words, but for those that begin a sentence, which are `first`. words: all words, in lower
    case. negations: how many there are.
    """

    tokens: Counter[str]
    quoted: Counter[str]
    names: Counter[str]
    first: Counter[str]
    words: frozenset[str]
    negations: int


def facts_of(text: str) -> Facts:
    """The facts of a text; a slot in it may be written as one private character.

    Numbers, quotations and codes are found in any language; units and months are known by their English names, names by
    their capitals.
    """
    text = text.translate(_CURLED)
    names, first = Counter[str](), Counter[str]()
    words = list(_WORD.finditer(text))
    for word in words:
        name = _POSSESSIVE.sub("", word[0])
        if not name[0].isupper() or _NEGATION.fullmatch(name):
            continue
        if _BEFORE_A_SENTENCE.search(text, 0, word.start()):
            first[name] += 1
        elif name.lower() not in _OPENERS or (name.isupper() and len(name) > 1):
            names[name] += 1
    return Facts(
        Counter(_as_token(match) for match in _TOKENS.finditer(text) if not _NEGATION.fullmatch(match[0])),
        Counter(" ".join(next(filter(None, match.groups()), "").split()) for match in _QUOTED.finditer(text)),
        names,
        first,
        frozenset(_POSSESSIVE.sub("", word[0]).lower() for word in words),
        len(_NEGATION.findall(text)),
    )


def _as_token(match: re.Match[str]) -> str:
    """As it is written, but for blanks and hyphens before a unit, and the plural and capitals of long words."""
    if match.lastgroup in ("code", "address"):
        return match[0]
    parts = _BETWEEN.split(match[0])
    return "".join(part.lower().removesuffix("s") if len(part) > 3 else part for part in parts)


def lost(base: Facts, text: Facts) -> str | None:
    """The first fact of `base` that is not in `text`; None where all are there. Negations: whether all of them went."""
    found = next(_missing(base, text), None)
    if found is None and base.negations and not text.negations:
        found = "the negation"
    return found


def changed(base: Facts, text: Facts) -> str | None:
    """What tells two texts apart in their facts, as a sentence without its subject; None where nothing does.

    A word that begins a sentence of `base` may be a name, so some form of it has to be in `text`, unless it is one of
    those that often begin sentences. Which number belongs to what is not understood.
    """
    if gone := next(_missing(base, text), None):
        return f"lacks {gone}"
    if new := next(_missing(text, base), None):
        return f"adds {new}"
    if base.negations != text.negations:
        return f"has {text.negations} negations instead of {base.negations}"
    for word in base.first:
        if word.lower() not in _OPENERS and not any(known.startswith(word.lower()[:_STEM]) for known in text.words):
            return f"lacks {word!r}, which may be a name"
    return None


def _missing(these: Facts, those: Facts) -> Iterator[str]:
    yield from map(repr, these.tokens - those.tokens)
    yield from (f"the quotation {text!r}" for text in these.quoted - those.quoted)
    yield from (f"the name {name!r}" for name in these.names - (those.names + those.first))


def shown(text: str, slots: Mapping[str, str]) -> str:
    """A message with each private character as the slot it stands for; `slots` has it by that character."""
    return re.sub(f"[{_MARKS}]", lambda mark: slots.get(mark[0], mark[0]), text)

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
_KIND = r"(?i:business|working|calendar|full|consecutive|square|cubic|metric|nautical)"
_TOKENS = re.compile(
    "|".join(
        [
            r"(?P<address>[A-Za-z][A-Za-z0-9+.-]*://[^\s<>\"]*[\w/]|www\.[^\s<>\"]*[\w/]|[\w.%+-]+@[\w-]+(?:\.[\w-]+)+)",
            rf"(?P<date>(?<!\w)\d{{1,2}}(?:st|nd|rd|th)?[\s-](?:of\s)?{_MONTH}\b(?:\.?,?[\s-]\d{{4}}\b)?"
            rf"|\b{_MONTH}\.?\s\d{{1,2}}(?:st|nd|rd|th)?\b(?:,?\s\d{{4}}\b)?|\b{_MONTH},?\s\d{{4}}\b)",
            rf"(?P<measure>(?<![\w.])(?:{_AMOUNT}|\b(?:{_SPELLED}|(?i:one)))[\s-]?(?:{_KIND}[\s-])?(?:{_UNIT}))",
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
_BETWEEN = re.compile(rf",?\s+|(?<!^)-(?=[^\d])|(?<=[\d{_MARKS}])(?=[^\W\d]|[%‰°])")
_POSSESSIVE = re.compile(r"'s?\Z")

_OPENERS = frozenset(
    """a about above absolutely accept access according accordingly across actually add additionally adjust after
    afterwards all allow along also alternatively although among an and another any anybody anyone apart apply are
    aren't around as aside ask asking assuming at attach avoid based basically be bear because before beforehand
    behind being below beneath besides between beyond both briefly bring but by call can cancel certainly change check
    choose clearly click come complete concerning confirm consequently consider considering consult contact could
    couldn't currently customers dear definitely delighted depending describe despite did didn't disable do does
    doesn't doing don't download drop during each either email enable ensure enter especially eventually every
    everybody everyone everything excellent expect explain feel few fill finally find fine first firstly follow
    following for fortunately from furthermore generally get getting give given glad gladly go going good grab great
    had happily happy has hasn't have haven't having he he's head hello help her here here's hey hi his hold how how's
    however i i'd i'll i'm i've ideally if immediately importantly in include indeed initially inside install instead
    is isn't it it'll it's its itself just keep kindly last lastly later let let's like locate log look looking
    luckily make making many may maybe me meanwhile might mind mine more moreover most much must my myself naturally
    navigate near nevertheless next nice no none nonetheless nope nor normally not note notice now numerous obviously
    of off often ok okay on once one only onto open or order other otherwise our ours out outside over overall pack
    particularly past pay people per perhaps pick please possibly press previously print probably provide provided put
    putting rather reach read recently refer regarding remember remove repeat replace reply report request reset rest
    restart return returning review right sadly save say scroll secondly see select send sending set several shall
    share she she's should show sign similarly simply since skip so some somebody someone sometimes soon sorry
    specifically start stop submit sure switch take taking tap tell thank thanks that that'll that's the their theirs
    them then there there're there's therefore these they they'll they're they've this those though through throughout
    thus till to today together tomorrow toward towards track true try trying turn type typically under unfortunately
    unless unlike until up update upgrade upload upon us use users using usually various verify very via visit wait
    want was wasn't we we'll we're we've welcome well were what what's whatever when whenever where whereas wherever
    whether which while who who's whoever why will with within won't work would wouldn't write yeah yep yes yesterday
    yet you you'll you're you've your yourself""".split()
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
    return " ".join(_singular(part) if len(part) > 3 else part for part in _BETWEEN.split(match[0]))


def _singular(word: str) -> str:
    return word.lower() if word.endswith("ss") else word.lower().removesuffix("s")


def lost(base: Facts, text: Facts) -> str | None:
    """The first fact of `base` that is not in `text`; None where all are there. Negations: whether all of them went."""
    found = next(_missing(base, text), None)
    if found is None and base.negations and not text.negations:
        found = "the negation"
    return found


def changed(base: Facts, text: Facts) -> str | None:
    """What tells two texts apart in their facts, as a sentence without its subject; None where nothing does.

    A word that begins a sentence may be a name, so the other text has to have some form of it, unless it is one of
    those that often begin sentences. Which number belongs to what is not understood.
    """
    if gone := next(_missing(base, text), None):
        return f"lacks {gone}"
    if new := next(_missing(text, base), None):
        return f"adds {new}"
    if base.negations != text.negations:
        return f"has {text.negations} negations instead of {base.negations}"
    if gone := next(_unknown(base, text), None):
        return f"lacks '{gone}', which may be a name"
    if new := next(_unknown(text, base), None):
        return f"begins a sentence with '{new}', which may be a name; begin it with another word"
    return None


def _missing(these: Facts, those: Facts) -> Iterator[str]:
    yield from (f"'{token}'" for token in these.tokens - those.tokens)
    yield from (f"the quotation '{text}'" for text in these.quoted - those.quoted)
    yield from (f"the name '{name}'" for name in these.names - (those.names + those.first))


def _unknown(these: Facts, those: Facts) -> Iterator[str]:
    """Words that begin sentences, and are nowhere in the other text."""
    for word in these.first:
        stem = word.lower()[:_STEM]
        if word.lower() not in _OPENERS and not any(known.startswith(stem) for known in those.words):
            yield word


def shown(text: str, slots: Mapping[str, str]) -> str:
    """A message with each private character as the slot it stands for; `slots` has it by that character."""
    return re.sub(f"[{_MARKS}]", lambda mark: slots.get(mark[0], mark[0]), text)

"""What a description or a title says about values where the field's name says too little."""

from __future__ import annotations

import functools
import re

from .names import words_of
from .ranges import Range
from .text_names import entry_of

_LONGEST = 400
"""Characters of a description that are read."""

_OPTIONS = re.compile(
    r"(?:(?<!exactly )(?<!least )(?<!only )(?<!any )\bone of(?: the following)?(?: values)?|"
    r"(?:valid|allowed|possible|supported|accepted|permitted|available|"
    r"expected) (?:values|options|choices|operators|effects|types|modes|formats|levels|states|methods|policies)"
    r"(?: are| include)?|(?:options|choices|values) are|either|can be(?: either)?|may be(?: either)?|operators are)"
    r"\s*:?\s*(?P<list>[^.;\n()]{3,240}|\([^()]{3,240}\))",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[`'\"\u201c\u2018]([^`'\"\u201c\u201d\u2019\n]{1,40})[`'\"\u201d\u2019]")
_SEPARATOR = re.compile(r"\s*(?:,\s*(?:and|or)?\b|\bor\b|\band\b|\|)\s*")
_OPTION = re.compile(r"[\w+#./:-]{1,30}(?: [\w+#./:-]{1,20})?")
_FILLER = frozenset({"the", "a", "an", "any", "other", "others", "used", "set", "it", "etc", "specified", "this", "in",
                     "empty", "null", "undefined", "none of", "more", "omitted", "absolute", "relative"})  # fmt: skip
_EXAMPLES = re.compile(
    r"(?:\be\.?\s?g\.?,?|\bfor example,?|\bfor instance,?|\bexamples?\b\s*(?:values?)?:?|\bsuch as|\blike)"
    r":?\s*(?P<rest>[^\n]{2,120})",
    re.IGNORECASE,
)
_SYNTAX = frozenset("=<>{}[]$|*")
_BARE = re.compile(r"(?=[^ ,;)]*\d)[A-Za-z0-9][\w.:/@+#-]{2,39}(?<![.:])")

_FORMS: list[tuple[str, re.Pattern[str]]] = [
    (entry, re.compile(pattern, re.IGNORECASE))
    for entry, pattern in (
        ("uuid", r"\b(uuid|guid)\b"),
        ("date time", r"(iso[- ]?8601|rfc[- ]?3339).{0,40}(timestamp|date ?-?time|time)|"
                      r"(timestamp|date ?-?time|date and time|moment|instant)\b.{0,60}(iso[- ]?8601|rfc[- ]?3339)"),
        ("duration", r"\bduration\b.{0,40}iso[- ]?8601|iso[- ]?8601.{0,20}duration"),
        ("date", r"iso[- ]?8601|\byyyy-mm-dd\b"),
        ("country code3", r"iso[- ]?3166.{0,20}(alpha-?3|three|3-letter)|(three|3)[- ]letter country"),
        ("country code", r"iso[- ]?3166|(two|2)[- ]letter country|country code|country \(iso"),
        ("currency", r"iso[- ]?4217|currency code|(three|3)[- ]letter currency"),
        ("language code", r"iso[- ]?639|(two|2)[- ]letter language|language code"),
        ("locale", r"bcp[- ]?47|\blocale (code|identifier)\b"),
        ("time zone", r"\b(iana|olson) time ?zone|time ?zone (name|identifier)"),
        ("hex color", r"\bhex(adecimal)?\b.{0,12}colou?r|colou?r.{0,20}\bhex"),
        ("email", r"\be-?mail address|\bemail of\b|^(the |an? |user'?s? )*e-?mail\b"),
        ("phone", r"\b(phone|telephone|mobile) number|\be\.164\b"),
        ("ip", r"\bipv4\b|\bip address"),
        ("ipv6", r"\bipv6\b"),
        ("mac", r"\bmac address"),
        ("cron", r"\bcron\b"),
        ("base64", r"\bbase ?64\b"),
        ("sha256", r"\bsha-?256\b"),
        ("sha1", r"\bsha-?1\b|\bcommit (hash|sha|id)\b"),
        ("md5", r"\bmd5\b"),
        ("version", r"\bsem(antic )?ver(sion(ing)?)?\b"),
        ("mime", r"\b(mime|media)[- ]type\b"),
        ("url", r"\b(urls?|uris?|web ?site|hyperlink|link) (of|to|for|where|that|at|pointing)\b|"
                r"^(the |an? |full |absolute |base |public |optional )*(urls?|uris?)\b|\b(url|uri)\.?$"),
        ("path", r"\b(absolute|relative|full|file) path\b|^(the |an? )*path (to|of)\b|\blocation of the .{0,20}file\b"),
        ("host", r"\b(host ?name|domain name|fqdn)\b"),
        ("regex", r"\bregular expression\b"),
    )
]  # fmt: skip
_DATE_FORM = re.compile(r"\b(?:[YMDymd]{2,4}[-/. ]){2}[YMDymd]{2,4}(?:[T ][Hh]{2}:mm(?::ss)?)?|\b[Hh]{2}:mm(?::ss)?\b|"
                        r"\bYYYYMMDD\b|\bYYYY-MM\b")  # fmt: skip
_TOKENS = (("YYYY", "%Y"), ("yyyy", "%Y"), ("HH", "%H"), ("hh", "%H"), ("ss", "%S"), ("DD", "%d"), ("dd", "%d"),
           ("YY", "%y"), ("yy", "%y"))  # fmt: skip

_ARTICLE = re.compile(r"^(?:the|an?|this is the|this is an?|optional|required|unique|human[- ]readable|full|short|list "
                      r"of|array of|an array of|a list of|set of|specifies the|defines the|represents the|"
                      r"indicates the|contains the|name of the|the name of the|id of the|its|your|my|"
                      r"comma-separated list of|user'?s|customer'?s)\s+", re.IGNORECASE)  # fmt: skip
_HEAD_ENDS = re.compile(r"\s+(?:of|for|to|that|which|who|whom|where|when|used|is|are|was|were|in|on|at|by|with|from|as|"
                        r"this|associated|responsible|the)\b|[,.;:(\n]", re.IGNORECASE)  # fmt: skip
_OF = re.compile(r"^(?:the |an? )?(?P<what>[\w -]{2,24}?) of (?:the |an? |this |each )?(?P<whom>[\w -]{2,24})", re.I)

_BETWEEN = re.compile(r"\b(?:between|from|in the range(?: of)?|range:?|\[)\s*(-?\d+(?:\.\d+)?)\s*(?:\([^)]*\)\s*)?"
                      r"(?:and|to|-|\u2013|\.\.|,)\s*(-?\d+(?:\.\d+)?)", re.IGNORECASE)  # fmt: skip
_SPAN = re.compile(r"(?<![\d-])(-?\d+(?:\.\d+)?)\s?(?:-|\u2013|\.\.)\s?(\d+(?:\.\d+)?)(?![\d-])")
_NUMBER_FORMS: list[tuple[re.Pattern[str], Range]] = [
    (re.compile(pattern, re.IGNORECASE), Range(*bounds))
    for pattern, bounds in (
        (r"\blength of (the |a )?(generated |random )?(password|string|token|code)\b", (6, 40, 0)),
        (r"percent|\bpercentage\b|%", (0, 100, 1, True)),
        (r"\bmilliseconds?\b|\(ms\)|\bin ms\b", (5, 5_000, 0)),
        (r"\bseconds?\b|\(s\)", (1, 600, 0)),
        (r"\bminutes?\b", (1, 180, 0)),
        (r"\bhours?\b", (1, 72, 0)),
        (r"\bdays?\b", (1, 90, 0)),
        (r"\bmonths?\b", (1, 60, 0)),
        (r"\bin years\b|\bnumber of years\b", (1, 30, 0)),
        (r"\bcents\b", (100, 90_000, 0)),
        (r"\bbytes\b", (512, 8_000_000, 0)),
        (r"\bkilobytes?\b|\bkb\b", (4, 9_000, 0)),
        (r"\bmegabytes?\b|\bmb\b|\bmib\b", (1, 4_096, 0)),
        (r"\bpixels?\b|\bpx\b", (16, 1_920, 0)),
        (r"\bkilomet(er|re)s?\b|\bkm\b", (1, 800, 1)),
        (r"\bmet(er|re)s?\b", (1, 2_000, 1)),
        (r"\bcentimet(er|re)s?\b|\bcm\b", (5, 250, 1)),
        (r"\bmillimet(er|re)s?\b|\bmm\b", (1, 900, 1)),
        (r"\bkilograms?\b|\bkg\b", (1, 120, 1)),
        (r"\bgrams?\b", (5, 5_000, 0)),
        (r"\bdegrees? celsius\b|°c", (-15, 38, 1)),
        (r"\bdegrees\b", (0, 360, 1)),
        (r"\bport number\b|\btcp port\b", (1_024, 65_535, 0)),
        (r"\bprobability\b", (0, 1, 3)),
        (r"\b(price|cost|amount)\b", (1, 2_000, 2)),
        (r"^(the )?(total )?(number|count|amount|quantity) of\b", (1, 60, 0)),
        (r"\b(unique )?(id|identifier)\b", (1_000, 999_999, 0)),
    )
]


def _first_sentence(note: str) -> str:
    return re.split(r"(?<=[a-z)])\. |\n", note[:_LONGEST], maxsplit=1)[0].strip().rstrip(".")


@functools.lru_cache(maxsize=4_096)
def options(note: str) -> tuple[str, ...]:
    """The values that a description lists as the only ones."""
    found = _OPTIONS.search(note[:_LONGEST])
    if not found:
        return ()
    listed = found["list"].strip(" ():")
    quoted = _QUOTED.findall(note[found.start("list") : _LONGEST].split(". ")[0])
    if len(quoted) >= 2:
        return tuple(dict.fromkeys(quoted))
    parts = [part.strip(" .'\"`") for part in _SEPARATOR.split(listed) if part.strip()]
    is_list = "," in listed or "|" in listed or re.search(r"\bor\b", listed) or found[0].lower().startswith("valid")
    if len(parts) < 2 or not is_list or not all(map(_OPTION.fullmatch, parts)):
        return ()
    if _FILLER & {part.split(" ")[0] for part in parts}:
        return ()
    return tuple(dict.fromkeys(parts))


@functools.lru_cache(maxsize=4_096)
def samples(note: str) -> tuple[str, ...]:
    """The values that a description gives as examples: in quotes, or bare where they have digits."""
    found = _EXAMPLES.search(note[:_LONGEST])
    if not found:
        return ()
    rest = found["rest"]
    quoted = _QUOTED.findall(rest.split(". ")[0])
    if quoted:
        stripped = (text.strip(" ,") for text in quoted)
        return tuple(dict.fromkeys(text for text in stripped if text and not _SYNTAX & set(text)))
    bare = _BARE.match(rest.lstrip(" ("))
    return (bare[0],) if bare else ()


@functools.lru_cache(maxsize=4_096)
def form(note: str) -> str:
    """The entry of the table of texts whose form the first sentence asks for, or ""."""
    first = _first_sentence(note)
    return next((entry for entry, pattern in _FORMS if pattern.search(first)), "")


@functools.lru_cache(maxsize=4_096)
def date_form(note: str) -> str:
    """The form of `strftime` in which a description wants its moments, or ""."""
    found = _DATE_FORM.search(note[:_LONGEST])
    if not found:
        return ""
    text = found[0]
    has_time = re.search(r"[Hh]{2}:mm", text)
    if has_time:
        text = text.replace(":mm", ":%M")
    text = text.replace("MM", "%m").replace("mm", "%m")
    for token, directive in _TOKENS:
        text = text.replace(token, directive)
    return "" if re.search(r"(?<!%)[A-Za-z]", text.replace("T", "")) or text == "%Y-%m-%d" else text


@functools.lru_cache(maxsize=4_096)
def subject(note: str) -> str:
    """The entry of the table of texts for what a description says the value is: its head noun, or ""."""
    first = _first_sentence(note)
    found = _OF.match(first)
    if found:
        whom = words_of(_HEAD_ENDS.split(found["whom"], maxsplit=1)[0])
        whole = entry_of((*whom[-2:], *words_of(found["what"])[-2:]))
        if whole:
            return "company" if whole == "name" and entry_of(whom) == "company" else whole
    stripped = _ARTICLE.sub("", _ARTICLE.sub("", first))
    head = words_of(_HEAD_ENDS.split(stripped, maxsplit=1)[0])
    return entry_of(head[-3:]) if 0 < len(head) <= 6 else ""


@functools.lru_cache(maxsize=4_096)
def numbers(note: str) -> Range | None:
    """The range of numbers a description tells: bounds that it states, or those of a unit."""
    first = note[:_LONGEST]
    found = _BETWEEN.search(first) or (_SPAN.search(first) if "scale" in first or "(" in first else None)
    if found:
        low, high = float(found[1]), float(found[2])
        if low < high:
            decimals = 0 if high - low >= 4 and "." not in found[0] else 2 if high - low > 1 else 3
            return Range(low, high, decimals, True)
    sentence = _first_sentence(note)
    return next((one for pattern, one in _NUMBER_FORMS if pattern.search(sentence)), None)

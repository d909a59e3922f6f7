"""Whether filler stands where a text was forgotten."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow.compute as pc

from ...records import BoolArray, Candidates, Json
from .leaves import leaves

_HERE = "name|text|title|email|address|content|description|message|answer|url|link|company"
_SLOT = (
    r"(?:your|insert|enter|add)[ _-][A-Za-z0-9 _'/-]+"
    r"|(?:[A-Za-z][A-Za-z0-9]*[ _-]){0,3}"
    r"(?:name|surname|date|address|email|phone|number|company|city|country|location|amount|price|product|title|url"
    r"|link|topic|subject|text|placeholder|id)(?:[ _-][A-Za-z0-9]+){0,2}"
)

_GAP = r"(?:[\s\x0b]|\\[nrtf]){1,3}"  # up to three blanks in a JSON text, where they may be escapes

# Each kind twice: the verdict on a string, and a coarser trace of it in a JSON text, for RE2, which has no look-around.
_PHRASES = (
    (r"\blorem\s{1,3}ipsum\b", rf"lorem{_GAP}ipsum"),
    (r"(?-i:\b(?:TBD|FIXME|TODO(?!\s+[A-ZÀ-Ý]+\b))\b)", r"(?-i:TBD|FIXME|TODO)"),  # "TODO EL MUNDO" is Spanish
    (r"\bx{3,}\b", r"xxx"),
    (r"\basdf(?:gh(?:jkl)?)?\b", r"asdf"),
    (r"(?<!\d)(?:1234567890|0123456789|\(?123\)?[ -]456-7890)(?!\d)", r"1234567890|0123456789|123\)?[ -]456-7890"),
    (r"\bj(?:ohn|ane)\s{1,3}doe\b", rf"(?:john|jane){_GAP}doe"),
    (r"\bfoo[ _-]?bar\b", r"foo.?bar"),
    (r"\b(?:sample|dummy|placeholder|filler)\s{1,3}text\b", rf"(?:sample|dummy|placeholder|filler){_GAP}text"),
    (
        rf"\b(?:your|insert|enter|add|type|put|write)\s+(?:\w+\s+){{0,3}}?(?:{_HERE})\s{{1,3}}here\b",
        rf"(?:{_HERE}){_GAP}here",
    ),
    (r"\btest@test\b", r"test@test"),
    (
        r"(?<![\w-])(?:example\.(?:com|org|net|edu)|test\.com|domain\.com|(?:my|your)(?:domain|company|site|website)\.com)"
        r"(?![\w-]|\.[a-z]{2})",
        r"example\.(?:com|org|net|edu)|(?:test|domain|company|site)\.com",
    ),
)
_SLOTS = (
    (rf"(?<![\w\])/])\[(?:{_SLOT})\](?!\()", r"\[[a-z][a-z0-9 _'/-]+\]"),
    (rf"<(?:{_SLOT})>", r"<[a-z][a-z0-9 _'/-]+>"),
    (r"\{\{\s*[a-z_][\w .|-]*\}\}", r"\{\{"),
    (r"(?<![\w\\}^_/$={])\{[a-z_][\w.]+(?::[.%,<>^][^{}]*)?\}", r"\{[a-z_]"),
)
_ALONE = "(?-i:string|foo|foobar|qwerty|placeholder|dummy)|yyyy-mm-dd|dd/mm/yyyy|mm/dd/yyyy"

_FLAGS = re.ASCII | re.IGNORECASE
_PHRASE = re.compile("|".join(verdict for verdict, _ in _PHRASES), _FLAGS)
_UNFILLED = re.compile("|".join(verdict for verdict, _ in _SLOTS), _FLAGS)
_WHOLE = re.compile(_ALONE, _FLAGS)
_NAMES_A_TYPE = re.compile(r"type|format|kind", _FLAGS)
_CODE = re.compile(
    r"```|`[^`]+`|</|/>|=>|\$\{|\\[a-z]+\{|\bf[\"']|\.format\(|[;{]\s*$|^[ \t]*(?:def|class|function)\s+\w+\s*[(:{]",
    re.ASCII | re.MULTILINE,
)
# `\u0054ODO` and `N\/A` are legal JSON too: texts with such escapes get the closer look.
_NEEDLE = "(?is)" + "|".join(
    [*(needle for _, needle in _PHRASES + _SLOTS), rf'(?:"|\\[nrt]| )(?:{_ALONE})(?:"|\\[nrt]| +")', r"\\u|\\/"]
)


@dataclass(frozen=True, slots=True)
class PlaceholderCheck:
    """Refuses filler in the strings of a record, and in its prompt; the keys may be what they like.

    Filler is what nobody writes in earnest: "lorem ipsum", "TODO", "John Doe", "your name here", addresses at
    example.com, slots that nobody filled (`[NAME]`, `<name>`, `{name}`; not in code), "asdf", and "string" as the whole
    of a value. Words that merely say that something is missing ("N/A", "unknown") are values. `allow` holds texts that
    the plan allows: what is found is accepted where one of them contains it, whatever the case.
    """

    allow: tuple[str, ...] = ()
    reason: ClassVar[str] = "placeholder"

    def screen(self, candidates: Candidates) -> BoolArray:
        """Rows whose text or prompt holds a trace of filler."""
        flagged = pc.match_substring_regex(candidates.texts, _NEEDLE)
        if candidates.prompts is not None:
            flagged = pc.or_(flagged, pc.match_substring_regex(candidates.prompts, _NEEDLE))
        return np.array(flagged)

    def refuse(self, value: Json, prompt: str | None) -> str | None:
        """The JSON path of the first filler, and the filler."""
        for leaf in leaves(value):
            if isinstance(leaf.value, str) and (found := self._filler(leaf.value, leaf.key)) is not None:
                return f"{leaf.path}: {found!r}"
        found = None if prompt is None else self._filler(prompt, None)
        return None if found is None else f"prompt: {found!r}"

    def _filler(self, text: str, key: str | None) -> str | None:
        found = [match[0] for match in _PHRASE.finditer(text)]
        if not _CODE.search(text):
            found += [match[0] for match in _UNFILLED.finditer(text)]
        if key is not None and _WHOLE.fullmatch(text.strip(" \n\r\t")) and not _NAMES_A_TYPE.search(key):
            found.append(text)
        return next((filler for filler in found if not self._allowed(filler)), None)

    def _allowed(self, filler: str) -> bool:
        return any(filler.casefold() in text.casefold() for text in self.allow)

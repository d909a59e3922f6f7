r"""Schemas of the wild, spelled as validators read them; what they mean stays.

Authors write patterns for the engine they know, and references as generators print them. What ECMA-262 reads in its
lenient mode (Annex B: a lone brace, a needless escape, a dash beside a class), half of a surrogate pair in a class, and
the anchors `\A`, `\Z` and `\z` are spelled out; characters that no URI may hold are escaped in references.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from urllib.parse import quote

from ...records import Json
from .characters import Ranges
from .regexes import class_at, is_servable

_URI_CHARACTERS = "!#$%&'()*+,-./:;=?@_~"
_VALUES = frozenset({"enum", "const", "default", "example", "examples"})
_MAPS = frozenset({"properties", "dependentSchemas", "dependencies", "definitions", "$defs"})
_SURROGATES = range(0xD800, 0xE000)
_QUANTIFIER = re.compile(r"\{\d+(,\d*)?\}")
_ANCHORS = {"A": "^", "Z": "$", "z": "$"}
_ESCAPES = frozenset("bBdDsSwWtnvfrcxukpP")


def spelled_out(schema: Json) -> Json:
    """The schema in the spelling of validators; the very same object where it is so already."""
    if isinstance(schema, list):
        return _changed(schema, [spelled_out(part) for part in schema])
    if not isinstance(schema, dict):
        return schema
    return _changed(schema, {keyword: _of_keyword(keyword, value) for keyword, value in schema.items()})


def _of_keyword(keyword: str, value: Json) -> Json:
    if keyword in _VALUES:
        return value
    if isinstance(value, dict):
        if keyword == "patternProperties":
            return _changed(value, {spelled(name): spelled_out(part) for name, part in value.items()})
        if keyword in _MAPS:
            return _changed(value, {name: spelled_out(part) for name, part in value.items()})
    if isinstance(value, str):
        if keyword == "pattern":
            return spelled(value)
        return quote(value, safe=_URI_CHARACTERS) if keyword == "$ref" else value
    return spelled_out(value)


def _changed(old: Json, new: Json) -> Json:
    """The old container where nothing in it is new, so that a schema of megabytes is not copied."""
    if isinstance(old, list):
        return old if all(map(_is, old, new)) else new
    return old if old.keys() == new.keys() and all(old[name] is new[name] for name in old) else new


def _is(one: Json, other: Json) -> bool:
    return one is other


@functools.lru_cache(maxsize=4_096)
def spelled(pattern: str) -> str:
    """A pattern that validators compile and that matches the same texts; as it is where there is none."""
    if is_servable(pattern):
        return pattern
    try:
        found = "".join(_tokens(pattern))
    except (IndexError, ValueError):  # it ends within a token, so no spelling helps
        return pattern
    return found if is_servable(found) else pattern


def _tokens(pattern: str) -> list[str]:
    out, at = [], 0
    while at < len(pattern):
        read: Callable[[str, int], tuple[str, int]] = _READERS.get(pattern[at], _plain)
        token, at = read(pattern, at)
        out.append(token)
    return out


def _plain(pattern: str, at: int) -> tuple[str, int]:
    return pattern[at], at + 1


def _closing(pattern: str, at: int) -> tuple[str, int]:
    return f"\\{pattern[at]}", at + 1


def _brace(pattern: str, at: int) -> tuple[str, int]:
    found = _QUANTIFIER.match(pattern, at)
    return (found[0], found.end()) if found and at else ("\\{", at + 1)


def _escape(pattern: str, at: int) -> tuple[str, int]:
    char = pattern[at + 1]
    if char in _ANCHORS:
        return _ANCHORS[char], at + 2
    if char.isascii() and char.isalpha() and char not in _ESCAPES:
        return char, at + 2
    return f"\\{char}", at + 2


def _group(pattern: str, at: int) -> tuple[str, int]:
    return ("(?<", at + 4) if pattern.startswith("(?P<", at) else ("(", at + 1)


def _class(pattern: str, at: int) -> tuple[str, int]:
    ranges, end, is_exact = class_at(pattern, at)
    return (_written(ranges) if is_exact else pattern[at:end]), end


def _written(ranges: Ranges) -> str:
    """A class of code points, without halves of surrogate pairs: no text has them."""
    kept = []
    for low, high in ranges:
        kept += [(low, min(high, _SURROGATES.start - 1)), (max(low, _SURROGATES.stop), high)]
    spans = [f"\\u{{{low:X}}}-\\u{{{high:X}}}" for low, high in kept if low <= high]
    return f"[{''.join(dict.fromkeys(spans))}]" if spans else "(?!)"


_READERS: dict[str, Callable[[str, int], tuple[str, int]]] = {
    "\\": _escape,
    "[": _class,
    "{": _brace,
    "}": _closing,
    "]": _closing,
    "(": _group,
}

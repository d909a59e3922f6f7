"""Regular expressions of ECMA-262 as trees.

Trees describe texts to generate, so what only narrows a match (boundaries, back references) is left out and reported by
`is_exact`; what is generated then has to be checked against the expression itself.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass

from .characters import BLANKS, CONTROLS, DIGITS, ENDS_OF_LINE, LONG_NAMES, PROPERTIES, WORDS, Ranges, complement
from .pattern_sizes import MOST, size_of

_MOST = 1 << 20
_LOOKS = ("?=", "?!", "?<=", "?<!")
_FLAGS = re.compile(r"\?[a-z]*(-[a-z]+)?:")


@dataclass(frozen=True, slots=True)
class Chars:
    """One character of these ranges of code points, ends included."""

    ranges: Ranges


@dataclass(frozen=True, slots=True)
class Sequence:
    """Parts, one after the other."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """One of the options."""

    options: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """An item, `least` to `most` times; `most` is None without an upper bound."""

    item: Tree
    least: int
    most: int | None


@dataclass(frozen=True, slots=True)
class Anchor:
    """The start ("^") or the end ("$") of the text."""

    at: str


@dataclass(frozen=True, slots=True)
class Look:
    """What must come next, or must not; what is before is not told apart (`is_behind`)."""

    tree: Tree
    is_wanted: bool
    is_behind: bool


Tree = Chars | Sequence | Either | Repeat | Anchor | Look
EMPTY = Sequence(())


def problem_of(pattern: str) -> str | None:
    """Why a pattern is no regular expression of ECMA-262, or None."""
    import regress

    try:
        regress.Regex(pattern, "u")
    except regress.RegressError as error:
        try:
            regress.Regex(pattern)
        except regress.RegressError:
            return str(error)
    return None


@functools.lru_cache(maxsize=4_096)
def _validator(pattern: str) -> Callable[[str], bool] | None:
    import jsonschema_rs

    if size_of(pattern) > MOST:
        return None
    try:
        return jsonschema_rs.Draft7Validator({"pattern": pattern}).is_valid
    except jsonschema_rs.ValidationError:
        return None


def is_servable(pattern: str) -> bool:
    """Whether the validator can compile a pattern: it bounds the size of what it compiles."""
    return _validator(pattern) is not None


def matches(pattern: str, text: str) -> bool:
    """Whether a servable pattern is found in a text; takes time linear in the text for plain patterns."""
    is_valid = _validator(pattern)
    return is_valid is not None and is_valid(text)


def parse(pattern: str) -> tuple[Tree, bool]:
    """The tree of a valid pattern, and whether its texts are exactly those that match."""
    parser = _Parser(pattern)
    return parser.either(), parser.is_exact


def class_at(pattern: str, at: int) -> tuple[Ranges, int, bool]:
    """The characters of the class that opens at a place of a pattern, where it ends, and whether they are exact.

    Raises:
        IndexError: it doesn't end.

    """
    parser = _Parser(pattern)
    parser.at = at + 1
    return parser.char_class(), parser.at, parser.is_exact


class _Parser:
    def __init__(self, text: str) -> None:
        self.text, self.at, self.is_exact = text, 0, True

    def peek(self, what: str) -> bool:
        return self.text.startswith(what, self.at)

    def take(self, what: str) -> bool:
        if self.peek(what):
            self.at += len(what)
            return True
        return False

    def next(self) -> str:
        self.at += 1
        return self.text[self.at - 1]

    def either(self) -> Tree:
        options = [self.sequence()]
        while self.take("|"):
            options.append(self.sequence())
        return options[0] if len(options) == 1 else Either(tuple(options))

    def sequence(self) -> Tree:
        parts: list[Tree] = []
        while self.at < len(self.text) and not self.peek("|") and not self.peek(")"):
            part = self.quantified(self.atom())
            if part != EMPTY:
                parts.append(part)
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def quantified(self, item: Tree) -> Tree:
        least, most = 1, 1
        if self.take("*"):
            bounds: tuple[int, int | None] | None = (0, None)
        elif self.take("+"):
            bounds = (1, None)
        elif self.take("?"):
            bounds = (0, 1)
        else:
            bounds = self.braces()
        if bounds is None:
            return item
        self.take("?")
        least, upper = bounds
        most = min(upper, _MOST) if upper is not None else -1
        if isinstance(item, Anchor | Look) or item == EMPTY:
            return item if least else EMPTY
        return Repeat(item, min(least, _MOST), None if most < 0 else most)

    def braces(self) -> tuple[int, int | None] | None:
        end = self.text.find("}", self.at)
        if not self.peek("{") or end < 0:
            return None
        low, comma, high = self.text[self.at + 1 : end].partition(",")
        if not low.isdecimal() or not (high.isdecimal() or not high):
            return None
        self.at = end + 1
        return int(low), (int(high) if high else None) if comma else int(low)

    def atom(self) -> Tree:
        char = self.next()
        if char == "(":
            return self.group()
        if char == "[":
            return Chars(self.char_class())
        if char == ".":
            return Chars(complement(ENDS_OF_LINE))
        if char in "^$":
            return Anchor(char)
        if char == "\\":
            return self.escape()
        return Chars(((ord(char), ord(char)),))

    def group(self) -> Tree:
        look = next((start for start in _LOOKS if self.take(start)), None)
        if look is None and not self.take("?:") and not self.flags() and self.take("?<"):
            self.at = self.text.index(">", self.at) + 1
        tree = self.either()
        self.take(")")
        if look is None:
            return tree
        return Look(tree, look.endswith("="), "<" in look)

    def flags(self) -> bool:
        """Takes the flags of a group; their meaning is left out."""
        found = _FLAGS.match(self.text, self.at)
        if found is None:
            return False
        self.at, self.is_exact = found.end(), False
        return True

    def escape(self) -> Tree:
        if (
            self.peek("b")
            or self.peek("B")
            or self.peek("k<")
            or (self.text[self.at].isdecimal() and not self.peek("0"))
        ):
            self.is_exact = False
            if self.next() == "k":
                self.at = self.text.index(">", self.at) + 1
            return EMPTY
        return Chars(self.escaped())

    def escaped(self) -> Ranges:
        char = self.next()
        classes = {"d": DIGITS, "w": WORDS, "s": BLANKS}
        if char.lower() in classes:
            ranges = classes[char.lower()]
            return ranges if char.islower() else complement(ranges)
        if char in "pP" and self.peek("{"):
            return self.unicode_property(char == "P")
        code = self.code_point(char)
        return ((code, code),)

    def unicode_property(self, is_negated: bool) -> Ranges:
        end = self.text.index("}", self.at)
        name = self.text[self.at + 1 : end].rpartition("=")[2]
        self.at = end + 1
        ranges = PROPERTIES.get(LONG_NAMES.get(name, name))
        self.is_exact = self.is_exact and ranges is not None and not is_negated
        ranges = ranges or PROPERTIES["L"]
        return complement(ranges) if is_negated else ranges

    def code_point(self, char: str) -> int:
        if char in CONTROLS:
            return CONTROLS[char]
        if char == "c" and self.at < len(self.text):
            return ord(self.next()) % 32
        if char == "u" and self.take("{"):
            end = self.text.index("}", self.at)
            code, self.at = int(self.text[self.at : end], 16), end + 1
            return code
        width = {"x": 2, "u": 4}.get(char, 0)
        digits = self.text[self.at : self.at + width]
        if width and len(digits) == width and all(digit in "0123456789abcdefABCDEF" for digit in digits):
            self.at += width
            return int(digits, 16)
        return ord(char)

    def char_class(self) -> Ranges:
        is_negated = self.take("^")
        ranges: list[tuple[int, int]] = []
        while not self.take("]"):
            low = self.class_atom()
            is_range = self.peek("-") and not self.peek("-]") and len(low) == 1 and low[0][0] == low[0][1]
            if not is_range:
                ranges.extend(low)
                continue
            self.next()
            high = self.class_atom()
            if len(high) == 1 and high[0][0] == high[0][1]:
                ranges.append((low[0][0], high[0][0]))
            else:
                ranges.extend((*low, (45, 45), *high))
        return complement(tuple(ranges)) if is_negated else tuple(sorted(ranges))

    def class_atom(self) -> Ranges:
        char = self.next()
        if char != "\\":
            return ((ord(char), ord(char)),)
        if self.take("b"):
            return ((8, 8),)
        return self.escaped()

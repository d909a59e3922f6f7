"""What must hold of one value, gathered from all the places that speak of it.

A form is a conjunction without choices: `allOf` and references are merged into it, and where a schema offers a choice
(`anyOf`, `oneOf`, `if`, a dependent schema), the form has taken one of its options (see `branches`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from ...records import Json
from .places import Place
from .regexes import matches

TYPES = ("object", "array", "string", "integer", "number", "boolean", "null")

Places = tuple[Place, ...]


class Dead(NamedTuple):
    """Why no value can be drawn: the keyword, its JSON pointer, and a reason in words."""

    keyword: str
    path: str
    why: str


@dataclass(slots=True)
class Shape:
    """What one schema says of an object's properties."""

    properties: dict[str, Place] = field(default_factory=dict)
    patterns: list[tuple[str, Place]] = field(default_factory=list)
    additional: Place | None = None

    def own(self, name: str) -> list[Place]:
        """What it says of a property by name or pattern."""
        named = [self.properties[name]] if name in self.properties else []
        return named + [place for pattern, place in self.patterns if matches(pattern, name)]

    def evaluates(self, name: str) -> bool:
        """Whether it says anything of a property."""
        return self.additional is not None or bool(self.own(name))


@dataclass(slots=True)
class Tuple:
    """What one schema says of an array's items: the first ones by place, then all others."""

    first: list[Place] = field(default_factory=list)
    rest: Place | None = None

    def evaluates(self, position: int) -> bool:
        """Whether it says anything of the item at a position."""
        return self.rest is not None or position < len(self.first)


class Contained(NamedTuple):
    """How many items must be like this; `most` is None without an upper bound."""

    place: Place
    least: int
    most: int | None


@dataclass(slots=True)
class Scope:
    """What one schema evaluates of a value, and the place that what it doesn't evaluate has to satisfy.

    `is_complete` where a keyword further inside evaluates all the rest.
    """

    of_items: bool
    place: Place
    shapes: list[Shape] = field(default_factory=list)
    tuples: list[Tuple] = field(default_factory=list)
    contained: list[Place] = field(default_factory=list)
    is_complete: bool = False

    def of_property(self, name: str) -> Places:
        """What is left to say of a property."""
        is_known = self.of_items or self.is_complete or any(shape.evaluates(name) for shape in self.shapes)
        return () if is_known else (self.place,)

    def of_item(self, position: int) -> Places:
        """What is left to say of the item at a position: one that `contains` asks for is evaluated by it."""
        is_known = not self.of_items or self.is_complete or any(row.evaluates(position) for row in self.tuples)
        if is_known:
            return ()
        return (self.contained[0],) if self.contained and self.place.schema is False else (self.place,)


class Group(NamedTuple):
    """A choice: one of the options holds, all places of it. `usual` is the one that gets in the way of others least."""

    key: str
    options: tuple[Places, ...]
    usual: int = 0


@dataclass(slots=True)
class Form:
    """The conjunction. `implied` are the types whose keywords were seen; `needs_check` where drawing cannot promise."""

    types: set[str] = field(default_factory=lambda: set(TYPES))
    implied: set[str] = field(default_factory=set)
    is_typed: bool = False
    values: list[Json] | None = None
    low: float | int | None = None
    high: float | int | None = None
    low_open: bool = False
    high_open: bool = False
    steps: list[Fraction] = field(default_factory=list)
    shortest: int = 0
    longest: int | None = None
    patterns: list[str] = field(default_factory=list)
    formats: list[str] = field(default_factory=list)
    contents: set[str] = field(default_factory=set)
    fewest: int = 0
    most: int | None = None
    tuples: list[Tuple] = field(default_factory=list)
    contained: list[Contained] = field(default_factory=list)
    is_unique: bool = False
    shapes: list[Shape] = field(default_factory=list)
    required: dict[str, Place] = field(default_factory=dict)
    absent: set[str] = field(default_factory=set)
    extra: dict[str, list[Place]] = field(default_factory=dict)
    least: int = 0
    fullest: int | None = None
    names: list[Place] = field(default_factory=list)
    needs: dict[str, dict[str, None]] = field(default_factory=dict)  # ordered, so that records are
    scopes: list[Scope] = field(default_factory=list)
    excluded: list[Place] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    samples: list[Json] = field(default_factory=list)
    needs_check: bool = False
    dead: Dead | None = None

    def refuse(self, keyword: str, place: Place, why: str) -> None:
        """Marks the form as impossible; the first reason stays."""
        self.dead = self.dead or Dead(keyword, f"{place.pointer}/{keyword}", why)

    def keep_types(self, kept: Iterable[str]) -> None:
        """Only these types; `number` keeps integers."""
        names = set(kept)
        if "number" in names:
            names.add("integer")
        self.types &= names

    def at_least(self, bound: float | int, is_open: bool) -> None:
        """A lower bound for numbers."""
        if self.low is None or bound > self.low or (bound == self.low and is_open):
            self.low, self.low_open = bound, is_open

    def at_most(self, bound: float | int, is_open: bool) -> None:
        """An upper bound for numbers."""
        if self.high is None or bound < self.high or (bound == self.high and is_open):
            self.high, self.high_open = bound, is_open

    def of_property(self, name: str) -> Places:
        """All that is said of the property of this name."""
        places: list[Place] = list(self.extra.get(name, ()))
        for shape in self.shapes:
            own = shape.own(name)
            if not own and shape.additional is not None:
                own.append(shape.additional)
            places += own
        for scope in self.scopes:
            places += scope.of_property(name)
        return tuple(places)

    def of_item(self, position: int) -> Places:
        """All that is said of the item at a position; positions beyond every tuple say it of all others."""
        places = [row.first[position] if position < len(row.first) else row.rest for row in self.tuples]
        for scope in self.scopes:
            places += scope.of_item(position)
        return tuple(place for place in places if place is not None)

    def declares(self, name: str) -> bool:
        """Whether the schema names this property."""
        return name in self.required or any(name in shape.properties for shape in self.shapes)

    @property
    def declared(self) -> list[str]:
        """The names of properties, in the order of the schema."""
        named = (name for shape in self.shapes for name in shape.properties)
        return list(dict.fromkeys([*named, *self.required]))


def lower(bound: int | None, other: int) -> int:
    """The stricter of two upper bounds, the first of which there may not be."""
    return other if bound is None else min(bound, other)


def whole(bound: float) -> int:
    """A count that a schema may spell as a float."""
    return math.ceil(bound)

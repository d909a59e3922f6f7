"""From a template as a plan has it to one that can be written out."""

from __future__ import annotations

import numpy as np

from ...errors import InputError, PlanError, Problem
from ...records import Json
from .coordinates import Product
from .forms import Form, arrow_of, form_of_texts
from .nodes import Array, Constant, Node, Object, Text, Use, json_pieces
from .parsing import Piece, Reference, Variation, parse_text
from .pools import Pool
from .slots import Slots
from .template import Template
from .writing import json_text


def compile_template(template: Json, slots: Slots, key: np.uint64, where: str) -> Template:
    """A template ready to be written out. Raises PlanError with everything that is wrong, each with its JSON path."""
    try:
        json_text(template)
    except ValueError as error:
        raise PlanError.at(where, str(error)) from None
    compiler = _Compiler(slots)
    compiler.read(template, where)
    compiler.raise_problems()
    node = compiler.node(template, where)
    compiler.raise_problems()
    return Template(
        node, json_pieces(node), Product(key, tuple(compiler.sizes)), compiler.left_out, frozenset(compiler.variations)
    )


class _Compiler:
    """Compiles one template in two passes: which columns of a row slot it uses decides which rows the slot has."""

    def __init__(self, slots: Slots) -> None:
        self._slots = slots
        self._problems: list[Problem] = []
        self._pieces: dict[str, list[Piece]] = {}
        self._columns: dict[str, dict[str, None]] = {}
        self._axes: dict[str, int] = {}
        self._forms: dict[tuple[str, str | None, str | None, bool], Form] = {}
        self.sizes: list[int] = []
        self.variations: list[int] = []
        self.left_out: dict[str, int] = {}

    def raise_problems(self) -> None:
        if self._problems:
            raise PlanError(self._problems)

    def read(self, value: Json, where: str) -> None:
        """The first pass: every text is parsed, and its references are looked up."""
        if isinstance(value, dict):
            for name, member in value.items():
                self.read(member, f"{where}.{name}")
        elif isinstance(value, list):
            for number, item in enumerate(value):
                self.read(item, f"{where}[{number}]")
        elif isinstance(value, str):
            try:
                self._pieces[where] = parse_text(value, where)
                self._look_up(where)
            except InputError as error:
                self._problems.extend(error.problems)

    def _look_up(self, where: str) -> None:
        for piece in self._pieces[where]:
            if isinstance(piece, Reference):
                slot, column = self._slots.resolve(piece, where)
                if column is not None:
                    self._columns.setdefault(slot, {})[column] = None

    def node(self, value: Json, where: str) -> Node:
        """The second pass: the tree. What holds no slot is one constant."""
        if isinstance(value, dict):
            members = [(name, self.node(member, f"{where}.{name}")) for name, member in value.items()]
            if any(not isinstance(member, Constant) for _, member in members):
                return Object(tuple(members))
            return _constant({name: member.value for name, member in members if isinstance(member, Constant)})
        if isinstance(value, list):
            items = [self.node(item, f"{where}[{number}]") for number, item in enumerate(value)]
            if any(not isinstance(item, Constant) for item in items):
                return Array(tuple(items))
            return _constant([item.value for item in items if isinstance(item, Constant)])
        return self._text(where) if isinstance(value, str) else _constant(value)

    def _text(self, where: str) -> Node:
        pieces = self._pieces[where]
        alone = len(pieces) == 1 and isinstance(pieces[0], Reference) and pieces[0].spec is None
        try:
            written = [piece if isinstance(piece, str) else self._use(piece, alone, where) for piece in pieces]
        except InputError as error:
            self._problems.extend(error.problems)
            return Text(())
        if alone and isinstance(written[0], Use):
            return written[0]
        if any(isinstance(piece, Use) for piece in written):
            return Text(tuple(written))
        return _constant("".join(piece for piece in written if isinstance(piece, str)))

    def _use(self, piece: Reference | Variation, alone: bool, where: str) -> Use:
        if isinstance(piece, Variation):
            self.variations.append(self._new_axis(len(piece.texts)))
            return Use(self.variations[-1], form_of_texts(piece.texts))
        slot, column = self._slots.resolve(piece, where)
        pool = self._pool(slot, column)
        if slot not in self._axes:
            self._axes[slot] = self._new_axis(pool.size)
        key = (slot, column, piece.spec, alone)
        if key not in self._forms:
            try:
                self._forms[key] = pool.form(piece.spec, alone)
            except ValueError as error:
                raise PlanError.at(where, f"{piece}: {error}") from None
        return Use(self._axes[slot], self._forms[key])

    def _pool(self, slot: str, column: str | None) -> Pool:
        if column is None:
            return self._slots.pool(slot)
        rows = self._slots.rows(slot, self._columns[slot])
        if rows.left_out:
            self.left_out[slot] = rows.left_out
        return rows.columns[column]

    def _new_axis(self, size: int) -> int:
        self.sizes.append(size)
        return len(self.sizes) - 1


def _constant(value: Json) -> Constant:
    return Constant(value, arrow_of([value]))

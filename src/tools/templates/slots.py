"""The slots of a category, by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from ...errors import PlanError
from ...hints import nearest
from ...plan import Slot
from ..sources import Table, column
from .origins import Rows, pool_of, rows_of, table_of
from .parsing import Reference
from .pools import Pool


class Slots:
    """The slots of a category. Their values are read or drawn once, when a template first uses them."""

    def __init__(self, slots: Mapping[str, Slot], tables: Mapping[str, Table], key: np.uint64, where: str) -> None:
        self._slots, self._tables, self._key, self._where = slots, tables, key, where
        self._pools: dict[str, Pool] = {}
        self._rows: dict[tuple[str, ...], Rows] = {}

    def resolve(self, reference: Reference, where: str) -> tuple[str, str | None]:
        """The slot a reference names, and the column where it is a row slot.

        Raises PlanError or SourceError where there is no such slot or column.
        """
        name, dot, wanted = reference.name, "", ""
        if name not in self._slots:
            name, dot, wanted = name.partition(".")
        if name not in self._slots:
            mend = f"{nearest(name, self._slots)}; for literal braces write {{{{ and }}}}"
            raise PlanError.at(where, f"{reference} names no slot", mend)
        slot = self._slots[name]
        if slot.source is None or slot.column is not None:
            if dot:
                raise PlanError.at(where, f"{reference}: the slot {name!r} has no columns", f"write {{{name}}}")
            return name, None
        table = table_of(slot, self._tables, self._place(name))
        if not dot:
            mend = f"write {{{name}.COLUMN}}; columns: {', '.join(table.columns.column_names)}"
            raise PlanError.at(where, f"{reference} is a row of {slot.source!r}: which column?", mend)
        column(table, wanted, where)
        return name, wanted

    def pool(self, name: str) -> Pool:
        """The values of a slot that is no row slot."""
        if name not in self._pools:
            self._pools[name] = pool_of(name, self._slots[name], self._tables, self._key, self._place(name))
        return self._pools[name]

    def rows(self, name: str, columns: Iterable[str]) -> Rows:
        """The rows of a row slot, as far as these columns go."""
        key = (name, *columns)
        if key not in self._rows:
            self._rows[key] = rows_of(self._slots[name], key[1:], self._tables, self._place(name))
        return self._rows[key]

    def _place(self, name: str) -> str:
        return f"{self._where}.slots.{name}"

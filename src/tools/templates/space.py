"""All records that a category's templates can give, by number."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ...errors import InputError, PlanError, Problem
from ...plan import Slot
from ...records import Int64Array, Json
from .. import draws
from ..sources import Table
from .compiling import compile_template
from .coordinates import REACH
from .slots import Slots
from .template import Template
from .turns import Turns


@dataclass(frozen=True, slots=True)
class TemplateSpace:
    """The records of a category, numbered from 0.

    No two numbers give the same template with the same variations and slot values, and no number depends on another.
    `arrow_type` is the struct type that all records have exactly, or None where they have none in common.
    """

    templates: tuple[Template, ...]
    turns: Turns
    arrow_type: pa.DataType | None

    @property
    def capacity(self) -> int:
        """How many records there are; may exceed 2**64, of which the numbers below 2**62 can be asked for."""
        return sum(capacity for _, capacity in self.capacities)

    @property
    def capacities(self) -> list[tuple[int, int]]:
        """The index of each template, and how many records it gives."""
        return [(index, template.product.capacity) for index, template in enumerate(self.templates)]

    @property
    def left_out(self) -> list[tuple[int, str, int]]:
        """The index of a template, a row slot of it, and how many of its rows have an empty cell in a column used."""
        return [(index, *slot) for index, template in enumerate(self.templates) for slot in template.left_out.items()]

    def texts(self, numbers: Int64Array) -> pa.StringArray:
        """The records of these numbers, as compact JSON. Raises ArrowInvalid where they take 2 GiB or more."""
        return self._by_template(numbers, Template.texts) if len(numbers) else pa.array([], pa.string())

    def plain_texts(self, numbers: Int64Array) -> pa.StringArray:
        """The same records in the first wording of every variation, for telling which differ in wording alone."""
        return self._by_template(numbers, Template.plain_texts) if len(numbers) else pa.array([], pa.string())

    def structs(self, numbers: Int64Array) -> pa.StructArray:
        """The same records as Arrow structs, for numbers whose texts take less than 2 GiB.

        Raises ValueError where `arrow_type` is None.
        """
        if self.arrow_type is None:
            raise ValueError("the records have no Arrow type in common")
        return self._by_template(numbers, Template.values) if len(numbers) else pa.array([], self.arrow_type)

    def _by_template(self, numbers: Int64Array, write: Callable[[Template, Int64Array], pa.Array]) -> pa.Array:
        if numbers.min() < 0 or numbers.max() >= min(self.capacity, REACH):
            raise IndexError(f"numbers run from 0 up to {min(self.capacity, REACH)}")
        if len(self.templates) == 1:
            return write(self.templates[0], numbers)
        whose, ordinals = self.turns.of(numbers)
        rows = [np.flatnonzero(whose == index) for index in range(len(self.templates))]
        columns = [write(self.templates[index], ordinals[own]) for index, own in enumerate(rows) if len(own)]
        place = np.empty(len(numbers), np.int64)
        place[np.concatenate(rows)] = np.arange(len(numbers))
        return pa.concat_arrays(columns).take(pa.array(place))


def compile_templates(
    templates: Sequence[Json], slots: Mapping[str, Slot], tables: Mapping[str, Table], *, key: np.uint64, where: str
) -> TemplateSpace:
    """The records of these templates (at least one) over these slots.

    `tables` are the plan's sources by name; the same `key` gives the same records; `where` is the category's place in
    the plan. Slots that no template uses are not looked at. Raises PlanError with everything that is wrong, each with
    its JSON path.
    """
    named = Slots(slots, tables, key, where)
    compiled, problems = [], list[Problem]()
    for index, template in enumerate(templates):
        try:
            own_key = draws.key_of(key, "template", index)
            compiled.append(compile_template(template, named, own_key, f"{where}.templates[{index}]"))
        except InputError as error:
            problems.extend(error.problems)
    if problems:
        raise PlanError(list(dict.fromkeys(problems)))
    turns = Turns.over([template.product.capacity for template in compiled])
    return TemplateSpace(tuple(compiled), turns, _struct_in_common(compiled))


def _struct_in_common(templates: Sequence[Template]) -> pa.DataType | None:
    first, *others = (template.arrow_type for template in templates)
    return first if first is not None and pa.types.is_struct(first) and all(one == first for one in others) else None

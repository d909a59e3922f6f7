"""What must not hold, turned into what must: `not`, the other options of `oneOf`, an `if` that shall fail."""

from __future__ import annotations

from typing import Protocol

from .forms import Dead, Form, Places, lower
from .keywords import same
from .places import Place


class Meeting(Protocol):
    """Tells whether places can hold together."""

    def can_meet(self, places: Places) -> bool:
        """Whether any value may satisfy all the places."""
        ...


def rule_out(form: Form, other: Form, place: Place, meeting: Meeting) -> None:
    """Narrows `form` so that its values do not satisfy `other`; where that cannot be promised, they need a check.

    `place` is where `other` was written, for the reason if nothing is left.
    """
    if other.excluded or other.needs_check:
        form.needs_check = True  # `other` was narrowed, and has more values than it tells
    if not form.types & other.types or _is_apart(form, other, meeting):
        return
    if other.values is not None:
        _drop_values(form, other, place)
    elif _is_everything(other):
        _refuse(form, place, "it excludes every value")
    elif not _keep_spoken_of(form, other):
        _refuse(form, place, "it excludes every value of the types that are left")
    elif not (_drop_types(form, other) or _drop_property(form, other)):
        _narrow(form, other)
        form.needs_check = True


def _refuse(form: Form, place: Place, why: str) -> None:
    form.dead = form.dead or Dead("not", place.pointer, why)


def _is_apart(form: Form, other: Form, meeting: Meeting) -> bool:
    """Whether the two have no value in common: their values, or a required property, tell them apart."""
    if form.values is not None and other.values is not None:
        return not any(same(one, two) for one in form.values for two in other.values)
    if "object" in form.types and form.types & other.types == {"object"}:
        if set(other.required) & form.absent:
            return True
        for name in form.required:
            there = other.of_property(name)
            if there and _tells(there) and not meeting.can_meet((*form.of_property(name), *there)):
                return True
    return False


def _tells(places: Places) -> bool:
    """Whether places say enough of a property to tell two schemas apart."""
    return any(
        place.schema is False
        or (isinstance(place.schema, dict) and {"const", "enum", "type", "$ref"} & place.schema.keys())
        for place in places
    )


def _drop_values(form: Form, other: Form, place: Place) -> None:
    form.needs_check = True
    if form.values is not None:
        form.values = [value for value in form.values if not any(same(value, gone) for gone in other.values or ())]
        if not form.values:
            _refuse(form, place, "it excludes every value that is left")
        return
    kinds = {"null" if value is None else "boolean" for value in other.values or () if value is None or value is True}
    if form.types - kinds - {"boolean"} and "null" in kinds:
        form.types -= {"null"}


def _is_everything(other: Form) -> bool:
    return not (other.is_typed or other.implied or other.required or other.excluded or other.needs_check)


def _keep_spoken_of(form: Form, other: Form) -> bool:
    """Keeps the types that `other` speaks of, where it names none: values of other types satisfy it, whatever they are.

    False if none is left.
    """
    if not other.is_typed and not other.excluded and not other.needs_check:
        form.keep_types(other.implied)
        form.is_typed = True
    return bool(form.types)


def _drop_types(form: Form, other: Form) -> bool:
    """Leaves out the types of `other`, where it names types and others remain."""
    if not other.is_typed:
        return False
    gone = set(other.types)
    if "integer" in gone and "number" not in gone and "number" in form.types:
        return False
    wanted = form.types - gone
    if form.implied and not form.is_typed and not wanted & form.implied:
        return False
    if not wanted:
        return False
    form.types = wanted
    form.is_typed = True
    return True


def _drop_property(form: Form, other: Form) -> bool:
    """Leaves out a property that `other` requires, or gives one a value that it refuses."""
    if "object" not in form.types or (other.types - {"object"} and other.is_typed):
        return False
    is_object = form.types == {"object"} or "object" in form.implied
    if not is_object:
        return False
    loose = [name for name in other.required if name not in form.required]
    if loose:
        form.absent.add(min(loose, key=form.declares))
        form.types = {"object"}
        return True
    names = dict.fromkeys([*other.required, *other.declared])
    for name in sorted(names, key=form.declares, reverse=True):  # stable: the order of the schema decides otherwise
        telling = [place for place in other.of_property(name) if place.schema is not True]
        if telling and name not in form.absent:
            best = max(telling, key=lambda place: _tells((place,)))
            form.extra.setdefault(name, []).append(best.opposite())
            form.required.setdefault(name, best)
            break
    return False


def _narrow(form: Form, other: Form) -> None:
    """Turns one bound of `other` around, where it has but one and the form has room beyond it."""
    if other.low is not None or other.high is not None:
        _narrow_numbers(form, other)
    elif other.shortest > form.shortest and not other.patterns:
        form.longest = lower(form.longest, other.shortest - 1)
    elif other.longest is not None and not other.patterns:
        if form.longest is None or form.longest > other.longest:
            form.shortest = max(form.shortest, other.longest + 1)
    elif other.fewest > form.fewest and not other.contained:
        form.most = lower(form.most, other.fewest - 1)
    elif other.most is not None and not other.contained:
        if form.most is None or form.most > other.most:
            form.fewest = max(form.fewest, other.most + 1)


def _narrow_numbers(form: Form, other: Form) -> None:
    if other.steps:
        return  # most numbers are off a grid
    if other.high is None and other.low is not None:
        if form.low is None or form.low < other.low:
            form.at_most(other.low, not other.low_open)
    elif other.low is None and other.high is not None:
        if form.high is None or form.high > other.high:
            form.at_least(other.high, not other.high_open)

"""Amounts of money that add up: quantity and price give a total, line totals a subtotal, tax and shipping the rest."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence

from ...records import Json
from .names import words_of
from .relations import ABSENT, Columns, Fields, Relation, is_number
from .rows import Rows


def _named(text: str) -> dict[str, int]:
    return {name.strip(): at for at, name in enumerate(text.split(","))}


_ROLES = {
    "price": _named("unit price, unit cost, price per unit, item price, price each, unit amount, unit value, price per "
                    "night, nightly rate, hourly rate, daily rate, price per share, ticket price, price per ticket, "
                    "price, rate"),
    "quantity": _named("quantity, qty, item quantity, order quantity, quantity ordered, number of units, units"),
    "total": _named("line total, total price, total amount, grand total, order total, invoice total, item total, "
                    "extended price, gross, gross amount, gross total, total cost, total, amount total, total value, "
                    "line amount, final price, total due"),
    "subtotal": _named("subtotal, sub total, net, net amount, net total, items total, amount before tax, total before "
                       "tax"),
    "amount": _named("amount, cost"),
    "tax": _named("tax, vat, tax amount, vat amount, sales tax, gst, tax total, total tax"),
    "tax rate": _named("tax rate, vat rate, tax percent, vat percent, tax percentage, vat percentage"),
    "added": _named("shipping, shipping cost, shipping fee, delivery fee, service fee, tip, handling fee, freight, "
                    "shipping amount, delivery cost, shipping total"),
    "discount": _named("discount, discount amount, discount total, total discount, rebate"),
    "discount rate": _named("discount percent, discount percentage, discount rate, discount pct"),
    "items": _named("items, line items, lines, order items, products, positions, entries, cart, order lines, "
                    "invoice lines, invoice items, cart items, line entries, services"),
}  # fmt: skip
_PER = {"night": ("nights", "number of nights"), "nightly": ("nights", "number of nights"),
        "hourly": ("hours", "hours worked"), "daily": ("days", "number of days"),
        "share": ("shares", "number of shares", "quantity"), "ticket": ("tickets", "number of tickets", "num tickets",
                                                                         "quantity")}  # fmt: skip
_TAX_RATES = (0.05, 0.07, 0.1, 0.19, 0.2)
_DISCOUNTS = (0.0, 0.0, 0.05, 0.1)


@functools.lru_cache(maxsize=4_096)
def _role(name: str) -> tuple[str, int] | None:
    called = " ".join(words_of(name))
    return next(((role, names[called]) for role, names in _ROLES.items() if called in names), None)


@functools.lru_cache(maxsize=4_096)
def _roles(names: tuple[str, ...]) -> dict[str, list[str]]:
    """The names that play each role, the most telling first."""
    found: dict[str, list[tuple[int, str]]] = {}
    for name in names:
        role = _role(name)
        if role is not None:
            found.setdefault(role[0], []).append((role[1], name))
    roles = {role: [name for _, name in sorted(group)] for role, group in found.items()}
    for price in roles.get("price", ())[:1]:
        wanted = next((_PER[word] for word in words_of(price) if word in _PER), ())
        counted = [name for name in names if " ".join(words_of(name)) in wanted]
        if wanted:
            roles["quantity"] = counted
    return roles


def amounts(names: Sequence[str], fields: Fields) -> list[Relation]:
    """The relation of an object's amounts, if its names tell of one."""
    roles = _roles(tuple(names))
    is_product = bool(roles.get("quantity") and roles.get("price"))
    if not roles.get("total") and roles.get("amount") and is_product:
        roles = {**roles, "total": roles["amount"][:1]}
    if not roles.get("subtotal") and roles.get("amount") and roles.get("tax") and roles.get("total"):
        roles = {**roles, "subtotal": roles["amount"][:1]}
    has_base = is_product or roles.get("items") or (roles.get("subtotal") and (roles.get("tax") or roles.get("added")))
    has_result = roles.get("total") or (roles.get("subtotal") and (is_product or roles.get("items")))
    return [Amounts(roles, fields)] if has_base and has_result else []


class Amounts:
    """The amounts of an order, an invoice, or one line of them."""

    def __init__(self, roles: dict[str, list[str]], fields: Fields) -> None:
        self._roles, self._fields = roles, fields

    def apply(self, rows: Rows, columns: Columns) -> None:
        """Adds up each row; at the edges of a schema its bounds stay."""
        if rows.edge is not None:
            return
        for row in range(len(rows)):
            base = self._base(columns, row)
            if base is None or self._settle(columns, row, base) or not self._is_product(columns, row):
                continue
            self._shrink(columns, row)

    def _value(self, role: str, columns: Columns, row: int) -> float | None:
        for name in self._roles.get(role, ()):
            value = columns[name][row]
            if is_number(value):
                return value  # type: ignore[no-any-return]
        return None

    def _is_product(self, columns: Columns, row: int) -> bool:
        return None not in (self._value("quantity", columns, row), self._value("price", columns, row))

    def _base(self, columns: Columns, row: int) -> float | None:
        """What the rest is added to: quantity times price, the sum of the lines, or the subtotal as it is."""
        quantity, price = self._value("quantity", columns, row), self._value("price", columns, row)
        if quantity is not None and price is not None:
            return _rounded(quantity * price)
        for name in self._roles.get("items", ()):
            found = columns[name][row]
            if isinstance(found, list):
                return _sum(found)
        return self._value("subtotal", columns, row)

    def _settle(self, columns: Columns, row: int, base: float) -> bool:
        """Writes subtotal, tax, discount and total; whether all of them could be."""
        values: dict[str, Json] = dict.fromkeys(self._present("subtotal", columns, row), base)
        total = base
        tax, discount = self._tax(columns, row, base), self._discount(columns, row, base)
        for role, amount, sign in (("tax", tax, 1), ("discount", discount, -1)):
            for name in self._present(role, columns, row)[:1]:
                if self._fields.fitted(name, columns[name][row], amount) is ABSENT:
                    amount = columns[name][row]
                values[name] = amount
                total += sign * amount
        total += sum(columns[name][row] for name in self._present("added", columns, row))
        values.update(dict.fromkeys(self._present("total", columns, row), _rounded(total)))
        return self._fields.write(columns, row, values)

    def _present(self, role: str, columns: Columns, row: int) -> list[str]:
        return [name for name in self._roles.get(role, ()) if is_number(columns[name][row])]

    def _tax(self, columns: Columns, row: int, base: float) -> float:
        rate = self._value("tax rate", columns, row)
        old = self._value("tax", columns, row)
        if rate is None:
            return _rounded(base * _TAX_RATES[round((old or 0) * 100) % len(_TAX_RATES)], old)
        return _rounded(base * rate if rate <= 1 else base * rate / 100, old)

    def _discount(self, columns: Columns, row: int, base: float) -> float:
        rate = self._value("discount rate", columns, row)
        old = self._value("discount", columns, row)
        if rate is None:
            return _rounded(base * _DISCOUNTS[round((old or 0) * 100) % len(_DISCOUNTS)], old)
        return _rounded(base * rate if rate <= 1 else base * rate / 100, old)

    def _shrink(self, columns: Columns, row: int) -> None:
        """A smaller quantity or price where the total would be more than its schema allows."""
        totals = [*self._present("total", columns, row), *self._present("subtotal", columns, row)]
        if not totals:
            return
        quantity_name, price_name = (self._present(role, columns, row)[0] for role in ("quantity", "price"))
        quantity, price, total = (columns[name][row] for name in (quantity_name, price_name, totals[0]))
        for count, each in ((1, price), (quantity, _rounded(total / quantity) if quantity else price)):
            parts: dict[str, Json] = {quantity_name: count, price_name: each}
            old = {name: columns[name][row] for name in parts}
            if self._fields.write(columns, row, parts):
                if self._settle(columns, row, _rounded(count * each)):
                    return
                for name, value in old.items():
                    columns[name][row] = value


def _rounded(value: float, like: float | None = None) -> float:
    """To hundredths; to whole numbers where it takes the place of one."""
    if isinstance(value, int):
        return value
    return round(value) if isinstance(like, int) else round(value, 2)


def _sum(items: Iterable[Json]) -> float | None:
    """The sum of the lines, None where one of them has no amount."""
    total: float = 0
    for item in items:
        amount = _of_line(item) if isinstance(item, dict) else None
        if amount is None:
            return None
        total += amount
    return _rounded(total)


def _of_line(item: dict[str, Json]) -> float | None:
    roles = _roles(tuple(item))

    def value(role: str) -> float | None:
        numbers = (item[name] for name in roles.get(role, ()) if is_number(item[name]))
        return next(numbers, None)

    for role in ("total", "subtotal"):
        found = value(role)
        if found is not None:
            return found
    quantity, price = value("quantity"), value("price")
    amount = value("amount")
    if amount is not None:
        return amount
    return price if quantity is None or price is None else _rounded(quantity * price)

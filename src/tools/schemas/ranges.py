"""What a number's name says about its values: a range with decimals, or a list of the numbers that turn up."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import NamedTuple

from .names import Hint, find


class Range(NamedTuple):
    """The numbers a name suggests, both ends included, with so many decimals.

    `is_natural` where bounds that are wider don't widen it: people's ages, years, percentages.
    """

    low: float
    high: float
    decimals: int = 2
    is_natural: bool = False


_NATURAL = {
    "age, ages, patient age": (18, 90, 0),
    "year, model year, birth year, publication year, release year, publish year, graduation year, years, "
    "year built, built year, year founded, founded": (
        1990, 2025, 0),
    "month": (1, 12, 0),
    "day": (1, 28, 0),
    "hour": (0, 23, 0),
    "minute, second": (0, 59, 0),
    "percent, percentage, progress, completion, humidity, battery, battery level, pct, percent complete, "
    "discount percent, discount percentage": (0, 100, 1),
    "probability, confidence, opacity, ratio, share, similarity, relevance, alpha, confidence score, accuracy": (
        0, 1, 3),
    "latitude, lat": (-60, 70, 5),
    "longitude, lon, lng, long": (-180, 180, 5),
    "port, ports, container port, target port, node port, host port": (1_024, 65_535, 0),
    "heart rate, pulse, bpm, resting heart rate": (52, 110, 0),
    "systolic, systolic blood pressure": (100, 160, 0),
    "diastolic, diastolic blood pressure": (60, 100, 0),
    "body temperature": (36, 39.5, 1),
    "oxygen saturation, spo2": (92, 100, 0),
    "bmi": (17, 38, 1),
    "gpa": (1, 4, 2),
    "credit score": (300, 850, 0),
    "precision, recall, f1, f1 score, f 1 score, f 1, auc": (0, 1, 3),
    "nights, number of nights": (1, 14, 0),
    "adults, number of adults": (1, 4, 0),
    "children, number of children, infants, dependents, kids, siblings": (0, 4, 0),
    "bedrooms, bathrooms, floors": (1, 6, 0),
    "years of experience, experience, experience years": (0, 35, 0),
    "week, week number": (1, 52, 0),
    "quarter": (1, 4, 0),
}  # fmt: skip
_USUAL = {
    "rating, stars, average rating": (1, 5, 1),
    "satisfaction": (1, 10, 0),
    "hours": (1, 40, 1),
    "minutes, seconds": (1, 59, 0),
    "price, cost, amount, total, subtotal, balance, payment, sum, value, due, paid, unit cost, payable, open, close, "
    "high, low, net, gross, daily rate": (1, 2_000, 2),
    "fee, tax, discount, shipping, shipping cost, tip, vat, delivery fee, service fee, deposit, commission, surcharge, "
    "allowance, shipping fee, handling": (1, 90, 2),
    "unit price, item price, list price, sale price, retail price": (1, 400, 2),
    "salary, income, revenue, annual income, wage, annual salary": (20_000, 180_000, 0),
    "budget, loan amount, principal, mortgage, box office, investment, loan, funding, property value, credit limit": (
        5_000, 500_000, 0),
    "vehicle price": (2_000, 60_000, 0),
    "home price": (80_000, 900_000, 0),
    "market cap": (50_000_000, 900_000_000, 0),
    "pe ratio": (4, 60, 2),
    "ticket price, admission, price per ticket": (5, 150, 2),
    "price per night, nightly rate, room rate": (40, 400, 2),
    "market price, price per share, share price": (5, 900, 2),
    "hourly rate, hourly wage, rate per hour": (15, 120, 2),
    "interest rate, tax rate, vat rate, apr, discount rate, unemployment rate, growth rate, interest": (0.5, 25, 2),
    "exchange rate": (0.5, 2, 4),
    "rate, weight factor, threshold": (0, 1, 3),
    "score, scores": (0, 100, 1),
    "altitude, elevation": (0, 3_000, 1),
    "temperature, temp, feels like, dew point": (-20, 40, 1),
    "learning rate": (0.0001, 0.1, 4),
    "loss, training loss, validation loss": (0, 3, 4),
    "epoch number, epochs": (1, 100, 0),
    "credits, credit hours, ects": (1, 6, 0),
    "season, season number, episode, episode number, chapter, chapter number, track number, round": (1, 24, 0),
    "health, max health, mana, stamina, hit points, hp": (1, 500, 0),
    "pressure": (980, 1_040, 1),
    "wind speed": (0, 30, 1),
    "signal strength, rssi": (-100, -30, 0),
    "voltage": (1, 240, 1),
    "speed, velocity": (0, 130, 1),
    "distance, mileage range": (0.5, 500, 1),
    "mileage, odometer": (1_000, 200_000, 0),
    "weight, mass": (1, 120, 2),
    "height cm": (150, 200, 0),
    "weight kg": (45, 120, 1),
    "weight grams, weight g, grams": (50, 5_000, 0),
    "height, width, length, depth, size, radius, diameter, thickness": (1, 500, 1),
    "area, square feet, square meters, surface": (20, 3_000, 0),
    "quantity, qty, number of items, copies, units, guests, rooms, seats, servings, passengers, tickets, portions": (
        1, 12, 0),
    "stock, inventory, stock quantity, quantity in stock": (0, 500, 0),
    "capacity": (20, 5_000, 0),
    "retries, retry count, attempts, attempt, max retries, max attempts, retry limit, number of retries": (0, 8, 0),
    "count, counts, votes, likes, views, followers, comments, shares, reviews, replicas, "
    "members, employees, subscribers, downloads, stargazers, watchers, forks": (1, 60, 0),
    "population": (5_000, 9_000_000, 0),
    "volume": (1_000, 5_000_000, 0),
    "calories, kcal": (80, 1_200, 0),
    "calories burned": (50, 900, 0),
    "steps, step count": (500, 20_000, 0),
    "protein, carbs, fat, fiber, sugar, carbohydrates": (0, 80, 1),
    "id, identifier, number, code, no, nr, pid, uid, gid, ids, external id": (1_000, 999_999, 0),
    "index, position, order, rank, level, priority, sequence, offset, page number, version": (1, 20, 0),
    "page": (1, 40, 0),
    "x, y, z": (-500, 500, 2),
    "duration, timeout, interval, delay, ttl, elapsed": (1, 3_600, 0),
    "prep time, cook time, total time, cooking time, preparation time, wait time, reading time, travel time, "
    "lead time, time minutes, max prep time, estimated time": (5, 180, 0),
    "response time, latency, processing time, execution time, elapsed time, load time": (5, 2_500, 0),
    "runtime, run time, runtime minutes, duration minutes": (20, 240, 0),
    "zip, zip code, postal code": (10_000, 99_999, 0),
    "start line, end line, line, line number, lines, first line, last line": (1, 400, 0),
    "start column, end column, column, col": (1, 120, 0),
    "red, green, blue": (0, 255, 0),
    "color, colour": (0, 16_777_215, 0),
    "coordinate, coordinates": (-80, 80, 5),
    "shares quantity, quantity of shares": (1, 500, 0),
    "term, loan term, term months": (6, 360, 0),
    "password length": (8, 32, 0),
    "team size, group size, party size": (2, 12, 0),
    "max tokens, tokens": (16, 4_096, 0),
    "temperature setting, top p": (0, 1, 2),
}  # fmt: skip
_UNITS = {
    "ms, millis, milliseconds, msec": (5, 5_000, 0),
    "sec, secs, seconds, s": (1, 600, 0),
    "min, mins, minutes": (5, 180, 0),
    "hrs, hours": (1, 48, 1),
    "days": (1, 60, 0),
    "weeks": (1, 26, 0),
    "months": (1, 48, 0),
    "years": (1, 30, 0),
    "bytes, byte, bytes sent, bytes received, bytes transferred, filesize, file size, size bytes, sc bytes": (
        512,
        8_000_000,
        0,
    ),
    "kb, kib": (4, 9_000, 0),
    "mb, mib": (1, 4_096, 0),
    "gb, gib": (1, 512, 0),
    "km": (1, 800, 1),
    "meters, metres, m": (1, 2_000, 1),
    "cm": (5, 250, 1),
    "mm": (1, 900, 1),
    "kg": (1, 120, 1),
    "lb, lbs, pounds": (2, 250, 1),
    "px, pixels": (16, 1_920, 0),
    "celsius": (-15, 38, 1),
    "fahrenheit": (5, 100, 1),
    "usd, eur, gbp, dollars, euros": (5, 2_000, 2),
    "cents": (100, 90_000, 0),
    "kwh": (1, 900, 1),
    "hz": (20, 20_000, 0),
    "pct, percent, percentage": (0, 100, 1),
}
_LISTS = {
    "status code, http status, http status code, response code, http code, status": [
        200, 201, 204, 301, 302, 304, 400, 401, 403, 404, 409, 422, 429, 500, 502, 503],
    "exit code, return code, exit status": [0, 0, 0, 0, 1, 2, 127, 137],
    "batch size": [8, 16, 32, 64, 128, 256, 512],
    "bitrate, bit rate": [96, 128, 160, 192, 256, 320],
    "sample rate, sampling rate": [8_000, 16_000, 22_050, 44_100, 48_000, 96_000],
    "fps, frame rate": [24, 25, 30, 50, 60],
    "page size, per page, limit, max results, items per page, default page size": [5, 10, 20, 25, 50, 100],
    "vat percent, vat percentage, tax percent, tax percentage": [0, 5, 7, 10, 19, 20, 21],
}  # fmt: skip


def _spelled(rows: Mapping[str, tuple[float, float, int]], is_natural: bool) -> dict[str, Range]:
    return {name: Range(*bounds, is_natural) for names, bounds in rows.items() for name in names.split(", ")}


_RANGES = {**_spelled(_UNITS, False), **_spelled(_USUAL, False), **_spelled(_NATURAL, True)}
_NUMBERS = {name: numbers for names, numbers in _LISTS.items() for name in names.split(", ")}
_MARKS = frozenset("min max avg average mean median from to start end begin low high lower upper".split())
_IN_PLACE_OF = {("temperature", "vitals"): "body temperature", ("temp", "vitals"): "body temperature",
                ("size", "file"): "file size", ("price", "vehicles"): "vehicle price", ("price", "homes"): "home price",
                ("price", "vehicle"): "vehicle price"}  # fmt: skip
"""What a name stands for beside fields of a topic, or in a thing of a kind."""

_EPOCHS = frozenset("timestamp timestamps created updated date expires modified at on datestamp stamp".split())
_TIMES = frozenset("start end created updated event creation begin finish expiration expiry last modified first date "
                   "scheduled update create expire login".split())  # fmt: skip


@functools.lru_cache(maxsize=16_384)
def range_of(hint: Hint) -> Range | None:
    """The numbers a name suggests, or None."""
    tokens = hint.words
    around = (_IN_PLACE_OF.get((hint.name, topic)) for topic in (hint.kind, *sorted(hint.beside)))
    special = next((name for name in around if name), None)
    if special is not None:
        return _RANGES[special]
    if len(tokens) > 1 and (tokens[-1] in _MARKS or tokens[-2] == "p"):
        return range_of(hint._replace(words=tokens[: -1 if tokens[-1] in _MARKS else -2]))
    if len(tokens) > 1 and tokens[-1] in ("count", "total") and find(_RANGES, tokens[:-1]) is None:
        return _RANGES["count"]
    found = find(_RANGES, tokens)
    if (len(tokens) > 1 and tokens[0] in ("num", "n", "nb")) or tokens[:2] == ("number", "of"):
        return found[0] if found and found[0].decimals == 0 and found[0].low < 100 else _RANGES["quantity"]
    if found is None and len(tokens) > 1 and tokens[0] == "total" and tokens[-1].endswith("s"):
        return _RANGES["count"]
    return found[0] if found else None


def numbers_of(hint: Hint) -> list[int]:
    """The numbers that turn up under a name, where there are but a few."""
    if hint.words == ("status",) and "requests" not in hint.beside:
        return []
    found = find(_NUMBERS, hint.words)
    return found[0] if found else []


def per_second(hint: Hint) -> int:
    """How a number of this name and description counts since 1970: in seconds (1), thousandths (1000), or not (0)."""
    tokens, note = hint.words, hint.note.lower()
    says_epoch = "epoch" in note or "unix" in note
    is_moment = bool(tokens) and (
        tokens[-1] in _EPOCHS or "timestamp" in tokens or "epoch" in tokens
        or tokens == ("time",) or (tokens[-1] == "time" and bool(_TIMES & set(tokens)))
    )  # fmt: skip
    if tokens[-1:] in (("ms",), ("millis",)) and {"timestamp", "time", "epoch", "at"} & set(tokens[:-1]):
        return 1_000
    if not is_moment and not says_epoch:
        return 0
    if not says_epoch and any(unit in note for unit in ("in minutes", "in seconds", "in hours", "number of")):
        return 0
    return 1_000 if "millisecond" in note or "in ms" in note else 1

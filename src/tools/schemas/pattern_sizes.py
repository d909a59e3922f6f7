"""How large a pattern becomes when its repetitions are written out: a few characters can ask for gigabytes."""

from __future__ import annotations

import re

MOST = 300_000
"""The largest pattern that is given to an engine, in parts written out."""

_TOKEN = re.compile(
    r"(?P<escape>\\.)|(?P<set>\[(?:\\.|[^\]\\])*\])|(?P<open>\()|(?P<close>\))|(?P<times>[*+?]|\{\d+(?:,\d*)?\})|.",
    re.S,
)


def size_of(pattern: str) -> int:
    """The number of characters, sets and assertions, each as often as it is repeated at the least or at the most."""
    totals, last = [0], 0  # of each group that is open; of what a repetition would repeat
    for token in _TOKEN.finditer(pattern):
        match token.lastgroup:
            case "open":
                totals.append(1)
                last = 0
            case "close" if len(totals) > 1:
                last = totals.pop()
                totals[-1] += last
            case "times":
                times = [int(number) for number in re.findall(r"\d+", token[0])]
                totals[-1] += last * max(0, max(times, default=1) - 1)
                last = 0
            case _:
                last = 1
                totals[-1] += 1
    return sum(totals)

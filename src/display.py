"""What a person sees of a run, on standard error: a live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Mapping
from typing import Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from .records import Progress

PLAIN_EVERY_S = 5.0

NO_MEASURES: Mapping[str, float] = {}


class Display(Protocol):
    """Told of a run by the run; never asks back, never fails it."""

    def begin(self, progress: list[Progress]) -> None:
        """The strata, and what earlier runs had of them."""
        ...

    def committed(
        self, category: str, accepted: int, rejected: Counter[str], measures: Mapping[str, float] = NO_MEASURES
    ) -> None:
        """A batch was committed; `measures` are means over its records, such as their recall."""
        ...

    def say(self, text: str) -> None:
        """One line that a person should read."""
        ...

    def end(self) -> None:
        """No more is to come."""
        ...


def choose(*, quiet: bool) -> Display:
    """The display that fits standard error."""
    if quiet:
        return Quiet()
    console = Console(stderr=True)
    return LiveTable(console) if console.is_terminal and sys.stderr.isatty() else PlainLines(console)


class Quiet:
    """Shows nothing."""

    def begin(self, progress: list[Progress]) -> None:
        """Nothing."""

    def committed(
        self, category: str, accepted: int, rejected: Counter[str], measures: Mapping[str, float] = NO_MEASURES
    ) -> None:
        """Nothing."""

    def say(self, text: str) -> None:
        """Nothing."""

    def end(self) -> None:
        """Nothing."""


class _Tally:
    """Counts by category since the start of the run, and the rate."""

    def __init__(self, progress: list[Progress]) -> None:
        self.planned: Counter[str] = Counter()
        self.accepted: Counter[str] = Counter()
        self.rejected: dict[str, Counter[str]] = {}
        self.measured: dict[str, dict[str, tuple[float, int]]] = {}
        for p in progress:
            name = p.stratum.category
            self.planned[name] += p.stratum.planned
            self.accepted[name] += p.accepted
            self.rejected.setdefault(name, Counter()).update(p.rejected)
        self._had, self._began = self.accepted.total(), time.monotonic()

    def add(self, category: str, accepted: int, rejected: Counter[str], measures: Mapping[str, float]) -> None:
        self.accepted[category] += accepted
        self.rejected[category].update(rejected)
        for name, value in measures.items():
            total, count = self.measured.setdefault(category, {}).get(name, (0.0, 0))
            self.measured[category][name] = total + value * accepted, count + accepted

    @property
    def rate(self) -> float:
        """Records a second in this run."""
        return (self.accepted.total() - self._had) / max(time.monotonic() - self._began, 1e-6)

    @property
    def left(self) -> str:
        """The time left at that rate."""
        missing = self.planned.total() - self.accepted.total()
        if not missing:
            return "0:00"
        return _clock(missing / self.rate) if self.rate else "?"

    def refusals(self, category: str) -> str:
        return ", ".join(f"{reason} {count:,}" for reason, count in self.rejected[category].most_common(3))

    def measures(self, category: str) -> str:
        """The means of this run, such as `recall 0.93, f1 0.95`; nothing where nothing is measured."""
        means = self.measured.get(category, {})
        return ", ".join(f"{name} {total / count:.2f}" for name, (total, count) in means.items() if count)

    def line(self) -> str:
        refused = sum((counts for counts in self.rejected.values()), Counter())
        named = ", ".join(f"{reason} {count:,}" for reason, count in refused.most_common()) or "none"
        measured = "".join(f"; {name}: {self.measures(name)}" for name in self.measured)
        return (
            f"{self.accepted.total():,} of {self.planned.total():,} records, {self.rate:,.0f} a second, "
            f"left {self.left}, rejected: {named}{measured}"
        )


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


class PlainLines:
    """A line every few seconds, for logs."""

    def __init__(self, console: Console) -> None:
        self._console, self._tally, self._next = console, _Tally([]), 0.0

    def begin(self, progress: list[Progress]) -> None:
        """See `Display`."""
        self._tally = _Tally(progress)
        self._next = time.monotonic() + PLAIN_EVERY_S

    def committed(
        self, category: str, accepted: int, rejected: Counter[str], measures: Mapping[str, float] = NO_MEASURES
    ) -> None:
        """See `Display`."""
        self._tally.add(category, accepted, rejected, measures)
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + PLAIN_EVERY_S
            self.say(self._tally.line())

    def say(self, text: str) -> None:
        """See `Display`."""
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)

    def end(self) -> None:
        """See `Display`."""
        if self._tally.planned:
            self.say(self._tally.line())


class LiveTable:
    """A row a category: bar, counts, rejections; below, the rate and the time left."""

    def __init__(self, console: Console) -> None:
        self._console, self._tally = console, _Tally([])
        self._live = Live(get_renderable=self._render, console=console, refresh_per_second=8, transient=False)

    def begin(self, progress: list[Progress]) -> None:
        """See `Display`."""
        self._tally = _Tally(progress)
        self._live.start()

    def committed(
        self, category: str, accepted: int, rejected: Counter[str], measures: Mapping[str, float] = NO_MEASURES
    ) -> None:
        """See `Display`."""
        self._tally.add(category, accepted, rejected, measures)

    def say(self, text: str) -> None:
        """See `Display`."""
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)

    def end(self) -> None:
        """See `Display`."""
        if self._live.is_started:
            self._live.stop()

    def _render(self) -> Group:
        tally = self._tally
        table = Table(box=None, padding=(0, 1), header_style="dim")
        for title in ("category", "", "records", "rejected"):
            table.add_column(title, justify="right" if title == "records" else "left")
        rows = self._console.size.height - 4
        shown = list(tally.planned)[: max(rows, 1)]
        for name in shown:
            bar = ProgressBar(total=max(tally.planned[name], 1), completed=tally.accepted[name], width=24)
            table.add_row(
                Text(name),
                bar,
                f"{tally.accepted[name]:,} / {tally.planned[name]:,}",
                Text("; ".join(filter(None, (tally.measures(name), tally.refusals(name))))),
            )
        more = f" and {len(tally.planned) - len(shown)} categories more;" if len(shown) < len(tally.planned) else ""
        return Group(table, Text(f"{more} {tally.rate:,.0f} records a second, left {tally.left}", style="dim"))

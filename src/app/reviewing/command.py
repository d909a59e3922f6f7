"""`agent review`: what a person said of a sample, in the terminal or in a spreadsheet, kept and told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import InputError, OutputError, Problem
from ...plan import Plan
from ...state.history import History
from ...state.ledger import Ledger
from ...state.reviews import Given, Review, Verdict
from ..checkpoints import find
from ..explaining import parsed_id
from ..planning.approvals import who
from ..planning.terminal import Terminal
from .items import Item, Items, Place
from .session import Session, open_places
from .spreadsheet import Line, read_sheet, refuse, write_sheet
from .summary import summarise

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ReviewOptions:
    """What the command line says. `reviewer` is the user, as the system knows them, where it is left out."""

    name: str
    sample: int = 50
    again: bool = False
    reviewer: str | None = None
    export: Path | None = None
    import_: Path | None = None


def review(options: ReviewOptions, checkpoint_dir: Path, terminal: Terminal, say: Say) -> dict[str, Any]:
    """Review a sample in the terminal, or take verdicts in from a table, or write one; gives what was reviewed in all.

    Every verdict is durable when the next record is shown. `say` is told what goes beside. Raises InputError where
    there is no such dataset or nothing to review, or where a table holds what cannot be taken in (nothing of it is);
    CheckpointError where verdicts are to be kept while another process has the dataset; OutputError where a table
    cannot be written, or would replace verdicts that were not taken in.
    """
    with find(options.name, checkpoint_dir) as history:
        _look(history, say)
        if options.export is not None and options.import_ is None:
            history.freeze()
            return _Desk(history, options).write(options.export, say).summary()
        folder = history.folder
    filled = None if options.import_ is None else read_sheet(options.import_)
    if filled is not None and filled.only_reasons:
        say(f"{filled.only_reasons:,} rows have a reason and no verdict: they count as not reviewed.")
    with Ledger(folder) as ledger:
        desk = _Desk(ledger.history, options)
        if filled is None or options.import_ is None:
            _ask(desk, ledger, terminal, say)
        else:
            say(_take_in(desk, ledger, options.import_, filled.lines))
            if options.export is not None:
                desk.write(options.export, say)
        return desk.summary()


class _Desk:
    """A dataset that is reviewed, with the sample that is drawn of it."""

    def __init__(self, history: History, options: ReviewOptions) -> None:
        self._history, self.options = history, options
        self.plan = _plan(history)
        self.reviewer = (options.reviewer or "").strip() or who()
        self.items = Items(history, self.plan)
        self.sample = self.items.sample(options.sample)

    def reviews(self) -> dict[Place, Review]:
        """The verdicts that count so far."""
        return {Place(review.batch, review.number): review for review in self._history.reviews()}

    def write(self, file: Path, say: Say) -> _Desk:
        """Write the sample with its verdicts as a table; gives itself."""
        reviews = self.reviews()
        if file.exists():
            _refuse_loss(file, reviews.values())
        items = self.items.fetch(self.sample)
        say(f"Wrote {file}: {write_sheet(file, ((items[p], reviews.get(p)) for p in self.sample)):,} records")
        return self

    def summary(self) -> dict[str, Any]:
        """See `summarise`."""
        reviews = self.reviews()
        items = self.items.fetch(list(dict.fromkeys([*self.sample, *reviews])))
        threshold = self.plan.output.golden_threshold
        told = summarise(self._history.strata(), self.items.sizes, self.sample, items, reviews, threshold)
        return {"dataset_name": self.plan.dataset_name, **told}


def _refuse_loss(file: Path, reviews: Iterable[Review]) -> None:
    """Raises OutputError for a file that holds verdicts which were not taken in, or something else."""
    kept = {(review.id, review.verdict, review.reason) for review in reviews}
    try:
        there = read_sheet(file)
    except InputError:
        raise OutputError.at(file, "is there already, and is no whole sample", "choose another name") from None
    if there.only_reasons or any((line.id, line.verdict, line.reason) not in kept for line in there.lines):
        mend = f"take them in first: --import {file}; or choose another name"
        raise OutputError.at(file, "holds verdicts that were not taken in", mend)


def _plan(history: History) -> Plan:
    kept = history.plan()
    if kept is None:
        raise InputError.at(history.folder, "holds no records yet", "agent run makes them")
    return kept.plan


def _look(history: History, say: Say) -> None:
    """Raises InputError where there is nothing to review; says where there will be more."""
    _plan(history)
    progress = history.progress()
    accepted, planned = sum(p.accepted for p in progress), sum(p.stratum.planned for p in progress)
    if not accepted:
        raise InputError.at(history.folder, "holds no records yet", "agent run makes them")
    if accepted < planned:
        say(f"The dataset is not finished: {accepted:,} of {planned:,} records; the sample is drawn of those.")


def _ask(desk: _Desk, ledger: Ledger, terminal: Terminal, say: Say) -> None:
    reviews = desk.reviews()
    if not desk.options.again and not open_places(desk.sample, reviews):
        say(f"All {len(desk.sample):,} records of the sample are reviewed; --sample N draws more, --again asks again.")
        return
    fetched = desk.items.fetch(desk.sample)
    sample = [fetched[place] for place in desk.sample]

    def keep(item: Item, verdict: Verdict, reason: str) -> Review:
        before = reviews.get(item.place)
        if before is not None and (before.verdict, before.reason) == (verdict, reason):
            return before
        ledger.note_reviews([Given(*item.place, verdict, reason, desk.reviewer)])
        return Review(*item.place, item.category, verdict, reason, desk.reviewer, "")

    Session(sample, reviews, keep, terminal, desk.options.again).run()


def _take_in(desk: _Desk, ledger: Ledger, file: Path, lines: Sequence[Line]) -> str:
    """Keep the verdicts of a table, all or none; gives the line to tell of it. Raises InputError for unknown ids."""
    named = [(line, parsed_id(line.id)) for line in lines]
    wanted: dict[str, set[int]] = {}
    for _, (category, number) in named:
        if number is not None:
            wanted.setdefault(category, set()).add(number)
    places = desk.items.find(wanted)
    problems, given, reviews = list[Problem](), list[Given](), desk.reviews()
    for line, (category, number) in named:
        place = None if number is None else places.get((category, number))
        if place is None:
            mend = "leave the ids as --export wrote them"
            problems.append(Problem(f"{file}:{line.line}", f"the dataset has no record {line.id!r:.80}", mend))
            continue
        before = reviews.get(place)
        if before is None or (before.verdict, before.reason) != (line.verdict, line.reason):
            reviewer = (desk.options.reviewer or "").strip() or line.reviewer or desk.reviewer
            given.append(Given(*place, line.verdict, line.reason, reviewer))
    refuse(file, problems)
    if given:
        ledger.note_reviews(given)
    return f"Took in {len(given):,} verdicts from {file}; {len(lines) - len(given):,} were there already."

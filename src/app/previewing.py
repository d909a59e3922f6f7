"""`agent preview`: a few checked records of each stratum, and what was refused on the way; nothing is kept."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import orjson

from ..engine.demand import Demand
from ..errors import EndpointError, Stopped
from ..plan import Plan, read_plan, strata_of
from ..records import Draft, Json, Progress, Stratum
from ..settings import Settings
from ..state.ledger import Ledger
from ..tools.diversity import DuplicateIndex, exact_only
from .interrupts import Interrupts
from .preparing import Prepared, prepare_plan
from .trial import trial
from .versions import versions

TRIES = 2
"""How often an agent is asked for records of a stratum that it does not get right."""

_MOST_DETAIL = 160

Say = Callable[[str], None]


class Preview(Protocol):
    """See `preview`."""

    def __call__(
        self, path: Path, number: int, *, plan: Plan, checkpoint_dir: Path, say: Say
    ) -> Iterable[dict[str, Json]]:
        """The records of a plan that would stand at a path."""
        ...


def preview(
    path: Path,
    number: int,
    settings: Settings | None = None,
    *,
    plan: Plan | None = None,
    model: str | None = None,
    checkpoint_dir: Path | None = None,
    say: Say = lambda _: None,
) -> Iterator[dict[str, Json]]:
    """The first `number` records of each stratum, as they would pass the checks; nothing is kept.

    `plan` stands for what the file at `path` holds, where there may be none yet; `checkpoint_dir` as in `prepare`.
    Those of models are really written, and paid for; without settings they are left out. `say` hears of each stratum
    how many candidates were refused, and why. Raises InputError where `agent run` would before its first call,
    EndpointError where an endpoint does not serve and nothing came, Stopped where a person ended it: all but the first
    after what there is.
    """
    prepared = prepare_plan(plan or read_plan(path), path, settings, model=model, checkpoint_dir=checkpoint_dir)
    yield from _of_templates(prepared, number, say)
    if settings is not None and prepared.models is not None:
        yield from _of_models(prepared, settings, number, say)


# ---- templates -----------------------------------------------------------------------------------------------


def _of_templates(prepared: Prepared, number: int, say: Say) -> Iterator[dict[str, Json]]:
    duplicates = DuplicateIndex(exact_only)
    for stratum in strata_of(prepared.plan):
        if why := prepared.survey.refused.get(stratum.category):
            say(f"{stratum}: nothing to show: {why}")
        if stratum.category not in prepared.survey.capacities:
            continue
        draft = trial(prepared, stratum, 4 * number)
        if draft is None:
            say(f"{stratum}: nothing to show: no candidates are left for it")
            continue
        verdicts = duplicates.judge(stratum.category, draft.fingerprints, min(number, stratum.planned))
        for row in verdicts.accepted.tolist():
            prompt = draft.kept.prompt(row)
            about = _about(stratum, float(draft.quality[row]))
            yield about | ({} if prompt is None else {"prompt": prompt}) | {"record": draft.kept.value(row)}
        is_full = len(verdicts.accepted) == min(number, stratum.planned)
        last = int(draft.kept.numbers[verdicts.looked - 1]) if is_full and verdicts.looked else None
        refused = [*_refused(draft, last), *((refusal.reason, refusal.detail) for _, refusal in verdicts.refused)]
        _tell_refused(stratum, refused, say)


def _refused(draft: Draft, last: int | None) -> Iterator[tuple[str, str]]:
    """Reason and detail of what was refused up to the last candidate that was looked at; None for all."""
    for rejection in draft.rejections:
        if last is None or rejection.number < last:
            yield rejection.reason, rejection.detail


def _about(stratum: Stratum, quality: float) -> dict[str, Json]:
    return {"category": stratum.category, "tier": stratum.tier, "quality": quality}


# ---- models --------------------------------------------------------------------------------------------------


def _of_models(prepared: Prepared, settings: Settings, number: int, say: Say) -> Iterator[dict[str, Json]]:
    """Written in a checkpoint that is removed afterwards."""
    plan, interrupts = prepared.plan, Interrupts(say)
    with tempfile.TemporaryDirectory(prefix="dataset-agent-preview-") as scratch, Ledger(Path(scratch)) as ledger:
        ledger.adopt(plan, strata_of(plan), {})
        with interrupts.caught():
            why = _write(prepared, ledger, settings, number, interrupts, say)
        shown = [
            {"category": kept.category, "tier": kept.tier, "quality": kept.quality, "record": orjson.loads(kept.text)}
            for kept in ledger.history.records()
        ]
        refused: dict[tuple[str, str | None], list[tuple[str, str]]] = {}
        for row in ledger.history.rejections():
            refused.setdefault((row["category"], row["tier"]), []).append((row["reason"], row["detail"]))
    yield from shown
    for stratum in strata_of(plan):
        _tell_refused(stratum, refused.get((stratum.category, stratum.tier), ()), say)
    if interrupts.asked:
        raise Stopped("interrupted; what was written until then is shown, and nothing is kept")
    if why and not shown:
        raise EndpointError(why)
    if why:
        say(f"There is no more: {why}")


def _write(
    prepared: Prepared, ledger: Ledger, settings: Settings, number: int, interrupts: Interrupts, say: Say
) -> str | None:  # fmt: skip
    """Have a few records of each stratum written; gives why that stopped early, if it did."""
    from .agent_building import build_by_agents
    from .likeness import comparison_of, open_likeness

    plan = prepared.plan
    names = {category.name for category in prepared.model_categories}
    likeness = open_likeness(plan, ledger, settings, comparison_of(plan, settings, str(prepared.path)))
    few = [
        Progress(replace(stratum, planned=min(number, stratum.planned)), 0, {})
        for stratum in ledger.history.strata()
        if stratum.category in names
    ]
    writing = build_by_agents(
        prepared, ledger, ledger.start_run(versions()), plan.budget, likeness, settings, Demand(few, [], 0, TRIES),
        stop=lambda: "interrupted" if interrupts.asked else None, say=say, listen=lambda _: None,
    )  # fmt: skip
    return asyncio.run(writing)


# ---- both ----------------------------------------------------------------------------------------------------


def _tell_refused(stratum: Stratum, refused: Iterable[tuple[str, str]], say: Say) -> None:
    """A line on the candidates that were refused, with the first of each reason."""
    counts, first = Counter[str](), dict[str, str]()
    for reason, detail in refused:
        counts[reason] += 1
        first.setdefault(reason, detail)
    if counts:
        many = "1 candidate was" if counts.total() == 1 else f"{counts.total():,} candidates were"
        say(f"{stratum}: {many} refused: {_listed(counts, first)}")


def _listed(counts: Counter[str], first: Mapping[str, str]) -> str:
    return "; ".join(f"{reason} {count:,} ({_short(first[reason])})" for reason, count in counts.most_common())


def _short(detail: str) -> str:
    """On one line, with nothing in it that a terminal would obey."""
    line = "".join(char if char.isprintable() else " " for char in detail)
    return line if len(line) <= _MOST_DETAIL else f"{line[:_MOST_DETAIL]}..."

"""`agent preview`: a few checked records of each stratum; nothing is kept."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import orjson

from ..engine.demand import Demand
from ..errors import EndpointError
from ..plan import strata_of
from ..records import Json, Progress, Stratum
from ..settings import Settings
from ..state.ledger import Ledger
from ..tools.diversity import DuplicateIndex, exact_only
from .interrupts import Interrupts
from .preparing import Prepared, prepare
from .trial import trial
from .versions import versions

TRIES = 2
"""How often an agent is asked for records of a stratum that it does not get right."""


def preview(
    path: Path,
    number: int,
    settings: Settings | None = None,
    *,
    model: str | None = None,
    say: Callable[[str], None] = print,
) -> list[dict[str, Json]]:
    """The first `number` records of each stratum, as they would pass the checks; nothing is kept.

    Those of agents are really written, and paid for; without settings they are left out. Raises EndpointError where
    an endpoint does not serve and nothing came.
    """
    prepared = prepare(path, settings, model=model)
    shown = list(_of_templates(prepared, number))
    if settings is not None and prepared.models is not None:
        shown += _of_agents(prepared, settings, number, say)
    return shown


def _of_templates(prepared: Prepared, number: int) -> Iterator[dict[str, Json]]:
    duplicates = DuplicateIndex(exact_only)
    for stratum in strata_of(prepared.plan):
        if stratum.category not in prepared.survey.capacities:
            continue
        draft = trial(prepared, stratum, 4 * number)
        if draft is None:
            continue
        verdicts = duplicates.judge(stratum.category, draft.fingerprints, min(number, stratum.planned))
        for row in verdicts.accepted.tolist():
            prompt = draft.kept.prompt(row)
            about = _about(stratum, float(draft.quality[row]))
            yield about | ({} if prompt is None else {"prompt": prompt}) | {"record": draft.kept.value(row)}


def _of_agents(
    prepared: Prepared, settings: Settings, number: int, say: Callable[[str], None]
) -> list[dict[str, Json]]:
    """Written in a checkpoint that is removed afterwards."""
    from .agent_building import build_by_agents
    from .likeness import comparison_of, open_likeness

    plan = prepared.plan
    names = {category.name for category in prepared.model_categories}
    with tempfile.TemporaryDirectory(prefix="dataset-agent-preview-") as scratch, Ledger(Path(scratch)) as ledger:
        ledger.adopt(plan, strata_of(plan), {})
        likeness = open_likeness(plan, ledger, settings, comparison_of(plan, settings, str(prepared.path)))
        few = [
            Progress(replace(stratum, planned=min(number, stratum.planned)), 0, {})
            for stratum in ledger.history.strata()
            if stratum.category in names
        ]
        demand = Demand(few, [], 0, TRIES)
        interrupts = Interrupts(say)
        with interrupts.caught():
            writing = build_by_agents(
                prepared, ledger, ledger.start_run(versions()), plan.budget, likeness, settings, demand,
                stop=lambda: "interrupted" if interrupts.asked else None, say=say, listen=lambda _: None,
            )  # fmt: skip
            why = asyncio.run(writing)
        shown = [
            {"category": kept.category, "tier": kept.tier, "quality": kept.quality, "record": orjson.loads(kept.text)}
            for kept in ledger.history.records()
        ]
    if why and not shown:
        raise EndpointError(why)
    return shown


def _about(stratum: Stratum, quality: float) -> dict[str, Json]:
    return {"category": stratum.category, "tier": stratum.tier, "quality": quality}

"""`agent estimate`: what a plan asks for and will take, before the run; with a pilot, measured on a few batches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import CheckpointError
from ...plan import Plan, changes, read_plan, strata_of
from ...records import Draft, Stratum, Usage
from ...settings import Settings
from ...state.history import LEDGER_FILE, History
from ...tools.diversity import DuplicateIndex, can_embed, rules_by_category
from ..checkpoints import kept_plan
from ..preparing import Prepared, prepare_plan
from ..trial import lane_of, trial

if TYPE_CHECKING:
    from .agents import Standing

TRIED = 500
"""Candidates of each template stratum that an estimate makes to measure with."""


def estimate(
    path: Path,
    settings: Settings | None = None,
    *,
    plan: Plan | None = None,
    model: str | None = None,
    checkpoint_dir: Path | None = None,
    pilot: int = 0,
    say: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """What a plan asks for and will take: of templates, measured; of agents, guessed, and measured on `pilot` batches.

    `plan` stands for what the file at `path` holds, where there may be none yet. What a checkpoint has already is left
    out of what agents will take. Without `settings`, those of the environment hold. `say` hears what a pilot is about
    to do, before it does. Raises InputError where `agent run` would, before it writes anything.
    """
    settings = settings or Settings.read()
    read = plan or read_plan(path)
    folder = (checkpoint_dir or settings.checkpoint_dir) / read.dataset_name
    prepared = prepare_plan(read, path, settings, model=model, kept=kept_plan(folder), checkpoint_dir=checkpoint_dir)
    rows = _template_rows(prepared)
    cpu_seconds = sum(row.get("seconds", 0.0) for row in rows.values())
    agents: dict[str, Any] = {
        "usage": {"calls": 0, "tokens_in": 0, "tokens_cached": 0, "tokens_out": 0, "cost_usd": 0.0},
        "seconds": cpu_seconds,
        "models": [],
        "budget": [],
        "notes": [],
        "pilot": None,
    }
    if prepared.models is not None:
        agents = _agents(prepared, settings, folder, cpu_seconds, pilot, say)
        rows |= agents.pop("strata")
    elif pilot:
        say("No agents write in this plan: there is nothing to pilot.")
    strata = [_named(stratum) | rows[stratum.index] for stratum in strata_of(prepared.plan)]
    return {
        "dataset_name": prepared.plan.dataset_name,
        "planned": sum(row["planned"] for row in strata),
        "strata": strata,
        "cpu_seconds": cpu_seconds,
        "bytes": round(sum(row.get("bytes", 0.0) for row in strata)),
        **agents,
    }


def exit_code(estimated: Mapping[str, Any]) -> int:
    """That of the command: 3 where a pilot ended early, 130 where it was interrupted."""
    ended = (estimated.get("pilot") or {}).get("ended")
    return 0 if ended is None else 130 if ended == "interrupted" else 3


def _named(stratum: Stratum) -> dict[str, Any]:
    return {"category": stratum.category, "tier": stratum.tier, "planned": stratum.planned}


# ---- templates -----------------------------------------------------------------------------------------------


def _template_rows(prepared: Prepared) -> dict[int, dict[str, Any]]:
    """Capacity, and what a small trial finds of yield, speed and size, by the index of the stratum."""
    rules = rules_by_category(prepared.plan, can_embed=can_embed(), place=str(prepared.path))
    names = {category.name for category in prepared.categories_of("template")}
    rows: dict[int, dict[str, Any]] = {}
    for stratum in strata_of(prepared.plan):
        if why := prepared.survey.refused.get(stratum.category):
            rows[stratum.index] = {"worker": "template", "why_not": why}
        elif stratum.category in names:
            # Strata are tried with numbers that may overlap: each is compared with itself alone.
            duplicates = DuplicateIndex(rules.__getitem__) if prepared.plan.diversity else None
            found = _tried(trial(prepared, stratum, TRIED), stratum, duplicates)
            rows[stratum.index] = {"worker": "template", **_capacity(prepared, stratum), **found}
    return rows


def _capacity(prepared: Prepared, stratum: Stratum) -> dict[str, int | None]:
    """How many records there can be, None without bound; over a source those of the tier, and of how many objects."""
    lane = lane_of(prepared, stratum)
    if lane is None:
        return {"capacity": prepared.survey.capacities[stratum.category]}
    return {"capacity": len(lane.numbers), "objects": lane.objects}


def _tried(draft: Draft | None, stratum: Stratum, duplicates: DuplicateIndex | None) -> dict[str, Any]:
    if draft is None:
        return {"yield": None, "rejected": {}}
    tried = len(draft.kept) + len(draft.rejections)
    rejected = Counter(rejection.reason for rejection in draft.rejections)
    passed = len(draft.kept)
    if duplicates:
        verdicts = duplicates.judge(stratum.category, draft.fingerprints, passed)
        rejected.update(refusal.reason for _, refusal in verdicts.refused)
        passed = len(verdicts.accepted)
    return {
        "yield": passed / tried if tried else None,
        "rejected": rejected,
        "seconds": draft.seconds / tried * stratum.planned if tried else 0.0,
        "bytes": draft.kept.texts.nbytes / max(len(draft.kept), 1) * stratum.planned,
    }


# ---- agents --------------------------------------------------------------------------------------------------


def _agents(
    prepared: Prepared,
    settings: Settings,
    folder: Path,
    cpu_seconds: float,
    pilot: int,
    say: Callable[[str], None],
) -> dict[str, Any]:
    from .agents import AgentEstimate

    standing, note = _standing(folder, prepared.plan)
    found = AgentEstimate(prepared, standing)
    measured = found.pilot(pilot, settings, say) if pilot else None
    if pilot and measured is None:
        say("All that agents are to write is there: there is nothing to pilot.")
    told = found.told(cpu_seconds, measured)
    return told | {"notes": ([note] if note else []) + told["notes"]}


def _standing(folder: Path, plan: Plan) -> tuple[Standing, str | None]:
    """How far the dataset is, and what a person should know of that: a checkpoint the plan can't go on with is none."""
    from .agents import Standing

    fresh = Standing(None, {}, Usage(), {})
    if not (folder / LEDGER_FILE).is_file():
        return fresh, None
    try:
        with History(folder) as history:
            kept = history.plan()
            if kept is None:
                return fresh, None
            if changes(kept.plan, plan):
                return fresh, f"{folder} is the checkpoint of another plan: these are the figures of `run --fresh`."
            progress = history.progress()
            accepted = {(p.stratum.category, p.stratum.tier): p.accepted for p in progress}
            standing = Standing(folder, accepted, history.usage(), history.learned_pace())
    except CheckpointError as error:
        return fresh, f"The checkpoint is left out: {error}"
    there, planned = sum(accepted.values()), sum(p.stratum.planned for p in progress)
    return standing, f"{there:,} of {planned:,} records are in {folder}: what agents will take is for the rest."

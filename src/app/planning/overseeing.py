"""What the coordinator's tools do with runs: start and watch them, resume them, change the plan they follow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...agents.coordinator_desk import Question
from ...errors import InputError, PlanError, Problem
from ...plan import Plan, changes
from ...plan.reading import read_json
from ...records import Json
from ...state.history import LEDGER_FILE
from ...state.lock import is_locked
from ..looking import status
from .approvals import note_approval, settle_approvals
from .background import BackgroundRun, start_run
from .drafting import Drafting, Surroundings, key_of
from .drafts import Draft, difference, document_text, kept_plan, saved_document
from .fetching import contacts
from .plan_table import plan_line

EARLY_END_S = 1.0
"""How long a run that was started is watched: what is wrong with it shows at once."""

MAX_STRATA = 200
"""The most strata of a summary."""

INCOMPLETE = 3
_MEANINGS = {0: "complete", 2: "bad input", INCOMPLETE: "incomplete", 130: "interrupted"}


class Overseeing:
    """`RunDesk` over the checkpoints of this machine. Its methods are called one at a time."""

    def __init__(self, around: Surroundings, drafting: Drafting) -> None:
        self._around, self._drafting = around, drafting
        self.run: BackgroundRun | None = None

    # ---- starting --------------------------------------------------------------------------------------------

    def start_question(self, fresh: bool) -> Question | None:
        """See `RunDesk`."""
        draft = self._startable()
        folder = self._folder(draft)
        has_begun = (folder / LEDGER_FILE).exists()
        what = "Start" if fresh or not has_begun else "Go on with"
        aside = [f"the checkpoint {folder} is set aside"] if fresh and has_begun else []
        lines = [f"plan {draft.path}, checkpoint {folder}", *aside, *contacts(draft.plan), *_limits(draft.plan)]
        key = key_of(document_text(draft.document), str(draft.path), str(has_begun))
        return Question(f"{what} building {plan_line(draft.plan)}?", "\n".join(lines), key)

    def start(self, fresh: bool) -> Json:
        """See `RunDesk`."""
        draft = self._startable()
        model = self._drafting.run_model(draft.document)
        what = f"started a run{' afresh' if fresh else ''}"
        note_approval(self._folder(draft), what, plan_line(draft.plan), of_next=fresh)
        more = [*(["--fresh"] if fresh else []), *(["--model", model] if model else [])]
        self.run = start_run(draft.path, draft.plan.dataset_name, self._around.checkpoint_dir, more)
        if self.run.ended_within(EARLY_END_S):
            return self.outcome(self.run)
        return {
            "started": str(draft.path),
            "log": str(self.run.log),
            "next": "tell the user that they can go on talking",
        }

    def _startable(self) -> Draft:
        draft = self._drafting.current
        if not draft.is_saved:
            raise InputError.at("draft", "is not saved as it is", "save_plan first")
        self._refuse_locked(draft)
        return draft

    def _refuse_locked(self, draft: Draft) -> None:
        is_ours = self.run is not None and self.run.dataset == draft.plan.dataset_name
        if is_locked(self._folder(draft)) or (is_ours and self.run is not None and self.run.exit_code is None):
            raise InputError.at(draft.plan.dataset_name, "is being built already", "get_builder_state_summary")

    # ---- watching --------------------------------------------------------------------------------------------

    def outcome(self, run: BackgroundRun) -> dict[str, Json]:
        """What became of a run that ended."""
        folder = self._around.checkpoint_dir / run.dataset
        settle_approvals(folder)
        told: dict[str, Json] = {"exit_code": run.exit_code, "meaning": meaning_of(run.exit_code)}
        if messages := run.messages():
            told["messages"] = messages
        if (folder / LEDGER_FILE).exists():
            told |= {"state": self.summary(folder), "files": str(self._around.datasets_dir / run.dataset)}
        return told

    def situation(self) -> str:
        """What is going on, for the model."""
        draft, lines = self._drafting.draft, []
        if draft is None:
            lines.append("There is no plan yet.")
        else:
            saved = f"saved as {draft.path}" if draft.is_saved else f"not saved; it would be saved as {draft.path}"
            lines.append(f"The draft is {plan_line(draft.plan)}; {saved}. show_plan gives it.")
        if self.run is not None:
            code = self.run.exit_code
            ended = "is going on" if code is None else f"has ended: {meaning_of(code)} (exit code {code})"
            lines.append(f"The run of {self.run.dataset} that was started here {ended}.")
            if code == INCOMPLETE:
                lines.append("Strata are short: look why, tell the user, and offer a change.")
        elif draft is not None and (self._folder(draft) / LEDGER_FILE).exists():
            lines.append("This dataset has a checkpoint: get_builder_state_summary tells how far it is.")
        lines.append(f"File names are relative to {self._around.files.root}.")
        return "\n".join(lines)

    def state(self, name: str | None) -> Json:
        """See `RunDesk`."""
        return self.summary(self._folder(self._drafting.current) if name is None else self._checkpoint(name))

    def summary(self, folder: Path) -> dict[str, Json]:
        """The state of the dataset in a checkpoint's folder, with a breakdown by category."""
        state = status(folder.name, folder.parent)
        strata = state["strata"]
        more = {"more_strata": len(strata) - MAX_STRATA} if len(strata) > MAX_STRATA else {}
        return {**state, "categories": _by_category(strata), "strata": strata[:MAX_STRATA], **more}

    # ---- going on --------------------------------------------------------------------------------------------

    def load(self, name: str) -> Json:
        """See `RunDesk`."""
        folder = self._checkpoint(name)
        kept = kept_plan(folder)
        if kept is None:
            raise InputError.at(folder, "holds no plan yet")
        plan, document = kept
        paths = [path for path in (self._around.given, self._drafting.usual_path(plan.dataset_name)) if path]
        saved = {path: found for path in paths if _is_of(found := saved_document(path), plan)}
        path = next(iter(saved), paths[-1])
        draft = self._drafting.take(saved.get(path, document), path)  # the file, as the user wrote it, if there is one
        told = {"path": str(path), "saved": draft.is_saved, "plan": draft.document, "state": self.summary(folder)}
        changed = changes(plan, draft.plan)
        return told | ({"the_file_differs_from_the_checkpoint": changed} if changed else {})

    def _folder(self, draft: Draft) -> Path:
        return self._around.checkpoint_dir / draft.plan.dataset_name

    def _checkpoint(self, name: str) -> Path:
        """The folder of a checkpoint that is named by its dataset, its folder, or a file that names its dataset."""
        folder = self._around.checkpoint_dir
        named: Json = name
        if "/" in name or not (folder / name / LEDGER_FILE).is_file():
            real = self._around.files.resolve(name)
            if (real / LEDGER_FILE).is_file():
                return real
            found = read_json(real) if real.is_file() else None
            named = found.get("dataset_name") if isinstance(found, dict) else None
        if isinstance(named, str) and "/" not in named and (folder / named / LEDGER_FILE).is_file():
            return folder / named
        known = ", ".join(sorted(file.parent.name for file in folder.glob(f"*/{LEDGER_FILE}")))
        raise InputError.at(name, "is no checkpoint", f"datasets there: {known or 'none'}")

    # ---- changing --------------------------------------------------------------------------------------------

    def change_question(self, document: dict[str, Any], why: str) -> Question | None:
        """See `RunDesk`."""
        draft, diff = self._changed(document)
        return Question(f"Change {draft.path}? {why}", diff, key_of(diff, document_text(document), str(draft.path)))

    def change(self, document: dict[str, Any], why: str) -> Json:
        """See `RunDesk`."""
        draft, diff = self._changed(document)
        self._drafting.write(draft)
        note_approval(self._folder(draft), "changed the plan", f"{why}\n{diff}")
        return {"changed": str(draft.path), "next": "start_run goes on from what is there"}

    def _changed(self, document: dict[str, Any]) -> tuple[Draft, str]:
        """The changed draft, and the difference from the saved one; a run can go on with it."""
        old = self._drafting.current
        saved = saved_document(old.path)
        if not _is_of(saved, old.plan):
            raise InputError.at(old.path, "is not saved yet", "propose_plan and save_plan, without asking for a change")
        kept = kept_plan(self._folder(old))
        new = self._drafting.opened(document)
        if new.plan.dataset_name != old.plan.dataset_name:
            raise InputError.at("$.dataset_name", f"was {old.plan.dataset_name!r}", "a change keeps the name")
        if kept and (differences := changes(kept[0], new.plan)):
            mend = "only counts can be raised, and categories added; else propose_plan, and start_run with fresh"
            raise PlanError([Problem(str(new.path), f"a run could not go on: {line}", mend) for line in differences])
        diff = difference(saved, document, old.path.name)
        if not diff:
            raise InputError.at(old.path, "says this already")
        return new, diff


def meaning_of(exit_code: int | None) -> str:
    """An exit code of `agent run`, in words."""
    return "going on" if exit_code is None else _MEANINGS.get(exit_code, "failed")


def _is_of(document: Json, plan: Plan) -> bool:
    return isinstance(document, dict) and document.get("dataset_name") == plan.dataset_name


def _limits(plan: Plan) -> Iterator[str]:
    """What a run may take, where models write records."""
    budget = plan.budget.model_dump(exclude_none=True)
    if any(plan.worker_of(category) != "template" for category in plan.categories):
        limits = ", ".join(f"{name} {value:g}" for name, value in budget.items())
        yield f"models write records; budget: {limits or 'none'}"


def _by_category(strata: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    categories: dict[str, dict[str, int]] = {}
    for row in strata:
        sums = categories.setdefault(row["category"], {"planned": 0, "accepted": 0, "rejected": 0})
        for key in sums:
            sums[key] += row[key]
    return categories

"""What the coordinator's tools do with the draft of a plan: take, show, try, save it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import orjson
from rich.console import RenderableType

from ...agents.coordinator_desk import Question
from ...agents.file_access import FileAccess
from ...errors import CheckpointError, InputError, PlanError, Problem
from ...plan import Plan
from ...records import Json
from ..previewing import Preview
from .drafts import (
    Draft,
    checked,
    difference,
    document_text,
    kept_plan,
    named_files,
    saved_document,
    template_part,
    write_document,
)
from .fetching import fetch, fetch_question, refuse_unfetched
from .plan_table import available_table, plan_line, plan_table


class Estimate(Protocol):
    """See `estimating.command.estimate`."""

    def __call__(self, path: Path, *, plan: Plan) -> Json:
        """What a plan that would stand at a path takes."""
        ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What planning works with.

    given: the plan's file that the user named. model: the one that the command line names, default_model: the one that
    the environment does. preview, estimate: the commands. show: to the user.
    """

    files: FileAccess
    given: Path | None
    checkpoint_dir: Path
    datasets_dir: Path
    model: str | None
    default_model: str | None
    preview: Preview
    estimate: Estimate
    show: Callable[[RenderableType], None]


class Drafting:
    """`DraftDesk` over the files of this machine. Its methods are called one at a time."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self.draft: Draft | None = None
        self.saved_as: str | None = None

    @property
    def given(self) -> Path | None:
        """The plan's file that the user named."""
        return self._around.given

    @property
    def current(self) -> Draft:
        """The draft. Raises InputError where there is none."""
        if self.draft is None:
            raise InputError.at("draft", "there is no plan yet", "propose_plan, or load_from_checkpoint")
        return self.draft

    def take(self, document: dict[str, Any], path: Path) -> Draft:
        """Make a plan that the user or a checkpoint brought the draft. Raises InputError."""
        fetch(document, path, self._around.checkpoint_dir)
        draft = self._checked(document, path)
        for _, name in named_files(document):
            self._around.files.show(path.parent / name)
        return self.put(draft)

    def put(self, draft: Draft) -> Draft:
        """Make a checked plan the draft, and show its table."""
        self.draft = draft
        self._around.show(plan_line(draft.plan))
        self._around.show(plan_table(draft.plan))
        if draft.available:
            self._around.show(available_table(draft.available))
        return draft

    def show(self) -> Json:
        """See `DraftDesk`."""
        draft = self.current
        return {"saved": draft.is_saved, "path": str(draft.path), "plan": draft.document}

    def propose_question(self, document: dict[str, Any]) -> Question | None:
        """See `DraftDesk`."""
        path = self._path_for(document)
        self._refuse_unseen(document, path)
        return fetch_question(document, path, self._around.checkpoint_dir)

    def propose(self, document: dict[str, Any]) -> Json:
        """See `DraftDesk`."""
        path = self._path_for(document)
        self._refuse_unseen(document, path)
        fetch(document, path, self._around.checkpoint_dir)
        draft = self.put(self.opened(document))
        told = {"accepted": plan_line(draft.plan), "workers": _workers(draft.plan), "saved": draft.is_saved}
        return told | ({"available": list(draft.available)} if draft.available else {})

    def preview(self, number: int) -> Json:
        """See `DraftDesk`."""
        draft = self.current
        part = template_part(draft.plan)
        records: list[Json] = []
        refused: list[str] = []
        if part is not None:
            folder = self._around.checkpoint_dir
            found = self._around.preview(draft.path, number, plan=part, checkpoint_dir=folder, say=refused.append)
            records = list(found)
        for record in records:
            self._around.show(orjson.dumps(record).decode())
        told: dict[str, Json] = {"records": records} | ({"refused": refused} if refused else {})
        written = [name for name, worker in _workers(draft.plan).items() if worker != "template"]
        note = {"not_shown": written, "why": "a model writes these: they can be seen once a run has begun"}
        return told | (note if written else {})

    def estimate(self) -> Json:
        """See `DraftDesk`."""
        return self._around.estimate(self.current.path, plan=self.current.plan)

    def opened(self, document: dict[str, Any]) -> Draft:
        """The draft of a plan that a model wrote: it may name only what the model may look at, or the user agreed to.

        Raises InputError with every problem.
        """
        path = self._path_for(document)
        self._refuse_unseen(document, path)
        refuse_unfetched(document, path, self._around.checkpoint_dir)
        return self._checked(document, path)

    def _refuse_unseen(self, document: dict[str, Any], path: Path) -> None:
        """Raises PlanError for files that the model may not look at."""
        problems: list[Problem] = []
        for place, name in named_files(document):
            try:
                self._around.files.resolve(str((path.parent / name).absolute()))
            except InputError as error:
                problems += [Problem(f"{path}: {place}", f"{name!r} {p.what}", p.mend) for p in error.problems]
        if problems:
            raise PlanError(problems)

    def _checked(self, document: dict[str, Any], path: Path) -> Draft:
        """The draft, with the workers that a run of it would have: a checkpoint's categories keep theirs."""
        name, kept = document.get("dataset_name"), None
        with suppress(CheckpointError):  # one that is corrupt is told by the run
            if isinstance(name, str) and name and "/" not in name and "\0" not in name:
                kept = kept_plan(self._around.checkpoint_dir / name)
        model = self.run_model(document) or self._around.default_model
        return checked(document, path, model, kept[0] if kept else None, self._around.checkpoint_dir)

    def run_model(self, document: Mapping[str, Any]) -> str | None:
        """The model that runs of a plan are started with: that of the command line, where the plan names none."""
        return None if document.get("models") or document.get("routes") else self._around.model

    def _path_for(self, document: Mapping[str, Any]) -> Path:
        name = document.get("dataset_name")
        if self.draft is not None and self.draft.plan.dataset_name == name:
            return self.draft.path
        return self._around.given or self.usual_path(name)

    def usual_path(self, name: Json) -> Path:
        """Where the plan of a dataset is saved unless the user says otherwise."""
        return Path(f"{name}.json" if isinstance(name, str) and name and "/" not in name else "plan.json")

    # ---- saving ----------------------------------------------------------------------------------------------

    def save_question(self, path: str | None) -> Question | None:
        """See `DraftDesk`."""
        draft, target = self.current, self._target(path)
        old = saved_document(target)
        if not target.exists() or old == draft.document:
            return None
        detail = difference(old, draft.document, target.name) if old is not None else ""
        return Question(f"Overwrite {target}?", detail, key_of(document_text(draft.document), str(target)))

    def save(self, path: str | None) -> Json:
        """See `DraftDesk`."""
        draft, target = self.current, self._target(path)
        if target.parent.absolute() != draft.path.parent.absolute():
            draft = self._checked(draft.document, target)  # what it names is relative to its file
        self.write(replace(draft, path=target))
        return {"saved": str(target), "next": "start_run, when the user wants it"}

    def write(self, draft: Draft) -> None:
        """Save a draft at its path, and make it the draft."""
        write_document(draft.document, draft.path)
        self.draft, self.saved_as = draft, draft.plan.dataset_name

    def _target(self, path: str | None) -> Path:
        if path is None:
            return self.current.path
        if not path.endswith(".json"):
            raise InputError.at(path, "is no name for a plan", "end it in .json")
        given = self._around.given
        if given is not None and Path(path) == given:
            return given
        return Path(self._around.files.named(self._around.files.resolve(path)))


def key_of(*parts: str) -> str:
    """What stands for some texts in a question."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _workers(plan: Plan) -> dict[str, str]:
    return {category.name: plan.worker_of(category) for category in plan.categories}

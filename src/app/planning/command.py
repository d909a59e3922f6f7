"""`agent plan`: a conversation with the coordinator, or without a model an interview; both end in a plan's file."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...endpoints.entries import Endpoint, endpoint_for
from ...errors import OutputError, PlanError
from ...plan import parse_plan
from ...plan.reading import read_json
from ...settings import Settings
from ..preparing import refuse_unwritable
from .terminal import Terminal

if TYPE_CHECKING:
    from ...agents.file_access import FileAccess
    from .drafting import Surroundings

SESSIONS_FILE = "sessions.db"
UNNAMED = ".unnamed"
"""What a conversation is kept under until it has a plan: names of datasets don't begin with a dot."""

_RETRIES = 3
_SQLITE = b"SQLite format 3\0"


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """What the command line says. `interview` asks for the questions even where there is a model."""

    plan: Path | None = None
    new: bool = False
    model: str | None = None
    checkpoint_dir: Path | None = None
    interview: bool = False


def plan(options: PlanOptions, settings: Settings) -> int:
    """Plan a dataset with the user; gives the exit code.

    Raises InputError where the plan there is cannot be used, a key is missing, or the answers end too soon.
    """
    document = _document(options.plan)
    there = None if document is None or options.plan is None else parse_plan(document, options.plan)
    endpoint = None if options.interview else endpoint_for(there, settings, role="coordinator", name=options.model)
    terminal = Terminal()
    if endpoint is not None:
        return _converse(options, settings, terminal, endpoint, document)
    from .interview import interview

    if not options.interview:
        terminal.say(
            "No model is set (--model NAME, DATASET_AGENT_MODEL or models.toml), so there are questions instead."
        )
    interview(terminal, options.plan)
    return 0


def _document(path: Path | None) -> dict[str, Any] | None:
    """The plan's JSON in a file, None where there is no such file."""
    if path is None or not path.exists():
        return None
    document = read_json(path)
    if not isinstance(document, dict):
        raise PlanError.at(path, "must be a JSON object", "name another file for a new plan")
    return document


def _converse(
    options: PlanOptions, settings: Settings, terminal: Terminal, endpoint: Endpoint, document: dict[str, Any] | None
) -> int:
    from ...agents.coordinator import Coordinator
    from ...agents.coordinator_tools import Toolbox
    from ...agents.file_access import FileAccess
    from ...agents.sdk_models import sdk_model
    from ...endpoints.chat import open_client
    from .conversation import Conversation, Voice
    from .drafting import Drafting
    from .overseeing import Overseeing
    from .traces import PlanningTraces

    checkpoint_dir = options.checkpoint_dir or settings.checkpoint_dir
    _refuse_unusable(checkpoint_dir / SESSIONS_FILE)
    files = FileAccess(Path.cwd())
    files.show(checkpoint_dir)
    if options.plan is not None:
        files.show(options.plan)
    around = _surroundings(options, settings, terminal, files)
    drafting = Drafting(around)
    overseeing = Overseeing(around, drafting)
    if document is not None and options.plan is not None:
        drafting.take(document, options.plan)
    client = open_client(endpoint).with_options(timeout=endpoint.entry.timeout_s, max_retries=_RETRIES)
    toolbox = Toolbox(drafting, overseeing, files)
    traces = PlanningTraces(endpoint, settings, checkpoint_dir, lambda: drafting.draft.plan if drafting.draft else None)
    traces.watch(toolbox.tools)
    coordinator = Coordinator(
        traces.model(sdk_model(endpoint, client)),
        toolbox,
        checkpoint_dir / SESSIONS_FILE,
        _session_name(options.plan, document),
        Voice(terminal),
        overseeing.situation,
        endpoint,
    )
    with asyncio.Runner() as runner:
        try:
            if options.new:
                runner.run(coordinator.forget())
            return Conversation(terminal, coordinator, files, drafting, overseeing).hold(runner)
        finally:
            coordinator.close()
            runner.run(client.close())
            if untold := traces.finish():
                terminal.say(untold)


def _surroundings(options: PlanOptions, settings: Settings, terminal: Terminal, files: FileAccess) -> Surroundings:
    from functools import partial

    from ..estimating.command import estimate
    from ..previewing import preview
    from .drafting import Surroundings

    checkpoint_dir = options.checkpoint_dir or settings.checkpoint_dir
    return Surroundings(
        files=files,
        given=options.plan,
        checkpoint_dir=checkpoint_dir,
        datasets_dir=settings.datasets_dir,
        model=options.model,
        default_model=settings.model,
        preview=preview,
        estimate=partial(estimate, settings=settings, model=options.model, checkpoint_dir=checkpoint_dir),
        show=terminal.show,
    )


def _refuse_unusable(sessions: Path) -> None:
    """Raises OutputError where conversations cannot be kept in a file."""
    refuse_unwritable(sessions.parent)
    try:
        with sessions.open("rb") as file:
            head = file.read(len(_SQLITE))
    except FileNotFoundError:
        return
    except OSError as error:
        raise OutputError.at(sessions, f"cannot be read: {error.strerror}") from None
    if head and head != _SQLITE:
        raise OutputError.at(sessions, "is no database of conversations", "move it away, and a new one is begun")


def _session_name(path: Path | None, document: dict[str, Any] | None) -> str:
    """A plan's conversation is kept under its dataset's name; before there is a plan, under its file's."""
    if path is None:
        return UNNAMED
    return str(document["dataset_name"]) if document and "dataset_name" in document else path.stem

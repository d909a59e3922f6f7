"""Traces that belong to no ledger, on their way to MLflow: each is kept in a file until a store has it."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from ..errors import DatasetAgentError
from ..records import Json
from .mlflow_patience import Patience
from .mlflow_prompts import Registered, register
from .mlflow_store import MlflowStore, load_mlflow
from .mlflow_traces import Step, Trace, tell_trace
from .paid import KeptPrompt
from .tracking_uri import shown


class TraceSender:
    """Takes traces at once, and sends them from a daemon thread.

    `take` and `finish` never raise. What a store does not take is sent the next time something goes to that store: told
    again, a trace takes the place of what it was.
    """

    def __init__(self, folder: Path, scrub: Callable[[str], str] = lambda text: text) -> None:
        """`folder` is where traces wait; `scrub` takes out of their text what nobody may see."""
        self._folder, self._scrub = folder, scrub
        self._uris: list[str] = []
        self._thread: threading.Thread | None = None
        self._news, self._ended = threading.Event(), threading.Event()
        self._is_ending = False
        self._patience = Patience()
        self._stores: dict[str, MlflowStore] = {}
        self._versions: dict[tuple[str, str, str], Registered] = {}
        self._why: str | None = None

    def take(self, uri: str, experiment: str, trace: Trace, prompts: Sequence[KeptPrompt] = ()) -> None:
        """Send a trace, and the prompts it was made with, to the experiment of a name. Returns at once."""
        told = {"experiment": experiment, "trace": asdict(trace), "prompts": [asdict(prompt) for prompt in prompts]}
        try:
            self._keep(uri, trace, self._scrub(json.dumps(told, default=str)))
        except OSError as error:
            self._why = f"it cannot be kept: {error.strerror}"
            return
        self._uris = [*(other for other in self._uris if other != uri), uri]
        self._news.set()
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="traces", daemon=True)
            self._thread.start()

    def finish(self, patience_s: float = 3.0) -> str | None:
        """Wait for the rest to arrive as long as there is progress; gives what is to be said of traces that did not."""
        if self._thread is None:
            return self._why and f"The conversation could not be traced: {self._why}"
        self._is_ending = True
        self._news.set()
        uri = self._uris[-1]
        self._patience.wait(self._ended, uri, patience_s)
        if not any(self._waiting(uri) for uri in self._uris):
            self._remove_folders()
            return None
        why = f"could not be used: {self._why}" if self._why else "did not answer"
        return f"MLflow at {shown(uri)} {why}; what it missed of this conversation waits for the next `agent plan`"

    # ---- files -----------------------------------------------------------------------------------------------

    def _place(self, uri: str) -> Path:
        """Where traces for a store wait; not under its address, which may hold a password."""
        return self._folder / hashlib.sha256(uri.encode()).hexdigest()[:16]

    def _waiting(self, uri: str) -> list[Path]:
        return sorted(self._place(uri).glob("*.json"))

    def _keep(self, uri: str, trace: Trace, text: str) -> None:
        place = self._place(uri)
        place.mkdir(parents=True, exist_ok=True)
        file = place / f"{trace.whole.start_ns:020}-{trace.trace_id}.json"
        draft = file.with_suffix(".part")
        draft.write_text(text, encoding="utf-8")
        os.replace(draft, file)

    def _remove_folders(self) -> None:
        with suppress(OSError):  # those in which others wait
            for uri in self._uris:
                self._place(uri).rmdir()
            self._folder.rmdir()

    # ---- the thread's side -----------------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            while True:
                self._news.wait()
                self._news.clear()
                is_last = self._is_ending
                self._why = None
                for uri in list(self._uris):
                    self._send_all(uri)
                if is_last:
                    return
        finally:
            self._ended.set()

    def _send_all(self, uri: str) -> None:
        """What waits for a store, oldest first; an experiment that failed is not tried again."""
        failed: set[str] = set()
        for file in self._waiting(uri):
            with suppress(FileNotFoundError):  # another conversation was faster
                told = json.loads(file.read_bytes())
                if told["experiment"] in failed:
                    continue
                try:
                    self._send(uri, told)
                    file.unlink(missing_ok=True)
                except Exception as error:  # whatever MLflow raises: it never hurts the conversation
                    failed.add(told["experiment"])
                    self._why = str(error) if isinstance(error, DatasetAgentError) else repr(error)

    def _send(self, uri: str, told: Json) -> None:
        store = self._store(uri)
        experiment_id = store.experiment(told["experiment"])
        prompts = [KeptPrompt(**prompt) for prompt in told["prompts"]]
        versions = [self._version(store, uri, prompt, experiment_id) for prompt in prompts]
        tell_trace(store, experiment_id, _trace(told["trace"]), versions)

    def _version(self, store: MlflowStore, uri: str, prompt: KeptPrompt, experiment_id: str) -> Registered:
        key = (uri, experiment_id, prompt.sha256)
        if key not in self._versions:
            self._versions[key] = register(store, prompt, experiment_id)
        return self._versions[key]

    def _store(self, uri: str) -> MlflowStore:
        if uri not in self._stores:
            load_mlflow()
            self._patience.loaded()
            self._stores[uri] = MlflowStore(uri, self._patience.answered)
        return self._stores[uri]


def _trace(told: Json) -> Trace:
    return Trace(**{**told, "whole": Step(**told["whole"]), "steps": [Step(**step) for step in told["steps"]]})

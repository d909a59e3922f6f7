"""Prompts in MLflow's prompt registry: each text is registered once, and found again by its SHA-256.

The places of our prompts, `{{name}}`, are also MLflow's way to write them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .mlflow_store import MlflowStore, StoredRun
from .paid import KeptPrompt

if TYPE_CHECKING:
    from mlflow.entities.model_registry import PromptVersion

NAMESPACE = "dataset_agent"
SHA256_TAG = "sha256"
RUN_TAG = "prompt"
"""Runs get a tag `prompt/NAME/VERSION` for each version they used, with its SHA-256."""

LINKS_TAG = "mlflow.linkedPrompts"
"""By it the UI shows the prompts of a run or a trace."""

_EXPERIMENTS_TAG = "_mlflow_experiment_ids"
_MOST_LINKS = 100
"""What fits into a tag."""


@dataclass(frozen=True, slots=True)
class Registered:
    """A version of a prompt, as the registry names it."""

    name: str
    version: int


def registered_name(name: str) -> str:
    """What the registry calls a prompt: it takes letters, digits, dots, dashes and underscores."""
    return f"{NAMESPACE}.{re.sub(r'[^a-zA-Z0-9_.-]', '_', name)}"


def links(versions: Iterable[Registered], before: str | None = None) -> str:
    """The value of `LINKS_TAG`, with what it was before."""
    known = json.loads(before) if before else []
    named = [{"name": one.name, "version": str(one.version)} for one in versions]
    return json.dumps([*known, *(one for one in named if one not in known)][-_MOST_LINKS:])


def register(store: MlflowStore, prompt: KeptPrompt, experiment_id: str) -> Registered:
    """The version that holds a prompt, made where there is none yet; shown in an experiment. Raises TrackingError.

    Not MLflow's own `register_prompt`: that links each prompt to whatever experiment the process calls the active one,
    in a thread which the end of the process waits for.
    """
    name = registered_name(prompt.name)
    found = [one.version for one in _versions(store, name) if one.tags.get(SHA256_TAG) == prompt.sha256]
    version = min(found) if found else _created(store, name, prompt)
    _show(store, name, experiment_id)
    return Registered(name, int(version))


def _versions(store: MlflowStore, name: str) -> Iterator[PromptVersion]:
    from mlflow.exceptions import MlflowException

    token: str | None = None
    while True:
        with store.calling():
            try:
                page = store.client.search_prompt_versions(name, page_token=token)
            except MlflowException as error:
                if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                    raise
                return
        yield from page
        token = page.token
        if not token:
            return


def _created(store: MlflowStore, name: str, prompt: KeptPrompt) -> int:
    from mlflow.exceptions import MlflowException

    with store.calling(), suppress(_ThereAlready):
        try:
            store.client.create_prompt(name, tags={"program": NAMESPACE})
        except MlflowException as error:
            raise (_ThereAlready if error.error_code == "RESOURCE_ALREADY_EXISTS" else error) from None
    with store.calling():
        created = store.client.create_prompt_version(name, prompt.text, tags={SHA256_TAG: prompt.sha256})
    return int(created.version)


class _ThereAlready(Exception):
    """The prompt has versions already, or another process was faster."""


def _show(store: MlflowStore, name: str, experiment_id: str) -> None:
    """List the prompt among those of an experiment. Two processes at once may lose a link, never a prompt."""
    with store.calling():
        prompt = store.client.get_prompt(name)
        shown = [one for one in (prompt.tags.get(_EXPERIMENTS_TAG) or "" if prompt else "").split(",") if one]
        if experiment_id not in shown:
            store.client.set_prompt_tag(name, _EXPERIMENTS_TAG, f",{','.join([*shown, experiment_id])},")


class RunPrompts:
    """The prompts of one run, as far as they have been told."""

    def __init__(self, store: MlflowStore, run: StoredRun) -> None:
        self._store, self._run = store, run
        self._links = run.tags.get(LINKS_TAG)
        self._known = dict(_told(run))

    def tell(self, prompts: Sequence[KeptPrompt]) -> None:
        """Register the prompts that were not told before, and name their versions in the run's tags."""
        new = {prompt.sha256: prompt for prompt in prompts if prompt.sha256 not in self._known}
        if not new:
            return
        versions = {sha256: register(self._store, one, self._run.experiment_id) for sha256, one in new.items()}
        self._links = links(versions.values(), self._links)
        tags = {f"{RUN_TAG}/{one.name}/{one.version}": sha256 for sha256, one in versions.items()}
        self._store.set_tags(self._run.run_id, {**tags, LINKS_TAG: self._links})
        self._known |= versions

    def versions(self, sha256s: Iterable[str]) -> list[Registered]:
        """The versions of some prompts, each once; those that were not told are left out."""
        return list(dict.fromkeys(self._known[sha256] for sha256 in sha256s if sha256 in self._known))


def _told(run: StoredRun) -> Iterator[tuple[str, Registered]]:
    for key, sha256 in run.tags.items():
        if found := re.fullmatch(rf"{RUN_TAG}/(.+)/(\d+)", key):
            yield sha256, Registered(found[1], int(found[2]))

"""Planning conversations as MLflow traces, unless the plan leaves MLflow out."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from agents import FunctionTool
from agents.models.interface import Model

from ...agents.prompts import load_prompt
from ...endpoints.entries import Endpoint
from ...plan import Plan
from ...settings import Settings
from ...state.mlflow_traces import Trace
from ...state.paid import KeptPrompt
from ...state.trace_sender import TraceSender
from ..showing import tracking_uri
from .noted_model import NotedModel
from .notes import Notes

UNPLANNED = "planning"
"""The experiment of what is said before there is a plan."""

TRACES_FOLDER = ".traces"
"""Where traces wait, below the checkpoints: names of datasets don't begin with a dot."""


class PlanningTraces:
    """Traces one conversation, where the plan does not say `"mlflow": false`."""

    def __init__(self, endpoint: Endpoint, settings: Settings, checkpoint_dir: Path, plan: Callable[[], Plan | None]):
        """`plan` gives the plan as it is at the moment, None before there is one."""
        self._settings, self._plan = settings, plan
        self._sender = TraceSender(checkpoint_dir / TRACES_FOLDER, partial(without_keys, endpoint))
        self._notes = Notes(endpoint, self._take)

    def model(self, inner: Model) -> Model:
        """The model, with its calls noted."""
        return NotedModel(inner, self._notes)

    def watch(self, tools: Iterable[FunctionTool]) -> None:
        """From now on, note what these tools are asked and answer."""
        for tool in tools:
            tool.on_invoke_tool = self._notes.noted(tool.name, tool.on_invoke_tool)

    def finish(self) -> str | None:
        """The conversation is over: wait for the rest to arrive; gives what is to be said of what did not."""
        self._notes.end()
        return self._sender.finish()

    def _take(self, trace: Trace) -> None:
        plan = self._plan()
        if plan is not None and plan.mlflow is False:
            return
        named = plan.mlflow.experiment if plan is not None and plan.mlflow else None
        experiment = named or (plan.dataset_name if plan is not None else UNPLANNED)
        prompt = load_prompt("coordinator")
        kept = KeptPrompt(prompt.sha256, prompt.name, prompt.text)
        self._sender.take(tracking_uri(plan, self._settings), experiment, trace, [kept])


def without_keys(endpoint: Endpoint, text: str) -> str:
    """The text of a trace as JSON, without the endpoint's key, and without what looks like another."""
    if len(endpoint.api_key) > 4:
        text = text.replace(json.dumps(endpoint.api_key)[1:-1], "***")
    return re.sub(r"\bsk-[\w-]{16,}", "***", text)

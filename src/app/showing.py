"""Where a dataset can be seen: its MLflow sink, and the UI on its store."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from ..errors import InputError
from ..plan import Plan
from ..settings import Settings
from ..state.deliveries import LedgerOutbox
from ..state.ledger import Ledger
from ..state.mlflow_sink import MlflowSink
from ..state.mlflow_ui import serve_ui
from ..state.outbox import FinalState, Report, Target
from ..state.tracking_uri import dataset_page, is_server, shown, sqlite_file, sqlite_uri
from .checkpoints import find


class Sink(Protocol):
    """Shows a dataset while it grows. `is_served` says whether it is a server that has a UI already."""

    @property
    def is_served(self) -> bool:
        """See above."""
        ...

    def wake(self) -> None:
        """Something was committed. Returns at once."""
        ...

    def finish(self, final: FinalState) -> Report | None:
        """The run has ended; tells what became of showing it."""
        ...


class NoSink:
    """Shows nothing: the plan says `"mlflow": false`."""

    is_served = False

    def wake(self) -> None:
        """Nothing."""

    def finish(self, final: FinalState) -> Report | None:
        """Nothing."""
        return None


class LateSink:
    """An MLflow sink that is told all at once, when the run has ended."""

    def __init__(self, sink: MlflowSink) -> None:
        """`sink` has not been started."""
        self._sink = sink

    @property
    def is_served(self) -> bool:
        """See `Sink`."""
        return self._sink.is_served

    def wake(self) -> None:
        """Nothing, yet."""

    def finish(self, final: FinalState) -> Report | None:
        """See `Sink`."""
        self._sink.start()
        return self._sink.finish(final)


def open_sink(ledger: Ledger, plan: Plan, settings: Settings, *, at_end: bool = False) -> Sink:
    """The sink of a dataset, at work; or waiting for the run's end, if all is to be told then."""
    if plan.mlflow is False:
        return NoSink()
    history = ledger.history
    sink = MlflowSink(LedgerOutbox(ledger), tracking_uri(plan, settings), plan, history.strata(), history.key())
    if at_end:
        return LateSink(sink)
    sink.start()
    return sink


def tracking_uri(plan: Plan | None, settings: Settings) -> str:
    """The MLflow store of a dataset: as the environment says, else the plan, else a local SQLite file."""
    named = plan.mlflow.tracking_uri if plan is not None and plan.mlflow else None
    return settings.mlflow_tracking_uri or named or sqlite_uri(settings.mlflow_dir / "mlflow.db")


def serve(settings: Settings, port: int, name: str | None, checkpoint_dir: Path, say: Callable[[str], None]) -> None:
    """Serve the MLflow UI on the runs' store until interrupted; with a name, say where its dataset's page is.

    Raises InputError where there is no store yet, or the store is a server, which has a UI of its own.
    """
    plan, history = None, find(name, checkpoint_dir) if name else None
    if history and (kept := history.plan()):
        plan = kept.plan
    uri = tracking_uri(plan, settings)
    if is_server(uri):
        raise InputError.at(shown(uri), "is a server with a UI of its own", "open it in a browser")
    if (file := sqlite_file(uri)) and not file.is_file():
        raise InputError.at(file, "there is no store yet", "`agent run` makes it")
    row = history.target(uri) if history else None
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the server is stopped then too
    with serve_ui(uri, port=port) as server:
        page = server.address
        if row and (target := Target(*row)).experiment_id and target.dataset_id:
            page = dataset_page(page, target.experiment_id, target.dataset_id)
        say(f"MLflow is at {page} (Ctrl-C stops it)")
        server.wait()

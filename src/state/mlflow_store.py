"""The calls to MLflow, and nothing else. Importing this module does not import MLflow; opening a store does."""

from __future__ import annotations

import io
import logging
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ..errors import TrackingError
from ..records import Json
from .mlflow_database import ensure_database
from .tracking_uri import artifact_folder, sqlite_file

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

T = TypeVar("T")

HTTP_TIMEOUT_S = 10
RUN_TAG = "dataset_agent_run"
"""The tag by which a run and its evaluation dataset are found again."""

_MERGED_AT_ONCE = 200
_METRICS_AT_ONCE = 1000
_PARAMS_AT_ONCE = 100
_FORCED = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}
_DEFAULTS = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": str(HTTP_TIMEOUT_S),
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    "MLFLOW_CONFIGURE_LOGGING": "false",
}


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a metric; the time is in milliseconds since 1970."""

    key: str
    value: float
    timestamp_ms: int
    step: int


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run as MLflow holds it: `status` is RUNNING, FINISHED, FAILED or KILLED, `metrics` the latest values."""

    run_id: str
    experiment_id: str
    status: str
    tags: Mapping[str, str]
    params: Mapping[str, str]
    metrics: Mapping[str, float]


class MlflowStore:
    """An MLflow store: a SQLite file, another database, or a server.

    Every method raises TrackingError where the store cannot be used; `beat` is called after each call that succeeded.
    MLflow's tracking URI is set for the whole process, because its datasets know no other way.
    """

    def __init__(self, uri: str, beat: Callable[[], None] = lambda: None) -> None:
        self._failures = load_mlflow()
        self._beat = beat
        from mlflow import MlflowClient, set_tracking_uri

        file = sqlite_file(uri)
        self._artifacts = None if file is None else artifact_folder(file).as_uri()
        with _as_tracking_error(self._failures):
            if file is not None:
                ensure_database(file)
            inherited = os.environ.get("MLFLOW_TRACKING_URI")
            set_tracking_uri(uri)
            _restore("MLFLOW_TRACKING_URI", inherited)
            self._client = MlflowClient(tracking_uri=uri, registry_uri=uri)

    @property
    def client(self) -> MlflowClient:
        """What prompts and traces are told with, by modules of their own, each call within `calling`."""
        return self._client

    @contextmanager
    def calling(self) -> Iterator[None]:
        """Raises TrackingError for whatever MLflow raises within; beats where it raises nothing."""
        with _as_tracking_error(self._failures):
            yield
        self._beat()

    # ---- what there is ---------------------------------------------------------------------------------------

    def experiment(self, name: str) -> str:
        """The id of an experiment, made where there is none of that name."""
        with self.calling():
            found = self._client.get_experiment_by_name(name)
            if found is None:
                # Its kind decides which tabs the UI shows; only this one has Datasets.
                tags = {"mlflow.experimentKind": "genai_development"}
                return str(self._client.create_experiment(name, self._artifacts, tags))
        if found.lifecycle_stage != "active":
            raise TrackingError(f"its experiment {name!r} was deleted: restore it there, or set mlflow.experiment")
        return str(found.experiment_id)

    def run(self, run_id: str) -> StoredRun | None:
        """A run by its id; None where the store has none, or it was deleted."""
        from mlflow.exceptions import MlflowException

        with self.calling():
            try:
                run = self._client.get_run(run_id)
            except MlflowException as error:
                if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                    raise
                return None
        return _stored(run) if run.info.lifecycle_stage == "active" else None

    def find_run(self, experiment_id: str, run_key: str) -> StoredRun | None:
        """The run that was created for a key."""
        with self.calling():
            found = self._client.search_runs([experiment_id], f"tags.{RUN_TAG} = '{run_key}'", max_results=1)
        return _stored(found[0]) if found else None

    def latest_run(self, experiment_name: str, run_name: str) -> StoredRun | None:
        """The youngest run of a name that was created for a key."""
        with self.calling():
            experiment = self._client.get_experiment_by_name(experiment_name)
            if experiment is None:
                return None
            runs = self._client.search_runs([experiment.experiment_id], order_by=["attributes.start_time DESC"])
        ours = (run for run in runs if RUN_TAG in run.data.tags and run.info.run_name == run_name)
        return next(map(_stored, ours), None)

    def find_dataset(self, experiment_id: str, run_key: str) -> str | None:
        """The id of the evaluation dataset that was created for a key."""
        with self.calling():
            found = self._client.search_datasets(
                experiment_ids=[experiment_id], filter_string=f"tags.{RUN_TAG} = '{run_key}'", max_results=1
            )
        return found[0].dataset_id if found else None

    def history(self, run_id: str, key: str) -> list[Point]:
        """Every value of a metric, by step."""
        with self.calling():
            found = self._client.get_metric_history(run_id, key)
        return sorted((Point(m.key, m.value, m.timestamp, m.step) for m in found), key=lambda point: point.step)

    def artifacts(self, run_id: str, folder: str) -> list[str]:
        """The paths of a run's files in a folder of its artifacts, sorted."""
        with self.calling():
            return sorted(item.path for item in self._client.list_artifacts(run_id, folder))

    def download(self, run_id: str, path: str, into: Path) -> Path:
        """Fetch a file or folder of a run's artifacts, under its path in `into`."""
        with self.calling():
            return Path(self._client.download_artifacts(run_id, path, str(into)))

    # ---- what is told ----------------------------------------------------------------------------------------

    def create_run(self, experiment_id: str, name: str, run_key: str) -> StoredRun:
        """A new run, found again by its key."""
        with self.calling():
            return _stored(self._client.create_run(experiment_id, tags={RUN_TAG: run_key}, run_name=name))

    def create_dataset(self, experiment_id: str, name: str, run_key: str) -> str:
        """A new evaluation dataset, found again by its key."""
        with self.calling():
            return str(self._client.create_dataset(name, experiment_id, tags={RUN_TAG: run_key}).dataset_id)

    def merge(self, dataset_id: str, records: Sequence[Json]) -> None:
        """Put records into an evaluation dataset; those it has, by their inputs, stay as they are."""
        if records:
            with self.calling():
                dataset = self._client.get_dataset(dataset_id)
        for part in _parts(records, _MERGED_AT_ONCE):
            with self.calling():
                dataset.merge_records(part)

    def log_points(self, run_id: str, points: Sequence[Point]) -> None:
        """Log values of metrics; those it has stay as they are."""
        from mlflow.entities import Metric

        for part in _parts(points, _METRICS_AT_ONCE):
            metrics = [Metric(point.key, point.value, point.timestamp_ms, point.step) for point in part]
            with self.calling():
                self._client.log_batch(run_id, metrics=metrics, synchronous=True)

    def log_params(self, run_id: str, params: Mapping[str, str]) -> None:
        """Log params the run has not: MLflow lets none be changed."""
        from mlflow.entities import Param

        for part in _parts(list(params.items()), _PARAMS_AT_ONCE):
            with self.calling():
                self._client.log_batch(run_id, params=[Param(*item) for item in part], synchronous=True)

    def set_tags(self, run_id: str, tags: Mapping[str, str]) -> None:
        """Set tags of a run, over what they were."""
        from mlflow.entities import RunTag

        for part in _parts(list(tags.items()), _PARAMS_AT_ONCE):
            with self.calling():
                self._client.log_batch(run_id, tags=[RunTag(*item) for item in part], synchronous=True)

    def put(self, run_id: str, path: str, content: Path | bytes) -> None:
        """Write a file of a run's artifacts, over what it was."""
        with self.calling(), content.open("rb") if isinstance(content, Path) else io.BytesIO(content) as stream:
            self._client.log_stream(run_id, stream, path)

    def set_status(self, run_id: str, status: str) -> None:
        """Set the status of a run: RUNNING, or with the time of its end FINISHED, FAILED or KILLED."""
        with self.calling():
            if status == "RUNNING":
                self._client.update_run(run_id, status)
            else:
                self._client.set_terminated(run_id, status)


def _stored(run: Run) -> StoredRun:
    info, data = run.info, run.data
    return StoredRun(info.run_id, info.experiment_id, info.status, data.tags, data.params, data.metrics)


def _parts(items: Sequence[T], size: int) -> Iterator[list[T]]:
    for start in range(0, len(items), size):
        yield list(items[start : start + size])


# ---- MLflow in this process ---------------------------------------------------------------------------------


@cache
def load_mlflow() -> tuple[type[Exception], ...]:
    """Import MLflow: no telemetry, no log lines but through `logging`, no long waits. Gives what its calls raise."""
    os.environ.update(_FORCED)
    for name, value in _DEFAULTS.items():
        os.environ.setdefault(name, value)
    for name in ("mlflow", "alembic", "sqlalchemy", "urllib3"):
        logging.getLogger(name).addHandler(logging.NullHandler())
    from alembic.util import CommandError
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    # OSError is also what requests raises, ValueError what a JSON parser does with a page of HTML, and
    # NotImplementedError what MLflow's client does where the server is too old.
    return (MlflowException, SQLAlchemyError, CommandError, sqlite3.Error, OSError, ValueError, NotImplementedError)


@contextmanager
def _as_tracking_error(failures: tuple[type[Exception], ...]) -> Iterator[None]:
    try:
        yield
    except failures as error:
        raise TrackingError(_root_cause(error)) from error


def _restore(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value


def _root_cause(error: BaseException) -> str:
    """Why it failed, as one short line: what the system said, where it did, else MLflow's own words."""
    cause, inner = error, error.__cause__ or error.__context__
    while inner is not None:
        if isinstance(inner, OSError | sqlite3.Error):
            cause = inner
        inner = inner.__cause__ or inner.__context__
    text = (str(cause) or type(cause).__name__).strip().splitlines()[0]
    return text if len(text) <= 200 else f"{text[:197]}..."

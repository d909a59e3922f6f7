"""An empty MLflow store, cheap."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dataset_agent.state.mlflow_store import MlflowStore
from dataset_agent.state.tracking_uri import sqlite_uri


@pytest.fixture(scope="session")
def _empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("empty") / "mlflow.db"
    MlflowStore(sqlite_uri(file))
    return file


@pytest.fixture
def store_uri(_empty_store: Path, tmp_path: Path) -> str:
    """The URI of an empty store of the test's own: a copy, because making one takes a second."""
    file = tmp_path / "store" / "mlflow.db"
    file.parent.mkdir()
    shutil.copyfile(_empty_store, file)
    return sqlite_uri(file)

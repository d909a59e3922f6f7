"""What a tracking URI says, without asking MLflow."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

UI_ADDRESS = "http://127.0.0.1:5000"
"""Where `agent ui` serves a store that is not a server."""


def is_server(uri: str) -> bool:
    """Whether it names an MLflow server, rather than a database."""
    return uri.startswith(("http://", "https://"))


def sqlite_file(uri: str) -> Path | None:
    """The database file of a `sqlite:///` URI, absolute; None for any other store."""
    found = re.fullmatch(r"sqlite(?:\+\w+)?:///([^?]+)(?:\?.*)?", uri)
    return None if found is None or found[1] == ":memory:" else Path(unquote(found[1])).absolute()


def sqlite_uri(file: Path) -> str:
    """The URI of a database file."""
    return f"sqlite:///{quote(str(file.absolute()))}"


def artifact_folder(file: Path) -> Path:
    """Where the artifacts of a database file lie: beside it."""
    return file.with_name(f"{file.stem}-artifacts")


def shown(uri: str) -> str:
    """The URI without user name and password, fit for messages and links."""
    parts = urlsplit(uri)
    return uri if "@" not in parts.netloc else parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def dataset_page(uri: str, experiment_id: str, dataset_id: str) -> str:
    """The address of a dataset's page in the MLflow UI: the server's, or the one that `agent ui` serves."""
    base = shown(uri).rstrip("/") if is_server(uri) else UI_ADDRESS
    return f"{base}/#/experiments/{experiment_id}/datasets/{dataset_id}"

"""The MLflow UI on a store that is not a server, in a process of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO

from ..errors import InputError
from .tracking_uri import artifact_folder, sqlite_file

_ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    # Seven more processes, for features no dataset uses.
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
}


@dataclass(frozen=True, slots=True)
class UiServer:
    """A running MLflow server. `address` is what a browser opens."""

    process: subprocess.Popen[bytes]
    address: str

    def wait(self) -> None:
        """Until it ends, or a KeyboardInterrupt comes."""
        self.process.wait()


@contextmanager
def serve_ui(uri: str, host: str = "127.0.0.1", port: int = 5000, patience_s: float = 60.0) -> Iterator[UiServer]:
    """Serve a store's UI and API for the length of the context; entered once it answers.

    Raises InputError where the port is taken, or the server ends or is silent for `patience_s`.
    """
    _require_free(host, port)
    address = f"http://{host}:{port}"
    command = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", uri, "--workers", "1"]
    file = sqlite_file(uri)
    if file is not None:
        command += ["--artifacts-destination", artifact_folder(file).as_uri()]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [*command, "--host", host, "--port", str(port)],
            env=os.environ | _ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # so that Ctrl-C reaches us first, and we stop it and its workers
        )
        try:
            _wait_until_it_answers(process, address, patience_s, log)
            yield UiServer(process, address)
        finally:
            _stop(process)


def _require_free(host: str, port: int) -> None:
    try:
        with socket.create_server((host, port)):
            pass
    except OSError as error:
        raise InputError.at(f"{host}:{port}", f"cannot be served: {error.strerror}", "choose another port") from None


def _wait_until_it_answers(process: subprocess.Popen[bytes], address: str, patience_s: float, log: IO[bytes]) -> None:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    end = time.monotonic() + patience_s
    while process.poll() is None and time.monotonic() < end:
        try:
            with direct.open(f"{address}/health", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    log.seek(0)
    lines = log.read().decode(errors="replace").strip().splitlines()
    raise InputError.at(address, "the MLflow server did not start", lines[-1][:200] if lines else "")


def _stop(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        process.wait(10)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()

"""A PostgreSQL server of a test's own on 127.0.0.1, from the machine's package; none where there is no package."""

from __future__ import annotations

import glob
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PASSWORD = "s3cr/t@pw"
_NOBODY = 65534


def binaries() -> Path | None:
    """The folder with `initdb` and `pg_ctl`, where the machine has one."""
    packaged = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))
    found = packaged[-1] if packaged else shutil.which("initdb")
    folder = Path(found).resolve().parent if found else None
    return folder if folder and (folder / "pg_ctl").exists() else None


@contextmanager
def postgres() -> Iterator[int]:
    """The port of a server with the user `tester` (a superuser, password `PASSWORD`); gone on leaving."""
    folder = binaries()
    if folder is None:
        raise RuntimeError("there is no initdb on this machine")
    with tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as home:
        if os.geteuid() == 0:  # the server refuses to run as root
            os.chown(home, _NOBODY, _NOBODY)
        data, secret = f"{home}/data", Path(home) / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        kind = ("--auth=scram-sha-256", f"--pwfile={secret}", "--encoding=UTF8", "--locale=C", "--no-sync")
        _run(folder / "initdb", "-D", data, "-U", "tester", *kind)
        port = _free_port()
        settings = f"-F -c listen_addresses=127.0.0.1 -p {port} -k {home}"
        _run(folder / "pg_ctl", "-D", data, "-w", "-l", f"{home}/log", "-o", settings, "start")
        try:
            yield port
        finally:
            _run(folder / "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")


def _free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


def _run(*command: str | Path) -> None:
    drop = {"user": _NOBODY, "group": _NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    done = subprocess.run(command, capture_output=True, text=True, cwd="/", timeout=60, check=False, **drop)
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {done.stdout}{done.stderr}")

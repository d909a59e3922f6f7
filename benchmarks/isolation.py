"""A function in a process of its own, which is killed where a call takes longer than it may.

The limit is CPU time, so that what else the machine does decides nothing. It is watched from outside, since no signal's
handler would run while a pattern backtracks, and since timers of CPU time make the kernel's clock of it coarse.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import resource
import socket
import time
import warnings
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NoReturn

_MEMORY = 4 << 30
_START_S = 60.0
_WALL = 5
_WATCH_S = 0.02
_TICKS = os.sysconf("SC_CLK_TCK")
_CONTEXT = multiprocessing.get_context("spawn")


class TimeLimitExceeded(Exception):
    """A call took longer than its limit; its process was killed."""


class CallFailed(Exception):
    """A call raised an error, or its process died of it."""


class CannotStart(Exception):
    """The first call failed, as where a package is not installed: figures would mean nothing."""


class Isolated:
    """Calls a function of a module in another process, without a network and with bounded memory.

    `limit_s` is in CPU seconds, and five times that in wall time for what sleeps. It does not include the start of a
    process, nor a first call with the arguments `warm_up`, which loads what is loaded once.
    """

    def __init__(self, function: Callable[..., Any], limit_s: float, warm_up: tuple[Any, ...]) -> None:
        self._function, self._limit_s, self._warm_up = function, limit_s, warm_up
        self._process: Any = None
        self._connection: Connection

    def __enter__(self) -> Isolated:
        return self

    def __exit__(self, *_: object) -> None:
        self._kill()

    def __call__(self, *arguments: Any) -> Any:
        """The function's result.

        Raises:
            TimeLimitExceeded: there was none within the limit.
            CallFailed: the function raised an error.
            CannotStart: it raised one at its first call, with `warm_up`.

        """
        if self._process is None:
            self._start()
        self._connection.send(arguments)
        is_result, value = self._receive(self._limit_s)
        if not is_result:
            raise CallFailed(value)
        return value

    def _start(self) -> None:
        self._connection, theirs = _CONTEXT.Pipe()
        arguments = (theirs, self._function, self._warm_up)
        self._process = _CONTEXT.Process(target=_serve, args=arguments, daemon=True)
        self._process.start()
        theirs.close()
        is_result, value = self._receive(_START_S)
        if not is_result:
            raise CannotStart(value)

    def _receive(self, limit_s: float) -> Any:
        last_cpu, last_wall = self._cpu_s() + limit_s, time.monotonic() + _WALL * limit_s
        while not self._connection.poll(_WATCH_S):
            if self._cpu_s() > last_cpu or time.monotonic() > last_wall:
                self._kill()
                raise TimeLimitExceeded(f"no result within {limit_s:g} s")
        try:
            return self._connection.recv()
        except EOFError:
            self._kill()
            raise CallFailed("the process died") from None

    def _cpu_s(self) -> float:
        """What the process has used so far, in user and in system mode."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._connection.close()
            self._process = None


def _serve(connection: Connection, function: Callable[..., Any], warm_up: tuple[Any, ...]) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    socket.socket.connect = _refuse  # type: ignore[method-assign]  # what is on the web would decide figures
    warnings.simplefilter("ignore")
    connection.send(_result(function, warm_up))
    with contextlib.suppress(EOFError):
        while True:
            _answer(connection, _result(function, connection.recv()))


def _result(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[bool, Any]:
    try:
        return True, function(*arguments)
    except Exception as error:
        return False, _told(error)


def _answer(connection: Connection, result: tuple[bool, Any]) -> None:
    try:
        connection.send(result)
    except Exception as error:  # what cannot be pickled
        connection.send((False, _told(error)))


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _refuse(*_: object) -> NoReturn:
    raise OSError("there is no network here")

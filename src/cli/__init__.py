"""The command `agent`: arguments, exit codes, printing. What a command does is in `app`, imported when it is run."""

from __future__ import annotations

import os
import sys

from ..errors import DatasetAgentError
from . import building, looking, reviewing, sourcing, starting
from .common import app

__all__ = ["app", "building", "looking", "main", "reviewing", "sourcing", "starting"]


_INTERRUPTED = "interrupted; what was committed is kept, run again to go on"


def main() -> None:
    """Run the command line; every expected error ends in a message and its exit code."""
    try:
        app()
    except DatasetAgentError as error:
        _fail(str(error), error.exit_code)
    except KeyboardInterrupt:
        _fail(_INTERRUPTED, 130)
    except SystemExit as ended:
        if ended.code == 130 and isinstance(getattr(ended.__context__, "__cause__", None), KeyboardInterrupt):
            _fail(_INTERRUPTED, 130)  # typer would end it without a word
        raise
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the exit would complain once more
        sys.exit(0)
    except Exception as error:  # the border: a fault of ours gets a message too, and a trace on request
        if os.environ.get("DATASET_AGENT_DEBUG"):
            raise
        told = f"a fault in dataset-agent: {type(error).__name__}: {error}"
        _fail(f"{told}\nWhat was committed is kept. Please report it, with what DATASET_AGENT_DEBUG=1 prints.", 1)


def _fail(message: str, code: int) -> None:
    print(f"error: {message}", file=sys.stderr)
    sys.exit(code)

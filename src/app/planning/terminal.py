"""A conversation with a person: in a terminal, or on pipes."""

from __future__ import annotations

import contextlib
import sys
from typing import TextIO

from rich.console import Console, RenderableType
from rich.text import Text

_PIPE_WIDTH = 10_000


class Terminal:
    """Asks on standard input, answers on standard output."""

    def __init__(self, stdin: TextIO | None = None, stdout: TextIO | None = None) -> None:
        self._in, self._out = stdin or sys.stdin, stdout or sys.stdout
        self.is_interactive = self._in.isatty() and self._out.isatty()
        self._console = Console(file=self._out, highlight=False, markup=False, soft_wrap=True)
        if not self._console.is_terminal:
            self._console.width = _PIPE_WIDTH  # nothing is cut off in a file
        self._is_mid_line = False
        if self.is_interactive:
            with contextlib.suppress(ImportError):
                import readline  # noqa: F401 - gives `input` its editing keys

    def say(self, text: str, style: str = "") -> None:
        """One or more whole lines."""
        self.show(Text(printable(text), style=style))

    def show(self, what: RenderableType) -> None:
        """A table, or the like."""
        self.end_line()
        self._console.print(what)

    def stream(self, piece: str) -> None:
        """A piece of a text that is still being written."""
        piece = printable(piece)
        if piece:
            self._out.write(piece)
            self._out.flush()
            self._is_mid_line = not piece.endswith("\n")

    def end_line(self) -> None:
        """Make sure that what comes next begins a line."""
        if self._is_mid_line:
            self._out.write("\n")
            self._is_mid_line = False

    def ask(self, prompt: str) -> str | None:
        """The next line, None at the end of the input. Raises KeyboardInterrupt."""
        self.end_line()
        line = self._read(prompt)
        return None if line is None else line.encode("utf-8", "replace").decode().strip()

    def _read(self, prompt: str) -> str | None:
        try:
            if self.is_interactive:
                return input(prompt)
            print(prompt, end="", file=self._out, flush=True)
            line = self._in.readline()
        except EOFError:
            line = ""
        print(line.rstrip("\n"), file=self._out, flush=True)  # on pipes, so that what was asked and said can be read
        return line or None


def printable(text: str) -> str:
    """A text without what a terminal would obey: control characters, but for line ends and tabs."""
    return "".join(char for char in text if char in "\n\t" or not (ord(char) < 32 or 127 <= ord(char) < 160))

"""The text of an HTML page."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_NO_TEXT = frozenset(("script", "style", "template", "title"))
_LINES = _HEADINGS | frozenset(
    "address article aside blockquote body br caption dd details div dl dt fieldset figcaption figure footer form head "
    "header hr html legend li main nav ol option p pre section summary table tbody tfoot thead tr ul".split()
)
_CELLS = frozenset(("td", "th"))
_BLANKS = re.compile(r"\s+")


def html_text(page: str) -> tuple[str, str]:
    """The title of a page (its first heading, else its `title`, else '') and its text, a line for each paragraph.

    Scripts, styles, templates and comments are dropped, entities decoded, blanks folded, but in `pre`.
    """
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return reader.heading or reader.title, reader.text()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title = self.heading = ""
        self._lines: list[str] = []
        self._line: list[str] = []
        self._unread: str | None = None
        self._unread_text: list[str] = []
        self._pre = 0
        self._in_heading = False

    def text(self) -> str:
        self._end_line()
        return "\n".join(self._lines)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._unread:
            return
        if tag in _NO_TEXT:
            self._unread, self._unread_text = tag, []
            return
        if tag in _LINES:
            self._end_line()
        elif tag in _CELLS:
            self._line.append(" ")
        self._pre += tag == "pre"
        self._in_heading = self._in_heading or tag in _HEADINGS

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # A slash closes no element in HTML: <script/> would otherwise be read as empty, its code as text.
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if self._unread:
            if tag == self._unread:
                self._end_unread()
            return
        if tag in _LINES:
            self._end_line()
        if tag in _HEADINGS:
            self._in_heading = False
        if tag == "pre":
            self._pre = max(0, self._pre - 1)

    def handle_data(self, data: str) -> None:
        if self._unread:
            self._unread_text.append(data)
        elif self._pre:
            first, *others = data.split("\n")
            self._line.append(first)
            for other in others:
                self._end_line()
                self._line.append(other)
        else:
            self._line.append(data)

    def _end_unread(self) -> None:
        if self._unread == "title" and not self.title:
            self.title = _fold("".join(self._unread_text))
        self._unread = None

    def _end_line(self) -> None:
        line = "".join(self._line)
        self._line = []
        line = line.rstrip() if self._pre else _fold(line)
        if line.strip():
            self._lines.append(line)
            if self._in_heading and not self.heading:
                self.heading = _fold(line)


def _fold(text: str) -> str:
    return _BLANKS.sub(" ", text).strip()

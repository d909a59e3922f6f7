"""What kind of statement a SQL text is, told before it is sent.

That a query writes is found by the database, whose connection is read-only; this look at the text comes before it, so
that the usual mistakes get a plain message, and so that nothing is sent which could switch that off.
"""

from __future__ import annotations

import re

from ...errors import InputError, SourceError

_READS = ("SELECT", "WITH", "VALUES", "TABLE")
_WRITES = (
    *("INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE", "UPSERT", "CREATE", "ALTER", "DROP", "TRUNCATE", "RENAME"),
    *("GRANT", "REVOKE", "COPY", "LOAD", "IMPORT", "ATTACH", "VACUUM", "REINDEX"),
)
_AFTER_WITH = {*_READS, "INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE"} - {"WITH"}

_TEXT, _ESCAPED_TEXT = r"'(?:[^']|'')*'", r"'(?:[^'\\]|''|\\.)*'"
_NAME, _ESCAPED_NAME = r'"(?:[^"]|"")*"', r'"(?:[^"\\]|""|\\.)*"'
_ANYWHERE = rf"--[^\n]*|/\*(?!!).*?\*/|`[^`]*`|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$|\b[eE]{_ESCAPED_TEXT}"
_STANDARD = re.compile(f"{_ANYWHERE}|{_TEXT}|{_NAME}", re.DOTALL)
_BACKSLASHED = re.compile(f"{_ANYWHERE}|{_ESCAPED_TEXT}|{_ESCAPED_NAME}", re.DOTALL)
_TOKEN = re.compile(r"\w+|[();]")


def refuse_writing(query: str, where: str, *, backslashes: bool = False) -> None:
    """Raises SourceError for anything but one statement that reads: SELECT, WITH, VALUES or TABLE.

    `backslashes`: whether the database reads a backslash in a text as an escape, as MySQL does.
    """
    pattern = _BACKSLASHED if backslashes else _STANDARD
    tokens = [token.upper() for token in _TOKEN.findall(pattern.sub(" ", query))]
    while tokens and tokens[-1] == ";":
        tokens.pop()
    words = [token for token in tokens if token not in "();"]
    if not words:
        raise SourceError.at(where, "holds no statement", "write a SELECT")
    if ";" in tokens:
        raise SourceError.at(where, "holds several statements", "a source is one query; join them, or make two sources")
    verb = _verb(tokens) if words[0] == "WITH" else words[0]
    if verb in _WRITES or "INTO" in words:
        raise writing(where, f"it has {verb if verb in _WRITES else 'INTO'}")
    if verb not in _READS:
        raise SourceError.at(where, f"begins with {verb}: only {', '.join(_READS)} are run", "write a SELECT")


def writing(where: str, why: str) -> InputError:
    """The refusal of a query that writes."""
    what = f"a query that writes is refused ({why}): sources are read over read-only connections"
    return SourceError.at(where, what, "write a query that only reads")


def _verb(tokens: list[str]) -> str:
    """What a statement with WITH does: its first verb outside of parentheses."""
    depth = 0
    for token in tokens:
        depth += {"(": 1, ")": -1}.get(token, 0)
        if depth == 0 and token in _AFTER_WITH:
            return token
    return "WITH"

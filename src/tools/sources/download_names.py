"""What a downloaded file is called, and its URL in messages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.message import Message
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit, urlunsplit

_UNSAFE = re.compile(r"[^\w.()+,=@ -]+")
_LONGEST = 120
_ENDINGS = {
    "application/gzip": ".gz",
    "application/jsonl": ".jsonl",
    "application/vnd.apache.parquet": ".parquet",
    "application/x-gzip": ".gz",
    "application/x-ndjson": ".jsonl",
    "application/x-tar": ".tar",
    "application/xml": ".xml",
    "application/zip": ".zip",
    "text/csv": ".csv",
    "text/html": ".html",
    "text/markdown": ".md",
    "text/plain": ".txt",
    "text/tab-separated-values": ".tsv",
    "text/xml": ".xml",
}


def masked(url: str) -> str:
    """A URL as messages may have it: without user, password, query and fragment."""
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return url.partition("?")[0].rpartition("@")[2]
    shown = urlunsplit((parts.scheme, f"***@{host}" if host != parts.netloc else host, parts.path, "", ""))
    return shown + ("?…" if parts.query else "")


def file_name(asked: str, answered: str, headers: Mapping[str, str]) -> str:
    """A safe name for the file: the server's own, else from the URL asked for, else from the one that answered.

    A name without an ending gets the one of the content's type, where there is one.
    """
    candidates = [_from_header(headers.get("Content-Disposition", "")), _last_part(asked), _last_part(answered)]
    names = [name for name in map(_safe, candidates) if name]
    name = next((name for name in names if PurePosixPath(name).suffix), names[0] if names else "download")
    if not PurePosixPath(name).suffix:
        name += _ENDINGS.get(headers.get("Content-Type", "").partition(";")[0].strip().lower(), "")
    return name


def _from_header(disposition: str) -> str:
    message = Message()
    message["Content-Disposition"] = disposition
    return message.get_filename() or ""


def _last_part(url: str) -> str:
    return unquote(urlsplit(url).path).rpartition("/")[2]


def _safe(name: str) -> str:
    """The name as a file may have it anywhere: no folders, no hidden file, not too long; the ending stays."""
    name = _UNSAFE.sub("_", name.replace("\\", "/").rpartition("/")[2]).lstrip(". ").rstrip(". ")
    while len(name.encode()) > _LONGEST:
        name = name[1:]
    return name.lstrip(". ")

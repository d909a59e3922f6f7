"""Files over HTTP and HTTPS."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx2
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_exponential

from ...errors import InputError, SourceError
from .download_names import file_name, masked

MAX_BYTES = 4 << 30
"""The most bytes a file may have."""

_TRIES = 3
_REDIRECTS = 5
_PATIENCE_S = 30.0
_TIMEOUT = httpx2.Timeout(60.0, connect=15.0)
_BACKOFF = wait_exponential(multiplier=0.5, max=_PATIENCE_S)
_AT_ONCE = 1 << 20
_NOT_THERE = (404, 410)
_NOT_ALLOWED = (401, 403, 407)
_ASK_AGAIN = 429


class NotThere(SourceError):
    """The server answers, and has no such file."""


class Unreachable(SourceError):
    """The server does not answer, or not as it should."""


class _Again(Exception):
    """What another try may mend."""

    def __init__(self, what: str, after_s: float | None = None) -> None:
        super().__init__(what)
        self.after_s = after_s


@dataclass(frozen=True, slots=True)
class _Order:
    url: str
    folder: Path
    place: str
    most: int


def download(
    url: str,
    folder: Path,
    where: str,
    *,
    most: int = MAX_BYTES,
    pause: Callable[[float], None] = time.sleep,
) -> Path:
    """The file at `url`, put into `folder` under the name it has there; never half of it.

    Tried three times where the connection or the server fails, with the pauses (seconds) a server asks for, up to 30.
    Proxies come from the environment. Raises SourceError with the URL, without what is secret in it: `NotThere` where
    there is no such file, `Unreachable` where the server fails.
    """
    order = _Order(url, folder, f"{where}: {masked(url)}", most)
    tries = Retrying(
        stop=stop_after_attempt(_TRIES),
        wait=_wait,
        retry=retry_if_exception_type(_Again),
        sleep=pause,
        reraise=True,
    )
    try:
        return tries(_try, order)
    except _Again as error:
        mend = f"tried {_TRIES} times: try again later, or download it yourself and give its `path`"
        raise Unreachable.at(order.place, str(error), mend) from None
    except OSError as error:
        raise SourceError.at(order.place, f"cannot be kept in {folder}: {error.strerror}") from None


def _wait(state: RetryCallState) -> float:
    """Seconds until the next try."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.after_s if isinstance(error, _Again) else None
    return float(_BACKOFF(state)) if asked is None else asked


def _try(order: _Order) -> Path:
    client = httpx2.Client(
        follow_redirects=True,
        max_redirects=_REDIRECTS,
        timeout=_TIMEOUT,
        # As the file lies there: its size is known then, and its sum is that of the file.
        headers={"Accept-Encoding": "identity", "User-Agent": "dataset-agent"},
    )
    try:
        with client, client.stream("GET", order.url) as response:
            _check(response, order)
            return _keep(response, order)
    except httpx2.TooManyRedirects:
        what = f"redirects more than {_REDIRECTS} times"
        raise SourceError.at(order.place, what, "give the URL it leads to") from None
    except (httpx2.UnsupportedProtocol, httpx2.InvalidURL) as error:
        raise SourceError.at(order.place, f"no file can be had there: {error}", "give a URL of HTTP or HTTPS") from None
    except httpx2.DecodingError as error:
        raise SourceError.at(order.place, f"is not encoded as it says: {error}") from None
    except httpx2.RequestError as error:
        raise _Again(f"cannot be downloaded: {str(error) or type(error).__name__}") from None


def _check(response: httpx2.Response, order: _Order) -> None:
    """Raises where the answer is not the file."""
    status = response.status_code
    what = f"the server answers {status} {response.reason_phrase}".rstrip()
    if status == _ASK_AGAIN or response.is_server_error:
        after_s = _retry_after(response)
        if after_s is not None and after_s > _PATIENCE_S:
            raise Unreachable.at(order.place, what, f"it asks to wait {after_s:.0f} s: try again after that")
        raise _Again(what, after_s)
    if status in _NOT_THERE:
        raise NotThere.at(order.place, what, "is the URL right?")
    if status in _NOT_ALLOWED:
        raise SourceError.at(order.place, what, "download it yourself and give its `path`")
    if status != httpx2.codes.OK:
        raise SourceError.at(order.place, what, "is the URL right?")
    if _length(response) > order.most:
        raise _too_long(order)


def _keep(response: httpx2.Response, order: _Order) -> Path:
    """The body in a file: under another name while it comes."""
    name = file_name(order.url, str(response.url), response.headers)
    order.folder.mkdir(parents=True, exist_ok=True)
    part, path = order.folder / f".{name}.part", order.folder / name
    try:
        with part.open("wb") as file:
            written = 0
            for piece in _pieces(response, name):
                written += len(piece)
                if written > order.most:
                    raise _too_long(order)
                file.write(piece)
        promised = _length(response)
        if response.num_bytes_downloaded < promised:
            raise _Again(f"is cut off: {response.num_bytes_downloaded:,} bytes of {promised:,} came")
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    return path


def _pieces(response: httpx2.Response, name: str) -> Iterator[bytes]:
    """The body; decoded where the server packed it all the same, and the file itself is not the packed one."""
    packed_itself = response.headers.get("Content-Encoding", "identity") == "gzip" and name.lower().endswith(
        (".gz", ".tgz")
    )
    return response.iter_raw(_AT_ONCE) if packed_itself else response.iter_bytes(_AT_ONCE)


def _length(response: httpx2.Response) -> int:
    written = response.headers.get("Content-Length", "")
    return int(written) if written.isdecimal() else 0


def _retry_after(response: httpx2.Response) -> float | None:
    """Seconds until the moment that the server asks to wait for."""
    written = response.headers.get("Retry-After", "")
    if written.isdecimal():
        return float(written)
    try:
        moment = parsedate_to_datetime(written)
    except ValueError:
        return None
    return max(0.0, moment.timestamp() - time.time())


def _too_long(order: _Order) -> InputError:
    what = f"has more than {order.most:,} bytes"
    return SourceError.at(order.place, what, "download it yourself and give its `path`")

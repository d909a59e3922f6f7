"""What went wrong with a call, and whether to send it again."""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import openai

from ..errors import ContextOverflow, EndpointError, EndpointRefused
from ..records import Outcome
from .entries import Endpoint

_TOO_LONG = re.compile(
    r"context[ _](?:length|window|size)|maximum (?:context|input|prompt)|prompt is too long|too many (?:input )?tokens"
    r"|max_model_len|input (?:is )?too long",
    re.IGNORECASE,
)
_CLIENTS_WORDS = re.compile(r"^Error code: \d+(?: - )?")
_MOST_TOLD = 300


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a call brought no answer.

    told: one line, without keys. retry_after: seconds the endpoint asks for. is_outage: the endpoint was not reached,
    or could not serve anybody. final: what to raise where sending it again would not help.
    """

    outcome: Outcome
    told: str
    retry_after: float | None = None
    is_outage: bool = False
    final: EndpointError | None = None


def fault_of(error: Exception, endpoint: Endpoint) -> Fault:
    """The fault behind an error of the client. Raises the error itself where it is none of the endpoint's."""
    if isinstance(error, openai.APIStatusError):
        return _status_fault(error.status_code, error.message, error.code, _retry_after(error.response), endpoint)
    if isinstance(error, openai.APIError | OSError):  # TimeoutError is an OSError
        cause = _root_of(error)
        if isinstance(cause, TimeoutError | openai.APITimeoutError):
            return Fault("timeout", f"{endpoint.root} did not answer in time", is_outage=True)
        told = scrubbed(str(cause) or type(cause).__name__, endpoint)
        return Fault("disconnected", f"{endpoint.root}: {told}", is_outage=True)
    if isinstance(error, ValueError):  # an answer that is no JSON, or cut off in the middle
        told = scrubbed(str(error), endpoint)
        return Fault("disconnected", f"{endpoint.root} sent an answer that cannot be read: {told}")
    if endpoint.entry.provider:
        return _foreign_fault(error, endpoint)
    raise error


def _foreign_fault(error: Exception, endpoint: Endpoint) -> Fault:
    """The fault behind an error of another provider's client: by its HTTP status, where it tells one."""
    response = getattr(error, "response", None)
    status = getattr(error, "status_code", None) or getattr(response, "status_code", None)
    if isinstance(status, int):
        code = getattr(error, "code", None)
        return _status_fault(status, str(error), code, _retry_after(response), endpoint)
    told = f"{endpoint.root}: {scrubbed(str(error) or type(error).__name__, endpoint)}"
    return Fault("disconnected", told, is_outage=True)


def _root_of(error: BaseException) -> BaseException:
    """The first cause: the client calls a refused connection a timeout."""
    while error.__cause__ is not None and not isinstance(error.__cause__, asyncio.CancelledError):
        error = error.__cause__
    return error


def _status_fault(status: int, message: str, code: str | None, retry_after: float | None, endpoint: Endpoint) -> Fault:
    message = scrubbed(_CLIENTS_WORDS.sub("", message), endpoint)
    told = f"{endpoint.root} answered {status}{': ' if message else ''}{message}"
    if status == 429 and code != "insufficient_quota":
        return Fault("rate_limited", told, retry_after)
    if status >= 500 or status in (408, 409, 425):
        return Fault("server_error", told, retry_after, is_outage=status >= 500)
    return Fault("rejected", told, final=_refusal(status, code, message, told, endpoint))


def _refusal(status: int, code: str | None, message: str, told: str, endpoint: Endpoint) -> EndpointError:
    if status in (401, 403):
        return EndpointRefused(f"{told}; is the key in {endpoint.key_variable} right?")
    if status in (402, 429):
        return EndpointRefused(f"{told}; the account behind {endpoint.key_variable} has nothing left to spend")
    is_too_long = status == 413 or code == "context_length_exceeded" or _TOO_LONG.search(message)
    if status in (400, 413, 422) and is_too_long:
        return ContextOverflow(told)
    if status == 404:
        return EndpointRefused(
            f"{told}; is {endpoint.entry.model!r} a model there, and {endpoint.address} the right address?"
        )
    return EndpointRefused(f"{told}; the `capabilities` and `options` of model {endpoint.name!r} say what is sent")


def _retry_after(response: Any) -> float | None:
    """Seconds to wait, as the endpoint says: in figures, or as a date."""
    headers: Mapping[str, str] = getattr(response, "headers", None) or {}
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) / unit
        except ValueError:
            continue
        if math.isfinite(seconds):
            return max(0.0, seconds)
    try:
        then = parsedate_to_datetime(headers.get("retry-after", ""))
    except ValueError:
        return None
    now = datetime.now(UTC)
    return max(0.0, (then.replace(tzinfo=then.tzinfo or UTC) - now).total_seconds())


def scrubbed(text: str, endpoint: Endpoint) -> str:
    """One line of a text, of bounded length, without the endpoint's key."""
    if len(endpoint.api_key) > 4:
        text = text.replace(endpoint.api_key, "***")
    text = re.sub(r"\b(sk|key)-[\w-]{8,}", "***", " ".join(text.split()))
    return text[:_MOST_TOLD]

"""Several calls for one batch, at once: each comes to its end, so that what was paid for can be taken up again."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

from ..errors import ContextOverflow, EndpointDown, EndpointError, EndpointRefused

T = TypeVar("T")


async def finished(work: Iterable[Coroutine[Any, Any, T | None]]) -> tuple[list[T | None], BaseException | None]:
    """What each came to, None where it failed; and the gravest error: one that ends the run, or cuts the batch."""
    results = await asyncio.gather(*work, return_exceptions=True)
    errors = sorted((result for result in results if isinstance(result, BaseException)), key=_lightness)
    return [None if isinstance(result, BaseException) else result for result in results], next(iter(errors), None)


def is_one_calls(error: BaseException) -> bool:
    """Whether an error says nothing of other calls: the endpoint serves, but this one call was given up."""
    return isinstance(error, EndpointError) and not isinstance(error, EndpointDown | EndpointRefused | ContextOverflow)


def _lightness(error: BaseException) -> int:
    return 2 if is_one_calls(error) else int(isinstance(error, ContextOverflow))

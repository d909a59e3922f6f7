"""`agent check`: the gate over any JSONL file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import orjson
import pyarrow as pa

from ..errors import InputError
from ..plan.reading import read_json
from ..records import Candidates, Json, Refusal, Rejection
from ..tools.checks import (
    AlignmentCheck,
    Check,
    ContactFormatCheck,
    PlaceholderCheck,
    SchemaCheck,
    TwinCheck,
    judge,
    parse_candidate,
    stated_fields,
)
from ..tools.diversity import DuplicateIndex, exact_only, fingerprint
from ..tools.schemas import Validator
from ..tools.schemas.twins import Faults

SHOWN = 20
"""How many refused lines are shown."""

CHUNK = 5_000


def check_file(file: Path, schema: Path | None) -> dict[str, Any]:
    """Check every line; gives how many passed and were refused, by reason, and the first refused ones.

    A line with an `id` and a `record` is one of our own files: its record is what is checked, and its prompt, where it
    has one, beside it. One with `invalid` has to break the schema in that, and in nothing else. Raises InputError where
    a file cannot be read.
    """
    document = None if schema is None else read_json(schema)
    checks: list[Check] = [PlaceholderCheck(), ContactFormatCheck(stated_fields(document)), AlignmentCheck()]
    if schema is not None:
        checks[:0] = [SchemaCheck(Validator(document, str(schema))), TwinCheck(Faults.of(document, str(schema)))]
    duplicates = DuplicateIndex(exact_only)
    passed, reasons, shown = 0, Counter[str](), list[dict[str, Any]]()
    lines = _lines(file)
    while chunk := list(islice(lines, CHUNK)):
        accepted, rejections = _check(chunk, checks, duplicates)
        passed += accepted
        reasons.update(rejection.reason for rejection in rejections)
        shown += [
            {"line": rejection.number, "reason": rejection.reason, "detail": rejection.detail}
            for rejection in rejections[: SHOWN - len(shown)]
        ]
    return {"file": str(file), "passed": passed, "refused": reasons.total(), "rejected": dict(reasons), "first": shown}


def _check(
    lines: list[tuple[int, str]], checks: list[Check], duplicates: DuplicateIndex
) -> tuple[int, list[Rejection]]:
    """How many of these numbered lines passed, and the others, by line."""
    rejections: list[Rejection] = []
    parsed: list[_Line] = []
    for number, text in lines:
        value = parse_candidate(text)
        if isinstance(value, Refusal):
            rejections.append(Rejection(number, value.reason, value.detail, text))
        else:
            parsed.append(_line(number, value))
    numbers = np.array([line.number for line in parsed], dtype=np.int64)
    values = [line.record for line in parsed]
    labels = pa.array([line.invalid for line in parsed], pa.string())
    texts = pa.array([orjson.dumps(value).decode() for value in values], pa.string())
    with_prompt = np.array([line.prompt is not None for line in parsed], np.bool_)
    rows, refused = np.zeros(0, np.intp), list[Rejection]()
    for part in (np.flatnonzero(with_prompt), np.flatnonzero(~with_prompt)):
        index = pa.array(part)
        prompts = pa.array([parsed[row].prompt for row in part.tolist()], pa.string())
        own = Candidates(
            numbers[part],
            texts.take(index),
            prompts if with_prompt[part].any() else None,
            drawn=[values[row] for row in part.tolist()],
            invalid=labels.take(index),
        )
        passed, rejected = judge(checks, own)
        rows, refused = np.concatenate([rows, part[passed]]), refused + rejected
    rows.sort()
    kept = Candidates(numbers, texts).take(rows)
    verdicts = duplicates.judge("", fingerprint(kept, ()), len(kept))
    rejections += refused
    rejections += [
        Rejection(int(kept.numbers[row]), refusal.reason, refusal.detail, "") for row, refusal in verdicts.refused
    ]
    return len(verdicts.accepted), sorted(rejections, key=lambda rejection: rejection.number)


class _Line(NamedTuple):
    number: int
    record: Json
    prompt: str | None
    invalid: str | None


def _line(number: int, value: Json) -> _Line:
    """A line's record, and what stands beside it."""
    if not isinstance(value, dict) or not {"id", "record"} <= value.keys():
        return _Line(number, value, None, None)
    prompt, label = value.get("prompt"), value.get("invalid")
    is_label = isinstance(label, dict) and isinstance(label.get("path"), str)
    invalid = orjson.dumps(label).decode() if is_label else None
    return _Line(number, value["record"], prompt if isinstance(prompt, str) else None, invalid)


def _lines(file: Path) -> Iterator[tuple[int, str]]:
    """The lines of a file that are not blank, numbered from 1."""
    try:
        with file.open(encoding="utf-8-sig", newline="\n") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield number, line
    except OSError as error:
        raise InputError.at(file, f"cannot be read: {error.strerror}", "is the path right?") from None
    except UnicodeDecodeError as error:
        raise InputError.at(file, f"is not UTF-8: {error.reason} at byte {error.start}") from None

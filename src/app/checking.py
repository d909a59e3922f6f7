"""`agent check`: the gate over any JSONL file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa

from ..errors import InputError
from ..plan.reading import read_json
from ..records import Candidates, Json, Refusal, Rejection
from ..tools.checks import (
    Check,
    ContactFormatCheck,
    PlaceholderCheck,
    SchemaCheck,
    judge,
    parse_candidate,
    stated_fields,
)
from ..tools.diversity import DuplicateIndex, fingerprint
from ..tools.schemas import Validator

SHOWN = 20
"""How many refused lines are shown."""

CHUNK = 5_000


def check_file(file: Path, schema: Path | None) -> dict[str, Any]:
    """Check every line; gives how many passed and were refused, by reason, and the first refused ones.

    A line with an `id` and a `record` is one of our own files: its record is what is checked. Raises InputError where a
    file cannot be read.
    """
    document = None if schema is None else read_json(schema)
    checks: list[Check] = [PlaceholderCheck(), ContactFormatCheck(stated_fields(document))]
    if schema is not None:
        checks.insert(0, SchemaCheck(Validator(document, str(schema))))
    duplicates = DuplicateIndex("exact", 1.0, "global")
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
    parsed: list[tuple[int, Json]] = []
    for number, text in lines:
        value = parse_candidate(text)
        if isinstance(value, Refusal):
            rejections.append(Rejection(number, value.reason, value.detail, text))
        else:
            parsed.append((number, value["record"] if _is_ours(value) else value))
    numbers = np.array([number for number, _ in parsed], dtype=np.int64)
    values = [value for _, value in parsed]
    texts = pa.array([orjson.dumps(value).decode() for value in values], pa.string())
    rows, refused = judge(checks, Candidates(numbers, texts, drawn=values))
    kept = Candidates(numbers, texts).take(rows)
    verdicts = duplicates.judge("", fingerprint(kept, "exact"), len(kept))
    rejections += refused
    rejections += [
        Rejection(int(kept.numbers[row]), refusal.reason, refusal.detail, "") for row, refusal in verdicts.refused
    ]
    return len(verdicts.accepted), sorted(rejections, key=lambda rejection: rejection.number)


def _is_ours(value: Json) -> bool:
    return isinstance(value, dict) and {"id", "record"} <= value.keys()


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

"""Records as MLflow takes them for evaluation: `mlflow.genai.datasets.EvaluationDataset.merge_records`.

| a record with | inputs | expectations |
|---|---|---|
| a prompt | `{"prompt": ...}` | the record |
| `inputs` | as they are | as they are |
| one of the keys in `chat.QUESTIONS` | that key alone | the rest of the record |
| none of these | the record | none |

A record that breaks its schema on purpose has the tags `invalid`, the keyword, and `invalid_path`.
MLflow wants both to be objects: a value that is none stands under the key `record`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ...records import Json
from .chat import QUESTIONS
from .files import FileFacts, atomic_file
from .jsonl import write_values
from .shards import Row, Shard, rows


def evaluation(row: Row) -> Json:
    """The record as `merge_records` takes it; tags are strings, and tell records with equal inputs apart for people."""
    inputs, expectations = _parts(row)
    tags = {"id": row.id, "category": row.category, "tier": row.tier, "quality": str(row.quality), "split": row.split}
    if row.invalid is not None:
        tags |= {"invalid": row.invalid["keyword"], "invalid_path": row.invalid["path"]}
    return {
        "inputs": _object(inputs),
        **({} if expectations is None else {"expectations": _object(expectations)}),
        "tags": {key: value for key, value in tags.items() if value is not None},
        "source": {"source_type": "CODE", "source_data": {"id": row.id}},
    }


def write_evaluation(shards: Iterable[Shard], path: Path) -> FileFacts:
    """Writes each record as a line."""
    with atomic_file(path) as file:
        write_values(file, map(evaluation, rows(shards)))
    return file.facts


def _parts(row: Row) -> tuple[Json, Json]:
    record = row.record
    if row.prompt is not None:
        return {"prompt": row.prompt}, record
    if not isinstance(record, dict):
        return record, None
    if "inputs" in record:
        return record["inputs"], record.get("expectations")
    question = next((key for key in QUESTIONS if isinstance(record.get(key), str)), None)
    if question is None:
        return record, None
    return {question: record[question]}, {key: value for key, value in record.items() if key != question}


def _object(value: Json) -> Json:
    return value if isinstance(value, dict) else {"record": value}

"""Grounded tasks: what a category over a source may say, and the form of its records."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from .base import FileName, Name, Part, Share, no_repeats

Task = Literal["reverse_query", "label", "document_qa"]
Worker = Literal["template", "agent", "extract", "label"]

MODEL_WORKERS: Mapping[Task, Worker] = {"reverse_query": "extract", "label": "label", "document_qa": "agent"}
"""Who serves a task with a language model; the template worker serves all of them without."""

COLUMNS: Mapping[Task, tuple[str, ...]] = {
    "reverse_query": ("subject", "object"),
    "label": ("text", "label"),
    "document_qa": ("text", "id"),
}
"""The keys of a task that name columns of its source."""

OBJECT_KEYS: Mapping[Task, str] = {"reverse_query": "object", "label": "source_code", "document_qa": "document_id"}
"""The key of a record that says what of the source it asks about, by task."""

OBJECT_NAMES: Mapping[Task, str] = {"reverse_query": "objects", "label": "labels", "document_qa": "documents"}
"""What that is called, several of them."""

CHUNK_CHARS = 4000
"""What one call of the `extract` worker reads at the most, in characters, unless the plan says otherwise."""

_KEYS: Mapping[str, tuple[str, ...]] = {
    "subject": ("reverse_query",),
    "object": ("reverse_query",),
    "query": ("reverse_query",),
    "negative_query": ("reverse_query",),
    "negatives": ("reverse_query",),
    "hard_negatives": ("reverse_query",),
    "evidence": ("reverse_query",),
    "min_recall": ("reverse_query",),
    "text": ("label", "document_qa"),
    "label": ("label",),
    "group": ("label",),
    "models": ("label",),
    "id": ("document_qa",),
    "unanswerable": ("document_qa",),
}

_FIELD = re.compile(r"\{([^{}]*)\}")
Column = Annotated[str, Field(min_length=1)]


class Evidence(Part):
    """Where the `extract` worker reads: rows of a table that name the object, or documents found by likeness."""

    source: FileName
    text: Column = Field("text", description="the column to read")
    match: Column | None = Field(
        None, description="the column that names the object; without it, passages are found by vector search"
    )
    top: Annotated[int, Field(ge=1, le=1000)] = Field(20, description="passages a query gets by vector search")
    chunk_chars: Annotated[int, Field(ge=200, le=200_000)] = Field(
        CHUNK_CHARS, description="what one call reads at the most"
    )
    passage_chars: Annotated[int, Field(ge=100, le=20_000)] = Field(800, description="the length of a passage")
    store: Literal["qdrant", "pinecone"] = "qdrant"
    url: str | None = Field(None, description="the store's server; without it Qdrant runs within the program")
    api_key_env: str | None = Field(None, description="the environment variable with the server's key")


class Grounded(Part):
    """The keys of a category with a task."""

    task: Task | None = Field(None, description="what is made of the `source`")
    source: FileName | None = Field(None, description="the source that grounds the records")
    key: Column | None = Field(
        None, description="the source's column that says what a row is about, for the facts check of written texts"
    )
    subject: Column | None = Field(None, description="reverse_query: the column whose values are the answers")
    object: Column | None = Field(None, description="reverse_query: the column whose values are asked about")
    query: str | None = Field(None, description='reverse_query: such as "Which drugs cause {object}?"')
    negative_query: str | None = Field(None, description='reverse_query: such as "Does {subject} cause {object}?"')
    negatives: Annotated[int, Field(ge=0, le=1000)] = Field(1, description="NO records for each YES record")
    hard_negatives: Share = Field(
        0.0, description="share of the NO records whose subject has an object that often occurs together with theirs"
    )
    evidence: Evidence | None = Field(None, description="extract: what is read; the rows of the source if left out")
    min_recall: Share = Field(0.0, description="extract: a query below it is read again in smaller chunks")
    text: Column | None = Field(None, description="label, document_qa: the column with the text")
    label: Column | None = Field(None, description="label: the column with the code")
    group: Column | None = Field(None, description="label: the column with the code's chapter, for coverage")
    models: Annotated[list[Name], Field(min_length=1)] | None = Field(
        None, description="label: models that label the same texts, side by side"
    )
    id: Column | None = Field(None, description="document_qa: the column that names the document")
    unanswerable: Share = Field(0.0, description="document_qa: share of questions that the document does not answer")

    @property
    def chunk_chars(self) -> int:
        """What one call of the `extract` worker reads at the most, in characters."""
        return self.evidence.chunk_chars if self.evidence else CHUNK_CHARS

    @property
    def needs_a_model(self) -> bool:
        """Whether it says something that only a model's worker can follow."""
        return self.evidence is not None or self.min_recall > 0 or self.models is not None

    @model_validator(mode="after")
    def _fits_task(self) -> Self:
        for key, tasks in _KEYS.items():
            if key in self.model_fields_set and self.task not in tasks:
                raise ValueError(f"`{key}` goes with the task {' or '.join(map(repr, tasks))}")
        if self.key is not None and (self.task is not None or self.source is None):
            raise ValueError("`key` goes with a `source`, and without a task")
        if self.task is None:
            return self
        wanted = ["source", *COLUMNS[self.task]]
        if self.task == "reverse_query":
            wanted += ["query"] + (["negative_query"] if self.negatives else [])
        if missing := [key for key in wanted if getattr(self, key) is None]:
            raise ValueError(f"the task {self.task!r} needs {', '.join(map(repr, missing))}")
        _check_fields("query", self.query, {"object"})
        _check_fields("negative_query", self.negative_query, {"subject", "object"})
        no_repeats(self.models or [], "model")
        return self


def _check_fields(key: str, text: str | None, names: set[str]) -> None:
    """Raises ValueError where a question lacks one of the fields it is to have, or has another."""
    if text is None:
        return
    found = set(_FIELD.findall(text))
    if found != names:
        told = " and ".join(f"{{{name}}}" for name in sorted(names, reverse=True))
        raise ValueError(f"`{key}` must hold {told}, and no other field; it holds {sorted(found) or 'none'}")


_TEXT = {"type": "string", "minLength": 1}
_SHARE = {"type": "number", "minimum": 0, "maximum": 1}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


RECORD_SCHEMAS: Mapping[Task, dict[str, Any]] = {
    "reverse_query": {
        "oneOf": [
            _object(
                {
                    "query": _TEXT,
                    "object": _TEXT,
                    "answer": {"const": "YES"},
                    "subjects": {"type": "array", "items": _TEXT, "uniqueItems": True},
                    "subject_count": {"type": "integer", "minimum": 0},
                    "expected_count": {"type": "integer", "minimum": 1},
                    "recall": _SHARE,
                    "precision": _SHARE,
                }
            ),
            _object(
                {"query": _TEXT, "subject": _TEXT, "object": _TEXT, "answer": {"const": "NO"}, "true_object": _TEXT}
            ),
        ]
    },
    "label": _object(
        {"text": _TEXT, "codes": {"type": "array", "items": _TEXT}, "quality": _SHARE, "source_code": _TEXT}
    ),
    "document_qa": _object(
        {
            "question": _TEXT,
            "answer": {"type": ["string", "null"], "minLength": 1},
            "evidence": {"type": ["string", "null"], "minLength": 1},
            "document_id": _TEXT,
        }
    ),
}
"""The JSON Schema of a record, by task."""

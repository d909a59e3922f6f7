"""From a category of the plan to where its evidence is fetched."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from ...errors import InputError, SourceError
from ...plan import Category, Evidence
from ..diversity.embedder import Embedder
from ..sources import Table
from .base import EvidenceStore
from .likeness import StoreMaker, VectorEvidence, passages_of
from .pinecone_store import PineconeStore
from .qdrant_store import QdrantStore
from .tables import SourceRows, TableEvidence, texts_of
from .vectors import missing_extra

FOLDER = "vectors"


def open_evidence(
    category: Category,
    tables: Mapping[str, Table],
    *,
    embedder: Callable[[], Embedder],
    folder: Path,
    variables: Mapping[str, str],
    where: str,
) -> EvidenceStore:
    """Where a `reverse_query` category fetches its evidence; who opens it closes it.

    tables: the plan's sources by name. embedder: opened where vectors are wanted alone. folder: where embeddings are
    kept, in `vectors`. variables: where keys are looked up. where: the category's place, `plan.json: $.categories[0]`.
    Raises SourceError for columns that are missing or empty and for stores that do not serve, InputError for a missing
    extra or key.
    """
    evidence = category.evidence
    if evidence is None:
        if category.source is None or category.subject is None or category.object is None:
            raise ValueError(f"the task {category.task!r} has no evidence")
        return SourceRows(tables[category.source], category.subject, category.object, where)
    place = f"{where}.evidence"
    table = tables[evidence.source]
    if evidence.match is not None:
        return TableEvidence(table, evidence.text, evidence.match, place)
    texts = passages_of(table, evidence.text, evidence.passage_chars, f"{place}.text")
    if not texts:
        raise SourceError.at(f"{place}.text", f"{evidence.text!r} of {table.path} holds neither letter nor digit")
    make = _store_maker(evidence, variables, place)
    return VectorEvidence(texts, embedder(), make, folder / FOLDER, top=evidence.top)


def examine_evidence(
    category: Category, tables: Mapping[str, Table], *, variables: Mapping[str, str], where: str
) -> bool:
    """Whether a category's evidence is found by vectors, and so needs an embedder; nothing is opened.

    Raises what `open_evidence` would raise for columns, extras and keys.
    """
    evidence = category.evidence
    if evidence is None:
        return False
    place, table = f"{where}.evidence", tables[evidence.source]
    if evidence.match is not None:
        TableEvidence(table, evidence.text, evidence.match, place)
        return False
    texts_of(table, evidence.text, f"{place}.text")
    _store_maker(evidence, variables, place)
    extra, module = _CLIENTS[evidence.store]
    if find_spec(module) is None:
        raise missing_extra(extra, f"{place}.store")
    if evidence.store == "pinecone" and (evidence.url is None or evidence.api_key_env is None):
        what = "the store 'pinecone' needs `url`, the host of the index, and `api_key_env`, the variable with its key"
        raise InputError.at(f"{place}.store", what, "an index is made beforehand")
    return True


_CLIENTS = {"qdrant": ("vectors", "qdrant_client"), "pinecone": ("pinecone", "pinecone")}
"""The extra and the module of each store's client."""


def _store_maker(evidence: Evidence, variables: Mapping[str, str], where: str) -> StoreMaker:
    key = ""
    if (name := evidence.api_key_env) is not None and evidence.url is not None:
        key = variables.get(name, "").strip()
        if not key:
            what = f"the variable {name}, which holds the key of {evidence.url}, is not set"
            raise InputError.at(f"{where}.api_key_env", what, f"export {name}=..., or write it to .env")
        if not (key.isascii() and key.isprintable()):
            raise InputError.at(f"{where}.api_key_env", f"the key in {name} holds what no HTTP header can")
    store = QdrantStore if evidence.store == "qdrant" else PineconeStore
    return partial(_made, store, evidence.url, key, f"{where}.store")


def _made(
    store: type[QdrantStore] | type[PineconeStore], url: str | None, key: str, where: str, name: str, dimensions: int
) -> QdrantStore | PineconeStore:
    return store(url, key, name, dimensions, where)

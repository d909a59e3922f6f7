"""Who writes the categories with a task, where models do: a specialist for each, with what it works from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from ...agents.document_writer import DocumentWriter
from ...agents.extractor import Extractor
from ...agents.labeler import Labeler
from ...agents.station import Station
from ...engine.agent_line import Writer
from ...plan import Category
from ...settings import Settings
from ...tools.diversity import open_embedder
from ...tools.evidence import EvidenceStore, open_evidence
from ...tools.grounding.grounds import Grounds
from ..preparing import Prepared

EVIDENCE = "evidence"
"""The folder within a checkpoint where passages are kept with their embeddings."""


@contextmanager
def open_stores(prepared: Prepared, folder: Path, settings: Settings) -> Iterator[dict[str, EvidenceStore]]:
    """Where the extract worker reads, by category; closed at the end. Raises InputError where that cannot be had."""
    with ExitStack() as stack:
        stores = {}
        for category in prepared.categories_of("extract"):
            store = open_evidence(
                category,
                prepared.grounds.tables,
                embedder=lambda: open_embedder(settings.embedder),  # `refuse_unfit_evidence` saw that it is there
                folder=folder / EVIDENCE,
                variables=settings.variables,
                where=prepared.grounds.where(category),
            )
            stores[category.name] = stack.enter_context(closing(store))
        yield stores


def specialists(
    prepared: Prepared, station: Station, stations: Mapping[str, Station], stores: Mapping[str, EvidenceStore]
) -> dict[str, Writer]:
    """The writers by category, for batches that a route gives to one model; `stations` are all of them, by name."""
    grounds = prepared.grounds

    def writer(category: Category) -> Writer:
        if category.task == "reverse_query":
            return Extractor(
                station,
                grounds.reverse_queries(category),
                stores[category.name],
                subject=category.subject or "",
                chunk_chars=category.chunk_chars,
                min_recall=category.min_recall,
            )
        if category.task == "label":
            several = [stations[name] for name in category.models or ()] or [station]
            return Labeler(several, grounds.labels(category))
        return DocumentWriter(station, grounds.documents(category))

    return {category.name: writer(category) for category in prepared.model_categories if category.task is not None}


MOST_QUESTIONS = 5
"""How many questions one call asks about a document at the most."""


def questions_a_call(grounds: Grounds, category: Category) -> int:
    """How many questions one call asks about a document: as many as each has to give, up to a few."""
    documents = sum(lane.objects for lane in grounds.lanes_of(category))
    return max(1, min(MOST_QUESTIONS, -(-category.count // documents)))

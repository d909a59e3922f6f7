"""Who writes the categories with a task, where models do: a specialist for each, with what it works from."""

from __future__ import annotations

from collections.abc import Mapping
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


def open_stores(prepared: Prepared, folder: Path, settings: Settings) -> dict[str, EvidenceStore]:
    """Where the extract worker reads, by category. Raises InputError where that cannot be had."""
    return {
        category.name: open_evidence(
            category,
            prepared.grounds.tables,
            embedder=lambda: open_embedder(settings.embedder),  # `refuse_unfit_evidence` saw that it is there
            folder=folder / EVIDENCE,
            variables=settings.variables,
            where=prepared.grounds.where(category),
        )
        for category in prepared.categories_of("extract")
    }


def specialists(
    prepared: Prepared, station: Station, stations: Mapping[str, Station], stores: Mapping[str, EvidenceStore]
) -> dict[str, Writer]:
    """The writers by category, for batches that a route gives to one model; `stations` are all of them, by name."""
    grounds = prepared.grounds

    def writer(category: Category) -> Writer:
        if category.task == "reverse_query":
            evidence = category.evidence
            return Extractor(
                station,
                grounds.reverse_queries(category),
                stores[category.name],
                subject=category.subject or "",
                chunk_chars=evidence.chunk_chars if evidence else DEFAULT_CHUNK,
                min_recall=category.min_recall,
            )
        if category.task == "label":
            several = [stations[name] for name in category.models or ()] or [station]
            return Labeler(several, grounds.labels(category))
        return DocumentWriter(station, grounds.documents(category))

    return {
        category.name: writer(category)
        for category in prepared.plan.categories
        if category.task is not None and prepared.plan.worker_of(category) != "template"
    }


MOST_QUESTIONS = 5
"""How many questions one call asks about a document at the most."""


def questions_a_call(grounds: Grounds, category: Category) -> int:
    """How many questions one call asks about a document: as many as each has to give, up to a few."""
    documents = sum(lane.objects for lane in grounds.lanes_of(category))
    return max(1, min(MOST_QUESTIONS, -(-category.count // documents)))


DEFAULT_CHUNK = 4000
"""What one call reads at the most where the rows of the source itself are the evidence, in characters."""

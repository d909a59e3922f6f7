"""A category of the plan gets the evidence it names, or is told why not; in this process, nothing is contacted."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from leaflets import Counting, category, documents, facts

from dataset_agent.errors import InputError, SourceError
from dataset_agent.tools.evidence import EvidenceStore, Piece, SourceRows, TableEvidence, open_evidence
from dataset_agent.tools.evidence.qdrant_store import QdrantStore

pytest.importorskip("qdrant_client")

WHERE = "plan.json: $.categories[0]"


def opened(folder: Path, embedder: Counting | None = None, rows: int = 40, **evidence: Any) -> EvidenceStore:
    tables = {"facts": facts(), "leaflets": documents(rows)}
    wanted = embedder or Counting()
    return open_evidence(
        category(**evidence), tables, embedder=lambda: wanted, folder=folder, variables={}, where=WHERE
    )


def test_without_evidence_the_sources_rows_are_read(tmp_path: Path) -> None:
    found = opened(tmp_path)
    assert isinstance(found, SourceRows)
    assert found.pieces("nausea", "?")[0] == Piece("0", "drug: Aspirin; effect: nausea")


def test_a_match_column_names_the_rows(tmp_path: Path) -> None:
    found = opened(tmp_path, match="id")
    assert isinstance(found, TableEvidence)
    assert [piece.id for piece in found.pieces("7", "?")] == ["7"]


def test_without_a_match_the_nearest_passages_are_read_in_their_order(tmp_path: Path) -> None:
    found = opened(tmp_path, top=3)
    pieces = found.pieces("thirst", "Which leaflet says that iodine may cause thirst?")
    assert [piece.id for piece in pieces] == sorted((piece.id for piece in pieces), key=lambda id: float(id))
    assert Piece("3.0", "Leaflet: Iodine may cause thirst in some patients.") in pieces
    assert found.pieces("", "") == []
    found.close()


def test_equally_near_passages_are_those_that_stand_first(tmp_path: Path) -> None:
    found = opened(tmp_path, rows=4000, top=7)
    pieces = found.pieces("fever", "Leaflet: Iron may cause fever in some patients.")
    assert [piece.id for piece in pieces] == [f"{row}.0" for row in range(2, 282, 40)]
    found.close()


def test_long_documents_are_cut_into_passages(tmp_path: Path) -> None:
    found = opened(tmp_path, passage_chars=100, top=1000)
    assert all(len(piece.text) <= 100 for piece in found.pieces("", "Leaflet"))
    assert len(found.pieces("", "Leaflet")) == 40
    found.close()


def test_nothing_is_embedded_twice(tmp_path: Path) -> None:
    first, again, other = Counting(), Counting(), Counting("another")
    for embedder, rows in ((first, 1300), (again, 1300), (other, 1300)):
        opened(tmp_path, embedder, rows, top=1).close()
    assert len(first.embedded) == len(other.embedded) == 1300
    assert again.embedded == []
    assert len(list((tmp_path / "vectors").iterdir())) == 2


def test_what_a_kill_left_is_taken_and_a_damaged_part_is_made_anew(tmp_path: Path) -> None:
    opened(tmp_path, rows=1300, top=1).close()
    parts = sorted((tmp_path / "vectors").rglob("*.npy"))
    assert [part.name for part in parts] == ["00000.npy", "00001.npy", "00002.npy"]
    whole = [part.read_bytes() for part in parts]
    parts[1].write_bytes(whole[1][:-1])
    parts[2].unlink()
    embedder = Counting()
    opened(tmp_path, embedder, rows=1300, top=1).close()
    assert len(embedder.embedded) == 1300 - 512
    assert [part.read_bytes() for part in parts] == whole


def test_a_missing_column_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"\$\.categories\[0\]\.evidence\.text: leaflets has no column 'body'"):
        opened(tmp_path, text="body")
    with pytest.raises(SourceError, match=r"\$\.categories\[0\]\.evidence\.match: leaflets has no column 'drug'"):
        opened(tmp_path, match="drug")


@pytest.mark.parametrize(
    ("evidence", "message"),
    [
        ({"url": "localhost:6333"}, r"evidence\.store: 'localhost:6333' is no address"),
        ({"url": "http://me:secret@localhost"}, "holds a user's name or password"),
        ({"url": "http://localhost", "api_key_env": "STORE_KEY"}, r"api_key_env: the variable STORE_KEY.*not set"),
        ({"store": "pinecone"}, "needs `url`"),
        ({"store": "pinecone", "url": "http://localhost"}, "needs `api_key_env`"),
    ],
)
def test_a_store_that_cannot_be_meant_is_refused(tmp_path: Path, evidence: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        opened(tmp_path, **evidence, top=1)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("module", "evidence", "extra"),
    [
        ("qdrant_client", {"top": 1}, "vectors"),
        ("pinecone.index", {"store": "pinecone", "url": "localhost", "api_key_env": "K"}, "pinecone"),
    ],
)
def test_a_missing_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, evidence: dict[str, Any], extra: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(InputError, match=rf'needs the extra `{extra}`.*pip install "dataset-agent\[{extra}\]"'):
        open_evidence(
            category(**evidence),
            {"facts": facts(), "leaflets": documents()},
            embedder=Counting,
            folder=tmp_path,
            variables={"K": "key"},
            where=WHERE,
        )


def test_more_vectors_than_qdrant_advises_are_taken_without_a_warning() -> None:
    from qdrant_client.common.client_warnings import SEEN_MESSAGES

    SEEN_MESSAGES.clear()  # it warns once a process
    store = QdrantStore(None, "", "many", 2, "plan")
    angles = np.linspace(0, 3, 20_100)
    store.add(range(len(angles)), np.stack([np.cos(angles), np.sin(angles)], 1).astype(np.float16))
    assert store.count() == 20_100
    assert store.search(np.array([1, 0], np.float16), 2)[0].score == pytest.approx(1, abs=1e-3)
    store.close()


WATCHED = """
import sys
contacted = []
def watch(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "urllib.Request"):
        contacted.append((event, arguments))
sys.addaudithook(watch)
sys.path[:0] = [sys.argv[1]]
from pathlib import Path
from leaflets import Counting, category, documents, facts
from dataset_agent.tools.evidence import open_evidence
found = open_evidence(category(top=3), {"facts": facts(), "leaflets": documents()}, embedder=Counting,
                      folder=Path(sys.argv[2]), variables={}, where="plan")
assert len(found.pieces("thirst", "thirst")) == 3
found.close()
assert not contacted, contacted
"""


def test_nothing_is_contacted_in_this_process(tmp_path: Path) -> None:
    support = Path(__file__).parents[2] / "support"
    command = [sys.executable, "-W", "error", "-c", WATCHED, str(support), str(tmp_path)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")

"""Evidence on servers of vectors, spoken to by their own clients: what is sent, what is kept, and what goes wrong."""

import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from leaflets import EFFECTS, SUBJECTS, Counting, category, documents, facts
from loopback_json import LoopbackJson, down_url
from pinecone_server import PineconeServer
from qdrant_server import QdrantServer

from dataset_agent.errors import InputError, SourceError
from dataset_agent.tools.evidence import EvidenceStore, open_evidence

pytest.importorskip("qdrant_client")
pytest.importorskip("pinecone")

KEY = "the-key"
QUESTION = "Which leaflet says that iodine may cause thirst?"
STORES = ("qdrant", "pinecone")


def served(store: str, **keys: Any) -> QdrantServer | PineconeServer:
    return QdrantServer(KEY) if store == "qdrant" else PineconeServer(KEY, 96, **keys)


def opened(store: str, url: str, folder: Path, embedder: Counting, key: str = KEY, rows: int = 1300) -> EvidenceStore:
    return open_evidence(
        category(store=store, url=url, api_key_env="STORE_KEY", top=5),
        {"facts": facts(), "leaflets": documents(rows)},
        embedder=lambda: embedder,
        folder=folder,
        variables={"STORE_KEY": key},
        where="plan",
    )


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that asked another host would fail its test."""
    look_up = socket.getaddrinfo

    def guarded(host: Any, *others: Any, **keys: Any) -> Any:
        assert host in ("127.0.0.1", b"127.0.0.1"), f"{host} was contacted"
        return look_up(host, *others, **keys)

    monkeypatch.setattr(socket, "getaddrinfo", guarded)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients try again at once."""
    monkeypatch.setattr("pinecone._internal.http_client._retry_sleep", lambda _: None)
    monkeypatch.setattr("dataset_agent.tools.evidence.qdrant_store._FIRST_WAIT_S", 0)


@pytest.mark.parametrize("store", STORES)
def test_a_server_finds_what_is_found_in_this_process(store: str, tmp_path: Path) -> None:
    local = open_evidence(
        category(top=5),
        {"facts": facts(), "leaflets": documents(1300)},
        embedder=Counting,
        folder=tmp_path / "local",
        variables={},
        where="plan",
    )
    with served(store) as server:
        found = opened(store, server.url, tmp_path, Counting())
        assert found.pieces("thirst", QUESTION) == local.pieces("thirst", QUESTION)
        assert len(found.pieces("thirst", QUESTION)) == 5
        found.close()
    local.close()
    assert all(asked.headers["api-key"] == KEY for asked in server.asked)


@pytest.mark.parametrize("store", STORES)
def test_a_collection_that_is_complete_is_neither_embedded_nor_sent_again(store: str, tmp_path: Path) -> None:
    with served(store) as server:
        opened(store, server.url, tmp_path / "one", Counting()).close()
        sent = len(server.asked)
        embedder = Counting()
        opened(store, server.url, tmp_path / "another", embedder).close()
        assert embedder.embedded == []
        assert not any("upsert" in path or path.endswith("/points") for path in server.paths()[sent:])
        opened(store, server.url, tmp_path / "one", Counting(), rows=40).close()
    names = server.collections if isinstance(server, QdrantServer) else server.namespaces
    assert sorted(map(len, names.values())) == [40, 1300]
    assert all(name.startswith("dataset-agent-") for name in names)


@pytest.mark.parametrize("store", STORES)
def test_a_collection_that_a_kill_left_is_filled(store: str, tmp_path: Path) -> None:
    with served(store) as server:
        opened(store, server.url, tmp_path, Counting()).close()
        names = server.collections if isinstance(server, QdrantServer) else server.namespaces
        (held,) = names.values()
        for id in list(held)[700:]:
            del held[id]  # type: ignore[arg-type]
        embedder = Counting()
        opened(store, server.url, tmp_path, embedder).close()
        assert len(held) == 1300
        assert embedder.embedded == []


@pytest.mark.parametrize("store", STORES)
def test_a_wrong_key_is_told_without_it(store: str, tmp_path: Path) -> None:
    with served(store) as server:
        with pytest.raises(
            SourceError, match=rf"{server.url}: {store.title()} refuses the key \(HTTP 40[13]\)"
        ) as told:
            opened(store, server.url, tmp_path, Counting(), key="not-the-key")
    assert "not-the-key" not in str(told.value) and "api_key_env" in str(told.value)


@pytest.mark.parametrize("store", STORES)
def test_a_server_that_is_down_is_told(store: str, tmp_path: Path) -> None:
    url = down_url()
    with pytest.raises(SourceError, match=rf"{url}: {store.title()} does not answer: .*is the server running"):
        opened(store, url, tmp_path, Counting())


@pytest.mark.parametrize("store", STORES)
def test_short_troubles_are_waited_out_and_long_ones_told(store: str, tmp_path: Path) -> None:
    with served(store) as server:
        found = opened(store, server.url, tmp_path, Counting(), rows=40)
        server.faults = [503, 500]
        assert len(found.pieces("thirst", QUESTION)) == 5
        server.faults = [503] * 20
        with pytest.raises(SourceError, match=rf"{store.title()} answers HTTP 503: .*a fault on request"):
            found.pieces("thirst", QUESTION)
        found.close()


class Elsewhere(LoopbackJson):
    """A server of something else."""

    def answer(self, asked: Any) -> tuple[int, Any]:
        return 200, ["hello"]


@pytest.mark.parametrize("store", STORES)
def test_a_server_of_something_else_is_told(store: str, tmp_path: Path) -> None:
    with Elsewhere() as server, pytest.raises(SourceError, match=rf"{server.url}: {store.title()} "):
        opened(store, server.url, tmp_path, Counting())


def test_qdrant_needs_no_key(tmp_path: Path) -> None:
    with QdrantServer() as server:
        found = open_evidence(
            category(url=server.url, top=2),
            {"facts": facts(), "leaflets": documents()},
            embedder=Counting,
            folder=tmp_path,
            variables={},
            where="plan",
        )
        assert len(found.pieces("thirst", QUESTION)) == 2
        found.close()
    assert not any("api-key" in asked.headers for asked in server.asked)


def test_a_collection_that_another_made_in_between_is_used(tmp_path: Path) -> None:
    class Raced(QdrantServer):
        def answer(self, asked: Any) -> tuple[int, Any]:
            status, body = super().answer(asked)
            if asked.path.endswith("/exists"):
                name = asked.path.split("/")[2]
                self.collections[name], self.dimensions[name] = {}, 96
            return status, body

    with Raced(KEY) as server:
        opened("qdrant", server.url, tmp_path, Counting(), rows=40).close()
        assert [len(points) for points in server.collections.values()] == [40]


def test_pinecone_is_waited_for_until_all_can_be_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)
    with PineconeServer(KEY, 96, lag=3) as server:
        opened("pinecone", server.url, tmp_path, Counting(), rows=40).close()
    assert len(waited) == 3


def test_pinecone_that_never_finds_what_was_sent_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dataset_agent.tools.evidence.pinecone_store._SOON_S", -1)
    with PineconeServer(KEY, 96, lag=100) as server:
        with pytest.raises(SourceError, match="of 40 vectors that were sent, 0 can be found"):
            opened("pinecone", server.url, tmp_path, Counting(), rows=40)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: PineconeServer(KEY, 64), "the index has 64 dimensions, the embedder 96"),
        (lambda: PineconeServer(KEY, 96, metric="euclidean"), "the index compares by 'euclidean'"),
    ],
)
def test_an_index_that_does_not_fit_is_told(make: Callable[[], PineconeServer], message: str, tmp_path: Path) -> None:
    with make() as server, pytest.raises(SourceError, match=message):
        opened("pinecone", server.url, tmp_path, Counting())


@pytest.mark.parametrize("store", STORES)
def test_a_key_that_no_header_holds_is_told_without_it(store: str, tmp_path: Path) -> None:
    with served(store) as server, pytest.raises(InputError, match="the key in STORE_KEY holds what") as told:
        opened(store, server.url, tmp_path, Counting(), key="k\u00e4y")
    assert "k\u00e4y" not in str(told.value)


@pytest.mark.parametrize("store", [*STORES, None])
def test_threads_may_ask_at_once(store: str | None, tmp_path: Path) -> None:
    with served(store or "qdrant") as server:
        if store is None:
            tables = {"facts": facts(), "leaflets": documents()}
            found = open_evidence(
                category(top=5), tables, embedder=Counting, folder=tmp_path, variables={}, where="plan"
            )
        else:
            found = opened(store, server.url, tmp_path, Counting(), rows=40)
        questions = [
            f"Which leaflet says that {subject} may cause {effect}?" for subject in SUBJECTS for effect in EFFECTS
        ]
        alone = [found.pieces("", question) for question in questions]
        with ThreadPoolExecutor(8) as threads:
            assert list(threads.map(lambda question: found.pieces("", question), questions)) == alone
        found.close()

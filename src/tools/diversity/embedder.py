"""What turns texts into vectors: a sentence-transformers model, from a folder on disk or by its name."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np

from ...errors import InputError
from .embedding import Halves
from .rules import EXTRA

DEFAULT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
VARIABLE = "DATASET_AGENT_EMBEDDER"

_MARKERS = ("modules.json", "config.json")
"""The files by which a folder is known to hold a model: of sentence-transformers, or another of transformers."""
_AT_ONCE = 32
_BYTES_A_TOKEN = 3
"""Bytes of UTF-8 that make a token at the least, nearly always: 4 to 5 in English, 3 where each character is one."""


class Embedder(Protocol):
    """Texts to vectors; may be called from several threads."""

    @property
    def name(self) -> str:
        """The model's name, or the folder it lies in."""

    @property
    def dimensions(self) -> int:
        """The length of a vector."""

    def embed(self, texts: list[str]) -> Halves:
        """The meaning of each text: float16 of shape (texts, dimensions), unit vectors, or 0 for an empty text."""


@dataclass(frozen=True, slots=True)
class EmbedderState:
    """What is known of an embedder before it is opened.

    `folder` and `cached` models need no network, `absent` ones are fetched; `no model` is a folder that has none.
    """

    model: str
    state: Literal["no extra", "folder", "no model", "cached", "absent"]

    def may_be_opened(self, named: str | None) -> bool:
        """Whether it is here, or was `named` and may be fetched: an embedder that nobody named never is."""
        return self.is_active or (named is not None and self.state == "absent")

    @property
    def is_active(self) -> bool:
        """Whether it can be opened without a network."""
        return self.state in ("folder", "cached")


def can_embed() -> bool:
    """Whether the extra is installed; nothing heavy is imported."""
    return find_spec("sentence_transformers") is not None and find_spec("torch") is not None


def embedder_state(model: str | None) -> EmbedderState:
    """Which embedder `open_embedder` would open, and from where; nothing is opened or fetched."""
    name = model or DEFAULT_MODEL
    if not can_embed():
        return EmbedderState(name, "no extra")
    folder = Path(name).expanduser()
    if folder.is_dir() or _is_path(name):
        return EmbedderState(name, "folder" if any((folder / marker).is_file() for marker in _MARKERS) else "no model")
    _keep_quiet()
    from huggingface_hub import try_to_load_from_cache

    is_cached = any(isinstance(try_to_load_from_cache(_full_name(name), marker), str) for marker in _MARKERS)
    return EmbedderState(name, "cached" if is_cached else "absent")


def open_embedder(model: str | None) -> Embedder:
    """The embedder of a model: a folder on disk, or a name on the Hugging Face hub; the default if None.

    A folder, or a model that was fetched before, is opened without a network; another is fetched, once. On a CPU core
    MiniLM embeds 90 to 170 texts a second. Raises InputError where the extra is missing, the folder holds no model, or
    the name can be neither found nor fetched.
    """
    state = embedder_state(model)
    match state.state:
        case "no extra":
            what = f"the embedder {state.model!r} needs the extra `{EXTRA}`, which is not installed"
            raise InputError.at(VARIABLE, what, f'pip install "dataset-agent[{EXTRA}]"')
        case "no model":
            what = f"{state.model} is no folder with a model ({' or '.join(_MARKERS)} is missing)"
            raise InputError.at(VARIABLE, what, "name the folder that a model was saved to, or a model")
        case "folder":
            return _opened(str(Path(state.model).expanduser()), True)
    return _opened(_full_name(state.model), state.state == "cached")


class _SentenceTransformer:
    """A model of sentence-transformers. Long texts are cut into pieces; the mean of these stands for the text."""

    def __init__(self, model: str, *, is_local: bool) -> None:
        self.name = model
        self._model = _load(model, is_local)
        self._lock = threading.Lock()
        self._longest = _BYTES_A_TOKEN * (self._model.max_seq_length or 512)
        self.dimensions = int(self._model.get_embedding_dimension())

    def embed(self, texts: list[str]) -> Halves:
        """See `Embedder`."""
        cut = [list(pieces(text, self._longest)) for text in texts]
        each = [piece for text in cut for piece in text]
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        if each:
            with self._lock:
                found = self._model.encode(
                    each, batch_size=_AT_ONCE, show_progress_bar=False, normalize_embeddings=True
                )
            np.add.at(vectors, np.repeat(np.arange(len(texts)), list(map(len, cut))), found)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float16)


@lru_cache(maxsize=1)
def _opened(model: str, is_local: bool) -> Embedder:
    """Templates and agents of one run share the model, which takes 90 MB and seconds to load."""
    return _SentenceTransformer(model, is_local=is_local)


def pieces(text: str, longest: int) -> Iterator[str]:
    """A text cut at blanks into pieces of at most `longest` bytes of UTF-8, as equal as may be; none if it is blank.

    What has no blanks is cut between characters.
    """
    size = len(text.encode(errors="replace"))
    if size <= longest:
        if text.strip():
            yield text
        return
    aim = -(-size // -(-size // longest))
    piece, length = "", 0
    for word in _short_words(text, longest):
        cost = len(word.encode(errors="replace"))
        if piece and (length >= aim or length + cost > longest):
            yield piece.strip()
            piece, length = "", 0
        piece, length = piece + word, length + cost
    if piece.strip():
        yield piece.strip()


def _short_words(text: str, longest: int) -> Iterator[str]:
    """Words with the blank behind them; those of more than `longest` bytes in parts."""
    most = max(1, (longest - 1) // 4)  # characters of at most 4 bytes each, and a blank
    for word in text.split():
        parts = [word[start : start + most] for start in range(0, len(word), most)]
        yield from parts[:-1]
        yield f"{parts[-1]} "


def _load(model: str, is_local: bool) -> Any:
    _keep_quiet()
    from sentence_transformers import SentenceTransformer

    logging.getLogger("sentence_transformers").setLevel(logging.ERROR)
    try:
        return SentenceTransformer(model, local_files_only=is_local)
    except Exception as error:  # of many libraries: all say that this model cannot be had, in their own words
        why = (str(error).strip() or type(error).__name__).splitlines()[0]
        if is_local:
            raise InputError.at(VARIABLE, f"{model} holds no model that can be opened: {why}") from None
        raise InputError.at(
            VARIABLE,
            f"the model {model!r} is not on this machine and cannot be fetched: {why}",
            f'set {VARIABLE} to a folder that holds one, or write "diversity": {{"method": "minhash"}} in the plan',
        ) from None


def _keep_quiet() -> None:
    """No telemetry and no progress bars; read when these libraries are imported, so it has to come before."""
    for name in ("HF_HUB_DISABLE_TELEMETRY", "DO_NOT_TRACK", "HF_HUB_DISABLE_PROGRESS_BARS"):
        os.environ[name] = "1"
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")


def _is_path(model: str) -> bool:
    return model.startswith((".", "/", "~", os.sep)) or Path(model).is_absolute() or model.count("/") > 1


def _full_name(model: str) -> str:
    return model if "/" in model else f"sentence-transformers/{model}"

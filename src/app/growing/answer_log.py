"""What a model answered, kept line by line as it comes: the same question is not paid for twice."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import ContextOverflow, EndpointError
from ...records import Json
from ...tools.export.files import writing

if TYPE_CHECKING:
    from ...endpoints.complete import Complete


class AnswerLog:
    """A JSONL file of answers, by the SHA-256 of what was asked of which model. Each answer it has is given once.

    asked: answers that were paid for since it was opened. reused: those that it had.
    """

    def __init__(self, path: Path, model: str) -> None:
        """`model` is the name by which the endpoint knows it. Raises OutputError where the file cannot be read."""
        self.path, self._model = path, model
        self.asked, self.reused = 0, 0
        self._answers: dict[str, list[Json]] = {}
        self._is_torn = False
        if path.exists():
            with writing(path):
                self._read(path.read_bytes())

    def _read(self, raw: bytes) -> None:
        """Lines that a kill left half written are passed over."""
        self._is_torn = bool(raw) and not raw.endswith(b"\n")
        for line in raw.splitlines():
            try:
                kept = json.loads(line)
                self._answers.setdefault(kept["key"], []).append(kept["answer"])
            except (ValueError, TypeError, LookupError):
                continue

    def key(self, system: str, user: str, schema: dict[str, Any], role: str) -> str:
        """SHA-256 of a question, its prompts included, and of the model it is asked of, in hex."""
        asked = json.dumps([role, self._model, system, user, schema], ensure_ascii=False)
        return hashlib.sha256(asked.encode("utf-8", "surrogatepass")).hexdigest()

    def find(self, key: str) -> tuple[Json] | None:
        """The next answer that was kept of a question, in a tuple; None where there is none left."""
        if not self._answers.get(key):
            return None
        self.reused += 1
        return (self._answers[key].pop(0),)

    def keep(self, key: str, role: str, answer: Json) -> None:
        """Returns when the disk has the answer. Raises OutputError where it cannot be written."""
        self.asked += 1
        line = json.dumps({"key": key, "role": role, "model": self._model, "answer": answer})
        with writing(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._append(line.encode())

    def _append(self, line: bytes) -> None:
        with self.path.open("ab") as file:
            file.write(b"\n" * self._is_torn + line + b"\n")
            file.flush()
            os.fsync(file.fileno())
        self._is_torn = False

    def remove(self) -> None:
        """The answers have been used."""
        self.path.unlink(missing_ok=True)


class LoggedModel:
    """A model whose answers are kept. Once it does not serve any more, nothing is sent; what is in flight comes in."""

    def __init__(self, complete: Complete, log: AnswerLog) -> None:
        self._complete, self._log = complete, log
        self.failure: BaseException | None = None

    async def __call__(self, system: str, user: str, schema: dict[str, Any], *, role: str) -> Json:
        """The answer kept, or else the model's.

        Raises what the model's call raised: a mere EndpointError or ContextOverflow that once, anything else from then
        on for every call.
        """
        key = self._log.key(system, user, schema, role)
        if kept := self._log.find(key):
            return kept[0]
        if self.failure is not None:
            raise self.failure
        try:
            answer = await self._complete(system, user, schema, role=role)
            self._log.keep(key, role, answer)
        except BaseException as error:
            concerns_this_call = type(error) in (EndpointError, ContextOverflow)
            self.failure = self.failure or (None if concerns_this_call else error)
            raise
        return answer

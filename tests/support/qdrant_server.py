"""Qdrant's REST API as far as its client is made to use it: collections, points, exact search."""

from __future__ import annotations

from typing import Any

from loopback_json import Asked, LoopbackJson, ranked


class QdrantServer(LoopbackJson):
    """Keeps `collections` for its whole life: name to vectors by id. A key, where one is set, is wanted."""

    def __init__(self, key: str | None = None) -> None:
        super().__init__()
        self.key = key
        self.collections: dict[str, dict[int, list[float]]] = {}
        self.dimensions: dict[str, int] = {}

    def answer(self, asked: Asked) -> tuple[int, Any]:
        if self.key is not None and asked.headers.get("api-key") != self.key:
            return 403, {"status": {"error": "forbidden"}, "time": 0.0}
        status, result = self._answer(asked)
        told = "ok" if status == 200 else {"error": result}
        return status, {"result": result if status == 200 else None, "status": told, "time": 0.0}

    def _answer(self, asked: Asked) -> tuple[int, Any]:
        match asked.method, asked.path.strip("/").split("/"):
            case "GET", ["collections", name, "exists"]:
                return 200, {"exists": name in self.collections}
            case "PUT", ["collections", name]:
                if name in self.collections:
                    return 409, f"Collection `{name}` already exists!"
                assert asked.body["vectors"]["distance"] == "Cosine"
                self.collections[name] = {}
                self.dimensions[name] = asked.body["vectors"]["size"]
                return 200, True
            case _, ["collections", name, "points", *_] if name not in self.collections:
                return 404, f"Collection `{name}` doesn't exist!"
            case "PUT", ["collections", name, "points"]:
                return self._upsert(name, asked.body["batch"])
            case "POST", ["collections", name, "points", "count"]:
                return 200, {"count": len(self.collections[name])}
            case "POST", ["collections", name, "points", "query"]:
                return self._query(name, asked.body)
        return 404, f"no such call: {asked.method} {asked.path}"

    def _upsert(self, name: str, batch: dict[str, Any]) -> tuple[int, Any]:
        if any(len(vector) != self.dimensions[name] for vector in batch["vectors"]):
            return 400, "Wrong input: Vector dimension error"
        self.collections[name].update(zip(batch["ids"], batch["vectors"], strict=True))
        return 200, {"operation_id": 0, "status": "completed"}

    def _query(self, name: str, body: dict[str, Any]) -> tuple[int, Any]:
        assert body["params"]["exact"] is True
        query = body["query"]["nearest"] if isinstance(body["query"], dict) else body["query"]
        found = ranked(self.collections[name], query, body["limit"])
        return 200, {"points": [{"id": id, "version": 0, "score": score} for id, score in found]}

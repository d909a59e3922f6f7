"""An index's host in Pinecone's REST API, as far as its client is made to use it: upsert, query, statistics."""

from __future__ import annotations

from typing import Any

from loopback_json import Asked, LoopbackJson, ranked


class PineconeServer(LoopbackJson):
    """One index: `namespaces` by name, vectors by id. What is upserted is counted `lag` statistics later."""

    def __init__(self, key: str, dimensions: int, metric: str = "cosine", lag: int = 0) -> None:
        super().__init__()
        self.key, self.dimensions, self.metric, self.lag = key, dimensions, metric, lag
        self.namespaces: dict[str, dict[str, list[float]]] = {}

    def answer(self, asked: Asked) -> tuple[int, Any]:
        if asked.headers.get("api-key") != self.key:
            return 401, {"code": 16, "message": "Invalid API Key", "details": []}
        match asked.method, asked.path:
            case "POST", "/vectors/upsert":
                vectors = asked.body["vectors"]
                if any(len(vector["values"]) != self.dimensions for vector in vectors):
                    return 400, {"code": 3, "message": "Vector dimension does not match the index", "details": []}
                space = self.namespaces.setdefault(asked.body["namespace"], {})
                space.update((vector["id"], vector["values"]) for vector in vectors)
                return 200, {"upsertedCount": len(vectors)}
            case "POST", "/query":
                space = self.namespaces.get(asked.body["namespace"], {})
                found = ranked(space, asked.body["vector"], asked.body["topK"]) if space else []
                matches = [{"id": id, "score": score, "values": []} for id, score in found]
                return 200, {"matches": matches, "namespace": asked.body["namespace"], "usage": {"readUnits": 1}}
            case "POST", "/describe_index_stats":
                return 200, self._statistics()
        return 404, {"code": 5, "message": f"no such call: {asked.method} {asked.path}", "details": []}

    def _statistics(self) -> dict[str, Any]:
        counts = {name: {"vectorCount": len(space)} for name, space in self.namespaces.items()}
        if counts and self.lag:
            self.lag -= 1
            counts = {}
        total = sum(count["vectorCount"] for count in counts.values())
        index = {"dimension": self.dimensions, "metric": self.metric, "vectorType": "dense", "indexFullness": 0}
        return {"namespaces": counts, "totalVectorCount": total, **index}

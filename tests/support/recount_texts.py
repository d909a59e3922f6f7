"""The figures of labels and document questions, counted again by nothing but the standard library.

Nothing of the program is used: what it says of itself is compared with what its files, its sources and its ledger say.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from recount import folded, lines

Figures = dict[str, Any]


@dataclass(frozen=True)
class Codes:
    """What a tabular list says: the codes of each folded text in its order, and the chapter of each code."""

    of_text: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    chapters: dict[str, str] = field(default_factory=dict)

    @property
    def asked_about(self) -> set[str]:
        """The codes that a text leads to first: those that records can be about."""
        return {codes[0] for codes in self.of_text.values()}


def codes_in(file: Path) -> Codes:
    """The codes of a tabular list without seventh characters of its own."""
    found = Codes()
    for chapter in ElementTree.parse(file).getroot().iter("chapter"):
        number = chapter.findtext("name") or ""
        for diagnosis in chapter.iter("diag"):
            code, text = diagnosis.findtext("name") or "", diagnosis.findtext("desc") or ""
            found.of_text[folded(text)].append(code)
            found.chapters[code] = number
    return found


def quality(codes: Sequence[str], truth: Sequence[str]) -> float:
    """How right codes of ICD-10-CM are, as docs/grounded.md says."""
    given, right = [code.replace(".", "") for code in codes], [code.replace(".", "") for code in truth]
    ranks = [place for place, code in enumerate(given, start=1) if code in right]
    if ranks:
        return 1.0 if ranks[0] == 1 else max(0.7, 0.9 - 0.05 * (ranks[0] - 2))
    return min(round(max((_partial(a, b) for a in given for b in right), default=0.0), 4), 0.6999)


def _partial(one: str, other: str) -> float:
    shared, longer = (
        len(list(takewhile(lambda at: at[0] == at[1], zip(one, other, strict=False)))),
        max(len(one), len(other)),
    )
    return 0.3 * shared / 3 if shared < 3 else 0.5 + 0.2 * (shared - 3) / (longer - 3)


def label_figures(out: Path, codes: Codes) -> Figures:
    """`overall` and `by_group` of a category of labels that has no tiers."""
    records = [row["record"] for row in lines(out / "all.jsonl")]
    sampled = {record["source_code"] for record in records}
    return {
        "overall": {**_coverage(len(codes.asked_about), len(sampled)), "records": len(records)},
        "by_group": {
            chapter: _coverage(
                sum(codes.chapters[code] == chapter for code in codes.asked_about),
                sum(codes.chapters[code] == chapter for code in sampled),
            )
            for chapter in dict.fromkeys(codes.chapters[code] for code in sorted(codes.asked_about))
        },
    }


def said_by(out: Path, model: str) -> dict[str, list[str]]:
    """What one model said, from the files: text to codes."""
    texts = {row["id"]: row["record"]["text"] for row in lines(out / "all.jsonl")}
    return {texts[row["id"]]: row["codes"] for row in lines(out / "predictions.jsonl") if row["model"] == model}


def model_figures(said: Mapping[str, Sequence[str]], codes: Codes) -> Figures:
    """What one model did, from its answers: text to codes."""
    scores = [quality(given, codes.of_text[folded(text)]) for text, given in said.items()]
    return {
        "entries": len(scores),
        "accuracy": _share(sum(score == 1 for score in scores), len(scores)),
        "in_list": _share(sum(score >= 0.7 for score in scores), len(scores)),
        "mean_quality": _share(sum(scores), len(scores)),
    }


def call_figures(checkpoint: Path, model: str, price_in: float, price_out: float) -> Figures:
    """What the calls of one model took, from the ledger; prices in USD per million tokens."""
    with sqlite3.connect(f"file:{checkpoint / 'ledger.db'}?mode=ro", uri=True) as ledger:
        query = "SELECT count(*), sum(tokens_in), sum(tokens_out) FROM calls WHERE model = ? AND outcome = 'answered'"
        calls, given, taken = ledger.execute(query, (model,)).fetchone()
    ledger.close()
    cost = round((given * price_in + taken * price_out) / 1e6, 6)
    return {"calls": calls, "tokens_in": given, "tokens_out": taken, "cost_usd": cost}


def document_figures(out: Path, documents: Iterable[str]) -> Figures:
    """`overall` of a category of document questions, from the ids of the documents."""
    records = [row["record"] for row in lines(out / "all.jsonl")]
    unanswerable = sum(record["answer"] is None for record in records)
    return {
        **_coverage(len(list(documents)), len({record["document_id"] for record in records})),
        "records": len(records),
        "answerable": len(records) - unanswerable,
        "unanswerable": unanswerable,
    }


def documents_in(folder: Path) -> dict[str, str]:
    """The text of each document, by its id: its file's name."""
    return {file.name: file.read_text(encoding="utf-8").strip() for file in sorted(folder.glob("*.md"))}


def _coverage(available: int, sampled: int) -> Figures:
    return {"available": available, "sampled": sampled, "coverage_percent": round(100 * sampled / available, 2)}


def _share(part: float, whole: int) -> float:
    return round(part / whole, 6)

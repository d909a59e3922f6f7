"""Plans over small sources for every worker that is a model, and a brain that does all of their work."""

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from model_server import Answer, Request, Text

DRUGS = [f"Drug {number:02d}" for number in range(40)]
FACTS = [(drug, f"effect {e:02d}") for e in range(24) for drug in DRUGS[e : e + (4 if e % 2 else 16)]]
"""Every other effect has 16 drugs, the others 4."""

CODES = {f"code {a}{b}{c}": f"{a}{b}{c}" for a in "ABC" for b in "12" for c in "xyzuvw"}
_NAMES = ("Ada", "Bela", "Cleo", "Dino", "Enid", "Finn", "Gwen", "Hugo", "Iris", "Joel", "Kira", "Liam")
DOCUMENTS = {
    f"doc{n:02d}": f"The town of Old{name.lower()}ville lies in the north. Its baker {name} Stone sells {n + 11} rolls "
    f"a day. The mill burned down in {1700 + n} and was never built again.\n\nVisitors praise the garden of "
    f"{name} Stone for its {n + 2} roses."
    for n, name in enumerate(_NAMES)
}

EXTRACT: dict[str, Any] = {
    "name": "effects", "count": 24, "task": "reverse_query", "source": "facts", "subject": "drug", "object": "effect",
    "query": "Which drugs cause {object}?", "negative_query": "Does {subject} cause {object}?", "worker": "extract",
    "evidence": {"source": "notes", "match": "about", "chunk_chars": 300},
    "tiers": [
        {"name": "common", "count": 12, "min_frequency": 10},
        {"name": "rare", "count": 12, "min_frequency": 2, "max_frequency": 9},
    ],
}  # fmt: skip
LABEL: dict[str, Any] = {
    "name": "codes", "count": 20, "task": "label", "source": "codes", "text": "says", "label": "code",
    "worker": "label",
}  # fmt: skip
ASK: dict[str, Any] = {
    "name": "towns", "count": 9, "task": "document_qa", "source": "towns", "text": "text", "id": "id",
    "worker": "agent",
}  # fmt: skip
SOURCES = {
    "facts": {"path": "facts.csv"}, "notes": {"path": "notes.csv"}, "codes": {"path": "codes.csv"},
    "towns": {"path": "towns.jsonl"},
}  # fmt: skip


def note(drug: str, effect: str) -> str:
    return f"Of {drug} it is known that it may cause {effect}, within a day or two of the first."


def write_sources(folder: Path) -> None:
    """The files that `SOURCES` names."""
    tables = {
        "facts.csv": [("drug", "effect"), *FACTS],
        "notes.csv": [("about", "text"), *((effect, note(drug, effect)) for drug, effect in FACTS)],
        "codes.csv": [("says", "code"), *CODES.items()],
    }
    for name, rows in tables.items():
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
    lines = (json.dumps({"id": name, "text": text}) for name, text in DOCUMENTS.items())
    (folder / "towns.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def plan(*categories: dict[str, Any], **keys: Any) -> dict[str, Any]:
    """A plan with these categories, over the sources that they need."""
    wanted = {category.get("source") for category in categories}
    wanted |= {category["evidence"]["source"] for category in categories if "evidence" in category}
    sources = {name: source for name, source in SOURCES.items() if name in wanted}
    about = {"dataset_name": "grounded", "seed": 1, "mlflow": False, "sources": sources}
    return {**about, "categories": list(categories), **keys}


def grounded_brain(spoil: Callable[[Request], Answer | None] = lambda request: None) -> Callable[[Request], Answer]:
    """Extracts, labels and asks as a careful model would; `spoil` may give another answer first."""

    def answer(request: Request) -> Answer:
        if (spoiled := spoil(request)) is not None:
            return spoiled
        told = request.messages[1].text
        data = told[told.rindex("<data>\n") + 7 : told.rindex("\n</data>")]
        if role_of(request) == "extractor":
            return Text(json.dumps({"subjects": re.findall(r"Drug \d\d", data)}))
        if role_of(request) == "labeler":
            lines = [json.loads(line) for line in data.splitlines()]
            said = [{"n": line["n"], "codes": [CODES[line["text"]], "A1x", "B2y", "C1z", "A2u"]} for line in lines]
            return Text(json.dumps({"labels": said}))
        return Text(json.dumps({"records": _questions(json.loads(data)["text"])}))

    return answer


def role_of(request: Request) -> str:
    """Which worker a request is of."""
    told = request.messages[1].text
    if told.startswith("Question: "):
        return "extractor"
    return "labeler" if "The texts:" in told else "document_qa"


def _questions(text: str) -> list[dict[str, Any]]:
    town, rolls, fire, roses = re.split(r"(?<=\.)\s+", text)
    name = rolls.split()[2]
    return [
        {"question": f"Where does {town.split()[3]} lie?", "answer": "in the north", "evidence": town},
        {"question": f"How many rolls a day does {name} Stone sell?", "answer": rolls.split()[5], "evidence": rolls},
        {"question": f"When did {town.split()[3]}'s mill burn down?", "answer": fire.split()[5], "evidence": fire},
        {"question": f"How many roses has {name} Stone?", "answer": roses.split()[-2], "evidence": roses},
    ]  # fmt: skip

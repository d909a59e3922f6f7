"""What the rows of ICD-10-CM are made of: codes, chapters and their table."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pyarrow as pa

from ...errors import SourceError

_CODE = re.compile(r"[A-Z][0-9A-Z]{2}(\.?[0-9A-Z]{1,4})?")
_CATEGORY = 3


@dataclass(frozen=True, slots=True)
class Code:
    """A code in its dotted form, as a file of the release has it."""

    code: str
    description: str
    billable: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Where a category stands: its chapter (a number as text) and its section (a range of categories), if known."""

    chapter: str
    chapter_title: str
    section: str | None = None
    section_title: str | None = None


# The chapters by their first category; they follow each other in the order of their codes.
_CHAPTERS = (
    ("A00", "1", "Certain infectious and parasitic diseases"),
    ("C00", "2", "Neoplasms"),
    (
        "D50",
        "3",
        "Diseases of the blood and blood-forming organs and certain disorders involving the immune mechanism",
    ),
    ("E00", "4", "Endocrine, nutritional and metabolic diseases"),
    ("F01", "5", "Mental, Behavioral and Neurodevelopmental disorders"),
    ("G00", "6", "Diseases of the nervous system"),
    ("H00", "7", "Diseases of the eye and adnexa"),
    ("H60", "8", "Diseases of the ear and mastoid process"),
    ("I00", "9", "Diseases of the circulatory system"),
    ("J00", "10", "Diseases of the respiratory system"),
    ("K00", "11", "Diseases of the digestive system"),
    ("L00", "12", "Diseases of the skin and subcutaneous tissue"),
    ("M00", "13", "Diseases of the musculoskeletal system and connective tissue"),
    ("N00", "14", "Diseases of the genitourinary system"),
    ("O00", "15", "Pregnancy, childbirth and the puerperium"),
    ("P00", "16", "Certain conditions originating in the perinatal period"),
    ("Q00", "17", "Congenital malformations, deformations and chromosomal abnormalities"),
    ("R00", "18", "Symptoms, signs and abnormal clinical and laboratory findings, not elsewhere classified"),
    ("S00", "19", "Injury, poisoning and certain other consequences of external causes"),
    ("U00", "22", "Codes for special purposes"),
    ("V00", "20", "External causes of morbidity"),
    ("Z00", "21", "Factors influencing health status and contact with health services"),
)
_FIRSTS = [first for first, _, _ in _CHAPTERS]


def chapter_of(category: str) -> Place:
    """The chapter of a category by its range."""
    _, number, title = _CHAPTERS[max(0, bisect_right(_FIRSTS, category) - 1)]
    return Place(number, title)


def dotted(code: str) -> str | None:
    """A code in the form A00.0, from A000 or A00.0; None where it is no code."""
    code = code.strip().upper()
    if not _CODE.fullmatch(code):
        return None
    bare = code.replace(".", "")
    return bare if len(bare) == _CATEGORY else f"{bare[:_CATEGORY]}.{bare[_CATEGORY:]}"


def codes_table(codes: Iterable[Code], places: Mapping[str, Place], place: str) -> pa.Table:
    """A row for each code: `code`, `description`, `category`, `chapter`, `chapter_title`, `billable`, `parent`.

    `section` and `section_title` come with them where `places` (by category) knows any. A parent is the longest code
    that this one begins with. A code that comes twice counts once. Raises SourceError where it comes with two
    descriptions, and where there is no code.
    """
    known: dict[str, Code] = {}
    for row in codes:
        first = known.setdefault(row.code, row)
        if first.description != row.description:
            what = f"{row.code} comes twice, as {first.description!r} and as {row.description!r}"
            raise SourceError.at(place, what, "is it one release?")
    if not known:
        raise SourceError.at(place, "holds no code of ICD-10-CM", "is it the tabular list or the order file?")
    categories = [code[:_CATEGORY] for code in known]
    found = {category: places.get(category) or chapter_of(category) for category in dict.fromkeys(categories)}
    stands = [found[category] for category in categories]
    texts: dict[str, list[str | None]] = {
        "code": list(known),
        "description": [row.description for row in known.values()],
        "category": list(categories),
        "chapter": [stand.chapter for stand in stands],
        "chapter_title": [stand.chapter_title for stand in stands],
        "section": [stand.section for stand in stands],
        "section_title": [stand.section_title for stand in stands],
        "parent": [_parent(code, known) for code in known],
    }
    if not any(texts["section"]):
        del texts["section"], texts["section_title"]
    columns = {name: pa.array(values, pa.string()) for name, values in texts.items()}
    columns["billable"] = pa.array([row.billable for row in known.values()], pa.bool_())
    return pa.table(columns)


def _parent(code: str, known: Mapping[str, Code]) -> str | None:
    for length in range(len(code) - 1, _CATEGORY - 1, -1):
        if code[:length] in known:
            return code[:length]
    return None

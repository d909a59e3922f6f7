"""ICD-10-CM's tabular list: XML with chapters, sections and nested diagnoses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import ParseError, XMLParser

from ...errors import SourceError
from .icd10cm_rows import Code, Place, dotted

_ROOTS = ("ICD10CM.tabular", "chapter")
_RANGE = re.compile(r"\s*\([A-Z][0-9A-Z]{2}(?:-[A-Z][0-9A-Z]{2})?\)\s*$")
_BLANKS = re.compile(r"\s+")
_PLACEHOLDER = "X"
_LONGEST = 7
_DOT = 3


@dataclass(slots=True)
class _Diagnosis:
    parent: _Diagnosis | None
    code: str = ""
    description: str = ""
    is_leaf: bool = True
    extensions: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tabular:
    """The tabular list: its codes in its order, where each category stands, and the release's year where it says so."""

    codes: tuple[Code, ...]
    places: dict[str, Place]
    year: str


def read_tabular(raw: bytes, place: str) -> Tabular:
    """The tabular list, or a chapter of it, in the bytes of its XML; `place` is the file, for messages.

    A code whose seventh character is defined stands for no patient: it is followed by the codes with that character,
    filled up with X, its description followed by the character's. Raises SourceError for broken XML, with the line;
    for other XML; and for XML with a document type, which could define entities.
    """
    reader = _Reader(place)
    parser = XMLParser(target=reader)
    try:
        parser.feed(raw)
        parser.close()
    except ParseError as error:
        line = error.position[0]
        raise SourceError.at(f"{place}:{line}", f"is broken XML: {error}", "fetch it anew") from None
    codes = tuple(code for diagnosis in reader.diagnoses for code in _codes(diagnosis, place))
    return Tabular(codes, reader.places, reader.year)


class _Reader:
    """What expat finds, taken as it comes: no tree is kept."""

    def __init__(self, place: str) -> None:
        self.diagnoses: list[_Diagnosis] = []
        self.places: dict[str, Place] = {}
        self.year = ""
        self._where = place
        self._tags: list[str] = []
        self._text: list[str] = []
        self._open: list[_Diagnosis] = []
        self._chapter = ["", ""]
        self._section: list[str | None] = [None, None]
        self._character = ""
        self._ends = {
            ("ICD10CM.tabular", "version"): self._end_version,
            ("chapter", "name"): self._end_chapter_name,
            ("chapter", "desc"): self._end_chapter_title,
            ("section", "desc"): self._end_section_title,
            ("diag", "name"): self._end_code,
            ("diag", "desc"): self._end_description,
            ("sevenChrDef", "extension"): self._end_extension,
        }

    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        raise SourceError.at(self._where, "has a document type, which is not read", "take the DOCTYPE out")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if not self._tags and tag not in _ROOTS:
            what = f"is no tabular list of ICD-10-CM: its root is <{tag}>"
            raise SourceError.at(self._where, what, f"it would be <{_ROOTS[0]}>")
        self._tags.append(tag)
        self._text = []
        if tag == "diag":
            parent = self._open[-1] if self._open else None
            if parent:
                parent.is_leaf = False
            self._open.append(_Diagnosis(parent))
            self.diagnoses.append(self._open[-1])
        elif tag == "section":
            self._section = [attributes.get("id"), None]
        elif tag == "extension":
            self._character = attributes.get("char", "")

    def data(self, text: str) -> None:
        self._text.append(text)

    def end(self, tag: str) -> None:
        self._tags.pop()
        take = self._ends.get((self._tags[-1] if self._tags else "", tag))
        if take:
            take(_BLANKS.sub(" ", "".join(self._text)).strip())
        elif tag == "diag":
            self._open.pop()
        elif tag == "section":
            self._section = [None, None]
        self._text = []

    def close(self) -> None:
        """Nothing is left to do at the end."""

    def _end_version(self, text: str) -> None:
        self.year = text[:4]

    def _end_chapter_name(self, text: str) -> None:
        self._chapter = [text, ""]

    def _end_chapter_title(self, text: str) -> None:
        self._chapter[1] = _RANGE.sub("", text)

    def _end_section_title(self, text: str) -> None:
        self._section[1] = _RANGE.sub("", text)

    def _end_code(self, text: str) -> None:
        code = dotted(text)
        if code is None:
            raise SourceError.at(self._where, f"{text!r} is no code of ICD-10-CM")
        self._open[-1].code = code
        if len(self._open) == 1:
            self.places[code[:_DOT]] = Place(*self._chapter, *self._section)

    def _end_description(self, text: str) -> None:
        self._open[-1].description = text

    def _end_extension(self, text: str) -> None:
        if self._open:
            self._open[-1].extensions[self._character.upper()] = text


def _codes(diagnosis: _Diagnosis, place: str) -> Iterator[Code]:
    """The code, and those with a seventh character if it is defined for it."""
    if not diagnosis.code or not diagnosis.description:
        raise SourceError.at(place, f"a <diag> lacks its name or desc: {diagnosis.code or diagnosis.description!r}")
    extensions = _extensions(diagnosis)
    yield Code(diagnosis.code, diagnosis.description, diagnosis.is_leaf and not extensions)
    bare = diagnosis.code.replace(".", "").ljust(_LONGEST - 1, _PLACEHOLDER)
    for character, meaning in extensions.items():
        description = f"{diagnosis.description}, {meaning}"
        yield Code(f"{bare[:_DOT]}.{bare[_DOT:]}{character}", description, True)


def _extensions(diagnosis: _Diagnosis) -> dict[str, str]:
    """The seventh characters a diagnosis takes, with their meaning: its own, or of the nearest that holds it."""
    if not diagnosis.is_leaf or len(diagnosis.code.replace(".", "")) >= _LONGEST:
        return {}
    holder: _Diagnosis | None = diagnosis
    while holder and not holder.extensions:
        holder = holder.parent
    extensions = holder.extensions if holder else {}
    return {character: meaning for character, meaning in extensions.items() if _applies(character, diagnosis.code)}


def _applies(character: str, code: str) -> bool:
    """The one exception, which the list gives in a note: who died of an injury of the head has no later encounter."""
    return not (code.startswith("S06") and code[6:7] in ("7", "8") and character in ("D", "S"))

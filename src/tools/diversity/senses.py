"""What a record says in words, and what no likeness of wording may hide: its negations, opposites and labels."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import xxhash

from ...records import Json, UInt64Array
from .fields import ITEMS, Fields, Path
from .minhash import NEGATION
from .structural import mask_text

_TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|[.,;:!?]")  # noqa: RUF001 -- the apostrophe that people type
_IS_NEGATION = re.compile(NEGATION).fullmatch
_CJK_NEGATION = re.compile("[不没沒未无無非]|ない|ません|안|않")
_ONE_WORD = re.compile(r"[^\W\d_]{1,30}(?:[_-][^\W\d_]{1,30}){0,4}")
_ENDING = re.compile(r"(?<=..)(?:ings?|ed|es|s|e)$")
_GOVERNED = 2
"""How many words behind a negation tell what is negated."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_OTHER_NEGATIONS = _words(
    "unable hardly barely rarely seldom "
    "nicht kein keine keinen keiner keinem keines nie niemals ohne "
    "pas jamais sans aucun aucune rien ne "
    "nunca jamás sin ningún ninguna ninguno nada "
    "não nenhum nenhuma sem non mai senza nessun nessuna "
    "niet geen nooit zonder"
)
_FILLERS = _words(
    "a an the this that these those my your his her its our their i you he she it we they me him us them to of in "
    "on at for from with by into be is are was were been being am do does did have has had will would can could should "
    "shall may might must and or so as there any some yet ever just really very"
)
_REVERSED = frozenset(
    _ENDING.sub("", word)
    for word in _words(
        "decrease decreasing reduce reducing lower lowering less least fewer fewest lowest minimum after below under "
        "disable disabling deactivate deactivating forbid forbidden deny denied decline declining reject close closing "
        "stop stopped stopping sell sold unlock off out last late cold negative cheapest slowest unsafe illegal remove "
        "removing delete deleting"
    )
)
_LABEL_KEYS = _words(
    "label labels class category rating score stars sentiment grade level priority severity code codes intent topic"
)
_LABEL_WORDS = 4
"""The most words a text under such a key may have to be taken for a label."""


def meaning(values: Iterable[Json], fields: Fields) -> tuple[list[str], UInt64Array]:
    """The texts that are embedded, one for each record, and the sense of each, uint64.

    A text is the record's own strings joined by blanks, with a mark for each number, date, id, e-mail address and URL;
    no keys, no labels, and nothing that is the same in all records. It is empty where a record has no such string.
    Records of different senses are never duplicates by meaning. A sense is a hash of the labels and, string by
    string, of the negations with the two words each governs, and of words like "decrease", whose opposites fit in the
    same place. Labels are what the schema calls so (`fields.labels`), true, false and null, strings of
    one word, and short values under keys such as `label` or `rating`.
    """
    texts, senses = [], []
    for value in values:
        text, sense = _read(value, fields)
        texts.append(text)
        senses.append(sense)
    return texts, np.array(senses, np.uint64)


def _read(value: Json, fields: Fields) -> tuple[str, int]:
    texts: list[str] = []
    told: list[str] = []
    for path, leaf, is_label in _leaves(value, fields, (), False):
        if is_label or _is_label(path, leaf):
            told.append(f"{'.'.join(path)}={str(leaf).strip().lower()}")
        elif isinstance(leaf, str) and (text := mask_text(" ".join(leaf.split()))):
            texts.append(text)
            told += [f"{'.'.join(path)}:{sense}" for sense in _senses(text.lower())]
    return " ".join(texts), xxhash.xxh3_64_intdigest("\n".join(sorted(told)).encode(errors="surrogatepass"))


def _leaves(value: Json, fields: Fields, path: Path, is_label: bool) -> Iterator[tuple[Path, Json, bool]]:
    """The values that hold no others, but for the fixed ones, and whether the schema calls them labels."""
    if path in fields.fixed:
        return
    is_label = is_label or path in fields.labels
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, fields, (*path, key), is_label)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item, fields, (*path, ITEMS), is_label)
    else:
        yield path, value, is_label


def _is_label(path: Path, leaf: Json) -> bool:
    if leaf is None or isinstance(leaf, bool):
        return True
    key = next((part.lower() for part in reversed(path) if part != ITEMS), "")
    if key in _LABEL_KEYS:
        return not isinstance(leaf, str) or 0 < len(leaf.split()) <= _LABEL_WORDS
    return isinstance(leaf, str) and _ONE_WORD.fullmatch(leaf.strip()) is not None


def _senses(text: str) -> Iterator[str]:
    """The negations of a text in lower case, each with what it governs, and the words that reverse a meaning."""
    tokens = _TOKEN.findall(text)
    for place, token in enumerate(tokens):
        if _negates(token):
            yield f"not {' '.join(_governed(tokens[place + 1 :]))}"
        elif (stem := _ENDING.sub("", token)) in _REVERSED:
            yield stem
    yield from _CJK_NEGATION.findall(text)


def _negates(token: str) -> bool:
    plain = token.replace("'", " ").replace("’", " ")  # noqa: RUF001
    return token in _OTHER_NEGATIONS or _IS_NEGATION(plain) is not None


def _governed(tokens: Sequence[str]) -> list[str]:
    """The first words of their own meaning, without their endings, up to the end of the clause."""
    found: list[str] = []
    for token in tokens:
        if len(found) == _GOVERNED or not token[0].isalpha() or token == "but":
            break
        if token not in _FILLERS and not _negates(token):
            found.append(_ENDING.sub("", token))
    return found

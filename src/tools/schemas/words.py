"""English words and phrases for texts that say nothing in particular, yet read as if they did."""

from __future__ import annotations

import functools

import numpy as np

from .patterns import texts_of
from .pools import Draw, Maker, Pool, joined, numbered
from .rows import Edge, Rows

ADJECTIVES = Pool(
    "amber ancient bold brief bright broad calm careful central clear clever common compact cool copper daily "
    "deep early eastern even fair fast final fine firm flat fresh gentle global golden grand green handy honest "
    "hidden ideal inner keen large light linear local loyal lucky main mellow mild modern narrow neat noble "
    "northern novel open patient plain polite prime proud public quick quiet rapid rare ready regular rich round "
    "rural sharp shared silent silver simple smart smooth soft solid southern spare stable steady still strong "
    "sunny swift tidy true upper urban usual valid vital vivid warm western wide wise young".split()
)
NOUNS = Pool(
    "anchor archive arrow atlas badge basin beacon bench blossom board bottle branch bridge bucket button cabin "
    "cable camera canvas canyon carbon castle cedar chart circle clock cloud coast column compass copper corner "
    "cotton crystal current delta desert diary dock dream eagle engine falcon feather field filter flame forest "
    "fountain frame garden gate glacier globe grain granite guide harbor hill horizon island ivory jacket journal "
    "kettle ladder lake lamp lantern leaf ledger lemon letter library lighthouse linen maple market meadow mirror "
    "monitor morning mountain notebook ocean olive orbit orchard packet palette panel paper parcel path pebble "
    "pencil pepper piano pilot planet plaza pocket prairie prism puzzle quarry radio railway raven ribbon ridge "
    "river road rocket saddle sail season shadow signal slope spring square station stone stream studio summit "
    "sunset table temple thread ticket timber tower trail tunnel valley velvet village violet voyage wagon walnut "
    "water willow window winter yard".split()
)
_VERBS = Pool(
    "answers arranges borrows carries checks collects compares covers crosses delivers describes draws explains "
    "follows gathers guards guides improves joins keeps leads lifts measures meets moves needs offers opens "
    "orders passes plans prepares protects reaches records repairs replaces reports returns sends serves shapes "
    "shares sorts supports tests tracks trades updates visits watches welcomes".split()
)
_STARTS = Pool(
    f"{opening} {adjective} {noun} "
    for opening, adjective, noun in zip(
        ["The", "Each", "This", "Our", "One", "Every"] * 150,
        np.resize(ADJECTIVES.values, 900),
        np.resize(NOUNS.values, 900),
        strict=True,
    )
)
_ENDS = Pool(
    f" the {adjective} {noun}{end}"
    for adjective, noun, end in zip(
        np.resize(ADJECTIVES.values[::-1], 900),
        np.resize(NOUNS.values[::-1], 900),
        [" before noon.", " with care.", ".", " on Mondays.", " near the coast.", " for the whole team."] * 150,
        strict=True,
    )
)
_TITLES = Pool(f"{adjective.capitalize()} " for adjective in ADJECTIVES.values)
_LETTERS = np.array([*range(97, 123), *range(48, 58)], dtype=np.uint32)
_ACCENTS = np.array([ord(char) for char in "äéñøçßłžαβγδжюя東京語한국어"], dtype=np.uint32)


def _tailed(head: Maker, tails: Pool) -> Maker:
    """A maker's texts, three in four with a tail: short ones stay, and the others are too many to repeat."""

    def draw(rows: Rows) -> list[str]:
        texts, ends = head.draw(rows.beside(1)), tails.pick(rows.beside(2))
        has_tail = (rows.below(4, 1) > 0).tolist()
        return [text + end if tail else text for text, end, tail in zip(texts, ends, has_tail, strict=True)]

    return Maker(draw, head.shortest, head.longest + tails.longest)


_THINGS = tuple(zip(np.resize(ADJECTIVES.values, 900), np.resize(NOUNS.values, 900), strict=True))
_LINKS = ("of", "for", "with", "by", "near", "and")

sentence = joined(_STARTS, _VERBS, _ENDS)
phrase = _tailed(
    joined(ADJECTIVES, " ", NOUNS),
    Pool(f" {_LINKS[i % 6]} the {adjective} {noun}" for i, (adjective, noun) in enumerate(_THINGS)),
)
title = _tailed(
    joined(_TITLES, Pool(noun.capitalize() for noun in NOUNS.values)),
    Pool(
        f" {_LINKS[i % 6]} the {adjective.capitalize()} {noun.capitalize()}"
        for i, (adjective, noun) in enumerate(_THINGS)
    ),
)
slug = _tailed(joined(ADJECTIVES, "-", NOUNS), numbered(2, 999, "-{}"))
identifier = _tailed(joined(ADJECTIVES, "_", NOUNS), numbered(2, 999, "_{}"))
word = joined(NOUNS)


@functools.cache
def sized(low: int, high: int) -> Draw:
    """Texts of `low` to `high` characters, words where there is room for them."""

    def draw(rows: Rows) -> list[str]:
        if rows.edge is not None:
            return edge_text(rows, low, high)
        if high < 8:
            return letters(rows, low, high)
        texts = phrase.draw(rows) if low <= phrase.shortest else sentence.draw(rows)
        return [_cut(text, low, high) for text in texts]

    return draw


def _cut(text: str, low: int, high: int) -> str:
    while len(text) < low:
        text = f"{text} {text}"
    if len(text) <= high:
        return text
    words = text[: high + 1].rpartition(" ")[0]
    cut = words if len(words) >= max(low, 1) else text[:high]
    return cut if not cut.endswith(" ") else f"{cut[:-1]}s"


def letters(rows: Rows, low: int, high: int) -> list[str]:
    """Runs of `low` to `high` letters and digits."""
    texts = texts_of(_LETTERS[rows.matrix(high, len(_LETTERS))])
    least = max(low, min(2, high))
    lengths = (least + rows.below(high - least + 1, 1)).tolist()
    return [text[:length] for text, length in zip(texts, lengths, strict=True)]


def edge_text(rows: Rows, low: int, high: int) -> list[str]:
    """Texts as short as they may be, or as long, the long ones with letters of other scripts."""
    if rows.edge is Edge.LOWEST:
        return texts_of(_LETTERS[rows.matrix(low, len(_LETTERS))])
    width = max(low, min(high, 256))
    return texts_of(_ACCENTS[rows.matrix(width, len(_ACCENTS))])

"""English words for the names of things: titles, slugs, identifiers, hosts."""

from __future__ import annotations

import numpy as np

from .characters import texts_of
from .pools import Maker, Pool, joined, numbered
from .rows import Rows

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
LETTERS = np.array([*range(97, 123), *range(48, 58)], dtype=np.uint32)
"""Small letters and digits, as code points."""

_TITLES = Pool(f"{adjective.capitalize()} " for adjective in ADJECTIVES.values)


def tailed(head: Maker, tails: Pool) -> Maker:
    """A maker's texts, three in four with a tail: short ones stay, and the others are too many to repeat."""

    def draw(rows: Rows) -> list[str]:
        texts, ends = head.draw(rows.beside(1)), tails.pick(rows.beside(2))
        has_tail = (rows.below(4, 1) > 0).tolist()
        return [text + end if tail else text for text, end, tail in zip(texts, ends, has_tail, strict=True)]

    return Maker(draw, head.shortest, head.longest + tails.longest)


_THINGS = tuple(zip(np.resize(ADJECTIVES.values, 900), np.resize(NOUNS.values, 900), strict=True))
_LINKS = ("of", "for", "with", "by", "near", "and")

title = tailed(
    joined(_TITLES, Pool(noun.capitalize() for noun in NOUNS.values)),
    Pool(
        f" {_LINKS[i % 6]} the {adjective.capitalize()} {noun.capitalize()}"
        for i, (adjective, noun) in enumerate(_THINGS)
    ),
)
slug = tailed(joined(ADJECTIVES, "-", NOUNS), numbered(2, 999, "-{}"))
identifier = tailed(joined(ADJECTIVES, "_", NOUNS), numbered(2, 999, "_{}"))
word = joined(NOUNS)


def letters(rows: Rows, low: int, high: int) -> list[str]:
    """Runs of `low` to `high` letters and digits."""
    texts = texts_of(LETTERS[rows.matrix(high, len(LETTERS))])
    least = max(low, min(2, high))
    lengths = (least + rows.below(high - least + 1, 1)).tolist()
    return [text[:length] for text, length in zip(texts, lengths, strict=True)]


def compounds(rows: Rows, joint: str, least: int, *, has_numbers: bool) -> list[str]:
    """A noun, or an adjective and a noun with `joint` between them, of `least` characters or more, some numbered."""
    heads, tails = ADJECTIVES.pick(rows, 1), NOUNS.pick(rows, 2)
    numbers = rows.below(1_000, 3).tolist()
    texts = []
    for head, tail, number in zip(heads, tails, numbers, strict=True):
        text = tail if number < 200 and len(tail) >= least else f"{head}{joint}{tail}"
        text = f"{text}{number % 97 + 2}" if has_numbers and number % 3 == 0 else text
        while len(text) < least:
            text = f"{text}{joint}{tail}"
        texts.append(text)
    return texts

"""What the verdicts say of a dataset: precision with its interval, by stratum and in all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...records import Stratum
from ...state.reviews import Review
from ...tools.intervals import Interval, wilson
from .items import Item, Place

LEVEL = 0.95
METHOD = "strata weighted by their records; Wilson's interval with as many trials as the weights leave (Kish)"


@dataclass(frozen=True, slots=True)
class Part:
    """What was decided of one stratum, which has `size` records."""

    size: int
    accepted: int
    rejected: int

    @property
    def decided(self) -> int:
        """The number of records that somebody accepted or rejected."""
        return self.accepted + self.rejected


@dataclass(frozen=True, slots=True)
class Precision:
    """The share of records that a person accepts, and its 95 % interval."""

    share: float
    interval: Interval

    def told(self) -> dict[str, float]:
        """As JSON tells it."""
        return {"share": self.share, "low": self.interval.low, "high": self.interval.high, "level": LEVEL}


def precision_of(part: Part) -> Precision | None:
    """The precision of one stratum, by Wilson's score interval; None where nothing was decided.

    The interval is that of a draw from very many records: where most of a stratum was reviewed it is too wide.
    """
    if not part.decided:
        return None
    return Precision(part.accepted / part.decided, wilson(part.accepted, part.decided, LEVEL))


def overall(parts: Sequence[Part]) -> Precision | None:
    """The precision of all strata in which something was decided, each weighted by its records.

    The share is the stratified estimate, the sum of weight x share. Its interval is Wilson's, with as many trials as
    the weights leave (Kish, 1965): 1 / the sum of weight squared / decided, which is the number of verdicts where they
    are spread over the strata as the records are. It takes all strata for alike, so it is rather too wide than too
    narrow, and it has a width where every record was accepted; for one stratum it is that of `precision_of`.
    """
    known = [part for part in parts if part.decided]
    whole = sum(part.size for part in known)
    if not whole:
        return None
    weights = [part.size / whole for part in known]
    share = sum(weight * part.accepted / part.decided for weight, part in zip(weights, known, strict=True))
    trials = 1 / sum(weight**2 / part.decided for weight, part in zip(weights, known, strict=True))
    return Precision(share, wilson(share * trials, trials, LEVEL))


def summarise(
    strata: Sequence[Stratum],
    sizes: Sequence[int],
    sample: Sequence[Place],
    items: Mapping[Place, Item],
    reviews: Mapping[Place, Review],
    threshold: float,
) -> dict[str, Any]:
    """What was reviewed of a dataset, as `agent review --json` tells it.

    Every verdict counts, be its record in the present sample or not; `items` holds the records of both. `threshold` is
    the quality from which a record is golden: agreement is told with that, as the workers themselves gave it.
    """
    sampled = Counter(items[place].stratum for place in sample)
    verdicts = Counter((items[place].stratum, review.verdict) for place, review in reviews.items())
    parts = [Part(size, verdicts[n, "accept"], verdicts[n, "reject"]) for n, size in enumerate(sizes)]
    whole, rejected = overall(parts), [r for r in reviews.values() if r.verdict == "reject"]
    covered = sum(part.size for part in parts if part.decided)
    return {
        "records": sum(sizes),
        "sample": {"records": len(sample), "reviewed": sum(place in reviews for place in sample)},
        "accepted": sum(part.accepted for part in parts),
        "rejected": sum(part.rejected for part in parts),
        "skipped": sum(review.verdict == "skip" for review in reviews.values()),
        "precision": None if whole is None else {**whole.told(), "of_records": covered, "method": METHOD},
        "by_stratum": [
            _row(stratum, part, sampled[stratum.index], verdicts[stratum.index, "skip"])
            for stratum, part in zip(strata, parts, strict=True)
        ],
        "reasons": dict(Counter(review.reason for review in rejected if review.reason).most_common()),
        "reviewers": dict(Counter(review.reviewer for review in reviews.values()).most_common()),
        "agreement": _agreement(items, reviews, threshold),
    }


def _row(stratum: Stratum, part: Part, sampled: int, skipped: int) -> dict[str, Any]:
    found = precision_of(part)
    return {
        "category": stratum.category,
        "tier": stratum.tier,
        "records": part.size,
        "sampled": sampled,
        "accepted": part.accepted,
        "rejected": part.rejected,
        "skipped": skipped,
        "precision": None if found is None else found.told(),
    }


def _agreement(items: Mapping[Place, Item], reviews: Mapping[Place, Review], threshold: float) -> dict[str, Any]:
    """How a person's verdicts and the quality that the workers gave go together: a table of two by two."""
    pairs = Counter(
        (items[place].quality >= threshold, review.verdict)
        for place, review in reviews.items()
        if review.verdict != "skip"
    )
    cells = {
        name: {"accepted": pairs[golden, "accept"], "rejected": pairs[golden, "reject"]}
        for name, golden in (("golden", True), ("not_golden", False))
    }
    decided = pairs.total()
    share = (pairs[True, "accept"] + pairs[False, "reject"]) / decided if decided else None
    return {"with": "golden_threshold", "threshold": threshold, **cells, "share": share}

"""Tiers: how hard, how frequent or how large records are."""

from __future__ import annotations

import math
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from .base import Count, Name, Part, Share, no_repeats

Frequency = Annotated[int, Field(ge=1)]


class Tier(Part):
    """How hard, how frequent or how large: a share of each category, or a number of records."""

    name: Name
    share: Share | None = Field(None, description="part of the category's count; the shares of all tiers sum to 1")
    count: Count | None = Field(None, description="exact number of records; the counts sum to the category's count")
    at_most: Count | None = Field(
        None, description="over a source: as many records as it gives, up to this number; `count` is then what it gave"
    )
    guidance: str | None = Field(None, description="what makes a record of this tier, in words")
    min_frequency: Frequency | None = Field(
        None, description="over a source: the fewest subjects an object of this tier occurs with"
    )
    max_frequency: Frequency | None = Field(None, description="over a source: the most")

    @property
    def is_cut(self) -> bool:
        """Whether a source says which records, or how many, it has."""
        return self.at_most is not None or self.min_frequency is not None or self.max_frequency is not None

    @property
    def most(self) -> int:
        """How many records it may have, for tiers without a share."""
        return self.count if self.count is not None else self.at_most or 0

    @model_validator(mode="after")
    def _one_size(self) -> Self:
        if (self.share is None) == (self.count is None and self.at_most is None):
            raise ValueError(f"tier {self.name!r} needs a share, a count or at_most, and one of them alone")
        if self.count is not None and self.at_most is not None and self.count > self.at_most:
            raise ValueError(f"tier {self.name!r} has a count of {self.count}, but at_most {self.at_most}")
        low, high = self.min_frequency, self.max_frequency
        if low is not None and high is not None and low > high:
            raise ValueError(f"tier {self.name!r} has a min_frequency of {low}, above its max_frequency of {high}")
        return self


def _check_tiers(tiers: list[Tier] | None) -> list[Tier] | None:
    if tiers is None:
        return None
    no_repeats((tier.name for tier in tiers), "tier")
    if len({tier.share is None for tier in tiers}) > 1:
        raise ValueError("tiers have either shares or counts, not both")
    shares = [tier.share for tier in tiers if tier.share is not None]
    if shares and not math.isclose(sum(shares), 1, abs_tol=1e-9):
        raise ValueError(f"the shares of the tiers sum to {sum(shares):g}, not to 1")
    return tiers


Tiers = Annotated[list[Tier], Field(min_length=1), AfterValidator(_check_tiers)]

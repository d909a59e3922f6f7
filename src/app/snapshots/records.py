"""The records of a snapshot, each held against the plan they are said to be of."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import pyarrow as pa

from ...errors import InputError
from ...plan import Plan, strata_of
from ...records import Json, Stratum
from ...tools.diversity.exact import ExactIndex
from ...tools.diversity.normal import hashes
from ...tools.record_form import RecordForm
from .reading import CREATED, INSTANCES, SnapshotFile

_AS_WRITTEN = "take the snapshot as it was written"
_KEYS = {"id", "category", "tier", "quality", "batch", "prompt", "invalid", "record"}
_LONGEST_NUMBER = 18
_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Adopted:
    """A record that was made elsewhere.

    `number` is its own in its category; `batch` says which came together; `invalid` is the label of one that breaks its
    schema on purpose, as JSON.
    """

    number: int
    stratum: Stratum
    quality: float
    prompt: str | None
    batch: int | None
    record: Json
    text: str
    invalid: str | None = None


class SnapshotRecords:
    """Reads the records of a snapshot, in order. Raises InputError for one that cannot be of its plan."""

    def __init__(self, snapshot: SnapshotFile, plan: Plan, capacities: Mapping[str, int | None]) -> None:
        """`capacities` are the numbers of different candidates by category of templates, None without bound."""
        self._snapshot, self._capacities = snapshot, capacities
        self._strata = {(stratum.category, stratum.tier): stratum for stratum in strata_of(plan)}
        self._forms = {c.name: RecordForm(plan, c) for c in plan.categories if plan.worker_of(c) != "template"}
        self._prompted = {category.name for category in plan.categories if category.render}
        self._with_twins = {category.name for category in plan.categories if category.twin_share}
        self._held = Counter[int]()
        self._ids = ExactIndex()

    def __iter__(self) -> Iterator[Adopted]:
        """The records; their ids are known to differ when the last one was given."""
        fresh: list[str] = []
        count = 0
        for count, item in enumerate(self._snapshot.instances(), 1):
            where = f"{self._snapshot.path}: $.{INSTANCES}[{count - 1}]"
            adopted = self._adopted(item, where)
            fresh.append(item["id"])
            if len(fresh) == _AT_ONCE:
                self._refuse_repeats(fresh)
                fresh = []
            yield adopted
        self._refuse_repeats(fresh)
        if count != self._snapshot.instances_created:
            what = f"says {self._snapshot.instances_created:,}, but {count:,} are there"
            raise InputError.at(f"{self._snapshot.path}: $.{CREATED}", what, _AS_WRITTEN)

    def _adopted(self, item: Json, where: str) -> Adopted:
        if not isinstance(item, dict):
            raise InputError.at(where, "must be an object", _AS_WRITTEN)
        if missing := {"id", "category", "quality", "record"} - item.keys():
            raise InputError.at(where, f"has no {', '.join(map(repr, sorted(missing)))}", _AS_WRITTEN)
        if unknown := item.keys() - _KEYS:
            raise InputError.at(where, f"has unknown keys: {', '.join(map(repr, sorted(unknown)))}", _AS_WRITTEN)
        stratum = self._stratum(item, where)
        number = _number(item["id"], stratum.category)
        capacity = self._capacities.get(stratum.category)
        if number is None or (capacity is not None and number >= capacity):
            raise InputError.at(f"{where}.id", f"{item['id']!r:.80} is no id of {stratum.category!r}", _AS_WRITTEN)
        quality, prompt, batch = item["quality"], item.get("prompt"), item.get("batch")
        if isinstance(quality, bool) or not isinstance(quality, int | float) or not 0 <= quality <= 1:
            raise InputError.at(f"{where}.quality", f"must be a number from 0 to 1, got {quality!r:.80}")
        if isinstance(prompt, str) != (stratum.category in self._prompted):
            needs = "needs a prompt" if stratum.category in self._prompted else "has no prompts"
            raise InputError.at(f"{where}.prompt", f"{stratum.category!r} {needs}", _AS_WRITTEN)
        invalid = item.get("invalid")
        if invalid is not None and stratum.category not in self._with_twins:
            what = f"{stratum.category!r} has no records that break their schema on purpose"
            raise InputError.at(f"{where}.invalid", what, _AS_WRITTEN)
        form = self._forms.get(stratum.category)
        record = form.record(item["record"]) if form else item["record"]
        is_whole = isinstance(batch, int) and not isinstance(batch, bool)
        return Adopted(
            number,
            stratum,
            float(quality),
            prompt,
            batch if is_whole else None,
            record,
            _text(record, where),
            None if invalid is None else _text(invalid, where),
        )

    def _stratum(self, item: dict[str, Any], where: str) -> Stratum:
        place = item["category"], item.get("tier")
        stratum = self._strata.get(place) if all(isinstance(name, str | None) for name in place) else None
        if stratum is None:
            what = f"the plan has no category {place[0]!r:.80} with the tier {place[1]!r:.80}"
            raise InputError.at(where, what, _AS_WRITTEN)
        self._held[stratum.index] += 1
        if self._held[stratum.index] > stratum.planned:
            raise InputError.at(where, f"is one more than the {stratum.planned:,} that are planned of {stratum}")
        return stratum

    def _refuse_repeats(self, ids: list[str]) -> None:
        if ids and not (new := self._ids.add(hashes(pa.array(ids, pa.string())))).all():
            twice = ids[int(new.argmin())]
            raise InputError.at(f"{self._snapshot.path}: $.{INSTANCES}", f"has {twice!r} twice", _AS_WRITTEN)


def _number(record_id: Json, category: str) -> int | None:
    if not isinstance(record_id, str) or not record_id.startswith(f"{category}-"):
        return None
    text = record_id.removeprefix(f"{category}-")
    is_number = text.isascii() and text.isdecimal() and len(text) <= _LONGEST_NUMBER
    return int(text) if is_number and str(int(text)) == text else None


def _text(record: Json, where: str) -> str:
    try:
        try:
            return orjson.dumps(record).decode()
        except TypeError:  # an integer of more than 64 bits; anything else that JSON has not fails here too
            text = json.dumps(record, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
            text.encode()  # halves of surrogate pairs fail
            return text
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError.at(f"{where}.record", f"cannot be written as JSON: {error}") from None

"""What agents hand in is judged together, and each batch gets its own verdicts, in order."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pytest
from desks import GateHouse, agent_plan, gate_house
from hypothesis import given, settings
from hypothesis import strategies as st
from model_records import random_values
from model_server import passage
from plans import PERSON

from dataset_agent.agents.desk import Verdict
from dataset_agent.engine.batch_desk import BatchDesk
from dataset_agent.engine.gate import ROOM
from dataset_agent.plan import Plan
from dataset_agent.records import Candidates, Fingerprints
from dataset_agent.tools.diversity import fingerprint

EXACT = {"diversity": {"method": "exact"}}


def run(main: Callable[[GateHouse], Coroutine[Any, Any, None]], plan: Plan | None = None, **keys: Any) -> None:
    async def inside() -> None:
        async with gate_house(plan, **keys) as house:
            await main(house)

    asyncio.run(inside())


def letter(number: int) -> dict[str, Any]:
    """One that is like no other."""
    return {"inputs": {"text": passage(random_values(number))}}


def reasons(verdicts: list[Verdict]) -> list[str | None]:
    return [verdict.refusal.reason if verdict.refusal else None for verdict in verdicts]


def texts_of(desk: BatchDesk) -> list[str]:
    return [orjson.loads(record.text)["inputs"]["text"] for record in desk.records]


def test_what_is_accepted_is_a_record() -> None:
    async def main(house: GateHouse) -> None:
        desk = house.desk(3)
        assert reasons(await desk.submit([letter(1), letter(2)])) == [None, None]
        assert desk.remaining == 1 and not desk.rejections and desk.repairs == 0
        assert [record.number for record in desk.records] == [0, 1]
        assert [record.quality for record in desk.records] == [1.0, 1.0]
        assert [orjson.loads(record.text) for record in desk.records] == desk.values
        assert desk.values == [{**letter(1), "expectations": {}}, {**letter(2), "expectations": {}}]

    run(main)


def test_verdicts_stand_in_the_order_of_the_values() -> None:
    async def main(house: GateHouse) -> None:
        desk = house.desk(10)
        values = [
            letter(1),
            {"inputs": {"text": ""}},
            letter(2),
            {"inputs": {"text": "\ud800"}},
            letter(1),
            {"inputs": {"text": "Dear [NAME], where is my parcel from Lisbon?"}},
            letter(3),
            "text",
        ]
        verdicts = await desk.submit(values)
        assert reasons(verdicts) == [None, "schema", None, "parse", "duplicate", "placeholder", None, "schema"]
        assert desk.values == [{**values[row], "expectations": {}} for row in (0, 2, 6)]
        assert Counter(rejection.reason for rejection in desk.rejections) == {
            "schema": 2, "parse": 1, "duplicate": 1, "placeholder": 1,
        }  # fmt: skip
        numbers = [record.number for record in desk.records] + [rejection.number for rejection in desk.rejections]
        assert sorted(numbers) == list(range(8))
        for rejection in desk.rejections:
            orjson.loads(rejection.candidate)

    run(main)


def test_no_more_is_accepted_than_wanted_and_the_rest_is_surplus() -> None:
    async def main(house: GateHouse) -> None:
        desk = house.desk(2)
        values = [letter(1), {"inputs": {}}, letter(2), letter(3), {"inputs": {}}]
        assert reasons(await desk.submit(values)) == [None, "schema", None]
        assert desk.remaining == 0 and len(desk.rejections) == 1
        assert await desk.submit([letter(4)]) == [] and len(desk.records) == 2
        other = house.desk(1)
        assert reasons(await other.submit([letter(3)])) == [None], "surplus is not remembered as a record"

    run(main)


def test_a_batch_that_hands_in_twice_at_once_gets_no_more_than_it_wants() -> None:
    async def main(house: GateHouse) -> None:
        desk = house.desk(5)
        hands = [desk.submit([letter(10 * hand + row) for row in range(4)]) for hand in range(5)]
        verdicts = await asyncio.gather(*hands)
        assert desk.remaining == 0 and len(desk.records) == len(desk.values) == 5
        assert sum(map(len, verdicts)) == 5
        assert sum(len(prints.exact) for prints in desk.prints) == 5

    run(main)


def test_of_duplicates_in_batches_at_once_the_first_is_accepted() -> None:
    async def main(house: GateHouse) -> None:
        desks = [house.desk(3) for _ in range(20)]
        same = [letter(1), letter(2), letter(3)]
        await asyncio.gather(*(desk.submit(same) for desk in desks))
        assert [desk.remaining for desk in desks] == [0] + [3] * 19
        for desk in desks[1:]:
            assert [rejection.reason for rejection in desk.rejections] == ["duplicate"] * 3
            assert [rejection.detail for rejection in desk.rejections] == ["exact: the same as an earlier record"] * 3

    run(main, agent_plan(**EXACT))


def test_a_near_duplicate_is_shown_what_it_is_like() -> None:
    text = "Could you tell me when the parcel that I ordered for my sister's birthday will leave your house in Lisbon?"

    async def main(house: GateHouse) -> None:
        first, second = house.desk(3), house.desk(3)
        await first.submit([letter(1), {"inputs": {"text": text}}])
        [verdict] = await second.submit([{"inputs": {"text": text.replace("my sister", "my brother")}}])
        assert verdict.refusal is not None and verdict.refusal.reason == "duplicate"
        assert verdict.resembles == first.records[1].text
        house.gate.forget("c", [record.number for record in first.records])
        house.committed["c", 1] = "x" * 1000
        [again] = await second.submit([{"inputs": {"text": text.replace("my sister", "my mother")}}])
        assert again.resembles == "x" * 300 + "..."

    run(main)


def test_records_of_earlier_runs_are_known() -> None:
    text = "Could you tell me when the parcel that I ordered for my sister's birthday will leave your house in Lisbon?"

    async def main(house: GateHouse) -> None:
        house.gate.restore("c", 41)
        desk = house.desk(1)
        await desk.submit([{"inputs": {"text": text}}])
        assert desk.records[0].number == 50
        assert house.gate.text_at("c", 0) is None
        house.committed["c", 41] = "old"
        assert house.gate.text_at("c", 0) == "old" and house.gate.text_at("c", 1) == desk.records[0].text
        assert house.gate.text_at("c", 2) is None

    run(main, next_numbers={"c": 50})


def test_similar_records_come_nearest_first() -> None:
    text = "Could you tell me when the parcel that I ordered for my sister's birthday will leave your house in Lisbon?"

    async def main(house: GateHouse) -> None:
        desk = house.desk(10)
        await desk.submit([letter(1), {"inputs": {"text": text}}, letter(2)])
        near = await desk.similar({"inputs": {"text": text + " Please!"}}, 2)
        assert near[0] == desk.records[1].text and len(near) <= 2
        assert await desk.similar({"inputs": {"text": "\ud800"}}, 2) == []
        assert len(desk.records) == 3 and not desk.rejections

    async def nothing_is_compared(house: GateHouse) -> None:
        assert await house.desk(1).similar(letter(1), 3) == []

    run(main)
    run(nothing_is_compared, agent_plan(diversity=False))


def test_a_schema_can_be_asked_about_without_handing_in() -> None:
    async def main(house: GateHouse) -> None:
        desk = house.desk(1)
        good = {"plan": "pro", "age": 30, "name": "Ida Holm", "email": "ida.holm@posteo.de"}
        assert desk.check(good) is None
        assert "$.age" in (desk.check({**good, "age": 3}) or "")
        assert "surrogates" in (desk.check({**good, "name": "Ida \udc00"}) or "")
        assert desk.check(None) and desk.check([good])
        assert not desk.rejections and not desk.records
        assert reasons(await desk.submit([good])) == [None]
        assert desk.records[0].text.startswith('{"name":"Ida Holm","email":')

    run(main, agent_plan(record_schema=PERSON))


def test_values_to_write_with_are_others_each_time() -> None:
    async def main(house: GateHouse) -> None:
        first, second = house.desk(1), house.desk(1)
        drawn = [first.sample("name", 2), first.sample("name", 2), second.sample("name", 2)]
        assert len({value for values in drawn for value in values}) == 6
        with pytest.raises(ValueError, match="no values of the kind 'os'"):
            first.sample("os", 1)

    run(main)


def test_each_repair_costs_quality() -> None:
    async def main(house: GateHouse) -> None:
        desk = house.desk(20)
        for number in range(8):
            await desk.submit([letter(number), {"inputs": {}}])
        qualities = [record.quality for record in desk.records]
        assert qualities == [1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.5, 0.5]

    run(main)


def test_unreadable_pieces_are_kept() -> None:
    async def main(house: GateHouse) -> None:
        desk = house.desk(1)
        verdict = desk.unreadable('I "will" not\ud800', "no JSON was found in the answer")
        assert verdict.refusal is not None and verdict.refusal.reason == "parse"
        [rejection] = desk.rejections
        assert rejection.reason == "parse" and rejection.detail == "no JSON was found in the answer"
        assert "will" in orjson.loads(rejection.candidate)

    run(main)


@pytest.mark.parametrize("depth", [300, 900, 990])
def test_deep_values_are_refused(depth: int) -> None:
    value: Any = 1
    for _ in range(depth):
        value = {"a": value}

    async def main(house: GateHouse) -> None:
        desk = house.desk(2)
        assert reasons(await desk.submit([value, {"inputs": {"text": value}}])) == ["parse", "parse"]
        assert desk.check(value)
        assert await desk.similar(value, 3) == []

    run(main)
    run(main, agent_plan(record_schema={}))


def test_large_integers_stay_what_they_are() -> None:
    async def main(house: GateHouse) -> None:
        desk = house.desk(1)
        assert reasons(await desk.submit([{"n": 2**70}])) == [None]
        assert desk.records[0].text == f'{{"n":{2**70}}}'

    run(main, agent_plan(record_schema={"type": "object"}))


def test_without_diversity_the_same_may_come_twice() -> None:
    async def main(house: GateHouse) -> None:
        desk = house.desk(3)
        assert reasons(await desk.submit([letter(1), letter(1), {"inputs": {}}, letter(1), letter(1)])) == [
            None, None, "schema", None,
        ]  # fmt: skip

    run(main, agent_plan(diversity=False))


def test_what_goes_wrong_in_judging_is_raised_where_it_is_waited_for() -> None:
    async def main(house: GateHouse) -> None:
        def broken(category: str, candidates: Candidates) -> Fingerprints:
            raise MemoryError("no room")

        works, house.gate._fingerprint = house.gate._fingerprint, broken
        with pytest.raises(MemoryError, match="no room"):
            await house.desk(1).submit([letter(1)])
        house.gate._fingerprint = works
        assert reasons(await house.desk(1).submit([letter(1)])) == [None]

    run(main)


def test_more_submissions_than_there_is_room_for_wait() -> None:
    async def main(house: GateHouse) -> None:
        desks = [house.desk(1) for _ in range(2 * ROOM)]
        await asyncio.gather(*(desk.submit([letter(number)]) for number, desk in enumerate(desks)))
        assert not any(desk.remaining for desk in desks)
        assert len({record.number for desk in desks for record in desk.records}) == 2 * ROOM

    run(main)


def test_a_batch_that_is_dropped_while_it_waits_holds_nobody_up() -> None:
    async def main(house: GateHouse) -> None:
        lost = asyncio.create_task(house.desk(1).submit([letter(1)]))
        await asyncio.sleep(0)
        lost.cancel()
        assert reasons(await house.desk(1).submit([letter(2)])) == [None]

    run(main)


Course = list[list[list[int]]]


@pytest.mark.parametrize("is_slow", [False, True])
@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.lists(st.integers(-3, 12), max_size=6), max_size=3), min_size=1, max_size=6), st.data())
def test_every_record_is_once_in_the_dataset(is_slow: bool, course: Course, data: st.DataObject) -> None:
    """Batches at once hand in values of which many are the same and some are invalid; in each category apart."""
    wants = [data.draw(st.integers(1, 5)) for _ in course]

    async def main(house: GateHouse) -> None:
        desks = [house.desk(want, "cd"[number % 2]) for number, want in enumerate(wants)]

        async def work(desk: BatchDesk, rounds: list[list[int]]) -> None:
            for numbers in rounds:
                before, refused = len(desk.records), len(desk.rejections)
                verdicts = await desk.submit([letter(n) if n >= 0 else {"inputs": n} for n in numbers])
                judged = numbers[: len(verdicts)]
                assert len(verdicts) == len(numbers) or desk.remaining == 0
                for number, verdict in zip(judged, verdicts, strict=True):
                    assert number >= 0 or reasons([verdict]) == ["schema"]
                new = [number for number, verdict in zip(judged, verdicts, strict=True) if not verdict.refusal]
                assert texts_of(desk)[before:] == [letter(number)["inputs"]["text"] for number in new]
                assert len(desk.rejections) - refused == len(judged) - len(new)

        await asyncio.gather(*map(work, desks, course))
        texts = [text for desk in desks for text in texts_of(desk)]
        assert len(texts) == len(set(texts))
        for desk, want in zip(desks, wants, strict=True):
            assert len(desk.records) <= want and desk.remaining == want - len(desk.records)
            prints = Fingerprints.concat(desk.prints).exact.tolist()
            records = Candidates.concat([_candidates(desk)]) if desk.records else None
            assert prints == ([] if records is None else fingerprint(records, ()).exact.tolist())
        for category in "cd":
            numbers = [
                item.number for desk in desks if desk.category == category for item in (*desk.records, *desk.rejections)
            ]
            assert len(numbers) == len(set(numbers))
        offered = {number for rounds in course for numbers in rounds for number in numbers if number >= 0}
        if all(desk.remaining for desk in desks):
            assert len(texts) == len(offered), "what was offered and is no duplicate is in"

    plan = agent_plan(
        categories=[{"name": name, "count": 100, "worker": "agent"} for name in "cd"], diversity={"method": "exact"}
    )
    run(main, plan, is_slow=is_slow)


def _candidates(desk: BatchDesk) -> Candidates:
    return Candidates(np.arange(len(desk.records)), pa.array([record.text for record in desk.records], pa.string()))

"""`agent review`: the sample, the session in a terminal and on pipes, spreadsheets, and what verdicts change."""

from __future__ import annotations

import csv
import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pexpect
import pytest
from commands import AGENT, Agent, Ran
from hypothesis import given
from hypothesis import strategies as st
from ledgers import Book, chat_plan
from plans import questions
from pyarrow import parquet

from dataset_agent.app.explaining import explain
from dataset_agent.app.parts import Parts
from dataset_agent.app.planning.approvals import who
from dataset_agent.app.reviewing.sampling import Draw, allocation, asking_order
from dataset_agent.app.reviewing.spreadsheet import guarded, unguarded
from dataset_agent.app.reviewing.summary import Part, overall
from dataset_agent.plan import Plan
from dataset_agent.records import StoredRecord
from dataset_agent.state.history import LEDGER_FILE, History
from dataset_agent.state.ledger import Ledger
from dataset_agent.state.reviews import Given
from dataset_agent.tools.export import ShardFile, rows, tables
from dataset_agent.tools.intervals import wilson

ASKED = "accept, reject, skip, back, quit [a/r/s/b/q/?]: "


def mixed_plan(**keys: Any) -> Plan:
    """The agents' two categories, and one of templates."""
    chat = chat_plan().model_dump(mode="json", by_alias=True, exclude_unset=True)
    chat["categories"].append({"name": "forms", "count": 20, "templates": ["Form {n}"]})
    return Plan.model_validate({**chat, **keys})


def fill(book: Book, *, structs: bool = False) -> None:
    """Small batches around two shards: 11 + 7 of chat, 4 notes of low quality, 12 forms."""
    for stratum, size, quality in ((0, 5, 1.0), (2, 4, 0.5), (1, 7, 0.8)):
        book.small(stratum, size, quality=quality, refused=1)
    book.large(3, 9, prompts=True, structs=structs)
    book.small(0, 6)
    book.large(3, 3, prompts=True, structs=structs)


@pytest.fixture
def talk(agent: Agent) -> Agent:
    """The command, with a dataset `talk` that is not finished."""
    with Book(agent.folder / "checkpoints" / "talk", mixed_plan()) as book:
        fill(book)
    return agent


def piped(agent: Agent, text: str, *args: str | Path, name: str = "talk") -> Ran:
    ran = subprocess.run(
        [*AGENT, "review", name, *map(str, args)],
        input=text, cwd=agent.folder, env=agent.env, text=True, capture_output=True, timeout=120,
    )  # fmt: skip
    return Ran(ran.returncode, ran.stdout, ran.stderr)


def shown(ran: Ran) -> list[str]:
    """The ids of the records that were shown, in order."""
    heads = [line.split("   ") for line in (ran.out + ran.err).splitlines() if " of " in line and "   quality " in line]
    return [head[2] for head in heads]


def kept(agent: Agent, name: str = "talk") -> dict[str, tuple[str, str]]:
    with History(agent.folder / "checkpoints" / name) as history:
        return {review.id: (review.verdict, review.reason) for review in history.reviews()}


@contextmanager
def terminal(agent: Agent, *args: str) -> Iterator[pexpect.spawn[str]]:
    child = pexpect.spawn(
        sys.executable, [*AGENT[1:], "review", *args], cwd=str(agent.folder), env={**agent.env, "TERM": "dumb"},
        encoding="utf-8", timeout=30, dimensions=(60, 200),
    )  # fmt: skip
    try:
        yield child
    finally:
        child.close(force=True)


def ended(child: pexpect.spawn[str]) -> int | None:
    child.expect(pexpect.EOF)
    child.wait()
    child.close()
    status: int | None = child.exitstatus
    return status


# ---- the sample ---------------------------------------------------------------------------------------------

SIZES = st.lists(st.one_of(st.integers(0, 5), st.integers(0, 10**6)), min_size=1, max_size=12)


@given(SIZES, st.integers(0, 400))
def test_a_sample_has_its_size_and_each_stratum_its_share(sizes: list[int], wanted: int) -> None:
    counts = allocation(sizes, wanted)
    assert sum(counts) == min(wanted, sum(sizes))
    assert all(0 <= count <= size for count, size in zip(counts, sizes, strict=True))
    there = [index for index, size in enumerate(sizes) if size]
    if wanted >= len(there):
        assert all(counts[index] for index in there)
    shares = [Fraction(min(wanted, sum(sizes)) * size, sum(sizes) or 1) for size in sizes]
    if all(shares[index] >= 1 for index in there):
        assert all(abs(count - share) < 1 for count, share in zip(counts, shares, strict=True))
    # A stratum never has fewer than a smaller one, but where two are equal.
    assert all(counts[a] >= counts[b] for a in there for b in there if sizes[a] > sizes[b])


@given(st.integers(1, 300), st.data())
def test_a_draw_begins_with_every_smaller_one_however_records_come(size: int, data: st.DataObject) -> None:
    count, fewer = data.draw(st.integers(1, size)), data.draw(st.integers(0, size))
    numbers = np.array(data.draw(st.permutations(range(size))), np.int64)
    cuts = sorted(data.draw(st.lists(st.integers(0, size), max_size=4)))

    def drawn(wanted: int, pieces: Sequence[Any]) -> list[tuple[int, int]]:
        draw = Draw(7, "chat", wanted)
        for piece in pieces:
            draw.add(piece // 10, piece)
        found = draw.drawn()
        return list(zip(found.batches.tolist(), found.numbers.tolist(), strict=True))

    whole = drawn(count, [np.arange(size)])
    assert len(set(whole)) == len(whole) == count
    assert drawn(count, np.split(numbers, cuts)) == whole
    assert drawn(min(fewer, count), [numbers]) == whole[: min(fewer, count)]
    assert all(batch == number // 10 for batch, number in whole)


def test_draws_depend_on_the_seed_and_spread_over_the_stratum() -> None:
    draws = []
    for seed in range(40):
        draw = Draw(seed, "chat", 50)
        draw.add(np.zeros(1000, np.int64), np.arange(1000))
        draws.append(draw.drawn().numbers)
    assert len({tuple(draw.tolist()) for draw in draws}) == 40
    mean = np.concatenate(draws).mean()
    assert abs(mean - 499.5) < 5 * 288.7 / np.sqrt(2000)


@given(st.lists(st.integers(0, 20), min_size=1, max_size=6))
def test_any_beginning_of_the_asking_order_is_in_proportion(counts: list[int]) -> None:
    order = asking_order(counts)
    assert sorted(order) == [(stratum, place) for stratum, count in enumerate(counts) for place in range(count)]
    for stratum, count in enumerate(counts):
        assert [place for at, place in order if at == stratum] == list(range(count))
        for end in range(len(order) + 1):
            asked = sum(at == stratum for at, _ in order[:end])
            assert abs(asked - end * count / max(1, len(order))) <= max(1.0, len(counts) / 2)


# ---- what follows from the verdicts -------------------------------------------------------------------------


def test_one_stratum_has_wilsons_interval_and_shares_are_weighted_by_records() -> None:
    found = overall([Part(1000, 45, 5), Part(50, 0, 0)])
    assert found is not None
    assert (found.share, found.interval.low, found.interval.high) == pytest.approx(
        (0.9, wilson(45, 50).low, wilson(45, 50).high)
    )
    both = overall([Part(900, 9, 1), Part(100, 0, 10)])
    assert both is not None
    assert both.share == pytest.approx(0.81)
    trials = 1 / (0.9**2 / 10 + 0.1**2 / 10)
    assert both.interval.low == pytest.approx(wilson(0.81 * trials, trials).low)
    assert both.interval.high == pytest.approx(wilson(0.81 * trials, trials).high)
    proportional = overall([Part(800, 38, 2), Part(200, 5, 5)])
    assert proportional is not None
    assert (proportional.share, proportional.interval.low) == pytest.approx((43 / 50, wilson(43, 50).low))
    assert overall([Part(10, 0, 0)]) is None


@pytest.mark.parametrize(
    ("truths", "sizes", "asked"),
    [
        ((0.98, 0.8, 0.5), (7000, 2500, 500), (35, 12, 3)),
        ((0.95,) * 10, (100,) * 10, (5,) * 10),
        ((0.7, 0.9, 0.8, 0.95), (100,) * 4, (10,) * 4),
        ((0.9, 0.5), (900, 100), (5, 45)),
    ],
)
def test_the_interval_in_all_holds_the_truth_as_often_as_it_says(
    truths: tuple[float, ...], sizes: tuple[int, ...], asked: tuple[int, ...]
) -> None:
    truth = sum(size * p for size, p in zip(sizes, truths, strict=True)) / sum(sizes)
    random, hits = np.random.Generator(np.random.Philox(5)), 0
    for _ in range(2000):
        accepted = [int(random.binomial(n, p)) for n, p in zip(asked, truths, strict=True)]
        parts = [Part(size, yes, n - yes) for size, yes, n in zip(sizes, accepted, asked, strict=True)]
        found = overall(parts)
        assert found is not None
        hits += found.interval.low <= truth <= found.interval.high
    assert hits / 2000 >= 0.94


# ---- the session --------------------------------------------------------------------------------------------


def test_a_session_in_a_terminal(talk: Agent) -> None:
    with terminal(talk, "talk", "--sample", "5", "--reviewer", "ann") as child:
        for expected, answer in (
            ("not finished: 34 of 80 records", None),
            ("1 of 5", None), (ASKED, "b"), ("the first one", None), (ASKED, "a"),
            ("2 of 5", None), (ASKED, "r"), ("Why? ", "names the wrong order"),
            ("3 of 5", None), (ASKED, "what"), ("'what' is none of these", None), (ASKED, "?"), ("no verdict", None),
            (ASKED, "s"),
            ("4 of 5", None), (ASKED, "b"), ("3 of 5", None), ("skipped by ann", None), (ASKED, "r  too short "),
            ("4 of 5", None), (ASKED, "b"), ("3 of 5", None), ("rejected by ann: too short", None), (ASKED, ""),
            ("4 of 5", None), (ASKED, "q"),
            ("3 of 5 sampled records reviewed: 1 accepted, 2 rejected, 0 skipped", None),
        ):  # fmt: skip
            child.expect_exact(expected)
            if answer is not None:
                child.sendline(answer)
        assert ended(child) == 0
    assert sorted(kept(talk).values()) == [("accept", ""), ("reject", "names the wrong order"), ("reject", "too short")]
    rows = sqlite3.connect(talk.folder / "checkpoints" / "talk" / LEDGER_FILE).execute("SELECT verdict FROM reviews")
    assert [verdict for (verdict,) in rows] == ["accept", "reject", "skip", "reject"]


def test_ctrl_c_keeps_what_was_given(talk: Agent) -> None:
    with terminal(talk, "talk", "--sample", "4") as child:
        child.expect_exact(ASKED)
        child.sendline("a")
        child.expect_exact("2 of 4")
        child.expect_exact(ASKED)
        child.sendline("r")
        child.expect_exact("Why? ")
        child.kill(signal.SIGINT)
        child.expect_exact("what was committed is kept")
        assert ended(child) == 130
    assert list(kept(talk).values()) == [("accept", "")]


def test_a_verdict_is_durable_before_the_next_record_is_shown(talk: Agent) -> None:
    with terminal(talk, "talk", "--sample", "4") as child:
        child.expect_exact(ASKED)
        child.sendline("r no order")
        child.expect_exact("2 of 4")
        child.kill(signal.SIGKILL)
        child.expect(pexpect.EOF)
    assert list(kept(talk).values()) == [("reject", "no order")]


def test_json_leaves_standard_output_to_the_summary_in_a_terminal_too(talk: Agent) -> None:
    out = talk.folder / "out.json"
    command = f"{sys.executable} {' '.join(AGENT[1:])} review talk --sample 4 --json > {out}"
    child = pexpect.spawn(
        "/bin/sh", ["-c", command], cwd=str(talk.folder), env={**talk.env, "TERM": "dumb"}, encoding="utf-8",
        timeout=30, dimensions=(60, 200),
    )  # fmt: skip
    for answer in ("a", "r bad", "q"):
        child.expect_exact(ASKED)
        child.sendline(answer)
    assert ended(child) == 0
    told = json.loads(out.read_text())
    assert (told["accepted"], told["rejected"]) == (1, 1)


def test_a_second_call_goes_on_and_a_larger_sample_extends(talk: Agent) -> None:
    first = piped(talk, "a\na\nr wrong\n", "--sample", "6")
    assert first.code == 0
    assert len(shown(first)) == 4, "the fourth is shown when the input ends"
    assert "3 of 6 sampled records reviewed" in first.out
    second = piped(talk, "a\nr\nwhy\ns\n", "--sample", "6")
    assert shown(second)[0] == shown(first)[3]
    assert len({*shown(first), *shown(second)}) == 6
    done = piped(talk, "a\n", "--sample", "6")
    assert shown(done) == []
    assert "All 6 records of the sample are reviewed" in done.err
    more = piped(talk, "", "--sample", "30", "--json")
    assert more.json["sample"] == {"records": 30, "reviewed": 6}
    assert (more.json["accepted"], more.json["rejected"], more.json["skipped"]) == (3, 2, 1)
    again = piped(talk, "r changed\n", "--sample", "6", "--again")
    assert shown(again) == shown(first)[:2]
    assert kept(talk)[shown(first)[0]] == ("reject", "changed")


def test_the_input_may_end_anywhere(talk: Agent) -> None:
    assert piped(talk, "").code == 0
    assert kept(talk) == {}
    assert piped(talk, "r").code == 0, "the verdict was given, the reason was not"
    assert list(kept(talk).values()) == [("reject", "")]


def test_all_records_may_be_asked_for(talk: Agent) -> None:
    ran = piped(talk, "a\n" * 34, "--sample", "1000", "--json")
    assert len(set(shown(ran))) == len(shown(ran)) == 34
    assert ran.json["precision"]["share"] == 1.0
    assert [row["accepted"] for row in ran.json["by_stratum"]] == [11, 7, 4, 12]
    assert "prompt  Number 3, please" in ran.err
    assert '"text": "notes asks 2"' in ran.err


def test_the_summary_is_the_one_that_the_verdicts_come_to(talk: Agent) -> None:
    with Ledger(talk.folder / "checkpoints" / "talk") as ledger:
        ledger.note_reviews(
            [Given(1, number, "reject" if number < 3 else "accept", "vague", "ann") for number in (1, 2, 3, 4)]
            + [Given(0, 1, "accept", "", "bob"), Given(0, 2, "reject", "rude", "bob"), Given(0, 3, "skip", "", "bob")]
        )
    told = piped(talk, "", "--json").json
    chat, _, notes, _ = told["by_stratum"]
    assert (notes["accepted"], notes["rejected"], notes["skipped"], notes["records"]) == (2, 2, 0, 4)
    assert (chat["accepted"], chat["rejected"], chat["skipped"], chat["records"]) == (1, 1, 1, 11)
    ends = wilson(2, 4)
    assert notes["precision"] == {"share": 0.5, "low": ends.low, "high": ends.high, "level": 0.95}
    assert told["by_stratum"][3]["precision"] is None
    assert told["precision"]["share"] == pytest.approx(0.5)
    assert told["precision"]["of_records"] == 15
    assert told["reasons"] == {"vague": 2, "rude": 1}
    assert told["reviewers"] == {"ann": 4, "bob": 3}
    assert told["agreement"] == {
        "with": "golden_threshold", "threshold": 0.7, "share": 0.5,
        "golden": {"accepted": 1, "rejected": 1}, "not_golden": {"accepted": 2, "rejected": 2},
    }  # fmt: skip


def test_what_a_terminal_would_obey_is_not_shown_to_it(agent: Agent) -> None:
    with Book(agent.folder / "checkpoints" / "talk", chat_plan()) as book:
        text = '{"a":"\\u009b31m\\u001b[2J","b":"\x9b","long":123456789012345678901234567890}'
        book.commit(book.begin(0, 1), [StoredRecord(0, 1.0, text)])
    ran = piped(agent, "a\n")
    assert ran.code == 0, ran.err
    assert "\x9b" not in ran.out + ran.err
    assert "\x1b" not in ran.out + ran.err
    assert "123456789012345678901234567890" in ran.out


@pytest.mark.parametrize("args", [[], ["--import", "s.csv"]])
def test_nothing_is_written_while_another_process_has_the_dataset(talk: Agent, args: list[str]) -> None:
    assert piped(talk, "", "--export", "s.csv").code == 0
    with Ledger(talk.folder / "checkpoints" / "talk"):
        ran = piped(talk, "a\n", *args)
        assert ran.code == 2
        assert "is in use by another process" in ran.err
        assert piped(talk, "", "--export", "s.csv").code == 0, "reading is always possible"
    assert kept(talk) == {}


def test_what_cannot_be_reviewed_is_named(agent: Agent) -> None:
    ran = piped(agent, "a\n")
    assert ran.code == 2
    assert "holds no dataset" in ran.err
    Book(agent.folder / "checkpoints" / "talk", chat_plan()).ledger.close()
    ran = piped(agent, "a\n")
    assert ran.code == 2
    assert "holds no records yet" in ran.err
    assert piped(agent, "", "--sample", "0").code == 2


# ---- spreadsheets -------------------------------------------------------------------------------------------


@given(st.text())
def test_no_cell_is_a_formula_and_each_is_read_back(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert not guarded(text).startswith(("=", "+", "-", "@", "\t", "\r"))


def sheet(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def write(file: Path, filled: list[dict[str, str]], **options: Any) -> None:
    with file.open("w", encoding=options.pop("encoding", "utf-8"), newline="") as lines:
        writer = csv.DictWriter(lines, list(filled[0]), **options)
        writer.writeheader()
        writer.writerows(filled)


def test_a_sample_goes_out_and_comes_back(agent: Agent) -> None:
    with Book(agent.folder / "checkpoints" / "talk", chat_plan()) as book:
        texts = [json.dumps({"text": text}) for text in ('=cmd("x")', 'say "hi", \r\n ü', "plain")]
        book.commit(book.begin(0, 3), [StoredRecord(n, 0.9, text) for n, text in enumerate([*texts[:2], '"-1+2"'])])
        book.commit(book.begin(2, 1), [StoredRecord(0, 0.5, "-5")])
    file = agent.folder / "sample.csv"
    assert piped(agent, "", "--export", "sample.csv").code == 0
    assert file.read_bytes().startswith(
        b"\xef\xbb\xbfid,category,tier,quality,prompt,invalid,record,verdict,reason,reviewer"
    )
    filled = sheet(file)
    assert {row["id"]: unguarded(row["record"]) for row in filled} == {
        "chat-0": texts[0], "chat-1": texts[1], "chat-2": '"-1+2"', "notes-0": "-5",
    }  # fmt: skip
    assert [row["record"] for row in filled if row["id"] == "notes-0"] == ["'-5"]
    words = {"chat-0": "ACCEPT", "chat-1": " r ", "chat-2": "Skip", "notes-0": ""}
    for row in filled:
        row["verdict"], row["reason"] = words[row["id"]], "-1 is wrong" if row["id"] == "chat-1" else ""
    write(file, filled)
    ran = piped(agent, "", "--import", "sample.csv", "--reviewer", "ann")
    assert ran.code == 0, ran.err
    assert "Took in 3 verdicts" in ran.err
    expected = {"chat-0": ("accept", ""), "chat-1": ("reject", "-1 is wrong"), "chat-2": ("skip", "")}
    assert kept(agent) == expected
    assert "Took in 0 verdicts from sample.csv; 3 were there already" in piped(agent, "", "--import", "sample.csv").err
    assert piped(agent, "", "--export", "sample.csv").code == 0
    told = {row["id"]: (row["verdict"], row["reason"], row["reviewer"]) for row in sheet(file)}
    assert told["chat-1"] == ("reject", "'-1 is wrong", "ann")
    assert told["notes-0"] == ("", "", "")
    assert "Took in 0 verdicts" in piped(agent, "", "--import", file).err
    assert kept(agent) == expected


@pytest.mark.parametrize(
    ("options", "encoding"), [({"delimiter": ";"}, "utf-8-sig"), ({"delimiter": "\t"}, "utf-16"), ({}, "utf-8")]
)
def test_tables_are_read_as_spreadsheets_save_them(talk: Agent, options: dict[str, Any], encoding: str) -> None:
    filled = [
        {"Reason": "", "Verdict": "1", "ID": "chat-2"}, {"Reason": "zu grob; und", "Verdict": "No", "ID": "notes-1"},
        {"Reason": "", "Verdict": "", "ID": "gone-7"}, {"Reason": "x", "Verdict": "", "ID": "forms-11"},
        {"Reason": "", "Verdict": "y", "ID": "forms-11"},
    ]  # fmt: skip
    write(talk.folder / "s.csv", filled, encoding=encoding, **options)
    ran = piped(talk, "", "--import", "s.csv", "--sample", "2")
    assert ran.code == 0, ran.err
    assert "1 rows have a reason and no verdict" in ran.err
    assert kept(talk) == {"chat-2": ("accept", ""), "notes-1": ("reject", "zu grob; und"), "forms-11": ("accept", "")}


def test_every_line_that_cannot_be_taken_in_is_named_and_nothing_is_kept(talk: Agent) -> None:
    file = talk.folder / "s.csv"
    rows = [("chat-2", "accept", "a\nb"), ("notes-1", "perhaps", ""), ("chat-2", "reject", ""), ("chat-4", "10", ""),
            ("forms-3", "no", "")]  # fmt: skip
    write(file, [dict(zip(("id", "verdict", "reason"), row, strict=True)) for row in rows])
    ran = piped(talk, "", "--import", "s.csv")
    assert ran.code == 2
    assert "s.csv:4: 'perhaps' is no verdict" in ran.err
    assert "s.csv:5: 'chat-2' has reject here and accept in line 2" in ran.err
    assert "s.csv:6: '10' is no verdict" in ran.err
    # The others are right, but for ids: of refused candidates, of numbers that nothing has, of no category.
    names = ["chat-2", "chat-0", "forms-12", "forms-003", "nobody-1", "", "forms--1", "chat"]
    write(file, [{"id": name, "verdict": "a"} for name in names])
    ran = piped(talk, "", "--import", "s.csv")
    assert ran.code == 2
    assert [int(line.split("s.csv:")[1].split(":")[0]) for line in ran.err.splitlines() if "no record" in line] == [
        3, 4, 5, 6, 7, 8, 9
    ]  # fmt: skip
    assert kept(talk) == {}


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "has no column id, verdict"),
        (b"id,reason\nchat-2,x\n", "has no column verdict"),
        (b"id,verdict\nchat-2,\xff\n", "s.csv:2: is not UTF-8"),
        (b'id,verdict\nchat-2,a\nchat-3,"a" b\n', "s.csv:3: the row that begins here is broken"),
        (b'id,verdict\nchat-2,a\nchat-3,"a\n', "s.csv:3: the row that begins here is broken"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused(talk: Agent, raw: bytes, message: str) -> None:
    (talk.folder / "s.csv").write_bytes(raw)
    ran = piped(talk, "", "--import", "s.csv")
    assert ran.code == 2
    assert message in ran.err
    assert piped(talk, "", "--import", "gone.csv").code == 2


def test_an_export_replaces_no_verdicts_that_nobody_took_in(talk: Agent) -> None:
    file = talk.folder / "s.csv"
    assert piped(talk, "", "--export", "s.csv").code == 0
    filled = sheet(file)
    filled[0]["verdict"] = "yes"
    write(file, filled)
    ran = piped(talk, "", "--export", "s.csv")
    assert ran.code == 2
    assert "holds verdicts that were not taken in" in ran.err
    assert piped(talk, "", "--import", "s.csv", "--export", "s.csv").code == 0
    assert sheet(file)[0]["verdict"] == "accept"
    (talk.folder / "notes.txt").write_text("something else")
    assert piped(talk, "", "--export", "notes.txt").code == 2
    assert (talk.folder / "notes.txt").read_text() == "something else"


# ---- quality ------------------------------------------------------------------------------------------------

VERDICTS = {"chat-1": "reject", "notes-1": "accept", "notes-4": "skip", "forms-2": "reject", "chat-14": "reject"}


def judge(book: Book) -> None:
    by_name = {}
    for committed in book.history.committed():
        category = book.history.strata()[committed.batch.stratum].category
        if committed.shard is None:
            numbers = [record.number for record in book.history.records_of(committed.batch.number)]
        else:
            numbers = list(range(committed.batch.start, committed.batch.start + committed.batch.size))
        by_name |= {f"{category}-{number}": (committed.batch.number, number) for number in numbers}
    book.ledger.note_reviews([Given(*by_name[name], verdict, "", "ann") for name, verdict in VERDICTS.items()])  # type: ignore[arg-type]


@pytest.mark.parametrize("structs", [True, False])
@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_a_verdict_is_the_quality_wherever_the_dataset_is_read(tmp_path: Path, form: str, structs: bool) -> None:
    with Book(tmp_path / "talk", mixed_plan(output={"format": form})) as book:
        fill(book, structs=structs)
        before = {row.id: row for row in rows(Parts(book.history, book.plan).shards())}
        judge(book)
        parts = Parts(book.history, book.plan)
        after = list(rows(parts.shards()))
        assert parts.golden().tolist() == [row.golden for row in after]
        schemas = {table.schema.remove_metadata() for table in tables(parts.shards())}
    assert len(schemas) == 1
    assert [row.id for row in after] == list(before)
    for row in after:
        quality = {"accept": 1.0, "reject": 0.0}.get(VERDICTS.get(row.id, ""), before[row.id].quality)
        assert (row.quality, row.golden) == (quality, quality >= 0.7), row.id
        assert (row.record, row.prompt, row.tier) == (before[row.id].record, before[row.id].prompt, before[row.id].tier)


def test_shards_without_verdicts_stay_the_files_they_are(tmp_path: Path) -> None:
    with Book(tmp_path / "talk", mixed_plan()) as book:
        fill(book)
        assert sum(isinstance(shard, ShardFile) for shard in Parts(book.history, book.plan).shards()) == 2
        judge(book)
        kinds = [isinstance(shard, ShardFile) for shard in Parts(book.history, book.plan).shards()]
        assert sum(kinds) == 1, "one of the two shards has a record that was judged"


def test_explain_tells_the_verdict_and_the_workers_own_quality(tmp_path: Path) -> None:
    with Book(tmp_path / "talk", mixed_plan()) as book:
        fill(book)
        plain = explain("talk", "notes-1", tmp_path)
        assert "review" not in plain
        judge(book)
        book.ledger.note_reviews([Given(1, 1, "reject", "too vague", "bob")])
    told = explain("talk", "notes-1", tmp_path)
    review = told.pop("review")
    at = {review.pop("reviewed_at"), review["earlier"][0].pop("reviewed_at")}
    assert all(time.endswith("+00:00") for time in at)
    assert review == {
        "verdict": "reject", "reason": "too vague", "reviewer": "bob", "own_quality": 0.5,
        "earlier": [{"verdict": "accept", "reason": "", "reviewer": "ann"}],
    }  # fmt: skip
    assert told == {**plain, "quality": 0.0, "golden": False}
    shard = explain("talk", "forms-2", tmp_path)
    assert (shard["quality"], shard["golden"], shard["review"]["own_quality"]) == (0.0, False, 1.0)
    skipped = explain("talk", "notes-4", tmp_path)
    assert (skipped["quality"], skipped["golden"], skipped["review"]["verdict"]) == (0.5, False, "skip")


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_a_run_and_an_export_write_what_people_decided(agent: Agent, form: str) -> None:
    agent.plan(questions(60, output={"format": form}))
    out = agent.folder / "datasets" / "questions"

    def written() -> dict[str, dict[str, Any]]:
        if form == "jsonl":
            lines = [json.loads(line) for line in (out / "all.jsonl").read_text().splitlines()]
            golden = {json.loads(line)["id"] for line in (out / "golden.jsonl").read_text().splitlines()}
            sides = {
                json.loads(line)["id"] for name in ("train", "test")
                for line in (out / f"{name}.jsonl").read_text().splitlines()
            }  # fmt: skip
            assert sides == golden
            return {line["id"]: {"quality": line["quality"], "golden": line["id"] in golden} for line in lines}
        table = parquet.read_table(out / "data")
        assert [side is not None for side in table["split"].to_pylist()] == table["golden"].to_pylist()
        return {row["id"]: row for row in table.select(["id", "quality", "golden"]).to_pylist()}

    assert agent("run", "plan.json").code == 0
    before, files = written(), {path: path.read_bytes() for path in out.rglob("*.[jp]*") if "metadata" not in path.name}
    assert piped(agent, "", "--sample", "10", name="questions").code == 0
    assert agent("run", "plan.json").code == 0
    assert {path: path.read_bytes() for path in files} == files, "nothing was decided: the same bytes"
    assert piped(agent, "r bad\n" * 4 + "a\n" * 6, "--sample", "10", name="plan.json").code == 0
    refused = {name for name, (verdict, _) in kept(agent, "questions").items() if verdict == "reject"}
    assert len(refused) == 4
    assert agent("run", "plan.json").code == 0
    after = written()
    assert list(after) == list(before)
    assert {name for name, row in after.items() if not row["golden"]} == refused
    assert {name for name, row in after.items() if row["quality"] == 0} == refused
    assert agent("export", "questions", "--format", "csv", "--out", "all.csv").code == 0
    with (agent.folder / "all.csv").open(newline="") as lines:
        exported = {row["id"]: (float(row["quality"]), row["golden"], row["split"]) for row in csv.DictReader(lines)}
    assert {name for name, told in exported.items() if told == (0.0, "false", "")} == refused
    assert sum(told[0] == 1.0 for told in exported.values()) == 56


def test_names_of_reviewers(talk: Agent) -> None:
    assert piped(talk, "a\n", "--sample", "3").code == 0
    assert piped(talk, "a\n", "--sample", "3", "--reviewer", "Ann B.").code == 0
    assert piped(talk, "", "--json").json["reviewers"] == {who(): 1, "Ann B.": 1}

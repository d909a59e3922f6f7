"""Which files the coordinator may look at, and what it gets of them."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_agent.agents.file_access import MAX_ENTRIES, PART_BYTES, FileAccess
from dataset_agent.errors import InputError


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with a project in it, where the user starts, and things beside it."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for folder in ("project/data", "project/.git", "others/deep"):
        (tmp_path / folder).mkdir(parents=True)
    for file in ("project/notes.txt", "project/data/rows.csv", "project/.env", "project/.git/config", "secret.txt",
                 "others/a.json", "others/deep/b.json", "others/.env"):  # fmt: skip
        (tmp_path / file).write_text(f"this is {file}")
    return tmp_path


@pytest.fixture
def files(home: Path) -> FileAccess:
    return FileAccess(home / "project")


@pytest.mark.parametrize("name", ["notes.txt", "./notes.txt", "data/../notes.txt"])
def test_files_below_the_start_are_shown(files: FileAccess, name: str) -> None:
    part = files.read(name)
    assert (part.path, part.content, part.next_start) == ("notes.txt", "this is project/notes.txt", None)


@pytest.mark.parametrize(
    "name",
    ["../secret.txt", "~/secret.txt", "data/../../secret.txt", "/etc/passwd", "..", "/", ".git/config", "nul\0byte"],
)
def test_others_are_refused(files: FileAccess, name: str) -> None:
    with pytest.raises(InputError, match=r"is not below|is no path"):
        files.read(name)
    with pytest.raises(InputError, match=r"is not below|is no path"):
        files.entries(name)


def test_links_are_followed_before_it_is_decided(files: FileAccess, home: Path) -> None:
    (home / "project/out.txt").symlink_to(home / "secret.txt")
    (home / "project/up").symlink_to(home)
    (home / "project/in.txt").symlink_to(home / "project/notes.txt")
    (home / "project/loop").symlink_to(home / "project/loop")
    for name in ("out.txt", "up/secret.txt", "up/project/../secret.txt"):
        with pytest.raises(InputError, match="is not below"):
            files.read(name)
    with pytest.raises(InputError):
        files.read("loop")
    assert files.read("in.txt").content == "this is project/notes.txt"
    with pytest.raises(InputError, match="is not below"):
        files.entries("up")


@pytest.mark.parametrize(
    "message",
    ["look at ../secret.txt, please", 'see "../secret.txt"', "(~/secret.txt)", "is it in `../secret.txt`?"],
)
def test_files_that_the_user_names_are_shown(files: FileAccess, message: str) -> None:
    files.hear(message)
    assert files.read("../secret.txt").content == "this is secret.txt"
    with pytest.raises(InputError):
        files.read("../others/a.json")


def test_a_folder_that_the_user_names_is_open_but_not_what_is_hidden_in_it(files: FileAccess) -> None:
    files.hear("the schemas are in ../others.")
    assert [entry.name for entry in files.entries("../others")[0]] == ["a.json", "deep"]
    assert files.read("../others/deep/b.json").content == "this is others/deep/b.json"
    with pytest.raises(InputError):
        files.read("../secret.txt")


def test_the_folders_around_the_user_are_not_opened_by_a_word(files: FileAccess) -> None:
    files.hear("yes / no, .. or ~ or ../ and so on")
    for name in ("/etc/passwd", "../secret.txt", "../others/a.json"):
        with pytest.raises(InputError):
            files.read(name)


def test_keys_are_never_shown(files: FileAccess) -> None:
    files.hear("read .env and ../others/.env")
    for name in (".env", "../others/.env"):
        with pytest.raises(InputError, match="may hold keys"):
            files.read(name)


def test_long_files_come_in_parts_that_cut_no_character(files: FileAccess, home: Path) -> None:
    text = "ä" * PART_BYTES + "ende€"
    (home / "project/long.txt").write_text(f"x{text}", encoding="utf-8")
    parts, start = [], 0
    while start is not None:
        part = files.read("long.txt", start)
        parts.append(part.content)
        start = part.next_start
    assert len(parts) == 3 and "".join(parts) == f"x{text}"


@pytest.mark.parametrize("raw", [b"\xff\xfe\x00a", b"a\x00b", b"\x89PNG\r\n", b"cut \xe2\x82"])
def test_what_is_no_text_is_refused(files: FileAccess, home: Path, raw: bytes) -> None:
    (home / "project/file").write_bytes(raw)
    with pytest.raises(InputError, match="is not text"):
        files.read("file")


def test_what_is_no_file_is_refused(files: FileAccess, home: Path) -> None:
    os.mkfifo(home / "project/pipe")
    for name in ("pipe", "data"):
        with pytest.raises(InputError, match="is not a file"):
            files.read(name)
        with pytest.raises(InputError, match="is not a file"):
            files.regular(name)
    with pytest.raises(InputError, match="cannot be read"):
        files.read("missing.txt")
    with pytest.raises(InputError, match="cannot be listed"):
        files.entries("notes.txt")


def test_folders_are_listed_without_what_is_hidden(files: FileAccess, home: Path) -> None:
    entries, more = files.entries()
    assert [(entry.name, entry.bytes) for entry in entries] == [("data", None), ("notes.txt", 25)] and more == 0
    for number in range(MAX_ENTRIES + 3):
        (home / f"project/data/{number:04}").touch()
    entries, more = files.entries("data")
    assert (len(entries), more) == (MAX_ENTRIES, 4)


@given(st.lists(st.sampled_from(["..", ".", "project", "others", "secret.txt", "data", "up", "notes.txt"]), max_size=7))
def test_no_path_leads_out(tmp_path_factory: pytest.TempPathFactory, parts: list[str]) -> None:
    home = tmp_path_factory.getbasetemp() / "walk"
    if not home.exists():
        (home / "project/data").mkdir(parents=True)
        (home / "secret.txt").touch()
        (home / "project/notes.txt").touch()
        (home / "project/data/up").symlink_to(home)
    files = FileAccess(home / "project")
    try:
        real = files.resolve("/".join(parts) or ".")
    except InputError:
        return
    assert real == home / "project" or home / "project" in real.parents

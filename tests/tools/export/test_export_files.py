import errno
import hashlib
import os
import resource
from pathlib import Path

import pytest

from dataset_agent.errors import OutputError
from dataset_agent.tools.export.files import FileFacts, atomic_file, copy_file, partial_of, writing


def test_a_file_appears_whole_with_its_facts(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "a.txt"
    with atomic_file(path) as file:
        file.write(b"one\n")
        file.write(memoryview(b"two\n"))
        file.rows += 2
        assert not path.exists()
    assert path.read_bytes() == b"one\ntwo\n"
    assert file.facts == FileFacts(2, hashlib.sha256(b"one\ntwo\n").hexdigest(), 8)
    assert [each.name for each in path.parent.iterdir()] == ["a.txt"]


def test_a_failure_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"before")

    def fail_midway() -> None:
        with atomic_file(path) as file:
            file.write(b"half")
            raise KeyError("a fault of whoever writes")

    with pytest.raises(KeyError):
        fail_midway()
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_kill_left_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    partial_of(path).write_bytes(b"a longer text that a killed run left")
    with atomic_file(path) as file:
        file.write(b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_in_the_way(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.mkdir()
    with pytest.raises(OutputError, match=r"a\.txt: cannot be written: Is a directory \(move what is in the way"):
        atomic_file(path).__enter__()


def test_a_file_in_the_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("not a folder")
    with pytest.raises(OutputError, match=r"out/a\.txt: cannot be written: .* \(move what is in the way"):
        atomic_file(tmp_path / "out" / "a.txt").__enter__()


def test_no_room(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(OutputError, match=r"a\.txt: cannot be written: File too large \(free some space"):
            _write(path, b"x" * 10_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("number", "mend"),
    [(errno.ENOSPC, "free some space"), (errno.EACCES, "choose a folder you may write to"), (errno.EIO, "")],
)
def test_a_refusal_of_the_system_says_how_to_mend_it(tmp_path: Path, number: int, mend: str) -> None:
    with pytest.raises(OutputError) as refused, writing(tmp_path / "a.txt"):
        raise OSError(number, os.strerror(number))
    (problem,) = refused.value.problems
    assert problem.where == str(tmp_path / "a.txt")
    assert os.strerror(number) in problem.what
    assert problem.mend.startswith(mend)


def test_a_copy_is_whole_and_its_own(tmp_path: Path) -> None:
    source, path = tmp_path / "shard", tmp_path / "out" / "part"
    source.write_bytes(b"rows")
    for _ in range(2):
        copy_file(source, path)
        assert path.read_bytes() == b"rows"
        assert not path.samefile(source)
        assert list(path.parent.iterdir()) == [path]


def _write(path: Path, data: bytes) -> None:
    with atomic_file(path) as file:
        file.write(data)

import bz2
import gzip
import io
import lzma
import random
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_agent.errors import SourceError
from dataset_agent.tools.sources.archives import is_archive, open_archive
from dataset_agent.tools.sources.members import Counted, Limits, member_name

PLACE = "plan.json: $.sources.facts: /data/archive"
FILES = {"facts.csv": b"a,b\n1,2\n", "docs/read.md": b"# Read\n", "empty.txt": b""}
TARS = {".tar": "w", ".tar.gz": "w:gz", ".tgz": "w:gz", ".tar.bz2": "w:bz2", ".tbz2": "w:bz2", ".tar.xz": "w:xz"}


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.mkdir("docs")
        for name, content in files.items():
            file.writestr(name, content)
    return path


def tarred(path: Path, files: dict[str, bytes], *others: tarfile.TarInfo) -> Path:
    mode = next(mode for ending, mode in TARS.items() if path.name.endswith(ending))
    with tarfile.open(path, mode) as file:
        folder = tarfile.TarInfo("docs")
        folder.type = tarfile.DIRTYPE
        file.addfile(folder)
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            file.addfile(info, io.BytesIO(content))
        for info in others:
            file.addfile(info)
    return path


def all_of(path: Path, limits: Limits = Limits()) -> dict[str, bytes]:  # noqa: B008
    archive = open_archive(path, PLACE, limits)
    return dict(archive.read(archive.names()))


def refused(path: Path, limits: Limits = Limits()) -> str:  # noqa: B008
    with pytest.raises(SourceError) as caught:
        all_of(path, limits)
    message = str(caught.value)
    assert message.startswith(f"{PLACE}: ")
    return message


def test_zip_and_tar_give_their_files(tmp_path):
    assert all_of(zipped(tmp_path / "a.ZIP", FILES)) == FILES
    for ending in TARS:
        path = tarred(tmp_path / f"a{ending}", {f"./{name}": content for name, content in FILES.items()})
        assert all_of(path) == FILES
        assert dict(open_archive(path, PLACE).read(["docs/read.md"])) == {"docs/read.md": b"# Read\n"}


@pytest.mark.parametrize(("ending", "pack"), [(".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress)])
def test_one_packed_file_is_named_after_the_archive(tmp_path, ending, pack):
    path = tmp_path / f"facts.csv{ending}"
    path.write_bytes(pack(FILES["facts.csv"]))
    assert all_of(path) == {"facts.csv": FILES["facts.csv"]}


def test_what_is_an_archive():
    assert all(map(is_archive, ("a.zip", "a.TAR.gz", "a.tgz", "a.txz", "a.csv.gz", "a.bz2", "a.xz")))
    assert not any(map(is_archive, ("a.csv", "zip", "tar", "a.gzip", "a.parquet")))


OUT = [
    "../out.csv",
    "docs/../../out.csv",
    "/etc/out.csv",
    "C:\\out.csv",
    "c:out.csv",
    "..\\out.csv",
    "\\\\host\\out.csv",
]


@pytest.mark.parametrize("name", OUT)
def test_a_member_that_leaves_the_archive_is_refused_whatever_else_there_is(tmp_path, name):
    for path in (zipped(tmp_path / "a.zip", FILES | {name: b"x"}), tarred(tmp_path / "a.tar", FILES | {name: b"x"})):
        assert f"member {name!r} leaves the archive" in refused(path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tar", "a.zip"]


def test_a_name_with_a_nul_is_judged_as_it_is_written(tmp_path):
    path = zipped(tmp_path / "a.zip", {"facts.csvX../../out": b""})
    path.write_bytes(path.read_bytes().replace(b"facts.csvX", b"facts.csv\0"))
    assert "leaves the archive" in refused(path)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_in_a_tar_are_refused(tmp_path, kind):
    info = tarfile.TarInfo("odd")
    info.type, info.linkname = kind, "facts.csv"
    assert "member 'odd' is neither a plain file nor a folder" in refused(tarred(tmp_path / "a.tar", FILES, info))


def test_a_link_in_a_zip_is_refused(tmp_path):
    path = zipped(tmp_path / "a.zip", FILES)
    with zipfile.ZipFile(path, "a") as file:
        info = zipfile.ZipInfo("odd")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        file.writestr(info, "/etc/passwd")
    assert "member 'odd' is neither" in refused(path)


def test_two_files_of_one_name_are_refused(tmp_path):
    assert "has two files 'facts.csv'" in refused(zipped(tmp_path / "a.zip", FILES | {"./facts.csv": b"x"}))
    assert "has two files 'facts.csv'" in refused(tarred(tmp_path / "a.tar", FILES | {"./facts.csv": b"x"}))


def test_limits_hold_to_the_byte_and_to_the_member(tmp_path):
    files = {"a": b"x" * 600, "b": b"y" * 400}
    path = zipped(tmp_path / "a.zip", files)
    assert all_of(path, Limits(total=1000, members=3)) == files
    assert "unpacks to more than 999 bytes" in refused(path, Limits(total=999))
    assert "has more than 2 members" in refused(path, Limits(members=2))
    path = tarred(tmp_path / "a.tar.gz", files)
    assert all_of(path, Limits(total=20_000, members=3)) == files
    assert "unpacks to more than 1,999 bytes" in refused(path, Limits(total=1_999))
    assert "has more than 2 members" in refused(path, Limits(members=2))


@pytest.mark.parametrize("ending", [".zip", ".tar.gz", ".csv.gz"])
def test_what_unpacks_to_much_more_than_its_size_is_refused(tmp_path, ending):
    path, zeros = tmp_path / f"bomb{ending}", bytes(3_000_000)
    if ending == ".csv.gz":
        path.write_bytes(gzip.compress(zeros))
    else:
        (zipped if ending == ".zip" else tarred)(path, {"zeros.csv": zeros})
    assert "unpacks to more than 200 times its size" in refused(path, Limits(free=1_000_000))
    assert sum(map(len, all_of(path).values())) == len(zeros)


def test_a_header_that_lies_about_the_size_is_not_believed(tmp_path):
    path = zipped(tmp_path / "a.zip", {"zeros.csv": bytes(3_000_000)})
    raw = path.read_bytes().replace((3_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    path.write_bytes(raw)
    assert "is a corrupt archive" in refused(path)
    info = tarfile.TarInfo("huge.csv")
    info.size = 1 << 50
    path = tmp_path / "a.tar"
    path.write_bytes(info.tobuf() + bytes(2048))
    assert "is a corrupt archive" in refused(path)


def packed_in_every_way(folder: Path) -> list[Path]:
    noise = random.Random(1).randbytes(20_000)
    paths = [zipped(folder / "a.zip", {"a.csv": noise, "b.csv": noise})]
    paths += [tarred(folder / f"a{ending}", {"a.csv": noise, "b.csv": noise}) for ending in TARS]
    for ending, pack in ((".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress)):
        paths.append(folder / f"a.csv{ending}")
        paths[-1].write_bytes(pack(noise))
    return paths


def test_archives_cut_off_anywhere_are_corrupt(tmp_path):
    for path in packed_in_every_way(tmp_path):
        raw = path.read_bytes()
        for cut in (0, 1, 100, 512, 1024, len(raw) // 2, len(raw) // 2 // 512 * 512, len(raw) * 3 // 4):
            path.write_bytes(raw[:cut])
            assert "is a corrupt archive" in refused(path), (path.name, cut)


def test_damaged_and_foreign_files_are_corrupt(tmp_path):
    for path in packed_in_every_way(tmp_path):
        raw = path.read_bytes()
        path.write_bytes(b"drug,effect\n" * 100)
        assert "is a corrupt archive" in refused(path), path.name
        if path.suffix != ".tar":  # nothing in a tar tells that contents changed
            path.write_bytes(raw[:9_000] + bytes(100) + raw[9_100:])
            assert "is a corrupt archive" in refused(path), path.name


def test_encrypted_members_and_unknown_packing_are_refused(tmp_path):
    path = zipped(tmp_path / "a.zip", {"facts.csv": b"a,b\n"})
    raw = bytearray(path.read_bytes())
    at = raw.rindex(b"PK\x01\x02")  # the central directory: 8 is the flags' place, 10 the packing's
    path.write_bytes(raw[: at + 8] + b"\x01" + raw[at + 9 :])
    assert "'facts.csv' is encrypted" in refused(path)
    path.write_bytes(raw[: at + 10] + b"\x63" + raw[at + 11 :])
    assert "is packed in a way that cannot be read" in refused(path)


@given(st.lists(st.binary(max_size=300)), st.integers(0, 1500), st.integers(1, 400))
def test_no_more_is_read_than_the_limits_allow(pieces, total, at_once):
    content = b"".join(pieces)
    counted = Counted(io.BytesIO(content), Limits(total=total), 0, PLACE)
    got = b""
    try:
        while piece := counted.read(at_once):
            got += piece
    except SourceError:
        assert len(content) > total
    else:
        assert got == content
        assert len(content) <= total
    assert counted.count <= total + at_once
    assert counted.tail(8) == content[-8:] if counted.count <= total else True


@given(st.text(st.sampled_from("ab./\\:C \0"), max_size=12))
def test_a_member_name_is_refused_or_stays_below_its_folder(written):
    root = Path("/root/folder")
    try:
        name = member_name(written, PLACE)
    except SourceError:
        return
    assert "\\" not in name
    assert (root / name).resolve().is_relative_to(root)

import gzip
import hashlib
import io
import tarfile
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from file_server import FileServer, Reply, file_server

from dataset_agent.errors import SourceError
from dataset_agent.plan.sources import Source
from dataset_agent.tools.sources import Table
from dataset_agent.tools.sources.files import read_files

WHERE = "plan.json: $.sources.facts"
CSV = b"drug,effect\nA,b\nC,d\n"
ROWS = [{"drug": "A", "effect": "b"}, {"drug": "C", "effect": "d"}]
ORDER = (
    b"00001 A00     0 Cholera" + b" " * 54 + b"Cholera\n00002 A000    1 Cholera" + b" " * 54 + b"Cholera, classical\n"
)
XML = (
    b"<ICD10CM.tabular><version>2026</version><chapter><name>1</name><desc>Infections (A00-B99)</desc>"
    b"<section id='A00-A09'><desc>Intestinal (A00-A09)</desc><diag><name>A00</name><desc>Cholera</desc></diag>"
    b"</section></chapter></ICD10CM.tabular>"
)


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with file_server() as server:
        yield server


def read(base: Path, **keys) -> Table:
    return read_files(Source(**keys), base, WHERE, base / "scratch")


def refused(base: Path, **keys) -> str:
    with pytest.raises(SourceError) as caught:
        read(base, **keys)
    message = str(caught.value)
    assert message.startswith(f"{WHERE}: ")
    return message


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, content in files.items():
            file.writestr(name, content)
    return buffer.getvalue()


def tarred(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as file:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            file.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def parquet() -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(ROWS), buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "keys"),
    [
        ("facts.csv", CSV, {}),
        ("facts.tsv", CSV.replace(b",", b"\t"), {}),
        ("facts.jsonl", b'{"drug": "A", "effect": "b"}\n{"drug": "C", "effect": "d"}', {}),
        ("facts.parquet", parquet(), {}),
        ("facts.txt", CSV, {"format": "csv"}),
        ("facts.csv.gz", gzip.compress(CSV), {}),
        ("facts.gz", gzip.compress(CSV), {"format": "csv"}),
        (
            "facts.zip",
            zipped({"facts.csv": CSV, "README.md": b"# Read", "x/.facts.csv": b"", "__MACOSX/f.csv": b""}),
            {},
        ),
        ("facts.tgz", tarred({"./deep/facts.parquet": parquet(), "LICENSE": b"x"}), {}),
        ("facts.zip", zipped({"a.csv": b"no", "b/c.csv": CSV}), {"member": "b/c.csv"}),
        ("facts.zip", zipped({"a.csv": b"no", "b.dat": CSV}), {"member": "./b.dat", "format": "csv"}),
        ("facts.zip", zipped({"data.dat": CSV}), {"format": "csv"}),
        ("facts.zip", zipped({"a.jsonl": b"{}", "b.csv": CSV}), {"format": "csv"}),
    ],
)
def test_tables_of_every_kind_packed_and_not(tmp_path, name, content, keys):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / name).write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    table = read(tmp_path, path=f"data/{name}", sha256=sha256.upper(), **keys)
    assert table.columns.to_pylist() == ROWS
    assert (table.sha256, table.bytes) == (sha256, len(content))
    assert table.path.is_relative_to(tmp_path / "data" / name)
    assert sorted(path.name for path in tmp_path.rglob("*")) == sorted(["data", name])


def test_paths_may_be_absolute(tmp_path):
    (tmp_path / "facts.csv").write_bytes(CSV)
    assert read(tmp_path / "elsewhere", path=str(tmp_path / "facts.csv")).rows == 2


def test_documents_from_a_file_a_folder_and_an_archive(tmp_path):
    documents = {"a.md": b"# Alpha", "b/c.html": b"<h1>Gamma</h1><p>x"}
    (tmp_path / "docs" / "b").mkdir(parents=True)
    for name, content in documents.items():
        (tmp_path / "docs" / name).write_bytes(content)
    (tmp_path / "docs.zip").write_bytes(zipped(documents | {"photo.png": b"x"}))
    (tmp_path / "mixed.zip").write_bytes(zipped(documents | {"facts.csv": CSV}))
    (tmp_path / "notes.text").write_bytes(b"# Alpha")
    rows = [
        {"id": "a.md", "title": "Alpha", "text": "# Alpha"},
        {"id": "b/c.html", "title": "Gamma", "text": "Gamma\nx"},
    ]
    assert read(tmp_path, path="docs").columns.to_pylist() == rows
    assert read(tmp_path, path="docs", format="documents").columns.to_pylist() == rows
    assert read(tmp_path, path="docs.zip").columns.to_pylist() == rows
    assert read(tmp_path, path="mixed.zip", format="documents").columns.to_pylist() == rows
    assert read(tmp_path, path="mixed.zip").columns.to_pylist() == ROWS
    assert read(tmp_path, path="mixed.zip", member="a.md").columns.to_pylist() == rows[:1]
    assert read(tmp_path, path="docs/a.md").columns.to_pylist() == rows[:1]
    assert read(tmp_path, path="notes.text", format="documents").columns["id"].to_pylist() == ["notes.text"]


def test_a_sum_that_does_not_match_names_both(tmp_path):
    (tmp_path / "facts.csv").write_bytes(b"broken")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_bytes(b"x")
    wanted, found = "A" * 64, hashlib.sha256(b"broken").hexdigest()
    said = f"{tmp_path / 'facts.csv'}: its SHA-256 is {found}, not {'a' * 64}"
    assert said in refused(tmp_path, path="facts.csv", sha256=wanted)
    known = read(tmp_path, path="docs").sha256
    assert read(tmp_path, path="docs", sha256=known).rows == 1
    (tmp_path / "docs" / "a.md").write_bytes(b"y")
    assert f"not {known}" in refused(tmp_path, path="docs", sha256=known)


@pytest.mark.parametrize(
    ("name", "content", "keys", "said"),
    [
        (
            "f.zip",
            zipped({"a.csv": CSV, "b.csv": CSV}),
            {},
            "has several files that can be read: a.csv, b.csv (name one",
        ),
        ("f.zip", zipped({"a.csv": CSV, "b.csv": CSV}), {"format": "csv"}, "has several files that can be read"),
        ("f.zip", zipped({"a.dat": CSV, "b.dat": CSV}), {}, "has no file that can be read: a.dat, b.dat"),
        ("f.zip", zipped({f"{n}.dat": CSV for n in range(12)}), {}, " and 2 more"),
        ("f.zip", zipped({"a.csv": CSV}), {"member": "b.csv"}, "has no member 'b.csv' (did you mean 'a.csv'?"),
        ("f.zip", zipped({"a.csv": b"x\n1,2\n"}), {}, "f.zip/a.csv:2: number of fields: 2, in the header: 1"),
        ("f.zip", zipped({"a.csv": CSV, "../out.csv": b""}), {}, "member '../out.csv' leaves the archive"),
        ("f.zip", zipped({"a.csv": CSV, "../out.csv": b""}), {"member": "a.csv"}, "leaves the archive"),
        ("f.zip", zipped({"a.csv": CSV})[:-30], {}, "is a corrupt archive: "),
        ("f.gz", gzip.compress(CSV), {}, "has no file that can be read: f"),
        ("f.zip", zipped({"a.md": b""}), {}, "holds no document with text"),
        ("f.zip", zipped({"x/a.md": b"ok\n\xff"}), {}, "f.zip/x/a.md:2: is not UTF-8"),
        ("f.md", b"caf\xe9", {}, "f.md:1: is not UTF-8"),
        ("f.csv", CSV, {"member": "a.csv"}, "is no archive (leave `member` out)"),
        (
            "f.xlsx",
            b"PK",
            {},
            "what format is '.xlsx'? (write its `format`; known endings: .csv, .tsv, .jsonl, .parquet",
        ),
        ("f.xml", b"<rss/>", {}, "f.xml: is no tabular list of ICD-10-CM: its root is <rss>"),
        ("f.csv", b"", {}, "f.csv: is empty"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_place(tmp_path, name, content, keys, said):
    (tmp_path / name).write_bytes(content)
    message = refused(tmp_path, path=name, **keys)
    assert said in message
    assert message.startswith(f"{WHERE}: {tmp_path / name}")


def test_paths_that_lead_to_nothing_or_to_a_folder(tmp_path):
    (tmp_path / "docs").mkdir()
    for name in ("none.csv", "none.zip", "none"):
        assert "cannot be read: No such file" in refused(tmp_path, path=name)
    assert "is a folder, not a csv file" in refused(tmp_path, path="docs", format="csv")
    assert "is a folder, not an archive" in refused(tmp_path, path="docs", member="a.csv")
    assert "holds no document with text" in refused(tmp_path, path="docs")


def test_downloads(server: FileServer, tmp_path):
    url = server.put("/facts.csv", CSV)
    sha256 = hashlib.sha256(CSV).hexdigest()
    table = read(tmp_path, url=f"{url}?token=secret", sha256=sha256)
    assert (table.columns.to_pylist(), table.sha256, table.bytes) == (ROWS, sha256, len(CSV))
    assert table.path.is_relative_to(tmp_path / "scratch")
    headers = {"Content-Disposition": 'attachment; filename="all.zip"'}
    url = server.put("/export", Reply(zipped({"a.csv": CSV, "b.csv": b"x"}), headers=headers))
    assert read(tmp_path, url=url, member="a.csv").columns.to_pylist() == ROWS
    url = server.put("/page.html", b"<h1>Title</h1>text")
    assert read(tmp_path, url=url).columns.to_pylist() == [{"id": "page.html", "title": "Title", "text": "Title\ntext"}]


def test_downloads_that_fail_are_named_by_their_url_without_secrets(server: FileServer, tmp_path):
    url = server.put("/facts.csv", b"a\n1,2\n")
    message = refused(tmp_path, url=f"{url}?token=secret")
    assert message.startswith(f"{WHERE}: {url}?…:2: number of fields")
    assert f"{url}: its SHA-256 is" in refused(tmp_path, url=url, sha256="0" * 64)
    assert "the server answers 404" in refused(tmp_path, url=f"{server.url}/none.csv")


def test_icd10cm_from_files(tmp_path):
    (tmp_path / "release").mkdir()
    (tmp_path / "release" / "icd10cm_tabular_2026.xml").write_bytes(XML)
    (tmp_path / "codes.txt").write_bytes(ORDER)
    (tmp_path / "table.zip").write_bytes(zipped({"icd10cm-tabular-2026.xml": XML, "index.pdf": b"x"}))
    assert read(tmp_path, icd10cm=2026, path="release").columns["section"].to_pylist() == ["A00-A09"]
    assert read(tmp_path, icd10cm=2026, path="codes.txt").columns["code"].to_pylist() == ["A00", "A00.0"]
    sha256 = hashlib.sha256((tmp_path / "table.zip").read_bytes()).hexdigest()
    assert read(tmp_path, icd10cm=2026, path="table.zip", sha256=sha256).rows == 1
    for keys in ({"path": "table.zip"}, {"path": "table.zip", "member": "icd10cm-tabular-2026.xml"}):
        assert read(tmp_path, **keys).columns["code"].to_pylist() == ["A00"]
    for keys in ({"path": "release/icd10cm_tabular_2026.xml"}, {"path": "release", "format": "icd10cm"}):
        assert read(tmp_path, **keys).columns["code"].to_pylist() == ["A00"]
    assert "is the release of 2026, not of 2025" in refused(tmp_path, icd10cm=2025, path="release")


@pytest.mark.parametrize(
    ("year", "name", "content", "rows"),
    [
        (2026, "icd10cm-Code%20Descriptions-2026.zip", zipped({"icd10cm-order-2026.txt": ORDER}), 2),
        (2027, "icd10cm-code-descriptions-2027.zip", zipped({"icd10cm-order-2027.txt": ORDER}), 2),
        (2022, "Code%20Descriptions%20zip.zip", zipped({"icd10cm_order_2022.txt": ORDER}), 2),
        (2020, "icd10cm_order_2020.txt", ORDER, 2),
        (2026, "icd10cm-table%20and%20index-2026.zip", zipped({"icd10cm-tabular-2026.xml": XML}), 1),
        (2026, "icd10cm_tabular_2026.xml", XML, 1),
    ],
)
def test_icd10cm_from_a_mirror_by_the_names_of_its_years(server: FileServer, tmp_path, year, name, content, rows):
    url = server.put(f"/ICD10CM/{year}/{name}", content)
    for mirror in (f"{server.url}/ICD10CM", f"{server.url}/ICD10CM/", f"{server.url}/ICD10CM/{year}", url):
        table = read(tmp_path, icd10cm=year, url=mirror)
        assert (table.rows, table.sha256) == (rows, hashlib.sha256(content).hexdigest())
    assert all(path.startswith(f"/ICD10CM/{year}/") for path in server.asked)


def test_icd10cm_that_the_mirror_does_not_have(server: FileServer, tmp_path):
    message = refused(tmp_path, icd10cm=2026, url=f"{server.url}/mirror")
    assert f"no file of ICD-10-CM 2026 is at {server.url}/mirror/2026 (download the release yourself" in message
    server.put("/m/2026/icd10cm-Code%20Descriptions-2026.zip", Reply(status=500, headers={"Retry-After": "99"}))
    assert "the server answers 500" in refused(tmp_path, icd10cm=2026, url=f"{server.url}/m")

import gzip
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from file_server import FileServer, Reply, file_server

from dataset_agent.errors import SourceError
from dataset_agent.tools.sources.download import NotThere, Unreachable, download
from dataset_agent.tools.sources.download_names import file_name, masked

WHERE = "plan.json: $.sources.facts"
CONTENT = b"drug,effect\nA,b\n"


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with file_server() as server:
        yield server


def fetch(url: str, folder: Path, pauses: list[float] | None = None, **options) -> Path:
    return download(url, folder, WHERE, pause=([] if pauses is None else pauses).append, **options)


def refused(url: str, folder: Path, **options) -> SourceError:
    with pytest.raises(SourceError) as caught:
        fetch(url, folder, **options)
    assert str(caught.value).startswith(f"{WHERE}: http")
    assert not folder.exists() or not list(folder.iterdir())
    return caught.value


def test_the_file_lies_under_its_name_in_the_url(server: FileServer, tmp_path):
    path = fetch(server.put("/data/drug%20effects.csv", CONTENT), tmp_path / "new")
    assert (path, path.read_bytes()) == (tmp_path / "new" / "drug effects.csv", CONTENT)
    assert list(path.parent.iterdir()) == [path]
    assert server.headers[0]["Accept-Encoding"] == "identity"


def test_an_empty_file_and_one_of_unknown_length(server: FileServer, tmp_path):
    assert fetch(server.put("/empty.csv", b""), tmp_path).read_bytes() == b""
    assert fetch(server.put("/open.csv", Reply(CONTENT, length=-1)), tmp_path).read_bytes() == CONTENT


def test_redirects_are_followed_up_to_five(server: FileServer, tmp_path):
    for number in range(6):
        server.put(f"/hop{number}", Reply(status=302, headers={"Location": f"/hop{number + 1}"}))
    server.put("/hop6", Reply(status=302, headers={"Location": "/facts.csv"}))
    server.put("/facts.csv", CONTENT)
    assert fetch(f"{server.url}/hop2", tmp_path).name == "facts.csv"
    assert "redirects more than 5 times" in str(refused(f"{server.url}/hop1", tmp_path / "other"))


def test_a_redirect_out_of_http_is_refused(server: FileServer, tmp_path):
    url = server.put("/away", Reply(status=302, headers={"Location": "file:///etc/passwd"}))
    assert "no file can be had there" in str(refused(url, tmp_path))
    assert len(server.asked) == 1


def test_a_server_that_fails_is_asked_three_times(server: FileServer, tmp_path):
    pauses: list[float] = []
    url = server.put("/facts.csv", Reply(status=503), Reply(status=500), Reply(CONTENT))
    assert fetch(url, tmp_path / "a", pauses).read_bytes() == CONTENT
    assert pauses == [0.5, 1.0]
    url = server.put("/facts.csv", Reply(status=502))
    error = refused(url, tmp_path / "b")
    assert isinstance(error, Unreachable)
    assert "the server answers 502 Bad Gateway (tried 3 times: try again later" in str(error)
    assert len(server.asked) == 6


def test_retry_after_is_waited_for_up_to_thirty_seconds(server: FileServer, tmp_path):
    pauses: list[float] = []
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    busy = [Reply(status=429, headers={"Retry-After": after}) for after in ("7", soon)]
    fetch(server.put("/facts.csv", *busy, Reply(CONTENT)), tmp_path / "a", pauses)
    assert pauses[0] == 7
    assert 10 < pauses[1] <= 20
    url = server.put("/facts.csv", Reply(status=429, headers={"Retry-After": "31"}))
    assert "429 Too Many Requests (it asks to wait 31 s" in str(refused(url, tmp_path / "b"))
    pauses.clear()
    fetch(server.put("/x.csv", Reply(status=503, headers={"Retry-After": "soon"}), Reply(b"")), tmp_path, pauses)
    assert pauses == [0.5]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 204])
def test_what_another_try_would_not_mend_is_refused_at_once(server: FileServer, tmp_path, status):
    error = refused(server.put("/facts.csv", Reply(status=status)), tmp_path)
    assert f"the server answers {status}" in str(error)
    assert isinstance(error, NotThere) == (status in (404, 410))
    assert len(server.asked) == 1


def test_content_cut_off_is_fetched_again_and_never_kept(server: FileServer, tmp_path):
    cut = Reply(CONTENT[:5], length=len(CONTENT))
    assert fetch(server.put("/facts.csv", cut, Reply(CONTENT)), tmp_path / "a").read_bytes() == CONTENT
    assert "cannot be downloaded" in str(refused(server.put("/facts.csv", cut), tmp_path / "b"))


def test_files_too_long_are_refused_whether_they_say_so_or_not(server: FileServer, tmp_path):
    said, unsaid = Reply(b"x" * 11), Reply(b"x" * 11, length=-1)
    for path, reply in (("/said.csv", said), ("/unsaid.csv", unsaid)):
        assert "has more than 10 bytes" in str(refused(server.put(path, reply), tmp_path, most=10))
    assert fetch(server.put("/just.csv", b"x" * 10), tmp_path, most=10).stat().st_size == 10


def test_nobody_listens(tmp_path):
    with file_server() as server:
        url = f"{server.url}/facts.csv"
    error = refused(url.replace("//", "//user:secret@"), tmp_path)
    assert "cannot be downloaded" in str(error)
    assert "secret" not in str(error)


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/facts.csv", "http://[::1/facts.csv"])
def test_urls_that_are_none(url, tmp_path):
    with pytest.raises(SourceError, match="no file can be had there"):
        fetch(url, tmp_path)


def test_user_and_password_are_sent_and_not_shown(server: FileServer, tmp_path):
    url = server.put("/facts.csv", Reply(status=403)).replace("//", "//user:secret@") + "?token=secret"
    message = str(refused(url, tmp_path))
    assert server.headers[0]["Authorization"].startswith("Basic ")
    assert server.asked == ["/facts.csv?token=secret"]
    assert "secret" not in message
    assert "***@127.0.0.1" in message


def test_proxies_come_from_the_environment(server: FileServer, tmp_path, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", server.url)
    monkeypatch.setenv("NO_PROXY", "")
    server.put("http://files.example/facts.csv", CONTENT)
    assert fetch("http://files.example/facts.csv", tmp_path).read_bytes() == CONTENT


def test_what_a_server_packs_is_unpacked_and_what_is_packed_stays_so(server: FileServer, tmp_path):
    packed = Reply(gzip.compress(CONTENT), headers={"Content-Encoding": "gzip"})
    assert fetch(server.put("/facts.csv", packed), tmp_path).read_bytes() == CONTENT
    assert fetch(server.put("/facts.csv.gz", packed), tmp_path).read_bytes() == packed.body
    broken = Reply(b"no gzip", headers={"Content-Encoding": "gzip"})
    assert "is not encoded as it says" in str(refused(server.put("/broken.csv", broken), tmp_path / "b"))


def test_a_folder_that_cannot_be_written(server: FileServer, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SourceError, match=r"facts\.csv: cannot be kept in .*file: (Not a directory|File exists)"):
        fetch(server.put("/facts.csv", CONTENT), tmp_path / "file")


@pytest.mark.parametrize(
    ("asked", "headers", "name"),
    [
        ("https://a.b/x.csv?y=1", {}, "x.csv"),
        ("https://a.b/get?id=1", {"Content-Disposition": 'attachment; filename="facts v1.tsv"'}, "facts v1.tsv"),
        ("https://a.b/get", {"Content-Disposition": "attachment; filename*=UTF-8''na%C3%AFve.csv"}, "naïve.csv"),
        ("https://a.b/get", {"Content-Disposition": 'attachment; filename="../../etc/passwd.csv"'}, "passwd.csv"),
        ("https://a.b/get", {"Content-Disposition": 'attachment; filename="C:\\\\x\\\\.hidden.csv"'}, "hidden.csv"),
        ("https://a.b/%2e%2e%2f%2e%2e%2fx.csv", {}, "x.csv"),
        ("https://a.b/", {"Content-Type": "text/csv; charset=utf-8"}, "download.csv"),
        ("https://a.b/latest", {"Content-Type": "application/zip"}, "latest.zip"),
        ("https://a.b/latest", {}, "latest"),
        ("https://a.b/a%00b%0a.csv", {}, "a_b_.csv"),
        ("https://a.b/" + "x" * 500 + ".csv", {}, "x" * 116 + ".csv"),
    ],
)
def test_names_are_safe_and_keep_their_endings(asked, headers, name):
    assert file_name(asked, asked, headers) == name


def test_the_name_of_the_url_that_answered_serves_where_the_other_has_no_ending():
    assert file_name("https://a.b/latest", "https://c.d/facts.csv", {}) == "facts.csv"


def test_masked_urls():
    assert masked("https://u:p@a.b:8/x?y=z#w") == "https://***@a.b:8/x?…"
    assert masked("https://a.b/x") == "https://a.b/x"
    assert "p@" not in masked("http://u:p@[::1/x?y")

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_agent.errors import SourceError
from dataset_agent.tools.sources.documents import documents_table, is_document, read_documents
from dataset_agent.tools.sources.html_text import html_text

WHERE = "plan.json: $.sources.papers"


def put(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def one(name: str, text: str) -> dict[str, str]:
    (row,) = documents_table([(name, text.encode())], "x").to_pylist()
    return row


def test_a_folder_of_documents_sorted_by_path_without_hidden_and_other_files(tmp_path):
    files = {
        "b.md": b"\xef\xbb\xbf# Beta\r\n\r\nText.\r\n",
        "a/z.txt": b"zeta\n",
        "a/A.HTM": b"<title>Alpha</title><p>One<p>Two",
        "c.rst": b"Gamma\n=====\n\nText.\n",
        "empty.md": b" \n",
        "a/nothing.html": b"<script>x()</script>",
        ".git/x.md": b"# Hidden",
        "a/.y.md": b"# Hidden",
        "table.csv": b"a,b\n",
        "photo.png": b"\x89PNG",
    }
    table = read_documents(put(tmp_path, files), WHERE)
    assert table.columns.to_pylist() == [
        {"id": "a/A.HTM", "title": "Alpha", "text": "One\nTwo"},
        {"id": "a/z.txt", "title": "z", "text": "zeta"},
        {"id": "b.md", "title": "Beta", "text": "# Beta\n\nText."},
        {"id": "c.rst", "title": "Gamma", "text": "Gamma\n=====\n\nText."},
    ]
    read = sorted(name for name in files if is_document(name))
    lines = "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in read)
    assert table.sha256 == hashlib.sha256(lines.encode()).hexdigest()
    assert table.bytes == sum(len(files[name]) for name in read)
    assert table.path == tmp_path


def test_the_sum_of_a_folder_changes_with_names_and_contents_alone(tmp_path):
    def of(name: str, files: dict[str, bytes]) -> str:
        return read_documents(put(tmp_path / name, files), WHERE).sha256

    same = of("a", {"x.md": b"1", "y.md": b"2"})
    assert of("b", {"y.md": b"2", "x.md": b"1", "z.csv": b"3"}) == same
    others = [{"x.md": b"2", "y.md": b"1"}, {"x.md": b"1", "z.md": b"2"}, {"x.md": b"1", "y.md": b"2", "e.md": b""}]
    sums = {of(str(number), files) for number, files in enumerate(others)}
    assert len(sums | {same}) == 4


def test_links_to_folders_are_not_followed_and_pipes_not_read(tmp_path):
    put(tmp_path, {"a.md": b"text"})
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "gone.md").symlink_to(tmp_path / "nothing")
    assert read_documents(tmp_path, WHERE).columns["id"].to_pylist() == ["a.md"]


def test_what_cannot_be_read_is_named(tmp_path):
    put(tmp_path, {"ok.md": b"ok", "deep/bad.md": b"one\ncaf\xe9"})
    with pytest.raises(SourceError) as caught:
        read_documents(tmp_path, WHERE)
    assert str(caught.value).startswith(f"{WHERE}: {tmp_path}/deep/bad.md:2: is not UTF-8 at byte 7")
    with pytest.raises(SourceError, match="holds no document with text"):
        read_documents(put(tmp_path / "none", {"x.csv": b"a", "y.md": b" "}), WHERE)
    with pytest.raises(SourceError, match="cannot be read: No such file"):
        read_documents(tmp_path / "missing", WHERE)


@pytest.mark.parametrize(
    ("name", "text", "title"),
    [
        ("x.md", "text\n\n## The *second* level ##\n# First", "The *second* level"),
        ("x.md", "#no heading\n#\n\nTitle\n-----\n", "Title"),
        ("x.md", "---\ntitle: y\n---\n\n# Real", "Real"),
        ("x.md", "---\n# Real", "Real"),
        ("x.md", "```python\n# a comment\n```\n~~~\n```\n# b\n~~~\n# Real", "Real"),
        ("x.md", "    # code\n\n---\n\ntext", "x"),
        ("x.rst", "=====\nTitle\n=====\n\nText", "Title"),
        ("x.rst", "Too long a line\n----\n\nText", "x"),
        ("x.txt", "# not a heading here", "x"),
        ("d/some name.v2.txt", "text", "some name.v2"),
        ("x.html", "<title>T</title><h2> A <b>bold</b>\n head&shy;ing</h2><h1>B</h1>", "A bold head\xading"),
        ("x.html", "<title> T &amp; U\n</title><h1></h1><p>x", "T & U"),
        ("x.html", "<p>x", "x"),
    ],
)
def test_the_title_is_the_first_heading_or_the_name(name, text, title):
    assert one(name, text)["title"] == title


@pytest.mark.parametrize(
    ("page", "text"),
    [
        (
            "<p>One &lt;two&gt; &eacute;&#8212;&nbsp;x<br>y</p>\n<div>a\n  b <i>c</i>d</div>",
            "One <two> é— x\ny\na b cd",
        ),
        ("<ul><li>a<li>b</ul><table><tr><th>k</th><td>v</td></tr><tr><td>1<td>2</table>", "a\nb\nk v\n1 2"),
        ("a<script>if (x < 1) '<p>no</p>'</script>b<style>p {}</style>c<!-- no -->d", "abcd"),
        ("a<script src=x />no</script>b<template><p>no</p></template>c", "abc"),
        ("<pre>def f():\n    return 1\n\n\nx</pre>after", "def f():\n    return 1\nx\nafter"),
        ("<!doctype html><html><head><title>no</title><meta x><link></head><body>yes</body></html>", "yes"),
        ("<![CDATA[no]]><?php no ?>1 < 2 & 3 &unknown; <", "1 < 2 & 3 &unknown; <"),
    ],
)
def test_html_is_reduced_to_its_text(page, text):
    assert html_text(page)[1] == text


@given(st.text(st.sampled_from("ab<>/!-&;= \n\"'p"), max_size=60))
def test_any_page_can_be_read(page):
    title, text = html_text(page)
    assert all(line.strip() for line in text.split("\n")) or text == ""
    assert "\n" not in title

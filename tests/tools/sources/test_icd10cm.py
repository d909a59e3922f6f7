import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_agent.errors import SourceError
from dataset_agent.tools.sources.icd10cm import parse_release, read_release, read_release_folder
from dataset_agent.tools.sources.icd10cm_rows import chapter_of, dotted

WHERE = "plan.json: $.sources.codes"
PLACE = f"{WHERE}: release"

XML = """<?xml version="1.0" encoding="utf-8"?>
<ICD10CM.tabular>
  <version>2026</version>
  <title>ICD-10-CM TABULAR LIST of DISEASES and INJURIES</title>
  <introduction><introSection type="title"><title>Notes</title></introSection></introduction>
  <chapter>
    <name>1</name>
    <desc>Certain infectious and parasitic diseases (A00-B99)</desc>
    <includes><note>diseases generally recognized as communicable</note></includes>
    <sectionIndex>
      <sectionRef first="A00" last="A09" id="A00-A09">Intestinal infectious diseases</sectionRef>
    </sectionIndex>
    <section id="A00-A09">
      <desc>Intestinal infectious diseases (A00-A09)</desc>
      <diag>
        <name>A00</name>
        <desc>Cholera</desc>
        <diag><name>A00.0</name><desc>Cholera due to Vibrio cholerae 01,
            biovar cholerae</desc><inclusionTerm><note>Classical cholera</note></inclusionTerm></diag>
        <diag><name>A00.9</name><desc>Cholera, unspecified</desc></diag>
      </diag>
      <diag><name>A09</name><desc>Infectious gastroenteritis and colitis, unspecified</desc></diag>
    </section>
  </chapter>
  <chapter>
    <name>7</name>
    <desc>Diseases of the eye and adnexa (H00-H59)</desc>
    <section id="H30-H36">
      <desc>Disorders of choroid and retina (H30-H36)</desc>
      <diag>
        <name>H34</name>
        <desc>Retinal vascular occlusions</desc>
        <diag>
          <name>H34.81</name>
          <desc>Central retinal vein occlusion</desc>
          <sevenChrNote><note>One of the following 7th characters is to be assigned</note></sevenChrNote>
          <sevenChrDef>
            <extension char="0">with macular edema</extension>
            <extension char="2">stable</extension>
            <note>Old central retinal vein occlusion</note>
          </sevenChrDef>
          <diag><name>H34.811</name><desc>Central retinal vein occlusion, right eye</desc></diag>
        </diag>
        <diag><name>H34.9</name><desc>Unspecified retinal vascular occlusion</desc></diag>
      </diag>
    </section>
  </chapter>
  <chapter>
    <name>19</name>
    <desc>Injury, poisoning and certain other consequences of external causes (S00-T88)</desc>
    <section id="S00-S09">
      <desc>Injuries to the head (S00-S09)</desc>
      <diag>
        <name>S06</name>
        <desc>Intracranial injury</desc>
        <sevenChrDef>
          <extension char="A">initial encounter</extension>
          <extension char="D">subsequent encounter</extension>
          <extension char="S">sequela</extension>
        </sevenChrDef>
        <diag>
          <name>S06.1</name>
          <desc>Traumatic cerebral edema</desc>
          <diag>
            <name>S06.1X</name>
            <desc>Traumatic cerebral edema</desc>
            <diag><name>S06.1X0</name><desc>Traumatic cerebral edema without loss of consciousness</desc></diag>
            <diag><name>S06.1X7</name><desc>Traumatic cerebral edema with death due to brain injury</desc></diag>
          </diag>
        </diag>
      </diag>
      <diag>
        <name>S09</name>
        <desc>Other and unspecified injuries of head</desc>
        <sevenChrDef><extension char="A">initial encounter</extension></sevenChrDef>
        <diag>
          <name>S09.0</name>
          <desc>Injury of blood vessels of head, not elsewhere classified</desc>
          <sevenChrDef><extension char="S">sequela</extension></sevenChrDef>
        </diag>
        <diag placeholder="true">
          <name>S09.8XXA</name>
          <desc>Other specified injuries of head, initial encounter</desc>
        </diag>
      </diag>
    </section>
  </chapter>
</ICD10CM.tabular>
"""

HEAD = "Injury of blood vessels of head, not elsewhere classified"


def order_line(number: int, code: str, flag: str, text: str) -> str:
    return f"{number:05} {code:<7} {flag} {text[:60]:<60} {text}"


ORDER = "\r\n".join(
    order_line(number, code, flag, text)
    for number, (code, flag, text) in enumerate(
        [
            ("A00", "0", "Cholera"),
            ("A000", "1", "Cholera due to Vibrio cholerae 01, biovar cholerae"),
            ("A009", "1", "Cholera, unspecified"),
            ("C4A", "0", "Merkel cell carcinoma"),
            ("D509", "1", "Iron deficiency anemia, unspecified"),
            ("H5711", "1", "Ocular pain, right eye"),
            ("H6001", "1", "Abscess of right external ear"),
            ("M1A00X0", "1", "Idiopathic chronic gout, unspecified site, without tophus (tophi)"),
            ("QA0", "0", "A category beyond Q99"),
            ("U071", "1", "COVID-19"),
            ("V00", "0", "Pedestrian conveyance accident"),
            ("Z0000", "1", "Encounter for general adult medical examination without abnormal findings"),
        ],
        1,
    )
)


def parsed(xml: str = XML) -> list[dict[str, object]]:
    return parse_release({"": xml.encode()}, 2026, PLACE).to_pylist()


def test_the_tabular_list_with_seventh_characters_spelt_out():
    rows = parsed()
    assert [(row["code"], row["description"], row["billable"], row["parent"]) for row in rows] == [
        ("A00", "Cholera", False, None),
        ("A00.0", "Cholera due to Vibrio cholerae 01, biovar cholerae", True, "A00"),
        ("A00.9", "Cholera, unspecified", True, "A00"),
        ("A09", "Infectious gastroenteritis and colitis, unspecified", True, None),
        ("H34", "Retinal vascular occlusions", False, None),
        ("H34.81", "Central retinal vein occlusion", False, "H34"),
        ("H34.811", "Central retinal vein occlusion, right eye", False, "H34.81"),
        ("H34.8110", "Central retinal vein occlusion, right eye, with macular edema", True, "H34.811"),
        ("H34.8112", "Central retinal vein occlusion, right eye, stable", True, "H34.811"),
        ("H34.9", "Unspecified retinal vascular occlusion", True, "H34"),
        ("S06", "Intracranial injury", False, None),
        ("S06.1", "Traumatic cerebral edema", False, "S06"),
        ("S06.1X", "Traumatic cerebral edema", False, "S06.1"),
        ("S06.1X0", "Traumatic cerebral edema without loss of consciousness", False, "S06.1X"),
        ("S06.1X0A", "Traumatic cerebral edema without loss of consciousness, initial encounter", True, "S06.1X0"),
        ("S06.1X0D", "Traumatic cerebral edema without loss of consciousness, subsequent encounter", True, "S06.1X0"),
        ("S06.1X0S", "Traumatic cerebral edema without loss of consciousness, sequela", True, "S06.1X0"),
        ("S06.1X7", "Traumatic cerebral edema with death due to brain injury", False, "S06.1X"),
        ("S06.1X7A", "Traumatic cerebral edema with death due to brain injury, initial encounter", True, "S06.1X7"),
        ("S09", "Other and unspecified injuries of head", False, None),
        ("S09.0", HEAD, False, "S09"),
        ("S09.0XXS", f"{HEAD}, sequela", True, "S09.0"),
        ("S09.8XXA", "Other specified injuries of head, initial encounter", True, "S09"),
    ]
    eye = rows[7]
    assert {name: eye[name] for name in ("category", "chapter", "chapter_title", "section", "section_title")} == {
        "category": "H34",
        "chapter": "7",
        "chapter_title": "Diseases of the eye and adnexa",
        "section": "H30-H36",
        "section_title": "Disorders of choroid and retina",
    }


def test_a_chapter_alone_and_one_that_says_its_number_in_roman():
    chapter = XML[XML.index("<chapter>") : XML.index("</chapter>") + len("</chapter>")].replace("<name>1<", "<name>I<")
    assert {(row["chapter"], row["section"]) for row in parsed(chapter)} == {("I", "A00-A09")}


def test_the_order_file_with_chapters_by_range():
    table = parse_release({"": ORDER.encode()}, 2026, PLACE)
    assert [(row["code"], row["chapter"], row["billable"], row["parent"]) for row in table.to_pylist()] == [
        ("A00", "1", False, None),
        ("A00.0", "1", True, "A00"),
        ("A00.9", "1", True, "A00"),
        ("C4A", "2", False, None),
        ("D50.9", "3", True, None),
        ("H57.11", "7", True, None),
        ("H60.01", "8", True, None),
        ("M1A.00X0", "13", True, None),
        ("QA0", "17", False, None),
        ("U07.1", "22", True, None),
        ("V00", "20", False, None),
        ("Z00.00", "21", True, None),
    ]
    assert table["description"][11].as_py() == (
        "Encounter for general adult medical examination without abnormal findings"
    )
    assert "section" not in table.column_names


def test_with_both_the_order_file_has_the_codes_and_the_list_the_sections(tmp_path):
    path = tmp_path / "release.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("Table and Index/icd10cm_tabular_2026.xml", XML)
        file.writestr("icd10cm-order-2026.txt", ORDER)
        for name in ("icd10cm-order-addenda-2026.txt", "icd10cm-codes-2026.txt", "icd10cm_index_2026.xml", "notes.pdf"):
            file.writestr(name, "not read")
        file.writestr("__MACOSX/icd10cm-order-2026.txt", "not read")
    rows = read_release(path, 2026, PLACE).to_pylist()
    assert len(rows) == 12
    assert [row["section"] for row in rows[:4]] == ["A00-A09"] * 3 + [None]


def test_a_folder_of_the_release_with_and_without_archives(tmp_path):
    (tmp_path / "2026").mkdir()
    (tmp_path / "2026" / "icd10cm-tabular-2026.xml").write_text(XML)
    (tmp_path / "2026" / "icd10cm-tabular-2025.xml").write_text("not read")
    alone = read_release_folder(tmp_path, 2026, WHERE)
    assert (alone.rows, alone.bytes, alone.path) == (23, len(XML.encode()), tmp_path)
    with zipfile.ZipFile(tmp_path / "codes.zip", "w") as file:
        file.writestr("icd10cm-order-2026.txt", ORDER)
        file.writestr("icd10cm-tabular-2026.xml", "not read: one lies there unpacked")
    both = read_release_folder(tmp_path, 2026, WHERE)
    assert both.rows == 12
    assert both.columns["section"][0].as_py() == "A00-A09"
    assert both.sha256 != alone.sha256
    (tmp_path / "guidelines.pdf").write_bytes(b"beside")
    assert read_release_folder(tmp_path, 2026, WHERE).sha256 == both.sha256


def refused(raw: str | bytes, year: int | None = 2026) -> str:
    with pytest.raises(SourceError) as caught:
        parse_release({"": raw.encode() if isinstance(raw, str) else raw}, year, PLACE)
    assert str(caught.value).startswith(PLACE)
    return str(caught.value)


ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (XML.replace("<ICD10CM.tabular>", f"{ENTITIES}<ICD10CM.tabular>"), "has a document type, which is not read"),
        ('<!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd"><chapter/>', "has a document type"),
        (XML[:920], "release:20: is broken XML"),
        (XML.replace("Cholera<", "&cholera;<"), "release:17: is broken XML: undefined entity"),
        (b"<chapter>\xff</chapter>", "release:1: is broken XML"),
        ("<ICD10CM.index/>", "is no tabular list of ICD-10-CM: its root is <ICD10CM.index>"),
        ("<chapter/>", "holds no code of ICD-10-CM"),
        (XML.replace("A00.0<", "A0.0<"), "'A0.0' is no code of ICD-10-CM"),
        (XML.replace("<desc>Cholera</desc>", ""), "a <diag> lacks its name or desc: 'A00'"),
        (XML.replace("<name>A00</name>", ""), "a <diag> lacks its name or desc: 'Cholera'"),
        (XML.replace(">2026<", ">2025<"), 'is the release of 2025, not of 2026 ("icd10cm": 2025)'),
        (XML.replace("A00.9<", "A00.0<"), "A00.0 comes twice, as 'Cholera due to"),
        ("", "holds no code of ICD-10-CM"),
        (ORDER.replace("A000", "0A00"), "release:2: is no line of ICD-10-CM's order file"),
        (ORDER.replace("A000    1", "A000    2"), "release:2: is no line"),
        (order_line(1, "A00", "0", ""), "release:1: is no line"),
        ("code,description\nA00,Cholera\n", "release:1: is no line"),
        (ORDER.encode().replace(b"Cholera, unsp", b"Chol\xe9ra, unsp"), "release:3: is not UTF-8"),
    ],
)
def test_what_is_no_release_is_refused(raw, said):
    assert said in refused(raw)


def test_the_same_code_twice_counts_once():
    twice = XML.replace(
        "<diag><name>A09", "<diag><name>A00.9</name><desc>Cholera, unspecified</desc></diag><diag><name>A09"
    )
    assert [row["code"] for row in parsed(twice)] == [row["code"] for row in parsed()]
    assert parse_release({"": f"{ORDER}\r\n{ORDER}\r\n".encode()}, None, PLACE).num_rows == 12


def test_the_year_is_not_asked_for_where_none_is_said():
    assert parse_release({"": XML.encode()}, None, PLACE).num_rows == 23
    assert parse_release({"": XML.replace(">2026<", ">draft<").encode()}, 2026, PLACE).num_rows == 23


def test_archives_without_a_release_or_with_two(tmp_path):
    path = tmp_path / "release.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("readme.txt", "x")
    with pytest.raises(SourceError, match="holds neither ICD-10-CM's tabular list nor its order file"):
        read_release(path, 2026, PLACE)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("icd10cm-order-2026.txt", ORDER)
        file.writestr("icd10cm-order-April-2026.txt", ORDER)
    with pytest.raises(SourceError, match=r"several files of one kind: icd10cm-order-2026\.txt, icd10cm-order-April"):
        read_release(path, 2026, PLACE)


def test_every_chapter_begins_and_ends_where_the_classification_says():
    ranges = (
        "A00-B99 C00-D49 D50-D89 E00-E89 F01-F99 G00-G99 H00-H59 H60-H95 I00-I99 J00-J99 K00-K95 L00-L99 M00-M99 "
        "N00-N99 O00-O9A P00-P96 Q00-QA0 R00-R99 S00-T88 V00-Y99 Z00-Z99 U00-U85"
    )
    for number, both in enumerate(ranges.split(), 1):
        assert {chapter_of(category).chapter for category in both.split("-")} == {str(number)}


@given(st.from_regex(r"[A-Z][0-9][0-9A-Z][0-9A-Z]{0,4}", fullmatch=True))
def test_dots_come_after_the_category(bare):
    code = dotted(bare)
    assert code is not None
    assert code.replace(".", "") == bare
    assert dotted(code) == dotted(f" {code.lower()} ") == code
    assert code.partition(".")[0] == bare[:3]


@pytest.mark.parametrize("text", ["", "A0", "A00.", "A00.00000", "A00.0.0", "00A", "A-0", "A00 0"])
def test_what_is_no_code(text):
    assert dotted(text) is None

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from dataset_agent.errors import SourceError
from dataset_agent.records import Candidates, Json
from dataset_agent.tools.checks.facts.check import FactsCheck
from dataset_agent.tools.checks.verdicts import judge
from dataset_agent.tools.sources import read_table

ELEMENTS = """name,symbol,atomic_number,melting_point_c,density,discovered,state
Iron,Fe,26,1538,7.874,,solid
Copper,Cu,29,1084.62,8.96,,solid
Mercury,Hg,80,-38.83,13.534,,liquid
Helium,He,2,-272.2,0.0001785,1868,gas
Cobalt,Co,27,1495,8.9,1735,solid
Uranium-235,U,92,1132.2,18.95,1789,solid
Tin,Sn,50,231.93,7.287,,solid
"""
COUNTRIES = """country,capital,currency,population,founded
Germany,Berlin,Euro,83240525,1949-05-23
France,Paris,Euro,67391582,1958-10-04
Japan,Tokyo,Yen,125836021,1947-05-03
South Sudan,Juba,South Sudanese pound,11193729,2011-07-09
Sudan,Khartoum,Sudanese pound,43849269,1956-01-01
Turkey,Ankara,Lira,84339067,1923-10-29
Albania,Tirana,ALL,2837743,1912-11-28
"""


def check(folder: Path, text: str, key: str | None = None) -> FactsCheck:
    path = folder / "facts.csv"
    path.write_text(text, "utf-8")
    return FactsCheck(read_table(path, where="plan.json"), key, "plan.json")


@pytest.fixture(scope="module")
def elements(tmp_path_factory: pytest.TempPathFactory) -> FactsCheck:
    return check(tmp_path_factory.mktemp("elements"), ELEMENTS, "name")


@pytest.fixture(scope="module")
def countries(tmp_path_factory: pytest.TempPathFactory) -> FactsCheck:
    return check(tmp_path_factory.mktemp("countries"), COUNTRIES, "country")


def asked(question: str, answer: Json) -> Json:
    return {"question": question, "answer": answer}


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What is the melting point of Iron?", "Iron melts at 1538°C."),
        ("what is the melting point of iron?", "1,538 °C"),
        ("What is the density of Iron?", "about 7.9 g/cm3"),
        ("What is the atomic number of Iron?", 26),
        ("Tell me of Iron.", "Iron (Fe), number 26, is solid. It melts at 1,538 °C; its density is 7.874 g/cm³."),
        ("Tell me of Iron.", "**Iron**:\n- Symbol: Fe\n- Atomic number: 26\n- Density: 7.87"),
        ("Tell me of Iron.", "The 26th element. In H2O it rusts to Fe2O3; COVID-19 and 3D printing don't matter."),
        ("Tell me of Mercury.", "It melts at \u221238.83 °C, that is 38.83 degrees below zero, or minus 38.83."),
        ("Compare iron and Copper.", "8.96 against 7.874: a difference of 1.086, 1.14 times as much, for 2 metals."),
        ("How about Uranium-235?", "Uranium-235 has number 92; found in 1789, in the 18th century, the 1780s."),
        ("Tell me of Helium.", "1. It is a gas.\n2. Its density is 1.785e-4.\n3. It was found in 1868 [1]."),
        ("Tell me of Helium, in 3 points.", "1.785 \u00d7 10^-4 or 1.785\u00d710⁻⁴ (step 2)"),
        ("Does tin melt above 200 degrees?", "Yes, at 231.93 degrees, which is above 200."),
        ("Which element has atomic number 26?", "Iron"),
        ("Which element has the symbol Fe?", "Iron"),
        ("What is the state of Mercury?", "It is liquid."),
        ("What is Mercury?", "A liquid. As it gets colder, it turns solid."),
        ("What is the symbol of tin?", "Sn, from the Latin stannum."),
    ],
)
def test_answers_that_say_what_the_row_says(elements: FactsCheck, question: str, answer: Json) -> None:
    assert elements.refuse(asked(question, answer), None) is None


@pytest.mark.parametrize(
    ("question", "answer", "detail"),
    [
        ("Where does Iron melt?", "At 1583°C.", '$.answer: says 1583, the row of "Iron" has 1538 (melting_point_c)'),
        (
            "What is Iron?",
            "The atomic number is 1538.",
            '$.answer: says 1538 (atomic_number), the row of "Iron" has 26',
        ),
        ("What is the atomic number of Iron?", 27, '$.answer: says 27 (atomic_number), the row of "Iron" has 26'),
        ("What is the atomic number of Iron?", "1538", '$.answer: says 1538 (atomic_number), the row of "Iron" has 26'),
        ("What is the symbol of Iron?", "Co", '$.answer: says "Co" (symbol), the row of "Iron" has "Fe"'),
        ("What is Iron?", "The symbol of Iron is Hg.", '$.answer: says "Hg" (symbol), the row of "Iron" has "Fe"'),
        ("What is the state of Iron?", "gas", '$.answer: says "gas" (state), the row of "Iron" has "solid"'),
        ("Mercury?", "It melts at 38.83 °C", '$.answer: says 38.83, the row of "Mercury" has -38.83 (melting_point_c)'),
        ("Which element has atomic number 26?", "Cobalt", "the question says 26 (atomic_number), the row of"),
        ("How about Uranium-235?", "Uranium-238 it is", '$.answer: says 238, the row of "Uranium-235" has 235 (name)'),
        ("What of Helium?", "Found in the 1870s.", '$.answer: says 1870s, the row of "Helium" has 1868 (discovered)'),
        ("What of Helium?", "From the 18th century.", "$.answer: says 18th century, the row of"),
        ("Tell me of Iron.", "27. It is heavy.", '$.answer: says 27, the row of "Iron" has 26 (atomic_number)'),
        ("What?", "No idea.", "names no row of the source: no value of its column 'name' is in the record"),
    ],
)
def test_answers_that_contradict_the_row(elements: FactsCheck, question: str, answer: Json, detail: str) -> None:
    assert (elements.refuse(asked(question, answer), None) or "").startswith(detail)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How many live in Germany?", "About 83 million, 83.2 million to be precise; 83,240,525."),
        ("How many live in Germany?", "83 240 525, about 83,000,000; 83.240.525 or 83'240'525; 83.2M"),
        ("When was Germany founded?", "On 23 May 1949, in May 1949, on May 23rd, 1949, 23.05.1949"),
        ("Which country has the capital Tokyo?", "Japan"),
        ("Which countries use the Euro?", "Germany and France both do."),
        ("Which country doesn't use the Euro?", "Japan"),
        ("Is the capital of Germany Paris?", "No, Paris is the capital of France; Germany's is Berlin."),
        ("Is Lyon the capital of Germany?", "No, Berlin is. All of it."),
        ("Who has more people, Japan or Germany?", "Japan: 42.6 million more, about 1.5 times as many."),
        ("What is the capital of South Sudan?", "Juba is the capital of South Sudan."),
        ("How many live in Albania?", "All in all, 2.8 million."),
        ("currency of albania", "The currency is ALL."),
        ("日本? Japan", "首都はTokyo、人口は125836021人です。"),
    ],
)
def test_answers_with_large_numbers_names_and_dates(countries: FactsCheck, question: str, answer: str) -> None:
    assert countries.refuse(asked(question, answer), None) is None


@pytest.mark.parametrize(
    ("question", "answer", "detail"),
    [
        ("How many live in Germany?", "About 67 million", "says 67 million, the row of"),
        ("How many live in Germany?", "80 million", "says 80 million, the row of"),
        ("When was Germany founded?", "On 23 June 1949", "says 23 June 1949, the row of"),
        ("When was Germany founded?", "June 1949", 'June 1949, the row of "Germany" has 1949-05-23 (founded)'),
        ("Which country has the capital Tokyo?", "Turkey", 'says "Turkey" (country), the record is about "Japan"'),
        ("Which country uses the Yen?", "Turkey", 'says "Yen" (currency), which is not in the row of "Turkey"'),
        ("Capital of Germany?", "Paris is the capital.", 'says "Paris" (capital), the row of "Germany" has "Berlin"'),
        ("capital of germany?", "the capital is paris.", 'says "paris" (capital), the row of "Germany" has "Berlin"'),
        ("What is the capital of Sudan?", "Juba", 'says "Juba" (capital), the row of "Sudan" has "Khartoum"'),
        ("What is the currency of France?", "Paris", 'says "Paris" (currency), the row of "France" has "Euro"'),
        ("What of Albania?", "Its currency is YEN.", 'says "YEN" (currency), the row of "Albania" has "ALL"'),
    ],
)
def test_names_and_dates_of_other_rows(countries: FactsCheck, question: str, answer: str, detail: str) -> None:
    assert detail in (countries.refuse(asked(question, answer), None) or "")


@pytest.mark.parametrize(
    ("record", "detail"),
    [
        ({"name": "Iron", "symbol": "Fe", "atomicNumber": 26, "density": 7.87, "discovered": 1}, None),
        ({"name": "iron", "melting_point_c": "1538 °C", "symbol": None}, None),
        ({"name": "Iron", "symbol": "Co"}, '$.symbol: says "Co" (symbol), the row of "Iron" has "Fe"'),
        ({"name": "Iron", "density": 7.88}, '$.density: says 7.88 (density), the row of "Iron" has "7.874"'),
        ({"name": "Irron", "question": "What is Iron?"}, '$.name: says "Irron" (name), the row of "Iron" has "Iron"'),
        ({"name": "Irron"}, "names no row of the source: no value of its column 'name' is in the record"),
        ({"items": [{"name": "Iron", "symbol": "Fe"}, {"name": "Tin", "symbol": "Sn"}]}, None),
        (
            {"items": [{"name": "Iron", "symbol": "Sn"}, {"name": "Tin", "symbol": "Fe"}]},
            '$.items[0].symbol: says "Sn" (symbol), the row of "Iron" has "Fe"',
        ),
    ],
)
def test_fields_named_like_columns(elements: FactsCheck, record: Json, detail: str | None) -> None:
    assert elements.refuse(record, None) == detail


@pytest.mark.parametrize(
    "record",
    [
        {
            "inputs": {"text": "capital of Japan", "capital": "Paris"},
            "expectations": {"reply": "Tokyo", "min_length": 3},
        },
        {"messages": [{"role": "user", "content": "Capital of Japan?"}, {"role": "assistant", "content": "Tokyo."}]},
        {"conversations": [{"from": "human", "value": "Capital of Japan?"}, {"from": "gpt", "value": "Tokyo."}]},
        {"prompt": "Capital of Japan?", "chosen": "Tokyo", "rejected": "Paris"},
        {"question": "Capital of Japan?", "options": ["Paris", "Tokyo"], "answer_index": 1, "answer": "Tokyo"},
        {"text": "Tokyo is the capital of Japan.", "id": "7-2024"},
    ],
)
def test_where_questions_and_answers_stand(countries: FactsCheck, record: Json) -> None:
    assert countries.refuse(record, None) is None


@pytest.mark.parametrize(
    "record",
    [
        {"inputs": {"text": "capital of Japan"}, "expectations": {"reply": "Paris"}},
        {"messages": [{"role": "user", "content": "Capital of Japan?"}, {"role": "assistant", "content": "Paris."}]},
        {"conversations": [{"from": "human", "value": "Capital of Japan?"}, {"from": "gpt", "value": "Paris."}]},
        {"prompt": "Capital of Japan?", "chosen": "Paris", "rejected": "Tokyo"},
        {"question": "Capital of Japan?", "expectations": {"country": "France", "capital": "Paris"}},
        {"text": "Paris is the capital of Japan."},
        {"question": "Which people live in Japan?", "expected_facts": ["Tokyo", "12 million"]},
    ],
)
def test_where_contradictions_are_found(countries: FactsCheck, record: Json) -> None:
    assert countries.refuse(record, None) is not None


def test_a_prompt_is_a_question(countries: FactsCheck) -> None:
    assert countries.refuse({"answer": "Of 5, it is Tokyo."}, "Of 5 cities, which is the capital of Japan?") is None
    assert countries.refuse({"answer": "Of 6, it is Tokyo."}, "Of 5 cities, which is the capital of Japan?") is not None


def test_it_says_what_it_is(countries: FactsCheck) -> None:
    assert countries.reason == "facts" and countries.key == "country"


def test_without_a_stated_key_what_names_no_row_is_left_alone(tmp_path: Path) -> None:
    found = check(tmp_path, ELEMENTS)
    assert found.key == "name"
    assert found.refuse(asked("What?", "No idea."), None) is None
    assert found.refuse(asked("What is the symbol of Iron?", "Sn"), None) is not None


def test_every_candidate_is_looked_at(countries: FactsCheck) -> None:
    texts = pa.array([b'{"question":"Capital of Japan?","answer":"%s"}' % name for name in (b"Tokyo", b"Paris")])
    accepted, rejections = judge([countries], Candidates(np.arange(2), texts.cast(pa.string())))
    assert accepted.tolist() == [0]
    assert [(each.number, each.reason) for each in rejections] == [(1, "facts")]


def test_it_travels_to_another_process(countries: FactsCheck) -> None:
    copy = pickle.loads(pickle.dumps(countries))
    assert copy.refuse(asked("Capital of Japan?", "Tokyo"), None) is None
    assert copy.refuse(asked("Capital of Japan?", "Paris"), None) is not None


def test_rows_with_the_same_key_are_taken_together(tmp_path: Path) -> None:
    drugs = check(tmp_path, "drug,effect\nBrezol,dry mouth\nBREZOL,rash\nDulmab,nausea\nDulmab,dry eyes\n", "drug")
    assert drugs.refuse(asked("What does Brezol cause?", "Dry mouth and rash"), None) is None
    assert drugs.refuse(asked("What does Brezol cause?", ["rash", "dry mouth"]), None) is None
    found = drugs.refuse(asked("What does Brezol cause?", "rash, nausea"), None)
    assert found == '$.answer: says "nausea" (effect), the row of "Brezol" has "dry mouth"'
    assert drugs.refuse(asked("What does Brezol cause?", "It may cause dry eyes."), None) is not None


@pytest.mark.parametrize(
    ("table", "key", "what"),
    [
        ("a,b\nx,1\nx,2\n", None, "no text column of"),
        ("a,b\nx,1\ny,2\n", "c", "has no column 'c'"),
        ("a,b\n,1\n,2\n", "a", "names nothing"),
        ("year,height\n1990,1.5\n1991,2.5\n", None, "no text column of"),
    ],
)
def test_a_table_without_a_key(tmp_path: Path, table: str, key: str | None, what: str) -> None:
    with pytest.raises(SourceError, match=what):
        check(tmp_path, table, key)


def test_the_key_is_the_first_text_column_in_which_nothing_comes_twice(tmp_path: Path) -> None:
    assert check(tmp_path, "id,kind,name\n1,a,Ann\n2,a,Bob\n").key == "name"


def test_typed_and_nested_columns(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(
        '{"name":"Ardal","rivers":["Oder","Elbe"],"area":12.5,"port":true,"more":{"lakes":3}}\n'
        '{"name":"Belun","rivers":["Rhine"],"area":99,"port":false,"more":{"lakes":4}}\n',
        "utf-8",
    )
    table = FactsCheck(read_table(path, where="x"), None, "x")
    assert table.refuse(asked("What of Ardal?", "The Oder and the Elbe; 12.5 km² and 3 lakes."), None) is None
    assert table.refuse({"name": "Ardal", "area": 12.5, "port": True, "rivers": ["Elbe", "Oder"]}, None) is None
    for record in (
        asked("What of Ardal?", "The Rhine."),
        asked("What of Ardal?", "4 lakes"),
        {"name": "Ardal", "port": False},
        {"name": "Ardal", "rivers": ["Rhine"]},
    ):
        assert table.refuse(record, None) is not None


@pytest.mark.parametrize(
    ("answer", "is_told"),
    [
        ("Springfield", False),
        ("The capital of Germany is Springfield.", False),
        ("It is Springfield, as everybody in Germany knows.", False),
        ("bread", False),
        ("Berlin", True),
        ("The capital of Germany is Berlin.", True),
        ("Germans call Berlin their capital.", True),
        ("Since May 1949 it has been Berlin.", True),
    ],
)
def test_strictly_taken_a_name_must_be_told(tmp_path: Path, answer: str, is_told: bool) -> None:
    path = tmp_path / "facts.csv"
    path.write_text(COUNTRIES, "utf-8")
    strict = FactsCheck(read_table(path, where="plan.json"), "country", "plan.json", is_strict=True)
    refusal = strict.refuse(asked("What is the capital of Germany?", answer), None)
    assert (refusal is None) == is_told, refusal

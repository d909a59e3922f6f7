"""Every record of a template space, against a renderer that goes row by row."""

import io
import itertools
import pickle
import re
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_agent.plan import Slot
from dataset_agent.tools.sources import read_table
from dataset_agent.tools.templates import compile_templates

KEY = np.uint64(11)
WHERE = "plan.json: $.categories[0]"


def compiled(templates, slots, tables=None, key=KEY):
    models = {name: Slot.model_validate(slot) for name, slot in slots.items()}
    return compile_templates(templates, models, tables or {}, key=key, where=WHERE)


def everything(space):
    """All records of a small space, which texts and structs agree on."""
    numbers = np.arange(space.capacity)
    texts = space.texts(numbers).to_pylist()
    records = [orjson.loads(text) for text in texts]
    assert [orjson.dumps(record).decode() for record in records] == texts
    if space.arrow_type is not None:
        structs = space.structs(numbers)
        assert structs.type == space.arrow_type
        assert [orjson.dumps(record).decode() for record in structs.to_pylist()] == texts
        pq.write_table(pa.table({"record": structs}), file := io.BytesIO())
        assert pq.read_table(pa.BufferReader(file.getvalue()))["record"].to_pylist() == structs.to_pylist()
    return records


# ---- the renderer that goes row by row ----------------------------------------------------------------------

TOKEN = re.compile(r"\{\{|\}\}|\{[^{}]*\}|[^{}]+")


def plain(value):
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def rendered(value, draw, variations):
    if isinstance(value, dict):
        return {name: rendered(member, draw, variations) for name, member in value.items()}
    if isinstance(value, list):
        return [rendered(item, draw, variations) for item in value]
    return rendered_text(value, draw, variations) if isinstance(value, str) else value


def rendered_text(text, draw, variations):
    tokens, written = TOKEN.findall(text), []
    for token in tokens:
        name, colon, spec = token[1:-1].partition(":")
        if token in ("{{", "}}"):
            written.append(token[0])
        elif not token.startswith("{"):
            written.append(token)
        elif "|" in token:
            written.append(next(variations))
        elif colon:
            number = draw[name]
            written.append(format(float(number) if isinstance(number, str) else number, spec))
        else:
            written.append(draw[name])
    return written[0] if len(written) == 1 else "".join(map(plain, written))


def variations_in(template):
    if isinstance(template, dict):
        return [found for member in template.values() for found in variations_in(member)]
    if isinstance(template, list):
        return [found for item in template for found in variations_in(item)]
    tokens = TOKEN.findall(template) if isinstance(template, str) else []
    return [list(dict.fromkeys(token[1:-1].split("|"))) for token in tokens if token[0] == "{" and "|" in token]


def by_hand(templates, slots):
    for template in templates:
        used = [name for name in slots if re.search(r"\{" + name + "[:}]", orjson.dumps(template).decode())]
        for draw in itertools.product(*(slots[name] for name in used)):
            for variation in itertools.product(*variations_in(template)):
                yield rendered(template, dict(zip(used, draw, strict=True)), iter(variation))


# ---- all of a space -----------------------------------------------------------------------------------------

CHARACTERS = ['"', "\\", "\n", "\x00", "\x7f", "é", "😀", "\u2028", " ", "a", "{{", "}}"]
LITERAL = st.lists(st.sampled_from(CHARACTERS), max_size=4).map("".join)
SLOTS = {
    "text": ["Ana", 'say "hi"', "back\\slash", "tab\t\x01"],
    "number": [0, -7, 2**63 - 1],
    "float": [0.5, -2.0, 1e15],
    "flag": [True, False],
    "any": [1, 1.0, True, None, "1", [1, "x"], {"a": []}],
    "list": [["a", "b"], []],
    "digits": ["3.14159", "-2"],
}
INSIDE = st.sampled_from(["text", "number", "float", "flag", "digits", "float:.2f", "number:,", "digits:+.1e"])
PIECE = LITERAL | INSIDE.map("{{{}}}".format) | st.sampled_from(["{a|b}", "{|please|please}", '{"|\\}'])
TEXT = st.lists(PIECE, max_size=4).map("".join) | st.sampled_from([f"{{{name}}}" for name in SLOTS])
VALUE = st.recursive(
    TEXT | st.sampled_from([None, True, 3, 2.5, "", [], {}]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "b", 'k"é']), inner, max_size=3),
    max_leaves=4,
)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(templates=st.lists(st.fixed_dictionaries({"inputs": VALUE}), min_size=1, max_size=3))
def test_a_space_is_the_product_that_a_row_by_row_renderer_gives(templates):
    expected = list(itertools.islice(by_hand(templates, SLOTS), 3000))
    space = compiled(templates, SLOTS)
    if len(expected) < 3000:
        assert space.capacity == len(expected)
        key = orjson.dumps
        assert Counter(map(key, everything(space))) == Counter(map(key, expected))


def test_a_record_depends_on_its_number_alone():
    templates = [{"a": "{n} {w}", "b": "{w}"}, {"a": "{w}{x|y}", "b": "-"}]
    slots = {"n": {"range": [1, 50_000]}, "w": ["u", "v"]}
    space = compiled(templates, slots)
    numbers = np.random.default_rng(0).permutation(space.capacity)
    whole = space.texts(np.arange(space.capacity))
    assert space.texts(numbers).equals(whole.take(pa.array(numbers)))
    assert space.structs(numbers[:99]).to_pylist() == [
        orjson.loads(text) for text in space.texts(numbers[:99]).to_pylist()
    ]
    assert compiled(templates, slots).texts(numbers[:99]).equals(space.texts(numbers[:99]))
    assert pickle.loads(pickle.dumps(space)).texts(numbers[:99]).equals(space.texts(numbers[:99]))
    assert not compiled(templates, slots, key=np.uint64(12)).texts(numbers[:99]).equals(space.texts(numbers[:99]))


def test_capacities_and_numbers_outside():
    space = compiled([{"t": "{n}"}, {"t": "{a|b} {n} {c|d|}"}, {"t": "fixed"}], {"n": {"range": [1, 4]}})
    assert space.capacities == [(0, 4), (1, 24), (2, 1)]
    assert space.capacity == 29
    assert len(space.texts(np.arange(0))) == len(compiled([{"t": "x"}], {}).structs(np.arange(0))) == 0
    for outside in (-1, 29):
        with pytest.raises(IndexError, match="from 0 up to 29"):
            space.texts(np.array([outside]))


def test_a_space_beyond_64_bits():
    slots = {name: {"range": [0, 10**9]} for name in "abc"}
    space = compiled([{"t": "{a} {b} {c}"}], slots)
    assert space.capacity == (10**9 + 1) ** 3
    texts = space.texts(np.arange(2**62 - 2000, 2**62)).to_pylist()
    assert len(set(texts)) == 2000


def test_a_slot_used_twice_is_one_draw():
    records = everything(compiled([{"t": "{n}, {n} and {n:03d}", "n": "{n}"}], {"n": [1, 2]}))
    assert sorted(record["t"] for record in records) == ["1, 1 and 001", "2, 2 and 002"]
    assert all(isinstance(record["n"], int) for record in records)


def test_equal_values_are_one_but_types_tell_them_apart():
    assert compiled([["{v}"]], {"v": ["a", "a", 1, 1.0, True, "1", 1]}).capacity == 5


# ---- ranges and dates ---------------------------------------------------------------------------------------


def test_ranges_of_whole_numbers():
    space = compiled([{"t": "{n}", "u": "-{n}-", "v": "{n:,}"}], {"n": {"range": [-1500, 1500], "step": 999}})
    found = sorted(everything(space), key=lambda record: record["t"])
    assert found == [{"t": n, "u": f"-{n}-", "v": f"{n:,}"} for n in (-1500, -501, 498, 1497)]


@settings(derandomize=True, deadline=None)
@given(
    low=st.decimals(-5, 5, places=3),
    step=st.decimals(Decimal("0.001"), 2, places=3),
    count=st.integers(1, 40),
)
def test_ranges_of_decimals_are_exact(low, step, count):
    high = low + step * (count - 1)
    slot = {"range": [float(low), float(high)], "step": float(step)}
    found = everything(compiled([{"t": "{n}", "u": "-{n}", "v": "{n:.1f}"}], {"n": slot}))
    expected = [float(low + step * i) for i in range(count)]
    assert sorted(record["t"] for record in found) == expected
    assert all(type(record["t"]) is float for record in found)
    assert all(Decimal(record["u"][1:]) == Decimal(str(record["t"])) for record in found)
    assert all(record["v"] == f"{record['t']:.1f}" for record in found)


def test_small_decimals_are_written_out_in_texts():
    slot = {"range": [0, 0.000_000_3], "step": 0.000_000_1}
    found = everything(compiled([["{n}", "{n}!"]], {"n": slot}))
    assert sorted(found) == [[0.0, "0.0!"], [1e-7, "0.0000001!"], [2e-7, "0.0000002!"], [3e-7, "0.0000003!"]]


def test_dates():
    slot = {"dates": ["2023-12-30", "2024-03-01"], "step": 31}
    found = everything(compiled([{"d": "{day}", "t": "on {day}", "s": "{day:%d %B %Y}"}], {"day": slot}))
    days = [date(2023, 12, 30) + timedelta(31 * i) for i in range(3)]
    assert sorted(found, key=lambda record: record["d"]) == [
        {"d": f"{day}", "t": f"on {day}", "s": day.strftime("%d %B %Y")} for day in days
    ]


def test_specs_read_texts_as_numbers_or_dates():
    slots = {"price": ["1234.5"], "share": [0.25], "day": ["2024-02-29"], "moment": ["2024-02-29T08:30:00"], "q": [1]}
    template = ["{price:,.2f} {share:.1%} {day:%a %-d.%m.} {moment:%H:%M}", '{q:">3}']
    assert everything(compiled([template], slots)) == [["1,234.50 25.0% Thu 29.02. 08:30", '""1']]


# ---- sources and Faker --------------------------------------------------------------------------------------


@pytest.fixture
def tables(tmp_path):
    path = tmp_path / "compounds.csv"
    path.write_text("name,formula,mass,a.b\nwater,H2O,18.015,x\nsalt,NaCl,,x\nwater,H2O,18.015,y\ngold,Au, 196.97 ,z\n")
    lines = tmp_path / "cities.jsonl"
    lines.write_text(
        '{"city": "Oslo", "people": 709037, "tags": ["a"]}\n{"city": "Riga", "people": null, "tags": []}\n'
    )
    return {name: read_table(tmp_path / f, where="x") for name, f in [("cs", path.name), ("cities", lines.name)]}


def test_the_columns_of_a_row_agree_and_rows_with_empty_cells_are_left_out(tables):
    templates = [{"t": "{c.name} is {c.formula}"}, {"t": "{c.name} weighs {c.mass:.1f}"}, {"t": "{c.a.b} {c.name}"}]
    space = compiled(templates, {"c": {"source": "cs"}}, tables)
    assert space.capacities == [(0, 3), (1, 2), (2, 4)]
    assert space.left_out == [(1, "c", 1)]
    assert sorted(record["t"] for record in everything(space)) == sorted(
        "water is H2O, salt is NaCl, gold is Au, water weighs 18.0, gold weighs 197.0, "
        "x water, x salt, y water, z gold".split(", ")
    )


def test_rows_keep_the_types_of_their_source(tables):
    space = compiled([{"n": "{c.people}", "l": "{c.tags}", "t": "{c.city}"}], {"c": {"source": "cities"}}, tables)
    assert everything(space) == [{"n": 709037, "l": ["a"], "t": "Oslo"}]
    assert space.arrow_type is not None


def test_a_column_is_its_distinct_values_that_are_not_empty(tables):
    slots = {"m": {"source": "cs", "column": "mass"}, "n": {"source": "cs", "column": "name"}}
    found = everything(compiled([["{m}", "{n}"]], slots, tables))
    assert sorted(found) == [[m, n] for m in ("18.015", "196.97") for n in ("gold", "salt", "water")]


def test_faker_pools_are_distinct_and_seeded():
    slots = {"name": {"faker": "first_name", "pool": 50}, "few": {"faker": "random_int", "args": {"min": 1, "max": 3}}}
    space = compiled([{"t": "{name}"}, {"t": "{few}"}], slots)
    assert space.capacities == [(0, 50), (1, 3)]
    names = [record["t"] for record in everything(space)]
    assert names == [record["t"] for record in everything(compiled([{"t": "{name}"}, {"t": "{few}"}], slots))]
    german = {"name": {"faker": "first_name", "pool": 50, "locale": "de_DE"}}
    assert set(names) != {record["t"] for record in everything(compiled([{"t": "{name}"}], german))}


def test_faker_values_that_json_does_not_have_as_they_are():
    slots = {"d": {"faker": "pydecimal", "args": {"left_digits": 2, "right_digits": 2}, "pool": 3}}
    slots["p"] = {"faker": "local_latlng", "args": {"coords_only": True}, "pool": 1}
    found = everything(compiled([["{d}", "{p}"]], slots))
    assert all(isinstance(number, float) and isinstance(pair, list) for number, pair in found)


# ---- Arrow types --------------------------------------------------------------------------------------------


def test_the_arrow_type_is_what_all_records_have_exactly():
    slots = {"n": [1, 2], "mixed": [1, 2.0], "s": ["x", None]}
    chat = {"messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "{n} {s2|t}"}]}
    assert compiled([chat], slots).arrow_type == pa.struct(
        {"messages": pa.list_(pa.struct({"role": pa.string(), "content": pa.string()}))}
    )
    assert compiled([{"a": "{n}", "b": {"c": "{s}"}}], slots).arrow_type == pa.struct(
        {"a": pa.int64(), "b": pa.struct({"c": pa.string()})}
    )
    for templates in (
        [{"a": "{mixed}"}],
        [{"a": ["{n}", "x"]}],
        [{"a": {}}],
        [{"a": [1, "x"]}],
        [{"a": "{n}"}, {"a": "no {n}"}],
        [{"a": "{n}"}, {"b": "{n}"}],
        ["just {n}"],
    ):
        space = compiled(templates, slots)
        assert space.arrow_type is None
        assert len(everything(space)) == space.capacity
        with pytest.raises(ValueError, match="no Arrow type in common"):
            space.structs(np.arange(1))

"""Scalars as clients give them, and paths into JSON."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from graphql_service.errors import Misfit, json_path
from graphql_service.json_path import parse_path
from graphql_service.scalar_input import parse_scalar
from graphql_service.schema import build

BIG = 2**63


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("Int", "3", 3),
        ("Int", " -3 ", -3),
        ("Int", Decimal("3.0"), 3),
        ("Int", 2**31 - 1, 2**31 - 1),
        ("smallint", "-32768", -32768),
        ("bigint", str(BIG - 1), BIG - 1),
        ("numeric", "10.10", Decimal("10.10")),
        ("numeric", Decimal("1.000"), Decimal("1.000")),
        ("numeric", 3, 3),
        ("numeric", "NaN", "NaN"),
        ("float8", "1e3", Decimal("1E+3")),
        ("float8", "Infinity", "Infinity"),
        ("String", "", ""),
        ("Boolean", False, False),
        ("ID", 3, "3"),
        ("uuid", "anything", "anything"),
        ("jsonb", [{"a": None}], [{"a": None}]),
        ("mood", "calm", "calm"),
    ],
)
def test_values_that_fit(name, given, expected):
    found = parse_scalar(name, given)
    assert (type(found), str(found)) == (type(expected), str(expected))


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("Int", "x"),
        ("Int", ""),
        ("Int", "1_0"),
        ("Int", "9" * 50),
        ("Int", Decimal("2.5")),
        ("Int", Decimal("1E+400000")),
        ("Int", 2**31),
        ("Int", True),
        ("Int", []),
        ("smallint", 40000),
        ("bigint", BIG),
        ("bigint", "1.5"),
        ("numeric", "1_0"),
        ("numeric", "ten"),
        ("numeric", True),
        ("numeric", {}),
        ("float8", "1e9999999999999999999"),
        ("String", 3),
        ("Boolean", "true"),
        ("ID", True),
    ],
)
def test_values_that_do_not_fit(name, given):
    with pytest.raises(Misfit):
        parse_scalar(name, given)


def test_numbers_beyond_all_bounds(suite):
    huge = "1e9999999999999999999"
    assert suite.error(f"{{ album(where: {{price: {{_eq: {huge}}}}}) {{ id }} }}")[1] == "data-exception"
    body = b'{"query":"{album{id}}","variables":{"x":' + huge.encode() + b"}}"
    assert suite.http.post("/graphql", data=body, content_type="application/json").status_code == 400
    body = b'{"query":"{album{id}}","variables":{"x":' + b"9" * 20_000 + b"}}"
    assert suite.http.post("/graphql", data=body, content_type="application/json").status_code in (200, 400)


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("$", ()),
        ("", ()),
        ("$.a.b", ("a", "b")),
        ("a.b", ("a", "b")),
        ("[0]", (0,)),
        ("$[0].a", (0, "a")),
        ("['k.x']", ("k.x",)),
        ('a["b c"][2]', ("a", "b c", 2)),
        ("$.ключ", ("ключ",)),
    ],
)
def test_paths_into_json(text, steps):
    assert parse_path(text) == steps


@pytest.mark.parametrize("text", ["$.", "a..b", "[x]", "a[", "['x]", "a b"])
def test_paths_that_are_none(text):
    with pytest.raises(Misfit):
        parse_path(text)


def test_places_as_json_path():
    assert json_path(()) == "$"
    assert json_path(("selectionSet", "a", "args", "objects", 0, "odd key", "1x", "it's")) == (
        "$.selectionSet.a.args.objects[0]['odd key']['1x']['it\\'s']"
    )


def test_threads_share_one_type_of_a_name(role_schema):
    catalog = role_schema.types.exposure.catalog
    names = ["album", "album_bool_exp", "artist_order_by", "Int_comparison_exp", "track_max_fields", "uuid"]
    for _ in range(20):
        schema = build(catalog).schema
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(schema.get_type, names * 8))
        assert None not in found
        assert len(set(map(id, found))) == len(names)

"""Aggregates: alone, with their rows, within rows, over pages and over nothing (graphql.md §4)."""

from decimal import Decimal

import pytest

FUNCTIONS = ("stddev", "stddev_pop", "stddev_samp", "var_pop", "var_samp", "variance")


def _aggregate(library, selection, arguments=""):
    return library.data_of(f"{{ book_aggregate{arguments} {{ aggregate {{ {selection} }} }} }}")["book_aggregate"][
        "aggregate"
    ]


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        ("count", 5),
        ("count(columns: price)", 4),
        ("count(columns: [price])", 4),
        ("count(columns: price, distinct: true)", 3),
        ("count(columns: [pages, price], distinct: true)", 4),
        ("count(distinct: true)", 5),
        ("count(columns: [])", 5),
        ("count(columns: null, distinct: null)", 5),
    ],
)
def test_counts(reading, count, expected):
    assert _aggregate(reading, f"n: {count}") == {"n": expected}


def test_sums_averages_and_bounds(reading):
    found = _aggregate(
        reading,
        """max { id price title published_on made_at sold score } min { title published_on price score }
           sum { price pages sold score } avg { price pages }""",
    )
    assert found["max"] == {
        "id": 5,
        "price": Decimal("10.50"),
        "title": "engines again",
        "published_on": "2010-10-10",
        "made_at": "2020-01-02T10:00:00",
        "sold": 9007199254740993,
        "score": Decimal("4.5"),
    }
    assert found["min"] == {
        "title": "Engines",
        "published_on": "1843-09-01",
        "price": Decimal("0.99"),
        "score": Decimal("-1.5"),
    }
    assert found["sum"] == {"price": Decimal("26.99"), "pages": 970, "sold": 9007199254741013, "score": Decimal("7.5")}
    assert found["avg"] == {"price": Decimal("6.7475"), "pages": 194}


def test_spread(reading):
    found = _aggregate(reading, " ".join(f"{name} {{ pages }}" for name in FUNCTIONS))
    assert {name: round(found[name]["pages"], 6) for name in FUNCTIONS} == {
        "stddev": Decimal("110.363037"),
        "stddev_pop": Decimal("98.711701"),
        "stddev_samp": Decimal("110.363037"),
        "var_pop": 9744,
        "var_samp": 12180,
        "variance": 12180,
    }


def test_over_nothing(reading):
    found = reading.data_of("""{ book_aggregate(where: {id: {_gt: 99}}) {
        aggregate { count max { id title } sum { pages } avg { pages } variance { pages } } nodes { id } } }""")
    nothing = {
        "count": 0,
        "max": {"id": None, "title": None},
        "sum": {"pages": None},
        "avg": {"pages": None},
        "variance": {"pages": None},
    }
    assert found["book_aggregate"] == {"aggregate": nothing, "nodes": []}


def test_over_a_page(reading):
    assert _aggregate(reading, "count sum { pages }", "(limit: 2, order_by: {id: asc})") == {
        "count": 2,
        "sum": {"pages": 420},
    }
    assert _aggregate(reading, "count", "(offset: 4, order_by: {id: asc})") == {"count": 1}
    assert _aggregate(reading, "count sum { pages }", "(distinct_on: pages)") == {"count": 4, "sum": {"pages": 670}}


def test_aliases_and_type_names(reading):
    found = reading.data_of("""{ x: book_aggregate { __typename a: aggregate { __typename n: count m: max { __typename top: id } }
        b: aggregate { min { id } } r: nodes { __typename } } }""")["x"]
    assert found["__typename"] == "book_aggregate"
    assert found["a"] == {
        "__typename": "book_aggregate_fields",
        "n": 5,
        "m": {"__typename": "book_max_fields", "top": 5},
    }
    assert found["b"] == {"min": {"id": 1}}
    assert found["r"] == [{"__typename": "book"}] * 5


@pytest.mark.parametrize("where", ["{}", "{id: {_eq: 1}}", "{id: {_eq: 99}}"])
def test_type_names_alone(reading, where):
    found = reading.data_of(
        f"{{ book_aggregate(where: {where}) {{ __typename aggregate {{ max {{ __typename }} }} }} }}"
    )
    assert found == {
        "book_aggregate": {"__typename": "book_aggregate", "aggregate": {"max": {"__typename": "book_max_fields"}}}
    }


def test_type_names_alone_within_rows(reading):
    found = reading.data_of("{ author(order_by: {id: asc}) { book_aggregate { __typename } } }")["author"]
    assert found == [{"book_aggregate": {"__typename": "book_aggregate"}}] * 4


def test_within_rows(reading):
    found = reading.data_of("""{ author(order_by: {id: asc}) { id
        book_aggregate { aggregate { count sum { pages } } nodes { id } }
        cheap: book_aggregate(where: {price: {_lt: 6}}, order_by: {id: asc}) { aggregate { count }
          nodes { id author { name } genre_aggregate { aggregate { count } } } } } }""")["author"]
    assert found[0]["cheap"] == {
        "aggregate": {"count": 1},
        "nodes": [{"id": 2, "author": {"name": "Ada"}, "genre_aggregate": {"aggregate": {"count": 1}}}],
    }
    assert [row["book_aggregate"]["aggregate"] for row in found] == [
        {"count": 2, "sum": {"pages": 420}},
        {"count": 2, "sum": {"pages": 500}},
        {"count": 0, "sum": {"pages": None}},
        {"count": 0, "sum": {"pages": None}},
    ]


def test_rows_within_aggregates(reading):
    found = reading.data_of("""{ author_aggregate(order_by: {id: asc}, limit: 1) { nodes { id
        book(order_by: {id: asc}) { id } book_aggregate { aggregate { count } } } } }""")
    nodes = [{"id": 1, "book": [{"id": 1}, {"id": 2}], "book_aggregate": {"aggregate": {"count": 2}}}]
    assert found == {"author_aggregate": {"nodes": nodes}}


@pytest.mark.parametrize(
    ("selection", "place", "message"),
    [
        ("max { available }", "max.selectionSet.available", "field 'available' not found in type: 'book_max_fields'"),
        ("max { meta }", "max.selectionSet.meta", "field 'meta' not found in type: 'book_max_fields'"),
        ("sum { title }", "sum.selectionSet.title", "field 'title' not found in type: 'book_sum_fields'"),
        ("median { pages }", "median", "field 'median' not found in type: 'book_aggregate_fields'"),
        ("max", "max.selectionSet", "missing selection set for 'book_max_fields'"),
        ("count { x }", "count", "unexpected subselection set for non-object field"),
        ('count(distinct: "x")', "count.args.distinct", "expected a boolean for type 'Boolean', but found a string"),
    ],
)
def test_what_is_refused(reading, selection, place, message):
    path = f"$.selectionSet.book_aggregate.selectionSet.aggregate.selectionSet.{place}"
    document = f"{{ book_aggregate {{ aggregate {{ {selection} }} }} }}"
    assert reading.error_of(document) == (path, "validation-failed", message)

"""Conditions beyond plain comparisons: aggregates of related rows, JSON as text, and what functions make of rows (§§3-5)."""

import pytest

FAILED = "validation-failed"


def _where(library, table, where, **asking):
    found = library.data_of(f"{{ {table}(where: {where}, order_by: {{id: asc}}) {{ id }} }}", **asking)
    return [row["id"] for row in found[table]]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("{book_aggregate: {sum: {arguments: pages, predicate: {_gt: 450}}}}", [2]),
        ("{book_aggregate: {avg: {arguments: pages, predicate: {_gte: 210, _lt: 251}}}}", [1, 2]),
        ("{book_aggregate: {max: {arguments: price, predicate: {_eq: 10.5}}}}", [1, 2]),
        (
            "{book_aggregate: {min: {arguments: pages, filter: {pages: {_gt: 150}}, predicate: {_in: [200, 300]}}}}",
            [1, 2],
        ),
        ("{book_aggregate: {sum: {arguments: pages, distinct: true, predicate: {_eq: 420}}}}", [1]),
        ("{book_aggregate: {bool_and: {arguments: available, predicate: {_eq: true}}}}", [1]),
        ("{book_aggregate: {bool_or: {arguments: available, predicate: {_eq: true}}}}", [1, 2]),
        ("{book_aggregate: {bool_and: {arguments: available, predicate: {_in: [false]}}}}", [2]),
        ("{book_aggregate: {bool_and: {arguments: available, predicate: {_neq: true}}}}", [2]),
        ("{book_aggregate: {sum: {arguments: pages, predicate: {_is_null: true}}}}", [3, 4]),
        ("{book_aggregate: {sum: {arguments: pages, predicate: {_is_null: false}}}}", [1, 2]),
        ("{book_aggregate: {var_samp: {arguments: pages, predicate: {_gt: 10000}}}}", [1]),
        ("{book_aggregate: {stddev_samp: {arguments: pages, predicate: {_gt: 100}}}}", [1]),
        (
            "{_and: [{book_aggregate: {count: {predicate: {_gt: 0}}}}, {book_aggregate: {sum: {arguments: pages, predicate: {_lt: 450}}}}]}",
            [1],
        ),
        ("{_not: {book_aggregate: {max: {arguments: sold, predicate: {_gt: 100}}}}}", [2]),
        ("{book_aggregate: {sum: null}}", [1, 2, 3, 4]),
    ],
)
def test_aggregates_of_related_rows(reading, where, expected):
    assert _where(reading, "author", where) == expected


@pytest.mark.parametrize(
    ("where", "place", "message"),
    [
        ("{book_aggregate: {avg: {arguments: title, predicate: {_gt: 1}}}}", "book_aggregate.avg.arguments", "expected one of the values ["),
        ("{book_aggregate: {avg: {predicate: {_gt: 1}}}}", "book_aggregate.avg.arguments", "missing required field 'arguments'"),
        ("{book_aggregate: {sum: {arguments: pages}}}", "book_aggregate.sum.predicate", "missing required field 'predicate'"),
        ("{book_aggregate: {sum: {arguments: pages, predicate: {_eq: null}}}}", "book_aggregate.sum.predicate._eq", "unexpected null value for type 'float8'"),
        ("{book_aggregate: {bool_or: {arguments: available, predicate: {_eq: 1}}}}", "book_aggregate.bool_or.predicate._eq", "expected a boolean for type 'Boolean', but found an integer"),
        ("{bio: {_cast: {String: {_like: null}}}}", "bio._cast.String._like", "unexpected null value for type 'String'"),
        ("{bio: {_cast: {Int: {_eq: 1}}}}", "bio._cast.Int", "field 'Int' not found in type: 'jsonb_cast_exp'"),
    ],
)  # fmt: skip
def test_refusals(reading, where, place, message):
    path, code, found = reading.error_of(f"{{ author(where: {where}) {{ id }} }}")
    assert (path, code) == (f"$.selectionSet.author.args.where.{place}", FAILED)
    assert found.startswith(message)


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ('{bio: {_cast: {String: {_ilike: "%london%"}}}}', [1]),
        ('{bio: {_cast: {String: {_like: "%\\"city\\": \\"Oslo\\"%"}}}}', [2]),
        ('{bio: {_cast: {String: {_eq: "[1, \\"x\\", null]"}}}}', [4]),
        ('{bio: {_cast: {String: {_in: ["{\\"city\\": \\"Oslo\\", \\"langs\\": []}"]}}}}', [2]),
        ('{bio: {_cast: {String: {_regex: "en.*fr", _is_null: false}}}}', [1]),
        ("{bio: {_cast: {String: {_is_null: true}}}}", [3]),
        ("{bio: {_cast: {String: null}}}", [1, 2, 3, 4]),
    ],
)
def test_json_as_text(reading, where, expected):
    assert _where(reading, "author", where) == expected


def test_fields_and_relations_that_functions_make(reading):
    if reading.engine != "postgresql":
        pytest.skip("SQLite has no functions of its own")
    found = reading.data_of("""{ author(where: {author_label: {_like: "A%"}}, order_by: [{author_label: desc}]) {
        author_label author_classics(order_by: {id: asc}, where: {pages: {_gt: 1}}) { title book_blurb } } }""")
    classics = [{"title": "Engines", "book_blurb": "Engines (300)"}, {"title": "Notes", "book_blurb": "Notes (120)"}]
    assert found["author"] == [{"author_label": "Ada 5", "author_classics": classics}]
    counted = reading.data_of(
        "{ author_by_pk(id: 1) { author_classics_aggregate { aggregate { count max { pages } } } } }"
    )
    assert counted["author_by_pk"]["author_classics_aggregate"] == {"aggregate": {"count": 2, "max": {"pages": 300}}}
    assert _where(reading, "author", '{author_classics: {title: {_eq: "Notes"}}}') == [1]
    inputs = reading.data_of('{ __type(name: "author_insert_input") { inputFields { name } } }')["__type"][
        "inputFields"
    ]
    assert not {"author_label", "author_classics"} & {field["name"] for field in inputs}

"""Conditions on how two fields of related rows go together: correlation and covariance (graphql.md §4)."""

import pytest


def _authors(library, where):
    rows = library.data_of(f"{{ author(where: {where}, order_by: {{id: asc}}) {{ id }} }}")["author"]
    return [row["id"] for row in rows]


@pytest.mark.parametrize("reading", ["postgresql"], indirect=True, scope="session")
@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("{book_aggregate: {corr: {arguments: {X: pages, Y: price}, predicate: {_gt: 0.99}}}}", [1]),
        ("{book_aggregate: {corr: {arguments: {Y: pages, X: price}, predicate: {_lte: 0}}}}", []),
        ("{book_aggregate: {covar_samp: {arguments: {X: pages, Y: price}, predicate: {_eq: 495}}}}", [1]),
        ("{book_aggregate: {covar_samp: {arguments: {X: pages, Y: pages}, predicate: {_in: [16200, 5000]}}}}", [1, 2]),
        ("{book_aggregate: {covar_samp: {arguments: {X: pages, Y: pages}, distinct: true, predicate: {_gt: 0}}}}", [1, 2]),
        ("{book_aggregate: {corr: {arguments: {X: pages, Y: price}, predicate: {_is_null: true}}}}", [2, 3, 4]),
        ("{book_aggregate: {corr: {arguments: {X: pages, Y: price}, predicate: {_is_null: false}}}}", [1]),
        ("{book_aggregate: {corr: {arguments: {X: pages, Y: price}, filter: {pages: {_gt: 200}}, predicate: {_gt: 0}}}}", []),
    ],
)  # fmt: skip
def test_conditions(reading, where, expected):
    assert _authors(reading, where) == expected


@pytest.mark.parametrize("reading", ["postgresql"], indirect=True, scope="session")
def test_refusals_and_variables(reading):
    query = "query($w: author_bool_exp) { author(where: $w) { id } }"
    for least, expected in ((0, [{"id": 1}]), (2, [])):
        test = {"arguments": {"X": "pages", "Y": "price"}, "predicate": {"_gt": least}}
        assert reading.data_of(query, {"w": {"book_aggregate": {"corr": test}}}) == {"author": expected}
    for arguments, message in (
        ("{X: pages}", "missing required field 'Y'"),
        ("{X: pages, Y: title}", "expected one of the values ["),
        ("pages", "expected an object"),
    ):
        asked = f"{{ author(where: {{book_aggregate: {{corr: {{arguments: {arguments}, predicate: {{_gt: 0}}}}}}}}) {{ id }} }}"
        path, code, told = reading.error_of(asked)
        assert (path.startswith("$.selectionSet.author.args.where"), code) == (True, "validation-failed")
        assert told.startswith(message)


def test_null_is_what_is_made_of_too_few_values(reading):
    deviation = (
        "{book_aggregate: {stddev_samp: {arguments: pages, filter: {pages: {_gt: 150}}, predicate: {_is_null: %s}}}}"
    )
    assert _authors(reading, deviation % "true") == [1, 3, 4]
    assert _authors(reading, deviation % "false") == [2]


@pytest.mark.parametrize("reading", ["sqlite"], indirect=True, scope="session")
def test_sqlite_has_none_of_these(reading):
    found = reading.data_of('{ __type(name: "book_aggregate_bool_exp") { inputFields { name } } }')
    names = {field["name"] for field in found["__type"]["inputFields"]}
    assert "stddev_samp" in names
    assert names.isdisjoint({"corr", "covar_samp"})

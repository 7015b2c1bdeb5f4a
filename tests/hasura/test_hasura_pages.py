"""`order_by`, `distinct_on`, `limit` and `offset`: as objects and lists, at every level, and what is refused."""

import pytest

AUTHORS = [
    ("order_by: {id: desc}", [4, 3, 2, 1]),
    ("order_by: [{id: desc}]", [4, 3, 2, 1]),
    ("order_by: [{rating: asc}, {id: asc}]", [3, 4, 1, 2]),
    ("order_by: [{rating: desc}, {id: desc}]", [2, 1, 4, 3]),
    ("order_by: {rating: desc, id: asc}", [2, 1, 3, 4]),
    ("order_by: [{rating: asc_nulls_first}, {id: asc}]", [2, 3, 4, 1]),
    ("order_by: [{rating: asc_nulls_last}, {id: asc}]", [3, 4, 1, 2]),
    ("order_by: [{rating: desc_nulls_first}, {id: asc}]", [2, 1, 3, 4]),
    ("order_by: [{rating: desc_nulls_last}, {id: asc}]", [1, 3, 4, 2]),
    ("order_by: [{id: null}, {id: desc}]", [4, 3, 2, 1]),
    ("order_by: [{}, {id: desc}]", [4, 3, 2, 1]),
    ("order_by: [{mentor: {name: asc}}, {id: asc}]", [2, 3, 4, 1]),
    ("order_by: [{mentor: {mentor: {name: desc_nulls_last}}}, {id: asc}]", [4, 1, 2, 3]),
    ("order_by: {mentor: null, id: desc}", [4, 3, 2, 1]),
    ("order_by: {mentor: {}, id: desc}", [4, 3, 2, 1]),
    ("order_by: [{book_aggregate: {count: desc}}, {id: desc}]", [2, 1, 4, 3]),
    ("order_by: [{book_aggregate: {max: {price: asc}}}, {id: desc}]", [2, 1, 4, 3]),
    ("order_by: [{book_aggregate: {sum: {pages: desc_nulls_last}, min: {title: asc}}}, {id: asc}]", [2, 1, 3, 4]),
    ("order_by: [{book_aggregate: {avg: {pages: desc}}}, {id: asc}]", [3, 4, 2, 1]),
    ("order_by: {book_aggregate: null, id: desc}", [4, 3, 2, 1]),
    ("order_by: {id: asc}, limit: 2", [1, 2]),
    ('order_by: {id: asc}, limit: "2", offset: "1"', [2, 3]),
    ("order_by: {id: asc}, offset: 3", [4]),
    ("order_by: {id: asc}, offset: 99", []),
    ("order_by: {id: asc}, limit: 0", []),
    ("order_by: {id: asc}, limit: null, offset: null, distinct_on: null, where: null", [1, 2, 3, 4]),
    ("distinct_on: rating, order_by: [{rating: asc}, {id: desc}]", [4, 1, 2]),
    ("distinct_on: [rating, active], order_by: [{active: asc}, {rating: desc}, {id: asc}]", [2, 1, 3]),
    ("distinct_on: [rating, rating], order_by: [{rating: asc}, {id: asc}]", [3, 1, 2]),
    ("distinct_on: rating, order_by: [{rating: asc}, {id: asc}], limit: 1, offset: 1", [1]),
    ("distinct_on: [], order_by: {id: desc}", [4, 3, 2, 1]),
]
FAILED = "validation-failed"
ORDERS = "['asc', 'asc_nulls_first', 'asc_nulls_last', 'desc', 'desc_nulls_first', 'desc_nulls_last']"
COLUMNS = "['id', 'name', 'born', 'rating', 'active', 'bio', 'mentor_id']"
DISTINCT = '"distinct_on" columns must match initial "order_by" columns'
NATURAL = "expected a non-negative 32-bit integer for type 'Int', but found"
REFUSED = [
    ("order_by: {id: up}", ".order_by.id", FAILED, f"expected one of the values {ORDERS} for type 'order_by', but found 'up'"),
    ('order_by: {id: "asc"}', ".order_by.id", FAILED, "expected an enum value for type 'order_by', but found a string"),
    ("order_by: {nope: asc}", ".order_by.nope", FAILED, "field 'nope' not found in type: 'author_order_by'"),
    ("order_by: [{id: asc}, {nope: asc}]", ".order_by[1].nope", FAILED, "field 'nope' not found in type: 'author_order_by'"),
    ("order_by: id", ".order_by", FAILED, "expected an object for type 'author_order_by', but found an enum value"),
    ("order_by: {book: {id: asc}}", ".order_by.book", FAILED, "field 'book' not found in type: 'author_order_by'"),
    ("order_by: {book_aggregate: {avg: {title: asc}}}", ".order_by.book_aggregate.avg.title", FAILED, "field 'title' not found in type: 'book_avg_order_by'"),
    ("distinct_on: nope", ".distinct_on", FAILED, f"expected one of the values {COLUMNS} for type 'author_select_column', but found 'nope'"),
    ('distinct_on: "id"', ".distinct_on", FAILED, "expected an enum value for type 'author_select_column', but found a string"),
    ("distinct_on: rating, order_by: {id: asc}", "", FAILED, DISTINCT),
    ("distinct_on: [rating, id], order_by: {rating: asc}", "", FAILED, DISTINCT),
    ("distinct_on: rating, order_by: {mentor: {rating: asc}}", "", FAILED, DISTINCT),
    ("limit: -1", ".limit", FAILED, f"{NATURAL} an integer"),
    ('limit: "x"', ".limit", FAILED, f"{NATURAL} a string"),
    ("limit: 1.5", ".limit", FAILED, f"{NATURAL} a float"),
    ("limit: true", ".limit", FAILED, f"{NATURAL} a boolean"),
    ("offset: -1", ".offset", "data-exception", "OFFSET must not be negative"),
]  # fmt: skip


def _keys(rows):
    return [row["id"] for row in rows]


@pytest.mark.parametrize(("arguments", "expected"), AUTHORS)
def test_pages(reading, arguments, expected):
    assert _keys(reading.data_of(f"{{ author({arguments}) {{ id }} }}")["author"]) == expected
    summary = reading.data_of(f"{{ author_aggregate({arguments}) {{ aggregate {{ count }} nodes {{ id }} }} }}")
    assert summary["author_aggregate"]["aggregate"]["count"] == len(expected)
    assert _keys(summary["author_aggregate"]["nodes"]) == expected


@pytest.mark.parametrize(("arguments", "place", "code", "message"), REFUSED)
def test_what_is_refused(reading, arguments, place, code, message):
    error = reading.error_of(f"{{ author({arguments}) {{ id }} }}")
    assert error == (f"$.selectionSet.author.args{place}", code, message)
    assert reading.error_of(f"{{ author_aggregate({arguments}) {{ nodes {{ id }} }} }}")[1] == code


def test_books_in_the_order_of_their_authors(reading):
    orders = {
        "[{author: {name: asc}}, {id: asc}]": [1, 2, 3, 4, 5],
        "[{author: {name: desc}}, {id: asc}]": [5, 3, 4, 1, 2],
        "[{author: {name: desc_nulls_last}}, {id: desc}]": [4, 3, 2, 1, 5],
        "[{author: {book_aggregate: {sum: {pages: asc}}}}, {id: asc}]": [1, 2, 3, 4, 5],
    }
    for order, expected in orders.items():
        assert _keys(reading.data_of(f"{{ book(order_by: {order}) {{ id }} }}")["book"]) == expected


def test_every_level_has_its_own_page(reading):
    found = reading.data_of("""{ author(order_by: {id: desc}, limit: 3, offset: 1) { id
        first: book(order_by: {id: asc}, limit: 1) { id genre(order_by: {code: desc}, limit: 1) { code } }
        last: book(order_by: {id: desc}, limit: 1) { id }
        rest: book(order_by: {id: asc}, offset: 1) { id }
        lengths: book(distinct_on: pages, order_by: [{pages: desc}, {id: asc}]) { id pages } } }""")["author"]
    assert _keys(found) == [3, 2, 1]
    assert found[0] == {"id": 3, "first": [], "last": [], "rest": [], "lengths": []}
    assert found[2]["first"] == [{"id": 1, "genre": [{"code": "sf"}]}]
    assert (found[2]["last"], found[2]["rest"]) == ([{"id": 2}], [{"id": 2}])
    assert found[1]["lengths"] == [{"id": 4, "pages": 300}, {"id": 3, "pages": 200}]


def test_pages_by_variables(reading):
    query = """query($o: [author_order_by!], $l: Int, $f: Int, $d: [author_select_column!]) {
        author(order_by: $o, limit: $l, offset: $f, distinct_on: $d) { id } }"""
    for given, expected in [
        ({"o": {"id": "desc"}, "l": 2}, [4, 3]),
        ({"o": [{"rating": "desc_nulls_last", "id": "desc"}], "l": "2", "f": "1"}, [4, 3]),
        ({"o": [{"rating": "asc"}, {"id": "asc"}], "d": "rating"}, [3, 1, 2]),
        ({"o": [{"id": "asc"}], "l": None, "f": None, "d": None}, [1, 2, 3, 4]),
    ]:
        assert _keys(reading.data_of(query, given)["author"]) == expected
    assert reading.error_of(query, {"l": -1}) == ("$.selectionSet.author.args.limit", FAILED, f"{NATURAL} a number")
    assert reading.error_of(query, {"d": ["x"]})[0] == "$.selectionSet.author.args.distinct_on[0]"
    assert (
        reading.error_of(query, {"o": {"id": 1}})[2] == "expected an enum value for type 'order_by', but found a number"
    )

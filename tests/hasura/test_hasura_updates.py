"""JSON changed in place, and several updates in one field (graphql.md §§2, 6)."""

from decimal import Decimal

import pytest

FAILED = "validation-failed"
JSON = [
    ("_append: {bio: {more: 1}}", 2, {"city": "Oslo", "langs": [], "more": 1}),
    ('_append: {bio: "z"}', 4, [1, "x", None, "z"]),
    ("_prepend: {bio: [0]}", 4, [0, 1, "x", None]),
    ('_prepend: {bio: {city: "Rome", n: 1}}', 2, {"city": "Oslo", "langs": [], "n": 1}),
    ('_delete_key: {bio: "city"}', 2, {"langs": []}),
    ('_delete_key: {bio: "x"}', 4, [1, None]),
    ("_delete_elem: {bio: 0}", 4, ["x", None]),
    ('_delete_elem: {bio: "-1"}', 4, [1, "x"]),
    ('_delete_at_path: {bio: ["langs", "0"]}', 1, {"city": "London", "langs": ["fr"], "n": {"a": 1}}),
    ('_delete_at_path: {bio: "n"}', 1, {"city": "London", "langs": ["en", "fr"]}),
    ('_append: {bio: {x: 1}}, _set: {name: "N"}, _inc: {rating: 1}', 3, None),
    ("_append: {}, _delete_key: null", 2, {"city": "Oslo", "langs": []}),
]
REFUSED = [
    ('_append: {name: "x"}', "._append.name", FAILED, "field 'name' not found in type: 'author_append_input'"),
    ("_append: {bio: null}", "._append.bio", FAILED, "unexpected null value for type 'jsonb'"),
    ("_inc: {rating: null}", "._inc.rating", FAILED, "unexpected null value for type 'Int'"),
    ("_delete_key: {bio: 1}", "._delete_key.bio", FAILED, "expected a string for type 'String', but found an integer"),
    ('_delete_elem: {bio: "x"}', "._delete_elem.bio", "data-exception", 'invalid input syntax for type integer: "x"'),
    ("_set: {bio: 1}, _append: {bio: 1}", "", FAILED, "Column found in multiple operators: ['bio']."),
]
MANY = """mutation($u: [book_updates!]!) {
    update_book_many(updates: $u) { affected_rows returning { id title pages } } }"""


@pytest.mark.parametrize(("operators", "key", "expected"), JSON)
def test_json_is_changed_in_place(writing, operators, key, expected):
    by_key = f"update_author_by_pk(pk_columns: {{id: {key}}}, {operators}) {{ bio }}"
    assert writing.data_of(f"mutation {{ {by_key} }}") == {"update_author_by_pk": {"bio": expected}}


def test_the_same_by_a_filter_and_by_variables(writing):
    query = """mutation($a: jsonb!, $k: String, $p: [String!]) {
        a: update_author(where: {id: {_eq: 2}}, _append: {bio: $a}) { returning { bio } }
        b: update_author(where: {id: {_eq: 1}}, _delete_key: {bio: $k}) { returning { bio } }
        c: update_author(where: {id: {_eq: 1}}, _delete_at_path: {bio: $p}) { affected_rows returning { bio } } }"""
    assert writing.data_of(query, {"a": {"x": [1.5]}, "k": "n", "p": ["langs", "-1"]}) == {
        "a": {"returning": [{"bio": {"city": "Oslo", "langs": [], "x": [1.5]}}]},
        "b": {"returning": [{"bio": {"city": "London", "langs": ["en", "fr"]}}]},
        "c": {"affected_rows": 1, "returning": [{"bio": {"city": "London", "langs": ["en"]}}]},
    }


@pytest.mark.parametrize(("operators", "place", "code", "message"), REFUSED)
def test_what_is_refused(reading, operators, place, code, message):
    update = f"mutation {{ update_author(where: {{}}, {operators}) {{ affected_rows }} }}"
    assert reading.error_of(update) == (f"$.selectionSet.update_author.args{place}", code, message)
    many = f"mutation {{ update_author_many(updates: [{{where: {{}}, {operators}}}]) {{ affected_rows }} }}"
    path = f"$.selectionSet.update_author_many.args.updates[0]{place}"
    assert reading.error_of(many) == (path, code, message)


def test_sums_of_decimal_numbers_are_exact(writing):
    found = writing.data_of("""mutation {
        a: update_book(where: {id: {_eq: 1}}, _set: {price: 0.1}) { returning { price } }
        b: update_book(where: {id: {_eq: 1}}, _inc: {price: 0.2}) { returning { price } }
        c: update_book(where: {price: {_eq: 0.3}}, _inc: {price: "-0.05", sold: "-9007199254740990"}) {
            returning { id price sold } } }""")
    assert found["b"] == {"returning": [{"price": Decimal("0.30")}]}
    assert found["c"] == {"returning": [{"id": 1, "price": Decimal("0.25"), "sold": 3}]}


@pytest.mark.parametrize(
    ("inc", "message"),
    [("{sold: 9223372036854775807}", "bigint out of range"), ("{price: 999999}", "numeric field overflow")],
)
def test_sums_that_no_longer_fit(reading, inc, message):
    before = reading.data_of("{ book(order_by: {id: asc}) { price sold } }")
    error = reading.error_of(f"mutation {{ update_book(where: {{id: {{_eq: 1}}}}, _inc: {inc}) {{ affected_rows }} }}")
    assert error == ("$", "data-exception", message)
    assert reading.data_of("{ book(order_by: {id: asc}) { price sold } }") == before


def test_what_only_the_database_can_refuse(reading):
    error = reading.error_of("mutation { update_author_by_pk(pk_columns: {id: 2}, _delete_elem: {bio: 0}) { id } }")
    message = "cannot delete from object using integer index"
    assert error == ("$", "data-exception", message)


def test_several_updates_answer_in_order_and_see_each_other(writing):
    updates = [
        {"where": {"id": {"_eq": 1}}, "_set": {"title": "a"}},
        {"where": {"title": {"_eq": "a"}}, "_inc": {"pages": 1}},
        {"where": {"id": {"_eq": 99}}, "_set": {"title": "b"}},
        {"where": {"id": {"_lte": 2}}, "_set": {"pages": 7}, "_append": {"meta": {"n": 1}}},
    ]
    first, second, third, fourth = writing.data_of(MANY, {"u": updates})["update_book_many"]
    assert first == {"affected_rows": 1, "returning": [{"id": 1, "title": "a", "pages": 300}]}
    assert second == {"affected_rows": 1, "returning": [{"id": 1, "title": "a", "pages": 301}]}
    assert third == {"affected_rows": 0, "returning": []}
    assert fourth["affected_rows"] == 2
    assert writing.data_of(MANY, {"u": []}) == {"update_book_many": []}
    assert len(writing.data_of(MANY, {"u": updates[0]})["update_book_many"]) == 1


def test_several_updates_beside_other_fields(writing):
    found = writing.data_of("""mutation { __typename
        m: update_book_many(updates: [{where: {id: {_eq: 5}}, _set: {title: "m"}}]) { __typename n: affected_rows }
        delete_book(where: {title: {_eq: "m"}}) { affected_rows }
        none: update_book_many(updates: []) { affected_rows } }""")
    assert list(found) == ["__typename", "m", "delete_book", "none"]
    assert found == {
        "__typename": "mutation_root",
        "m": [{"__typename": "book_mutation_response", "n": 1}],
        "delete_book": {"affected_rows": 1},
        "none": [],
    }


@pytest.mark.parametrize(
    ("last", "place", "code"),
    [
        ({"where": {}}, ".args.updates[1]", FAILED),
        ({"where": {"nope": {}}, "_set": {"pages": 1}}, ".args.updates[1].where.nope", FAILED),
        ({"where": {}, "_set": {"pages": 1}, "_inc": {"pages": 1}}, ".args.updates[1]", FAILED),
        ({"_set": {"pages": 1}}, ".args.updates[1].where", FAILED),
        ({"where": {}, "_set": {"pages": 0}}, "", "permission-error"),
        ({"where": {"id": {"_eq": 2}}, "_set": {"isbn": "i-1"}}, "", "constraint-violation"),
    ],
)
def test_one_that_fails_undoes_all(reading, last, place, code):
    before = reading.data_of("{ book(order_by: {id: asc}) { title pages isbn } }")
    updates = [{"where": {}, "_set": {"title": "gone"}}, last]
    path, found, _ = reading.error_of(MANY, {"u": updates})
    assert (path, found) == (f"$.selectionSet.update_book_many{place}" if place else "$", code)
    assert reading.data_of("{ book(order_by: {id: asc}) { title pages isbn } }") == before

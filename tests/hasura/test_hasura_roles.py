"""Each role has a schema of its own: what it may not do is not there (graphql.md §2)."""

import pytest

from tests.fixtures.guarded_store import Who

FAILED = "validation-failed"
CHECK = "check constraint of an insert/update permission has failed"
NO_QUERIES = (
    "There are no queries available to the current role. Either there are no sources or remote schemas configured, "
    "or the current role doesn't have the required permissions."
)
ANSWERED = [
    ("reader", "{ author(order_by: {id: asc}) { id } }", {"author": [{"id": 1}, {"id": 3}, {"id": 4}]}),
    ("reader", "{ book(order_by: {id: asc}) { id author { name } } }", {"book": [{"id": 1, "author": {"name": "Ada"}}, {"id": 2, "author": {"name": "Ada"}}, {"id": 4, "author": None}]}),
    ("reader", "{ book(order_by: {id: asc}, limit: 10) { id } }", {"book": [{"id": 1}, {"id": 2}, {"id": 4}]}),
    ("reader", "{ book_by_pk(id: 3) { id } author_by_pk(id: 2) { id } }", {"book_by_pk": None, "author_by_pk": None}),
    ("reader", '{ book(where: {author: {name: {_eq: "Boris"}}}) { id } }', {"book": []}),
    ("reader", "{ author(where: {book_aggregate: {count: {predicate: {_gt: 0}}}}) { id } }", {"author": [{"id": 1}]}),
    ("nobody", "{ no_queries_available }", {"no_queries_available": NO_QUERIES}),
    ("writer", 'mutation { insert_note(objects: [{line: "x"}]) { affected_rows } }', {"insert_note": {"affected_rows": 1}}),
    ("editor", 'mutation { insert_author_one(object: {name: "E", rating: 5}) { id active } }', {"insert_author_one": {"id": 5, "active": True}}),
    ("editor", "mutation { update_author(where: {}, _set: {rating: 4}) { affected_rows } }", {"update_author": {"affected_rows": 3}}),
    ("editor", "mutation { update_author_by_pk(pk_columns: {id: 2}, _set: {rating: 1}) { id } }", {"update_author_by_pk": None}),
    ("editor", "mutation { delete_book(where: {}) { affected_rows returning { id } } }", {"delete_book": {"affected_rows": 1, "returning": [{"id": 3}]}}),
    ("editor", "mutation { delete_book_by_pk(id: 1) { id } }", {"delete_book_by_pk": None}),
]  # fmt: skip
REFUSED = [
    ("reader", "{ author { rating } }", "author.selectionSet.rating", "field 'rating' not found in type: 'author'"),
    ("reader", "{ author(where: {rating: {_eq: 5}}) { id } }", "author.args.where.rating", "field 'rating' not found in type: 'author_bool_exp'"),
    ("reader", "{ author(order_by: {rating: asc}) { id } }", "author.args.order_by.rating", "field 'rating' not found in type: 'author_order_by'"),
    ("reader", "{ author_aggregate { aggregate { count } } }", "author_aggregate", "field 'author_aggregate' not found in type: 'query_root'"),
    ("reader", "{ author { mentor { id } } }", "author.selectionSet.mentor", "field 'mentor' not found in type: 'author'"),
    ("reader", "{ loan { reader } }", "loan", "field 'loan' not found in type: 'query_root'"),
    ("nobody", "{ author { id } }", "author", "field 'author' not found in type: 'query_root'"),
    ("writer", 'mutation { insert_note(objects: [{line: "x"}]) { returning { line } } }', "insert_note.selectionSet.returning", "field 'returning' not found in type: 'note_mutation_response'"),
    ("writer", 'mutation { insert_note_one(object: {line: "x"}) { line } }', "insert_note_one", "field 'insert_note_one' not found in type: 'mutation_root'"),
    ("editor", 'mutation { insert_author_one(object: {name: "E", active: false}) { id } }', "insert_author_one.args.object.active", "field 'active' not found in type: 'author_insert_input'"),
    ("editor", "mutation { update_book(where: {}, _set: {price: 1}) { affected_rows } }", "update_book.args._set.price", "field 'price' not found in type: 'book_set_input'"),
    ("editor", "mutation { delete_author(where: {}) { affected_rows } }", "delete_author", "field 'delete_author' not found in type: 'mutation_root'"),
]  # fmt: skip
CHECKED = [
    ('insert_author_one(object: {name: "E", rating: 6}) { id }', ".args.object"),
    ('insert_author(objects: [{name: "E", rating: 9}]) { affected_rows }', ".args.objects[0]"),
    ('insert_author(objects: [{name: "E", rating: 1}, {name: "F", rating: 9}]) { affected_rows }', ".args.objects"),
    ('insert_book_one(object: {title: "E", author_id: 2}) { id }', ".args.object"),
    ("update_author_by_pk(pk_columns: {id: 1}, _set: {rating: 9}) { id }", ""),
    ("update_author(where: {}, _inc: {rating: 1}) { affected_rows }", ""),
]


@pytest.mark.parametrize(("role", "query", "expected"), ANSWERED)
def test_answers(writing, role, query, expected):
    assert writing.data_of(query, who=Who(role)) == expected


@pytest.mark.parametrize(("role", "query", "place", "message"), REFUSED)
def test_refusals(reading, role, query, place, message):
    assert reading.error_of(query, who=Who(role)) == (f"$.selectionSet.{place}", FAILED, message)


@pytest.mark.parametrize(("field", "place"), CHECKED)
def test_checks(reading, field, place):
    name = field.partition("(")[0]
    before = reading.data_of("{ author(order_by: {id: asc}) { id name rating } book { id } }")
    error = reading.error_of(f"mutation {{ {field} }}", who=Who("editor"))
    assert error == (f"$.selectionSet.{name}{place}" if place else "$", "permission-error", CHECK)
    assert reading.data_of("{ author(order_by: {id: asc}) { id name rating } book { id } }") == before


def test_root_types_by_role(reading):
    query = "{ __schema { queryType { fields { name } } mutationType { fields { name } } } }"

    def roots(role):
        found = reading.data_of(query, who=Who(role))["__schema"]
        return [[field["name"] for field in (found[kind] or {"fields": []})["fields"]] for kind in found]

    assert roots("reader") == [["author", "author_by_pk", "book", "book_aggregate", "book_grouped", "book_by_pk"], []]
    assert roots("writer") == [["no_queries_available"], ["insert_note"]]
    assert roots("nobody") == [["no_queries_available"], []]
    assert "insert_book_one" in roots("editor")[1]
    assert reading.error_of("mutation { __typename }", who=Who("reader"))[2] == "no mutations exist"

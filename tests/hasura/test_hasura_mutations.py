"""Mutations: what they change, what they answer, and that a request changes all or nothing (graphql.md §6)."""

from decimal import Decimal

import pytest

FAILED = "validation-failed"
ANSWERED = [
    # insert
    ('insert_author(objects: [{name: "X"}]) { affected_rows returning { id name active rating } }', {"affected_rows": 1, "returning": [{"id": 5, "name": "X", "active": True, "rating": None}]}),
    ('insert_author(objects: {name: "X", born: "1999-01-01"}) { returning { name born } }', {"returning": [{"name": "X", "born": "1999-01-01"}]}),
    ("insert_author(objects: []) { affected_rows returning { id } }", {"affected_rows": 0, "returning": []}),
    ('insert_author(objects: [{name: "X"}, {name: "Y", active: false, rating: 2}]) { returning { name rating active } }', {"returning": [{"name": "X", "rating": None, "active": True}, {"name": "Y", "rating": 2, "active": False}]}),
    ('insert_book_one(object: {title: "T"}) { id pages available price }', {"id": 6, "pages": 100, "available": True, "price": None}),
    ('insert_book_one(object: {title: "T", author_id: 1}) { author { name book_aggregate { aggregate { count } } } }', {"author": {"name": "Ada", "book_aggregate": {"aggregate": {"count": 3}}}}),
    ('insert_book_one(object: {title: "T", price: "1.5", sold: "9007199254740993", score: "2.5", published_on: "2020-02-03", made_at: "2020-01-01T01:02:03", cover: "\\\\x00ff", meta: {a: [1, {b: null}]}}) { price sold score published_on made_at cover meta }', {"price": Decimal("1.50"), "sold": 9007199254740993, "score": Decimal("2.5"), "published_on": "2020-02-03", "made_at": "2020-01-01T01:02:03", "cover": "\\x00ff", "meta": {"a": [1, {"b": None}]}}),
    ('insert_book_one(object: {title: "T", meta: "text"}) { meta }', {"meta": "text"}),
    ('insert_book_genre_one(object: {book_id: 3, genre_code: "sf"}) { weight book { title } genre { label } }', {"weight": 1, "book": {"title": "Ice_50%"}, "genre": {"label": "Science fiction"}}),
    ("insert_note(objects: [{}]) { affected_rows }", {"affected_rows": 1}),
    ('insert_note(objects: [{}, {line: "q"}]) { affected_rows returning { line } }', {"affected_rows": 2, "returning": [{"line": None}, {"line": "q"}]}),
    ("insert_note_one(object: {}) { line }", {"line": None}),
    ('insert_author(objects: [{name: "A"}]) { __typename n: affected_rows r: returning { __typename n: name } }', {"__typename": "author_mutation_response", "n": 1, "r": [{"__typename": "author", "n": "A"}]}),
    # update
    ('update_book(where: {id: {_eq: 1}}, _set: {title: "Z"}) { affected_rows returning { id title } }', {"affected_rows": 1, "returning": [{"id": 1, "title": "Z"}]}),
    ("update_book(where: {}, _set: {pages: 7}) { affected_rows }", {"affected_rows": 5}),
    ("update_book(where: {id: {_eq: 99}}, _set: {pages: 7}) { affected_rows returning { id } }", {"affected_rows": 0, "returning": []}),
    ("update_book(where: {id: {_eq: 1}}) { affected_rows returning { id } }", {"affected_rows": 0, "returning": []}),
    ("update_book(where: {id: {_eq: 1}}, _set: {}) { affected_rows returning { id } }", {"affected_rows": 0, "returning": []}),
    ("update_book(where: {id: {_eq: 1}}, _set: null, _inc: null) { affected_rows }", {"affected_rows": 0}),
    ('update_book(where: {id: {_eq: 1}}, _inc: {pages: 5, sold: 1, price: "1.5", score: -1}) { returning { pages sold price score } }', {"returning": [{"pages": 305, "sold": 9007199254740994, "price": Decimal("12.00"), "score": Decimal("3.5")}]}),
    ("update_book(where: {id: {_eq: 3}}, _inc: {price: 1}) { returning { price } }", {"returning": [{"price": None}]}),
    ('update_book(where: {author: {name: {_eq: "Ada"}}}, _set: {available: false}) { affected_rows }', {"affected_rows": 2}),
    ("update_book(where: {id: {_eq: 5}}, _set: {id: 10}) { returning { id title } }", {"returning": [{"id": 10, "title": "Orphan"}]}),
    ("update_book(where: {id: {_eq: 1}}, _set: {author_id: 2}) { returning { author { name } } }", {"returning": [{"author": {"name": "Boris"}}]}),
    ('update_book(where: {id: {_eq: 1}}, _set: {meta: "m"}) { returning { meta } }', {"returning": [{"meta": "m"}]}),
    ("update_book(where: {id: {_eq: 1}}, _set: {meta: null, price: null}) { returning { meta price } }", {"returning": [{"meta": None, "price": None}]}),
    ('update_book_by_pk(pk_columns: {id: 1}, _set: {title: "Q"}) { id title author { name } }', {"id": 1, "title": "Q", "author": {"name": "Ada"}}),
    ('update_book_by_pk(pk_columns: {id: "1"}, _inc: {pages: 1}, _set: {title: "Q"}) { title pages }', {"title": "Q", "pages": 301}),
    ('update_book_by_pk(pk_columns: {id: 99}, _set: {title: "Q"}) { id }', None),
    ("update_book_by_pk(pk_columns: {id: 1}, _set: {}) { id title }", {"id": 1, "title": "Engines"}),
    ("update_book_by_pk(pk_columns: {id: 99}, _set: {}) { id title }", None),
    ('update_loan_by_pk(pk_columns: {book_id: 1, number: 2}, _set: {reader: "Zed"}) { book_id number reader }', {"book_id": 1, "number": 2, "reader": "Zed"}),
    # delete
    ("delete_book(where: {id: {_eq: 5}}) { affected_rows returning { id title author { name } book_genre { weight } } }", {"affected_rows": 1, "returning": [{"id": 5, "title": "Orphan", "author": None, "book_genre": []}]}),
    ("delete_book(where: {id: {_eq: 99}}) { affected_rows returning { id } }", {"affected_rows": 0, "returning": []}),
    ("delete_book(where: {id: {_eq: 4}}) { returning { title book_genre { weight } } }", {"returning": [{"title": "engines again", "book_genre": []}]}),
    ("delete_author_by_pk(id: 4) { id name mentor { name } }", {"id": 4, "name": "Dora", "mentor": {"name": "Boris"}}),
    ("delete_author_by_pk(id: 99) { id }", None),
    ("delete_loan_by_pk(book_id: 1, number: 1) { reader book { title } }", {"reader": "Ann", "book": {"title": "Engines"}}),
    ("delete_book_genre(where: {}) { affected_rows }", {"affected_rows": 4}),
    ("delete_note(where: {kind: {_is_null: true}}) { returning { line } }", {"returning": [{"line": "b"}]}),
    ("delete_note(where: {}) { __typename }", {"__typename": "note_mutation_response"}),
]  # fmt: skip
UNIQUE = 'Uniqueness violation. duplicate key value violates unique constraint "{}"'
NOT_NULL = 'Not-NULL violation. null value in column "{}" of relation "{}" violates not-null constraint'
REFUSED = [
    ('insert_author_one(object: {name: "Ada"}) { id }', ".args.object", "constraint-violation", UNIQUE.format("author_name_key")),
    ('insert_book(objects: [{title: "ok"}, {title: "dup", isbn: "i-1"}]) { affected_rows }', ".args.objects", "constraint-violation", UNIQUE.format("book_isbn_key")),
    ('insert_book_genre_one(object: {book_id: 1, genre_code: "sf"}) { weight }', ".args.object", "constraint-violation", UNIQUE.format("book_genre_pkey")),
    ("insert_author_one(object: {}) { id }", ".args.object", "constraint-violation", NOT_NULL.format("name", "author")),
    ('insert_book_one(object: {title: "T", pages: null}) { id }', ".args.object", "constraint-violation", NOT_NULL.format("pages", "book")),
    ("update_book(where: {id: {_eq: 1}}, _set: {title: null}) { affected_rows }", "", "constraint-violation", NOT_NULL.format("title", "book")),
    ('update_book(where: {id: {_eq: 2}}, _set: {isbn: "i-1"}) { affected_rows }', "", "constraint-violation", UNIQUE.format("book_isbn_key")),
    ("insert_author_one(object: {nope: 1}) { id }", ".args.object.nope", FAILED, "field 'nope' not found in type: 'author_insert_input'"),
    ("insert_author_one(object: {name: 1}) { id }", ".args.object.name", FAILED, "expected a string for type 'String', but found an integer"),
    ('insert_author_one(object: [{name: "Z"}]) { id }', ".args.object", FAILED, "expected an object for type 'author_insert_input', but found a list"),
    ("insert_author(objects: [{name: \"a\"}, {rating: \"x\"}]) { affected_rows }", ".args.objects[1].rating", "data-exception", 'invalid input syntax for type integer: "x"'),
    ("insert_author_one { id }", ".args.object", FAILED, "missing required field 'object'"),
    ("insert_author(objects: null) { affected_rows }", ".args.objects", FAILED, "unexpected null value for type '[author_insert_input]'"),
    ('insert_book_one(object: {title: "x", published_on: "bad"}) { id }', ".args.object", "data-exception", 'invalid input syntax for type date: "bad"'),
    ('insert_book_one(object: {title: "x", pages: 99999999999}) { id }', ".args.object.pages", "data-exception", 'value "99999999999" is out of range for type integer'),
    ('insert_book_genre_one(object: {book_id: 3, genre_code: "sf", weight: 40000}) { weight }', ".args.object.weight", "data-exception", 'value "40000" is out of range for type smallint'),
    ("update_book(_set: {pages: 7}) { affected_rows }", ".args.where", FAILED, "missing required field 'where'"),
    ("update_book(where: null, _set: {pages: 7}) { affected_rows }", ".args.where", FAILED, "unexpected null value for type 'book_bool_exp'"),
    ("update_book(where: {}, _inc: {title: 1}) { affected_rows }", ".args._inc.title", FAILED, "field 'title' not found in type: 'book_inc_input'"),
    ("update_book(where: {}, _set: {pages: 1}, _inc: {pages: 1}) { affected_rows }", ".args", FAILED, "Column found in multiple operators: ['pages']."),
    ("update_book_by_pk(pk_columns: {id: 1}) { id }", ".args", FAILED, "at least one update operator must be provided"),
    ("update_book_by_pk(pk_columns: {id: 1}, _set: null) { id }", ".args", FAILED, "at least one update operator must be provided"),
    ('update_book_by_pk(_set: {title: "x"}) { id }', ".args.pk_columns", FAILED, "missing required field 'pk_columns'"),
    ('update_book_by_pk(pk_columns: {}, _set: {title: "x"}) { id }', ".args.pk_columns.id", FAILED, "missing required field 'id'"),
    ('update_book_by_pk(pk_columns: {id: 1, title: "x"}, _set: {title: "x"}) { id }', ".args.pk_columns.title", FAILED, "field 'title' not found in type: 'book_pk_columns_input'"),
    ("delete_book { affected_rows }", ".args.where", FAILED, "missing required field 'where'"),
]  # fmt: skip
# constraints whose words differ a little from database to database
BEGINNINGS = [
    ('insert_author_one(object: {name: "X", mentor_id: 99}) { id }', ".args.object", "constraint-violation", "Foreign key violation. insert"),
    ("delete_book(where: {id: {_eq: 1}}) { affected_rows }", "", "constraint-violation", "Foreign key violation. "),
    ("delete_author_by_pk(id: 1) { id }", "", "constraint-violation", "Foreign key violation. "),
    ('insert_book_one(object: {title: "T", pages: 0}) { id }', ".args.object", "permission-error", "Check constraint violation. new row "),
    ("update_book(where: {id: {_eq: 1}}, _inc: {pages: -1000}) { affected_rows }", "", "permission-error", "Check constraint violation. new row "),
]  # fmt: skip


def _rows(library):
    return library.data_of("""{ author(order_by: {id: asc}) { id name rating } note(order_by: {line: asc}) { line kind }
        book(order_by: {id: asc}) { id title pages isbn price sold author_id } book_genre_aggregate { aggregate { count } } }""")


@pytest.mark.parametrize(("field", "expected"), ANSWERED)
def test_answers(writing, field, expected):
    name = field.partition("(")[0]
    assert writing.data_of(f"mutation {{ {field} }}") == {name: expected}


@pytest.mark.parametrize(("field", "place", "code", "message"), REFUSED)
def test_refusals(reading, field, place, code, message):
    before = _rows(reading)
    name = field.partition("(")[0].partition(" ")[0]
    path = f"$.selectionSet.{name}{place}" if place else "$"  # no argument can be blamed: the document as a whole
    assert reading.error_of(f"mutation {{ {field} }}") == (path, code, message)
    assert _rows(reading) == before


@pytest.mark.parametrize(("field", "place", "code", "beginning"), BEGINNINGS)
def test_constraints(reading, field, place, code, beginning):
    before = _rows(reading)
    path, found, message = reading.error_of(f"mutation {{ {field} }}")
    assert (path, found) == (f"$.selectionSet.{field.partition('(')[0]}{place}" if place else "$", code)
    assert message.startswith(beginning)
    assert _rows(reading) == before


def test_variables(writing):
    create = """mutation($o: [book_insert_input!]!) { insert_book(objects: $o) { affected_rows returning { title pages } } }"""
    two = [{"title": "a"}, {"title": "b", "pages": "5"}]
    rows = [{"title": "a", "pages": 100}, {"title": "b", "pages": 5}]
    assert writing.data_of(create, {"o": two}) == {"insert_book": {"affected_rows": 2, "returning": rows}}
    assert writing.data_of(create, {"o": {"title": "c"}})["insert_book"]["affected_rows"] == 1
    assert writing.error_of(create, {"o": [{"title": "a"}, {"nope": 1}]})[0] == (
        "$.selectionSet.insert_book.args.objects[1].nope"
    )
    change = """mutation($k: book_pk_columns_input!, $s: book_set_input, $i: book_inc_input) {
        update_book_by_pk(pk_columns: $k, _set: $s, _inc: $i) { title price pages } }"""
    given = {"k": {"id": "2"}, "s": {"title": "V", "price": None}}
    assert writing.data_of(change, given)["update_book_by_pk"] == {"title": "V", "price": None, "pages": 120}
    assert writing.data_of(change, {"k": {"id": 2}, "i": {"pages": 1}})["update_book_by_pk"]["pages"] == 121
    assert writing.error_of(change, {"k": {"id": 2}})[2] == "at least one update operator must be provided"


def test_a_variable_that_is_not_given_leaves_the_field_out(writing):
    create = "mutation($t: String!, $p: Int, $m: jsonb) { insert_book_one(object: {title: $t, pages: $p, meta: $m}) { pages meta } }"
    assert writing.data_of(create, {"t": "x"}) == {"insert_book_one": {"pages": 100, "meta": None}}
    given = {"t": "x", "p": 3, "m": [1, {"y": None}]}
    assert writing.data_of(create, given) == {"insert_book_one": {"pages": 3, "meta": [1, {"y": None}]}}
    change = """mutation($t: String, $p: Int) { update_book(where: {id: {_eq: 1}}, _set: {title: $t, pages: $p}) {
        affected_rows } }"""
    assert writing.data_of(change, {})["update_book"] == {"affected_rows": 0}
    assert writing.data_of(change, {"p": 9})["update_book"] == {"affected_rows": 1}
    assert writing.data_of("{ book_by_pk(id: 1) { title pages } }")["book_by_pk"] == {"title": "Engines", "pages": 9}


def test_a_column_to_update_may_be_named_twice(writing):
    rule = "on_conflict: {constraint: author_name_key, update_columns: [rating, rating]}"
    create = f'mutation {{ insert_author_one(object: {{name: "Ada", rating: 1}}, {rule}) {{ id rating }} }}'
    assert writing.data_of(create) == {"insert_author_one": {"id": 1, "rating": 1}}


def test_several_run_in_order_and_see_each_other(writing):
    found = writing.data_of("""mutation {
        a: delete_note(where: {}) { affected_rows }
        b: insert_note(objects: [{line: "after"}]) { affected_rows }
        __typename
        c: update_note(where: {}, _set: {kind: "new"}) { returning { line kind } } }""")
    assert list(found) == ["a", "b", "__typename", "c"]
    assert found["a"] == {"affected_rows": 2}
    assert found["c"] == {"returning": [{"line": "after", "kind": "new"}]}


@pytest.mark.parametrize(
    ("last", "path"),
    [
        ('insert_book_one(object: {title: "dup", isbn: "i-1"}) { id }', "$.selectionSet.insert_book_one.args.object"),
        ("update_book(where: {}, _set: {pages: 0}) { affected_rows }", "$"),
        ("delete_book(where: {id: {_eq: 1}}) { affected_rows }", "$"),
    ],
)
def test_one_that_fails_undoes_all(writing, last, path):
    before = _rows(writing)
    error = writing.error_of(f"""mutation {{
        insert_author_one(object: {{name: "gone"}}) {{ id }}
        delete_note(where: {{}}) {{ affected_rows }}
        update_author(where: {{}}, _set: {{rating: 1}}) {{ affected_rows }}
        z: {last} }}""")
    assert error[0] == path
    assert _rows(writing) == before


def test_odd_text_comes_back_as_it_was_sent(writing):
    query = "mutation($t: String!) { insert_book_one(object: {title: $t}) { title } }"
    for text in ('𝄞 "q" \\ \n </script> \u2028', "", " ", "'; drop table book; --", "%_", "\\u0041", "٣"):
        assert writing.data_of(query, {"t": text}) == {"insert_book_one": {"title": text}}

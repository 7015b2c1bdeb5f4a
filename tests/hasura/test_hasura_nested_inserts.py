"""Inserts with others nested in them, in both directions: what is written, in which order, and what is refused (§6)."""

import pytest

from tests.fixtures.guarded_store import Who

ANSWERED = [
    # array relations: children take their parent's key
    ('insert_author(objects: [{name: "X", book: {data: [{title: "A"}, {title: "B", pages: 7}]}}]) { affected_rows returning { id book(order_by: {id: asc}) { id title pages author_id } } }',
     {"affected_rows": 3, "returning": [{"id": 5, "book": [{"id": 6, "title": "A", "pages": 100, "author_id": 5}, {"id": 7, "title": "B", "pages": 7, "author_id": 5}]}]}),
    ('insert_author(objects: [{name: "X", book: {data: []}}, {name: "Y", book: null}, {name: "Z", book: {data: {title: "one"}}}]) { affected_rows returning { name book { title } } }',
     {"affected_rows": 4, "returning": [{"name": "X", "book": []}, {"name": "Y", "book": []}, {"name": "Z", "book": [{"title": "one"}]}]}),
    ('insert_author_one(object: {name: "X", book: {data: [{title: "A"}]}}) { name book_aggregate { aggregate { count } } }', {"name": "X", "book_aggregate": {"aggregate": {"count": 1}}}),
    # object relations: the other row comes first
    ('insert_book_one(object: {title: "T", author: {data: {name: "New"}}}) { title author_id author { id name } }', {"title": "T", "author_id": 5, "author": {"id": 5, "name": "New"}}),
    ('insert_book(objects: [{title: "T", author: {data: {name: "New"}}}, {title: "U", author_id: 1}, {title: "V"}]) { affected_rows returning { title author { name } } }',
     {"affected_rows": 4, "returning": [{"title": "T", "author": {"name": "New"}}, {"title": "U", "author": {"name": "Ada"}}, {"title": "V", "author": None}]}),
    # to itself, and both at once, and deeper
    ('insert_author_one(object: {name: "X", mentor: {data: {name: "M", mentor: {data: {name: "MM"}}}}, book: {data: [{title: "A", book_genre: {data: [{genre: {data: {code: "new", label: "New"}}, weight: 3}, {genre_code: "sf"}]}}]}}) { id mentor { name mentor { name } } book { title book_genre(order_by: {weight: desc}) { weight genre { label } } } }',
     {"id": 7, "mentor": {"name": "M", "mentor": {"name": "MM"}}, "book": [{"title": "A", "book_genre": [{"weight": 3, "genre": {"label": "New"}}, {"weight": 1, "genre": {"label": "Science fiction"}}]}]}),
    # conflict rules within
    ('insert_book(objects: [{title: "T", author: {data: {name: "Ada"}, on_conflict: {constraint: author_name_key, update_columns: [name]}}}]) { affected_rows returning { author { id name } } }',
     {"affected_rows": 2, "returning": [{"author": {"id": 1, "name": "Ada"}}]}),
    ('insert_book(objects: [{title: "T", author: {data: {name: "Ada"}, on_conflict: {constraint: author_name_key, update_columns: [name]}}}, {title: "U", author: {data: {name: "Ada"}, on_conflict: {constraint: author_name_key, update_columns: [name]}}}]) { affected_rows returning { title author { id } } }',
     {"affected_rows": 4, "returning": [{"title": "T", "author": {"id": 1}}, {"title": "U", "author": {"id": 1}}]}),
    ('insert_author(objects: [{name: "X", book: {data: [{title: "A", isbn: "i-1"}, {title: "B", isbn: "new"}], on_conflict: {constraint: book_isbn_key, update_columns: [title, author_id]}}}]) { affected_rows returning { name book(order_by: {id: asc}) { title } } }',
     {"affected_rows": 3, "returning": [{"name": "X", "book": [{"title": "A"}, {"title": "B"}]}]}),
    ('insert_author(objects: [{name: "X", book: {data: [{title: "A", isbn: "i-1"}, {title: "B"}], on_conflict: {constraint: book_isbn_key}}}]) { affected_rows returning { book { title } } }',
     {"affected_rows": 2, "returning": [{"book": [{"title": "B"}]}]}),
    ('insert_author(objects: [{name: "Ada", rating: 9, book: {data: {title: "A"}}}, {name: "Y", book: {data: {title: "B"}}}], on_conflict: {constraint: author_name_key, update_columns: [rating]}) { affected_rows returning { name rating book(where: {title: {_in: ["A", "B"]}}) { title } } }',
     {"affected_rows": 4, "returning": [{"name": "Ada", "rating": 9, "book": [{"title": "A"}]}, {"name": "Y", "rating": None, "book": [{"title": "B"}]}]}),
]  # fmt: skip

FAILED, UNSUPPORTED = "validation-failed", "not-supported"
KNOWN = "columns as their values are already being determined by parent insert"
REFUSED = [
    ('insert_author(objects: [{name: "X", book: {data: [{title: "A", author_id: 1}]}}]) { affected_rows }', ".args.objects[0].book.data[0]", FAILED, f'cannot insert "author_id" {KNOWN}'),
    ('insert_author(objects: [{name: "W"}, {name: "X", book: {data: [{title: "A"}, {title: "B", author_id: 1}]}}]) { affected_rows }', ".args.objects[1].book.data[1]", FAILED, f'cannot insert "author_id" {KNOWN}'),
    ('insert_author_one(object: {name: "X", book: {data: {title: "A", author: {data: {name: "Y"}}}}}) { id }', ".args.object.book.data[0].author", FAILED, 'cannot insert object relationship "author" as "author_id" column values are already determined'),
    ('insert_book_one(object: {title: "T", author_id: 1, author: {data: {name: "New"}}}) { id }', ".args.object.author", FAILED, 'cannot insert object relationship "author" as "author_id" column values are already determined'),
    ('insert_book(objects: [{title: "T", author: {data: {name: "Ada"}, on_conflict: {constraint: author_name_key}}}]) { affected_rows }', ".args.objects[0].author", UNSUPPORTED, 'cannot proceed to insert object relation "author" since insert to table "author" affects zero rows'),
    ('insert_author(objects: [{name: "Y"}, {name: "Ada", book: {data: [{title: "A"}]}}], on_conflict: {constraint: author_name_key}) { affected_rows }', ".args.objects[1]", UNSUPPORTED, 'cannot proceed to insert array relations since insert to table "author" affects zero rows'),
    ('insert_author(objects: [{name: "X", book: {data: [{title: "A", isbn: "i-1"}]}}]) { affected_rows }', ".args.objects[0].book.data", "constraint-violation", 'Uniqueness violation. duplicate key value violates unique constraint "book_isbn_key"'),
    ('insert_author(objects: [{name: "X", book: {data: [{pages: 3}]}}]) { affected_rows }', ".args.objects[0].book.data", "constraint-violation", 'Not-NULL violation. null value in column "title" of relation "book" violates not-null constraint'),
    ('insert_author(objects: [{name: "X", book: {data: [{nope: 3}]}}]) { affected_rows }', ".args.objects[0].book.data[0].nope", FAILED, "field 'nope' not found in type: 'book_insert_input'"),
    ('insert_author(objects: [{name: "X", book: {}}]) { affected_rows }', ".args.objects[0].book.data", FAILED, "missing required field 'data'"),
    ('insert_author(objects: [{name: "X", book: {data: null}}]) { affected_rows }', ".args.objects[0].book.data", FAILED, "unexpected null value for type '[book_insert_input]'"),
    ('insert_book(objects: [{title: "T", author: {data: [{name: "New"}]}}]) { affected_rows }', ".args.objects[0].author.data", FAILED, "expected an object for type 'author_insert_input', but found a list"),
]  # fmt: skip


def _counts(library):
    return library.data_of("""{ author_aggregate { aggregate { count } } book_aggregate { aggregate { count } }
        book_genre_aggregate { aggregate { count } } genre_aggregate { aggregate { count } } }""")


@pytest.mark.parametrize(("field", "expected"), ANSWERED)
def test_answers(writing, field, expected):
    assert writing.data_of(f"mutation {{ {field} }}") == {field.partition("(")[0]: expected}


@pytest.mark.parametrize(("field", "place", "code", "message"), REFUSED)
def test_refusals(reading, field, place, code, message):
    before = _counts(reading)
    name = field.partition("(")[0]
    assert reading.error_of(f"mutation {{ {field} }}") == (f"$.selectionSet.{name}{place}", code, message)
    assert _counts(reading) == before


INSERT = """mutation($rows: [author_insert_input!]!) { insert_author(objects: $rows) {
    affected_rows returning { name mentor { name } book(order_by: {title: asc}) { title book_genre { genre { label } } } } } }"""


def test_variables_of_every_shape(writing):
    def titles(rows):
        found = writing.data_of(INSERT, {"rows": rows})["insert_author"]
        return found["affected_rows"], [[book["title"] for book in author["book"]] for author in found["returning"]]

    assert titles([{"name": "a"}]) == (1, [[]])
    assert titles([{"name": "b", "book": {"data": [{"title": "1"}]}}]) == (2, [["1"]])
    # the same shape with other numbers of rows, and rows at other places
    assert titles([{"name": "c", "book": {"data": [{"title": "1"}, {"title": "2"}]}}] * 1) == (3, [["1", "2"]])
    rows = [
        {"name": "d", "book": {"data": [{"title": "3"}]}},
        {"name": "e", "book": {"data": []}},
        {"name": "f", "book": {"data": {"title": "4"}}},
    ]
    assert titles(rows) == (5, [["3"], [], ["4"]])
    genre = {"genre": {"data": {"code": "g1", "label": "G"}}}
    deep = [
        {
            "name": "g",
            "mentor": {"data": {"name": "h"}},
            "book": {"data": [{"title": "5", "book_genre": {"data": [genre]}}]},
        }
    ]
    found = writing.data_of(INSERT, {"rows": deep})["insert_author"]
    book = {"title": "5", "book_genre": [{"genre": {"label": "G"}}]}
    assert found == {"affected_rows": 5, "returning": [{"name": "g", "mentor": {"name": "h"}, "book": [book]}]}
    path, _, message = writing.error_of(
        INSERT, {"rows": [{"name": "i", "book": {"data": [{"title": "6", "author_id": 1}]}}]}
    )
    assert (path, message) == (
        "$.selectionSet.insert_author.args.objects[0].book.data[0]",
        f'cannot insert "author_id" {KNOWN}',
    )


@pytest.mark.parametrize("times", [1, 2])
def test_variables_within(writing, times):
    query = """mutation($name: String!, $books: [book_insert_input!]!, $old: numeric, $author: author_obj_rel_insert_input) {
        insert_author_one(object: {name: $name, book: {data: $books}}) { name book(order_by: {title: asc}) { title } }
        insert_book_one(object: {title: "of", author: $author}) { author { name rating } }
        insert_genre(objects: [{code: "c", book_genre: {data: [], on_conflict: {constraint: book_genre_pkey, where: {weight: {_gt: 2}}}}, label: "x"}]) { affected_rows }
        rule: insert_author(objects: {name: "r", book: {data: {title: "changed", isbn: "i-1", price: 3},
          on_conflict: {constraint: book_isbn_key, update_columns: [title], where: {price: {_gt: $old}}}}}) { affected_rows } }"""
    author = {
        "data": {"name": "Ada", "rating": times},
        "on_conflict": {"constraint": "author_name_key", "update_columns": ["rating"]},
    }
    given = {"name": "n", "books": [{"title": str(n)} for n in range(times)], "old": 10 * times, "author": author}
    found = writing.data_of(query, given)
    assert found["insert_author_one"] == {"name": "n", "book": [{"title": str(n)} for n in range(times)]}
    assert found["insert_book_one"] == {"author": {"name": "Ada", "rating": times}}
    assert found["rule"] == {"affected_rows": 2 if times == 1 else 1}


def test_several_rules_for_one_relation(writing):
    rule = {"constraint": "book_isbn_key", "update_columns": ["title"]}
    rows = [
        {
            "name": "a",
            "book": {"data": [{"title": "kept", "isbn": "i-1"}], "on_conflict": {"constraint": "book_isbn_key"}},
        },
        {"name": "b", "book": {"data": [{"title": "changed", "isbn": "i-2"}], "on_conflict": rule}},
        {"name": "c", "book": {"data": [{"title": "new"}]}},
    ]
    assert writing.data_of(INSERT, {"rows": rows})["insert_author"]["affected_rows"] == 5
    found = writing.data_of(
        '{ book(where: {_or: [{isbn: {_in: ["i-1", "i-2"]}}, {title: {_eq: "new"}}]}, order_by: {id: asc}) { title author { name } } }'
    )
    assert [(book["title"], book["author"]["name"]) for book in found["book"]] == [
        ("Engines", "Ada"), ("changed", "Ada"), ("new", "c"),
    ]  # fmt: skip


def test_the_transaction_is_one(writing):
    before = _counts(writing)
    path, code, _ = (
        writing.error_of("""mutation { insert_author_one(object: {name: "gone", book: {data: {title: "gone"}}}) { id }
        insert_book_one(object: {title: "x", author: {data: {name: "also gone"}}, book_genre: {data: {genre_code: "nope"}}}) { id } }""")
    )
    assert (path, code) == ("$.selectionSet.insert_book_one.args.object.book_genre.data", "constraint-violation")
    assert _counts(writing) == before


def test_every_level_obeys_its_own_rules(writing):
    allowed = """mutation { insert_author_one(object: {name: "E", rating: 4, book: {data: [{title: "by E", pages: 9}]}}) {
        active book { title author_id price } } }"""
    found = writing.data_of(allowed, who=Who("editor"))["insert_author_one"]
    assert found["active"] is True  # preset, and so the check of the books holds
    assert found["book"][0]["title"] == "by E"
    checked = """mutation { insert_book_one(object: {title: "T", author: {data: {name: "F", rating: 6}}}) { id } }"""
    assert writing.error_of(checked, who=Who("editor"))[1:] == (
        "permission-error",
        "check constraint of an insert/update permission has failed",
    )
    hidden = 'mutation { insert_author_one(object: {name: "G", book: {data: [{title: "T", isbn: "x"}]}}) { id } }'
    assert writing.error_of(hidden, who=Who("editor"))[2] == "field 'isbn' not found in type: 'book_insert_input'"
    assert writing.data_of('{ author(where: {name: {_in: ["F", "G"]}}) { id } }') == {"author": []}


def test_a_preset_stands_above_the_key_that_a_relation_gives(writing):
    scribe = Who("scribe")
    nested = (
        'mutation { insert_author_one(object: {name: "S", book: {data: [{title: "preset"}]}}) { name book { title } } }'
    )
    assert writing.data_of(nested, who=scribe)["insert_author_one"] == {"name": "S", "book": []}
    above = 'mutation { insert_book_one(object: {title: "also", author: {data: {name: "T"}}}) { author_id } }'
    assert writing.data_of(above, who=scribe)["insert_book_one"] == {"author_id": 1}
    found = writing.data_of('{ book(where: {title: {_in: ["preset", "also"]}}) { author_id } }')
    assert found["book"] == [{"author_id": 1}, {"author_id": 1}]

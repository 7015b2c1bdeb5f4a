"""Names: the convention graphql-default, and names of the configuration's own (graphql.md §11)."""

import pytest
from data_service.execute.sqlite import SqliteDatabase
from graphql import build_client_schema, get_introspection_query, is_scalar_type

from tests.fixtures.guarded_store import Who
from tests.hasura import conftest
from tests.hasura.policies import POLICIES

CAMEL = POLICIES.replace("version: 1", "version: 1\ngraphql: {naming: graphql-default}")
CUSTOM = POLICIES.replace(
    "  book:\n",
    "  book:\n    graphql:\n"
    "      roots: {select: Books, select_by_pk: oneBook, insert: addBooks, insert_one: addBook, update_many: changeBooks}\n"
    "      fields: {author_id: writer, published_on: publishedOn}\n",
    1,
)


def _library(tmp_path_factory, name, config):
    folder = tmp_path_factory.mktemp(name)
    (folder / "trivet.yaml").write_text(config, encoding="utf-8")
    path, restore = conftest._sqlite(folder)
    made = conftest.Library(SqliteDatabase(path, size=2, limit=5.0), "sqlite", folder / "trivet.yaml")
    made.restore = restore
    return made


@pytest.fixture(scope="module")
def camel(tmp_path_factory):
    return _library(tmp_path_factory, "camel", CAMEL)


@pytest.fixture(scope="module")
def custom(tmp_path_factory):
    return _library(tmp_path_factory, "custom", CUSTOM)


def _schema(library, who=None):
    asked = get_introspection_query(descriptions=False)
    return build_client_schema(library.data_of(asked, **({"who": who} if who else {})))


CAMEL_ANSWERS = [
    ("{ book(where: {authorId: {_isNull: true}}) { authorId publishedOn } }", {"book": [{"authorId": None, "publishedOn": "2010-10-10"}]}),
    ("{ bookByPk(id: 3) { title bookGenreAggregate { __typename aggregate { count } } } }", {"bookByPk": {"title": "Ice_50%", "bookGenreAggregate": {"__typename": "BookGenreAggregate", "aggregate": {"count": 0}}}}),
    ("{ book(distinctOn: [authorId], orderBy: [{authorId: ASC_NULLS_FIRST}, {id: DESC}]) { id } }", {"book": [{"id": 5}, {"id": 2}, {"id": 4}]}),
    ("{ author(where: {bookAggregate: {boolAnd: {arguments: available, predicate: {_eq: true}}}}) { id __typename } }", {"author": [{"id": 1, "__typename": "Author"}]}),
    ("{ author(orderBy: {bookAggregate: {stddevPop: {pages: DESC_NULLS_LAST}}}, limit: 1) { id } }", {"author": [{"id": 1}]}),
    ('{ author(where: {bio: {_hasKeysAny: ["langs"]}}, orderBy: {id: ASC}) { id } }', {"author": [{"id": 1}, {"id": 2}]}),
    ('{ author(where: {bio: {_containedIn: {city: "Oslo", langs: [], x: 1}}}) { id } }', {"author": [{"id": 2}]}),
    ("{ bookGrouped(by: [authorId], orderBy: [{key: {authorId: ASC}}], limit: 1) { key { authorId } aggregate { count } } }", {"bookGrouped": [{"key": {"authorId": 1}, "aggregate": {"count": 2}}]}),
    ('mutation { insertBookGenreOne(object: {bookId: 3, genreCode: "sf"}, onConflict: {constraint: BOOK_GENRE_PKEY, updateColumns: [weight]}) { bookId weight } }', {"insertBookGenreOne": {"bookId": 3, "weight": 1}}),
    ('mutation { insertAuthor(objects: [{name: "N", book: {data: [{title: "T", bookGenre: {data: {genreCode: "sf"}}}]}}]) { affectedRows returning { book { bookGenre { genreCode } } } } }', {"insertAuthor": {"affectedRows": 3, "returning": [{"book": [{"bookGenre": [{"genreCode": "sf"}]}]}]}}),
    ('mutation { updateBookByPk(pkColumns: {id: 1}, _deleteKey: {meta: "tags"}) { meta } }', {"updateBookByPk": {"meta": {"lang": "en"}}}),
    ("mutation { updateBookMany(updates: [{where: {id: {_eq: 1}}, _deleteAtPath: {meta: [\"tags\", \"0\"]}}]) { affectedRows returning { meta } } }", {"updateBookMany": [{"affectedRows": 1, "returning": [{"meta": {"tags": ["y"], "lang": "en"}}]}]}),
    ("mutation { deleteBookGenre(where: {bookId: {_gt: 3}}) { n: affectedRows __typename } }", {"deleteBookGenre": {"n": 1, "__typename": "BookGenreMutationResponse"}}),
]  # fmt: skip


@pytest.mark.parametrize(("query", "expected"), CAMEL_ANSWERS)
def test_the_convention_in_use(camel, query, expected):
    try:
        assert camel.data_of(query) == expected
    finally:
        camel.restore()


def test_every_name_keeps_to_the_convention(camel):
    schema = _schema(camel)
    roots = {"query_root", "mutation_root"}
    for name, type_ in schema.type_map.items():
        if name.startswith("__") or name in roots or is_scalar_type(type_):
            continue
        assert "_" not in name, name
        assert name[0].isupper(), name
        for field, shown in getattr(type_, "fields", {}).items():
            assert "_" not in field.lstrip("_"), (name, field)
            assert all("_" not in argument.lstrip("_") for argument in getattr(shown, "args", {})), (name, field)
    assert set(schema.query_type.fields) >= {"bookGenre", "bookGenreByPk", "bookGenreAggregate", "bookGenreGrouped"}
    mutations = {
        "insertBookGenre",
        "insertBookGenreOne",
        "updateBookGenreByPk",
        "updateBookGenreMany",
        "deleteBookGenreByPk",
    }
    assert set(schema.mutation_type.fields) >= mutations
    assert {"BookBoolExp", "BookInsertInput", "IntComparisonExp", "OrderBy", "BookArrRelInsertInput"} <= set(
        schema.type_map
    )
    assert set(schema.type_map["OrderBy"].values) == {
        "ASC", "DESC", "ASC_NULLS_FIRST", "ASC_NULLS_LAST", "DESC_NULLS_FIRST", "DESC_NULLS_LAST",
    }  # fmt: skip
    assert "authorId" in schema.type_map["BookSelectColumn"].values


def test_variables_under_the_convention(camel):
    query = """query($w: BookBoolExp!, $o: [BookOrderBy!], $d: [BookSelectColumn!]) {
        book(where: $w, orderBy: $o, distinctOn: $d) { id } }"""
    given = {
        "w": {"publishedOn": {"_isNull": False}, "authorId": {"_in": ["1", 2]}},
        "o": [{"authorId": "DESC"}, {"id": "ASC"}],
    }
    assert camel.data_of(query, {**given, "d": ["authorId"]}) == {"book": [{"id": 4}, {"id": 1}]}
    rows = """mutation($r: [AuthorInsertInput!]!, $c: AuthorOnConflict) { insertAuthor(objects: $r, onConflict: $c) { affectedRows } }"""
    conflict = {"constraint": "AUTHOR_NAME_KEY", "updateColumns": ["rating"], "where": {"mentorId": {"_isNull": True}}}
    values = [
        {"name": "Ada", "rating": 1, "mentor": {"data": {"name": "Mx", "mentorId": 2}}},
        {"name": "Ny", "mentorId": 1},
    ]
    assert camel.data_of(rows, {"r": values, "c": conflict}) == {"insertAuthor": {"affectedRows": 3}}
    camel.restore()


def test_errors_under_the_convention(camel):
    asked = [
        ("{ book { author_id } }", "field 'author_id' not found in type: 'Book'"),
        ("{ book(order_by: {id: ASC}) { id } }", "'book' has no argument named 'order_by'"),
        ("{ book(orderBy: {id: asc}) { id } }", "expected one of the values ['ASC', "),
        (
            "{ book(where: {authorId: {_is_null: true}}) { id } }",
            "field '_is_null' not found in type: 'IntComparisonExp'",
        ),
        ("mutation { updateBookByPk(pkColumns: {}, _set: {pages: 1}) { id } }", "missing required field 'id'"),
        (
            "mutation { insertBookGenre(objects: {}, onConflict: {}) { affectedRows } }",
            "missing required field 'constraint'",
        ),
    ]
    for query, message in asked:
        assert camel.error_of(query)[2].startswith(message), query
    place = 'mutation { insertBookOne(object: {title: "x", isbn: "i-1"}) { id } }'
    assert camel.error_of(place)[0] == "$.selectionSet.insertBookOne.args.object"


CUSTOM_ANSWERS = [
    ("{ Books(where: {writer: {_eq: 2}}, order_by: {publishedOn: asc, id: asc}) { id writer publishedOn } }", {"Books": [{"id": 4, "writer": 2, "publishedOn": "2001-05-05"}, {"id": 3, "writer": 2, "publishedOn": None}]}),
    ("{ oneBook(id: 1) { writer author { name } } }", {"oneBook": {"writer": 1, "author": {"name": "Ada"}}}),
    ("{ book_aggregate { aggregate { count(columns: writer, distinct: true) max { publishedOn } } } }", {"book_aggregate": {"aggregate": {"count": 2, "max": {"publishedOn": "2010-10-10"}}}}),
    ('mutation { addBook(object: {title: "T", writer: 1}) { writer } }', {"addBook": {"writer": 1}}),
    ('mutation { addBooks(objects: [{title: "T", publishedOn: "2020-01-01"}]) { returning { publishedOn } } }', {"addBooks": {"returning": [{"publishedOn": "2020-01-01"}]}}),
    ("mutation { changeBooks(updates: [{where: {writer: {_eq: 2}}, _set: {writer: 1}}]) { affected_rows } }", {"changeBooks": [{"affected_rows": 2}]}),
    ("mutation { update_book_by_pk(pk_columns: {id: 1}, _set: {publishedOn: null}) { publishedOn } }", {"update_book_by_pk": {"publishedOn": None}}),
]  # fmt: skip


@pytest.mark.parametrize(("query", "expected"), CUSTOM_ANSWERS)
def test_names_of_the_configuration(custom, query, expected):
    try:
        assert custom.data_of(query) == expected
    finally:
        custom.restore()


def test_errors_know_the_names_of_the_configuration(custom):
    refused = 'mutation { addBook(object: {title: "x", isbn: "i-1"}) { id } }'
    assert custom.error_of(refused)[:2] == ("$.selectionSet.addBook.args.object", "constraint-violation")
    assert custom.error_of("{ Books { author_id } }")[2] == "field 'author_id' not found in type: 'book'"
    assert custom.error_of("{ book { id } }")[2] == "field 'book' not found in type: 'query_root'"
    reader = custom.data_of("{ Books(limit: 1, order_by: {id: asc}) { writer } }", who=Who("reader"))
    assert reader == {"Books": [{"writer": 1}]}

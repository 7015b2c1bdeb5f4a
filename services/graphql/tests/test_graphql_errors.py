"""What is refused, in which words, with which code and at which place (graphql.md §8)."""

import pytest
from contracts.problems import Problem

FAILED = "validation-failed"
CASES = [
    ("{ nope { id } }", "field 'nope' not found in type: 'query_root'", FAILED, "$.selectionSet.nope"),
    ("{ album { nope } }", "field 'nope' not found in type: 'album'", FAILED, "$.selectionSet.album.selectionSet.nope"),
    (
        "query { album { ...F } } fragment F on album { artist { nope } }",
        "field 'nope' not found in type: 'artist'",
        FAILED,
        "$.selectionSet.album.selectionSet.artist.selectionSet.nope",
    ),
    ("{ album(foo: 1) { id } }", "'album' has no argument named 'foo'", FAILED, "$.selectionSet.album"),
    ("{ album_by_pk { id } }", "missing required field 'id'", FAILED, "$.selectionSet.album_by_pk.args.id"),
    ("{ album }", "missing selection set for 'album'", FAILED, "$.selectionSet.album.selectionSet"),
    (
        "{ album { id { x } } }",
        "unexpected subselection set for non-object field",
        FAILED,
        "$.selectionSet.album.selectionSet.id",
    ),
    (
        "{ album(where: {id: {_eq: null}}) { id } }",
        "unexpected null value for type 'Int'",
        FAILED,
        "$.selectionSet.album.args.where.id._eq",
    ),
    (
        "{ album(where: {_or: [{}, {id: {_in: [1, null]}}]}) { id } }",
        "unexpected null value for type 'Int'",
        FAILED,
        "$.selectionSet.album.args.where._or[1].id._in[1]",
    ),
    (
        "{ album(where: {nope: {_eq: 1}}) { id } }",
        "field 'nope' not found in type: 'album_bool_exp'",
        FAILED,
        "$.selectionSet.album.args.where.nope",
    ),
    (
        '{ album(where: {id: {_eq: "x"}}) { id } }',
        'invalid input syntax for type integer: "x"',
        "data-exception",
        "$.selectionSet.album.args.where.id._eq",
    ),
    (
        "{ album(where: {id: {_eq: 2.5}}) { id } }",
        "expected a 32-bit integer for type 'Int', but found a float",
        FAILED,
        "$.selectionSet.album.args.where.id._eq",
    ),
    (
        "{ album(where: {id: {_eq: 3000000000}}) { id } }",
        'value "3000000000" is out of range for type integer',
        "data-exception",
        "$.selectionSet.album.args.where.id._eq",
    ),
    (
        "{ album(where: {title: {_eq: 5}}) { id } }",
        "expected a string for type 'String', but found an integer",
        FAILED,
        "$.selectionSet.album.args.where.title._eq",
    ),
    (
        "{ album(where: {title: {_eq: word}}) { id } }",
        "expected a string for type 'String', but found an enum value",
        FAILED,
        "$.selectionSet.album.args.where.title._eq",
    ),
    (
        '{ album(where: {plays: {_eq: "x"}}) { id } }',
        'invalid input syntax for type bigint: "x"',
        "data-exception",
        "$.selectionSet.album.args.where.plays._eq",
    ),
    (
        "{ artist(order_by: {id: up}) { id } }",
        "expected one of the values ['asc', 'asc_nulls_first', 'asc_nulls_last', 'desc', 'desc_nulls_first', "
        "'desc_nulls_last'] for type 'order_by', but found 'up'",
        FAILED,
        "$.selectionSet.artist.args.order_by.id",
    ),
    (
        "{ album(limit: -1) { id } }",
        "expected a non-negative 32-bit integer for type 'Int', but found an integer",
        FAILED,
        "$.selectionSet.album.args.limit",
    ),
    (
        '{ album(limit: "x") { id } }',
        "expected a non-negative 32-bit integer for type 'Int', but found a string",
        FAILED,
        "$.selectionSet.album.args.limit",
    ),
    ("{ album(offset: -1) { id } }", "OFFSET must not be negative", "data-exception", "$.selectionSet.album.args.offset"),
    (
        "{ artist { albums(distinct_on: [title], order_by: {id: asc}) { id } } }",
        '"distinct_on" columns must match initial "order_by" columns',
        FAILED,
        "$.selectionSet.artist.selectionSet.albums.args",
    ),
    (
        "mutation { update_album_by_pk(pk_columns: {id: 1}) { id } }",
        "at least one update operator must be provided",
        FAILED,
        "$.selectionSet.update_album_by_pk.args",
    ),
    (
        "mutation { update_album(where: {}, _set: {plays: 1}, _inc: {plays: 1}) { affected_rows } }",
        "Column found in multiple operators: ['plays'].",
        FAILED,
        "$.selectionSet.update_album.args",
    ),
    (
        "mutation { update_album_by_pk(pk_columns: {}, _set: {}) { id } }",
        "missing required field 'id'",
        FAILED,
        "$.selectionSet.update_album_by_pk.args.pk_columns.id",
    ),
    ("{ album(where: {id: {_eq: $x}}) { id } }", 'unbound variable "x"', FAILED, "$"),
    (
        "query($x: String) { album(where: {id: {_eq: $x}}) { id } }",
        "variable 'x' is declared as 'String', but used where 'Int' is expected",
        FAILED,
        "$.selectionSet.album.args.where.id._eq",
    ),
    ("query($x: nope) { album { id @skip(if: $x) } }", "no such type exists in the schema: 'nope'", FAILED, "$"),
    ("query($x: Int!) { album_by_pk(id: $x) { id } }", 'expecting a value for non-nullable variable: "x"', FAILED, "$"),
    ("subscription { album { id } }", "no subscriptions exist", FAILED, "$"),
    ("{ album { extra(path: \"$.\") } }", "parse json path error: $.", FAILED, "$.selectionSet.album.selectionSet.extra.args.path"),
    ("query A { album { id } } query B { album { id } }", "exactly one operation has to be present in the document when operationName is not specified", FAILED, "$"),
    ("{ album { id ", "not a valid graphql query", "parse-failed", "$.query"),
    ("", "not a valid graphql query", "parse-failed", "$.query"),
]  # fmt: skip


@pytest.mark.parametrize(("query", "message", "code", "path"), CASES)
def test_refusals(suite, query, message, code, path):
    assert suite.error(query) == (message, code, path)
    assert suite.data.asked == []


def test_variables_that_do_not_fit(suite):
    query = "query($x: [artist_bool_exp!]) { artist(where: {_and: $x}) { id } }"
    given = {"x": [{}, {"id": {"_eq": "q"}}]}
    message = 'invalid input syntax for type integer: "q"'
    place = "$.selectionSet.artist.args.where._and[1].id._eq"
    assert suite.error(query, given) == (message, "data-exception", place)
    assert suite.error("{ album { id } }", {"a": 1, "b": 2})[0] == "unexpected variables in variableValues: a, b"
    query = "query($n: Int!, $unused: Int) { album(limit: $n) { id } }"
    found = "expected a non-negative 32-bit integer for type 'Int', but found a"
    place = "$.selectionSet.album.args.limit"
    assert suite.error(query, {"n": "x"}) == (f"{found} string", FAILED, place)
    assert suite.error(query, {"n": -1}) == (f"{found} number", FAILED, place)
    assert suite.error(query, {"n": None}) == ('null value found for non-nullable type: "Int!"', FAILED, "$")
    assert suite.error(query, {"n": 1, "unused": 2})[0] == "unexpected variables in variableValues: unused"
    assert "data" in suite.ask(query, {"n": 1})


def test_the_place_of_a_variable_is_where_it_is_first_used(suite):
    query = """query($x: [Int!]) { artist { ...Some } }
        fragment Some on artist { albums(where: {_or: [{}, {id: {_in: $x}}]}) { id } }"""
    place = "$.selectionSet.artist.selectionSet.albums.args.where._or[1].id._in[1]"
    assert suite.error(query, {"x": [1, "y"]})[2] == place


def test_what_a_document_does_not_use_does_no_harm(suite):
    query = "query($x: Int = 1) @cached(ttl: 5) { album { id } } fragment Unused on album { title }"
    assert "data" in suite.ask(query)


def test_a_null_variable_in_an_operator_is_refused_but_a_missing_one_is_absent(suite):
    query = "query($x: Int) { album(where: {id: {_eq: $x}}) { id } }"
    assert suite.error(query, {"x": None})[0] == "unexpected null value for type 'Int'"
    assert "data" in suite.ask(query, {})


def test_every_error_of_a_document_is_told(suite):
    answer = suite.ask("{ album { a b } }")
    assert [error["extensions"]["path"][-1] for error in answer["errors"]] == ["a", "b"]


def test_a_syntax_error_tells_where(suite):
    (error,) = suite.ask("{\n album { id ) }")["errors"]
    assert error["locations"] == [{"line": 2, "column": 13}]
    assert "Expected Name" in error["extensions"]["internal"]


INSERT = 'mutation { insert_album(objects: [{title: "a"}]) { affected_rows } }'


@pytest.mark.parametrize(
    ("problem", "message", "code", "path"),
    [
        (
            Problem("23505", 'duplicate key value violates unique constraint "album_pkey"'),
            'Uniqueness violation. duplicate key value violates unique constraint "album_pkey"',
            "constraint-violation",
            "$.selectionSet.insert_album.args.objects",
        ),
        (
            Problem("23503", "insert or update on table …", path=("insert_album",)),
            "Foreign key violation. insert or update on table …",
            "constraint-violation",
            "$.selectionSet.insert_album.args.objects",
        ),
        (Problem("23502", "x"), "Not-NULL violation. x", "constraint-violation", "$.selectionSet.insert_album.args.objects"),
        (Problem("23514", "x"), "Check constraint violation. x", "permission-error", "$.selectionSet.insert_album.args.objects"),
        (
            Problem("42501", 'new row violates row-level security policy for table "album"', path=("insert_album", "rows", 0)),
            "check constraint of an insert/update permission has failed",
            "permission-error",
            "$.selectionSet.insert_album.args.objects[0]",
        ),
        (Problem("22P02", "x", path=("insert_album", "rows", 0)), "x", "data-exception", "$.selectionSet.insert_album.args.objects[0]"),
        (Problem("PGRST303", "JWT expired"), "Could not verify JWT: JWTExpired", "invalid-jwt", "$.selectionSet.insert_album"),
        (Problem("57014", "x"), "x", "time-limit-exceeded", "$.selectionSet.insert_album"),
    ],
)  # fmt: skip
def test_problems_of_data(suite, problem, message, code, path):
    suite.data.problem = problem
    assert suite.error(INSERT) == (message, code, path)


def test_a_problem_deep_in_an_operation_is_placed_in_the_document(suite):
    suite.data.problem = Problem("22P02", "x", path=("a", "b", "filter"))
    query = "{ a: artist { ...F } album { id } } fragment F on artist { b: albums(where: {id: {_eq: 1}}) { id } }"
    assert suite.error(query)[2] == "$.selectionSet.artist.selectionSet.albums.args.where"


@pytest.mark.parametrize(
    ("problem", "legacy", "strict"),
    [
        (Problem("23505", "x"), 200, 200),
        (Problem("42501", "x"), 200, 403),
        (Problem("PGRST301", "x"), 200, 401),
        (Problem("PGRST205", "x"), 200, 400),
        (Problem("TRV105", "x"), 429, 429),
        (Problem("PGRST000", "x"), 503, 503),
        (Problem("57014", "x"), 200, 200),
        (Problem("XX000", "x"), 500, 500),
    ],
)
def test_the_status_of_each_kind_of_problem(suite, problem, legacy, strict):
    suite.data.problem = problem
    for accept, status in (("*/*", legacy), ("application/graphql-response+json", strict)):
        response = suite.http.post("/graphql", json={"query": "{ album { id } }"}, headers={"Accept": accept})
        assert response.status_code == status
        assert ("data" in response.get_json()) == (accept != "*/*" and status == 200)
        assert ("Retry-After" in response.headers) == (status in (429, 503))


def test_a_document_too_deep_or_too_large(suite):
    deep = "{ artist " + "{ albums { artist " * 30 + "{ id }" + "} }" * 30 + " }"
    assert suite.error(deep)[1] == "depth-limit-exceeded"
    wide = "{ album { ...A } } fragment A on album { " + " ".join(f"a{i}: id" for i in range(80)) + " ...B }"
    bomb = wide + "fragment B on album { " + " ".join(f"b{i}: artist {{ albums {{ ...C }} }}" for i in range(80)) + " }"
    bomb += "fragment C on album { " + " ".join(f"c{i}: id" for i in range(80)) + " }"
    assert suite.error(bomb)[1] == "node-limit-exceeded"
    assert suite.error("{ a(b: " + "[" * 5000 + "]" * 5000 + ") }")[1] in ("depth-limit-exceeded", "parse-failed")
    assert suite.error("{ ...A } fragment A on query_root { ...A }")[0] == "the fragment definition(s) A form a cycle"


def test_introspection_can_not_be_multiplied(suite):
    many = " ".join(f"s{i}: __schema {{ types {{ name }} }}" for i in range(6))
    assert suite.error("{ " + many + " }")[1] == "node-limit-exceeded"

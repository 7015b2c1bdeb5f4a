"""Documents: variables, fragments, directives, aliases, several operations, introspection (graphql.md §§1, 7, 8)."""

import pytest

FAILED = "validation-failed"
ONE = "query($id: Int!) { book_by_pk(id: $id) { id } }"
ANSWERED = [
    # variables
    (ONE, {"id": 1}, {"book_by_pk": {"id": 1}}),
    (ONE, {"id": "1"}, {"book_by_pk": {"id": 1}}),
    (ONE, {"id": 1.0}, {"book_by_pk": {"id": 1}}),
    (ONE, {"id": 99}, {"book_by_pk": None}),
    ("query($id: Int! = 2) { book_by_pk(id: $id) { id } }", None, {"book_by_pk": {"id": 2}}),
    ("query($id: Int = 2) { book_by_pk(id: $id) { id } }", {}, {"book_by_pk": {"id": 2}}),
    ("query($id: Int! = 2) { book_by_pk(id: $id) { id } }", {"id": 3}, {"book_by_pk": {"id": 3}}),
    ("query($id: Int!, $unused: Int) { book_by_pk(id: $id) { id } }", {"id": 1}, {"book_by_pk": {"id": 1}}),
    ("query($w: book_bool_exp) { book(where: $w, limit: 1, order_by: {id: asc}) { id } }", {}, {"book": [{"id": 1}]}),
    ("query($w: book_bool_exp) { book(where: $w, limit: 1, order_by: {id: asc}) { id } }", {"w": None}, {"book": [{"id": 1}]}),
    ("query($w: [book_bool_exp!]) { book(where: {_or: $w}, order_by: {id: asc}) { id } }", {"w": [{"id": {"_eq": 1}}, {"title": {"_eq": "Notes"}}]}, {"book": [{"id": 1}, {"id": 2}]}),
    ("query($w: [book_bool_exp!]!) { book(where: {_and: $w}) { id } }", {"w": {"id": {"_eq": 1}}}, {"book": [{"id": 1}]}),
    ("query($w: book_bool_exp!) { book(where: {_and: [$w, {id: {_lt: 3}}]}) { id } }", {"w": {"id": {"_gt": 1}}}, {"book": [{"id": 2}]}),
    ("query($x: Int) { book(where: {id: {_eq: $x, _lt: 2}}) { id } }", {}, {"book": [{"id": 1}]}),
    ("query($x: Int_comparison_exp) { book(where: {id: $x, pages: {_eq: 50}}) { id } }", {}, {"book": [{"id": 5}]}),
    ("query($x: Boolean) { book(where: {price: {_is_null: $x}, id: {_eq: 1}}) { id } }", {}, {"book": [{"id": 1}]}),
    ("query($x: [Int!]) { book(where: {id: {_in: $x}}, order_by: {id: asc}) { id } }", {"x": ["1", 2]}, {"book": [{"id": 1}, {"id": 2}]}),
    ("query($x: [Int!]) { book(where: {id: {_in: $x}}) { id } }", {"x": 3}, {"book": [{"id": 3}]}),
    ("query($x: Int!) { book(where: {id: {_in: [$x, 2]}}, order_by: {id: asc}) { id } }", {"x": 1}, {"book": [{"id": 1}, {"id": 2}]}),
    ("query($p: numeric) { book(where: {price: {_eq: $p}}) { id } }", {"p": "5"}, {"book": [{"id": 2}]}),
    ("query($p: date) { book(where: {published_on: {_lt: $p}, pages: {_eq: 120}}) { id } }", {"p": "1900-01-01"}, {"book": [{"id": 2}]}),
    ("query($p: jsonb) { book(where: {meta: {_eq: $p}}) { id } }", {"p": {"lang": "en"}}, {"book": [{"id": 4}]}),
    ("query($p: jsonb) { book(where: {meta: {_contains: {lang: $p}}, id: {_eq: 2}}) { id } }", {"p": "fr"}, {"book": [{"id": 2}]}),
    ("query($o: order_by = desc) { genre(order_by: {code: $o}, limit: 1) { code } }", None, {"genre": [{"code": "sf"}]}),
    # directives
    ("query($t: Boolean!) { book_by_pk(id: 1) { id title @include(if: $t) } }", {"t": False}, {"book_by_pk": {"id": 1}}),
    ("query($t: Boolean!) { book_by_pk(id: 1) { id title @skip(if: $t) } }", {"t": False}, {"book_by_pk": {"id": 1, "title": "Engines"}}),
    ("query($t: Boolean!) { book_by_pk(id: 1) { id title @skip(if: $t) @include(if: $t) } }", {"t": True}, {"book_by_pk": {"id": 1}}),
    ("query($t: Boolean = false) { book_by_pk(id: 1) { id title @include(if: $t) } }", None, {"book_by_pk": {"id": 1}}),
    ("{ a: book_by_pk(id: 1) @skip(if: true) { id } b: book_by_pk(id: 2) { id } }", None, {"b": {"id": 2}}),
    ("{ book_by_pk(id: 1) { ... @include(if: false) { title } id } }", None, {"book_by_pk": {"id": 1}}),
    ("{ book_by_pk(id: 1) { ...F @skip(if: true) id } } fragment F on book { title }", None, {"book_by_pk": {"id": 1}}),
    ("query @cached { book_by_pk(id: 1) { id } }", None, {"book_by_pk": {"id": 1}}),
    ("query($t: Int!) @cached(ttl: $t, refresh: true) { book_by_pk(id: 1) { id } }", {"t": 5}, {"book_by_pk": {"id": 1}}),
    # fragments, aliases, merging
    ("{ book_by_pk(id: 1) { ...F } } fragment F on book { id ...G } fragment G on book { title }", None, {"book_by_pk": {"id": 1, "title": "Engines"}}),
    ("query($i: Int!) { ...F } fragment F on query_root { book_by_pk(id: $i) { id } }", {"i": 2}, {"book_by_pk": {"id": 2}}),
    ("{ book_by_pk(id: 1) { id } } fragment Unused on book { title }", None, {"book_by_pk": {"id": 1}}),
    ("{ book_by_pk(id: 1) { ...F ... on book { title } title } } fragment F on book { id title }", None, {"book_by_pk": {"id": 1, "title": "Engines"}}),
    ("{ a: book_by_pk(id: 1) { y: title x: id id } b: book_by_pk(id: 2) { id } }", None, {"a": {"y": "Engines", "x": 1, "id": 1}, "b": {"id": 2}}),
    ("{ book_by_pk(id: 1) { id } book_by_pk(id: 1) { title } }", None, {"book_by_pk": {"id": 1, "title": "Engines"}}),
    ("{ book_by_pk(id: 1) { author { id } author { name } } }", None, {"book_by_pk": {"author": {"id": 1, "name": "Ada"}}}),
    (f"{{ book_by_pk(id: 1) {{ {'k' * 90}: id }} }}", None, {"book_by_pk": {"k" * 90: 1}}),
    # keys, relations, JSON paths
    ('{ book_by_pk(id: "1") { id } }', None, {"book_by_pk": {"id": 1}}),
    ("{ loan_by_pk(book_id: 1, number: 2) { reader book { title } } }", None, {"loan_by_pk": {"reader": "Ben", "book": {"title": "Engines"}}}),
    ('{ genre_by_pk(code: "sf") { label book(order_by: {id: asc}) { id } } }', None, {"genre_by_pk": {"label": "Science fiction", "book": [{"id": 1}, {"id": 4}]}}),
    ("{ book_by_pk(id: 5) { author { id } loan { number } } }", None, {"book_by_pk": {"author": None, "loan": []}}),
    ("{ author_by_pk(id: 1) { a: bio(path: \"$.langs[0]\") b: bio(path: \"langs[1]\") c: bio(path: \"n.a\") d: bio(path: \"['city']\") e: bio(path: \"no.where\") } }", None, {"author_by_pk": {"a": "en", "b": "fr", "c": 1, "d": "London", "e": None}}),
    ('{ author_by_pk(id: 4) { a: bio(path: "[0]") b: bio(path: "$[1]") c: bio(path: "[2]") d: bio(path: "$") e: bio(path: null) } }', None, {"author_by_pk": {"a": 1, "b": "x", "c": None, "d": [1, "x", None], "e": [1, "x", None]}}),
    ("#comment\n\ufeff{ book_by_pk(id: 1) #x\n{ id, title, } }", None, {"book_by_pk": {"id": 1, "title": "Engines"}}),
    ("{ shelf(where: {author_id: {_eq: 1}}) { pages } }", None, {"shelf": [{"pages": 420}]}),
    # introspection
    ("{ __typename }", None, {"__typename": "query_root"}),
    ("mutation { __typename }", None, {"__typename": "mutation_root"}),
    ('{ b: __typename book_by_pk(id: 1) { id } __type(name: "book") { name } a: __typename }', None, {"b": "query_root", "book_by_pk": {"id": 1}, "__type": {"name": "book"}, "a": "query_root"}),
    ('{ __type(name: "nope") { name } }', None, {"__type": None}),
    ("query($n: String!) { __type(name: $n) { kind ...F } } fragment F on __Type { name }", {"n": "order_by"}, {"__type": {"kind": "ENUM", "name": "order_by"}}),
    ("{ __schema { queryType { name } mutationType { name } subscriptionType { name } } }", None, {"__schema": {"queryType": {"name": "query_root"}, "mutationType": {"name": "mutation_root"}, "subscriptionType": None}}),
]  # fmt: skip
REFUSED = [
    # variables
    (ONE, None, "$", FAILED, 'expecting a value for non-nullable variable: "id"'),
    (ONE, {"id": None}, "$", FAILED, 'null value found for non-nullable type: "Int!"'),
    (ONE, {"id": 1, "more": 2}, "$", FAILED, "unexpected variables in variableValues: more"),
    ("query($id: Int!, $u: Int) { book_by_pk(id: $id) { id } }", {"id": 1, "u": 2}, "$", FAILED, "unexpected variables in variableValues: u"),
    (ONE, {"id": "x"}, "$.selectionSet.book_by_pk.args.id", "data-exception", 'invalid input syntax for type integer: "x"'),
    (ONE, {"id": 1.5}, "$.selectionSet.book_by_pk.args.id", FAILED, "expected a 32-bit integer for type 'Int', but found a number"),
    (ONE, {"id": [1]}, "$.selectionSet.book_by_pk.args.id", FAILED, "expected a 32-bit integer for type 'Int', but found a list"),
    (ONE, {"id": True}, "$.selectionSet.book_by_pk.args.id", FAILED, "expected a 32-bit integer for type 'Int', but found a boolean"),
    ("query($id: Int) { book_by_pk(id: $id) { id } }", {"id": 1}, "$.selectionSet.book_by_pk.args.id", FAILED, "variable 'id' is declared as 'Int', but used where 'Int!' is expected"),
    ("query($id: String!) { book_by_pk(id: $id) { id } }", {"id": "1"}, "$.selectionSet.book_by_pk.args.id", FAILED, "variable 'id' is declared as 'String!', but used where 'Int!' is expected"),
    ("query($x: nope) { book { id @skip(if: $x) } }", None, "$", FAILED, "no such type exists in the schema: 'nope'"),
    ("{ book_by_pk(id: $id) { id } }", {"id": 1}, "$", FAILED, 'unbound variable "id"'),
    ("query($w: book_bool_exp) { book(where: $w) { id } }", {"w": {"nope": 1}}, "$.selectionSet.book.args.where.nope", FAILED, "field 'nope' not found in type: 'book_bool_exp'"),
    ("query($w: book_bool_exp) { book(where: $w) { id } }", {"w": {"id": {"_eq": None}}}, "$.selectionSet.book.args.where.id._eq", FAILED, "unexpected null value for type 'Int'"),
    ("query($x: Int) { book(where: {id: {_eq: $x}}) { id } }", {"x": None}, "$.selectionSet.book.args.where.id._eq", FAILED, "unexpected null value for type 'Int'"),
    ("query($w: book_bool_exp) { author { book(where: $w) { id } } }", {"w": []}, "$.selectionSet.author.selectionSet.book.args.where", FAILED, "expected an object for type 'book_bool_exp', but found a list"),
    ("query($w: book_bool_exp) { book(where: {_and: [$w]}) { id } }", {}, "$.selectionSet.book.args.where._and[0]", FAILED, "variable 'w' is declared as 'book_bool_exp', but used where 'book_bool_exp!' is expected"),
    ("query($t: Boolean!) { book { id @include(if: $t) } }", {"t": "yes"}, "$.selectionSet.book.selectionSet.include.args.if", FAILED, "expected a boolean for type 'Boolean', but found a string"),
    ("query($p: bigint) { book(where: {sold: {_eq: $p}}) { id } }", {"p": "99999999999999999999"}, "$.selectionSet.book.args.where.sold._eq", "data-exception", 'value "99999999999999999999" is out of range for type bigint'),
    # directives and fragments
    ("{ book { id @nope } }", None, "$.selectionSet.book.selectionSet", FAILED, "directive 'nope' is not defined in the schema"),
    ("{ book { id @include(if: 1) } }", None, "$.selectionSet.book.selectionSet.include.args.if", FAILED, "expected a boolean for type 'Boolean', but found an integer"),
    ("{ book { ...F } } fragment F on book { ...G } fragment G on book { ...F }", None, "$.selectionSet.book.selectionSet.F.selectionSet.G.selectionSet", FAILED, "the fragment definition(s) F and G form a cycle"),
    ("{ book { ...Nope } }", None, "$.selectionSet.book.selectionSet", FAILED, 'reference to undefined fragment "Nope"'),
    ("{ book { ...F } } fragment F on nope { id }", None, "$.selectionSet.book", FAILED, "no such type exists in the schema: 'nope'"),
    # merging
    ("{ book_by_pk(id: 1) { x: id x: title } }", None, "$.selectionSet.book_by_pk.selectionSet", FAILED, "selection of both 'id' and 'title' specify the same response name, 'x'"),
    # fields and arguments
    ("{ nope { id } }", None, "$.selectionSet.nope", FAILED, "field 'nope' not found in type: 'query_root'"),
    ("{ book { nope } }", None, "$.selectionSet.book.selectionSet.nope", FAILED, "field 'nope' not found in type: 'book'"),
    ("{ book { author { nope } } }", None, "$.selectionSet.book.selectionSet.author.selectionSet.nope", FAILED, "field 'nope' not found in type: 'author'"),
    ("mutation { nope }", None, "$.selectionSet.nope", FAILED, "field 'nope' not found in type: 'mutation_root'"),
    ("{ book }", None, "$.selectionSet.book.selectionSet", FAILED, "missing selection set for 'book'"),
    ("{ book { id { x } } }", None, "$.selectionSet.book.selectionSet.id", FAILED, "unexpected subselection set for non-object field"),
    ("{ book(nope: 1) { id } }", None, "$.selectionSet.book", FAILED, "'book' has no argument named 'nope'"),
    ("{ book_by_pk { id } }", None, "$.selectionSet.book_by_pk.args.id", FAILED, "missing required field 'id'"),
    ("{ loan_by_pk(book_id: 1) { reader } }", None, "$.selectionSet.loan_by_pk.args.number", FAILED, "missing required field 'number'"),
    ("{ book_by_pk(id: null) { id } }", None, "$.selectionSet.book_by_pk.args.id", FAILED, "unexpected null value for type 'Int'"),
    ("{ genre_by_pk(code: sf) { label } }", None, "$.selectionSet.genre_by_pk.args.code", FAILED, "expected a string for type 'String', but found an enum value"),
    ("{ note_by_pk(id: 1) { line } }", None, "$.selectionSet.note_by_pk", FAILED, "field 'note_by_pk' not found in type: 'query_root'"),
    ("mutation { insert_shelf(objects: []) { affected_rows } }", None, "$.selectionSet.insert_shelf", FAILED, "field 'insert_shelf' not found in type: 'mutation_root'"),
    ('{ author { bio(path: "[") } }', None, "$.selectionSet.author.selectionSet.bio.args.path", FAILED, "parse json path error: ["),
    ('{ author { name(path: "x") } }', None, "$.selectionSet.author.selectionSet.name", FAILED, "'name' has no argument named 'path'"),
    # operations and syntax
    ("subscription { book { id } }", None, "$", FAILED, "no subscriptions exist"),
    ("query A { book { id } } query B { book { id } }", None, "$", FAILED, "exactly one operation has to be present in the document when operationName is not specified"),
    ("fragment F on book { id }", None, "$", FAILED, "exactly one operation has to be present in the document when operationName is not specified"),
    ("", None, "$.query", "parse-failed", "not a valid graphql query"),
    ("{ book { id }", None, "$.query", "parse-failed", "not a valid graphql query"),
    ("{ book { } }", None, "$.query", "parse-failed", "not a valid graphql query"),
    ('{ book(where: {title: {_eq: "\\ud834"}}) { id } }', None, "$.query", "parse-failed", "not a valid graphql query"),
    ("{ __schema { nope } }", None, "$.selectionSet.__schema.selectionSet.nope", FAILED, "field 'nope' not found in type: '__Schema'"),
    ("{ __type { name } }", None, "$.selectionSet.__type.args.name", FAILED, "missing required field 'name'"),
    ("mutation { __schema { queryType { name } } }", None, "$.selectionSet.__schema", FAILED, "field '__schema' not found in type: 'mutation_root'"),
]  # fmt: skip


@pytest.mark.parametrize(("query", "variables", "expected"), ANSWERED)
def test_answers(reading, query, variables, expected):
    found = reading.data_of(query, variables)
    assert found == expected
    assert list(found) == list(expected)  # keys stand in the order of the selection


@pytest.mark.parametrize(("query", "variables", "path", "code", "message"), REFUSED)
def test_refusals(reading, query, variables, path, code, message):
    assert reading.error_of(query, variables) == (path, code, message)


def test_the_operation_that_is_named(reading):
    query = """query A($id: Int!) { book_by_pk(id: $id) { id } } query B { book_by_pk(id: 2) { id } }
        mutation C { __typename }"""
    assert reading.ask(query, {"id": 1}, name="A") == {"data": {"book_by_pk": {"id": 1}}}
    assert reading.ask(query, None, name="B") == {"data": {"book_by_pk": {"id": 2}}}
    assert reading.ask(query, {}, name="C") == {"data": {"__typename": "mutation_root"}}
    (error,) = reading.ask(query, None, name="D")["errors"]
    assert error["message"] == 'no such operation found in the document: "D"'
    (error,) = reading.ask(query, {"id": 1}, name="B")["errors"]
    assert error["message"] == "unexpected variables in variableValues: id"


def test_only_the_operation_that_is_asked_for_has_to_be_valid(reading):
    query = """query Bad { nope { ...F } } query Good { ...F } query Worse { ...Missing }
        fragment F on query_root { book_by_pk(id: 1) { id } }"""
    assert reading.ask(query, name="Good") == {"data": {"book_by_pk": {"id": 1}}}
    assert reading.ask(query, name="Good") == {"data": {"book_by_pk": {"id": 1}}}  # now that it is known
    for name, message in (
        ("Bad", "field 'nope' not found in type: 'query_root'"),
        ("Worse", 'reference to undefined fragment "Missing"'),
    ):
        assert reading.ask(query, name=name)["errors"][0]["message"] == message
    (error,) = reading.ask(query)["errors"]
    assert error["message"].startswith("exactly one operation has to be present")
    assert len(reading.ask("query A { a } query B { b }", name="A")["errors"]) == 2  # none is good: all is told
    twice = reading.ask("query A { book { id } } query A { genre { code } }", name="A")["errors"]
    assert [error["extensions"]["code"] for error in twice] == [FAILED]


def test_errors_come_without_data_and_all_that_were_found(reading):
    answer = reading.ask("{ book { nope author { nope } } genre(limit: -1) { code } }")
    assert list(answer) == ["errors"]
    assert [error["extensions"]["path"] for error in answer["errors"]] == [
        "$.selectionSet.book.selectionSet.nope",
        "$.selectionSet.book.selectionSet.author.selectionSet.nope",
    ]


def test_a_batch_is_answered_in_order_each_on_its_own(writing):
    batch = [
        {"query": ONE, "variables": {"id": 1}},
        {"query": "{ nope }"},
        {"query": 'mutation { insert_note_one(object: {line: "batch"}) { line } }'},
        {"query": '{ note(where: {line: {_eq: "batch"}}) { line } }'},
    ]
    response = writing.post(batch)
    assert response.status_code == 200
    first, second, third, fourth = response.get_json()
    assert first == {"data": {"book_by_pk": {"id": 1}}}
    assert second["errors"][0]["extensions"]["path"] == "$.selectionSet.nope"
    assert third == {"data": {"insert_note_one": {"line": "batch"}}}
    assert fourth == {"data": {"note": [{"line": "batch"}]}}


def test_introspection_has_the_same_order_every_time(reading):
    query = """{ __schema { types { name fields { name args { name } } inputFields { name } enumValues { name } }
        directives { name args { name defaultValue } locations } } }"""
    first = reading.data_of(query)["__schema"]
    reading.data.refresh(force=True)
    assert reading.data_of(query)["__schema"] == first
    cached = {
        "name": "cached",
        "args": [{"name": "ttl", "defaultValue": "60"}, {"name": "refresh", "defaultValue": "false"}],
        "locations": ["QUERY"],
    }
    assert cached in first["directives"]

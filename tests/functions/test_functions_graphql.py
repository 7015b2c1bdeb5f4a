"""Functions by GraphQL, in Hasura's form (spec: graphql.md §2)."""

from decimal import Decimal

import pytest
from contracts.operations import Read

from tests.fixtures.guarded_store import ADMIN, Suite, Who, exact

CLERK = Who("clerk")


def data_of(suite: Suite, query: str, who: Who = ADMIN, **variables):
    answer = exact(suite.ask(query, who, **variables).data)
    assert list(answer) == ["data"], answer
    return answer["data"]


def error_of(suite: Suite, query: str, who: Who = ADMIN, **variables):
    (error,) = exact(suite.ask(query, who, **variables).data)["errors"]
    return error["message"], error["extensions"]["code"], error["extensions"]["path"]


def logged(suite: Suite) -> list[str]:
    return [row["what"] for row in suite.run(Read("log"))]


@pytest.fixture(autouse=True)
def _empty_log(suite: Suite):
    yield
    suite.restore()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("{ add(args: {a: 1}) }", {"add": 3}),
        ("{ sum: add(args: {a: 1, b: 5}) }", {"sum": 6}),
        ("{ add(args: {a: null}) }", {"add": None}),
        ("{ numbers(args: {n: 3}) }", {"numbers": [1, 2, 3]}),
        ("{ a_record }", {"a_record": {"x": 1, "y": "a"}}),
        ("{ some_records(args: {n: 2}) }", {"some_records": [{"x": 1, "y": True}, {"x": 2, "y": True}]}),
        ("{ nothing_there }", {"nothing_there": None}),
        ("{ outs { low high __typename } }", {"outs": {"low": 1, "high": 9, "__typename": "outs"}}),
        ("{ pairs(args: {n: 3}, where: {x: {_gt: 1}}, order_by: {y: desc}, limit: 1) { y } }",
         {"pairs": [{"y": Decimal("4.50")}]}),
        ("{ pairs_aggregate(args: {n: 3}) { aggregate { count max { y } } nodes { x } } }",
         {"pairs_aggregate": {"aggregate": {"count": 3, "max": {"y": Decimal("4.50")}},
                              "nodes": [{"x": 1}, {"x": 2}, {"x": 3}]}}),
        ("{ shops(where: {id: {_eq: 1}}) { name city { name } } }",
         {"shops": [{"name": "Baker", "city": {"name": "Graz"}}]}),
        ("{ shop_of(args: {which: 2}) { id } }", {"shop_of": {"id": 2}}),
        ("{ shop_of(args: {which: 9}) { id } }", {"shop_of": None}),
        ('{ joined(args: {parts: ["a", "b"]}) }', {"joined": "a-b"}),
        ("{ joined }", {"joined": ""}),
        ("{ whole(args: {body: {any: [1]}}) }", {"whole": {"any": [1]}}),
        ('{ shout(args: {body: "hey"}) }', {"shout": "HEY"}),
        ('{ bytes_back(args: {body: "\\\\x00"}) }', {"bytes_back": "\\x00ff"}),
        ("{ moods }", {"moods": ["ok", "sad"]}),
        ("{ add(args: {a: 1}) city { id } top: shops(limit: 1) { id } }",
         {"add": 3, "city": [{"id": 1}, {"id": 2}], "top": [{"id": 3}]}),
    ],
)  # fmt: skip
def test_what_comes_back(suite: Suite, query: str, expected) -> None:
    assert data_of(suite, query) == expected


def test_variables(suite: Suite) -> None:
    query = "query($args: pairs_args!, $most: Int) { pairs(args: $args, limit: $most) { x } }"
    for most in (1, 2):
        assert data_of(suite, query, args={"n": 5}, most=most) == {"pairs": [{"x": n + 1} for n in range(most)]}
    assert data_of(suite, "query($n: Int) { numbers(args: {n: $n}) }", n=2) == {"numbers": [1, 2]}
    assert data_of(suite, "query($n: Int) { numbers(args: {n: $n}) }", n=1) == {"numbers": [1]}


def test_arguments_of_every_kind(suite: Suite) -> None:
    query = "query($args: described_args!) { described(args: $args) }"
    args = {
        "j": {"k": [1]}, "n": ["1.5", 2], "m": "ok", "a": {"street": "Ring", "no": 7}, "at": "2024-01-31T10:00Z",
        "b": "\\x00ff", "ok": True, "on_day": "2024-02-29",
    }  # fmt: skip
    assert data_of(suite, query, args=args) == {
        "described": [
            {"k": [1]}, [Decimal("1.5"), 2], "ok", {"street": "Ring", "no": 7}, "2024-01-31T10:00:00", "\\x00ff", True,
            "2024-02-29",
        ]
    }  # fmt: skip


def test_what_writes_is_a_mutation(suite: Suite) -> None:
    mutation = 'mutation { note(args: {what: "a"}) write_log(args: {what: "b"}) { what } }'
    assert data_of(suite, mutation) == {"note": None, "write_log": [{"what": "b"}, {"what": "b!"}]}
    assert logged(suite) == ["a", "b", "b!"]
    assert error_of(suite, '{ note(args: {what: "a"}) }')[0] == "field 'note' not found in type: 'query_root'"


def test_all_or_nothing(suite: Suite) -> None:
    mutation = 'mutation { note(args: {what: "a"}) refuse }'
    message, _, path = error_of(suite, mutation)
    assert (message, path) == ("Pay first", "$.selectionSet.refuse")
    assert logged(suite) == []


def test_refusals(suite: Suite) -> None:
    others = "j: null, n: null, a: null, at: null, b: null, ok: null, on_day: null"
    message, code, path = error_of(suite, f'{{ described(args: {{m: "glad", {others}}}) }}')
    assert (message, code) == ('invalid input value for enum mood: "glad"', "data-exception")
    assert path == "$.selectionSet.described"
    assert error_of(suite, "{ add(args: {c: 1}) }")[1] == "validation-failed"
    omitted = ("Non default arguments cannot be omitted", "not-supported", "$.selectionSet.add.args.args")
    assert error_of(suite, "{ add(args: {b: 1}) }") == omitted
    assert error_of(suite, "{ add }")[1] == "validation-failed"
    omitted = ("Non default arguments cannot be omitted", "not-supported", "$.selectionSet.add.args.args")
    assert error_of(suite, "{ add(args: {b: 1}) }") == omitted
    assert error_of(suite, "{ numbers(args: {n: 1}) }", CLERK)[0] == "field 'numbers' not found in type: 'query_root'"
    assert error_of(suite, "{ twin(args: {a: 1}) }")[0] == "field 'twin' not found in type: 'query_root'"


def test_roles(suite: Suite) -> None:
    assert data_of(suite, "{ shops { id } shops_aggregate { aggregate { count } } }", CLERK) == {
        "shops": [{"id": 2}, {"id": 1}],
        "shops_aggregate": {"aggregate": {"count": 2}},
    }
    assert data_of(suite, "{ shop_of(args: {which: 3}) { secret } }", CLERK) == {"shop_of": {"secret": "c"}}
    assert error_of(suite, "{ shops { secret } }", CLERK)[1] == "validation-failed"


def test_introspection(suite: Suite) -> None:
    query = """{ __schema { queryType { fields { name description args { name type { kind ofType { name } name } } } } }
        args: __type(name: "add_args") { inputFields { name type { name } } }
        pairs: __type(name: "pairs") { fields { name type { name } } } }"""
    found = data_of(suite, query)
    fields = {field["name"]: field for field in found["__schema"]["queryType"]["fields"]}
    assert fields["add"]["description"] == "The sum of both numbers"
    assert fields["add"]["args"] == [
        {"name": "args", "type": {"kind": "NON_NULL", "ofType": {"name": "add_args"}, "name": None}}
    ]
    assert [arg["name"] for arg in fields["shops"]["args"]] == [
        "args", "distinct_on", "limit", "offset", "order_by", "where",
    ]  # fmt: skip
    assert [field["name"] for field in found["args"]["inputFields"]] == ["a", "b"]
    assert found["pairs"]["fields"] == [
        {"name": "x", "type": {"name": "Int"}}, {"name": "y", "type": {"name": "numeric"}},
    ]  # fmt: skip

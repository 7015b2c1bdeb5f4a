"""The types that only PostgreSQL has: in answers, filters, aggregates and mutations (graphql.md §5)."""

from decimal import Decimal

import pytest

pytestmark = pytest.mark.parametrize("reading", ["postgresql"], indirect=True, scope="session")
ONE, TWO = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"
FILTERS = [
    (f'{{id: {{_eq: "{ONE}"}}}}', [ONE]),
    (f'{{id: {{_in: ["{TWO}"]}}}}', [TWO]),
    ('{mood: {_eq: "calm"}}', [ONE]),
    ("{mood: {_eq: calm}}", [ONE]),
    ('{mood: {_in: ["calm", "wild"]}}', [ONE, TWO]),
    ("{tags: {_eq: []}}", [TWO]),
    ('{tags: {_in: [["a", "b"], []]}}', [ONE, TWO]),
    ('{tags: {_nin: [["a", "b"]]}}', [TWO]),
    ('{tags: {_contains: ["a"]}}', [ONE]),
    ('{tags: {_contained_in: ["a", "b", "c"]}}', [ONE, TWO]),
    ("{numbers: {_contains: [1]}}", [ONE]),
    ("{numbers: {_is_null: true}}", [TWO]),
    ('{nick: {_eq: "NICK"}}', [ONE]),
    ('{nick: {_like: "n%"}}', [ONE]),
    ('{nick: {_in: ["NICK", "OTHER"]}}', [ONE, TWO]),
    ("{plain: {_eq: {a: 1}}}", [ONE]),
    ("{doc: {_contains: {a: {b: [2]}}}}", [ONE]),
    ('{doc: {_contains: "k"}}', [TWO]),
    ("{doc: {_contains: 2}}", [TWO]),
    ('{doc: {_has_key: "k"}}', [TWO]),
    ('{addr: {_eq: "10.0.0.1"}}', [ONE]),
    ('{span: {_gt: "1 hour"}}', [ONE]),
    ('{at: {_eq: "2020-01-01T10:00:00Z"}}', [ONE]),
    ('{clock: {_lt: "11:00"}}', [ONE]),
    ('{clock_z: {_eq: "10:00+02"}}', [ONE]),
    ('{small: {_eq: "7"}}', [ONE]),
    ("{ratio: {_gte: 1.5}}", [ONE]),
    ('{days: {_eq: "[2020-01-01,2020-02-01)"}}', [ONE]),
    ('{code: {_eq: "ab"}}', [ONE]),
    ('{code: {_like: "a%"}}', [ONE]),
    ('{cash: {_gt: "1.00"}}', [ONE]),
    ("{twice: {_eq: 14}}", [ONE]),
]
REFUSED = [
    ('special(where: {id: {_eq: "bad"}}) { id }', 'invalid input syntax for type uuid: "bad"'),
    ('special_by_pk(id: "bad") { id }', 'invalid input syntax for type uuid: "bad"'),
    ('special(where: {mood: {_eq: "sad"}}) { id }', 'invalid input value for enum mood: "sad"'),
    ('special(where: {addr: {_eq: "nope"}}) { id }', 'invalid input syntax for type inet: "nope"'),
]


@pytest.mark.parametrize(("where", "expected"), FILTERS)
def test_filters(writing, where, expected):
    rows = writing.data_of(f"{{ special(where: {where}, order_by: {{id: asc}}) {{ id }} }}")["special"]
    assert [row["id"] for row in rows] == expected


@pytest.mark.parametrize(("field", "message"), REFUSED)
def test_what_is_refused(writing, field, message):
    assert writing.error_of(f"{{ {field} }}") == ("$", "data-exception", message)


def test_answers(writing):
    found = writing.data_of(f"""query($id: uuid! = "{ONE}") {{ special_by_pk(id: $id) {{
        mood tags numbers nick plain doc addr span at clock clock_z small ratio days code cash twice
        b: doc(path: "a.b[1]") a: plain(path: "a") }} }}""")["special_by_pk"]
    assert found == {
        "mood": "calm",
        "tags": ["a", "b"],
        "numbers": [1, 2],
        "nick": "Nick",
        "plain": {"a": 1},
        "doc": {"a": {"b": [1, 2]}},
        "addr": "10.0.0.1",
        "span": "1 day",
        "at": "2020-01-01T10:00:00+00:00",
        "clock": "10:00:00",
        "clock_z": "10:00:00+02",
        "small": 7,
        "ratio": Decimal("1.5"),
        "days": "[2020-01-01,2020-02-01)",
        "code": "ab ",
        "cash": "$1.50",
        "twice": 14,
        "b": 2,
        "a": 1,
    }


def test_aggregates(writing):
    found = writing.data_of("""{ special_aggregate { aggregate { count max { small ratio at nick addr } min { span clock }
        sum { small } avg { small } } } }""")["special_aggregate"]["aggregate"]
    assert found["max"] == {
        "small": 7,
        "ratio": Decimal("1.5"),
        "at": "2020-01-01T10:00:00+00:00",
        "nick": "other",
        "addr": "10.0.0.1",
    }
    assert found["min"] == {"span": "1 day", "clock": "10:00:00"}
    assert (found["sum"], found["avg"]) == ({"small": 7}, {"small": 7})


def test_mutations(writing):
    key = "33333333-3333-3333-3333-333333333333"
    create = f"""mutation($t: [String!]) {{ insert_special_one(object: {{id: "{key}", mood: wild, tags: $t,
        numbers: [1, -2], doc: {{a: null}}, plain: [1], at: "2021-01-01T00:00:00+05", days: "[2020-01-01,)",
        span: "02:00", addr: "::1", small: "3", ratio: 1.25}}) {{
        mood tags numbers doc plain at days span addr small ratio twice }} }}"""
    tags = ["x", "y z", 'q"', ",{}", "\\", "NULL"]
    assert writing.data_of(create, {"t": tags})["insert_special_one"] == {
        "mood": "wild",
        "tags": tags,
        "numbers": [1, -2],
        "doc": {"a": None},
        "plain": [1],
        "at": "2020-12-31T19:00:00+00:00",
        "days": "[2020-01-01,)",
        "span": "02:00:00",
        "addr": "::1",
        "small": 3,
        "ratio": Decimal("1.25"),
        "twice": 6,
    }
    change = f"""mutation {{ update_special_by_pk(pk_columns: {{id: "{key}"}}, _set: {{tags: [], numbers: null, doc: "s"}},
        _inc: {{small: 1}}) {{ tags numbers doc small twice }} }}"""
    changed = {"tags": [], "numbers": None, "doc": "s", "small": 4, "twice": 8}
    assert writing.data_of(change)["update_special_by_pk"] == changed
    gone = writing.data_of(f'mutation {{ delete_special_by_pk(id: "{key}") {{ id twice }} }}')
    assert gone == {"delete_special_by_pk": {"id": key, "twice": 8}}
    generated = f'mutation {{ insert_special_one(object: {{id: "{key}", twice: 3}}) {{ id }} }}'
    assert writing.error_of(generated)[2] == "field 'twice' not found in type: 'special_insert_input'"

"""What a document may ask at most: each limit, by role, in report only, and the header that shows what was spent."""

import msgspec
import pytest
from contracts.graphql import Bounds
from graphql_service.app import create_app
from graphql_service.costs import Costs
from graphql_service.errors import Refusal
from graphql_service.limits import Limits
from graphql_service.request import prepare, spent_with
from graphql_service.schema import build
from graphql_service.settings import GraphqlSettings
from hypothesis import given, settings
from hypothesis import strategies as st

from .conftest import CATALOG, CLERK, FakeData, FakeGate

SCHEMA = build(CATALOG)
STRICT = "application/graphql-response+json"


class Limited:
    """The service with bounds of the configuration's for admin, and numbers of rows."""

    def __init__(self, bounds: Bounds | None = None, **settings: int) -> None:
        self.data, self.gate = FakeData(), FakeGate()
        resources = tuple(
            msgspec.structs.replace(resource, rows={"artist": 100, "album": 10_000}.get(resource.name))
            for resource in CATALOG.resources
        )
        self.data.catalogs["admin"] = msgspec.structs.replace(CATALOG, resources=resources, bounds=bounds)
        self.data.catalogs["clerk"] = CLERK
        self.http = create_app(GraphqlSettings(**settings), data=self.data, edge=self.gate).test_client()

    def post(self, query, variables=None, **headers):
        return self.http.post("/graphql", json={"query": query, "variables": variables}, headers=headers)

    def code(self, query, variables=None):
        answer = self.post(query, variables).get_json()
        return answer["errors"][0]["extensions"]["code"] if "errors" in answer else None

    def spent(self, query, variables=None):
        """The header as numbers by name, with the marks of what is exceeded."""
        text = self.post(query, variables).headers["GraphQL-Spent"]
        parts = [part.split(";") for part in text.split(", ")]
        return {part[0].split("=")[0]: int(part[0].split("=")[1]) for part in parts}, [
            part[0].split("=")[0] for part in parts if "exceeded" in part
        ]


@pytest.mark.parametrize(
    ("bounds", "query", "code"),
    [
        (Bounds(depth=2), "{ artist { albums { id } } }", "depth-limit-exceeded"),
        (Bounds(depth=2), "{ artist { ...a } } fragment a on artist { albums { id } }", "depth-limit-exceeded"),
        (Bounds(nodes=3), "{ artist { id name albums { id } } }", "node-limit-exceeded"),
        (Bounds(aliases=1), "{ a: artist { b: id } }", "alias-limit-exceeded"),
        (Bounds(cost=99), "{ artist { id } }", "cost-limit-exceeded"),
        (Bounds(cost=5000), "{ artist { albums { id } } }", "cost-limit-exceeded"),
        (Bounds(tokens=5), "{ artist { id name } }", "token-limit-exceeded"),
        (Bounds(bytes=20), "{ artist { id }      }", "document-limit-exceeded"),
    ],
)
def test_each_limit_has_its_code(bounds, query, code):
    free, limited = Limited(), Limited(bounds)
    assert free.code(query) is None
    assert limited.code(query) == code
    assert limited.data.asked == []
    assert limited.post(query, Accept=STRICT).status_code == 400
    assert limited.post(query).status_code == 200


def test_limits_of_settings_and_of_roles():
    limited = Limited(Bounds(depth=3), graphql_depth=1, graphql_cost=10)
    assert limited.code("{ artist(limit: 1) { id } }") is None
    assert limited.code("{ artist { id } }") == "cost-limit-exceeded"
    limited.gate.role = "clerk"
    assert limited.code("{ album(limit: 1) { id } }") == "depth-limit-exceeded"


@pytest.mark.parametrize(
    ("query", "variables", "cost"),
    [
        ("{ artist { id } }", None, 100),
        ("{ artist(limit: 7) { id } }", None, 7),
        ("{ track { seconds } }", None, 1000),
        ("{ artist(limit: 2) { albums { id } } }", None, 2 * 101),
        ("{ artist(limit: 2) { albums(limit: 3) { id artist { id } } } }", None, 2 * (1 + 3 * 2)),
        ("{ album_by_pk(id: 1) { id tracks { number } } }", None, 1 + 10),
        ("{ artist(where: {id: {_eq: 1}}) { id } }", None, 1),
        ('{ artist(where: {_and: [{id: {_in: [1, 2]}}, {name: {_eq: "x"}}]}) { id } }', None, 2),
        ("{ album(where: {artist_id: {_eq: 3}}) { id } }", None, 100),
        ('{ album(where: {title: {_ilike: "%x%"}}) { id } }', None, 3333),
        ("{ album_aggregate { aggregate { count } } }", None, 100),
        ("{ album_aggregate(limit: 5) { nodes { id } } }", None, 6),
        ("{ a: artist { id } b: artist { id } __typename }", None, 200),
        ('mutation { insert_artist(objects: [{name: "a"}, {name: "b"}]) { returning { albums { id } } } }', None, 202),
        ("mutation { delete_artist_by_pk(id: 1) { id } }", None, 1),
        ("query($n: Int) { artist(limit: $n) { id } }", {"n": 3}, 100),
    ],
)
def test_cost_counts_rows(query, variables, cost):
    assert Limited().spent(query, variables)[0]["cost"] == cost


def test_rows_to_write_count_wherever_they_are_given():
    limited = Limited(Bounds(cost=50))
    rows = [{"name": str(number)} for number in range(60)]
    literal = ", ".join(f'{{name: "{row["name"]}"}}' for row in rows)
    insert = "insert_artist(objects: %s) { affected_rows returning { id } }"
    assert limited.code(f"mutation {{ {insert % f'[{literal}]'} }}") == "cost-limit-exceeded"
    given = f"mutation($rows: [artist_insert_input!]!) {{ {insert % '$rows'} }}"
    assert limited.code(given, {"rows": rows}) == "cost-limit-exceeded"
    assert limited.code(given, {"rows": rows[:50]}) is None
    assert limited.spent(given, {"rows": rows[:7]})[0]["cost"] == 7
    several = """mutation($updates: [artist_updates!]!) {
        update_artist_many(updates: $updates) { returning { id } } }"""
    updates = [{"where": {}, "_set": {"name": "x"}}] * 60
    assert limited.code(several, {"updates": updates}) == "cost-limit-exceeded"


@pytest.mark.parametrize("name", ["_not", "_and"])
def test_a_variable_that_is_nested_without_end_is_refused(name):
    where = {"id": {"_eq": 1}}
    for _ in range(400):
        where = {name: {name: where} if name == "_not" else [where]}
    for query in ("mutation($w: artist_bool_exp!) { delete_artist(where: $w) { affected_rows } }",
                  "query($w: artist_bool_exp!) { artist(where: $w) { id } }"):  # fmt: skip
        assert Limited().code(query, {"w": where}) == "depth-limit-exceeded"


def test_a_condition_whose_variable_is_left_out_bounds_nothing():
    limited = Limited(Bounds(cost=50))
    for where in ("{id: {_eq: $id}}", "{_and: [{id: {_eq: $id}}]}", "{albums: {id: {_eq: $id}}}"):
        query = f"query($id: Int) {{ artist(where: {where}) {{ id }} }}"
        assert limited.code(query) == "cost-limit-exceeded", where
        assert limited.code(query, {"id": 1}) is None, where
    many = "query($ids: [Int!]) { artist(where: {id: {_in: $ids}}) { id } }"
    assert limited.code(many) == "cost-limit-exceeded"
    assert limited.spent(many, {"ids": [1, 2]})[0]["cost"] == 2


def test_rows_nested_in_others_are_counted_as_well():
    limited = Limited(Bounds(cost=50))
    one = 'insert_artist_one(object: {name: "a", albums: {data: [%s]}}) { id }'
    several = 'insert_artist(objects: [{albums: {data: [%s]}}, {albums: {data: {title: "t"}}}]) { affected_rows }'
    assert limited.spent(f"mutation {{ {one % '{}, {}'} }}")[0]["cost"] == 3
    assert limited.spent(f"mutation {{ {several % '{}, {}'} }}")[0]["cost"] == 5
    for field in (one, several):
        assert limited.code(f"mutation {{ {field % ', '.join(['{}'] * 60)} }}") == "cost-limit-exceeded"
    given = "mutation($o: artist_insert_input!) { insert_artist_one(object: $o) { id } }"
    assert limited.spent(given, {"o": {"albums": {"data": [{}] * 9}}})[0]["cost"] == 10
    assert limited.code(given, {"o": {"albums": {"data": [{}] * 60}}}) == "cost-limit-exceeded"
    assert limited.spent(given, {"o": {"name": "a"}})[0]["cost"] == 1


def test_where_the_cost_depends_on_variables_they_decide():
    limited = Limited(Bounds(cost=50))
    query = "query($n: Int = 20, $w: artist_bool_exp = {}) { artist(limit: $n, where: $w) { id } }"
    assert limited.code(query, {"n": 60}) == "cost-limit-exceeded"
    assert limited.spent(query, {"n": 50}) == ({"depth": 2, "nodes": 2, "aliases": 0, "cost": 50}, [])
    assert limited.spent(query)[0]["cost"] == 20
    assert limited.spent(query, {"n": None, "w": {"id": {"_eq": 4}}})[0]["cost"] == 1
    assert limited.code(query, {"n": 60}) == "cost-limit-exceeded"


def test_what_can_not_vary_is_reckoned_once(monkeypatch):
    limited, reckoned, of = Limited(Bounds(cost=50)), [], Costs.of
    monkeypatch.setattr(Costs, "of", lambda self, node: (reckoned.append(node), of(self, node))[1])

    def spent(query, variables):
        before = len(reckoned)
        return limited.spent(query, variables)[0]["cost"], len(reckoned) - before

    # once for the document, and once for each number of rows, those nested in others too
    one = "mutation($row: artist_insert_input!) { insert_artist_one(object: $row) { id name } }"
    assert [spent(one, {"row": {"name": name}}) for name in "abc"] == [(1, 2), (1, 0), (1, 0)]
    many = "mutation($rows: [artist_insert_input!]!) { insert_artist(objects: $rows) { returning { id } } }"
    rows = [{"name": "x"}] * 60
    assert [spent(many, {"rows": rows[:n]}) for n in (7, 7, 8, 7)] == [(7, 2), (7, 0), (8, 1), (7, 0)]
    for _ in range(2):
        assert limited.code(many, {"rows": rows}) == "cost-limit-exceeded"
    assert spent(many, {"rows": rows[:8]}) == (8, 0)


_NESTED = """mutation($rows: [artist_insert_input!]!, $n: Int, $w: album_bool_exp = {}) {
    insert_artist(objects: $rows) { returning { id ...more } }
    delete_artist(where: {albums: $w}) { returning { albums(limit: 2, where: $w) { id } } } }
fragment more on artist { albums(limit: $n, where: $w) { id artist { id } } }"""


@given(
    rows=st.integers(0, 9),
    n=st.none() | st.integers(-2, 30),
    where=st.sampled_from([None, {}, {"id": {"_eq": 1}}, {"id": {"_in": [1, 2, 3]}}, {"id": {"_gt": 1}}]),
    leaves_out=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_what_is_kept_of_a_cost_is_the_cost(rows, n, where, leaves_out):
    given_ = {"rows": [{"name": "x"}] * rows} | ({} if leaves_out else {"n": n, "w": where or {}})
    if where is None and not leaves_out:
        del given_["w"]
    prepared = prepare(SCHEMA, _NESTED, Limits())
    operation = prepared.operations[None]
    for _ in range(2):
        spent, _ = spent_with(operation, operation.unsettled, given_, Limits())
        found = operation.variables.given(given_)
        assert spent.cost == Costs(operation.roots, prepared.fragments, found).of(operation.node)


def test_what_was_spent_is_shown():
    response = Limited().post("{ a: artist(limit: 4) { id albums(limit: 1) { id } } }")
    assert response.headers["GraphQL-Spent"] == (
        "depth=3;limit=20, nodes=4;limit=5000, aliases=1;limit=500, cost=8;limit=5000000"
    )


def test_a_batch_shows_what_it_spent_together():
    body = [{"query": "{ artist(limit: 4) { id } }"}, {"query": "{ a: album { artist { id } } }"}]
    response = Limited().http.post("/graphql", json=body)
    assert response.headers["GraphQL-Spent"] == (
        "depth=3;limit=20, nodes=5;limit=5000, aliases=1;limit=500, cost=20004;limit=5000000"
    )


def test_batches_are_limited_by_role():
    limited = Limited(Bounds(batch=1), graphql_batch=2)
    body = [{"query": "{ album { id } }"}] * 2
    answer = limited.http.post("/graphql", json=body).get_json()
    assert answer["errors"][0]["extensions"]["code"] == "batch-limit-exceeded"
    limited.gate.role = "clerk"
    assert len(limited.http.post("/graphql", json=body).get_json()) == 2


def test_report_only_answers_and_tells(capfd):
    limited = Limited(Bounds(depth=1, aliases=0, cost=10, tokens=3, bytes=5, batch=1, report_only=True))
    query = "{ a: artist { id } }"
    spent, over = limited.spent(query)
    assert (spent["depth"], over) == (2, ["depth", "aliases", "cost"])
    assert limited.post(query).get_json() == {"data": {"a": [{"id": "id"}]}}
    told = capfd.readouterr().err
    assert "artist" not in told
    assert "depth limit of 1 exceeded" in told
    assert len(limited.http.post("/graphql", json=[{"query": query}] * 2).get_json()) == 2


def test_attacks_are_refused_even_then():
    limited = Limited(Bounds(nodes=1, report_only=True))
    levels = " ".join(
        f"fragment f{n} on album {{ ...f{n + 1} a{n}: artist {{ albums {{ ...f{n + 1} }} }} }}" for n in range(40)
    )
    assert limited.code(f"{{ album {{ ...f0 }} }} {levels} fragment f40 on album {{ id }}") in (
        "node-limit-exceeded",
        "depth-limit-exceeded",
    )


def test_reports_end_where_attacks_begin():
    limits = Limits(nodes=1, tokens=1, report_only=True)
    assert (limits.hold("nodes", 50_000), limits.most_tokens) == (False, 200_000)
    for name, spent in (("nodes", 50_001), ("depth", 201), ("tokens", 200_001)):
        with pytest.raises(Refusal):
            limits.hold(name, spent)
    assert Limits(nodes=60_000, report_only=True).hold("nodes", 60_000)


def test_introspection_can_be_closed_for_a_role():
    limited = Limited(Bounds(introspection=False))
    for query in ("{ __schema { queryType { name } } }", '{ album { id } t: __type(name: "album") { name } }'):
        answer = limited.post(query).get_json()
        assert answer["errors"][0]["extensions"] == {"path": "$", "code": "not-supported"}
    assert limited.data.asked == []
    assert limited.code("{ __typename album { __typename } }") is None
    limited.gate.role = "clerk"
    assert limited.code("{ __schema { queryType { name } } }") is None
    assert Limited(graphql_introspection=False).code("{ __schema { queryType { name } } }") == "not-supported"


def test_an_operation_has_less_time_than_its_request(monkeypatch):
    limited = Limited(Bounds(seconds=0.5))
    seen = []
    execute = limited.data.execute

    def watch(operation, values, caller):
        seen.append(caller.deadline)
        return execute(operation, values, caller)

    monkeypatch.setattr(limited.data, "execute", watch)
    monkeypatch.setattr("graphql_service.executor.time.monotonic", lambda: 100.0)
    limited.post("{ album { id } }")
    limited.gate.role = "clerk"
    limited.post("{ album { id } }")
    assert seen == [100.5, None]

"""What the client libraries really send (rest.md §11) is understood."""

from urllib.parse import quote

import msgspec
import pytest
from contracts.filters import And, Compare, FieldRef, Is, Not, Or, Param
from postgrest import SyncPostgrestClient
from rest_service.request import Incoming, translate

F = FieldRef


def operations_of(build):
    """The requests that the Python client would send for what ``build`` asks of it, translated."""
    with SyncPostgrestClient("http://rest.example") as client:
        builder = build(client.from_("film"))
        request = getattr(builder, "request", builder)
        query = str(request.params)
        body = b"" if request.json is None else msgspec.json.encode(request.json)
        return translate(Incoming(request.http_method, "film", query, request.headers, body))


@pytest.mark.parametrize(
    ("build", "condition", "values"),
    [
        (lambda t: t.select("*").eq("id", 1), Compare(F("id"), "eq", Param(0)), ["1"]),
        (lambda t: t.select("*").in_("a", ["x", "b,c"]), Compare(F("a"), "in", Param(0)), [["x", "b,c"]]),
        (lambda t: t.select("*").is_("a", "null"), Is(F("a"), "null"), []),
        (lambda t: t.select("*").contains("a", ["x", "y"]), Compare(F("a"), "contains", Param(0)), ["{x,y}"]),
        (lambda t: t.select("*").not_.eq("a", 1), Not(Compare(F("a"), "eq", Param(0))), ["1"]),
        (lambda t: t.select("*").ilike("a", "%x%"), Compare(F("a"), "ilike", Param(0)), ["%x%"]),
        (lambda t: t.select("*").range_gt("a", ["1", "2"]), Compare(F("a"), "right_of", Param(0)), ["(1,2)"]),
        (
            lambda t: t.select("*").or_("a.eq.1,b.gt.2"),
            Or((Compare(F("a"), "eq", Param(0)), Compare(F("b"), "gt", Param(1)))),
            ["1", "2"],
        ),
    ],
)
def test_postgrest_py_filters(build, condition, values):
    asked = operations_of(build)
    assert asked.operation.node.filter == condition
    assert asked.values == values


def test_postgrest_py_pages_and_counts():
    asked = operations_of(lambda t: t.select("id,title", count="exact").order("title", desc=True).range(10, 19))
    assert asked.wish.page == (10, 10)
    assert asked.operation.count == "exact"
    assert [term.descending for term in asked.operation.node.sort] == [True]


def test_postgrest_py_writes():
    made = operations_of(lambda t: t.insert([{"id": 1, "title": "a"}, {"title": "b", "id": 2}]))
    assert set(made.operation.columns) == {"id", "title"}
    assert made.operation.returning.shape == "many"
    changed = operations_of(lambda t: t.update({"title": "x"}).eq("id", 1))
    assert [a.field for a in changed.operation.assigns] == ["title"]
    gone = operations_of(lambda t: t.delete().eq("id", 1))
    assert gone.operation.filter == Compare(F("id"), "eq", Param(0))


def test_postgrest_py_single():
    asked = operations_of(lambda t: t.select("*").eq("id", 1).single())
    assert asked.operation.node.shape == "one"


@pytest.mark.parametrize(
    ("query", "condition", "values"),
    [
        ("id=eq.1", Compare(F("id"), "eq", Param(0)), ["1"]),
        ("id=in.(1,2)", Compare(F("id"), "in", Param(0)), [["1", "2"]]),
        ("and=(a.eq.1,b.eq.2)", And((Compare(F("a"), "eq", Param(0)), Compare(F("b"), "eq", Param(1)))), ["1", "2"]),
        (
            "or=(and(a.eq.1,b.eq.2),and(a.eq.3,b.eq.4))",
            Or(
                (
                    And((Compare(F("a"), "eq", Param(0)), Compare(F("b"), "eq", Param(1)))),
                    And((Compare(F("a"), "eq", Param(2)), Compare(F("b"), "eq", Param(3)))),
                )
            ),
            ["1", "2", "3", "4"],
        ),
        (
            "title=ilike.*word*&title=ilike.*other*",
            And((Compare(F("title"), "ilike", Param(0)), Compare(F("title"), "ilike", Param(1)))),
            ["%word%", "%other%"],
        ),
        ("data->>city=eq.Oslo", Compare(F("data", ("city",), True), "eq", Param(0)), ["Oslo"]),
    ],
)
def test_ra_data_postgrest_filters(ask, query, condition, values):
    for written in (query, quote(query, safe="=&")):
        asked = ask("GET", written)
        assert asked.operation.node.filter == condition
        assert asked.values == values


def test_ra_data_postgrest_list(ask):
    asked = ask("GET", "offset=0&limit=24&order=title.asc&rating=eq.G", Prefer="count=exact")
    assert asked.wish.page == (0, 24)
    assert asked.operation.count == "exact"


@pytest.mark.parametrize(
    ("query", "operator", "value"),
    [
        ("a=cs.%7Ba%2Cb%7D", "contains", "{a,b}"),
        ('a=cs.{"x":1}', "contains", '{"x":1}'),
        ("a=sr.[1,2)", "right_of", "[1,2)"),
        ("a=nxl.[1,2)", "not_left_of", "[1,2)"),
        ("a=sl.[1,2)", "left_of", "[1,2)"),
        ("a=nxr.[1,2)", "not_right_of", "[1,2)"),
        ("a=adj.[1,2)", "adjacent", "[1,2)"),
        ("a=ov.{1,2}", "overlaps", "{1,2}"),
        ("a=like(all).{%25x%25,y}", "like", ["%x%", "y"]),
        ("a=plfts(english).fat+cat", "plfts", "fat cat"),
    ],
)
def test_postgrest_js_operators(ask, query, operator, value):
    asked = ask("GET", query)
    assert asked.operation.node.filter.operator == operator
    assert asked.values == [value]


def test_postgrest_js_related_filters_and_order(ask):
    query = "select=*,actors(*)&actors.or=(a.eq.1,b.eq.2)&actors.order=name.asc.nullslast&actors.limit=1&order=id.desc.nullsfirst"
    node = ask("GET", query).operation.node
    inner = node.outputs[1].node
    assert isinstance(inner.filter, Or)
    assert (inner.sort[0].nulls, inner.limit) == ("last", Param(2))
    assert node.sort[0].nulls == "first"


def test_postgrest_js_writes(ask):
    asked = ask(
        "POST", 'columns="id","title"&select=*', [{"id": 1, "title": "x"}], Prefer="return=representation, count=exact"
    )
    assert asked.operation.columns == ("id", "title")
    limited = ask("PATCH", "id=eq.1", {"title": "x"}, Prefer="handling=strict, max-affected=1, return=representation")
    assert limited.values[limited.operation.at_most.index] == 1
    rolled = ask("POST", body={"id": 1}, Prefer="return=representation, tx=rollback")
    assert rolled.wish.preferences.applied("create") == "return=representation"

"""A translation that is shared by requests of one shape gives what a translation of the whole request gives."""

import msgspec
import pytest
from contracts.problems import Problem
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rest_service.query_shape import HOLE, cut
from rest_service.request import Incoming, translate
from rest_service.shapes import Shapes

OBJECT = "application/vnd.pgrst.object+json"
FIELDS = st.sampled_from(
    ["id", "title", "data->>city", "data-%3E%3Ecity", "%22a.b%22", "like", "actors.name", "a.name", "+x"]
)
OPERATORS = st.sampled_from(
    ["eq", "neq", "gt", "gte", "lt", "lte", "like", "ilike", "match", "in", "cs", "fts", "fts(english)", "eq(any)",
     "like(all)", "isdistinct", "is", "not.eq", "not.in", "not.not.eq", "not.like", "NOT.eq", "e%71", "nope"]
)  # fmt: skip
LITERALS = st.one_of(
    st.sampled_from(
        ["", "1", "2", "null", "true", "a*b", "a%2Ab", "x+y", "x%26y", "%C3%A9", "%C3", "é", "(1,2)", "(3)", "()", "(a",
         "(1)x", '("a,b",c)', "( 1,2 )", "(,)", "{1,2}", "eq.1", "not.eq.1", "a.b,c", "%00", "\0", "desc", "9" * 30]
    ),
    st.text(st.characters(exclude_characters="&#"), max_size=6),
)  # fmt: skip
NUMBERS = st.sampled_from(
    ["0", "1", "5", "50", "-1", "+5", "%35", "abc", "", " 7", "٣", "9" * 18, "9" * 19, "9" * 25, "eq.5"]
)
FILTERS = st.tuples(FIELDS, OPERATORS, LITERALS).map(lambda it: f"{it[0]}={it[1]}.{it[2]}")
PAGES = st.tuples(
    st.sampled_from(["limit", "offset", "actors.limit", "actors.offset", "a.limit", "%6Cimit", "+limit", "offse%74"]),
    NUMBERS,
).map("=".join)
OTHERS = st.sampled_from(
    ["select=*", "select=id,actors(name)", "select=id,a:actors!inner(name)", "select=id,actors()", "select=eq.1",
     "order=id.desc", "order=eq.desc", "order=like.asc,eq.desc", "or=(id.eq.1,title.like.a*)", "or=(id.eq.2,title.like.b*)",
     "and=eq.1", "not.or=(id.in.(1,2))", "actors=not.is.null", "actors=eq.1", "actors=is.null", "on_conflict=id",
     "on_conflict=eq.1", "columns=id", "columns=eq.1", "%63olumns=id", "foo", "=", "=eq.1", "id=eq", "id"]
)  # fmt: skip
QUERIES = st.lists(st.one_of(FILTERS, FILTERS, PAGES, OTHERS), max_size=5).map("&".join)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "Accept": st.sampled_from(["*/*", OBJECT, "text/csv", "text/html"]),
        "Prefer": st.sampled_from(
            [
                "return=representation",
                "count=exact",
                "handling=strict,max-affected=5",
                "handling=strict,max-affected=9",
                "missing=default,return=representation",
                "resolution=merge-duplicates",
                "handling=strict,nope",
            ]
        ),
        "Range": st.sampled_from(["0-4", "0-9", "5-", "7-", "9-3", "items=0-1", "100-200"]),
        "Content-Type": st.sampled_from(["application/json", "text/csv", "application/xml"]),
        "Accept-Profile": st.just("sales"),
        "Content-Profile": st.just("sales"),
    },
)
BODIES = st.sampled_from(
    [b'{"id":1}', b'{"id":2}', b'{"id":1.50,"title":null}', b'{"title":"1","id":{"a":[1]}}', b"[]", b"{}", b"", b"[{}]",
     b'[{"id":1},{"id":2}]', b'[{"id":1},{"title":2}]', b"id,title\n1,x\n", b"{", b"5"]
)  # fmt: skip
REQUESTS = st.builds(
    lambda *parts: Incoming(*parts),
    st.sampled_from(["GET", "GET", "GET", "HEAD", "POST", "PATCH", "PUT", "DELETE"]),
    st.sampled_from(["film", "Order Items"]),
    QUERIES,
    HEADERS,
    BODIES,
    st.sampled_from([None, None, "sales", "public"]),
)


# well-formed requests out of few parts, so that many are alike but for one
NEAR = st.builds(
    lambda *parts: Incoming(*parts),
    st.sampled_from(["GET", "GET", "GET", "HEAD", "POST", "POST", "PATCH", "DELETE"]),
    st.just("film"),
    st.lists(
        st.sampled_from(
            ["id=eq.1", "id=eq.2", "id=in.(1,2)", "id=in.( 1,2)", "limit=5", "limit=7", "limit=x", "offset=3", "offset=-1",
             "actors.limit=3", "actors.limit=4", "actors.limit=٣", "columns=id", "on_conflict=id"]
        ), max_size=3
    ).map(lambda parts: "&".join(["select=id,actors(name)", *parts])),
    st.fixed_dictionaries(
        {},
        optional={
            "Accept": st.sampled_from(["*/*", OBJECT]),
            "Prefer": st.sampled_from(["return=representation", "missing=default", "resolution=merge-duplicates"]),
            "Range": st.sampled_from(["0-4", "2-9", "2-"]),
            "Accept-Profile": st.just("sales"),
            "Content-Profile": st.just("sales"),
        },
    ),
    st.sampled_from([b'{"id":1}', b'{"id":2}', b'{"id":1,"title":null}', b'{"title":null,"id":2}', b'[{"id":1},{"id":2}]']),
    st.sampled_from(["sales", "public", None]),
)  # fmt: skip


def read(query: str, **headers: str) -> Incoming:
    return Incoming("GET", "film", query, headers)


def outcome(translation, request: Incoming):
    """What a translation gives, or the problem that it raises."""
    try:
        return translation(request)
    except Problem as problem:
        return problem.code, problem.message, problem.details


@settings(max_examples=200, deadline=None)
@given(st.lists(REQUESTS, min_size=1, max_size=12))
@example([read("limit=5&%6Cimit=7"), read("limit=6&%6Cimit=7")])
@example([read("order=eq.desc"), read("order=eq.asc")])
@example([read("or=(id.eq.1)"), read("or=(id.eq.2)")])
@example([read("id=in.(1,2)"), read("id=in.(3"), read("id=in.()"), read('id=in.("a,b")')])
@example([read("limit=5", Range="0-9"), read("limit=5", Range="2-"), read("limit=5"), read("offset=2", Range="0-9")])
@example([read("id=eq.1&id=eq.0"), read("id=eq.0&id=eq.1")])
def test_the_shared_translation_and_the_whole_one_agree(requests):
    shapes = Shapes()
    for request in [*requests, *reversed(requests)]:  # every shape is met when it is new and when it is known
        assert outcome(shapes.translate, request) == outcome(translate, request)


@settings(max_examples=100, deadline=None)
@given(st.lists(NEAR, min_size=15, max_size=40))
@example([read("select=id,actors(name)&actors.limit=3"), read("select=id,actors(name)&actors.limit=٣")])
@example([read("limit=5&limit=7"), read("limit=7&limit=5")])
@example([read("id=in.( 1,2)"), read("id=in.(1,2)")])
@example([read("", Range="0-4"), read("", Range="2-")])
@example(
    [
        Incoming("GET", "film", "", headers, profile="sales")
        for headers in ({}, {"Accept-Profile": "sales"}, {"Accept-Profile": ""})
    ]
)
@example(
    [Incoming("POST", "film", query, {}, b'{"id":1,"title":2}') for query in ("columns=id", "columns=title,id", "")]
)
@example(
    [
        Incoming("POST", "film", "", {"Prefer": prefer}, b'{"id":1}')
        for prefer in ("return=minimal", "return=representation", "resolution=merge-duplicates")
    ]
)
def test_requests_that_are_nearly_alike_are_told_apart(requests):
    shapes = Shapes()
    for request in requests:
        assert outcome(shapes.translate, request) == outcome(translate, request)


@settings(max_examples=100, deadline=None)
@given(st.lists(FILTERS, min_size=1, max_size=4), st.lists(LITERALS, min_size=4, max_size=4), HEADERS)
def test_requests_that_share_a_shape_keep_their_own_values(filters, literals, headers):
    shapes = Shapes()
    others = [f"{part.partition('.')[0]}.{literal}" for part, literal in zip(filters, literals, strict=False)]
    for parts in (filters, others, filters):
        request = Incoming("GET", "film", "&".join(parts), headers)
        assert outcome(shapes.translate, request) == outcome(translate, request)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (read("id=eq.1"), read("id=eq.2")),
        (read("id=not.eq.1&title=like.a*&limit=5"), read("id=not.eq.x%20y&title=like.*&limit=7")),
        (read("id=in.(1,2)&actors.limit=3&select=id,actors(name)"), read('id=in.("a,b")&actors.limit=4&select=id,actors(name)')),
        (read("limit=5&offset=10", Range="0-20"), read("limit=50&offset=1", Range="0-90")),
        (Incoming("DELETE", "film", "id=eq.1", {}), Incoming("DELETE", "film", "id=eq.9", {})),
        (Incoming("POST", "film", "", {}, b'{"id":1}'), Incoming("POST", "film", "", {}, b'[{"id":2},{"id":3}]')),
        (Incoming("PATCH", "film", "id=eq.1", {}, b'{"id":1}'), Incoming("PATCH", "film", "id=eq.9", {}, b'{"id":null}')),
    ],
)  # fmt: skip
def test_requests_of_one_shape_share_the_operation_itself(one, other):
    shapes = Shapes()
    first, second = shapes.translate(one), shapes.translate(other)
    assert first.operation is second.operation
    assert first.values != second.values
    assert second == translate(other)


@pytest.mark.parametrize(
    "other",
    [
        read("id=gt.1"),
        read("title=eq.1"),
        read("id=eq.1&id=eq.1"),
        read("id=eq.1", Accept=OBJECT),
        read("id=eq.1", Prefer="count=exact"),
        read("id=eq.1", Range="3-"),
        read("id=eq.1")._replace(resource="actor"),
        read("id=eq.1")._replace(method="HEAD"),
        read("id=eq.1", **{"Accept-Profile": "sales"})._replace(profile="sales"),
    ],
)
def test_what_changes_the_operation_is_part_of_the_shape(other):
    shapes = Shapes()
    first, second = shapes.translate(read("id=eq.1")), shapes.translate(other)
    assert first.operation != second.operation
    assert second == translate(other)


def test_a_shape_is_kept_once():
    shapes = Shapes()
    for n in range(100):
        shapes.translate(read(f"id=eq.{n}&limit={n}"))
    assert len(shapes) == 1


def test_very_long_requests_are_not_kept():
    shapes = Shapes()
    request = read("select=" + ",".join(f"field_{n}" for n in range(1000)))
    assert shapes.translate(request) == translate(request)
    body = msgspec.json.encode({f"field_{n}": n for n in range(1000)})
    post = Incoming("POST", "film", "", {}, body)
    assert shapes.translate(post) == translate(post)
    assert len(shapes) == 0


def test_cutting_a_query_string():
    shape = cut("select=id&a=eq.x%20y&limit=5&b=is.null&c.limit=7&nothing", paged=True)
    assert shape.text == f"select=id&a=eq.{HOLE}&limit={HOLE}&b=is.null&c.limit={HOLE}"
    assert (shape.texts, shape.literals) == (["x y", "5", "7"], ["x y", None, 7])
    assert (shape.limit, shape.offset) == ("5", None)
    assert cut(f"a=eq.{HOLE}", paged=True) is None

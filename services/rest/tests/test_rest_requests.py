"""Whole requests become the operations that one would write by hand."""

import functools
from decimal import Decimal

import pytest
from contracts.filters import And, Compare, CompareGroup, Exists, FieldRef, Is, Not, Or, Param, RelationRef
from contracts.operations import (
    Aggregate,
    Assign,
    Create,
    Delete,
    Embed,
    FieldOutput,
    Node,
    Read,
    Sort,
    Star,
    Update,
    decode,
    encode,
)
from contracts.problems import Problem

TITLE = FieldOutput("title", FieldRef("title"))
NAME = FieldOutput("name", FieldRef("name"))
OBJECT = "application/vnd.pgrst.object+json"
P = [Param(n) for n in range(9)]
related = functools.partial(RelationRef, by_target=True)  # as PostgREST's ways have it
HIDDEN = Embed("actors", related("actors"), Node(outputs=()))  # asks for nothing: data checks its name


def compare(name: str, index: int, operator: str = "eq") -> Compare:
    return Compare(FieldRef(name), operator, P[index])


def actors(node: Node, **more) -> Embed:
    return Embed("actors", related("actors"), node, **more)


@pytest.mark.parametrize(
    ("query", "node", "values"),
    [
        ("", Node(), []),
        ("foo&bar", Node(), []),
        ("select=", Node(outputs=()), []),
        ("select=title,title", Node(outputs=(TITLE,)), []),
        ("select=title&select=id", Node(outputs=(TITLE,)), []),
        ("id=eq.1", Node(filter=compare("id", 0)), ["1"]),
        ("id=gt.1&id=lt.5", Node(filter=And((compare("id", 0, "gt"), compare("id", 1, "lt")))), ["1", "5"]),
        ("title=eq.a%2Bb+c%C3%A9", Node(filter=compare("title", 0)), ["a+b cé"]),
        ("%22a.b%22=eq.1", Node(filter=compare("a.b", 0)), ["1"]),
        (
            "select=status,total.sum()&total.sum()=gt.100&count()=not.in.(1,2)&order=total.sum().desc,count()",
            Node(
                outputs=(FieldOutput("status", FieldRef("status")), Aggregate("sum", "sum", (FieldRef("total"),))),
                sort=(Sort(FieldRef("total"), descending=True, aggregate="sum"), Sort(None, aggregate="count")),
                having=And(
                    (CompareGroup("sum", "gt", P[0], (FieldRef("total"),)), Not(CompareGroup("count", "in", P[1])))
                ),
            ),
            ["100", ["1", "2"]],
        ),
        (
            "select=actors(name,count())&actors.count()=gte.2&actors.id.max()=lt.9&title.count()=eq.1",
            Node(
                outputs=(
                    actors(
                        Node(
                            outputs=(NAME, Aggregate("count", "count")),
                            having=And(
                                (CompareGroup("count", "gte", P[0]), CompareGroup("max", "lt", P[1], (FieldRef("id"),)))
                            ),
                        )
                    ),
                ),
                having=CompareGroup("count", "eq", P[2], (FieldRef("title"),)),
            ),
            ["2", "9", "1"],
        ),
        ("or=(a.eq.1,b.eq.2)", Node(filter=Or((compare("a", 0), compare("b", 1)))), ["1", "2"]),
        ("not.or=(a.eq.1)", Node(filter=Not(Or((compare("a", 0),)))), ["1"]),
        (
            "order=a.desc,b&order=c",
            Node(sort=(Sort(FieldRef("a"), descending=True), Sort(FieldRef("b")), Sort(FieldRef("c")))),
            [],
        ),
        ("limit=5&offset=10", Node(limit=P[0], offset=P[1]), [5, 10]),
        ("limit=5&limit=7", Node(limit=P[0]), [7]),
        ("limit=abc&offset=x", Node(), []),
        ("limit=0", Node(limit=P[0]), [0]),
        ("offset=-4", Node(offset=P[0]), [0]),
        ("limit=99999999999999999999999", Node(limit=P[0]), [2**63 - 1]),
        ("on_conflict=id&columns=id", Node(), []),
        ("select=title,actors(name)", Node(outputs=(TITLE, actors(Node(outputs=(NAME,))))), []),
        ("select=*,actors!inner(*)", Node(outputs=(Star(), actors(Node(), join="inner"))), []),
        ("select=...actors(name)", Node(outputs=(actors(Node(outputs=(NAME,)), spread=True),)), []),
        (
            "select=title,actors(name)&actors.name=eq.X&actors.order=name.desc&actors.limit=2&actors.offset=1&actors.or=(a.is.null)",
            Node(
                outputs=(
                    TITLE,
                    actors(
                        Node(
                            outputs=(NAME,),
                            filter=And((compare("name", 0), Or((Is(FieldRef("a"), "null"),)))),
                            sort=(Sort(FieldRef("name"), descending=True),),
                            limit=P[1],
                            offset=P[2],
                        )
                    ),
                )
            ),
            ["X", 2, 1],
        ),
        (
            "select=a:actors(name)&a.name=eq.X&actors.name=eq.Y",
            Node(
                outputs=(
                    Embed(
                        "a",
                        related("actors"),
                        Node(outputs=(NAME,), filter=And((compare("name", 0), compare("name", 1)))),
                    ),
                )
            ),
            ["X", "Y"],
        ),
        (
            "select=actors(roles(name))&actors.roles.name=eq.X",
            Node(
                outputs=(
                    actors(
                        Node(
                            outputs=(
                                Embed("roles", related("roles"), Node(outputs=(NAME,), filter=compare("name", 0))),
                            )
                        )
                    ),
                )
            ),
            ["X"],
        ),
        ("select=title,actors()", Node(outputs=(TITLE, HIDDEN)), []),
        (
            "select=title,actors()&actors=not.is.null",
            Node(outputs=(TITLE, HIDDEN), filter=Exists(related("actors"))),
            [],
        ),
        (
            "select=title,actors()&actors=is.null",
            Node(outputs=(TITLE, HIDDEN), filter=Not(Exists(related("actors")))),
            [],
        ),
        (
            "select=title,actors()&actors=is.not_null",
            Node(outputs=(TITLE, HIDDEN), filter=Exists(related("actors"))),
            [],
        ),
        ("select=title,actors!inner()", Node(outputs=(TITLE, HIDDEN), filter=Exists(related("actors"))), []),
        (
            "select=title,actors!fk!inner()&id=eq.1&actors.name=eq.X",
            Node(
                outputs=(
                    TITLE,
                    Embed("actors", related("actors", "fk"), Node(outputs=(), filter=compare("name", 1))),
                ),
                filter=And((compare("id", 0), Exists(related("actors", "fk"), compare("name", 1)))),
            ),
            ["1", "X"],
        ),
        (
            "select=title,a:actors(name),b:roles()&or=(a.is.null,b.not.is.null)&b.x=eq.1",
            Node(
                outputs=(
                    TITLE,
                    Embed("a", related("actors"), Node(outputs=(NAME,))),
                    Embed("b", related("roles"), Node(outputs=(), filter=compare("x", 0))),
                ),
                filter=Or((Not(Exists(related("actors"))), Exists(related("roles"), compare("x", 0)))),
            ),
            ["1"],
        ),
        (
            "select=title,actors(roles!inner())&actors=not.is.null&actors.roles.x=eq.1",
            Node(
                outputs=(
                    TITLE,
                    actors(
                        Node(
                            outputs=(Embed("roles", related("roles"), Node(outputs=(), filter=compare("x", 0))),),
                            filter=Exists(related("roles"), compare("x", 0)),
                        )
                    ),
                ),
                filter=Exists(related("actors"), Exists(related("roles"), compare("x", 0))),
            ),
            ["1"],
        ),
        (
            "select=title,d:directors!fk(name)&order=d(last_name).desc",
            Node(
                outputs=(TITLE, Embed("d", related("directors", "fk"), Node(outputs=(NAME,)))),
                sort=(Sort(FieldRef("last_name"), descending=True, via=(related("directors", "fk"),)),),
            ),
            [],
        ),
        (
            "select=*,c:client_id(*)&client_id=eq.3",
            Node(outputs=(Star(), Embed("c", related("client_id"), Node())), filter=compare("client_id", 0)),
            ["3"],
        ),
    ],
)
def test_read(ask, query, node, values):
    asked = ask("GET", query)
    assert asked.operation == Read("film", node)
    assert asked.values == values
    assert decode(encode(asked.operation)) == asked.operation


@pytest.mark.parametrize(
    ("span", "query", "page"),
    [
        ("0-24", "", (0, 25)),
        ("10-", "", (10, None)),
        ("0-24", "limit=10", (0, 10)),
        ("0-4", "limit=10", (0, 5)),
        ("5-9", "offset=7&limit=10", (7, 3)),
        ("5-9", "limit=0", (5, 0)),
        ("items=0-24", "", (None, None)),
        ("abc", "limit=3", (None, 3)),
    ],
)
def test_range_header_narrows_the_page(ask, span, query, page):
    asked = ask("GET", query, Range=span)
    assert asked.wish.page == page
    assert sorted(asked.values, key=str) == sorted((n for n in page if n is not None), key=str)


def test_range_header_is_for_get_only(ask):
    assert ask("HEAD", Range="0-1").wish.page == (None, None)


@pytest.mark.parametrize(
    ("query", "headers", "details"),
    [
        ("limit=-1", {}, "Limit should be greater than or equal to zero."),
        ("select=actors(*)&actors.limit=-1", {}, "Limit should be greater than or equal to zero."),
        (
            "",
            {"Range": "5-2"},
            "The lower boundary must be lower than or equal to the upper boundary in the Range header.",
        ),
        ("offset=50", {"Range": "0-4"}, "The Range header and the limit and offset parameters have no rows in common."),
    ],
)
def test_unsatisfiable_page(ask, query, headers, details):
    with pytest.raises(Problem) as caught:
        ask("GET", query, **headers)
    assert (caught.value.code, caught.value.status, caught.value.details) == ("PGRST103", 416, details)
    assert caught.value.message == "Requested range not satisfiable"


@pytest.mark.parametrize(
    "query",
    [
        "actors.name=eq.X",
        "actors.limit=1",
        "actors.or=(a.eq.1)",
        "order=actors(name)",
        "select=roles(*)&roles.actors.order=x",
    ],
)
def test_what_is_not_embedded(ask, query):
    with pytest.raises(Problem) as caught:
        ask("GET", query)
    assert caught.value.code == "PGRST108"
    assert caught.value.message == "'actors' is not an embedded resource in this request"
    assert caught.value.hint == "Verify that 'actors' is included in the 'select' query parameter."


def test_what_else_is_said_of_an_embed_is_said_of_a_column(ask):
    asked = ask("GET", "select=actors(*)&actors=eq.1")
    assert asked.operation.node.filter == compare("actors", 0)  # of which data knows whether there is one


@pytest.mark.parametrize(
    ("method", "headers", "shape"),
    [
        ("GET", {}, "many"),
        ("GET", {"Accept": OBJECT}, "one"),
        ("HEAD", {}, "none"),
        ("HEAD", {"Prefer": "count=exact"}, "none"),
        ("HEAD", {"Accept": OBJECT, "Prefer": "count=exact"}, "one"),
    ],
)
def test_shape_of_a_read(ask, method, headers, shape):
    asked = ask(method, **headers)
    assert asked.operation.node.shape == shape
    assert asked.wish.body == (method == "GET")


def test_count_and_profile_of_a_read(ask):
    asked = ask("GET", Prefer="count=estimated", Accept_Profile="sales", Content_Profile="other")
    assert (asked.operation.count, asked.operation.schema) == ("estimated", "sales")


def test_requests_that_differ_in_literals_give_the_same_operation(ask):
    one, two = (ask("GET", f"id=eq.{n}&limit={n}&offset={n}&name=in.({n},{n})") for n in ("1", "29"))
    assert encode(one.operation) == encode(two.operation)
    assert one.values != two.values


def test_canonical_query(ask):
    assert ask("GET", "b=eq.2&a=eq.x y&novalue").wish.query == "a=eq.x%20y&b=eq.2"


# --- writes --------------------------------------------------------------------------------------------------------


def test_create(ask):
    asked = ask("POST", body={"title": "X", "rate": 1.10, "big": 2**70, "deep": {"a": [1, None]}})
    assert asked.operation == Create("film", ("title", "rate", "big", "deep"), P[0], tells_key=False)
    assert asked.values == [[{"title": "X", "rate": Decimal("1.1"), "big": 2**70, "deep": {"a": [1, None]}}]]


def test_create_keeps_every_digit(ask):
    asked = ask("POST", body=b'{"rate":12345678901234567890.123456789012345678901234567890}')
    assert str(asked.values[0][0]["rate"]) == "12345678901234567890.123456789012345678901234567890"


def test_bulk_create_reads_back(ask):
    rows = [{"id": 1, "title": "X"}, {"title": "Y", "id": 2}]
    asked = ask("POST", "select=title", rows, Prefer="return=representation,count=exact", Content_Profile="sales")
    node = Node(outputs=(TITLE,))
    assert asked.operation == Create("film", ("id", "title"), P[0], "sales", returning=node, count="exact")
    assert asked.values == [rows]


def test_columns_choose_what_counts(ask):
    rows = [{"id": 1}, {"title": "Y", "other": 3}]
    asked = ask("POST", "columns=%22id%22,title", rows, Prefer="missing=default")
    assert asked.operation == Create("film", ("id", "title"), P[0], ragged=True, missing="default", tells_key=False)
    assert not ask("POST", "columns=id", [{"id": 1}, {"id": 2, "x": 1}]).operation.ragged


@pytest.mark.parametrize(
    ("body", "rows", "columns"),
    [([], [], ()), ({}, [{}], ()), (5, [], ()), (None, [], ()), ([1, 2], [], ()), ([{}], [{}], ())],
)
def test_bodies_without_columns(ask, body, rows, columns):
    asked = ask("POST", body=body)
    assert (asked.operation.columns, asked.values) == (columns, [rows])


def test_csv_rows(ask):
    body = '\ufeffid,"the, title"\r\n1,"say ""hi""\nthere"\r\n2,NULL\r\n3,\r\n'.encode()
    asked = ask("POST", body=body, Content_Type="text/csv; charset=utf-8")
    assert asked.operation.columns == ("id", "the, title")
    assert asked.values == [
        [{"id": "1", "the, title": 'say "hi"\nthere'}, {"id": "2", "the, title": None}, {"id": "3", "the, title": ""}]
    ]


def test_long_csv_cells(ask):
    asked = ask("POST", body=b"a\n" + b"x" * 300_000, Content_Type="text/csv")
    assert len(asked.values[0][0]["a"]) == 300_000


def test_form(ask):
    asked = ask("POST", body=b"title=a+b%21&empty=", Content_Type="application/x-www-form-urlencoded")
    assert asked.values == [[{"title": "a b!", "empty": ""}]]


@pytest.mark.parametrize(
    ("content_type", "body", "message"),
    [
        ("application/json", b"", "Empty or invalid json"),
        ("application/json", b"{", "Empty or invalid json"),
        ("application/json", b'{"a":NaN}', "Empty or invalid json"),
        ("application/json", b'"\xff"', "Empty or invalid json"),
        ("application/json", b"[" * 100_000, "Empty or invalid json"),
        ("application/json", b'[{"a":1},{"b":1}]', "All object keys must match"),
        ("application/json", b'[{"a":1},{"a":1,"b":2}]', "All object keys must match"),
        ("application/json", b'[{"a":1},5]', "All object keys must match"),
        ("text/csv", b"a,b\n1", "All lines must have same number of fields"),
        ("text/csv", b"", "Empty or invalid csv"),
        ("text/csv", b"\xff", "The body is not UTF-8 text"),
        ("application/xml", b"<a/>", "Content-Type not acceptable: application/xml"),
    ],
)
def test_bodies_that_cant_be_used(ask, content_type, body, message):
    with pytest.raises(Problem) as caught:
        ask("POST", body=body, Content_Type=content_type)
    assert (caught.value.code, caught.value.status, caught.value.message) == ("PGRST102", 400, message)


def test_update(ask):
    asked = ask("PATCH", "id=eq.1&limit=3&order=id", {"title": "X", "rate": None})
    assigns = (Assign("title", P[1]), Assign("rate", P[2]))
    assert asked.operation == Update("film", assigns, compare("id", 0))
    assert asked.values == ["1", "X", None]


def test_update_of_all_rows_has_no_filter(ask):
    assert ask("PATCH", body={"title": "X"}).operation.filter is None
    assert ask("DELETE").operation.filter is None


def test_update_reads_back_with_embeds(ask):
    asked = ask(
        "PATCH",
        "id=eq.1&select=title,actors(name)&actors.name=eq.Z",
        [{"title": "X"}],
        Prefer="return=representation",
        Accept=OBJECT,
    )
    back = Node(outputs=(TITLE, actors(Node(outputs=(NAME,), filter=compare("name", 1)))), shape="one")
    assert asked.operation == Update("film", (Assign("title", P[2]),), compare("id", 0), returning=back)


def test_update_with_columns(ask):
    asked = ask("PATCH", "id=eq.1&columns=title,rate", {"title": "X", "other": 1})
    assert asked.operation.assigns == (Assign("title", P[1]), Assign("rate", P[2]))
    assert asked.values == ["1", "X", None]


@pytest.mark.parametrize("body", [{}, []])
def test_update_of_nothing_writes_nothing(ask, body):
    asked = ask("PATCH", "id=eq.1", body, Prefer="return=representation")
    assert asked.operation == Read("film", Node(filter=Or()))
    assert asked.wish.kind == "update"


def test_update_with_several_objects_is_refused(ask):
    with pytest.raises(Problem) as caught:
        ask("PATCH", "id=eq.1", [{"a": 1}, {"a": 2}])
    assert caught.value.code == "PGRST102"


def test_delete(ask):
    asked = ask("DELETE", "id=in.(1,2)", Prefer="return=representation,handling=strict,max-affected=5,count=exact")
    condition = compare("id", 0, "in")
    assert asked.operation == Delete("film", condition, at_most=P[1], returning=Node(), count="exact")
    assert asked.values == [["1", "2"], 5]


def test_max_affected_needs_strict_handling(ask):
    assert ask("DELETE", "id=eq.1", Prefer="max-affected=5").operation.at_most is None


def test_a_single_object_holds_without_representation_too(ask):
    assert ask("DELETE", "id=eq.1", Accept=OBJECT).operation.returning == Node(outputs=(), shape="one")


@pytest.mark.parametrize(
    ("method", "headers", "code"),
    [
        ("PUT", {}, "PGRST105"),
        ("GET", {"Prefer": "handling=strict, foo, return=bar"}, "PGRST122"),
        ("GET", {"Accept": "text/html, image/png"}, "PGRST107"),
        ("GET", {"Accept": 'application/vnd.pgrst.plan+text; for="application/json"; options=analyze;'}, "PGRST107"),
    ],
)
def test_refusals(ask, method, headers, code):
    with pytest.raises(Problem) as caught:
        ask(method, body={"id": 1}, **headers)
    assert caught.value.code == code


def test_strict_handling_names_what_it_does_not_know(ask):
    with pytest.raises(Problem) as caught:
        ask("GET", Prefer="handling=strict, foo, return=bar, count=exact")
    assert caught.value.message == "Invalid preferences given with handling=strict"
    assert caught.value.details == "Invalid preferences: foo, return=bar"


def test_media_types_not_available_are_named(ask):
    with pytest.raises(Problem) as caught:
        ask("GET", Accept="text/html;q=0.5, image/png")
    assert caught.value.message == "None of these media types are available: image/png, text/html"


def test_the_first_preference_wins(ask):
    assert ask("GET", Prefer="count=planned, count=exact").operation.count == "planned"
    assert ask("GET", Prefer="count=none").operation.count is None


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        (None, "application/json; charset=utf-8"),
        ("*/*", "application/json; charset=utf-8"),
        ("text/html, application/*;q=0.2", "application/json; charset=utf-8"),
        ("text/csv;q=0.5, application/json;q=0.4", "text/csv; charset=utf-8"),
        ("application/vnd.pgrst.object", "application/vnd.pgrst.object+json; charset=utf-8"),
        (f"{OBJECT}; nulls=stripped", "application/vnd.pgrst.object+json;nulls=stripped; charset=utf-8"),
        (
            "application/vnd.pgrst.array+json;nulls=stripped",
            "application/vnd.pgrst.array+json;nulls=stripped; charset=utf-8",
        ),
        ("application/json;q=0, text/csv", "text/csv; charset=utf-8"),
    ],
)
def test_media(ask, accept, content_type):
    headers = {} if accept is None else {"Accept": accept}
    assert ask("GET", **headers).wish.media.content_type == content_type

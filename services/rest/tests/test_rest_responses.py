"""Results and problems become answers: status, headers and body by the dialect's rules."""

import msgspec
import pytest
from contracts.problems import Problem
from contracts.results import Result
from lxml import etree
from rest_service.response import of_problem, of_result
from rest_service.row_formats import CsvRows, XmlRows, element_name, lines_of
from rest_service.rows import strip_nulls

REPRESENTATION = "return=representation"


@pytest.mark.parametrize(
    ("query", "prefer", "result", "status", "content_range"),
    [
        ("", "", Result(body=b"[]", rows=3), 200, "0-2/*"),
        ("", "", Result(body=b"[]", rows=0), 200, "*/*"),
        ("limit=2&offset=4", "", Result(body=b"[]", rows=2), 200, "4-5/*"),
        ("limit=0", "", Result(body=b"[]", rows=0), 200, "*/*"),
        ("", "count=exact", Result(body=b"[]", rows=3, total=3), 200, "0-2/3"),
        ("limit=2", "count=exact", Result(body=b"[]", rows=2, total=3), 206, "0-1/3"),
        ("offset=3", "count=exact", Result(body=b"[]", rows=0, total=3), 200, "*/3"),
        ("", "count=exact", Result(body=b"[]", rows=0, total=0), 200, "*/0"),
        ("limit=2", "count=planned", Result(body=b"[]", rows=2, total=1000), 206, "0-1/1000"),
    ],
)
def test_status_and_range_of_reads(ask, query, prefer, result, status, content_range):
    answer = of_result(result, ask("GET", query, Prefer=prefer).wish)
    assert (answer.status, answer.headers["Content-Range"]) == (status, content_range)


@pytest.mark.parametrize(
    ("query", "total", "content_range"),
    [("", 15, "0-14/15"), ("limit=4", 15, "0-3/15"), ("limit=4&offset=13", 15, "13-14/15"), ("", 0, "*/0")],
)
def test_the_total_tells_the_page_where_nobody_counted_its_rows(ask, query, total, content_range):
    answer = of_result(Result(total=total), ask("HEAD", query, Prefer="count=exact").wish)
    assert answer.headers["Content-Range"] == content_range
    assert answer.body == b""


def test_a_page_beyond_the_last_row(ask):
    with pytest.raises(Problem) as caught:
        of_result(Result(body=b"[]", rows=0, total=15), ask("GET", "offset=100", Prefer="count=exact").wish)
    answer = of_problem(caught.value, anonymous=False)
    assert (answer.status, answer.headers["Content-Range"]) == (416, "*/15")
    assert msgspec.json.decode(answer.body) == {
        "code": "PGRST103",
        "message": "Requested range not satisfiable",
        "details": "An offset of 100 was requested, but there are only 15 rows.",
        "hint": None,
    }


def test_headers_of_a_read(ask):
    asked = ask(
        "GET", "b=eq.1&a=eq.%C3%A9", resource="Order Items", Prefer="count=exact, tx=rollback", Accept_Profile="sales"
    )
    answer = of_result(Result(body=b'[{"a":1}]', rows=1, total=1), asked.wish)
    assert answer.headers == {
        "Content-Type": "application/json; charset=utf-8",
        "Content-Range": "0-0/1",
        "Range-Unit": "items",
        "Content-Location": "/Order%20Items?a=eq.%C3%A9&b=eq.1",
        "Content-Profile": "sales",
        "Preference-Applied": "count=exact",
        "Vary": "Accept, Prefer, Range",
    }
    assert answer.body == b'[{"a":1}]'


def test_one_object(ask):
    answer = of_result(Result(body=b'{"a":null}'), ask("GET", Accept="application/vnd.pgrst.object+json").wish)
    assert answer.headers["Content-Range"] == "0-0/*"
    assert answer.headers["Content-Type"] == "application/vnd.pgrst.object+json; charset=utf-8"
    assert answer.body == b'{"a":null}'


@pytest.mark.parametrize(
    ("method", "query", "prefer", "affected", "status", "content_range", "has_body"),
    [
        ("POST", "", "", 1, 201, "*/*", False),
        ("POST", "", "return=minimal,count=exact", 2, 201, "*/2", False),
        ("POST", "", REPRESENTATION, 2, 201, "*/*", True),
        ("PATCH", "id=eq.1", "", 3, 204, "0-2/*", False),
        ("PATCH", "id=eq.1", "", 0, 204, "*/*", False),
        ("PATCH", "id=eq.1", "count=exact", 3, 204, "0-2/3", False),
        ("PATCH", "id=eq.1", REPRESENTATION, 0, 200, "*/*", True),
        ("DELETE", "id=eq.1", "", 3, 204, "*/*", False),
        ("DELETE", "id=eq.1", "count=exact", 3, 204, "*/3", False),
        ("DELETE", "id=eq.1", REPRESENTATION, 3, 200, "*/*", True),
    ],
)
def test_status_and_range_of_writes(ask, method, query, prefer, affected, status, content_range, has_body):
    wish = ask(method, query, {"title": "X"}, Prefer=prefer).wish
    answer = of_result(Result(body=b"[]", affected=affected), wish)
    assert (answer.status, answer.headers["Content-Range"]) == (status, content_range)
    assert answer.body == (b"[]" if has_body else b"")
    assert ("Content-Type" in answer.headers) == has_body


@pytest.mark.parametrize(
    ("method", "prefer", "applied"),
    [
        ("GET", "return=minimal, count=exact, handling=lenient", "count=exact, handling=lenient"),
        ("POST", "count=exact, return=minimal, missing=default", "missing=default, return=minimal, count=exact"),
        ("PATCH", "max-affected=3,handling=strict", "handling=strict, max-affected=3"),
        ("DELETE", "max-affected=3,return=headers-only", "return=headers-only"),
        ("POST", "tx=rollback", None),
    ],
)
def test_preference_applied(ask, method, prefer, applied):
    answer = of_result(Result(affected=0), ask(method, "id=eq.1", {"a": 1}, Prefer=prefer).wish)
    assert answer.headers.get("Preference-Applied") == applied


def test_location_of_a_created_row(ask):
    wish = ask("POST", body={"a": 1}, resource="Order Items", Prefer="return=headers-only").wish
    answer = of_result(Result(affected=1, location={"id": "3/4", "the.key": "x y", "order": "1"}), wish)
    assert answer.headers["Location"] == "/Order%20Items?id=eq.3%2F4&%22the.key%22=eq.x%20y&%22order%22=eq.1"
    minimal = ask("POST", body={"a": 1}, Prefer="return=minimal").wish
    assert "Location" not in of_result(Result(affected=1, location={"id": "3"}), minimal).headers


@pytest.mark.parametrize(
    ("problem", "anonymous", "status"),
    [
        (Problem("42501", "permission denied for table film"), False, 403),
        (Problem("42501", "permission denied for table film"), True, 401),
        (Problem("23505", "duplicate key"), True, 409),
        (Problem("P0001", "custom", status=418), False, 418),
        (Problem("PGRST201", "several", details=[{"cardinality": "many-to-one"}]), False, 300),
        (Problem("57014", "too long"), False, 500),
    ],
)
def test_problems(problem, anonymous, status):
    answer = of_problem(problem, anonymous=anonymous)
    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.headers["Proxy-Status"] == f"PostgREST; error={problem.code}"
    assert ("WWW-Authenticate" in answer.headers) == (status == 401)
    body = msgspec.json.decode(answer.body)
    assert body == {"code": problem.code, "message": problem.message, "details": problem.details, "hint": None}


def test_outages_say_when_to_come_back():
    assert of_problem(Problem("PGRST000", "down"), anonymous=True).headers["Retry-After"] == "1"
    slow = Problem("PGRST000", "down", headers={"Retry-After": "9"})
    assert of_problem(slow, anonymous=True).headers["Retry-After"] == "9"


def to_csv(rows):
    writer = CsvRows()
    return writer.rows(lines_of(rows)) + writer.end()


def test_xml():
    writer = XmlRows()
    row = b'{"id": 12345678901234567890, "na me": "<a>&\\u0001\\r", "x": null, "ok": true, "one": {"n": 1.10}, "xs": [1, null, {"y": "z"}], "e": []}\n'
    text = writer.rows(row) + writer.rows(row) + writer.end()
    found = etree.fromstring(text)
    assert [child.tag for child in found] == ["row", "row"]
    assert etree.tostring(found[0], encoding="unicode").replace(
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"', ""
    ) == (
        "<row><id>12345678901234567890</id><na_x0020_me>&lt;a&gt;&amp;\ufffd&#13;</na_x0020_me>"
        '<x xsi:nil="true"/><ok>true</ok><one><n>1.10</n></one><xs><item>1</item><item xsi:nil="true"/><item><y>z</y></item></xs>'
        "<e/></row>\n"
    )
    assert [child.tag for child in etree.fromstring(XmlRows().end())] == []


def test_names_in_xml_are_all_different():
    names = ["a", "A b", "xml", "1a", "", "_x0020_", " ", "a-b.c", "ü"]
    made = [element_name(name) for name in names]
    assert len(set(made)) == len(names)
    for name in made:
        etree.fromstring(f"<{name}/>")


def test_csv():
    rows = b'[{"id":1,"na,me":"a,\\"b\\"","x":null,"j":{"k": [1, 2]},"b":true,"n":1.10},{"id":2,"na,me":"","x":"l1\\nl2","j":[],"b":false,"n":1e400}]'
    assert to_csv(rows).decode() == (
        'id,"na,me",x,j,b,n\n1,"a,""b""",,"{""k"": [1, 2]}",true,1.10\n2,"","l1\nl2",[],false,1e400'
    )


def test_csv_without_rows(ask):
    assert to_csv(b"[]") == b""
    answer = of_result(Result(body=b"[]", rows=0), ask("GET", "select=id,t:title,n:data->x", Accept="text/csv").wish)
    assert answer.body == b"id,t,n"
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    spread = ask("GET", "select=id,...actors(name)", Accept="text/csv").wish
    assert of_result(Result(body=b"[]", rows=0), spread).body == b""


def test_nulls_are_stripped_at_any_depth():
    text = b'[{"a":null,"b":1.100,"c":{"d":null,"e":[null,{"f":null}]},"big":123456789012345678901234567890}]'
    assert strip_nulls(text) == b'[{"b":1.100,"c":{"e":[null,{}]},"big":123456789012345678901234567890}]'

"""Functions by SOAP: an operation each, typed by the WSDL, as zeep calls it."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import zeep
from contracts.operations import Read
from lxml import etree
from zeep.helpers import serialize_object

from tests.fixtures.guarded_store import ADMIN, SOAP_NAMESPACE, Suite, Who

CLERK = Who("clerk")


def ask(suite: Suite, operation: str, who: Who = ADMIN, **arguments):
    return serialize_object(suite.call(operation, who, **arguments), dict)


def logged(suite: Suite) -> list[str]:
    return [row["what"] for row in suite.run(Read("log"))]


@pytest.fixture(autouse=True)
def _empty_log(suite: Suite):
    yield
    suite.restore()


@pytest.mark.parametrize(
    ("operation", "arguments", "expected"),
    [
        ("CallAdd", {"a": 1}, 3),
        ("CallAdd", {"a": 1, "b": 5}, 6),
        ("CallAdd", {"a": zeep.xsd.Nil}, None),
        ("CallNumbers", {"n": 3}, [1, 2, 3]),
        ("CallNothingThere", {}, None),
        ("CallARecord", {}, '{"x":1,"y":"a"}'),
        ("CallSomeRecords", {"n": 2}, ['{"x":1,"y":true}', '{"x":2,"y":true}']),
        ("CallOuts", {}, {"low": 1, "high": 9}),
        ("CallPairs", {"n": 2}, [{"x": 1, "y": Decimal("1.50")}, {"x": 2, "y": Decimal("3.00")}]),
        ("CallPairs", {"n": 0}, None),
        ("CallJoined", {"parts": {"string": ["a", "b"]}}, "a-b"),
        ("CallJoined", {}, ""),
        ("CallWhole", {"body": '{"any": [1]}'}, '{"any":[1]}'),
        ("CallMoods", {}, ["ok", "sad"]),
        ("CallShout", {"body": "hey"}, "HEY"),
        ("CallBytesBack", {"body": b"\x00"}, b"\x00\xff"),
    ],
)
def test_what_comes_back(suite: Suite, operation: str, arguments, expected) -> None:
    for _ in range(3):  # a message that was seen before goes another way
        found = ask(suite, operation, **arguments)
        assert (found or None) == (expected or None)


def test_rows_of_a_resource(suite: Suite) -> None:
    found = ask(suite, "CallShops", minimum=2)
    assert [(row["id"], row["name"], row["secret"]) for row in found] == [(3, "Draper", "c"), (2, "Cobbler", "b")]
    assert ask(suite, "CallShopOf", which=2)["name"] == "Cobbler"
    assert ask(suite, "CallShopOf", which=9) is None


def strings(*names: str) -> dict[str, list[str]]:
    return {"string": list(names)}


def test_rows_are_filtered_sorted_and_paged_like_those_of_a_table(suite: Suite) -> None:
    order = {"item": [{"field": "name", "descending": True}]}
    for minimum, names in ((1, ["Draper", "Cobbler", "Baker"]), (2, ["Draper", "Cobbler"])) * 2:
        found = ask(suite, "CallShops", minimum=minimum, filter={"city_id": {"ge": 1}}, orderBy=order)
        assert [row["name"] for row in found] == names
    by_city = {"not": {"city_id": {"eq": 2}}, "or": [{"name": {"like": "B%"}}, {"id": {"in": [2, 3]}}]}
    assert [row["id"] for row in ask(suite, "CallShops", filter=by_city, orderBy=order)] == [2, 1]
    assert [row["id"] for row in ask(suite, "CallShops", page={"limit": 1, "offset": 1})] == [2]
    (found,) = ask(suite, "CallShops", filter={"id": {"eq": 3}}, fields=strings("name"), include=strings("city"))
    assert (found["name"], found["city"]["name"], found["id"]) == ("Draper", "Linz", None)
    related = ask(suite, "CallShops", filter={"city": {"name": {"eq": "Linz"}}})
    assert [row["id"] for row in related] == [3]


def test_rows_of_a_function_s_own_too(suite: Suite) -> None:
    found = ask(
        suite,
        "CallPairs",
        n=9,
        filter={"y": {"gt": Decimal(3)}},
        orderBy={"item": [{"field": "x", "descending": True}]},
        page={"limit": 2},
        fields=strings("x"),
    )
    assert [(row["x"], row["y"]) for row in found] == [(9, None), (8, None)]
    fault = fault_of(suite, "<CallPairs><n>1</n><filter><z><eq>1</eq></z></filter></CallPairs>")
    assert fault == ("42703", "CallPairs/filter/z is unknown")


def test_of_a_function_s_rows_nothing_is_counted_and_no_cursor_given(suite: Suite) -> None:
    for name in ("includeTotal", "cursor"):
        code, text = fault_of(suite, f"<CallPairs><n>1</n><page><{name}>1</{name}></page></CallPairs>")
        assert (code, text) == ("PGRST102", f"CallPairs/page/{name} is unknown")


def test_what_a_role_sees_holds_for_filters_of_a_function_s_rows(suite: Suite) -> None:
    assert [row["id"] for row in ask(suite, "CallShops", CLERK, filter={"id": {"ge": 2}})] == [2]
    code, _ = fault_of(suite, "<CallShops><filter><secret><eq>b</eq></secret></filter></CallShops>", CLERK)
    assert code == "42703"


def test_an_argument_keeps_its_name(suite: Suite) -> None:
    found = ask(suite, "CallPaged", page=2, filter="x", page2={"limit": 1}, filter2={"n": {"gt": 1}})
    assert [row["n"] for row in found] == [2]


def test_arguments_of_every_kind(suite: Suite) -> None:
    found = ask(
        suite, "CallDescribed", j='{"k":[1]}', n={"decimal": [Decimal("1.5")]}, m="ok", a="(Ring,7)",
        at=datetime(2024, 1, 31, 10, tzinfo=UTC), b=b"\x00\xff", ok=True, on_day=date(2024, 2, 29),
    )  # fmt: skip
    assert found == (
        '[{"k":[1]},[1.5],"ok",{"street":"Ring","no":7},"2024-01-31T10:00:00","\\\\x00ff",true,"2024-02-29"]'
    )


def test_what_writes(suite: Suite) -> None:
    assert ask(suite, "CallNote", what="a") is None
    assert [row["what"] for row in ask(suite, "CallWriteLog", what="b")] == ["b", "b!"]
    assert logged(suite) == ["a", "b", "b!"]


def fault_of(suite: Suite, message: str, who: Who = ADMIN):
    answer = etree.fromstring(suite.post(message, who).data)
    return answer.findtext(f".//{{{SOAP_NAMESPACE}}}code"), answer.findtext(f".//{{{SOAP_NAMESPACE}}}message")


def test_refusals(suite: Suite) -> None:
    assert fault_of(suite, "<CallAdd/>") == ("PGRST102", "CallAdd needs an element a")
    assert fault_of(suite, "<CallAdd><a>x</a></CallAdd>") == ("22P02", 'CallAdd/a: "x" is no xs:int')
    assert fault_of(suite, "<CallAdd><a>1</a><c>1</c></CallAdd>") == ("PGRST102", "CallAdd/c is unknown")
    assert fault_of(suite, "<CallRefuse/>") == ("PT402", "Pay first")
    assert fault_of(suite, "<CallTwin><a>1</a></CallTwin>")[0] == "PGRST202"
    assert fault_of(suite, "<CallNumbers><n>1</n></CallNumbers>", CLERK)[0] == "PGRST202"


def test_roles(suite: Suite) -> None:
    shops = ask(suite, "CallShops", CLERK)
    assert [(row["id"], "secret" in row) for row in shops] == [(2, False), (1, False)]
    assert ask(suite, "CallShopOf", CLERK, which=3)["secret"] == "c"


def test_the_wsdl_types_them(suite: Suite) -> None:
    document = etree.fromstring(suite.soap.get("/soap/v1?wsdl", headers=ADMIN.headers).data)
    names = {"xs": "http://www.w3.org/2001/XMLSchema", "wsdl": "http://schemas.xmlsoap.org/wsdl/"}
    members = document.xpath("//xs:element[@name='CallAdd']//xs:element", namespaces=names)
    assert [(m.get("name"), m.get("type"), m.get("minOccurs")) for m in members] == [
        ("a", "xs:int", None), ("b", "xs:int", "0"),
    ]  # fmt: skip
    told = document.xpath("//wsdl:portType/wsdl:operation[@name='CallAdd']/wsdl:documentation", namespaces=names)
    assert told[0].text == "The sum of both numbers"
    page = suite.soap.get("/soap/v1", headers=ADMIN.headers).text
    assert "<code>CallAdd</code> The sum of both numbers" in page

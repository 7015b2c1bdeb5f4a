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

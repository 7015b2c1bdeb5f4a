"""Answers of data as XML: in the schema's order, and valid by the schema that the WSDL shows."""

import msgspec
import pytest
from contracts.results import Result
from lxml import etree
from soap_service import response, wsdl
from soap_service.namespaces import XSD, XSI

NS = "urn:trivet:v1"
KEY = {"order": 7, "line": 1}


@pytest.fixture(scope="module")
def schema(port):
    """The schema within the WSDL."""
    root = etree.fromstring(wsdl.write(port, namespace=NS, address="http://x"))
    return etree.XMLSchema(root.find(f".//{{{XSD}}}schema"))


@pytest.fixture
def answer(parse, port, schema):
    """The response element for a request and data's JSON, checked by the schema."""

    def write(content, found, **extra):
        body = found if isinstance(found, bytes) else msgspec.json.encode(found)
        text = response.writer(parse(content), NS, port)(Result(body=body, **extra))
        element = etree.fromstring(f'<x xmlns:xsi="{XSI}">{text}</x>')[0]
        schema.assertValid(etree.fromstring(etree.tostring(element)))
        return element

    return write


def texts(element):
    return {
        etree.QName(child).localname: "nil" if child.get(f"{{{XSI}}}nil") else child.text or "" for child in element
    }


@pytest.mark.parametrize(
    "name, value, expected",
    [
        ("price", b"10.10", "10.10"),
        ("price", b"1e3", "1000"),
        ("price", b"1e-7", "0.0000001"),
        ("price", b'"NaN"', "nil"),
        ("price", b"123456789012345678901234567890.5", "123456789012345678901234567890.5"),
        ("big", b"9223372036854775807", "9223372036854775807"),
        ("big", b"3.0", "3"),
        ("big", b'"text"', "nil"),
        ("weight", b"0.1", "0.1"),
        ("weight", b"1e+20", "1E+20"),
        ("weight", b'"Infinity"', "INF"),
        ("weight", b'"-Infinity"', "-INF"),
        ("weight", b'"NaN"', "NaN"),
        ("gift", b"true", "true"),
        ("gift", b"0", "false"),
        ("title", b'"a<b>&\\u0000\\ud83d\\ude00\\uffff"', "a<b>&\ufffd😀\ufffd"),
        ("title", b'" a\\r\\n\\t"', " a\r\n\t"),
        ("title", b'""', ""),
        ("title", b"12", "12"),
        ("day", b'"2024-02-29"', "2024-02-29"),
        ("day", b'"2024-02-29 00:00:00"', "2024-02-29"),
        ("day", b'"infinity"', "nil"),
        ("hour", b'"23:59:58.123456"', "23:59:58.123456"),
        ("hour", b'"23:59"', "23:59:00"),
        ("seen", b'"2024-02-29 12:00:01.5"', "2024-02-29T12:00:01.5"),
        ("seen", b'"2024-02-29"', "2024-02-29T00:00:00"),
        ("made", b'"2024-02-29T12:00:01.123456+00:00"', "2024-02-29T12:00:01.123456Z"),
        ("made", b'"2024-02-29T12:00:01+05:30"', "2024-02-29T06:30:01Z"),
        ("made", b'"2024-03-01 00:30:00.25-08"', "2024-03-01T08:30:00.25Z"),
        ("made", b'"2024-02-29 12:00:01"', "2024-02-29T12:00:01Z"),
        ("made", b'"infinity"', "nil"),
        ("extra", b'{"a": [1, 2.50, null, "\xc3\xa4"]}', '{"a":[1,2.50,null,"ä"]}'),
        ("took", b'"1 year 2 mons -3 days +04:05:06.789"', "P1Y2M-3DT4H5M6.789S"),
        ("took", b'"-00:00:00.5"', "PT-0.5S"),
        ("took", b'"30:00:00"', "PT30H"),
        ("took", b'"1 mon"', "P1M"),
        ("took", b'"00:00:00"', "PT0S"),
        ("took", b'"P1DT2H"', "P1DT2H"),
        ("extra", b'"text"', '"text"'),
        ("photo", b'"\\\\x00ff"', "AP8="),
        ("photo", b'"\\\\x"', ""),
        ("size", b'"M"', "M"),
        ("span", b'"[1,5)"', "[1,5)"),
        ("odd_x0020_name", b'"10.0.0.1"', "10.0.0.1"),
        ("big", b"null", "nil"),
    ],
)
def test_values_by_type(answer, name, value, expected):
    body = b'{"order":7,"line":1,"%s":%s}' % (name.encode(), value)
    row = answer("<GetOrderItems><order>7</order><line>1</line></GetOrderItems>", body)[0]
    assert texts(row)[name] == expected


def test_arrays(answer):
    row = {**KEY, "tags": ["a", None, "", ["b"]], "counts": [1, None]}
    element = answer("<GetOrderItems><order>7</order><line>1</line></GetOrderItems>", row)[0]
    tags = element.find(f"{{{NS}}}tags")
    assert [(each.text, each.get(f"{{{XSI}}}nil")) for each in tags] == [
        ("a", None), (None, "true"), (None, None), ('["b"]', None),
    ]  # fmt: skip
    assert [each.text for each in element.find(f"{{{NS}}}counts")] == ["1", None]


def test_what_was_not_chosen_is_left_out(answer):
    rows = [{"name": "Ann", "notes": None}]
    items = answer("<ListCustomers><fields><string>notes</string><string>name</string></fields></ListCustomers>", rows)
    assert [texts(row) for row in items[0]] == [{"name": "Ann", "notes": "nil"}]


@pytest.mark.parametrize("found, total, count", [([], None, 0), ([{"id": 1}, {"id": 2}], 9, 2)])
def test_lists(answer, found, total, count):
    element = answer("<ListCustomers/>", found, total=total)
    assert len(element[0]) == count
    assert [child.text for child in element[1:]] == ([] if total is None else [str(total)])


def test_no_row(answer):
    assert len(answer("<GetCustomers><id>1</id></GetCustomers>", None)) == 0


def test_deleted(answer):
    assert answer("<DeleteCustomers><id>1</id></DeleteCustomers>", b"", affected=1)[0].text == "1"


def test_related_rows(answer):
    rows = [{"id": 1, "orders": [KEY, KEY]}, {"id": 2, "orders": []}]
    items = answer("<ListCustomers><include><string>orders</string></include></ListCustomers>", rows)[0]
    assert [len(row.find(f"{{{NS}}}orders")) for row in items] == [2, 0]
    rows = [{**KEY, "customer2": {"id": 1, "name": "<A>"}}, {**KEY, "customer2": None}]
    items = answer("<ListOrderItems><include><string>customer</string></include></ListOrderItems>", rows)[0]
    assert items[0].findtext(f"{{{NS}}}customer2/{{{NS}}}name") == "<A>"
    assert items[1].find(f"{{{NS}}}customer2") is None

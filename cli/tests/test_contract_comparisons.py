"""What breaks clients of a WSDL, an OpenAPI document and a GraphQL schema, and what does not."""

import json
from typing import Any

import pytest
from trivet_cli import contract_names, contract_openapi, contract_sdl, contract_wsdl

WSDL = """\
<wsdl:definitions targetNamespace="urn:x" xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:tns="urn:x"
 xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:xs="http://www.w3.org/2001/XMLSchema"><wsdl:types><xs:schema>
<xs:complexType name="Row"><xs:sequence><xs:element name="a" type="xs:int"/><xs:element name="b" type="xs:int" minOccurs="0"/></xs:sequence></xs:complexType>
<xs:complexType name="Input"><xs:sequence><xs:element name="a" type="xs:int" nillable="true"/><xs:element name="b" type="xs:int" minOccurs="0"/></xs:sequence></xs:complexType>
<xs:element name="Do"><xs:complexType><xs:sequence><xs:element name="row" type="tns:Input"/></xs:sequence></xs:complexType></xs:element>
<xs:element name="DoResponse"><xs:complexType><xs:sequence><xs:element name="Row" type="tns:Row" maxOccurs="unbounded"/></xs:sequence></xs:complexType></xs:element>
</xs:schema></wsdl:types>
<wsdl:message name="DoIn"><wsdl:part name="parameters" element="tns:Do"/></wsdl:message>
<wsdl:message name="DoOut"><wsdl:part name="parameters" element="tns:DoResponse"/></wsdl:message>
<wsdl:portType name="P"><wsdl:operation name="Do"><wsdl:input message="tns:DoIn"/><wsdl:output message="tns:DoOut"/></wsdl:operation></wsdl:portType>
<wsdl:binding name="B" type="tns:P"><wsdl:operation name="Do"><soap:operation soapAction="urn:x/Do"/></wsdl:operation></wsdl:binding>
</wsdl:definitions>"""
ROW = '<xs:complexType name="Row"><xs:sequence><xs:element name="a" type="xs:int"/>'
INPUT = '<xs:complexType name="Input"><xs:sequence><xs:element name="a" type="xs:int" nillable="true"/>'
B = '<xs:element name="b" type="xs:int" minOccurs="0"/>'
NEW = '<xs:element name="c" type="xs:int" minOccurs="0"/>'


@pytest.mark.parametrize(
    "old, new, line",
    [
        ("<!-- -->", "<!-- -->", None),
        (ROW + B, ROW + B + NEW, None),
        (INPUT + B, INPUT + NEW + B, None),
        (ROW + B, ROW + NEW + B, "Row: c is new, and not at the end"),
        (ROW + B, ROW, "Row: b is gone"),
        (INPUT + B, INPUT, "Input: b is gone"),
        (ROW, ROW.replace("xs:int", "xs:long"), "Row: a is xs:long, and was xs:int"),
        (ROW + B, ROW.replace('<xs:element name="a" type="xs:int"/>', B) + '<xs:element name="a" type="xs:int"/>', "Row: a stands elsewhere"),
        (ROW, ROW.replace("/>", ' minOccurs="0"/>'), "Row: a may be missing now"),
        (ROW, ROW.replace("/>", ' nillable="true"/>'), "Row: a may be nil now"),
        (INPUT, INPUT.replace('nillable="true"', ""), "Input: a can't be nil any more"),
        (INPUT + B, INPUT + B.replace(' minOccurs="0"', ""), "Input: b is needed now"),
        (INPUT + B, INPUT + B + NEW.replace(' minOccurs="0"', ""), "Input: c is needed now"),
        ('name="Row" type="tns:Row" maxOccurs="unbounded"', 'name="Row" type="tns:Row"', "DoResponse: Row stands there 1 times at most, and did unbounded"),
        ("urn:x/Do", "urn:x/Done", "the SOAPAction of Do is urn:x/Done, and was urn:x/Do"),
        ('targetNamespace="urn:x"', 'targetNamespace="urn:y"', "the namespace is urn:y, and was urn:x"),
        ('operation name="Do"', 'operation name="Done"', "the operation Do is gone"),
    ],
)  # fmt: skip
def test_a_wsdl(old: str, new: str, line: str | None) -> None:
    changed = WSDL.replace(old, new) if old != "<!-- -->" else WSDL
    assert contract_wsdl.breaks(WSDL.encode(), changed.encode()) == ([line] if line else [])


def test_an_operation_that_comes_breaks_nobody() -> None:
    more = WSDL.replace("</wsdl:portType>", '<wsdl:operation name="More"/></wsdl:portType>')
    assert contract_wsdl.breaks(WSDL.encode(), more.encode()) == []


@pytest.mark.parametrize("text", [b"", b"<a/>", b"no XML"])
def test_what_is_no_wsdl(text: bytes) -> None:
    with pytest.raises(ValueError):
        contract_wsdl.breaks(text, WSDL.encode())


OPENAPI: dict[str, Any] = {
    "paths": {
        "/things": {
            "get": {
                "parameters": [{"$ref": "#/components/parameters/limit"}],
                "responses": {"200": {"content": {"application/json": {"schema": {"type": "array", "items": {"$ref": "#/components/schemas/things"}}}}}},
            },
            "post": {
                "requestBody": {"content": {"application/json": {"schema": {"anyOf": [{"$ref": "#/components/schemas/create"}, {"type": "array"}]}}}},
                "responses": {"201": {"description": "Created"}},
            },
        }
    },
    "components": {
        "parameters": {"limit": {"in": "query", "name": "limit", "schema": {"type": "integer"}}},
        "schemas": {
            "things": {"type": "object", "properties": {"id": {"type": "integer"}, "name": {"type": ["string", "null"]}, "up": {"$ref": "#/components/schemas/things"}}, "required": ["id"]},
            "create": {"type": "object", "properties": {"id": {"type": "integer"}, "name": {"type": "string", "maxLength": 9}, "size": {"type": "string", "enum": ["S", "M"]}}},
        },
    },
}  # fmt: skip
GET = ("paths", "/things", "get")
POST = ("paths", "/things", "post")
THINGS = ("components", "schemas", "things")
CREATE = ("components", "schemas", "create")


@pytest.mark.parametrize(
    "place, value, line",
    [
        ((*THINGS, "properties", "new"), {"type": "string"}, None),
        ((*CREATE, "properties", "new"), {"type": "string"}, None),
        ((*CREATE, "properties", "size", "enum"), ["S", "M", "L"], None),
        ((*CREATE, "properties", "name", "maxLength"), 10, None),
        ((*THINGS, "properties", "name", "type"), "string", None),
        (("paths", "/others"), {}, None),
        (("paths", "/things"), None, "/things is gone"),
        (POST, None, "POST /things is gone"),
        ((*GET, "parameters"), [], "GET /things: the parameter limit is gone"),
        ((*GET, "parameters"), [{"in": "query", "name": "limit", "required": True}], "GET /things: the parameter limit is needed now"),
        ((*GET, "responses"), {}, "GET /things: the answer 200 is gone"),
        ((*GET, "responses", "200", "content"), {}, "GET /things: the answer 200 as application/json is gone"),
        ((*POST, "requestBody", "required"), True, "POST /things: a body is needed now"),
        ((*THINGS, "properties", "name"), None, "things: name is gone"),
        ((*THINGS, "properties", "id", "type"), "string", "things.id is string, and was integer"),
        ((*THINGS, "properties", "id", "type"), ["integer", "null"], "things.id is integer or null, and was integer"),
        ((*THINGS, "properties", "id", "format"), "int64", "things.id is int64, and was without one"),
        ((*THINGS, "required"), [], "things: id may be missing now"),
        ((*CREATE, "properties", "name"), None, "create: name is gone"),
        ((*CREATE, "required"), ["name"], "create: name is needed now"),
        ((*CREATE, "properties", "size", "enum"), ["S"], "create.size does not take all values that it took"),
        ((*CREATE, "properties", "name", "enum"), ["S"], "create.name takes some values only"),
        ((*CREATE, "properties", "name", "maxLength"), 8, "create.name takes 8 characters at most"),
    ],
)  # fmt: skip
def test_an_openapi_document(place: tuple[str, ...], value: Any, line: str | None) -> None:
    changed = json.loads(json.dumps(OPENAPI))
    part = changed
    for step in place[:-1]:
        part = part[step]
    if value is None:
        del part[place[-1]]
    else:
        part[place[-1]] = value
    found = contract_openapi.breaks(json.dumps(OPENAPI).encode(), json.dumps(changed).encode())
    assert found == ([line] if line else [])


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'{"paths": 1}'])
def test_what_is_no_openapi_document(text: bytes) -> None:
    with pytest.raises(ValueError):
        contract_openapi.breaks(text, json.dumps(OPENAPI).encode())


SDL = "type query_root { things(limit: Int): [things!]! }\nschema { query: query_root }\ntype things { id: Int! name: String }"


@pytest.mark.parametrize(
    "old, new, line",
    [
        ("name: String", "name: String new: Int", None),
        ("limit: Int", "limit: Int, new: Int", None),
        (" name: String", "", "things.name was removed"),
        ("name: String", "name: Int", "things.name changed type from String to Int"),
    ],
)
def test_a_graphql_schema(old: str, new: str, line: str | None) -> None:
    assert contract_sdl.breaks(SDL.encode(), SDL.replace(old, new).encode()) == ([line] if line else [])


def test_what_is_no_graphql_schema() -> None:
    with pytest.raises(ValueError):
        contract_sdl.breaks(b"type {", SDL.encode())


@pytest.mark.parametrize(
    "old, new, line",
    [
        ('name="Input"', 'name="Input"', None),
        ('element name="b"', f'element name="{"b" * 31}"', f"Row/{'b' * 31}: {'b' * 31} has 31 characters, and 30 are known"),
        ('element name="b"', 'element name="_b"', "Row/_b: _b does not begin with a letter, or has other signs than letters, digits and underscores"),
        ('element name="b"', 'element name="bä"', "Row/bä: bä does not begin with a letter, or has other signs than letters, digits and underscores"),
        ('element name="b"', 'element name="A"', "Row: a and A differ in case alone"),
        ('complexType name="Input"', 'complexType name="ROW"', "the types: Row and ROW differ in case alone"),
    ],
)  # fmt: skip
def test_names_for_sap(old: str, new: str, line: str | None) -> None:
    found = contract_names.misfits(WSDL.replace(old, new, 1).encode())
    assert found == ([line] if line else [])

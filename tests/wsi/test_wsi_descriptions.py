"""Every WSDL keeps the rules of WS-I Basic Profile 1.1, and is valid by the public schemas."""

from urllib.parse import urlsplit

import pytest
from contracts.catalog import Catalog, Resource
from contracts.fields import Field
from lxml import etree
from soap_service import wsdl
from soap_service.port_type import PortType
from trivet_cli import contract_names

from tests.fixtures.guarded_store import ADMIN, Suite, Who
from tests.wsi import descriptions, public_schemas

ROLES = {"admin": ADMIN, "clerk": Who("clerk"), "agent": Who("agent"), "dropbox": Who("dropbox")}
QUERIES = ["wsdl", "wsdl&soap=11", "wsdl&soap=12", "wsdl&profile=java", "wsdl&profile=sap"]
THINGS = Resource(
    name="things", schema="main", table="things", kind="table", key=("id",), insertable=True, deletable=True,
    fields=(Field(name="id", type="int4", db_type="integer", nullable=False), Field(name="name", type="text", db_type="text")),
)  # fmt: skip


def check(text: bytes) -> None:
    root = etree.fromstring(text)
    assert descriptions.RULES.broken(root) == {}
    assert public_schemas.faults(root) == []
    schemas = root.findall(f".//{descriptions.XSD}schema")
    assert all(
        etree.XMLSchema(schema) is not None for schema in schemas
    )  # each is a schema, and not only looks like one


@pytest.mark.parametrize("query", QUERIES)
def test_each_database_s_document(store: Suite, query: str) -> None:
    check(store.soap.get(f"/soap/v1?{query}", headers=ADMIN.headers).data)


def test_sap_takes_every_name_of_its_profile(store: Suite) -> None:
    assert contract_names.misfits(store.soap.get("/soap/v1?wsdl&profile=sap", headers=ADMIN.headers).data) == []


def test_a_document_whose_types_are_beside_it(store: Suite) -> None:
    """The document, its schema, and both as a toolkit puts them together."""
    root = etree.fromstring(store.soap.get("/soap/v1?wsdl=2", headers=ADMIN.headers).data)
    assert public_schemas.faults(root) == []
    (imported,) = root.iter(f"{descriptions.XSD}import")
    address = urlsplit(imported.get("schemaLocation"))
    schema = etree.fromstring(store.soap.get(f"{address.path}?{address.query}", headers=ADMIN.headers).data)
    assert public_schemas.faults(schema) == []
    assert schema.get("targetNamespace") == imported.get("namespace")
    types = root.find(f"{descriptions.WSDL}types")
    assert descriptions.RULES.broken(root).keys() & {"R2001", "R2003", "R2023", "R2105", "R2706", "R2718"} == set()
    types.replace(types[0], schema)
    assert descriptions.RULES.broken(root) == {}


@pytest.mark.parametrize("store", ["sqlite", "functions"], indirect=True)
@pytest.mark.parametrize("role", ["clerk", "agent", "dropbox"])
def test_each_role_s_document(store: Suite, role: str) -> None:
    answer = store.soap.get("/soap/v1?wsdl", headers=ROLES[role].headers)
    assert answer.status_code == 200
    check(answer.data)


OPERATION = '<wsdl:operation name="GetThings">'
BREACHES = {
    "R2007": ("<wsdl:types>", '<wsdl:import namespace="urn:x"/><wsdl:types>'),
    "R2023": ("<wsdl:types>", '<wsdl:message name="early"/><wsdl:types>'),
    "R2026": ("<soap:address ", '<soap:address wsdl:required="true" '),
    "R2101": ('type="tns:Things"', 'type="tns:Thing"'),
    "R2105": (' targetNamespace="urn:x" elementFormDefault', " elementFormDefault"),
    "R2110": ("<wsdl:types>", f'<wsdl:types xmlns:e="{descriptions.ENCODING}" base="e:Array">'),
    "R2201": ('<wsdl:part name="fault"', '<wsdl:part name="more" element="tns:GetThings"/><wsdl:part name="fault"'),
    "R2204": ('<wsdl:part name="parameters" element="tns:GetThings"/>', '<wsdl:part name="parameters" type="tns:Things"/>'),
    "R2712": ('element="tns:GetThings"', 'element="tns:Nothing"'),
    "R2303": ('<wsdl:input message="tns:GetThingsRequest"/>', ""),
    "R2304": ('name="ListThings"><wsdl:doc', 'name="GetThings"><wsdl:doc'),
    "R2702": ("soap/http", "soap/smtp"),
    "R2705": ('<soap:binding style="document"', '<soap:binding style="rpc"'),
    "R2706": ('<soap:body use="literal"/>', '<soap:body use="encoded"/>'),
    "R2710": ('<wsdl:input message="tns:ListThingsRequest"/>', '<wsdl:input message="tns:GetThingsRequest"/>'),
    "R2716": ('<soap:body use="literal"/>', '<soap:body use="literal" namespace="urn:x"/>'),
    "R2718": (f"{OPERATION}<soap:operation", '<wsdl:operation name="Gone"><soap:operation'),
    "R2721": ('<soap:fault name="ServiceFault"', "<soap:fault"),
    "R2745": ('soapAction="urn:x/GetThings"', 'soapAction=""'),
    "R2711": ('location="http://x/soap"', 'location=""'),
    "R4003": ('encoding="utf-8"', 'encoding="iso-8859-1"'),
    "wrapped": ('<xs:element name="GetThings"><xs:complexType>', '<xs:element name="GetThings"><xs:complexType mixed="true"><xs:all/>'),
}  # fmt: skip


@pytest.mark.parametrize("number", BREACHES)
def test_each_rule_sees_its_breach(number: str) -> None:
    """Else it would hold of anything."""
    catalog = Catalog(engine="sqlite", version="", schemas=("main",), resources=(THINGS,), role="admin")
    text = wsdl.write(PortType(catalog), namespace="urn:x", address="http://x/soap").decode()
    assert descriptions.RULES.broken(etree.fromstring(text.encode())) == {}
    old, new = BREACHES[number]
    assert old in text
    assert number in descriptions.RULES.broken(etree.fromstring(text.replace(old, new, 1).encode()))


def test_every_check_has_a_breach() -> None:
    seen = {descriptions.RULES[number] for number in BREACHES}
    assert {check.__name__ for check in descriptions.RULES.values()} == {check.__name__ for check in seen}


def test_the_public_schemas_see_what_is_not_valid() -> None:
    catalog = Catalog(engine="sqlite", version="", schemas=("main",), resources=(THINGS,), role="admin")
    text = wsdl.write(PortType(catalog), namespace="urn:x", address="http://x/soap")
    assert public_schemas.faults(etree.fromstring(text)) == []
    for old, new in (
        (b"<wsdl:part name=", b"<wsdl:part nam="),
        (b'use="literal"', b'use="lit"'),
        (b"minOccurs", b"minOccur"),
    ):
        assert public_schemas.faults(etree.fromstring(text.replace(old, new, 1)))

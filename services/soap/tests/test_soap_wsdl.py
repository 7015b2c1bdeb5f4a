"""The WSDL: valid, honest, limited to the role, and quick for large databases."""

import pytest
import zeep
from contracts.catalog import Catalog, Relation, Resource
from contracts.fields import Field
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from soap_service import wsdl
from soap_service.namespaces import SOAP11, WSDL, WSDL_SOAP11, WSDL_SOAP12, XSD
from soap_service.port_type import PortType
from soap_service.xsd import KINDS

NS = "urn:trivet:v1"
ADDRESS = "http://soap.test/soap/v1"


def document(catalog, **options):
    return etree.fromstring(wsdl.write(PortType(catalog), namespace=NS, address=ADDRESS, **options))


def schema_of(root):
    return etree.XMLSchema(root.find(f".//{{{XSD}}}schema"))


def names(root, path):
    return [each.get("name") for each in root.findall(path)]


def test_the_schema_is_valid(catalog):
    assert schema_of(document(catalog)) is not None


def test_it_keeps_to_the_basic_profile(catalog):
    root = document(catalog)
    parts = root.findall(f"{{{WSDL}}}message/{{{WSDL}}}part")
    assert all(part.get("element") and not part.get("type") for part in parts)
    assert {part.get("name") for part in parts} == {"parameters", "fault"}
    assert {body.get("use") for body in root.iter(f"{{{WSDL_SOAP11}}}body", f"{{{WSDL_SOAP12}}}body")} == {"literal"}
    operations = names(root, f"{{{WSDL}}}portType/{{{WSDL}}}operation")
    assert len({name.lower() for name in operations}) == len(operations)
    for binding in root.findall(f"{{{WSDL}}}binding"):
        assert [each.get("name") for each in binding.findall(f"{{{WSDL}}}operation")] == operations
    elements = {
        each.get("name"): each for each in root.iter(f"{{{XSD}}}element") if each.getparent().tag[-6:] == "schema"
    }
    for name in operations:
        assert name in elements
        assert f"{name}Response" in elements
        assert not list(elements[name].iter(f"{{{XSD}}}choice", f"{{{XSD}}}any", f"{{{XSD}}}attribute"))


def test_ports_come_with_soap_11_first(catalog):
    ports = f"{{{WSDL}}}service/{{{WSDL}}}port"
    assert names(document(catalog), ports) == ["TrivetSoap11Port", "TrivetSoap12Port"]
    assert names(document(catalog, versions=["12"]), ports) == ["TrivetSoap12Port"]
    locations = {each.get("location") for each in document(catalog).iter(f"{{{WSDL_SOAP11}}}address")}
    assert locations == {ADDRESS}


def test_only_what_works_is_declared(changed):
    catalog = changed("customers", updatable=False, deletable=False, create={"name"})
    operations = names(document(catalog), f"{{{WSDL}}}portType/{{{WSDL}}}operation")
    assert [name for name in operations if "Customers" in name or name.endswith("Log")] == [
        "GetCustomers", "ListCustomers", "CreateCustomers", "CreateCustomersBatch", "AggregateCustomers",
        "ListLog", "AggregateLog",
    ]  # fmt: skip
    given = document(catalog).find(f".//{{{XSD}}}complexType[@name='CustomersInput']/{{{XSD}}}sequence")
    assert [each.get("name") for each in given] == ["name"]


@pytest.mark.parametrize(
    "type, name, least, nillable",
    [
        ("Customers", "id", "0", None),
        ("Customers", "notes", "0", "true"),
        ("CustomersInput", "id", "0", None),
        ("CustomersInput", "name", None, None),
        ("CustomersInput", "notes", "0", "true"),
        ("CustomersPatch", "name", "0", None),
        ("OrderItemsInput", "made", "0", "true"),
    ],
)
def test_what_must_be_there_and_what_can_be_nil(catalog, type, name, least, nillable):
    path = f".//{{{XSD}}}complexType[@name='{type}']/{{{XSD}}}sequence/{{{XSD}}}element[@name='{name}']"
    element = document(catalog).find(path)
    assert (element.get("minOccurs"), element.get("nillable")) == (least, nillable)


def test_comments_are_documented(catalog):
    text = "".join(document(catalog).itertext())
    for words in ("Who buys <here>", "Free text", "One of: S, M"):
        assert words in text


# --- over HTTP -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address", ["/soap/v1?wsdl", "/soap/v1?WSDL", "/soap/v1?singleWsdl", "/soap/v1.wsdl", "/soap/v1/?wsdl"]
)
def test_where_it_is(client, address):
    answer = client.get(address, auth=("clerk", "secret"))
    assert (answer.status_code, answer.content_type) == (200, "text/xml; charset=utf-8")
    assert answer.data.startswith(b'<?xml version="1.0" encoding="utf-8"?>')


def test_it_is_asked_for_once(client, data, changed):
    first = client.get("/soap/v1?wsdl", auth=("clerk", "secret"))
    headers = {"If-None-Match": first.headers["ETag"]}
    assert client.get("/soap/v1?wsdl", auth=("clerk", "secret"), headers=headers).status_code == 304
    catalog = changed("customers", fields=())
    data.catalogs["clerk"] = Catalog(
        **{name: getattr(catalog, name) for name in ("engine", "schemas", "resources")}, version="v2"
    )
    later = client.get("/soap/v1?wsdl", auth=("clerk", "secret"), headers=headers)
    assert later.status_code == 200
    assert b"ListCustomers" not in later.data


def test_where_nothing_is_open_a_login_is_asked_for(client, data, catalog):
    answer = client.get("/soap/v1?wsdl")
    assert (answer.status_code, answer.headers["WWW-Authenticate"][:11]) == (401, "Basic realm")
    assert f"{{{SOAP11}}}Fault" in [each.tag for each in etree.fromstring(answer.data).iter()]
    data.catalogs["anonymous"] = catalog
    assert client.get("/soap/v1?wsdl").status_code == 200


def test_the_page_for_people(client):
    answer = client.get("/soap/v1", auth=("clerk", "secret"))
    assert answer.content_type == "text/html; charset=utf-8"
    assert "ListOrderItems" in answer.text
    assert "Who buys &lt;here&gt;" in answer.text
    assert "without a login" in client.get("/soap/v1").text


# --- any database ----------------------------------------------------------------------------------------------------


def tree(count):
    """Relations of tables that each belong to another: a root, and up to three below each."""

    def relations(number, key):
        pairs = ((key, key),)
        if number:
            yield Relation(
                name="parent", target=f"table_{(number - 1) // 3}", cardinality="one", pairs=pairs, constraint="fk",
                owning=True,
            )  # fmt: skip
        for child in range(3 * number + 1, min(3 * number + 4, count)):
            yield Relation(
                name=f"children_{child}", target=f"table_{child}", cardinality="many", pairs=pairs, constraint="fk"
            )

    return relations


def ring(count):
    """Relations of tables that each belong to the next."""

    def relations(number, key):
        yield Relation(
            name="next", target=f"table_{(number + 1) % count}", cardinality="one", pairs=((key, key),),
            constraint="fk", owning=True,
        )  # fmt: skip

    return relations


def large_catalog(count, relations):
    fields = tuple(
        Field(name=f"{type} {index}", type=type, db_type=type, nullable=index > 0, element="text")
        for index, type in enumerate(KINDS)
    )
    resources = tuple(
        Resource(
            name=f"table_{number}", schema="public", table=f"table_{number}", kind="table", fields=fields,
            key=(fields[0].name,), insertable=True, updatable=True, deletable=True,
            relations=tuple(relations(number, fields[0].name)),
        )
        for number in range(count)
    )  # fmt: skip
    return Catalog(engine="postgresql", version="1", schemas=("public",), resources=resources)


@pytest.mark.parametrize("shape, steps", [(tree, "children_1/children_4/parent/parent"), (ring, "next")])
def test_a_large_database_loads(tmp_path, shape, steps):
    count = 130
    path = tmp_path / "large.wsdl"
    path.write_bytes(wsdl.write(PortType(large_catalog(count, shape(count))), namespace=NS, address=ADDRESS))
    client = zeep.Client(str(path), settings=zeep.Settings(strict=True))
    assert len(client.service._operations) == count * 8 + 4
    type = client.get_type(f"{{{NS}}}Table0")
    for step in steps.split("/"):
        type = dict(type.elements)[step].type
        type = dict(type.elements).popitem()[1].type if type.name.startswith("ArrayOf") else type
    assert len(type.elements) >= len(KINDS)


_text = st.text(min_size=1, max_size=6)


@st.composite
def catalogs(draw):
    """Any catalog: odd names, any types, keys and relations of any kind."""
    tables = draw(st.lists(_text, min_size=1, max_size=4, unique=True))
    resources = []
    for table in tables:
        columns = draw(st.lists(_text, min_size=1, max_size=5, unique=True))
        fields = tuple(
            Field(
                name=name, type=draw(st.sampled_from(list(KINDS))), db_type="x", nullable=draw(st.booleans()),
                comment=draw(st.none() | _text),
            )
            for name in columns
        )  # fmt: skip
        relations = tuple(
            Relation(
                name=draw(_text), target=target, cardinality=draw(st.sampled_from(["one", "many"])),
                pairs=((columns[0], columns[0]),), constraint="fk",
            )
            for target in draw(st.lists(st.sampled_from(tables), max_size=3))
        )  # fmt: skip
        rights = draw(st.tuples(st.booleans(), st.booleans(), st.booleans()))
        resources.append(
            Resource(
                name=table, schema=draw(_text), table=table, kind="table", fields=fields, relations=relations,
                key=tuple(columns[: draw(st.integers(0, 2))]), comment=draw(st.none() | _text),
                insertable=rights[0], updatable=rights[1], deletable=rights[2],
            )
        )  # fmt: skip
    return Catalog(engine="sqlite", version="1", schemas=("main",), resources=tuple(resources))


@given(catalogs())
@settings(max_examples=60, deadline=None)
def test_any_database_has_a_valid_wsdl(catalog):
    schema_of(document(catalog))

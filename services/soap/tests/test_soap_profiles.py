"""Profiles: the WSDL for other toolkits, and messages that keep to it."""

import io
import sys
from types import SimpleNamespace

import msgspec
import pytest
import zeep
from contracts import catalog as catalogs
from contracts.catalog import Catalog, Resource
from contracts.fields import Field
from lxml import etree
from soap_service import __main__ as command
from soap_service import wsdl
from soap_service.namespaces import WSDL_SOAP11, XSD
from soap_service.port_type import PortType
from soap_service.profiles import PROFILES, Profile

NS, ADDRESS = "urn:trivet:v1", "http://soap.test/soap/v1"
NULLS = {"order": 1, "line": 1, "customer": None, "title": None, "tags": ["a", None], "price": None}


def document(catalog: Catalog, profile: str) -> etree._Element:
    return etree.fromstring(wsdl.write(PortType(catalog, PROFILES[profile]), namespace=NS, address=ADDRESS))


def names(root: etree._Element) -> list[str]:
    return [each.get("name") for each in root.iter() if isinstance(each.tag, str) and each.get("name")]


@pytest.mark.parametrize("profile", PROFILES)
def test_every_document_is_valid_and_leads_back_to_its_profile(catalog, profile: str) -> None:
    root = document(catalog, profile)
    assert etree.XMLSchema(root.find(f".//{{{XSD}}}schema")) is not None
    (address,) = root.iter(f"{{{WSDL_SOAP11}}}address")
    assert address.get("location") == (ADDRESS if profile == "net" else f"{ADDRESS}?profile={profile}")


def test_java_has_nothing_nillable_but_the_items_of_lists(catalog) -> None:
    nillable = [each for each in document(catalog, "java").iter() if each.get("nillable")]
    assert nillable
    assert all(each.get("maxOccurs") == "unbounded" for each in nillable)
    net = {each.get("name") for each in document(catalog, "net").iter() if each.get("nillable")}
    assert {"title", "price"} <= net


def test_java_gets_no_element_for_null(soap_client, data) -> None:
    data.rows["order_items"].append(dict(NULLS))
    net = soap_client().service.GetOrderItems(order=1, line=1)
    java_client = soap_client("http://soap.test/soap/v1?wsdl&profile=java")
    java = java_client.service.GetOrderItems(order=1, line=1)
    assert net["title"] is java["title"] is None
    assert java["tags"]["string"] == ["a", None]


def test_java_messages_hold_no_nil(client, data, letter) -> None:
    data.rows["order_items"].append(dict(NULLS, tags=None))
    body = letter("<GetOrderItems><order>1</order><line>1</line></GetOrderItems>")
    for address, nils in (("/soap/v1", True), ("/soap/v1?profile=java", False), ("/soap/v1?nillable=0", False)):
        answer = client.post(address, data=body, content_type="text/xml", auth=("clerk", "secret"))
        assert answer.status_code == 200
        assert ("nil=" in answer.text) is nils
        assert "<line>1</line>" in answer.text


@pytest.mark.parametrize("query", ["profile=java", "profile=JAVA", "nillable=0"])
def test_documents_are_kept_apart(client, query: str) -> None:
    plain, other = (client.get(f"/soap/v1?wsdl{part}", auth=("clerk", "secret")) for part in ("", f"&{query}"))
    assert plain.data != other.data
    assert plain.headers["ETag"] != other.headers["ETag"]
    assert b"?profile=java" in other.data


def test_an_unknown_profile_is_a_fault(client) -> None:
    answer = client.get("/soap/v1?wsdl&profile=cobol", auth=("clerk", "secret"))
    assert answer.status_code == 500
    assert "There is no profile cobol" in answer.text


def test_the_page_names_the_profile_s_own_document(client) -> None:
    page = client.get("/soap/v1?profile=sap", auth=("clerk", "secret")).text
    assert 'href="http://soap.test/soap/v1?profile=sap&amp;wsdl"' in page


def odd_catalog() -> Catalog:
    """A catalog of names that ABAP can't bear."""
    fields = tuple(
        Field(name=name, type="text", db_type="text", nullable=name != "_id")
        for name in ("_id", "__a", "a", "größe", "1st", "xmlish", "odd name", "x" * 60, "x" * 59 + "y", "名")
    )
    tables = [
        "customer_order_line_item_history",
        "customer_order_line_item_histories",
        "_t",
        "t",
        "2024 totals",
        "名前",
    ]
    return Catalog(
        engine="postgresql", version="1", schemas=("public",), role="clerk",
        resources=tuple(
            Resource(
                name=name, schema="public", table=name, kind="table", key=("_id",), fields=fields,
                insertable=True, updatable=True, deletable=True,
            )
            for name in tables
        ),
    )  # fmt: skip


def test_sap_names_are_short_plain_and_unlike() -> None:
    port = PortType(odd_catalog(), PROFILES["sap"])
    root = document(odd_catalog(), "sap")
    assert etree.XMLSchema(root.find(f".//{{{XSD}}}schema")) is not None
    assert all(len(name) <= 31 and name.isascii() and name[0] != "_" for name in names(root))
    assert len({type.name.lower() for type in port.types}) == len(port.types)
    for type in port.types:
        assert len({each.name.lower() for each in type.fields}) == len(type.fields)
    assert [each.name for each in port.types[0].fields][:7] == [
        "id", "a", "a2", "groe", "N1st", "Nxmlish", "odd_name",
    ]  # fmt: skip


def test_sap_names_last_while_others_come() -> None:
    whole = odd_catalog()
    alone = msgspec.structs.replace(whole, resources=whole.resources[1:2])
    (name,) = (type.name for type in PortType(alone, PROFILES["sap"]).types)
    assert name == PortType(whole, PROFILES["sap"]).types[1].name
    assert len(name) == 11


def test_names_that_fit_stay_as_they_are(catalog) -> None:
    net, sap = (PortType(catalog, PROFILES[name]) for name in ("net", "sap"))
    assert list(net.operations) == list(sap.operations)
    assert PROFILES["sap"].spell("order_id") == "order_id"
    assert Profile("x", limit=10).spell("abcdefghijk")[:6] == "abcdef"


def test_sap_names_work_in_both_directions(soap_client, data) -> None:
    data.catalogs["clerk"] = odd_catalog()
    data.rows = {resource.name: [] for resource in odd_catalog().resources}
    client = soap_client("http://soap.test/soap/v1?wsdl&profile=sap")
    type = PortType(odd_catalog(), PROFILES["sap"]).types[0]
    long = [each.name for each in type.fields if each.field.name.startswith("xx")]
    create = client.service[f"Create{type.name}"]
    made = create(**{type.element: {type.key[0].name: "1", long[0]: "one", long[1]: "two"}})
    assert (made[long[0]], made[long[1]]) == ("one", "two")
    (row,) = data.rows["customer_order_line_item_history"]
    assert (row["_id"], row["x" * 60], row["x" * 59 + "y"]) == ("1", "one", "two")


@pytest.mark.parametrize("profile", PROFILES)
def test_the_command_writes_the_service_s_own_document(client, catalog, monkeypatch, profile: str, tmp_path) -> None:
    written = io.BytesIO()
    monkeypatch.setenv("TRIVET_PUBLIC_URL", "http://soap.test")
    monkeypatch.setattr(sys, "argv", ["soap_service", "--profile", profile])
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(catalogs.encode(catalog))))
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(buffer=written))
    command.main()
    assert written.getvalue() == client.get(f"/soap/v1?wsdl&profile={profile}", auth=("clerk", "secret")).data
    (tmp_path / "service.wsdl").write_bytes(written.getvalue())
    assert zeep.Client(str(tmp_path / "service.wsdl")).service._operations

"""Names of the database as names of XML."""

import pytest
from contracts.catalog import Catalog, Resource
from contracts.fields import Field
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from soap_service.names import camel_case, escape, fold, pascal_case, unique
from soap_service.port_type import PortType

NCNAME = etree.XMLSchema(
    etree.XML('<x:schema xmlns:x="http://www.w3.org/2001/XMLSchema"><x:element name="n" type="x:NCName"/></x:schema>')
)


@pytest.mark.parametrize(
    "name, expected",
    [
        ("order_items", "OrderItems"),
        ("Order Details", "OrderDetails"),
        ("orderItems", "OrderItems"),
        ("HTTPServer", "HttpServer"),
        ("ORDERS", "Orders"),
        ("sales.order-lines", "SalesOrderLines"),
        ("2024 totals", "_x0032_024Totals"),
        ("xml_docs", "_x0058_mlDocs"),
        ("таблица_заказов", "ТаблицаЗаказов"),
        ("a:b", "A_x003A_b"),
        ("x😀", "X_x0001F600_"),
        ("...", "_x002E_.."),
        ("", "_"),
    ],
)
def test_resource_names(name, expected):
    assert escape(pascal_case(name)) == expected


def test_the_element_of_a_resource_begins_in_lower_case():
    assert camel_case(pascal_case("order_items")) == "orderItems"


@given(st.text(max_size=12))
def test_every_name_becomes_an_ncname(name):
    element = etree.Element("n")
    element.text = escape(name)
    assert NCNAME.validate(element), escape(name)
    assert etree.Element(escape(name)) is not None


@given(st.text(min_size=1, max_size=8), st.text(min_size=1, max_size=8))
def test_different_names_stay_different(one, other):
    assert (escape(one) == escape(other)) == (one == other)


@given(st.lists(st.text(alphabet="aAbB_2", min_size=1, max_size=3), max_size=8))
def test_names_of_one_type_differ_without_regard_to_case(names):
    found = unique(names)
    assert len({fold(name) for name in found}) == len(names)


def _catalog(*names):
    field = Field(name="a", type="text", db_type="text")
    resources = [
        Resource(name=name, schema=schema, table=name, kind="table", fields=(field,), key=("a",))
        for schema, name in names
    ]
    return Catalog(engine="postgresql", version="1", schemas=("public",), resources=tuple(resources))


@pytest.mark.parametrize(
    "names, expected",
    [
        ([("public", "order"), ("sales", "Order")], ["Order", "SalesOrder"]),
        ([("public", "order"), ("public", "ORDER")], ["Order", "PublicOrder"]),
        ([("public", "a b"), ("public", "a_b"), ("public", "a.b")], ["AB", "PublicAB", "AB2"]),
        ([("public", "order"), ("public", "order_filter")], ["Order", "PublicOrderFilter"]),
        ([("public", "order"), ("public", "array_of_order")], ["Order", "PublicArrayOfOrder"]),
        ([("public", "order"), ("public", "order_response")], ["Order", "PublicOrderResponse"]),
        ([("public", "page"), ("public", "int_filter")], ["PublicPage", "PublicIntFilter"]),
    ],
)
def test_no_two_resources_share_a_name(names, expected):
    assert [type.name for type in PortType(_catalog(*names)).types] == expected


def test_fields_and_relations_of_one_type_differ(port):
    items = port.by_resource["order_items"]
    assert [element.name for element in items.relations] == ["customer2"]
    assert "odd_x0020_name" in [element.name for element in items.fields]


def test_names_of_the_protocol_give_way_to_none():
    fields = tuple(Field(name=name, type="text", db_type="text") for name in ("and", "thing", "setNull"))
    thing = Resource(
        name="thing", schema="s", table="thing", kind="table", fields=fields, key=("thing", "setNull"), updatable=True
    )
    type = PortType(Catalog(engine="sqlite", version="1", schemas=("s",), resources=(thing,))).by_resource["thing"]
    assert list(type.by_filter_name) == ["and2", "thing", "setNull"]
    assert (type.patch_name, type.nulls_name) == ("thing2", "setNull2")

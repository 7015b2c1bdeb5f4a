"""zeep with strict settings loads the WSDL and calls every operation."""

import datetime
from decimal import Decimal

import pytest
import zeep
from contracts.problems import Problem
from zeep.wsse.username import UsernameToken

EVERYTHING = {
    "order": 7,
    "line": 1,
    "customer": 3,
    "big": 2**60,
    "price": Decimal("10.10"),
    "weight": 0.5,
    "gift": True,
    "title": 'a < b & "c" \t – 漢字',
    "mark": "8f14e45f-ceea-467f-9575-05f1a2b3c4d5",
    "day": datetime.date(2024, 2, 29),
    "hour": datetime.time(23, 59, 58),
    "seen": datetime.datetime(2024, 2, 29, 12, 0, 1),
    "made": datetime.datetime(2024, 2, 29, 12, 0, 1, tzinfo=datetime.UTC),
    "took": "P1DT2H",
    "extra": '{"a":[1,2.50,null]}',
    "photo": b"\x00\xff\x10",
    "size": "M",
    "tags": {"string": ["x", "y"]},
    "counts": {"int": [1, 2]},
    "span": "[1,5)",
    "odd_x0020_name": "10.0.0.1",
}


@pytest.mark.parametrize("soap", ["", "&soap=11", "&soap=12"])
def test_each_operation(soap_client, soap):
    client = soap_client(f"http://soap.test/soap/v1?wsdl{soap}")
    service = client.service
    made = service.CreateCustomers(customers={"id": 1, "name": "Ann"})
    assert (made.id, made.name, made.notes) == (1, "Ann", None)
    assert service.GetCustomers(id=1).name == "Ann"
    assert service.GetCustomers(id=2) is None
    changed = service.UpdateCustomers(id=1, customers={"notes": "kind"})
    assert (changed.name, changed.notes) == ("Ann", "kind")
    assert service.UpdateCustomers(id=1, setNull={"string": ["notes"]}).notes is None
    listed = service.ListCustomers(filter={"name": {"eq": "Ann"}}, page={"limit": 5, "includeTotal": True})
    assert [row.id for row in listed["items"].Customers] == [1]
    assert listed.totalCount == 1
    assert service.DeleteCustomers(id=1) == 1
    assert service.ListCustomers()["items"] is None  # zeep reads an empty element so
    assert service.ListLog()["items"] is None


def test_both_ports_answer(soap_client):
    client = soap_client()
    for port in ("TrivetSoap11Port", "TrivetSoap12Port"):
        assert client.bind("TrivetService", port).ListCustomers()["items"] is None


def test_every_type_comes_back_as_it_went(soap_client):
    service = soap_client().service
    made = zeep.helpers.serialize_object(service.CreateOrderItems(orderItems=EVERYTHING), dict)
    for name, value in EVERYTHING.items():
        assert made[name] == value, name
    assert str(made["price"]) == "10.10"


def test_nil_sets_null_and_absent_does_not(soap_client, data):
    service = soap_client().service
    data.rows["customers"] = [{"id": 1, "name": "Ann", "notes": "kind"}]
    assert service.UpdateCustomers(id=1, customers={"name": "Bea"}).notes == "kind"
    assert service.UpdateCustomers(id=1, customers={"notes": zeep.xsd.Nil}).notes is None


def test_related_rows_come_with_include(soap_client, data):
    data.rows["customers"] = [{"id": 1, "name": "Ann", "->orders": [{"order": 7, "line": 1}]}]
    data.rows["order_items"] = [{"order": 7, "line": 1, "->customer": None}]
    service = soap_client().service
    (ann,) = service.ListCustomers(include={"string": ["orders"]})["items"].Customers
    assert [row.line for row in ann.orders.OrderItems] == [1]
    (item,) = service.ListOrderItems(include={"string": ["customer"]}, fields={"string": ["line"]})["items"].OrderItems
    assert (item.line, item.order, item.customer2) == (1, None, None)


def test_a_username_token_is_a_login(soap_client):
    client = soap_client(wsse=UsernameToken("clerk", "secret"))
    client.transport._auth = None
    assert client.service.ListCustomers()["items"] is None


def test_a_fault_carries_the_problem(soap_client, data):
    client = soap_client()
    data.refusal = Problem("23505", "duplicate key", details="Key (id)=(1) already exists.", hint="Choose another")
    with pytest.raises(zeep.exceptions.Fault) as caught:
        client.service.CreateCustomers(customers={"name": "Ann"})
    detail = client.wsdl.types.deserialize(caught.value.detail[0])
    assert caught.value.message == "duplicate key"
    assert (detail.code, detail.details, detail.hint) == ("23505", "Key (id)=(1) already exists.", "Choose another")
    assert detail.traceId

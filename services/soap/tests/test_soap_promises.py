"""Services whose contract was saved: the same for every reader, whatever became of the tables and whoever calls."""

import os

import msgspec
import pytest
from contracts import promise as promises
from contracts.fields import Field
from contracts.promise import Promise
from lxml import etree
from soap_service.app import create_app
from soap_service.namespaces import SOAP11
from soap_service.settings import SoapSettings

NS = "urn:example:partner:v1"
LIST = "<ListCustomers/>"


@pytest.fixture
def promise(catalog):
    """The customers, with the fields that there were when they were promised."""
    customers = msgspec.structs.replace(catalog.by_name["customers"], relations=())
    promised = msgspec.structs.replace(catalog, resources=(customers,), version="", role=None)
    return Promise(service="Partner", namespace=NS, version="1.0", role="admin", catalog=promised)


@pytest.fixture
def save(tmp_path):
    """Save a promise; its file is always newer than the one before."""
    moments = iter(range(1, 100))

    def write(promise):
        file = tmp_path / f"{promise.service}.json"
        file.write_bytes(promises.encode(promise))
        os.utime(file, ns=(0, next(moments) * 10**9))
        return file

    return write


@pytest.fixture
def partner(data, door, tmp_path, promise, save):
    """A client of a service with that promise."""
    save(promise)
    settings = SoapSettings(public_url="http://soap.test", soap_contracts=str(tmp_path))
    with create_app(settings, data, door).test_client() as client:
        yield client


@pytest.fixture
def call(partner, letter):
    """Post a body's content to the promised service, as a clerk."""

    def send(content, **options):
        text = letter(content).replace("urn:trivet:v1", NS)
        options.setdefault("auth", ("clerk", "secret"))
        return partner.post("/soap/v1/Partner", data=text, content_type="text/xml", **options)

    return send


def fields(catalog, name, *found, **more):
    resource = msgspec.structs.replace(catalog.by_name[name], fields=found, **more)
    others = [each for each in catalog.resources if each.name != name]
    return msgspec.structs.replace(catalog, resources=(resource, *others), version="v2")


def rows_of(answer):
    assert answer.status_code == 200, answer.text
    items = etree.fromstring(answer.data).find(f".//{{{NS}}}items")
    return [[(etree.QName(child).localname, child.text) for child in row] for row in items]


def test_rows_come_in_the_promised_namespace(call, data):
    data.rows["customers"] = [{"id": 1, "name": "Ann", "notes": None}]
    assert rows_of(call(LIST)) == [[("id", "1"), ("name", "Ann"), ("notes", None)]]
    answer = call("<CreateCustomers><customers><name>Bob</name></customers></CreateCustomers>")
    assert f'<CreateCustomersResponse xmlns="{NS}">' in answer.text
    assert data.rows["customers"][1]["name"] == "Bob"


def test_the_document_is_the_same_for_everybody_and_does_not_follow_the_tables(partner, data, catalog):
    first = partner.get("/soap/v1/Partner?wsdl", auth=("clerk", "secret"))
    assert first.status_code == 200
    root = etree.fromstring(first.data)
    assert root.get("targetNamespace") == NS
    assert 'location="http://soap.test/soap/v1/Partner"' in first.text
    id, name, notes = catalog.by_name["customers"].fields
    new = Field(name="new", type="text", db_type="text")
    data.catalogs["clerk"] = fields(catalog, "customers", new, notes, name, id, insertable=False)
    again = partner.get("/soap/v1/Partner.wsdl", auth=("clerk", "secret"))
    assert (again.data, again.headers["ETag"]) == (first.data, first.headers["ETag"])


def test_fields_keep_their_order_and_new_ones_wait_to_be_promised(call, data, catalog):
    data.rows["customers"] = [{"id": 1, "name": "Ann", "notes": "x", "new": "y"}]
    id, name, notes = catalog.by_name["customers"].fields
    new = Field(name="new", type="text", db_type="text")
    data.catalogs["clerk"] = fields(catalog, "customers", new, notes, name, id)
    assert rows_of(call(LIST)) == [[("id", "1"), ("name", "Ann"), ("notes", "x")]]


def test_what_a_role_may_not_see_is_absent(call, data, catalog):
    data.rows["customers"] = [{"id": 1, "name": "Ann", "notes": "secret"}]
    data.catalogs["clerk"] = fields(catalog, "customers", *catalog.by_name["customers"].fields[:2], deletable=False)
    assert rows_of(call(LIST)) == [[("id", "1"), ("name", "Ann")]]
    filtered = call("<ListCustomers><filter><notes><eq>secret</eq></notes></filter></ListCustomers>")
    assert filtered.status_code == 500
    assert "secret" not in filtered.text.replace("<eq>secret</eq>", "")
    answer = call("<DeleteCustomers><id>1</id></DeleteCustomers>")
    assert "42501" in answer.text
    assert len(data.rows["customers"]) == 1


def test_what_was_not_promised_is_not_there(call, data):
    asked = len(data.asked)
    answer = call("<ListLog/>")
    assert "PGRST202" in answer.text
    assert f'<ServiceFault xmlns="{NS}">' in answer.text
    assert len(data.asked) == asked


@pytest.mark.parametrize("query", ["wsdl", "wsdl&tables=customers", "wsdl&profile=sap", "xsd=1"])
def test_there_are_no_queries_in_other_words(partner, call, data, query):
    """They could name what was never promised."""
    text = partner.get(f"/soap/v1/Partner?{query}", auth=("clerk", "secret")).text
    assert "ListCustomers" in text
    assert "Query" not in text
    answer = call("<Query><table>customers</table></Query>")
    assert "PGRST202" in answer.text
    assert data.asked == []


def test_a_resource_that_is_gone_is_refused(call, data, catalog):
    others = tuple(each for each in catalog.resources if each.name != "customers")
    data.catalogs["clerk"] = msgspec.structs.replace(catalog, resources=others, version="v2")
    assert "42501" in call(LIST).text


def test_a_wider_integer_is_still_told(call, data, catalog):
    data.rows["customers"] = [{"id": 1, "name": "Ann", "notes": "x"}]
    id, *rest = catalog.by_name["customers"].fields
    wider = msgspec.structs.replace(id, type="int8", db_type="bigint")
    data.catalogs["clerk"] = fields(catalog, "customers", wider, *rest)
    assert rows_of(call(LIST))[0][0] == ("id", "1")


def test_a_type_that_changed_is_a_fault_that_names_it(call, data, catalog):
    id, name, notes = catalog.by_name["customers"].fields
    changed = msgspec.structs.replace(notes, type="timestamptz", db_type="timestamptz")
    data.catalogs["clerk"] = fields(catalog, "customers", id, name, changed)
    answer = call(LIST)
    assert (answer.status_code, "TRV320" in answer.text) == (500, True)
    assert "customers.notes is no text any more but timestamptz" in answer.text


def test_null_is_absent_where_nil_was_not_promised(call, data, catalog):
    data.rows["customers"] = [{"id": 1, "name": None, "notes": None}]
    id, name, notes = catalog.by_name["customers"].fields
    data.catalogs["clerk"] = fields(catalog, "customers", id, msgspec.structs.replace(name, nullable=True), notes)
    assert [name for name, _ in rows_of(call(LIST))[0]] == ["id", "notes"]


def test_the_anonymous_read_it_where_it_is_public(partner, call, save, promise):
    answer = partner.get("/soap/v1/Partner?wsdl")
    assert answer.status_code == 401
    assert "Customers" not in answer.text
    assert partner.get("/soap/v1/Partner").status_code == 401
    save(msgspec.structs.replace(promise, public=True))
    assert "ListCustomers" in partner.get("/soap/v1/Partner?wsdl").text
    assert call(LIST, auth=None).status_code == 401  # to read the document is all that it opens


@pytest.mark.parametrize("path", ["Nobody", "Partner2", "..%2FPartner", "partner", "Partner.json", "a" * 300, "%00"])
def test_there_are_no_other_services(partner, path):
    for answer in (partner.get(f"/soap/v1/{path}?wsdl"), partner.post(f"/soap/v1/{path}", data="x")):
        assert answer.status_code == 404
        assert "Fault" in answer.text


def test_a_contract_is_taken_anew_and_ends_with_its_file(partner, save, promise, caplog):
    file = save(msgspec.structs.replace(promise, namespace="urn:other", public=True))
    assert 'targetNamespace="urn:other"' in partner.get("/soap/v1/Partner?wsdl").text
    file.write_text("{")
    assert partner.get("/soap/v1/Partner?wsdl").status_code == 404
    assert "can't be read" in caplog.text
    file.unlink()
    assert partner.get("/soap/v1/Partner?wsdl").status_code == 404


def test_messages_of_one_shape_are_read_by_their_own_service(call, partner, letter, data):
    """The same text in two namespaces, often enough for both shapes to be known."""
    data.rows["customers"] = [{"id": 1, "name": "Ann", "notes": "x"}]
    for _ in range(4):
        assert f'xmlns="{NS}"' in call(LIST).text
        usual = partner.post("/soap/v1", data=letter(LIST), content_type="text/xml", auth=("clerk", "secret"))
        assert 'xmlns="urn:trivet:v1"' in usual.text
    foreign = partner.post("/soap/v1/Partner", data=letter(LIST), content_type="text/xml", auth=("clerk", "secret"))
    assert f"The namespace here is {NS}" in foreign.text
    assert etree.fromstring(foreign.data).tag == f"{{{SOAP11}}}Envelope"

"""Messages keep the rules of WS-I Basic Profile 1.1; envelopes are valid by the public schema, the rest by the WSDL."""

from collections.abc import Iterator
from functools import cache

import pytest
from lxml import etree

from tests.fixtures.guarded_store import ADMIN, Suite
from tests.wsi import descriptions, messages, public_schemas
from tests.wsi.messages import SOAP11, SOAP12, Answer

NS = "urn:trivet:v1"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
MEDIA = {SOAP11: "text/xml; charset=utf-8", SOAP12: "application/soap+xml; charset=utf-8"}
REFUSED = {
    "no such operation": "<Nothing/>",
    "a value of another type": "<GetCustomers><id>x</id></GetCustomers>",
    "an unknown element": "<ListCustomers><filters/></ListCustomers>",
    "twice the same": "<ListCustomers><page/><page/></ListCustomers>",
    "two in the body": "<ListCustomers/><ListCustomers/>",
    "nothing in the body": "",
    "another namespace": '<ListCustomers xmlns="urn:x"/>',
    "encoded": f'<ListCustomers s:encodingStyle="{descriptions.ENCODING}"/>',
    "a broken constraint": "<CreateCustomers><customers><id>1</id><name>x</name></customers></CreateCustomers>",
}


def ask(store: Suite, body: str, soap: str = SOAP11, header: str = "") -> Answer:
    """Who sends this, and what comes back."""
    text = f'<s:Envelope xmlns:s="{soap}" xmlns:xsi="{XSI}" xmlns="{NS}"><s:Header>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>'
    found = store.soap.post("/soap/v1", data=text.encode(), content_type=MEDIA[soap], headers=ADMIN.headers)
    operation = body.strip("<").partition(">")[0].partition(" ")[0].rstrip("/")
    return Answer(found.status_code, {name.lower(): value for name, value in found.headers}, found.data, operation)


@cache
def own_schema(store: Suite) -> etree.XMLSchema:
    """The schema in the store's WSDL."""
    root = etree.fromstring(store.soap.get("/soap/v1?wsdl", headers=ADMIN.headers).data)
    return etree.XMLSchema(root.find(f".//{descriptions.XSD}schema"))


def check(store: Suite, answer: Answer) -> None:
    assert messages.RULES.broken(answer) == {}, answer.body
    root = answer.root
    if etree.QName(root).namespace == SOAP11:
        assert public_schemas.faults(root) == []
    for part in (*root[-1], *root.iter(f"{{{NS}}}ServiceFault")):
        if etree.QName(part).namespace == NS:
            schema = own_schema(store)
            assert schema.validate(etree.fromstring(etree.tostring(part, encoding="unicode", with_tail=False))), (
                schema.error_log
            )


def reads(store: Suite) -> Iterator[str]:
    """Requests that need no value: lists, with counts too, and aggregates, of every resource."""
    root = etree.fromstring(store.soap.get("/soap/v1?wsdl", headers=ADMIN.headers).data)
    for operation in root.find(f"{descriptions.WSDL}portType").iter(f"{descriptions.WSDL}operation"):
        name = operation.get("name")
        if name.startswith("List"):
            yield f"<{name}><page><limit>3</limit><includeTotal>true</includeTotal></page></{name}>"
        if name.startswith("Aggregate"):
            yield f"<{name}/>"


@pytest.mark.parametrize("soap", [SOAP11, SOAP12])
def test_what_is_read(store: Suite, soap: str) -> None:
    asked = list(reads(store))
    assert len(asked) > 3
    for body in asked:
        answer = ask(store, body, soap)
        assert answer.status == 200, answer.body
        check(store, answer)


@pytest.mark.parametrize("soap", [SOAP11, SOAP12])
@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
@pytest.mark.parametrize("way", REFUSED)
def test_what_is_refused(store: Suite, way: str, soap: str) -> None:
    answer = ask(store, REFUSED[way], soap)
    assert answer.status in (400, 500)
    assert answer.root.find(f".//{{{soap}}}Fault") is not None
    check(store, answer)


HEADERS = {
    "what must be understood": '<x:A xmlns:x="urn:x" s:mustUnderstand="1"/>',
    "a stale message": (
        '<o:Security xmlns:o="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"'
        ' xmlns:u="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd">'
        "<u:Timestamp><u:Expires>2001-01-01T00:00:00Z</u:Expires></u:Timestamp></o:Security>"
    ),
    "an address elsewhere": (
        '<a:ReplyTo xmlns:a="http://www.w3.org/2005/08/addressing"><a:Address>http://x</a:Address></a:ReplyTo>'
    ),
}


@pytest.mark.parametrize("soap", [SOAP11, SOAP12])
@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
@pytest.mark.parametrize("way", HEADERS)
def test_what_is_refused_for_its_header(store: Suite, way: str, soap: str) -> None:
    answer = ask(store, "<ListCustomers/>", soap, HEADERS[way])
    assert answer.root.find(f".//{{{soap}}}Fault") is not None
    assert answer.root.find(f".//{{{NS}}}ServiceFault") is None  # what is wrong with a header has no detail
    check(store, answer)


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_an_unknown_version(store: Suite) -> None:
    found = store.soap.post(
        "/soap/v1", data=b'<E:Envelope xmlns:E="urn:x"/>', headers=ADMIN.headers, content_type="text/xml"
    )
    check(store, Answer(found.status_code, {name.lower(): value for name, value in found.headers}, found.data))


ENVELOPE = f'<s:Envelope xmlns:s="{SOAP11}"{{}}><s:Body{{}}>{{}}</s:Body>{{}}</s:Envelope>'
FINE = ENVELOPE.format("", "", '<ListResponse xmlns="urn:x"/>', "")
FAULT = "<s:Fault><faultcode>s:Client</faultcode><faultstring>x</faultstring></s:Fault>"
BREACHES = {
    "R1011": (200, ENVELOPE.format("", "", '<ListResponse xmlns="urn:x"/>', '<x xmlns="urn:x"/>')),
    "R1000": (500, ENVELOPE.format("", "", FAULT.replace("</s:Fault>", "<more/></s:Fault>"), "")),
    "R1001": (500, ENVELOPE.format("", "", FAULT.replace("faultcode", "s:faultcode"), "")),
    "R1004": (500, ENVELOPE.format("", "", FAULT.replace("s:Client", "s:Mine"), "")),
    "R1031": (500, ENVELOPE.format("", "", FAULT.replace("s:Client", "s:Client.Mine"), "")),
    "R1016": (500, ENVELOPE.format("", "", FAULT.replace("<faultstring>", '<faultstring lang="en">'), "")),
    "R1005": (200, FINE.replace("<ListResponse", '<ListResponse s:encodingStyle="urn:x"')),
    "R1008": (200, "<!DOCTYPE x>" + FINE),
    "R1009": (200, FINE.replace("<s:Body>", "<?x y?><s:Body>")),
    "R1012": (200, '<?xml version="1.0" encoding="iso-8859-1"?>' + FINE),
    "R1013": (200, FINE.replace("<s:Body>", '<s:Header><a xmlns="urn:x" s:mustUnderstand="true"/></s:Header><s:Body>')),
    "R1014": (200, ENVELOPE.format("", "", "<ListResponse/>", "")),
    "R1032": (200, FINE.replace("<s:Body>", '<s:Body s:x="y">')),
    "R2729": (200, FINE.replace("ListResponse", "List")),
    "R1111": (202, FINE),
    "R1126": (200, ENVELOPE.format("", "", FAULT, "")),
    "R1132": (200, FINE.replace(SOAP11, SOAP12)),
}  # fmt: skip


@pytest.mark.parametrize("number", BREACHES)
def test_each_rule_sees_its_breach(number: str) -> None:
    """Else it would hold of anything."""
    headers = {"content-type": MEDIA[SOAP11]}
    assert messages.RULES.broken(Answer(200, headers, FINE.encode(), "List")) == {}
    status, text = BREACHES[number]
    assert number in messages.RULES.broken(Answer(status, headers, text.encode(), "List"))


def test_every_check_has_a_breach() -> None:
    seen = {messages.RULES[number].__name__ for number in BREACHES}
    assert {check.__name__ for check in messages.RULES.values()} == seen

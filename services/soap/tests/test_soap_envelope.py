"""Envelopes: versions, headers, charsets, and what is refused before anything is done."""

import gzip
import zlib

import pytest
from lxml import etree
from soap_service.namespaces import SOAP11, SOAP12, WSA, WSSE, WSU

LIST = "<ListCustomers/>"


def fault(answer):
    """The fault of an answer: code, reason and the detail's code."""
    root = etree.fromstring(answer.data)
    found = root.find(f".//{{{SOAP11}}}Fault")
    detail = root.findtext(".//{urn:trivet:v1}ServiceFault/{urn:trivet:v1}code")
    if found is not None:
        return found.findtext("faultcode"), found.findtext("faultstring"), detail
    found = root.find(f".//{{{SOAP12}}}Fault")
    values = [value.text for value in found.iter(f"{{{SOAP12}}}Value")]
    return "/".join(values), found.findtext(f".//{{{SOAP12}}}Text"), detail


@pytest.mark.parametrize("soap, media", [(SOAP11, "text/xml"), (SOAP12, "application/soap+xml")])
@pytest.mark.parametrize("sent", ["text/xml", "application/soap+xml; action=x", "application/xml; charset=utf-8", ""])
def test_the_namespace_decides_the_version(post, soap, media, sent):
    answer = post(LIST, soap=soap, content_type=sent)
    assert answer.status_code == 200
    assert answer.content_type == f"{media}; charset=utf-8"
    assert etree.fromstring(answer.data).tag == f"{{{soap}}}Envelope"


@pytest.mark.parametrize(
    "action", [None, "", '""', '"urn:trivet:v1/ListCustomers"', "urn:x", '"urn:x/DeleteCustomers"']
)
def test_the_action_decides_nothing(post, action):
    headers = {} if action is None else {"SOAPAction": action}
    answer = post(LIST, headers=headers)
    assert b"<ListCustomersResponse" in answer.data


@pytest.mark.parametrize("charset", ["utf-8", "utf-16", "utf-16le", "utf-16be", "UTF-8-BOM"])
@pytest.mark.parametrize("named", [True, False])
def test_charsets(post, letter, data, charset, named):
    text = letter("<CreateCustomers><customers><name>Ä漢</name></customers></CreateCustomers>")
    codec = "utf-8-sig" if charset == "UTF-8-BOM" else charset
    declared = f'<?xml version="1.0" encoding="{codec[:6]}"?>' + text
    sent = "text/xml; charset=" + charset.removesuffix("-BOM") if named else "text/xml"
    assert post(declared.encode(codec), content_type=sent).status_code == 200
    assert data.rows["customers"][0]["name"] == "Ä漢"


def test_the_content_type_rules_over_the_declaration(post, letter):
    text = '<?xml version="1.0" encoding="utf-16"?>' + letter(LIST)
    assert post(text.encode(), content_type="text/xml; charset=utf-8").status_code == 200


@pytest.mark.parametrize("pack, name", [(gzip.compress, "gzip"), (zlib.compress, "deflate")])
def test_packed_requests(post, letter, pack, name):
    assert post(pack(letter(LIST).encode()), headers={"Content-Encoding": name}).status_code == 200


@pytest.mark.parametrize(
    "body, headers, status, code",
    [
        (b"x", {"content_type": "application/json"}, 415, "TRV102"),
        (b"x", {"content_type": "multipart/related; boundary=x"}, 415, "TRV102"),
        (b"x", {"content_type": "text/xml; charset=utf-7"}, 415, "TRV102"),
        (b"x", {"headers": {"Content-Encoding": "br"}}, 415, "TRV102"),
        (b"x", {"headers": {"Content-Encoding": "gzip"}}, 400, "TRV100"),
        (gzip.compress(b"x" * 900, mtime=0)[:-9], {"headers": {"Content-Encoding": "gzip"}}, 400, "TRV100"),
        (gzip.compress(b" " * 5_000_000, mtime=0), {"headers": {"Content-Encoding": "gzip"}}, 413, "TRV103"),
        (b" " * 300_000, {}, 413, "TRV103"),
        (b"\xff\xff", {}, 400, "TRV100"),
        (b"", {}, 400, "TRV100"),
        (b"no xml", {}, 400, "TRV100"),
        (b"<a>", {}, 400, "TRV100"),
        (b"<a>&unknown;</a>", {}, 400, "TRV100"),
        (b"<a/>", {}, 500, "PGRST102"),
        (b"<!DOCTYPE a><a/>", {}, 500, "PGRST102"),
        (b'<?xml version="1.0"?> <!-- c -->\n<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', {}, 500, "PGRST102"),
        (b"<?php x?><a/>", {}, 500, "PGRST102"),
        (b"<a><?php x?></a>", {}, 500, "PGRST102"),
        (b"<a/><?php x?>", {}, 500, "PGRST102"),
        (b"<a>" * 101 + b"</a>" * 101, {}, 413, "TRV103"),
        (b"<a>" * 2990 + b"</a>" * 2990, {}, 413, "TRV103"),
        (b"<a>" + b"<a/>" * 7000 + b"</a>", {}, 413, "TRV103"),
        (b"<a " + b" ".join(b'a%d="1"' % n for n in range(201)) + b"/>", {}, 413, "TRV103"),
        (b"<a " + b" ".join(b'xmlns:a%d="1"' % n for n in range(4000)) + b"/>", {}, 413, "TRV103"),
        (b"<a " + b" ".join(b'xmlns:a%d="1"' % n for n in range(101)) + b"/>", {}, 413, "TRV103"),
        (b"".join(b'<a xmlns:a%d="1" xmlns:b%d="2">' % (n, n) for n in range(60)) + b"</a>" * 60, {}, 413, "TRV103"),
        (b"<" + b"a" * 60_000 + b"/>", {}, 400, "TRV100"),
    ],
)
def test_bad_bodies(post, body, headers, status, code):
    answer = post(body, **headers)
    assert (answer.status_code, fault(answer)[2]) == (status, code)
    assert answer.content_type.startswith("text/xml")


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<ListCustomers/><ListCustomers/>",
        "text",
        "<ListCustomers/>text",
        '<ListCustomers s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"/>',
    ],
)
def test_bad_structure(post, letter, body):
    answer = post(letter(body))
    assert (answer.status_code, fault(answer)[0], fault(answer)[2]) == (500, "soap:Client", "PGRST102")


@pytest.mark.parametrize("inner", ["", "<s:Body/><s:Header/>", "<s:Body><a/></s:Body><b/>", "<s:Body><a/></s:Body>x"])
def test_nothing_but_a_header_and_a_body(post, inner):
    answer = post(f'<s:Envelope xmlns:s="{SOAP12}">{inner}</s:Envelope>', soap=SOAP12)
    assert (answer.status_code, fault(answer)[0]) == (400, "env:Sender")


def test_an_encoding_named_on_the_envelope_alone(post, letter):
    style = 'Envelope s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/" '
    message = letter(LIST).replace("Envelope ", style, 1)
    assert post(message).status_code == 200


def test_an_encoding_of_soap_12(post, letter):
    body = '<ListCustomers s:encodingStyle="http://www.w3.org/2003/05/soap-encoding"/>'
    answer = post(letter(body, soap=SOAP12), soap=SOAP12)
    assert (answer.status_code, fault(answer)[0]) == (500, "env:DataEncodingUnknown")


@pytest.mark.parametrize("media", ["text/xml", "application/soap+xml"])
def test_an_unknown_version(post, letter, media):
    answer = post(letter(LIST, soap="urn:soap:2"), content_type=media)
    assert (answer.status_code, answer.content_type) == (500, "text/xml; charset=utf-8")
    assert fault(answer)[0] == "soap:VersionMismatch"
    supported = etree.fromstring(answer.data).findall(f".//{{{SOAP12}}}Upgrade/{{{SOAP12}}}SupportedEnvelope")
    assert [each.nsmap[each.get("qname").split(":")[0]] for each in supported] == [SOAP12, SOAP11]


@pytest.mark.parametrize("value", ["1", "true"])
@pytest.mark.parametrize("soap, code", [(SOAP11, "soap:MustUnderstand"), (SOAP12, "env:MustUnderstand")])
def test_what_must_be_understood_and_is_not(post, soap, code, value):
    header = f'<x:Route xmlns:x="urn:x" s:mustUnderstand="{value}"/><x:Other xmlns:x="urn:x"/>'
    answer = post("<Nonsense/>", header, soap)  # header before body: R2724
    assert (answer.status_code, fault(answer)[0], fault(answer)[2]) == (500, code, None)
    blocks = etree.fromstring(answer.data).findall(f".//{{{SOAP12}}}NotUnderstood")
    names = [(each.nsmap["p"], each.get("qname")) for each in blocks]
    assert names == ([("urn:x", "p:Route")] if soap == SOAP12 else [])


@pytest.mark.parametrize(
    "block, soap, status",
    [
        ('<x:A xmlns:x="urn:x" s:mustUnderstand="0"/>', SOAP11, 200),
        ('<x:A xmlns:x="urn:x" s:mustUnderstand="1" s:actor="urn:other"/>', SOAP11, 200),
        (f'<x:A xmlns:x="urn:x" s:mustUnderstand="1" s:actor="{SOAP11[:-9]}actor/next"/>', SOAP11, 500),
        (f'<x:A xmlns:x="urn:x" s:mustUnderstand="1" s:role="{SOAP12}/role/ultimateReceiver"/>', SOAP12, 500),
        (f'<x:A xmlns:x="urn:x" s:mustUnderstand="1" s:role="{SOAP12}/role/none"/>', SOAP12, 200),
        ('<x:A xmlns:x="urn:x" s:mustUnderstand="yes"/>', SOAP11, 500),
        (f'<x:Security xmlns:x="{WSSE}" s:mustUnderstand="1"/>', SOAP11, 200),
    ],
)
def test_header_blocks_for_us_and_for_others(post, block, soap, status):
    assert post(LIST, block, soap).status_code == status


ELSEWHERE = f'<a:ReplyTo xmlns:a="{WSA}"><a:Address>http://x/</a:Address></a:ReplyTo>'
STRANGE = '<x:A xmlns:x="urn:x" s:mustUnderstand="1"/>'
STALE = (
    f'<o:Security xmlns:o="{WSSE}" xmlns:u="{WSU}"><u:Timestamp><u:Expires>2001-01-01T00:00:00Z</u:Expires></u:Timestamp>'
    "</o:Security>"
)


@pytest.mark.parametrize("header", [STRANGE + ELSEWHERE + STALE, STALE + ELSEWHERE + STRANGE])
@pytest.mark.parametrize("body", ["<Nonsense/>", "<ListCustomers/><ListCustomers/>", ""])
def test_the_version_then_what_must_be_understood_then_the_rest(post, letter, body, header):
    """R2724 to R2726, whatever else is wrong and wherever it stands."""
    wrong = letter(body, header, "urn:soap:2")
    assert fault(post(wrong))[0] == "soap:VersionMismatch"
    assert fault(post(letter(body, header)))[0] == "soap:MustUnderstand"
    assert fault(post(letter(body, header.replace(STRANGE, ""))))[0] == "wsa:OnlyAnonymousAddressSupported"
    assert fault(post(letter(body, STALE)))[0] == "wsu:MessageExpired"


def test_many_header_blocks(post):
    block = '<x:A xmlns:x="urn:x"/>'
    assert post(LIST, block * 50).status_code == 200
    answer = post(LIST, block * 51)
    assert (answer.status_code, fault(answer)[2]) == (413, "TRV103")


@pytest.mark.parametrize("soap", [SOAP11, SOAP12])
def test_our_own_blocks_are_for_everybody(post, soap):
    """A role or actor in them is more than some toolkits bear."""
    header = f'<a:MessageID xmlns:a="{WSA}">urn:uuid:1</a:MessageID>' + STALE.replace("2001", "2099")
    root = etree.fromstring(post(LIST, header, soap).data)
    blocks = list(root[0])
    assert len(blocks) == 4
    assert [block.attrib for block in blocks] == [{}] * 4


def test_addressing_is_answered(post):
    header = f'<a:Action xmlns:a="{WSA}" s:mustUnderstand="1">urn:trivet:v1/ListCustomers</a:Action>'
    header += f'<a:MessageID xmlns:a="{WSA}">urn:uuid:1</a:MessageID><a:To xmlns:a="{WSA}">http://x</a:To>'
    header += f'<a:ReplyTo xmlns:a="{WSA}"><a:Address>{WSA}/anonymous</a:Address></a:ReplyTo>'
    root = etree.fromstring(post(LIST, header, SOAP12).data)
    assert root.findtext(f".//{{{WSA}}}Action") == "urn:trivet:v1/ListCustomersResponse"
    assert root.findtext(f".//{{{WSA}}}RelatesTo") == "urn:uuid:1"
    root = etree.fromstring(post("<Nonsense/>", header, SOAP12).data)
    assert root.findtext(f".//{{{WSA}}}Action") == f"{WSA}/soap/fault"


@pytest.mark.parametrize("name", ["ReplyTo", "FaultTo"])
def test_answers_go_nowhere_else(post, data, name):
    header = f'<a:{name} xmlns:a="{WSA}"><a:Address>http://127.0.0.1:1/</a:Address></a:{name}>'
    answer = post(LIST, header, SOAP12)
    codes = "env:Sender/wsa:InvalidAddressingHeader/wsa:OnlyAnonymousAddressSupported"
    assert (answer.status_code, fault(answer)[0]) == (400, codes)
    root = etree.fromstring(answer.data)
    assert root.findtext(f".//{{{SOAP12}}}Detail/{{{WSA}}}ProblemHeaderQName") == f"wsa:{name}"
    assert root.findtext(f".//{{{WSA}}}Action") == f"{WSA}/fault"
    answer = post(LIST, header)
    assert (answer.status_code, fault(answer)[0]) == (500, "wsa:OnlyAnonymousAddressSupported")
    told = etree.fromstring(answer.data).findtext(
        f".//{{{SOAP11}}}Header/{{{WSA}}}FaultDetail/{{{WSA}}}ProblemHeaderQName"
    )
    assert told == f"wsa:{name}"
    assert data.asked == []


def test_a_message_without_an_id_is_related_to_none(post):
    root = etree.fromstring(post(LIST, f'<a:Action xmlns:a="{WSA}">x</a:Action>').data)
    assert root.findtext(f".//{{{WSA}}}RelatesTo") == f"{WSA}/unspecified"


def test_a_block_of_addressing_stands_once(post, data):
    header = f'<a:MessageID xmlns:a="{WSA}">urn:uuid:1</a:MessageID>'
    answer = post(LIST, header * 2, SOAP12)
    assert fault(answer)[0] == "env:Sender/wsa:InvalidAddressingHeader"
    assert etree.fromstring(answer.data).findtext(f".//{{{WSA}}}RelatesTo") == "urn:uuid:1"
    assert data.asked == []


def nowhere(*names):
    return "".join(f'<a:{name} xmlns:a="{WSA}"><a:Address>{WSA}/none</a:Address></a:{name}>' for name in names)


@pytest.mark.parametrize("soap", [SOAP11, SOAP12])
def test_who_waits_for_no_answer_gets_none(post, data, soap):
    body = "<CreateCustomers><customers><name>Ann</name></customers></CreateCustomers>"
    answer = post(body, nowhere("ReplyTo"), soap)
    assert (answer.status_code, answer.data) == (202, b"")
    assert [row["name"] for row in data.rows["customers"]] == ["Ann"]
    answer = post("<Nonsense/>", nowhere("ReplyTo"), soap)  # faults go where answers go, if nothing else is said
    assert (answer.status_code, answer.data) == (500 if soap == SOAP11 else 400, b"")
    answer = post(LIST, nowhere("FaultTo"), soap)
    assert b"ListCustomersResponse" in answer.data
    anonymous = f'<a:FaultTo xmlns:a="{WSA}"><a:Address>{WSA}/anonymous</a:Address></a:FaultTo>'
    assert b"Fault>" in post("<Nonsense/>", nowhere("ReplyTo") + anonymous, soap).data

"""Whatever is sent, the answer is a fault or a response, never a crash and never a trace."""

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lxml import etree
from soap_service.namespaces import SOAP11, SOAP12, WSA, WSSE, WSU

SEED = (
    f'<s:Envelope xmlns:s="{SOAP11}" xmlns="urn:trivet:v1" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
    f'<s:Header><o:Security xmlns:o="{WSSE}" xmlns:u="{WSU}" s:mustUnderstand="1"><u:Timestamp/></o:Security>'
    f'<a:Action xmlns:a="{WSA}">x</a:Action></s:Header>'
    "<s:Body><ListCustomers><filter><id><in>1</in></id><or><name><like>a%</like></name></or></filter>"
    "<orderBy><item><field>id</field></item></orderBy><page><limit>1</limit></page></ListCustomers></s:Body></s:Envelope>"
)
_quiet = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
_tokens = st.sampled_from(
    ["<", ">", "/", '"', "&#0;", "&#13;", "<!--", "-->", "<![CDATA[", "<?a?>", "<!DOCTYPE a>", "xsi:nil='true'", "é", "s:Body",
     "Header", "ListLog", "GetCustomers", SOAP12, "xmlns=''", "-1", " ", "\x00"]
)  # fmt: skip


def check(answer):
    root = etree.fromstring(answer.data)
    assert etree.QName(root).localname == "Envelope"
    assert "XX000" not in answer.text
    assert "Traceback" not in answer.text


@given(st.lists(st.tuples(st.integers(0, len(SEED)), st.integers(0, 12), _tokens), max_size=4))
@_quiet
def test_mutated_messages(post, edits):
    text = SEED
    for start, length, token in edits:
        text = text[:start] + token + text[start + length :]
    check(post(text.encode()))


@given(
    st.binary(max_size=200),
    st.sampled_from(["text/xml", "application/soap+xml; charset=utf-16", "text/xml;charset=\xff"]),
)
@example(b"\xff\xfe<", "text/xml")
@_quiet
def test_any_bytes(post, body, content_type):
    check(post(body, content_type=content_type))


def _element(children):
    names = st.sampled_from(
        ["filter", "id", "name", "eq", "in", "isNull", "and", "or", "not", "page", "limit", "orderBy", "item", "field",
         "fields", "string", "include", "customers", "notes", "setNull", "nulls", "descending", "other"]
    )  # fmt: skip
    nil = st.sampled_from(["", ' xsi:nil="true"', ' xsi:nil="x"', ' xsi:type="x:y"', ' href="#a"'])
    inner = st.lists(children, max_size=3).map("".join)
    return st.builds(lambda name, nil, inner: f"<{name}{nil}>{inner}</{name}>", names, nil, inner)


_contents = st.recursive(st.sampled_from(["", "1", "a", "true", "1e400", "2024-02-30", "ü"]), _element, max_leaves=8)


@given(st.sampled_from(["List", "Get", "Create", "Update", "Delete", "Call"]), st.lists(_contents, max_size=4))
@_quiet
def test_any_elements(post, verb, contents):
    check(post(f"<{verb}Customers>{''.join(contents)}</{verb}Customers>"))

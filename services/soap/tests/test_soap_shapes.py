"""Messages by the shapes of earlier ones: the same calls, values and faults as when each is read in full."""

import io

import pytest
from chassis import trace
from chassis.express import Request
from contracts.problems import Problem
from hypothesis import example, given, settings
from hypothesis import strategies as st
from soap_service.namespaces import SOAP11, SOAP12, WSA, WSSE, XSI
from soap_service.port_type import PortType
from soap_service.receiving import Receiver
from soap_service.settings import SoapSettings
from soap_service.split import split

NS = "urn:trivet:v1"
ODD = [
    "1", "2", "-1", " 3 ", "07", "true", "0", "1.50", "", " ", "\n", "x", "id", "name", "notes", "first", "last", "M",
    "2024-02-29", "2024-02-30", "2024-02-29T10:00:00Z", "23:59:58", "INF", "AP8=", "[1, 2.50]", "null", "{}", "8f14e45f",
    "a%", "5>3", "]]", "]]>", "a&amp;b", "&#13;", "<![CDATA[<b>]]>", "<!-- c -->7", "7<!-- c -->", "7<b/>", "a\rb", "\ue0000",
    "\xa0", "\x85", "\u2028", "ü漢😀", "\ufffe", "\x0b", '="', "xmlns", "s:Header", "3000000000", "\x1f9", "\r", "9\r\n",
]  # fmt: skip
TEXTS = st.one_of(
    st.sampled_from(ODD),
    st.integers(-5, 70000).map(str),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="<&"), max_size=6),
)
NIL = st.sampled_from(["", "", "", ' xsi:nil="true"', ' xsi:nil="0"', " x='>'"])


@st.composite
def element(draw, name, *children):
    """An element with children, or with a text where there are none to draw from."""
    inner = "".join(draw(child) for child in children) if children else draw(TEXTS)
    return f"<{name}{draw(NIL)}>{inner}</{name}>"


def some(*strategies):
    """Any of these, in their order."""
    return st.tuples(*(st.one_of(st.just(""), each) for each in strategies)).map("".join)


FILTER = element(
    "filter",
    some(
        element("id", some(element("eq"), element("in"), element("in"), element("isNull"))),
        element("name", some(element("like"), element("eq"))),
        element("or", some(element("notes", element("eq")))),
    ),
)
PAGE = element("page", some(element("limit"), element("offset"), element("includeTotal")))
ORDER = element(
    "orderBy", element("item", some(element("field"), element("descending"), element("nulls"))), some(element("item"))
)
STRINGS = some(element("fields", element("string")), element("include", element("string")))
ROW = some(
    *(element(name) for name in ("order", "line", "price", "gift", "title", "mark", "day", "made", "extra", "photo")),
    element("tags", some(element("string"), element("string"))),
)
BODIES = st.one_of(
    element("GetCustomers", element("id")),
    element("GetOrderItems", some(element("line"), element("order"))),
    element("ListCustomers", some(FILTER, ORDER, PAGE), STRINGS),
    element("CreateCustomers", element("customers", some(element("name"), element("notes")))),
    element("CreateOrderItems", element("orderItems", ROW)),
    element(
        "UpdateCustomers",
        element("id"),
        some(element("customers", some(element("name"), element("notes"))), element("setNull", element("string"))),
    ),
    element("DeleteCustomers", some(element("id"))),
)
HEADERS = st.one_of(
    st.sampled_from(
        ["", "", "", "<s:Header/>", "<s:Header></s:Header> ", "<s:Header><s:Header></s:Header></s:Header>"]
    ),
    st.builds(
        "<s:Header>{}{}</s:Header>{}".format,
        st.builds(
            '<o:Security xmlns:o="{0}"><o:UsernameToken><o:Username>{1}</o:Username><o:Password>{2}</o:Password>'
            "</o:UsernameToken></o:Security>".format,
            st.just(WSSE),
            TEXTS,
            TEXTS,
        ),
        st.sampled_from(["", '<x:A xmlns:x="urn:x"/>', '<x:A xmlns:x="urn:x" s:mustUnderstand="1"/>'])
        | st.builds('<a:MessageID xmlns:a="{}">{}</a:MessageID>'.format, st.just(WSA), TEXTS),
        st.sampled_from(["", " ", "x"]),
    ),
)
MESSAGES = st.builds(
    '<s:Envelope xmlns:s="{}" xmlns="{}" xmlns:xsi="{}">{}<s:Body>{}</s:Body></s:Envelope>'.format,
    st.sampled_from([SOAP11, SOAP11, SOAP12]),
    st.just(NS),
    st.just(XSI),
    HEADERS,
    BODIES,
)
TOKENS = st.sampled_from(
    ["<", ">", "/", '"', "'", "&", "&lt;", "<!--", "-->", "<![CDATA[", "]]>", "<?a?>", "<!DOCTYPE a>", "é", "\r", "\0", " ",
     "s:Body", "Header", "<s:Header>", "</s:Header>", "xmlns=''", "=", "9", "\ufffe", "\ue0001", "<a>", "</a>", "<a/>"]
)  # fmt: skip
quiet = settings(max_examples=400, deadline=None)
mapped = Receiver(SoapSettings())
plain = Receiver(SoapSettings())
plain._longest = -1  # no message is so short that it is kept


def outcome(receiver, port, text):
    """What becomes of a message: all of its call, or all of its fault, and what is known of the answer."""
    notes = []
    body = text.encode()
    environ = {"REQUEST_METHOD": "POST", "CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body)}
    try:
        received = receiver.receive(Request(environ | {"CONTENT_TYPE": "text/xml; charset=utf-8"}), notes.append)
        prepared, values = receiver.known(received, port) or receiver.read(received, port, "clerk")
    except Problem as problem:
        return type(problem), problem.code, problem.message, problem.details, problem.hint, notes[-1:]
    security = received.security
    sender = security.username, security.password, security.stamped, security.must
    return prepared.called, prepared.operation, repr(values), sender, notes[-1]


def learn(port, text):
    """Have a message's shape kept: it comes for the second time with its markup, and then with its words."""
    for _ in range(3):
        outcome(mapped, port, text)


@given(st.lists(MESSAGES, min_size=1, max_size=4), st.randoms())
@quiet
def test_shared_shapes_change_nothing(port, messages, chance):
    for text in messages * 3:
        assert outcome(mapped, port, text) == outcome(plain, port, text)
    chance.shuffle(messages)
    for text in messages:
        assert outcome(mapped, port, text) == outcome(plain, port, text)


@given(MESSAGES, st.lists(st.tuples(st.integers(0, 900), st.integers(0, 3), TOKENS), min_size=1, max_size=3))
@quiet
def test_what_is_no_longer_that_message_is_not_taken_for_it(port, text, edits):
    learn(port, text)
    for start, length, token in edits:
        place = start % len(text)
        text = text[:place] + token + text[place + length :]
        assert outcome(mapped, port, text) == outcome(plain, port, text)


LIST = (
    "<ListCustomers><filter><id><gt>{}</gt></id><name><like>{}</like></name></filter><orderBy><item><field>{}</field>"
    "</item></orderBy><page><limit>{}</limit></page></ListCustomers>"
)


@given(st.tuples(TEXTS, TEXTS, st.sampled_from(["id", "name", "nme"]), TEXTS))
@example(("1", "a", "name", "5"))
@quiet
def test_values_of_one_shape(port, letter_of, texts):
    for filled in (("1", "a%", "id", "5"), texts, ("2", "b", "name", "6"), texts):
        text = letter_of(LIST.format(*filled))
        assert outcome(mapped, port, text) == outcome(plain, port, text)


@pytest.fixture(scope="session")
def letter_of():
    """A message around a body's content."""
    return f'<s:Envelope xmlns:s="{SOAP11}" xmlns="{NS}" xmlns:xsi="{XSI}"><s:Body>{{}}</s:Body></s:Envelope>'.format


FIELDS = {
    "order": "1", "line": "1", "big": "5", "price": "1.5", "weight": "1e3", "gift": "true", "title": "a", "day": "2024-02-29",
    "mark": "8f14e45f-ceea-467f-9575-05f1a2b3c4d5", "hour": "23:59:58", "seen": "2024-02-29T10:00:00", "took": "P1D",
    "made": "2024-02-29T10:00:00Z", "extra": "[1]", "photo": "AP8=", "size": "M", "span": "[1,5)",
    "odd_x0020_name": "10.0.0.1", "tags": "<string>a</string>", "counts": "<int>1</int>",
}  # fmt: skip


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize(
    "body",
    [
        "<CreateOrderItems><orderItems><{0}>{1}</{0}></orderItems></CreateOrderItems>",
        "<UpdateOrderItems><order>1</order><line>2</line><orderItems><{0}>{1}</{0}></orderItems></UpdateOrderItems>",
        "<ListOrderItems><filter><{0}><eq>{1}</eq></{0}></filter></ListOrderItems>",
        "<ListOrderItems><filter><{0}><in>{1}</in><in>{1}</in></{0}></filter></ListOrderItems>",
        "<GetOrderItems><line>3</line><{0}>{1}</{0}></GetOrderItems>",
    ],
)
def test_any_text_for_a_value_whose_shape_is_known(port, letter_of, body, field):
    usual = FIELDS[field]
    opening, closing = (usual[: usual.index(">") + 1], usual[usual.index("</") :]) if "<" in usual else ("", "")
    learn(port, letter_of(body.format(field, usual)))
    for odd in ODD:
        text = letter_of(body.format(field, opening + odd + closing))
        assert outcome(mapped, port, text) == outcome(plain, port, text)


@pytest.mark.parametrize(
    "header",
    [
        "<s:Header/>",
        "<s:Header><a/></s:Header>",
        '<s:Header xmlns:s="urn:x"><a/></s:Header>',
        "<s:Header><a></s:Header>",
        "<s:Header><s:Header></s:Header><a/></s:Header>",
        "<s:Header><a>1</a></s:Header><s:Header/>",
        "<s:Header>x<a/></s:Header>",
        "<s:Header><a/></s:Header>x",
        "x<s:Header><a/></s:Header>",
        '<s:Header><a s:mustUnderstand="1"/></s:Header>',
        '<s:Header><a s:mustUnderstand="x"/></s:Header>',
        "<s:Header><?a?></s:Header>",
        "<s:Header>" + "<a>" * 99 + "</a>" * 99 + "</s:Header>",
        "<s:Header>" + "<a/>" * 51 + "</s:Header>",
        "<s:Header" + "".join(f' a{n}="1"' for n in range(201)) + "><a/></s:Header>",
    ],
)
def test_any_header_before_a_body_whose_shape_is_known(port, letter_of, header):
    text = letter_of("<GetCustomers><id>7</id></GetCustomers>")
    for before in ("", "<s:Header/>", header):
        learn(port, text.replace("<s:Body>", before + "<s:Body>"))
    text = text.replace("<s:Body>", header + "<s:Body>")
    assert outcome(mapped, port, text) == outcome(plain, port, text)


def test_a_shape_gives_one_operation_with_each_message_s_own_values(port, letter_of):
    receiver = Receiver(SoapSettings())

    def known(text):
        body = text.encode()
        environ = {"REQUEST_METHOD": "POST", "CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body)}
        received = receiver.receive(Request(environ), lambda _: None)
        found = receiver.known(received, port)
        return found or (receiver.read(received, port, "clerk"), None)[1]

    first, second, third, fourth = (known(letter_of(LIST.format(n, "a", "id", n))) for n in range(1, 5))
    assert (first, second) == (None, None)  # the shape is learnt when it comes again
    assert (third[1], fourth[1]) == ([3, "a", 3], [4, "a", 4])
    assert third[0].operation is fourth[0].operation
    for _ in range(2):
        assert known(letter_of(LIST.format(1, "a", "name", 1))) is None  # a name is no value
    assert known(letter_of(LIST.format(1, "a", "name", 1)))[0].operation is not third[0].operation
    assert known(letter_of(LIST.format("x", "a", "id", 1)).replace("x</gt>", "5</gt>"))[1] == [5, "a", 1]
    with pytest.raises(Problem, match='gt: "x" is no xs:int'):
        known(letter_of(LIST.format("x", "a", "id", 1)))


def test_a_shape_of_one_role_is_not_another_s(port, letter_of, changed):
    text = letter_of("<CreateCustomers><customers><name>Ann</name></customers></CreateCustomers>")
    learn(port, text)
    other = PortType(changed("customers", create=frozenset({"notes"})))
    refused = outcome(mapped, other, text)
    assert refused[1] == "PGRST204"
    assert refused == outcome(plain, other, text)


@pytest.mark.parametrize("text", ["<a>&amp;</a>", "<a><!-- b --></a>", "<a><![CDATA[b]]></a>", "<!DOCTYPE a><a/>"])
def test_what_only_a_parser_understands_is_not_split(text):
    assert split(text) is None


@pytest.mark.parametrize(
    "text", ["<a>b</a>", "<a x='>'>b</a> ", "<a>1>2</a>", "<a> <b>c\n</b>\t</a>", "", "b", "<a>\rb</a>"]
)
def test_pieces_make_the_message_again(text):
    pieces = split(text)
    assert pieces.around(pieces.texts) == text


def test_a_header_is_cut_out():
    pieces = split(
        "<?xml version='1.0'?>\n<e:Envelope a='b'> <e:Header>\n<c>d</c></e:Header> <e:Body>f</e:Body></e:Envelope>"
    )
    assert pieces.header == "<?xml version='1.0'?>\n<e:Envelope a='b'> <e:Header>\n<c>d</c></e:Header></e:Envelope>"
    assert pieces.around(pieces.texts) == "<?xml version='1.0'?>\n<e:Envelope a='b'> <e:Body>f</e:Body></e:Envelope>"


@pytest.mark.parametrize("body", ["<ListCustomers/>", "<Nonsense/>", "<GetCustomers><id>x</id></GetCustomers>", "<"])
def test_flask_s_door_leads_to_the_same_answer(client, post, letter, body):
    first = post(body)
    app = client.application
    with app.test_request_context("/soap/v1", method="POST", data=letter(body), auth=("clerk", "secret")) as context:
        trace.begin(context.request.environ, first.headers["X-Request-Id"])
        second = app.full_dispatch_request()
    assert (second.status_code, second.content_type, second.data) == (
        first.status_code, first.content_type, first.data
    )  # fmt: skip

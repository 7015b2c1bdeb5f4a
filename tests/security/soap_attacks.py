"""Attacks on a SOAP service by what its messages are made of, each as large as the default settings let it come."""

import gzip
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

SOAP11 = "http://schemas.xmlsoap.org/soap/envelope/"
WSA = "http://www.w3.org/2005/08/addressing"
_WSS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
SECRET = "the-secret-of-nobody"
LIMIT = 10 * 2**20  # bytes of a body
LIST = "<ListCustomers/>"


def envelope(body: str = LIST, header: str = "", attributes: str = "") -> str:
    """A message of SOAP 1.1."""
    head = f"<s:Header>{header}</s:Header>" if header else ""
    return (
        f'<s:Envelope xmlns:s="{SOAP11}" xmlns="urn:trivet:v1" {attributes}>{head}<s:Body>{body}</s:Body></s:Envelope>'
    )


@dataclass(frozen=True)
class Attack:
    """A message and what must come of it: the status, and a code in the fault (none: an answer)."""

    make: Callable[[], str | bytes]
    status: int
    code: str
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def body(self) -> bytes:
        """The message as it is sent."""
        made = self.make()
        return made.encode() if isinstance(made, str) else made


def _doctype(inside: str, use: str = "") -> Callable[[], str]:
    return lambda: (
        f"<!DOCTYPE s [{inside}]>" + envelope(f"<ListCustomers><fields><string>{use}</string></fields></ListCustomers>")
    )


def _laughs() -> str:
    more = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return _doctype(f'<!ENTITY l0 "ha">{more}', "&l9;")()


def _security(inner: str) -> str:
    return (
        f'<o:Security xmlns:o="{_WSS}wssecurity-secext-1.0.xsd" xmlns:u="{_WSS}wssecurity-utility-1.0.xsd"'
        f' s:mustUnderstand="1">{inner}</o:Security>'
    )


def _digest(nonce: str, digest: str = "A" * 27 + "=") -> str:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    kind = f"{_WSS}username-token-profile-1.0#PasswordDigest"
    return _security(
        f'<o:UsernameToken><o:Username>a</o:Username><o:Password Type="{kind}">{digest}</o:Password>'
        f"<o:Nonce>{nonce}</o:Nonce><u:Created>{now}</u:Created></o:UsernameToken>"
    )


_SIGNED = (
    '<d:Signature xmlns:d="http://www.w3.org/2000/09/xmldsig#"><d:SignedInfo><d:Reference URI="#b"><d:Transforms>'
    '<d:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"/></d:Transforms></d:Reference></d:SignedInfo></d:Signature>'
)
_XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


_ATTRIBUTE, _NAMESPACE, _OWN = 'a{0}="1"', 'xmlns:a{0}="u"', 'xmlns:a{0}="u{0}" a{0}:b="1"'


def _numbered(form: str, number: int) -> str:
    return " ".join(form.format(each) for each in range(number))


def _long_list(item: str, number: int) -> str:
    return envelope(f"<ListCustomers><filter><id>{item * number}</id></filter></ListCustomers>", attributes=_XSI)


MALFORMED, REFUSED, LARGE, MEDIA = (400, "TRV100"), (500, "PGRST102"), (413, "TRV103"), (415, "TRV102")
ATTACKS: dict[str, Attack] = {
    # document types
    "an external entity": Attack(_doctype('<!ENTITY x SYSTEM "file:///etc/passwd">', "&x;"), *REFUSED),
    "an entity of another host": Attack(_doctype('<!ENTITY x SYSTEM "http://127.0.0.1:9/x">', "&x;"), *REFUSED),
    "a parameter entity": Attack(_doctype('<!ENTITY % x SYSTEM "http://127.0.0.1:9/x.dtd"> %x;'), *REFUSED),
    "a DTD elsewhere": Attack(lambda: '<!DOCTYPE s SYSTEM "http://127.0.0.1:9/x.dtd">' + envelope(), *REFUSED),
    "a billion laughs": Attack(_laughs, *REFUSED),
    "a quadratic blow-up": Attack(
        lambda: _doctype(f'<!ENTITY x "{"x" * 100_000}">', "&x;" * 100_000)(), *REFUSED
    ),
    "a DTD after comments": Attack(lambda: "<!-- -->" * 1000 + _doctype('<!ENTITY x "y">', "&x;")(), *REFUSED),
    "a DTD in UTF-16": Attack(lambda: _doctype('<!ENTITY x "y">', "&x;")().encode("utf-16"), *REFUSED),
    "a DTD after a byte order mark": Attack(lambda: b"\xef\xbb\xbf" + _doctype('<!ENTITY x "y">')().encode(), *REFUSED),
    "entities that nobody declared": Attack(lambda: envelope("&x;"), *MALFORMED),
    # charsets
    "UTF-7": Attack(lambda: envelope().encode("utf-7"), *MEDIA, {"Content-Type": "text/xml; charset=utf-7"}),
    "UTF-7 in the declaration": Attack(
        lambda: b'<?xml version="1.0" encoding="utf-7"?>' + envelope().encode(), *MEDIA, {"Content-Type": "text/xml"}
    ),
    "EBCDIC": Attack(lambda: envelope().encode("cp037"), *MEDIA, {"Content-Type": "text/xml; charset=cp037"}),
    "overlong UTF-8": Attack(lambda: envelope().encode().replace(b"<ListC", b"\xc0\xbcListC"), *MALFORMED),
    "UTF-16 cut in half": Attack(lambda: envelope().encode("utf-16")[:-1], *MALFORMED),
    "a NUL": Attack(lambda: envelope("<ListCustomers>\0</ListCustomers>"), *MALFORMED),
    # instructions and inclusions
    "an instruction for XSLT": Attack(
        lambda: '<?xml-stylesheet href="http://127.0.0.1:9/x.xsl" type="text/xsl"?>' + envelope(), *REFUSED
    ),
    "an instruction in the body": Attack(lambda: envelope(f"<?x y?>{LIST}"), *REFUSED),
    "XInclude": Attack(
        lambda: envelope(
            '<ListCustomers><fields><string><i:include xmlns:i="http://www.w3.org/2001/XInclude" parse="text"'
            ' href="file:///etc/passwd"/></string></fields></ListCustomers>'
        ),
        *REFUSED,
    ),
    "a schema elsewhere": Attack(
        lambda: envelope(attributes=f'{_XSI} xsi:schemaLocation="urn:trivet:v1 http://127.0.0.1:9/x.xsd"'), 200, ""
    ),
    # size and shape
    "deep nesting": Attack(lambda: envelope("<a>" * 50_000 + "</a>" * 50_000), *LARGE),
    "deep nesting that never ends": Attack(lambda: envelope("<a>" * 3_000_000)[: LIMIT - 10], *LARGE),
    "elements without number": Attack(lambda: envelope("<a/>" * 2_500_000), *LARGE),
    "children without number that are values": Attack(lambda: _long_list("<in>1</in>", 60_000), 200, ""),
    "attributes without number": Attack(lambda: envelope(f"<a {_numbered(_ATTRIBUTE, 190_000)}/>"), *LARGE),
    "attributes of many namespaces": Attack(
        lambda: envelope(f"<a {_numbered(_OWN, 90_000)}/>"), *LARGE
    ),
    "namespaces that every type is looked up in": Attack(
        lambda: _long_list('<in xsi:type="s:x">1</in>', 90_000).replace(
            "xmlns:s", f"{_numbered(_NAMESPACE, 90_000)} xmlns:s", 1
        ),
        *LARGE,
    ),
    "a name without end": Attack(lambda: envelope(f"<{'a' * 9_000_000}/>"), *MALFORMED),
    "a prefix without end": Attack(lambda: envelope(f'<{"a" * 4_000_000}:b xmlns:{"a" * 4_000_000}="u"/>'), *MALFORMED),
    "a text without end": Attack(lambda: _long_list(f"<eq>{'1' * 9_900_000}</eq>", 1), 500, "22P02"),
    "a number without end": Attack(lambda: _long_list(f"<eq>{'9' * 40}</eq>", 1), 500, "22003"),
    "comments without number": Attack(lambda: envelope("<!---->" * 1_400_000 + LIST), *LARGE),
    "character references without number": Attack(lambda: _long_list(f"<eq>{'&#49;' * 1_900_000}</eq>", 1), 500, "22P02"),
    "an unknown name that is long": Attack(lambda: envelope(f"<{'a' * 40_000}/>"), 500, "PGRST202"),
    "too much": Attack(lambda: b" " * (LIMIT + 1), *LARGE),
    "header blocks without number": Attack(lambda: envelope(header='<x:a xmlns:x="urn:x"/>' * 100_000), *LARGE),
    # packing
    "a bomb of gzip": Attack(lambda: gzip.compress(b" " * 60_000_000), *LARGE, {"Content-Encoding": "gzip"}),
    "a bomb of deflate": Attack(lambda: zlib.compress(b" " * 60_000_000), *LARGE, {"Content-Encoding": "deflate"}),
    "a bomb within a bomb": Attack(
        lambda: gzip.compress(gzip.compress(b" " * 30_000_000)), *MALFORMED, {"Content-Encoding": "gzip"}
    ),
    "packed twice": Attack(lambda: gzip.compress(b" "), *MEDIA, {"Content-Encoding": "gzip, gzip"}),
    # headers
    "an answer to somebody else": Attack(
        lambda: envelope(header=f'<a:ReplyTo xmlns:a="{WSA}"><a:Address>http://127.0.0.1:9/</a:Address></a:ReplyTo>'),
        500,
        "OnlyAnonymousAddressSupported",
    ),
    "a fault to somebody else": Attack(
        lambda: envelope(header=f'<a:FaultTo xmlns:a="{WSA}"><a:Address>http://127.0.0.1:9/</a:Address></a:FaultTo>'),
        500,
        "OnlyAnonymousAddressSupported",
    ),
    "a signature around another body": Attack(
        lambda: envelope(header=_security(f'<w:Wrapper xmlns:w="urn:w"><s:Body u:Id="b">{LIST}</s:Body></w:Wrapper>{_SIGNED}')),
        500,
        "UnsupportedSecurityToken",
    ),
    "a signature": Attack(lambda: envelope(header=_security(_SIGNED)), 500, "UnsupportedSecurityToken"),
    "two bodies": Attack(lambda: envelope().replace("</s:Envelope>", f"<s:Body>{LIST}</s:Body></s:Envelope>"), *REFUSED),
    "a nonce without end": Attack(lambda: envelope(header=_digest("A" * 9_000_000)), 500, "InvalidSecurityToken"),
    "a digest without end": Attack(lambda: envelope(header=_digest("AAAA", "A" * 9_000_000)), 500, "InvalidSecurityToken"),
    "a time of a year beyond": Attack(
        lambda: envelope(header=_security("<u:Timestamp><u:Expires>9999-12-31T23:59:59-23:59</u:Expires></u:Timestamp>")),
        500,
        "InvalidSecurity",
    ),
    "an action that names another operation": Attack(
        envelope, 200, "", {"SOAPAction": '"urn:trivet:v1/DeleteCustomers"'}
    ),
    # contents
    "an element twice": Attack(
        lambda: envelope("<ListCustomers><filter/><filter><id><eq>1</eq></id></filter></ListCustomers>"), *REFUSED
    ),
    "a type that it is not": Attack(
        lambda: envelope('<ListCustomers><filter xsi:type="s:Envelope"/></ListCustomers>', attributes=_XSI), *REFUSED
    ),
    "references of rpc/encoded": Attack(lambda: envelope('<ListCustomers><filter href="#a"/></ListCustomers>'), *REFUSED),
    "markup in a value": Attack(
        lambda: _long_list("<eq>]]&gt;&lt;/faultstring&gt;&lt;x/&gt;</eq>", 1), 500, "22P02"
    ),
    "a file in parts": Attack(
        lambda: envelope(), *MEDIA, {"Content-Type": 'multipart/related; type="application/xop+xml"; boundary=x'}
    ),
}  # fmt: skip

"""WS-I Basic Profile 1.1's rules for messages (§3), each by its number: what in an answer over HTTP breaks it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from tests.wsi.rules import Rules

Element = etree._Element
SOAP11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP12 = "http://www.w3.org/2003/05/soap-envelope"
SOAP_CODES = ("Client", "Server", "VersionMismatch", "MustUnderstand")
KEPT = (401, 404, 405, 413, 414, 415, 429, 503)  # statuses that HTTP's own meaning goes before


@dataclass(frozen=True)
class Answer:
    """An answer as it came, and the name of the operation that was asked for."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    operation: str = ""

    @property
    def root(self) -> Element:
        """The envelope."""
        return etree.fromstring(self.body, etree.XMLParser(remove_blank_text=False))

    @property
    def fault(self) -> Element | None:
        """The fault of SOAP 1.1, if there is one."""
        return self.root.find(f"{{{SOAP11}}}Body/{{{SOAP11}}}Fault")


RULES: Rules[Answer] = Rules()


def _in_soap(element: Element) -> bool:
    return etree.QName(element).namespace in (SOAP11, SOAP12)


@RULES.enter("R9980", "R9981", "R1011")
def structure(answer: Answer) -> Iterator[str]:
    """An Envelope with a Header, if any, then one Body, and nothing after it."""
    root = answer.root
    children = [each for each in root if isinstance(each.tag, str)]
    names = [etree.QName(each).localname for each in children]
    if not _in_soap(root) or names not in (["Body"], ["Header", "Body"]) or not all(map(_in_soap, children)):
        yield f"{etree.QName(root).localname}: {names}"


@RULES.enter("R1000", "R1001")
def plain_faults(answer: Answer) -> Iterator[str]:
    """A fault has unqualified children, and no others than the four in their order."""
    if answer.fault is not None:
        names = [str(each.tag) for each in answer.fault]
        allowed = [name for name in ("faultcode", "faultstring", "faultactor", "detail") if name in names]
        if names != allowed or names[:2] != ["faultcode", "faultstring"]:
            yield str(names)


@RULES.enter("R1003", "R1004", "R1031")
def fault_codes(answer: Answer) -> Iterator[str]:
    """A fault's code is one of SOAP's, or of a namespace of its own, without the notation of dots."""
    if answer.fault is None:
        return
    code = answer.fault.find("faultcode")
    if code is None:
        return
    prefix, _, local = (code.text or "").rpartition(":")
    namespace = code.nsmap.get(prefix or None)
    if not namespace or "." in local or (namespace == SOAP11 and local not in SOAP_CODES):
        yield str(code.text)


@RULES.enter("R1016")
def languages(answer: Answer) -> Iterator[str]:
    """The reason may say its language."""
    reason = answer.fault.find("faultstring") if answer.fault is not None else None
    if reason is not None and set(reason.attrib) - {"{http://www.w3.org/XML/1998/namespace}lang"}:
        yield str(dict(reason.attrib))


@RULES.enter("R1005", "R1006", "R1007")
def encoding_styles(answer: Answer) -> Iterator[str]:
    """Nothing is encoded."""
    for each in answer.root.iter("*"):
        yield from (str(name) for name in each.attrib if etree.QName(name).localname == "encodingStyle")


@RULES.enter("R1008", "R1009")
def no_prolog(answer: Answer) -> Iterator[str]:
    """No document type and no processing instructions."""
    if answer.root.getroottree().docinfo.doctype:
        yield "DOCTYPE"
    yield from (str(each.target) for each in answer.root.iter(etree.ProcessingInstruction))


@RULES.enter("R1012", "R1018", "R4001")
def charsets(answer: Answer) -> Iterator[str]:
    """UTF-8, and the media type says so."""
    named = re.search(r"charset=([\w-]+)", answer.headers["content-type"])
    declared = answer.root.getroottree().docinfo.encoding
    if named is None or named[1].lower() != "utf-8" or (declared or "utf-8").lower() != "utf-8":
        yield f"{answer.headers['content-type']}, {declared}"


@RULES.enter("R1013")
def musts(answer: Answer) -> Iterator[str]:
    """mustUnderstand is 0 or 1."""
    for each in answer.root.iter("*"):
        value = each.get(f"{{{SOAP11}}}mustUnderstand", each.get(f"{{{SOAP12}}}mustUnderstand", "0"))
        if value not in ("0", "1"):
            yield value


@RULES.enter("R1014")
def qualified(answer: Answer) -> Iterator[str]:
    """What stands in the Body is of a namespace."""
    yield from (str(each.tag) for each in answer.root[-1] if not etree.QName(each).namespace)


@RULES.enter("R1032")
def plain_envelopes(answer: Answer) -> Iterator[str]:
    """Envelope, Header and Body have no attributes of SOAP's own."""
    for each in (answer.root, *answer.root.iterchildren("*")):
        yield from (str(name) for name in each.attrib if etree.QName(name).namespace in (SOAP11, SOAP12))


@RULES.enter("R2712", "R2729", "R2735")
def named_answers(answer: Answer) -> Iterator[str]:
    """The Body holds the operation's own element, or a fault."""
    names = [etree.QName(each).localname for each in answer.root[-1]]
    if names not in (["Fault"], [f"{answer.operation}Response"]):
        yield str(names)


@RULES.enter("R1111", "R1124", "R1126")
def statuses(answer: Answer) -> Iterator[str]:
    """200 for an answer; 500 for a fault, but where HTTP has a word of its own that proxies and toolkits go by.

    (Messages that are no XML at all get 400, as R1113 has it.)
    """
    fault = answer.fault
    if fault is None and etree.QName(answer.root).namespace == SOAP11 and answer.status != 200:
        yield str(answer.status)
    if fault is not None and answer.status not in (500, 400, *KEPT):
        yield str(answer.status)


@RULES.enter("R1115", "R1132")
def media_types(answer: Answer) -> Iterator[str]:
    """text/xml for SOAP 1.1."""
    media = answer.headers["content-type"].partition(";")[0]
    expected = "text/xml" if etree.QName(answer.root).namespace == SOAP11 else "application/soap+xml"
    if media != expected:
        yield media

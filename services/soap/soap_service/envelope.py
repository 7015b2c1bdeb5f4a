"""XML text to an envelope: refuses what is dangerous, finds the version, the header blocks and the one body element."""

import re
from collections.abc import Container
from dataclasses import dataclass

from contracts.problems import Problem
from lxml import etree

from soap_service.faults import Fault
from soap_service.markup import attribute
from soap_service.namespaces import SOAP11_ENCODING, SOAP12, SOAP12_NO_ENCODING
from soap_service.versions import BY_NAMESPACE, SOAP_1_1, SOAP_1_2, Version

Element = etree._Element
_DECLARATION = re.compile(r"<\?xml\s[^>]*\?>")
_PROLOG = re.compile(r"(?:\s+|<!--.*?-->|<\?.*?\?>)*", re.DOTALL)
_MAX_ATTRIBUTES = 200  # of one element
_MAX_BLOCKS = 50  # in the header
_MAX_NAMESPACES = 100  # declared for one element, by itself and those around it
_TRUE = {"1", "true"}
_FALSE = {"0", "false"}


@dataclass(frozen=True)
class Envelope:
    """A message taken apart: its version, header blocks and the document's root."""

    version: Version
    blocks: tuple[Element, ...]
    root: Element


def parse(text: str, *, max_depth: int, max_elements: int) -> Element:
    """The root of an XML text that holds no DOCTYPE and no processing instruction (WS-I BP 1.1, R1008, R1009).

    Raises `Problem` TRV100 (not XML), TRV103 (too many elements or namespaces, too deep) and PGRST102.
    """
    text = _DECLARATION.sub("", text, count=1) if text.startswith("<?xml") else text
    start = _PROLOG.match(text)
    if start and text.startswith("<!DOCTYPE", start.end()):
        raise Problem("PGRST102", "A message must not have a DOCTYPE")
    data = text.encode()
    # one closing tag for each that opens, or none; and before anything takes memory
    if data.count(b"<") > 2 * max_elements or data.count(b"xmlns") > max_elements or _attributes(data) > max_elements:
        raise Problem("TRV103", "The message has too many elements", details=f"At most {max_elements}")
    try:
        root = etree.fromstring(data, _parser())
    except etree.XMLSyntaxError as error:
        raise _not_xml(error) from None
    if data.count(b"xmlns") > _MAX_NAMESPACES:
        _check_namespaces(root)
    _check(root, max_depth)
    return root


def opened(root: Element) -> Envelope:
    """The envelope with its header blocks. Raises `Fault` VersionMismatch, and `Problem` where it is no envelope."""
    name = etree.QName(root)
    if name.localname != "Envelope":
        raise Problem("PGRST102", f"The message is no SOAP envelope but <{name.localname}>")
    version = BY_NAMESPACE.get(name.namespace or "")
    if version is None:
        raise Fault("VersionMismatch", f"The envelope's namespace {name.namespace or ''} is unknown", blocks=_upgrade())
    children = list(root)
    header = children[0] if children and children[0].tag == f"{{{version.namespace}}}Header" else None
    blocks = tuple(header) if header is not None else ()
    if len(blocks) > _MAX_BLOCKS:
        raise Problem("TRV103", "The message has too many header blocks", details=f"At most {_MAX_BLOCKS}")
    return Envelope(version, blocks, root)


def check_understood(envelope: Envelope, understood: Container[str]) -> None:
    """Refuse header blocks for us that have to be understood and are not among these names (``{namespace}local``).

    Raises `Fault` MustUnderstand, and `Problem` PGRST102 where mustUnderstand is no boolean.
    """
    strange = [block for block in envelope.blocks if must_understand(block, envelope.version)]
    strange = [block for block in strange if block.tag not in understood]
    if not strange:
        return
    names = ", ".join(etree.QName(block).localname for block in strange)
    blocks = "".join(_not_understood(block) for block in strange) if envelope.version is SOAP_1_2 else ""
    raise Fault("MustUnderstand", f"A header block that must be understood is not: {names}", blocks=blocks)


def must_understand(block: Element, version: Version) -> bool:
    """Whether a header block is for us and has to be understood. Raises `Problem` PGRST102."""
    role = block.get(f"{{{version.namespace}}}{version.role}", "").strip()
    text = block.get(f"{{{version.namespace}}}mustUnderstand", "0").strip()
    if text not in _TRUE | _FALSE:
        raise Problem("PGRST102", f"mustUnderstand is neither 1 nor 0 on <{etree.QName(block).localname}>")
    return text in _TRUE and role in version.ours


def is_ours(block: Element, version: Version) -> bool:
    """Whether a header block is meant for us."""
    return block.get(f"{{{version.namespace}}}{version.role}", "").strip() in version.ours


def body_of(envelope: Envelope) -> Element:
    """The one element in the body. Raises `Problem` PGRST102 and `Fault` DataEncodingUnknown."""
    namespace = envelope.version.namespace
    children = list(envelope.root)
    names = [child.tag for child in children]
    expected = [f"{{{namespace}}}Header"] * (names[:1] == [f"{{{namespace}}}Header"]) + [f"{{{namespace}}}Body"]
    if names != expected:
        raise Problem("PGRST102", "An envelope holds a Header, if any, then one Body, and nothing else")
    body = children[-1]
    if any((part.text or "").strip() for part in (envelope.root, body)) or _has_tail_text((*children, *body)):
        raise Problem("PGRST102", "There is text between the elements of the envelope")
    if len(body) != 1:
        raise Problem("PGRST102", f"The body must hold exactly one element, and holds {len(body)}")
    _check_encoding(envelope, body)
    return body[0]


def _check_encoding(envelope: Envelope, body: Element) -> None:
    # SOAP::Lite writes the encoding of SOAP 1.1 on each envelope, also where the message makes no use of it
    on_envelope = () if envelope.version is SOAP_1_1 else (envelope.root,)
    for element in (*on_envelope, body, body[0]):
        style = element.get(f"{{{envelope.version.namespace}}}encodingStyle", "").strip()
        if style in ("", SOAP12_NO_ENCODING):
            continue
        if envelope.version is SOAP_1_2:
            raise Fault("DataEncodingUnknown", "rpc/encoded is not supported: send document/literal")
        if SOAP11_ENCODING.rstrip("/") in style:
            raise Problem("PGRST102", "rpc/encoded is not supported: send document/literal")


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
    )


def _attributes(data: bytes) -> int:
    return data.count(b'="') + data.count(b"='")


def _not_xml(error: etree.XMLSyntaxError) -> Problem:
    line, column = error.position
    if "depth" in (error.msg or "") or "huge" in (error.msg or "").lower():
        return Problem("TRV103", "The message is too deep or a part of it too long")
    return Problem("TRV100", "The body is not well-formed XML", details=f"line {line} column {column}")


def _check_namespaces(root: Element) -> None:
    """Each type that an element names is looked up among the namespaces around it: they must be few."""
    declared = 0
    for event, _ in etree.iterwalk(root, events=("start-ns", "end-ns")):
        declared += 1 if event == "start-ns" else -1
        if declared > _MAX_NAMESPACES:
            raise Problem("TRV103", "The message has too many namespaces", details=f"At most {_MAX_NAMESPACES} at once")


def _check(root: Element, max_depth: int) -> None:
    if root.getroottree().docinfo.internalDTD is not None:
        raise Problem("PGRST102", "A message must not have a DOCTYPE")
    if any(True for _ in root.itersiblings()) or any(True for _ in root.itersiblings(preceding=True)):
        raise _instruction()
    depth = 0
    for event, element in etree.iterwalk(root, events=("start", "end", "pi")):
        if event == "pi":
            raise _instruction()
        depth += 1 if event == "start" else -1
        if depth > max_depth:
            raise Problem("TRV103", "The message is too deep", details=f"At most {max_depth} levels")
        if event == "start" and len(element.keys()) > _MAX_ATTRIBUTES:
            raise Problem("TRV103", "An element has too many attributes", details=f"At most {_MAX_ATTRIBUTES}")


def _instruction() -> Problem:
    return Problem("PGRST102", "A message must not have processing instructions")


def _has_tail_text(elements: tuple[Element, ...]) -> bool:
    return any((element.tail or "").strip() for element in elements)


def _upgrade() -> str:
    supported = "".join(
        f'<env:SupportedEnvelope qname="v{index}:Envelope" xmlns:v{index}="{version.namespace}"/>'
        for index, version in enumerate((SOAP_1_2, SOAP_1_1), 1)
    )
    return f'<env:Upgrade xmlns:env="{SOAP12}">{supported}</env:Upgrade>'


def _not_understood(block: Element) -> str:
    name = etree.QName(block)
    if not name.namespace:
        return f'<env:NotUnderstood xmlns="" qname="{name.localname}"/>'
    return f'<env:NotUnderstood xmlns:p="{attribute(name.namespace)}" qname="p:{name.localname}"/>'

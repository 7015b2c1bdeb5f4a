"""WS-Addressing 1.0 header blocks: what the answer must relate to, and no address but the caller's own connection."""

from typing import NamedTuple

from lxml import etree

from soap_service.envelope import Envelope, is_ours
from soap_service.faults import Fault
from soap_service.namespaces import WSA, WSA_ANONYMOUS

_NAMES = ("Action", "MessageID", "To", "From", "ReplyTo", "FaultTo", "RelatesTo", "ReferenceParameters")
BLOCKS = frozenset(f"{{{WSA}}}{name}" for name in _NAMES)


class Addressing(NamedTuple):
    """The action and the message's id, as far as they were given."""

    action: str | None
    message_id: str | None


def read(envelope: Envelope) -> Addressing | None:
    """The addressing of a message, None where it has none.

    Raises `Fault` wsa:OnlyAnonymousAddressSupported: an answer is never sent to another address than it was asked from.
    """
    blocks = [block for block in envelope.blocks if block.tag in BLOCKS and is_ours(block, envelope.version)]
    if not blocks:
        return None
    found: dict[str, str] = {}
    for block in blocks:
        name = etree.QName(block).localname
        if name in ("ReplyTo", "FaultTo"):
            _check_anonymous(block)
        elif name in found and name != "RelatesTo":
            raise Fault("InvalidAddressingHeader", f"There is more than one wsa:{name}", namespace=WSA)
        else:
            found[name] = (block.text or "").strip()
    return Addressing(found.get("Action") or None, found.get("MessageID") or None)


def _check_anonymous(block: "etree._Element") -> None:
    address = (block.findtext(f"{{{WSA}}}Address") or "").strip()
    if address != WSA_ANONYMOUS:
        raise Fault("OnlyAnonymousAddressSupported", "Answers go to the anonymous address only", namespace=WSA)

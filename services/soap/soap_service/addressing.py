"""WS-Addressing 1.0 header blocks: what the answer must relate to, and no address but the caller's own connection."""

from typing import NamedTuple

from lxml import etree

from soap_service.envelope import Envelope, is_ours
from soap_service.faults import Fault
from soap_service.namespaces import WSA, WSA_ANONYMOUS, WSA_NONE

_NAMES = ("Action", "MessageID", "To", "From", "ReplyTo", "FaultTo", "RelatesTo", "ReferenceParameters")
_ENDPOINTS = ("ReplyTo", "FaultTo")
BLOCKS = frozenset(f"{{{WSA}}}{name}" for name in _NAMES)


class Addressing(NamedTuple):
    """The action and the message's id, as far as they were given, and where answers and faults are to go.

    ``repeated`` is the name of a block that stands there twice.
    """

    action: str | None
    message_id: str | None
    reply_to: str
    fault_to: str
    repeated: str | None

    @property
    def unanswered(self) -> bool:
        """Whether nobody waits for an answer: it would go to the address of nowhere."""
        return self.reply_to == WSA_NONE

    @property
    def untold(self) -> bool:
        """Whether nobody waits for a fault."""
        return self.fault_to == WSA_NONE


def read(envelope: Envelope) -> Addressing | None:
    """The addressing of a message, None where it has none; it is not checked yet."""
    blocks = [block for block in envelope.blocks if block.tag in BLOCKS and is_ours(block, envelope.version)]
    if not blocks:
        return None
    found: dict[str, str] = {}
    repeated = None
    for block in blocks:
        name = etree.QName(block).localname
        if name in found and name != "RelatesTo":
            repeated = name
        address = block.findtext(f"{{{WSA}}}Address") if name in _ENDPOINTS else block.text
        found.setdefault(name, (address or "").strip())
    reply_to = found.get("ReplyTo", WSA_ANONYMOUS)
    return Addressing(
        found.get("Action") or None,
        found.get("MessageID") or None,
        reply_to,
        found.get("FaultTo", reply_to),
        repeated,
    )


def check(found: Addressing) -> None:
    """Refuse what can't be answered on the caller's own connection: an answer is never sent to another address.

    Raises `Fault` wsa:InvalidAddressingHeader and wsa:OnlyAnonymousAddressSupported.
    """
    if found.repeated is not None:
        raise Fault(
            "InvalidAddressingHeader",
            f"There is more than one wsa:{found.repeated}",
            namespace=WSA,
            about=_problem(found.repeated),
        )
    for name, address in zip(_ENDPOINTS, (found.reply_to, found.fault_to), strict=True):
        if address not in (WSA_ANONYMOUS, WSA_NONE):
            raise Fault(
                "OnlyAnonymousAddressSupported",
                "Answers go to the anonymous address only",
                namespace=WSA,
                within="InvalidAddressingHeader",
                about=_problem(name),
            )


def _problem(name: str) -> str:
    return f'<wsa:ProblemHeaderQName xmlns:wsa="{WSA}">wsa:{name}</wsa:ProblemHeaderQName>'

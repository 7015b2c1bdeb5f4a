"""The envelope that goes back: in the request's version, with the header blocks that its own called for."""

import dataclasses
import uuid
from datetime import UTC, datetime, timedelta

from soap_service.markup import content
from soap_service.namespaces import WSA, WSA_UNSPECIFIED, WSSE, WSU, XSI
from soap_service.versions import SOAP_1_1, Version

FAULT_ACTION = WSA + "/soap/fault"
ADDRESSING_FAULT_ACTION = WSA + "/fault"
_VALIDITY = timedelta(minutes=5)  # of the timestamps in our answers


@dataclasses.dataclass(frozen=True)
class Reply:
    """What of a request its answer depends on.

    ``action`` and ``message_id`` are those of WS-Addressing (``addressed``: its blocks were there); ``stamped``: the
    request carried a wsu:Timestamp, ``stamp_must``: in a block that had to be understood. ``unanswered``, ``untold``:
    nobody waits for an answer, for a fault.
    """

    version: Version = SOAP_1_1
    addressed: bool = False
    action: str | None = None
    message_id: str | None = None
    stamped: bool = False
    stamp_must: bool = False
    unanswered: bool = False
    untold: bool = False

    @property
    def content_type(self) -> str:
        """The media type of the answer."""
        return f"{self.version.media_type}; charset=utf-8"


def write(reply: Reply, body: str, *, blocks: str = "", fault: str = "") -> bytes:
    """The whole message around the body's content; ``blocks`` are further header blocks, ``fault`` a fault's action."""
    return (opening(reply, blocks=blocks, fault=fault) + body + ending(reply)).encode()


def opening(reply: Reply, *, blocks: str = "", fault: str = "") -> str:
    """The message up to the body's content."""
    prefix = reply.version.prefix
    blocks = _addressing(reply, fault) + _timestamp(reply) + blocks
    header = f"<{prefix}:Header>{blocks}</{prefix}:Header>" if blocks else ""
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<{prefix}:Envelope xmlns:{prefix}="{reply.version.namespace}" xmlns:xsi="{XSI}">'
        f"{header}<{prefix}:Body>"
    )


def ending(reply: Reply) -> str:
    """What follows the body's content."""
    prefix = reply.version.prefix
    return f"</{prefix}:Body></{prefix}:Envelope>"


def _addressing(reply: Reply, fault: str) -> str:
    if not reply.addressed:
        return ""
    action = fault or (FAULT_ACTION if reply.action is None else reply.action + "Response")
    blocks = _block("Action", action) + _block("MessageID", uuid.uuid4().urn)
    return blocks + _block("RelatesTo", reply.message_id or WSA_UNSPECIFIED)


def _block(name: str, text: str) -> str:
    return f'<wsa:{name} xmlns:wsa="{WSA}">{content(text)}</wsa:{name}>'


def _timestamp(reply: Reply) -> str:
    """A wsu:Timestamp of our own: .NET wants one back for the one that it sent, others only then."""
    if not reply.stamped:
        return ""
    now = datetime.now(UTC)
    must = f' {reply.version.prefix}:mustUnderstand="1"' if reply.stamp_must else ""
    times = f"<wsu:Created>{_instant(now)}</wsu:Created><wsu:Expires>{_instant(now + _VALIDITY)}</wsu:Expires>"
    stamp = f'<wsu:Timestamp xmlns:wsu="{WSU}" wsu:Id="_0">{times}</wsu:Timestamp>'
    return f'<wsse:Security xmlns:wsse="{WSSE}"{must}>{stamp}</wsse:Security>'


def _instant(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"

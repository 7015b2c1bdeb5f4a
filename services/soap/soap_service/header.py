"""The header of a message: what of it has to be understood, and what the answer depends on."""

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime

from soap_service import addressing, envelope, wsse
from soap_service.envelope import Envelope
from soap_service.reply import Reply

_UNDERSTOOD = addressing.BLOCKS | {wsse.BLOCK}


def read(received: Envelope, note: Callable[[Reply], None], *, skew: float) -> wsse.Security:
    """What the header says of its sender; ``note`` gets what an answer needs of it as soon as it is known.

    ``skew``: seconds that are forgiven to the client's clock. Raises `Fault` and `Problem`.
    """
    reply = Reply(received.version)
    note(reply)
    if not received.blocks:
        return wsse.NOTHING
    envelope.check_understood(received, _UNDERSTOOD)
    if (found := addressing.read(received)) is not None:
        reply = dataclasses.replace(reply, addressed=True, action=found.action, message_id=found.message_id)
        note(reply)
    security = wsse.read(received, now=datetime.now(UTC), skew=skew)
    note(dataclasses.replace(reply, stamped=security.stamped, stamp_must=security.must))
    return security

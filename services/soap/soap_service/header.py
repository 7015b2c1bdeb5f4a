"""The header of a message: what of it has to be understood, and what the answer depends on."""

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime

from contracts.problems import Problem

from soap_service import addressing, envelope, wsse
from soap_service.envelope import Element, Envelope, is_ours
from soap_service.reply import Reply
from soap_service.wsse import Security

_UNDERSTOOD = addressing.BLOCKS | {wsse.BLOCK}


def read(received: Envelope, note: Callable[[Reply], None], *, namespace: str, skew: float) -> Security:
    """What the header says of its sender; ``note`` gets what an answer needs of it as soon as it is known.

    ``namespace`` is the service's own, ``skew``: seconds that are forgiven to the client's clock. Raises `Fault` and
    `Problem`.
    """
    reply = Reply(received.version)
    note(reply)
    if not received.blocks:
        return wsse.NOTHING
    token_block = f"{{{namespace}}}AuthToken"
    envelope.check_understood(received, _UNDERSTOOD | {token_block})
    if (found := addressing.read(received)) is not None:
        reply = dataclasses.replace(
            reply,
            addressed=True,
            action=found.action,
            message_id=found.message_id,
            unanswered=found.unanswered,
            untold=found.untold,
        )
        note(reply)
        addressing.check(found)
    security = wsse.read(received, now=datetime.now(UTC), skew=skew)
    note(dataclasses.replace(reply, stamped=security.stamped, stamp_must=security.must))
    tokens = [block for block in received.blocks if block.tag == token_block and is_ours(block, received.version)]
    return dataclasses.replace(security, token=_token(tokens)) if tokens else security


def _token(blocks: list[Element]) -> str:
    """The access token of a session, as Login gives it."""
    if len(blocks) > 1 or len(blocks[0]):
        raise Problem("PGRST102", "An AuthToken holds one token, and a message one AuthToken")
    return (blocks[0].text or "").strip()

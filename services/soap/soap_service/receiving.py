"""A message received: by the shape of an earlier one where it has one, else parsed in full."""

from collections.abc import Callable
from typing import Any

from chassis.express import Request
from contracts.problems import Problem

from soap_service import envelope, header, message
from soap_service import request as requests
from soap_service.envelope import Element, Envelope
from soap_service.port_type import PortType
from soap_service.reply import Reply
from soap_service.settings import SoapSettings
from soap_service.shapes import Prepared, Shape, Shapes
from soap_service.split import Pieces, split
from soap_service.wsse import NOTHING, Security

_LONGEST = 50_000  # characters of a message that may have a shape


class Received:
    """A message whose header is understood.

    ``pieces`` and ``shape`` are there where its markup was seen before (or may be seen again: ``pieces`` alone),
    ``envelope`` where it was parsed.
    """

    __slots__ = ("envelope", "pieces", "security", "shape", "text")

    def __init__(
        self, text: str, security: Security, pieces: Pieces | None, shape: Shape | None, parsed: Envelope | None
    ) -> None:
        self.text = text
        self.security = security
        self.pieces = pieces
        self.shape = shape
        self.envelope = parsed


class Receiver:
    """Receives messages: from bytes to an envelope, and on to the call that its body makes."""

    def __init__(self, settings: SoapSettings) -> None:
        self._settings = settings
        self._limits = {"max_depth": settings.soap_max_depth, "max_elements": settings.soap_max_elements}
        self._shapes = Shapes(settings.soap_namespace, **self._limits)
        # so short a text holds no more elements and attributes than it may
        self._longest = min(_LONGEST, settings.soap_max_elements)

    def receive(self, request: Request, note: Callable[[Reply], None]) -> Received:
        """The message in a request; ``note`` gets what an answer needs of it. Raises `Problem`."""
        content_type = request.headers.get("Content-Type") or ""
        if not content_type and request.headers.get("Origin"):
            # a browser asks nobody before it sends that for a foreign page, with a password that it keeps (HTTP Basic)
            raise Problem("TRV102", "A page's message needs a media type", hint="Send text/xml")
        text = message.text_of(request.body(self._settings.body_limit), content_type=content_type)
        pieces = split(text) if len(text) <= self._longest else None
        shape = self._shapes.find(pieces) if pieces is not None else None
        if pieces is not None and shape is not None:
            if not pieces.header:
                note(shape.reply)
                return Received(text, NOTHING, pieces, shape, None)
            if not shape.headed and (parsed := self._header(pieces)) is not None:
                return Received(text, self._understood(parsed, note), pieces, shape, None)
        parsed = self._parsed(text)
        return Received(text, self._understood(parsed, note), pieces, None, parsed)

    def known(self, received: Received, port: PortType) -> tuple[Prepared, list[Any]] | None:
        """The call that a message makes and its values, where one like it was made before."""
        if received.pieces is None or received.shape is None:
            return None
        return self._shapes.call(received.shape, received.pieces, port)

    def body(self, received: Received) -> Element:
        """The element in the message's body. Raises `Problem`."""
        if received.envelope is None:
            received.envelope = self._parsed(received.text)
        return envelope.body_of(received.envelope)

    def read(self, received: Received, port: PortType, role: str) -> tuple[Prepared, list[Any]]:
        """The call that a message makes and its values, read in full; its shape is kept. Raises `Problem`."""
        namespace = self._settings.soap_namespace
        call = requests.parse(self.body(received), namespace, port, role=role)
        prepared = self._shapes.prepare(call, port)
        if received.pieces is not None:
            self._shapes.learn(received.pieces, port, role, prepared)
        return prepared, call.values

    def _parsed(self, text: str) -> Envelope:
        return envelope.opened(envelope.parse(text, **self._limits))

    def _header(self, pieces: Pieces) -> Envelope | None:
        """The envelope that holds the header alone; None where it was not cut out rightly."""
        try:
            found = self._parsed(pieces.header)
        except Problem:
            return None
        return found if [child.tag for child in found.root] == [f"{{{found.version.namespace}}}Header"] else None

    def _understood(self, parsed: Envelope, note: Callable[[Reply], None]) -> Security:
        settings = self._settings
        return header.read(parsed, note, namespace=settings.soap_namespace, skew=settings.soap_clock_skew)

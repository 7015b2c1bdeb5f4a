"""What differs between SOAP 1.1 and 1.2."""

from typing import NamedTuple

from soap_service.namespaces import SOAP11, SOAP11_NEXT, SOAP12, SOAP12_NEXT, SOAP12_ULTIMATE


class Version(NamedTuple):
    """A version of SOAP: its namespace, the media type of its messages, and its words for whose fault it is."""

    namespace: str
    media_type: str
    prefix: str
    sender: str
    receiver: str
    role: str  # the attribute that says for whom a header block is
    ours: frozenset[str]  # its values that mean us


SOAP_1_1 = Version(SOAP11, "text/xml", "soap", "Client", "Server", "actor", frozenset({"", SOAP11_NEXT}))
SOAP_1_2 = Version(
    SOAP12, "application/soap+xml", "env", "Sender", "Receiver", "role", frozenset({"", SOAP12_NEXT, SOAP12_ULTIMATE})
)
BY_NAMESPACE = {version.namespace: version for version in (SOAP_1_1, SOAP_1_2)}


def by_media_type(media_type: str) -> Version:
    """The version that a media type suggests, for answers to what is no envelope at all."""
    return SOAP_1_2 if media_type.strip().lower().startswith(SOAP_1_2.media_type) else SOAP_1_1

"""A promise: a SOAP service for partners as it was saved, which stays as it is while the tables change."""

import re

import msgspec

from contracts.catalog import Catalog

NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{0,39}")  # it is part of an address, and of file names
SUFFIX = ".json"


class Promise(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a service promises to partners.

    ``catalog`` has the resources as ``role`` saw them when they were promised, each field where it stood first: fields
    and resources are only ever appended. ``version`` is the owner's own; another one is another promise. ``public``:
    the WSDL may be read without a login.
    """

    service: str
    namespace: str
    version: str
    role: str
    catalog: Catalog
    public: bool = False


_decoder = msgspec.json.Decoder(Promise)
_encoder = msgspec.json.Encoder(order="deterministic")


def encode(promise: Promise) -> bytes:
    """The promise as JSON that people can read and compare."""
    return msgspec.json.format(_encoder.encode(promise), indent=1) + b"\n"


def decode(text: bytes) -> Promise:
    """The promise in a JSON text. Raises `msgspec.DecodeError` where it is none."""
    return _decoder.decode(text)

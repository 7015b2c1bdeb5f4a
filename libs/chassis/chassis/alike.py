"""Catalogs of roles share what is the same in them: of most tables, most roles see the same."""

from hashlib import blake2b
from typing import TypeVar

import msgspec
from contracts.catalog import Catalog, Resource

T = TypeVar("T")
# what is no data, as the keys of protected fields, is the same where it is the same object (which the parts keep alive)
_encode = msgspec.msgpack.Encoder(enc_hook=id).encode


class Alike:
    """What catalogs of one version are made of, each part once."""

    def __init__(self) -> None:
        self._version = ""
        self._known: dict[bytes, object] = {}

    def shared(self, catalog: Catalog) -> Catalog:
        """The catalog, made of parts of those before it where these are equal."""
        if catalog.version != self._version:
            self._version, self._known = catalog.version, {}
        known = self._known  # another thread may begin anew
        resources = tuple(_resource(resource, known) for resource in catalog.resources)
        functions = tuple(_one(function, known) for function in catalog.functions)
        return msgspec.structs.replace(catalog, resources=resources, functions=functions)


def _resource(resource: Resource, known: dict[bytes, object]) -> Resource:
    found = _one(resource, known)
    if found is not resource:
        return found
    # with other rights or relations its fields may still be those that others see
    fields = _one(resource.fields, known)
    if fields is resource.fields:
        return resource
    parted = msgspec.structs.replace(resource, fields=fields)
    known[_digest(resource)] = parted
    return parted


def _one(part: T, known: dict[bytes, object]) -> T:
    return known.setdefault(_digest(part), part)  # type: ignore[return-value]  # equal parts are of one type


def _digest(part: object) -> bytes:
    return blake2b(type(part).__name__.encode() + _encode(part), digest_size=16).digest()

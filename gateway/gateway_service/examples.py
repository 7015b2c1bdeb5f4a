"""Requests to try for a resource, each written by the facade that answers it: names are theirs to give."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote

import msgspec
from chassis.examples import PATH, Example
from chassis.hop import Hop, Reply
from contracts.catalog import Resource
from contracts.identity import Caller
from contracts.problems import Problem

_PATIENCE = 5.0  # seconds
_decode = msgspec.json.Decoder(Example).decode
Examples = Mapping[str, Example]  # by the facade's name


class Facades:
    """Asks rest, graphql and soap, in the caller's name."""

    def __init__(self, hops: Mapping[str, Hop]) -> None:
        self._hops = hops

    def examples(self, resource: str, caller: Caller) -> Examples:
        """Each facade's request for this resource. Raises `Problem` TRV107, TRV108, TRV110."""
        path = f"{PATH}?resource={quote(resource, safe='')}"
        headers = _headers(caller)
        found = {}
        for name, hop in self._hops.items():
            found[name] = _example(hop.call("GET", path, headers=headers, timeout=_PATIENCE))
        return found


def pick(resources: Sequence[Resource]) -> Resource | None:
    """The resource that shows best: a table with a key, other tables behind it, and a short name."""
    readable = [resource for resource in resources if resource.fields]
    return max(readable, key=_appeal, default=None)


def _appeal(resource: Resource) -> tuple[bool, bool, bool, int, int]:
    plain = resource.name.isidentifier()
    return (plain, resource.kind == "table", bool(resource.key), min(len(resource.relations), 6), -len(resource.name))


def _headers(caller: Caller) -> dict[str, str]:
    headers = {"X-Request-Id": caller.request_id}
    if caller.token is not None:
        headers["Authorization"] = f"Bearer {caller.token}"
    if caller.role is not None:
        headers["X-Trivet-Role"] = caller.role
    return headers


def _example(reply: Reply) -> Example:
    if reply.status != 200:
        # the catalog has changed since we looked, or the service is not well: either way nothing is to be had now
        code = "TRV110" if reply.status == 404 else "TRV107"
        raise Problem(code, "There are no examples for this resource now")
    return _decode(reply.body)

"""Documents that clients name by an id in the place of their text: trusted ones, and automatic persisted queries.

An automatic persisted query is Apollo's: a client sends the SHA-256 of its document; where it is not known, the hash
with the text; from then on the hash alone. Texts are kept in memory, and in Redis where there is one, which is asked
only for what is not in memory.
"""

import hashlib
import logging
from typing import Any

import redis
from chassis.bounded import Bounded
from chassis.hub.loop import blocking

from graphql_service.errors import PARSE_FAILED, Error, Refusal, refuse
from graphql_service.payload import NO_REQUEST, Request
from graphql_service.trusted import Trusted

log = logging.getLogger("trivet.graphql")

NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
_NOT_SUPPORTED = "PERSISTED_QUERY_NOT_SUPPORTED"
_KEY = "trivet:graphql:document:"
_KEPT = 1000
_LONGEST = 32_768  # characters of a text that is kept
_DAY = 86_400
_VERSION = 1
_HEX = frozenset("0123456789abcdef")


class PersistedDocuments:
    """Finds the texts of documents. ``open`` False: no text is kept that a client sends with its hash."""

    def __init__(self, trusted: Trusted, store: "redis.Redis | None" = None, *, open: bool = True) -> None:
        self._trusted = trusted
        self._store = store
        self._open = open
        self._kept: Bounded[str, str] = Bounded(_KEPT, "graphql_persisted")

    def text_of(self, request: Request) -> tuple[str, str | None]:
        """The text that a request stands for, and the hash under which to `keep` it once it is found to be good.

        Raises `Refusal`.
        """
        asked = (request.extensions or {}).get("persistedQuery")
        if request.document_id is not None and request.query is None:
            name = request.document_id.removeprefix("sha256:")
            return self._trusted.texts.get(name) or self._found(name), None
        if asked is None:
            if request.query is None:
                refuse("the key 'query' was not present", PARSE_FAILED, problem=NO_REQUEST)
            return request.query, None
        name = _hash_in(asked)
        if request.query is None:
            return self._trusted.texts.get(name) or self._found(name), None
        if hashlib.sha256(request.query.encode("utf-8", "replace")).hexdigest() != name:
            raise Refusal(Error("provided sha does not match query", "BAD_REQUEST"))
        return request.query, name if self._open else None

    def keep(self, name: str, text: str) -> None:
        """Keep a text under its hash."""
        if len(text) > _LONGEST or self._kept.get(name) is not None:
            return
        self._kept.put(name, text)
        if self._store is not None:
            blocking(self._told, self._store, name, text)

    def _found(self, name: str) -> str:
        if not self._open:
            raise Refusal(Error("PersistedQueryNotSupported", _NOT_SUPPORTED))
        text = self._kept.get(name)
        if text is None and self._store is not None and len(name) == 64 and _HEX.issuperset(name):
            text = blocking(self._asked, self._store, name)
            if text is not None:
                self._kept.put(name, text)
        if text is None:
            refusal = Refusal(Error("PersistedQueryNotFound", NOT_FOUND))
            refusal.headers = {"Cache-Control": "no-store"}  # the same request may well have an answer a moment later
            raise refusal
        return text

    @staticmethod
    def _told(store: "redis.Redis", name: str, text: str) -> None:
        try:
            store.set(_KEY + name, text, ex=_DAY)
        except redis.RedisError as fault:
            log.warning("a persisted query is not shared: %s", type(fault).__name__)

    @staticmethod
    def _asked(store: "redis.Redis", name: str) -> str | None:
        try:
            found: Any = store.get(_KEY + name)
        except redis.RedisError as fault:
            log.warning("persisted queries of others are not to be had: %s", type(fault).__name__)
            return None
        if found is None or hashlib.sha256(found).hexdigest() != name:
            return None
        return bytes(found).decode("utf-8", "replace")


def _hash_in(asked: Any) -> str:
    """The hash of an extension ``persistedQuery``. Raises `Refusal`."""
    if not isinstance(asked, dict) or asked.get("version") != _VERSION:
        raise Refusal(Error("Unsupported persisted query version", "BAD_REQUEST"))
    name = asked.get("sha256Hash")
    if not isinstance(name, str):
        raise Refusal(Error("a persisted query needs a sha256Hash", "BAD_REQUEST"))
    return name.lower()
